"""Jobs: order, cancel, hand to the station, and keep what it says of them. Flushes, never commits."""

import json
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import select

from tracker.accounts.service import school_of
from tracker.audit.kinds import EventKind
from tracker.audit.service import record
from tracker.db import add, db
from tracker.inventory import service as inventory
from tracker.inventory.rules import AssetState
from tracker.media import evidence
from tracker.media import rules as media_rules
from tracker.media import service as media
from tracker.media.evidence import Ordered, Received, Sender
from tracker.media.models import Evidence
from tracker.media.rules import EvidenceState, MediumState
from tracker.stations import drives, rules
from tracker.stations import service as stations
from tracker.stations.messages import Exchange, JobReport, ToldState, reports_of
from tracker.stations.models import Job, Station
from tracker.stations.rules import JobState
from tracker.values import Actor, Blocker, Denied, NotFound, Role, Subject, utc_now
from wipe import codec
from wipe.facts import DriveReport, Plan
from wipe.vocabulary import Method, VerificationKind

MESSAGE_LIMIT = 2000  # characters of what a station says of a failure


@dataclass(frozen=True)
class Order:
    """What the operator confirmed. `digest` is the one that was shown; `attestation` is empty where none is needed."""

    station_id: UUID
    medium_id: UUID
    device: str
    method: Method
    verification: VerificationKind
    digest: str
    confirmation: str
    attestation: str


def report_for(station: Station, device: str) -> DriveReport | None:
    """The drive of that name, as the station last told it."""
    return next((one for one in reports_of(station.reports) if one.drive.identity.device == device), None)


def decide(actor: Actor, order: Order) -> tuple[list[Blocker], Plan | None, Station]:
    """Why this wipe may not be ordered, and the plan that would be made. Locks the station. Raises NotFound."""
    station = stations.get_station(actor.school_id, order.station_id, lock=True)
    medium = media.get_medium(actor.school_id, order.medium_id)
    report = report_for(station, order.device)
    attested = order.attestation.strip() or None
    shown = drives.plan_for(report, order.method, order.verification) if report else None
    serial = (report.drive.identity.serial or "") if report else ""
    facts = rules.OrderFacts(
        role=actor.role,
        alive=drives.alive(station),
        drive_there=report is not None,
        differing=_differing(report, media.known(medium), attested=attested is not None),
        refusals=drives.refusals_of(report, attested=attested is not None) if report else (),
        planned=shown is not None,
        same_plan=shown is not None and codec.digest(shown) == order.digest,
        serial=serial,
        device=order.device,
        confirmation=order.confirmation,
        attestation=order.attestation,
        asset=AssetState(inventory.get_asset(medium.school_id, medium.asset_id).state) if medium.asset_id else None,
        drive_busy=any(drives.plan_of(job).identity.device == order.device for job in drives.open_jobs(station)),
    )
    found = [*rules.may_order(facts).blockers, *media_rules.may_wipe(MediumState(medium.state)).blockers]
    # what the operator typed beside the plan is part of it from here on
    return found, replace(shown, attestation=attested) if shown else None, station


def _differing(report: DriveReport | None, register: media_rules.Known, *, attested: bool) -> tuple[str, ...]:
    return media_rules.differing(register, drives.known(report.drive), attested=attested) if report else ()


def order_job(actor: Actor, order: Order) -> Job:
    """Order a wipe. The password was asked for before. Raises NotFound, and Denied with every reason why not."""
    found, plan, station = decide(actor, order)
    if found or plan is None or actor.id is None:
        raise Denied(tuple(found) or (Blocker("nobody", "This needs somebody who is signed in."),))
    before = media.get_medium(actor.school_id, order.medium_id).state
    medium = media.begin_wipe(actor, order.medium_id)
    job = Job(
        school_id=actor.school_id,
        station_id=station.id,
        medium_id=medium.id,
        asset_id=medium.asset_id,
        medium_state=before,
        operator_id=actor.id,
        operator=actor.name,
        operator_role=actor.role.value if actor.role else "",
        plan=json.dumps(codec.encode(plan)),
        plan_digest=codec.digest(plan),
        state=JobState.ORDERED.value,
        cancel_requested_at=None,
        progress=None,
        refusals="[]",
        message="",
        record_id=None,
        created_at=utc_now(),
        accepted_at=None,
        ended_at=None,
    )
    add(job)
    told = {
        "station": station.name,
        "medium": media.label_of(medium),
        "device": drives.device_name(plan.identity.device),
        "method": plan.method.value,
        "verification": plan.verification.value,
        "plan": job.plan_digest,
        "attestation": plan.attestation,
    }
    record(actor, EventKind.JOB_CREATED, subject_of(job), after=told)
    return job


def subject_of(job: Job) -> Subject:
    """The job as the log knows it."""
    return Subject("job", job.id, f"Wipe of {job.created_at:%d %B %Y %H:%M} UTC")


def get_job(school_id: UUID, job_id: UUID, *, lock: bool = False) -> Job:
    """The job, with `lock` held together with its medium. Raises NotFound, also for another school's."""
    query = select(Job).where(Job.school_id == school_id, Job.id == job_id)
    job = db.session.scalar(query.with_for_update().execution_options(populate_existing=True) if lock else query)
    if job is None:
        raise NotFound
    if lock:
        media.locked(school_id, job.medium_id)  # before the log, which the first event locks
    return job


def jobs_of(school_id: UUID, medium_id: UUID) -> list[Job]:
    """The jobs on a medium, the newest first."""
    query = select(Job).where(Job.school_id == school_id, Job.medium_id == medium_id)
    return list(db.session.scalars(query.order_by(Job.created_at.desc()).limit(50)))


def evidence_of(job: Job) -> Evidence | None:
    """The evidence that the job left, once it is here; also if it cannot be read, so that it names no job.

    A station may name any number, but evidence that answers another job is never this one's.
    """
    found = None if job.record_id is None else db.session.get(Evidence, (job.school_id, job.record_id))
    if found is None or found.job_id == job.id:
        return found
    return found if found.job_id is None and found.station_id == job.station_id else None


def cancel_job(actor: Actor, job_id: UUID) -> None:
    """Stop a job: at once where the station has not taken it, else as soon as it hears. Raises NotFound, Denied."""
    job = get_job(actor.school_id, job_id, lock=True)
    if actor.role not in (Role.TECHNICIAN, Role.HEAD):
        raise Denied((Blocker("role", "Only a technician or the head teacher can stop a wipe."),))
    state = JobState(job.state)
    if state not in rules.OPEN or job.cancel_requested_at is not None:
        return
    job.cancel_requested_at = utc_now()
    record(actor, EventKind.JOB_CANCEL_REQUESTED, subject_of(job), after={"cancel": True})
    if state is JobState.ORDERED:
        _move(actor, job, JobState.CANCELLED, why="The station had not taken it.")
        media.undo_wipe(actor, job.medium_id, MediumState(job.medium_state), "The wipe was cancelled before it began.")


def give_up(actor: Actor, job_id: UUID, why: str) -> None:
    """Close a job whose station will not come back: nothing is proved. Raises NotFound, Denied.

    Evidence that arrives after all is still taken in.
    """
    job = get_job(actor.school_id, job_id, lock=True)
    found = []
    if actor.role not in (Role.TECHNICIAN, Role.HEAD):
        found.append(Blocker("role", "Only a technician or the head teacher can give a wipe up."))
    if JobState(job.state) not in rules.OPEN | {JobState.ENDED} or evidence_of(job) is not None:
        found.append(Blocker("over", "This job is over already."))
    if drives.alive(stations.get_station(actor.school_id, job.station_id)) and JobState(job.state) in rules.OPEN:
        found.append(Blocker("alive", "The station answers. Cancel the job instead."))
    if len(why.strip()) < 3:
        found.append(Blocker("reason", "Say why, so that the log can tell."))
    if found:
        raise Denied(tuple(found))
    job.message = "Given up: " + why.strip()[:MESSAGE_LIMIT]
    _move(actor, job, JobState.FAILED, why=why.strip())
    media.end_wipe_unproved(actor, job.medium_id, "The wipe was given up; nothing is proved.")


def exchange(station: Station, message: Exchange, origin: str) -> dict[str, Any]:
    """Keep what a station says, and answer with its orders."""
    now = utc_now()
    actor = stations.actor_of(station, origin)
    station.seen_at, station.software = now, message.version[:40]
    if message.reports is not None:
        _keep_reports(station, message.reports, now)
    _lock_jobs(station, message)
    for told in message.jobs:
        _keep_job(actor, station, told)
    waiting = _jobs_in(station, rules.OPEN)
    going_on = {told.job_id for told in message.jobs if told.state in (ToldState.ACCEPTED, ToldState.RUNNING)}
    named = {told.job_id for told in message.jobs}
    return {
        "orders": [
            _order(job)
            for job in waiting
            if job.state == JobState.ORDERED.value and str(job.id) not in named and job.cancel_requested_at is None
        ],
        "cancel": [
            *(str(job.id) for job in waiting if job.cancel_requested_at is not None),
            *_cancelled(station, going_on),  # it had the order in its hands when it was cancelled here
        ],
        "want_reports": station.reports is None,
        "poll_seconds": 1.0,
    }


def _lock_jobs(station: Station, message: Exchange) -> None:
    """Hold all jobs that a message tells of before the first event locks the log, in one order for everybody."""
    for job_id in sorted(filter(None, (_uuid(told.job_id) for told in message.jobs))):
        with suppress(NotFound):
            get_job(station.school_id, job_id, lock=True)


def _keep_reports(station: Station, reports: tuple[DriveReport, ...], now: datetime) -> None:
    text = json.dumps([codec.encode(one) for one in reports])
    if text != station.reports:
        station.reports, station.reported_at = text, now


def _jobs_in(station: Station, states: frozenset[JobState], record_id: UUID | None = None) -> list[Job]:
    query = select(Job).where(
        Job.school_id == station.school_id,
        Job.station_id == station.id,
        Job.state.in_([state.value for state in states]),
    )
    if record_id is not None:
        query = query.where(Job.record_id == record_id)
    return list(db.session.scalars(query.order_by(Job.created_at)))


def _cancelled(station: Station, told: set[str]) -> list[str]:
    query = select(Job.id).where(
        Job.school_id == station.school_id,
        Job.station_id == station.id,
        Job.state == JobState.CANCELLED.value,
        Job.id.in_([job_id for job_id in map(_uuid, told) if job_id is not None]),
    )
    return [str(job_id) for job_id in db.session.scalars(query)] if told else []


def _order(job: Job) -> dict[str, Any]:
    plan = drives.plan_of(job)
    asset = inventory.get_asset(job.school_id, job.asset_id) if job.asset_id else None
    return {
        "job_id": str(job.id),
        "asset_tag": asset.tag if asset else None,
        "operator": {"id": str(job.operator_id), "name": job.operator, "role": job.operator_role},
        "procedure": school_of(job.school_id).procedure_version,
        "device": plan.identity.device,
        "identity": codec.encode(plan.identity),
        "capacity_bytes": plan.capacity_bytes,
        "method": plan.method.value,
        "verification": plan.verification.value,
        "attestation": plan.attestation,
        "plan_digest": job.plan_digest,
    }


def _keep_job(actor: Actor, station: Station, told: JobReport) -> None:
    """What a station says of one of its jobs. Of other jobs, and backwards, it says nothing that counts."""
    try:
        job = get_job(station.school_id, UUID(told.job_id), lock=True)
    except (ValueError, NotFound):
        return
    if job.station_id != station.id or JobState(job.state) not in rules.OPEN:
        return
    if told.progress is not None:
        job.progress = json.dumps(codec.encode(told.progress))
    to = JobState(told.state.value)
    if to is JobState(job.state):
        job.message = told.message[:MESSAGE_LIMIT]  # what a job that was cut off waits for; empty again when it goes on
    if not rules.moves(JobState(job.state), to):
        return
    job.message = told.message[:MESSAGE_LIMIT]
    if to is JobState.REFUSED:
        job.refusals = json.dumps([codec.encode(one) for one in told.refusals[:50]])
    if told.record_id is not None:
        job.record_id = _uuid(told.record_id)
    why = " ".join([told.message, *(one.message for one in told.refusals)]).strip()[:MESSAGE_LIMIT]
    _move(actor, job, to, why=why)
    if to is JobState.REFUSED:
        media.undo_wipe(
            actor, job.medium_id, MediumState(job.medium_state), "The station refused; nothing was written."
        )
    elif to is JobState.ENDED:
        _end_unread(actor, job)
    elif to is JobState.FAILED:
        media.end_wipe_unproved(actor, job.medium_id, "The eraser ended without evidence; nothing is proved.")


def _end_unread(actor: Actor, job: Job) -> None:
    """Hold the medium of a job whose evidence is here and cannot be read: nothing else would end its wipe."""
    kept = evidence_of(job)
    if JobState(job.state) is JobState.ENDED and kept is not None and kept.job_id is None:
        media.end_wipe_unproved(actor, job.medium_id, "The evidence of the wipe cannot be read; nothing is proved.")


_EVENTS = {
    JobState.ACCEPTED: EventKind.JOB_STARTED,
    JobState.ENDED: EventKind.JOB_FINISHED,
    JobState.REFUSED: EventKind.JOB_REFUSED,
    JobState.FAILED: EventKind.JOB_FINISHED,
    JobState.CANCELLED: EventKind.JOB_FINISHED,
}


def _move(actor: Actor, job: Job, to: JobState, *, why: str) -> None:
    before, now = job.state, utc_now()
    job.state = to.value
    if job.accepted_at is None and to in (JobState.ACCEPTED, JobState.RUNNING):
        job.accepted_at = now
    if to not in rules.OPEN:
        job.ended_at = now
    db.session.flush()
    if to in _EVENTS:
        record(actor, _EVENTS[to], subject_of(job), before={"state": before}, after={"state": to.value}, why=why)


def receive(station: Station, record_id: UUID, signed: bytes, *, origin: str, virtual_allowed: bool) -> Received:
    """Take a record in from a station, and end its job. Raises Conflict as media.evidence.receive does."""
    actor = stations.actor_of(station, origin)
    sender = Sender(actor, station.id, stations.key_of(station), station.revoked_at is not None, virtual_allowed)
    received = evidence.receive(sender, record_id, signed, lambda job_id: _ordered(station, job_id))
    if received.new and received.evidence.job_id is not None:
        job = get_job(station.school_id, received.evidence.job_id, lock=True)
        kept = evidence_of(job)
        if received.accepted or kept is None or kept.state != EvidenceState.ACCEPTED.value:
            job.record_id = record_id
        if rules.moves(JobState(job.state), JobState.ENDED):
            _move(actor, job, JobState.ENDED, why="Its evidence arrived.")
    elif received.new:
        for job in _jobs_in(station, frozenset({JobState.ENDED}), record_id):
            _end_unread(actor, job)
    return received


def _ordered(station: Station, job_id: UUID) -> Ordered | None:
    try:
        job = get_job(station.school_id, job_id, lock=True)  # before its medium, as everybody who changes both
    except NotFound:
        return None
    if job.station_id != station.id:
        return None
    newer = select(Job.id).where(
        Job.school_id == job.school_id, Job.medium_id == job.medium_id, Job.created_at > job.created_at
    )
    latest = db.session.scalar(newer.limit(1)) is None
    return Ordered(job.id, job.medium_id, job.plan_digest, job.operator_id, job.created_at, latest)


def _uuid(text: str) -> UUID | None:
    try:
        return UUID(text)
    except ValueError:
        return None
