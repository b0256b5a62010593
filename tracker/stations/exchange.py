"""What a station says about once a second, and what it is told. Flushes, never commits."""

import json
from contextlib import suppress
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import select

from tracker.accounts.service import school_of
from tracker.db import db
from tracker.inventory import service as inventory
from tracker.media import service as media
from tracker.media.rules import MediumState
from tracker.stations import drives, lost, rules
from tracker.stations import service as stations
from tracker.stations.jobs import MESSAGE_LIMIT, end_unread, get_job, jobs_in, move, uuid_of
from tracker.stations.messages import Exchange, JobReport, ToldState
from tracker.stations.models import Job, Station
from tracker.stations.rules import JobState
from tracker.values import Actor, NotFound, utc_now
from wipe import codec
from wipe.facts import DriveReport


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
    waiting = jobs_in(station, rules.OPEN)
    going_on = {told.job_id for told in message.jobs if told.state.value in rules.TAKEN}
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
        "unsure": [str(job.id) for job in lost.unsure(station, named)],
        "want_reports": station.reports is None,
        "poll_seconds": 1.0,
    }


def _lock_jobs(station: Station, message: Exchange) -> None:
    """Hold all jobs that a message tells of before the first event locks the log, in one order for everybody."""
    for job_id in sorted(filter(None, (uuid_of(told.job_id) for told in message.jobs))):
        with suppress(NotFound):
            get_job(station.school_id, job_id, lock=True)


def _keep_reports(station: Station, reports: tuple[DriveReport, ...], now: datetime) -> None:
    text = json.dumps([codec.encode(one) for one in reports])
    if text != station.reports:
        station.reports, station.reported_at = text, now


def _cancelled(station: Station, told: set[str]) -> list[str]:
    query = select(Job.id).where(
        Job.school_id == station.school_id,
        Job.station_id == station.id,
        Job.state == JobState.CANCELLED.value,
        Job.id.in_([job_id for job_id in map(uuid_of, told) if job_id is not None]),
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
    if told.state is ToldState.UNKNOWN and job.station_id == station.id:
        lost.lose(actor, job, told.message or lost.UNKNOWN)
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
        job.record_id = uuid_of(told.record_id)
    why = " ".join([told.message, *(one.message for one in told.refusals)]).strip()[:MESSAGE_LIMIT]
    move(actor, job, to, why=why)
    if to is JobState.REFUSED:
        media.undo_wipe(
            actor, job.medium_id, MediumState(job.medium_state), "The station refused; nothing was written."
        )
    elif to is JobState.ENDED:
        end_unread(actor, job)
    elif to is JobState.FAILED:
        media.end_wipe_unproved(actor, job.medium_id, "The eraser ended without evidence; nothing is proved.")
