"""Wipes of which nobody knows any more what became of them: each ends as lost, and nothing is proved. Flushes only.

A station that was set up anew, or whose disk was lost, will never tell of what it was doing, and the medium would
count as being wiped for ever. Evidence that turns up after all is still taken in.
"""

from sqlalchemy import func, select

from tracker.db import db
from tracker.media import service as media
from tracker.stations import drives, rules
from tracker.stations import service as stations
from tracker.stations.jobs import MESSAGE_LIMIT, evidence_of, get_job, jobs_in, move
from tracker.stations.models import Job, Station
from tracker.stations.rules import JobState
from tracker.values import Actor

UNKNOWN = "The station has no memory of this wipe."
SET_UP_ANEW = "The station was set up anew before it had told what became of this wipe."
HELD = "The wipe was lost: nobody knows how far it came, so nothing is proved."


def unsure(station: Station, named: set[str]) -> list[Job]:
    """The jobs that a station took and does not speak of, `named` being those that it does; it is asked about them.

    It may have told of the end, and its evidence waits; or it may have lost its memory.
    """
    waiting = jobs_in(station, rules.TAKEN | {JobState.ENDED}, unproved=True)
    return [job for job in waiting if str(job.id) not in named and evidence_of(job) is None]


def lose(actor: Actor, job: Job, why: str) -> None:
    """End a job as lost, unless it is over: its medium is held. The job is locked with its medium."""
    if not rules.moves(JobState(job.state), JobState.LOST) or evidence_of(job) is not None:
        return
    job.message = why[:MESSAGE_LIMIT]
    move(actor, job, JobState.LOST, why=job.message)
    media.end_wipe_unproved(actor, job.medium_id, HELD)


def lose_of_forerunners(station: Station, origin: str) -> int:
    """Lose what stations of the same name had in hand that do not answer; how many wipes that were.

    A station that was set up anew has a new key, so it is another one here; its name is what people know it by. One
    that answers is no forerunner, whatever it is called.
    """
    query = select(Station).where(
        Station.school_id == station.school_id,
        Station.id != station.id,
        func.lower(Station.name) == station.name.lower(),
    )
    before = [one for one in db.session.scalars(query.order_by(Station.id)) if not drives.alive(one)]
    waiting = [job for one in before for job in jobs_in(one, rules.OPEN | {JobState.ENDED}, unproved=True)]
    actor = stations.actor_of(station, origin)
    count = 0
    for job_id in sorted(job.id for job in waiting if evidence_of(job) is None):
        job = get_job(station.school_id, job_id, lock=True)
        lose(actor, job, SET_UP_ANEW)
        count += JobState(job.state) is JobState.LOST
    return count
