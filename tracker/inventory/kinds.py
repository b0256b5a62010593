"""Kinds of equipment: rows that a school adds to. Flushes, never commits."""

from dataclasses import dataclass, replace
from uuid import UUID

from sqlalchemy import and_, case, exists, func, select

from tracker.audit.kinds import EventKind
from tracker.audit.service import record
from tracker.db import add, db, locked_row, row_of
from tracker.inventory.details import KindDetails, may_keep_kind
from tracker.inventory.kinds_rules import KindUse, may_change_kind
from tracker.inventory.models import Asset, AssetKind, Location, NoStorageAssertion
from tracker.inventory.rules import ENDED, AssetState
from tracker.people.service import changed_meanwhile
from tracker.values import Actor, Blocker, Conflict, Denied, Subject, folded, one_line, utc_now

# What a primary school has, with what each kind means for data. AD5: in doubt a kind holds data.
DEFAULTS = (
    KindDetails("Laptop", portable=True),
    KindDetails("Desktop computer"),
    KindDetails("All-in-one computer"),
    KindDetails("Tablet", portable=True),
    KindDetails("Chromebook", portable=True),
    KindDetails("Server", server=True),
    KindDetails("Network storage (NAS)", server=True),
    KindDetails("Tape drive", data_bearing=False),
    KindDetails("Switch or router"),
    KindDetails("Wireless access point", fixed=True),
    KindDetails("Printer or copier"),
    KindDetails("Projector", data_bearing=False, fixed=True),
    KindDetails("Interactive panel", fixed=True),
    KindDetails("Monitor", data_bearing=False),
    KindDetails("Camera", portable=True, day_loan=True),
    KindDetails("Telephone"),
    KindDetails("Mobile phone", portable=True, day_loan=True),
    KindDetails("CCTV recorder", server=True),
    KindDetails("Visualiser", data_bearing=False),
    KindDetails("UPS", data_bearing=False),
    KindDetails("Security token", portable=True, data_bearing=False),
    KindDetails("Key or access card", portable=True, data_bearing=False),
    KindDetails("Other equipment"),
)


def kinds(school_id: UUID) -> list[AssetKind]:
    """All kinds, by name."""
    query = select(AssetKind).where(AssetKind.school_id == school_id).order_by(AssetKind.name)
    return list(db.session.scalars(query))


def choices(school_id: UUID, keep: UUID | None = None) -> list[tuple[UUID, str]]:
    """The kinds to choose from, as (id, name): those that are not retired, and `keep`, which something has already."""
    return [(kind.id, kind.name) for kind in kinds(school_id) if kind.retired_at is None or kind.id == keep]


@dataclass(frozen=True)
class Counted:
    """A kind in the list, and how many assets are of it, those included whose life has ended."""

    kind: AssetKind
    assets: int


def counted(school_id: UUID) -> list[Counted]:
    """All kinds, by name, those in use first. Two queries."""
    query = select(Asset.kind_id, func.count()).where(Asset.school_id == school_id).group_by(Asset.kind_id)
    numbers = {found: number for found, number in db.session.execute(query)}
    rows = sorted(kinds(school_id), key=lambda kind: kind.retired_at is not None)
    return [Counted(kind, numbers.get(kind.id, 0)) for kind in rows]


def get_kind(school_id: UUID, kind_id: UUID) -> AssetKind:
    """The kind. Raises NotFound, also for another school's."""
    return row_of(AssetKind, school_id, kind_id)


def lock_kinds(school_id: UUID) -> None:
    """Let nobody else add or change a kind or a field until the transaction ends: names are looked at, then written."""
    query = select(AssetKind.id).where(AssetKind.school_id == school_id).order_by(AssetKind.id)
    db.session.scalars(query.with_for_update(key_share=True)).all()


def add_kind(actor: Actor, details: KindDetails) -> AssetKind:
    """Add a kind. Raises Denied with every reason why not."""
    lock_kinds(actor.school_id)
    details = replace(details, name=one_line(details.name))
    found = list(may_keep_kind(details).blockers)
    if folded(details.name) in {folded(kind.name) for kind in kinds(actor.school_id)}:
        found.append(Blocker("kind_taken", f"There is a kind called {details.name} already."))
    if found:
        raise Denied(tuple(found))
    kind = AssetKind(school_id=actor.school_id, retired_at=None, **vars(details))
    add(kind)
    record(actor, EventKind.KIND_CREATED, Subject("kind", kind.id, kind.name), after=vars(details))
    return kind


def details_of(kind: AssetKind) -> KindDetails:
    """What is known of a kind, as a form shows it."""
    return KindDetails(kind.name, kind.data_bearing, kind.portable, kind.fixed, kind.server, kind.day_loan)


def edit_kind(actor: Actor, kind_id: UUID, details: KindDetails, *, version: int) -> AssetKind:
    """Rename a kind, or change what it means for its things.

    Raises NotFound, Denied with every reason why not, and Conflict where somebody else changed it since `version`.
    """
    lock_kinds(actor.school_id)
    kind = _at_version(actor.school_id, kind_id, version)
    details = replace(details, name=one_line(details.name))
    found = list(may_keep_kind(details).blockers)
    found += may_change_kind(details_of(kind), details, use_of(kind)).blockers
    if folded(details.name) in {folded(one.name) for one in kinds(actor.school_id) if one.id != kind.id}:
        found.append(Blocker("kind_taken", f"There is a kind called {details.name} already."))
    if found:
        raise Denied(tuple(found))
    return _change(actor, kind, **vars(details))


def retire_kind(actor: Actor, kind_id: UUID, *, version: int) -> AssetKind:
    """Offer it for new assets no longer; those of it stay. Raises NotFound, and Conflict as `edit_kind`."""
    return _change(actor, _at_version(actor.school_id, kind_id, version), retired_at=utc_now())


def restore_kind(actor: Actor, kind_id: UUID, *, version: int) -> AssetKind:
    """Offer it again. Raises NotFound, and Conflict as `edit_kind`."""
    return _change(actor, _at_version(actor.school_id, kind_id, version), retired_at=None)


def use_of(kind: AssetKind) -> KindUse:
    """What stands on a kind: one query."""
    stated = exists().where(
        NoStorageAssertion.school_id == Asset.school_id,
        NoStorageAssertion.asset_id == Asset.id,
        NoStorageAssertion.withdrawn_at.is_(None),
    )
    unlocked = and_(Asset.state == AssetState.IN_USE.value, Location.lockable.is_not(True))
    query = (
        select(func.count(), func.sum(case((stated, 0), else_=1)), func.sum(case((unlocked, 1), else_=0)))
        .select_from(Asset)
        .outerjoin(Location, and_(Location.school_id == Asset.school_id, Location.id == Asset.location_id))
        .where(Asset.school_id == kind.school_id, Asset.kind_id == kind.id)
        .where(Asset.state.not_in([state.value for state in ENDED]))
    )
    assets, without, in_use = db.session.execute(query).one()
    return KindUse(assets, without or 0, in_use or 0)


def _at_version(school_id: UUID, kind_id: UUID, version: int) -> AssetKind:
    """The kind as it is now, locked, provided that nobody changed it since."""
    kind = locked_row(AssetKind, school_id, kind_id)
    if kind.version != version:
        raise Conflict(changed_meanwhile(school_id, "kind", kind.id, kind.name))
    return kind


def _change(actor: Actor, kind: AssetKind, **columns: object) -> AssetKind:
    subject, old = Subject("kind", kind.id, kind.name), _told(kind)
    for name, value in columns.items():
        setattr(kind, name, value)
    db.session.flush()
    new = _told(kind)
    changed = [key for key in new if new[key] != old[key]]
    if changed:
        before, after = {key: old[key] for key in changed}, {key: new[key] for key in changed}
        record(actor, EventKind.KIND_CHANGED, subject, before=before, after=after)
    return kind


def _told(kind: AssetKind) -> dict[str, object]:
    return {**vars(details_of(kind)), "retired": kind.retired_at is not None}
