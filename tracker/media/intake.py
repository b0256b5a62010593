"""Many storage media at once, by the same rules as one (media.service.add_medium), for imports.

A constant number of queries for each thousand. Flushes, never commits.
"""

from collections import Counter
from collections.abc import Iterable, Sequence
from uuid import UUID

from sqlalchemy import select
from uuid_utils.compat import uuid7

from tracker.audit.kinds import EventKind
from tracker.audit.service import Note, record_many
from tracker.db import db
from tracker.inventory.intake_rows import lock_many, refuse, slices
from tracker.inventory.intake_storage import note_media_many
from tracker.inventory.rules import serial_key
from tracker.media.models import Medium
from tracker.media.rules import MediumState
from tracker.media.service import (
    MediumDetails,
    columns_of,
    condemned_as,
    faults_of,
    known_already,
    known_condemned,
    subject_of,
    tidied,
    told_of,
)
from tracker.values import Actor, Blocker, utc_now


def add_many(actor: Actor, told: Sequence[MediumDetails]) -> list[Medium]:
    """Put many media into the register, in assets or loose, in their order.

    Raises Denied as a whole, naming the first faulty ones, and NotFound for an asset of another school.
    """
    kept = [tidied(details) for details in told]
    lock_many(actor.school_id, [one.asset_id for one in kept if one.asset_id is not None])
    _refuse(actor.school_id, kept)
    media = [_medium(actor.school_id, details) for details in kept]
    db.session.add_all(media)
    db.session.flush()
    notes = []
    for medium in media:
        after = {name: value for name, value in told_of(medium).items() if value not in ("", None)}
        notes.append(Note(EventKind.MEDIUM_CREATED, subject_of(medium), after=after))
    record_many(actor, notes)
    _only_ones(actor.school_id, media)
    note_media_many(actor, Counter(one.asset_id for one in kept if one.asset_id is not None))
    return media


def _medium(school_id: UUID, details: MediumDetails) -> Medium:
    state = MediumState.HELD if details.asset_id is None else MediumState.IN_SERVICE
    return Medium(
        school_id=school_id,
        id=uuid7(),
        asset_id=details.asset_id,
        state=state.value,
        created_at=utc_now(),
        **columns_of(details),
    )


def _refuse(school_id: UUID, told: Sequence[MediumDetails]) -> None:
    owners, seen = by_serials(school_id, (one.serial for one in told)), set[str]()
    faults = list[tuple[str, Blocker]]()
    for details in told:
        name = f"{details.make} {details.model} {details.serial}".strip() or "A drive"
        faults += [(name, blocker) for blocker in faults_of(details)]
        key = serial_key(details.serial)
        doomed = condemned_as(school_id, "", details.wwn) if details.wwn else None
        if doomed is not None:
            faults.append((name, known_condemned(doomed)))
        if key and key in owners:
            faults.append((name, known_already(owners[key][0])))
        elif key and key in seen:
            faults.append((name, Blocker("same_serial", "Another one of these has the same serial number.")))
        seen.add(key)
    refuse(faults)


def _only_ones(school_id: UUID, media: Sequence[Medium]) -> None:
    """Look again, now that the log lets one person after the other: somebody may have been adding the same drives."""
    owners, mine = by_serials(school_id, (one.serial for one in media)), {one.id for one in media}
    faults = list[tuple[str, Blocker]]()
    for medium in media:
        others = [one for one in owners.get(medium.serial_key, ()) if one.id not in mine]
        faults += [(subject_of(medium).label, known_already(one)) for one in others[:1]]
    refuse(faults)


def by_serials(school_id: UUID, serials: Iterable[str]) -> dict[str, list[Medium]]:
    """The media with these serial numbers, by inventory.rules.serial_key."""
    found: dict[str, list[Medium]] = {}
    for part in slices(sorted({key for one in serials if (key := serial_key(one))})):
        query = select(Medium).where(Medium.school_id == school_id, Medium.serial_key.in_(part)).order_by(Medium.id)
        for medium in db.session.scalars(query):
            found.setdefault(medium.serial_key, []).append(medium)
    return found


def in_assets(school_id: UUID, asset_ids: Sequence[UUID]) -> dict[UUID, list[Medium]]:
    """What is in these assets, in the order in which it was added."""
    found: dict[UUID, list[Medium]] = {}
    for part in slices(list(asset_ids)):
        query = select(Medium).where(Medium.school_id == school_id, Medium.asset_id.in_(part)).order_by(Medium.id)
        for medium in db.session.scalars(query):
            if medium.asset_id is not None:
                found.setdefault(medium.asset_id, []).append(medium)
    return found
