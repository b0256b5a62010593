"""The register of storage media: add, edit, move between assets, change state. Flushes, never commits."""

from dataclasses import dataclass, replace
from typing import Any
from uuid import UUID

from sqlalchemy import case, func, select

from tracker.audit.kinds import EventKind
from tracker.audit.service import record
from tracker.db import add, db, locked_row, row_of
from tracker.inventory import service as inventory
from tracker.inventory.models import Asset
from tracker.inventory.rules import serial_key
from tracker.media import rules
from tracker.media.models import Medium
from tracker.media.past import by_serial as by_serial
from tracker.media.past import by_wwn as by_wwn
from tracker.media.past import condemned as condemned
from tracker.media.past import condemned_as as condemned_as
from tracker.media.past import failed_once as failed_once
from tracker.media.past import may_wipe as may_wipe
from tracker.media.past import served_since as served_since
from tracker.media.rules import MediumState
from tracker.values import Actor, Blocker, Conflict, Decision, Denied, Subject, one_line, unprintable, utc_now
from wipe.vocabulary import DataClass
from wipe.vocabulary import Medium as MediumKind

LIMITS = {"make": 80, "model": 120, "serial": 120, "wwn": 64, "firmware": 64}  # characters
NOTES_LIMIT = 10_000  # characters
CAPACITY_MOST = (1 << 53) - 1  # bytes; what JSON numbers hold exactly
KIND_LABELS = {
    MediumKind.HDD: "Hard disk",
    MediumKind.SSD: "SSD (SATA)",
    MediumKind.NVME: "SSD (NVMe)",
    MediumKind.USB_FLASH: "USB stick",
    MediumKind.SD: "Memory card",
    MediumKind.EMMC: "Built-in flash (eMMC)",
    MediumKind.OPTICAL: "Optical disc",
    MediumKind.TAPE: "Tape",
    MediumKind.VIRTUAL: "Virtual drive (a file)",
    MediumKind.UNKNOWN: "Not known",
}


@dataclass(frozen=True)
class MediumDetails:
    """What is known of a medium. `asset_id` None: it lies loose. Sizes in bytes."""

    kind: MediumKind
    make: str = ""
    model: str = ""
    serial: str = ""
    wwn: str = ""
    capacity_bytes: int | None = None
    firmware: str = ""
    data_class: DataClass = DataClass.PERSONAL  # clause AD5: unless somebody says otherwise
    notes: str = ""
    asset_id: UUID | None = None


def get_medium(school_id: UUID, medium_id: UUID) -> Medium:
    """The medium. Raises NotFound, also for another school's."""
    return row_of(Medium, school_id, medium_id)


def locked(school_id: UUID, medium_id: UUID, *, host: bool = True) -> Medium:
    """The medium as it is now, locked until the transaction ends. Raises NotFound.

    With `host` the asset that it is in is locked, too, since that counts which of its media may hold data. Locks are
    taken in this order: a job, its medium, the asset, the log.
    """
    medium = locked_row(Medium, school_id, medium_id)
    if host and medium.asset_id is not None:
        inventory.lock_asset(school_id, medium.asset_id)
    return medium


def media_of(school_id: UUID, asset_id: UUID) -> list[Medium]:
    """What is in an asset, in the order in which it was added."""
    query = select(Medium).where(Medium.school_id == school_id, Medium.asset_id == asset_id).order_by(Medium.id)
    return list(db.session.scalars(query))


def label_of(medium: Medium) -> str:
    """How people know it: `SSD (SATA) Samsung 870 EVO, serial S5Y1`."""
    name = " ".join(part for part in (KIND_LABELS[MediumKind(medium.kind)], medium.make, medium.model) if part)
    return f"{name}, serial {medium.serial}" if medium.serial else f"{name}, no serial number"


def subject_of(medium: Medium) -> Subject:
    """The medium as the log knows it."""
    return Subject("medium", medium.id, label_of(medium))


def known(medium: Medium) -> rules.Known:
    """What tells this medium from another, as the register has it."""
    return rules.Known(MediumKind(medium.kind), medium.serial, medium.wwn, medium.capacity_bytes)


def details_of(medium: Medium) -> MediumDetails:
    """What is known of a medium, as a form shows it."""
    return MediumDetails(
        kind=MediumKind(medium.kind),
        data_class=DataClass(medium.data_class),
        **{name: getattr(medium, name) for name in (*LIMITS, "capacity_bytes", "notes", "asset_id")},
    )


def add_medium(actor: Actor, details: MediumDetails) -> Medium:
    """Put a medium into the register, in an asset or loose. Raises Denied with every reason, NotFound for the asset."""
    details = _checked(actor.school_id, details, None)
    _not_condemned(actor.school_id, details, None)
    if details.asset_id is not None:
        inventory.lock_asset(actor.school_id, details.asset_id)
    state = MediumState.HELD if details.asset_id is None else MediumState.IN_SERVICE
    medium = Medium(
        school_id=actor.school_id,
        asset_id=details.asset_id,
        state=state.value,
        created_at=utc_now(),
        **columns_of(details),
    )
    add(medium)
    told = {name: value for name, value in told_of(medium).items() if value not in ("", None)}
    record(actor, EventKind.MEDIUM_CREATED, subject_of(medium), after=told)
    _only_one(medium)
    if details.asset_id is not None:
        inventory.note_media(actor, details.asset_id, 1)
    return medium


def edit(actor: Actor, medium_id: UUID, details: MediumDetails, *, version: int) -> Medium:
    """Change what is known of a medium; `version` is the one that the form was filled from. Its asset stays.

    Raises NotFound, Denied, and Conflict where somebody else changed the medium since.
    """
    medium = _at_version(actor.school_id, medium_id, version)
    details = _checked(actor.school_id, details, medium)
    if MediumState(medium.state) is MediumState.WIPING:
        raise Denied((Blocker("wiping", "It is being wiped. Change it when the job is over."),))
    subject, old, new = subject_of(medium), told_of(medium), columns_of(details)
    _ask(rules.may_rename((name for name in new if new[name] != getattr(medium, name)), condemned=condemned(medium)))
    _not_condemned(actor.school_id, details, medium)
    for name, value in new.items():
        setattr(medium, name, value)
    db.session.flush()
    _record_change(actor, EventKind.MEDIUM_CHANGED, subject, old, told_of(medium))
    if medium.serial != old["serial"]:
        _only_one(medium)
    return medium


def attach(actor: Actor, medium_id: UUID, asset_id: UUID | None, *, version: int) -> Medium:
    """Put a medium into an asset, or (None) take it out. It keeps its own history. Raises as `edit`."""
    medium = _at_version(actor.school_id, medium_id, version, host=False)
    if medium.asset_id == asset_id:
        return medium
    if asset_id is not None:
        _ask(rules.may_enter(condemned=condemned(medium)))
    subject, was = subject_of(medium), medium.asset_id
    assets = {one: inventory.lock_asset(actor.school_id, one) for one in sorted(filter(None, (was, asset_id)))}
    holding = int(rules.may_hold_data(MediumState(medium.state)))
    medium.asset_id = asset_id
    if MediumState(medium.state) is MediumState.IN_SERVICE and asset_id is None:
        medium.state = MediumState.HELD.value
    db.session.flush()
    if was is not None:
        told = {"asset": inventory.label_of(assets[was])}
        record(actor, EventKind.MEDIUM_DETACHED, subject, before=told)
        inventory.note_media(actor, was, -1, holding=-holding)
    if asset_id is not None:
        told = {"asset": inventory.label_of(assets[asset_id])}
        record(actor, EventKind.MEDIUM_ATTACHED, subject, after=told)
        inventory.note_media(actor, asset_id, 1, holding=holding, arrived=bool(holding))
    return medium


def change_state(actor: Actor, medium_id: UUID, to: MediumState, *, version: int, reason: str) -> Medium:
    """A person moves a medium on in its life. Raises as `edit`; nobody can declare a medium sanitised."""
    medium = _at_version(actor.school_id, medium_id, version)
    at = MediumState(medium.state)
    _ask(rules.may_change_state(at, to, actor.role, reason, condemned=condemned(medium)))
    set_state(actor, medium, to, why=reason.strip())
    return medium


def begin_wipe(actor: Actor, medium_id: UUID) -> Medium:
    """A wipe of this medium was ordered. Raises NotFound, and Denied where it may not be wiped."""
    medium = locked(actor.school_id, medium_id)
    _ask(may_wipe(medium))
    _not_condemned(actor.school_id, details_of(medium), medium)
    set_state(actor, medium, MediumState.WIPING, why="A wipe was ordered.")
    return medium


def undo_wipe(actor: Actor, medium_id: UUID, before: MediumState, why: str) -> None:
    """A wipe was ordered and nothing was written: the medium is again what it was. Raises NotFound."""
    medium = locked(actor.school_id, medium_id)
    if MediumState(medium.state) is MediumState.WIPING:
        set_state(actor, medium, before, why=why)


def end_wipe_unproved(actor: Actor, medium_id: UUID, why: str) -> None:
    """A wipe ended without evidence: whatever it held may still be there. Raises NotFound."""
    medium = locked(actor.school_id, medium_id)
    if MediumState(medium.state) is MediumState.WIPING:
        set_state(actor, medium, MediumState.HELD, why=why)


def set_state(actor: Actor, medium: Medium, to: MediumState, *, why: str) -> None:
    """Move a medium to another state, with its event. The rules were asked before, and the medium is locked."""
    before = medium.state
    if before == to.value:
        return
    if to not in rules.FROM_CONDEMNED and MediumState(before) in rules.CONDEMNED:
        raise RuntimeError("a condemned medium can only be destroyed; the rules were not asked")
    medium.state = to.value
    db.session.flush()
    held, holds = rules.may_hold_data(MediumState(before)), rules.may_hold_data(to)
    if medium.asset_id is not None and held != holds:
        inventory.note_media(actor, medium.asset_id, 0, holding=1 if holds else -1, arrived=holds)
    record(
        actor,
        EventKind.MEDIUM_STATE_CHANGED,
        subject_of(medium),
        before={"state": before},
        after={"state": to.value},
        why=why,
    )


def miscounted(school_id: UUID) -> list[tuple[UUID, int, int]]:
    """The assets whose counts are not those of the media in them, with the right ones: all, and that may hold data.

    Empty, unless the program made a mistake.
    """
    holding = func.sum(case((Medium.state.not_in([state.value for state in rules.EMPTY]), 1), else_=0))
    here = (Medium.school_id == Asset.school_id) & (Medium.asset_id == Asset.id)
    query = (
        select(Asset.id, Asset.media_count, Asset.media_holding, func.count(Medium.id), func.coalesce(holding, 0))
        .outerjoin(Medium, here)
        .where(Asset.school_id == school_id)
        .group_by(Asset.school_id, Asset.id, Asset.media_count, Asset.media_holding)
    )
    rows = db.session.execute(query)
    return [(found, count, held) for found, *kept, count, held in rows if kept != [count, held]]


def _ask(decision: Decision) -> None:
    if not decision.allowed:
        raise Denied(decision.blockers)


def _not_condemned(school_id: UUID, details: MediumDetails, medium: Medium | None) -> None:
    """Raises Denied where the details are those of another medium that can only be destroyed."""
    other = condemned_as(school_id, details.serial, details.wwn, but=medium.id if medium else None)
    if other is not None:
        raise Denied((known_condemned(other),))


def _at_version(school_id: UUID, medium_id: UUID, version: int, *, host: bool = True) -> Medium:
    medium = locked(school_id, medium_id, host=host)
    if medium.version != version:
        raise Conflict("Somebody else changed this medium since you opened the page. Look at it again.")
    return medium


def _checked(school_id: UUID, details: MediumDetails, medium: Medium | None) -> MediumDetails:
    """The details as they are kept; `medium` is the one that is changed. Raises Denied with every reason why not."""
    details = tidied(details)
    found = faults_of(details)
    others = [one for one in by_serial(school_id, details.serial) if medium is None or one.id != medium.id]
    if others:
        found.append(known_already(others[0]))
    if found:
        raise Denied(tuple(found))
    return details


def _only_one(medium: Medium) -> None:
    """Look again, now that the log lets one person after the other: somebody may have been adding the same drive."""
    others = [one for one in by_serial(medium.school_id, medium.serial) if one.id != medium.id]
    if others:
        raise Denied((known_already(others[0]),))


def tidied(details: MediumDetails) -> MediumDetails:
    """The details as they are kept."""
    texts: dict[str, Any] = {name: one_line(getattr(details, name)) for name in LIMITS}
    return replace(details, notes=details.notes.strip(), **texts)


def faults_of(details: MediumDetails) -> list[Blocker]:
    """Why tidied details are not fit to be kept, other media apart."""
    found = [
        Blocker(f"{name}_long", f"The {name} is longer than {limit} characters.")
        for name, limit in LIMITS.items()
        if len(getattr(details, name)) > limit
    ]
    texts = [getattr(details, name) for name in LIMITS] + [details.notes]
    if any(unprintable(text) for text in texts) or len(details.notes) > NOTES_LIMIT:
        found.append(Blocker("text", "Something here is not plain text, or far too long."))
    if details.capacity_bytes is not None and not 0 < details.capacity_bytes <= CAPACITY_MOST:
        found.append(Blocker("capacity", "The capacity is a number of bytes greater than nothing."))
    return found


def known_already(other: Medium) -> Blocker:
    """Why a medium with the serial number of another one is not added."""
    message = f"{label_of(other)} is in the register already. Open it and move it, rather than add it twice."
    return Blocker("same_serial", message)


def known_condemned(other: Medium) -> Blocker:
    """Why a drive that can only be destroyed is not taken for another one."""
    message = f"This drive is {label_of(other)}. {rules.CONDEMNED_ONLY} It gets no other entry and no other wipe."
    return Blocker("condemned", message)


def columns_of(details: MediumDetails) -> dict[str, object]:
    """The columns that tidied details fill."""
    plain = {name: getattr(details, name) for name in (*LIMITS, "capacity_bytes", "notes")}
    words = {"kind": details.kind.value, "data_class": details.data_class.value}
    return {**plain, **words, "serial_key": serial_key(details.serial)}


def told_of(medium: Medium) -> dict[str, object]:
    """A medium for the log."""
    names = ("kind", *LIMITS, "capacity_bytes", "data_class", "notes")
    return {name: getattr(medium, name) for name in names}


def _record_change(
    actor: Actor, kind: EventKind, subject: Subject, old: dict[str, object], new: dict[str, object]
) -> None:
    changed = [name for name in new if new[name] != old[name]]
    if changed:
        before, after = ({name: side[name] for name in changed} for side in (old, new))
        record(actor, kind, subject, before=before, after=after)
