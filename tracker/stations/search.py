"""The list of jobs, page by page. Only reads."""

from uuid import UUID

from sqlalchemy import func, select

from tracker.db import db
from tracker.media.models import Medium
from tracker.ordering import Ordered, Plain
from tracker.paging import PAGE, Page, Turn, page_of
from tracker.stations.models import Job, Station
from tracker.stations.rules import JobState

Listed = tuple[Job, Station, Medium]
ORDER = Plain(Job.id, Job.id, read_unique=UUID)  # UUIDv7: in the order in which they were ordered


def page(school_id: UUID, state: JobState | None, turn: Turn) -> Page[Listed]:
    """One page of the jobs, the newest first, each with its station and medium: three queries."""
    where = [Job.school_id == school_id, *([] if state is None else [Job.state == state.value])]
    total = db.session.scalar(select(func.count()).select_from(Job).where(*where)) or 0
    ordered = Ordered(school_id, ORDER, where, down=True)
    found = ordered.read(turn, PAGE + 1)
    if not found and (turn.after or turn.before):
        turn = Turn()
        found = ordered.read(turn, PAGE + 1)
    keys = page_of([(one, one[1]) for one in found or ()], turn, total)
    ids = [job_id for job_id, _ in keys.rows]
    query = (
        select(Job, Station, Medium)
        .join(Station, (Station.school_id == Job.school_id) & (Station.id == Job.station_id))
        .join(Medium, (Medium.school_id == Job.school_id) & (Medium.id == Job.medium_id))
        .where(Job.school_id == school_id, Job.id.in_(ids))
        .order_by(Job.id.desc())
    )
    rows = [(job, station, medium) for job, station, medium in db.session.execute(query)]
    return Page(rows, total, keys.before, keys.after)
