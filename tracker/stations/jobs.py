"""Jobs: order, cancel, hand to the station, and keep what it says of them. Flushes, never commits."""

import json
from dataclasses import dataclass, replace
from uuid import UUID

from sqlalchemy import select

from tracker.audit.kinds import EventKind
from tracker.audit.service import record
from tracker.db import add, db
from tracker.inventory import service as inventory
from tracker.inventory.rules import AssetState
from tracker.media import evidence
from tracker.media import rules as media_rules
from tracker.media import service as media
from tracker.media.evidence import Ordered, Received, Sender
from tracker.media.models import Evidence, Medium
from tracker.media.rules import EvidenceState, MediumState
from tracker.stations import drives, rules
from tracker.stations import service as stations
from tracker.stations.messages import reports_of
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
    found = [*rules.may_order(facts).blockers, *media.may_wipe(medium).blockers, *_condemned(report, medium)]
    # what the operator typed beside the plan is part of it from here on
    return found, replace(shown, attestation=attested) if shown else None, station


def _condemned(report: DriveReport | None, medium: Medium) -> list[Blocker]:
    """Why not, where the drive at the station is another medium that can only be destroyed (AD6)."""
    drive = drives.known(report.drive) if report else None
    other = media.condemned_as(medium.school_id, drive.serial, drive.wwn, but=medium.id) if drive else None
    return [media.known_condemned(other)] if other is not None else []


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
        move(actor, job, JobState.CANCELLED, why="The station had not taken it.")
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
    waited_for = rules.OPEN - {JobState.HUNG}  # nobody can stop one that hangs
    if drives.alive(stations.get_station(actor.school_id, job.station_id)) and JobState(job.state) in waited_for:
        found.append(Blocker("alive", "The station answers. Cancel the job instead."))
    if len(why.strip()) < 3:
        found.append(Blocker("reason", "Say why, so that the log can tell."))
    if found:
        raise Denied(tuple(found))
    job.message = "Given up: " + why.strip()[:MESSAGE_LIMIT]
    move(actor, job, JobState.FAILED, why=why.strip())
    media.end_wipe_unproved(actor, job.medium_id, "The wipe was given up; nothing is proved.")


def jobs_in(
    station: Station, states: frozenset[JobState], record_id: UUID | None = None, *, unproved: bool = False
) -> list[Job]:
    """The jobs of a station in these states, in the order in which they were ordered.

    `unproved`: only those that no evidence answers.
    """
    query = select(Job).where(
        Job.school_id == station.school_id,
        Job.station_id == station.id,
        Job.state.in_([state.value for state in states]),
    )
    if record_id is not None:
        query = query.where(Job.record_id == record_id)
    if unproved:
        answer = select(Evidence.id).where(Evidence.school_id == Job.school_id, Evidence.job_id == Job.id)
        query = query.where(~answer.exists())
    return list(db.session.scalars(query.order_by(Job.created_at)))


def end_unread(actor: Actor, job: Job) -> None:
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
    JobState.HUNG: EventKind.JOB_HUNG,
    JobState.LOST: EventKind.JOB_LOST,
}


def move(actor: Actor, job: Job, to: JobState, *, why: str) -> None:
    """Bring a job to another state, with its event. Its medium is the caller's to see to."""
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
            move(actor, job, JobState.ENDED, why="Its evidence arrived.")
    elif received.new:
        for job in jobs_in(station, frozenset({JobState.ENDED}), record_id):
            end_unread(actor, job)
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


def uuid_of(text: str) -> UUID | None:
    """The id in a text; None where there is none."""
    try:
        return UUID(text)
    except ValueError:
        return None
