"""Custom fields of a school, of one kind or of all. Retired, never deleted. Flushes, never commits."""

from collections.abc import Iterable, Mapping
from uuid import UUID

from sqlalchemy import Text, case, cast, func, select

from tracker.audit.kinds import EventKind
from tracker.audit.service import record
from tracker.db import add, db, locked_row, row_of
from tracker.inventory import fields_rules
from tracker.inventory.details import Value
from tracker.inventory.fields_rules import FieldDetails
from tracker.inventory.kinds import get_kind, lock_kinds
from tracker.inventory.models import Asset, CustomField
from tracker.inventory.rules import CustomType
from tracker.people.service import changed_meanwhile
from tracker.values import Actor, Blocker, Conflict, Denied, Subject, utc_now


def all_fields(school_id: UUID) -> list[CustomField]:
    """Every field of the school, the retired ones included: first those of all kinds, each group in its order."""
    query = select(CustomField).where(CustomField.school_id == school_id)
    found = db.session.scalars(query.order_by(CustomField.position, CustomField.id))
    return sorted(found, key=lambda field: field.kind_id is not None)


def fields_of(school_id: UUID, kind_id: UUID | None) -> list[CustomField]:
    """What a form asks for of a thing of that kind, in its order; None: of any kind."""
    return [field for field in all_fields(school_id) if field.retired_at is None and field.kind_id in (None, kind_id)]


def read(field: CustomField, text: str) -> Value | None:
    """The value that somebody typed, or that a spreadsheet holds; None for nothing.

    Raises ValueError, whose text says what to enter.
    """
    return fields_rules.read(CustomType(field.type), field.choices, text)


def written(field: CustomField, value: object) -> str:
    """A value as a form holds it; `read` reads it back."""
    return fields_rules.written(CustomType(field.type), value)


def shown(field: CustomField, value: object) -> str:
    """A value as people read it; empty for none."""
    return fields_rules.shown(CustomType(field.type), value)


def cell(field: CustomField, value: object) -> object:
    """A value for a spreadsheet, with its type; see fields_rules.cell."""
    return fields_rules.cell(CustomType(field.type), value)


def get_field(school_id: UUID, field_id: UUID) -> CustomField:
    """The field. Raises NotFound, also for another school's."""
    return row_of(CustomField, school_id, field_id)


def details_of(field: CustomField) -> FieldDetails:
    """What is known of a field, as a form shows it."""
    kind = CustomType(field.type)
    return FieldDetails(field.name, kind, field.kind_id, tuple(field.choices), field.hint, field.required)


def subject_of(field: CustomField) -> Subject:
    """The field as the log knows it."""
    return Subject("field", field.id, field.name)


def used(school_id: UUID, fields: Iterable[CustomField]) -> dict[UUID, int]:
    """How many assets have a value of each field: one query, which reads the register once."""
    wanted = list(fields)
    if not wanted:
        return {}
    text = cast(Asset.custom, Text)
    # the key with its quotes and colon: in a value these would be escaped
    counts = [func.sum(case((text.contains(f'"{field.id}":', autoescape=True), 1), else_=0)) for field in wanted]
    row = db.session.execute(select(*counts).where(Asset.school_id == school_id)).one()
    return {field.id: number or 0 for field, number in zip(wanted, row, strict=True)}


def add_field(actor: Actor, details: FieldDetails) -> CustomField:
    """Add a field, the last in its group. Raises Denied with every reason why not, and NotFound for an unknown kind."""
    lock_kinds(actor.school_id)
    details, others = fields_rules.tidy_field(details), all_fields(actor.school_id)
    if details.kind_id is not None:
        get_kind(actor.school_id, details.kind_id)
    found = list(fields_rules.may_keep_field(details, map(_facts, others)).blockers)
    if len(others) >= fields_rules.FIELDS_MOST:
        found.append(Blocker("too_many", f"There are {len(others)} fields already, which is the most."))
    if found:
        raise Denied(tuple(found))
    field = CustomField(
        school_id=actor.school_id,
        position=1 + max((one.position for one in others if one.kind_id == details.kind_id), default=0),
        retired_at=None,
        **_columns(details),
    )
    add(field)
    record(actor, EventKind.FIELD_CREATED, subject_of(field), after=_told(field))
    return field


def edit_field(actor: Actor, field_id: UUID, details: FieldDetails, *, version: int) -> CustomField:
    """Change a field. Raises NotFound, Denied with every reason, and Conflict where somebody changed it since."""
    lock_kinds(actor.school_id)
    field, details = _at_version(actor.school_id, field_id, version), fields_rules.tidy_field(details)
    if details.kind_id is not None:
        get_kind(actor.school_id, details.kind_id)
    others = [one for one in all_fields(actor.school_id) if one.id != field.id]
    before = details_of(field)
    found = list(fields_rules.may_keep_field(details, map(_facts, others)).blockers)
    number = used(actor.school_id, [field])[field.id]
    found += fields_rules.may_change_field(before, details, number).blockers
    if found:
        raise Denied(tuple(found))
    return _change(actor, field, **_columns(details))


def retire_field(actor: Actor, field_id: UUID, *, version: int) -> CustomField:
    """Ask for it no longer; its values stay. Raises as `edit_field`."""
    return _change(actor, _at_version(actor.school_id, field_id, version), retired_at=utc_now())


def restore_field(actor: Actor, field_id: UUID, *, version: int) -> CustomField:
    """Ask for it again. Raises as `edit_field`."""
    return _change(actor, _at_version(actor.school_id, field_id, version), retired_at=None)


def shift_field(actor: Actor, field_id: UUID, by: int) -> None:
    """Move a field up (-1) or down (1) among those of its group that are asked for. Raises NotFound."""
    lock_kinds(actor.school_id)
    field = get_field(actor.school_id, field_id)
    group = [one for one in all_fields(actor.school_id) if one.kind_id == field.kind_id and one.retired_at is None]
    if field not in group:
        return
    place = group.index(field)
    group.insert(max(0, min(len(group) - 1, place + by)), group.pop(place))
    for position, one in enumerate(group, start=1):
        if one.position != position:
            _change(actor, one, position=position)


def settled(
    fields: Iterable[CustomField], kind_id: UUID, wanted: Mapping[UUID, Value], had: Mapping[UUID, Value]
) -> tuple[dict[UUID, Value], list[Blocker]]:
    """The values to keep of an asset of that kind, and what stands against them; see fields_rules.settled."""
    return fields_rules.settled(map(_facts, fields), kind_id, wanted, had)


def _facts(field: CustomField) -> fields_rules.Field:
    retired = field.retired_at is not None
    kind = CustomType(field.type)
    return fields_rules.Field(field.id, field.kind_id, field.name, kind, tuple(field.choices), retired)


def _columns(details: FieldDetails) -> dict[str, object]:
    return {**vars(details), "type": details.type.value, "choices": list(details.choices)}


def _at_version(school_id: UUID, field_id: UUID, version: int) -> CustomField:
    """The field as it is now, locked, provided that nobody changed it since."""
    field = locked_row(CustomField, school_id, field_id)
    if field.version != version:
        raise Conflict(changed_meanwhile(school_id, "field", field.id, field.name))
    return field


def _change(actor: Actor, field: CustomField, **columns: object) -> CustomField:
    subject, old = subject_of(field), _told(field)
    for name, value in columns.items():
        setattr(field, name, value)
    db.session.flush()
    new = _told(field)
    changed = [key for key in new if new[key] != old[key]]
    if changed:
        before, after = {key: old[key] for key in changed}, {key: new[key] for key in changed}
        record(actor, EventKind.FIELD_CHANGED, subject, before=before, after=after)
    return field


def _told(field: CustomField) -> dict[str, object]:
    kind = None if field.kind_id is None else get_kind(field.school_id, field.kind_id).name
    return {
        "name": field.name,
        "of": kind or "every kind",
        "type": CustomType(field.type).label,
        "choices": list(field.choices),
        "hint": field.hint,
        "required": field.required,
        "position": field.position,
        "retired": field.retired_at is not None,
    }
