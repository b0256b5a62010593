"""What is known of a medium's past: whether it can only be destroyed, and whether it was used since. Only reads."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import func, select

from tracker.audit.kinds import EventKind
from tracker.audit.search import Filter
from tracker.audit.search import search as search_log
from tracker.audit.service import Entry
from tracker.db import db
from tracker.inventory.rules import serial_key
from tracker.media import rules
from tracker.media.models import Evidence, Medium
from tracker.media.rules import EvidenceState, MediumState
from tracker.values import Decision
from wipe.vocabulary import Outcome


def by_serial(school_id: UUID, text: str) -> list[Medium]:
    """Media with this serial number, spaces, dashes and case apart, at most 20."""
    key = serial_key(text)
    if not key:
        return []
    query = select(Medium).where(Medium.school_id == school_id, Medium.serial_key == key).order_by(Medium.id)
    return list(db.session.scalars(query.limit(20)))


def by_wwn(school_id: UUID, text: str) -> list[Medium]:
    """Media with this WWN, EUI-64 or NGUID, written with or without `0x`, in any case, at most 20."""
    plain = text.strip().lower().removeprefix("0x")
    if len(plain) not in (16, 32) or not all(one in "0123456789abcdef" for one in plain):
        return []
    query = select(Medium).where(Medium.school_id == school_id, func.lower(Medium.wwn).in_([plain, "0x" + plain]))
    return list(db.session.scalars(query.order_by(Medium.id).limit(20)))


def condemned(medium: Medium) -> bool:
    """Whether it may only be destroyed: a wipe of it failed, or it was held for destruction before it was lost."""
    at = MediumState(medium.state)
    if at in rules.CONDEMNED or failed_once(medium):
        return True
    if at is not MediumState.MISSING:
        return False
    return any(change.before.get("state", "") in {"", *rules.CONDEMNED} for change in _changes(medium, None, 1))


def failed_once(medium: Medium) -> bool:
    """Whether a wipe of it ever failed: no later one, and nothing that anybody says, makes up for that (AD6)."""
    if MediumState(medium.state) is MediumState.WIPE_FAILED:
        return True
    failed = select(Evidence.id).where(
        Evidence.school_id == medium.school_id,
        Evidence.medium_id == medium.id,
        Evidence.state == EvidenceState.ACCEPTED.value,
        Evidence.outcome == Outcome.FAILED.value,
    )
    return db.session.scalar(failed.limit(1)) is not None


def condemned_as(school_id: UUID, serial: str, wwn: str, *, but: UUID | None = None) -> Medium | None:
    """The medium that a drive with this serial number or WWN is, where that can only be destroyed; `but`: not this one.

    A drive that is registered again, or answers through a bridge with another serial number, is known by the other.
    """
    found = [one for one in (*by_serial(school_id, serial), *by_wwn(school_id, wwn)) if one.id != but]
    return next((one for one in found if condemned(one)), None)


def may_wipe(medium: Medium) -> Decision:
    """May a wipe of this medium begin, by its state and its past."""
    return rules.may_wipe(MediumState(medium.state), condemned=condemned(medium))


def served_since(medium: Medium, since: datetime) -> bool:
    """Whether a medium was in service at some time since then; a change that the log does not tell any more counts."""
    in_service = MediumState.IN_SERVICE.value
    changes = _changes(medium, since, 200)
    return medium.state == in_service or any(one.after.get("state", in_service) == in_service for one in changes)


def _changes(medium: Medium, since: datetime | None, most: int) -> list[Entry]:
    asked = Filter(kind=EventKind.MEDIUM_STATE_CHANGED.value, since=since, subject_type="medium", subject_id=medium.id)
    return search_log(medium.school_id, asked, before_seq=None, limit=most)
