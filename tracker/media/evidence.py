"""Receive a signed record from a station: keep its bytes, check it, match it, and move the medium.

Whatever does not fit is kept too, in quarantine, with every reason; nothing of it moves a medium. Flushes, never
commits.
"""

import hashlib
import json
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from sqlalchemy import select

from tracker.audit.kinds import EventKind
from tracker.audit.service import record as record_event
from tracker.db import add, db, row_of
from tracker.media import rules, service
from tracker.media.models import Evidence, Medium
from tracker.media.rules import EvidenceState, MediumState
from tracker.values import Actor, Conflict, Subject, unprintable, utc_now
from wipe import record
from wipe.errors import BadRecord
from wipe.vocabulary import Medium as MediumKind
from wipe.vocabulary import Outcome


@dataclass(frozen=True)
class Sender:
    """The station that sent a record. `virtual_allowed`: evidence about files counts (the demonstration)."""

    actor: Actor  # the station as the log knows it
    station_id: UUID
    key: Ed25519PublicKey
    revoked: bool
    virtual_allowed: bool


@dataclass(frozen=True)
class Ordered:
    """The job that a record answers, as the operator confirmed it."""

    job_id: UUID
    medium_id: UUID
    plan_digest: str
    operator_id: UUID
    ordered_at: datetime
    latest: bool  # no later job on the same medium was ordered


@dataclass(frozen=True)
class Received:
    """What was made of a record. `new` is false for a replay of the same bytes."""

    evidence: Evidence
    new: bool

    @property
    def accepted(self) -> bool:
        """Whether it counts."""
        return self.evidence.state == EvidenceState.ACCEPTED.value


def receive(sender: Sender, record_id: UUID, signed: bytes, ordered: Callable[[UUID], Ordered | None]) -> Received:
    """Keep a record and say what it is worth; `ordered` looks a job of this station up.

    Raises Conflict where other bytes are kept under that number already.
    """
    digest = hashlib.sha256(signed).hexdigest()
    kept = db.session.get(Evidence, (sender.actor.school_id, record_id))
    if kept is not None:
        if kept.sha256 != digest:
            raise Conflict("Other evidence is kept under this number already. This one was not taken.")
        return Received(kept, new=False)
    found, reasons = _read(sender, record_id, signed)
    job = _job(found, ordered)
    medium, strange = None, list[str]()
    if found is not None:
        if job is None:
            reasons.append("It answers no job that this station was given.")
        else:
            medium = service.locked(sender.actor.school_id, job.medium_id)
            reasons += _against_job(sender, found, job)
            strange = _against_medium(found, medium, sender)
            reasons += strange
    evidence = _keep(sender, record_id, signed, digest, found, job, reasons)
    if medium is not None and found is not None and job is not None:
        _move(sender, medium, found, job, reasons, failed=not strange and found.outcome is Outcome.FAILED)
    return Received(evidence, new=True)


def _read(sender: Sender, record_id: UUID, signed: bytes) -> tuple[record.Record | None, list[str]]:
    try:
        found = record.verify(signed, {record.key_id(sender.key): sender.key}).record
    except BadRecord as error:
        return None, [error.message]
    reasons = []
    if found.record_id != str(record_id):
        reasons.append("It was sent under another number than its own.")
    if sender.revoked:
        reasons.append("The station had been shut out before it sent this.")
    return found, reasons


def _job(found: record.Record | None, ordered: Callable[[UUID], Ordered | None]) -> Ordered | None:
    if found is None or found.job_id is None:
        return None
    try:
        return ordered(UUID(found.job_id))
    except ValueError:
        return None


def _against_job(sender: Sender, found: record.Record, job: Ordered) -> list[str]:
    reasons = []
    answered = select(Evidence.id).where(
        Evidence.school_id == sender.actor.school_id,
        Evidence.medium_id == job.medium_id,
        Evidence.job_id == job.job_id,
        Evidence.state == EvidenceState.ACCEPTED.value,
    )
    if db.session.scalar(answered.limit(1)) is not None:
        reasons.append("Another record answers this job already, and a job is run once.")
    if found.plan.digest != job.plan_digest:
        reasons.append("The plan it tells of is not the one that was confirmed.")
    if found.operator is None or found.operator.id != str(job.operator_id):
        reasons.append("It does not name the operator who confirmed the job.")
    return reasons


def _against_medium(found: record.Record, medium: Medium, sender: Sender) -> list[str]:
    reasons = []
    device = rules.Known(
        found.identity.kind, found.identity.serial or "", found.identity.wwn or "", found.geometry.capacity_bytes
    )
    differing = rules.differing(service.known(medium), device, attested=found.attestation is not None)
    if differing:
        reasons.append(f"It is about another drive than the medium of the job: {', '.join(differing)} differ.")
    real = MediumKind(medium.kind) is not MediumKind.VIRTUAL
    if found.identity.virtual and real and not sender.virtual_allowed:
        reasons.append("It is about a file or a loop device, and the register says that the medium is a real drive.")
    other = service.condemned_as(medium.school_id, device.serial, device.wwn, but=medium.id)
    if other is not None:
        reasons.append(service.known_condemned(other).message)
    if found.outcome not in rules.AFTER:
        reasons.append("No run ends with such an outcome.")
    return reasons


def _keep(
    sender: Sender,
    record_id: UUID,
    signed: bytes,
    digest: str,
    found: record.Record | None,
    job: Ordered | None,
    reasons: list[str],
) -> Evidence:
    state = EvidenceState.QUARANTINED if reasons else EvidenceState.ACCEPTED
    evidence = Evidence(
        school_id=sender.actor.school_id,
        id=record_id,
        station_id=sender.station_id,
        job_id=job.job_id if job else None,
        medium_id=job.medium_id if job else None,
        received_at=utc_now(),
        signed=signed,
        sha256=digest,
        state=state.value,
        reasons=json.dumps(reasons),
        outcome=found.outcome.value if found else "",
        level=found.level.value if found else "",
    )
    add(evidence)
    kind = EventKind.EVIDENCE_QUARANTINED if reasons else EventKind.EVIDENCE_RECEIVED
    told = {"sha256": digest, "outcome": evidence.outcome, "bytes": len(signed)}
    subject = Subject("evidence", record_id, f"Record {record_id}")
    record_event(sender.actor, kind, subject, after=told, why=" ".join(reasons))
    return evidence


def _move(
    sender: Sender, medium: Medium, found: record.Record, job: Ordered, reasons: list[str], *, failed: bool
) -> None:
    """The medium after the run: by the outcome, or held where the evidence does not count.

    `failed`: it is signed by the station, about this very drive, and says that the run failed. That condemns the drive
    also from quarantine (AD6): else shutting a station out in time would save it.
    """
    at = MediumState(medium.state)
    if reasons and failed:
        to, why = rules.after_evidence(at, found.outcome, current=job.latest), "in quarantine, and says that it failed"
        service.set_state(sender.actor, medium, to, why=f"Record {found.record_id} is {why}.")
        return
    if reasons:
        if at is MediumState.WIPING and job.latest:  # else it is another job that has it in its hands
            service.set_state(sender.actor, medium, MediumState.HELD, why="The evidence of the wipe is in quarantine.")
        return
    _learn(sender.actor, medium, found)
    current = job.latest and not service.served_since(medium, job.ordered_at)
    to = rules.after_evidence(at, found.outcome, current=current)
    service.set_state(sender.actor, medium, to, why=f"Record {found.record_id}: {found.outcome.value}.")


def _learn(actor: Actor, medium: Medium, found: record.Record) -> None:
    """Take over what the drive said of itself and the register did not know."""
    who = found.identity
    told: dict[str, object] = {
        "make": who.make,
        "model": who.model,
        "wwn": who.wwn,
        "firmware": who.firmware,
        "capacity_bytes": found.geometry.capacity_bytes,
    }
    if MediumKind(medium.kind) is MediumKind.UNKNOWN:
        told["kind"] = who.kind.value
    new = {name: value for name, value in told.items() if _fit(name, value) and _unknown(getattr(medium, name))}
    if not new:
        return
    before = {name: getattr(medium, name) for name in new}
    for name, value in new.items():
        setattr(medium, name, value)
    db.session.flush()
    record_event(
        actor,
        EventKind.MEDIUM_CHANGED,
        service.subject_of(medium),
        before=before,
        after=new,
        why="Read from the drive.",
    )


def _fit(name: str, value: object) -> bool:
    """Whether the register can keep it: a station signs whatever a drive said, and drives say odd things."""
    if isinstance(value, str):
        return 0 < len(value) <= service.LIMITS.get(name, 20) and not unprintable(value)
    return isinstance(value, int) and value > 0


def _unknown(value: object) -> bool:
    return value in ("", None, MediumKind.UNKNOWN.value)


def get_evidence(school_id: UUID, evidence_id: UUID) -> Evidence:
    """The evidence. Raises NotFound, also for another school's."""
    return row_of(Evidence, school_id, evidence_id)


def evidence_of(school_id: UUID, medium_id: UUID) -> list[Evidence]:
    """All evidence about a medium, the newest first."""
    query = select(Evidence).where(Evidence.school_id == school_id, Evidence.medium_id == medium_id)
    return list(db.session.scalars(query.order_by(Evidence.received_at.desc(), Evidence.id.desc())))


def quarantined(school_id: UUID) -> list[Evidence]:
    """What was received and does not count, the newest first, at most 200."""
    query = select(Evidence).where(Evidence.school_id == school_id, Evidence.state == EvidenceState.QUARANTINED.value)
    return list(db.session.scalars(query.order_by(Evidence.received_at.desc()).limit(200)))


def reasons_of(evidence: Evidence) -> list[str]:
    """Why it was quarantined, in sentences."""
    reasons: list[str] = json.loads(evidence.reasons)
    return reasons
