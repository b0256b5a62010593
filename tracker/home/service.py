"""Figures for the start page. Only reads; a fixed number of queries whatever the school's size."""

from dataclasses import dataclass, field
from uuid import UUID

from sqlalchemy import ColumnElement, func, select

from tracker.accounts.models import User
from tracker.certificates.models import Certificate
from tracker.certificates.rules import TITLE
from tracker.db import db
from tracker.incidents import figures as incident_figures
from tracker.incidents.figures import IncidentFigures
from tracker.incidents.rules import ASSESSORS
from tracker.inventory.models import Asset
from tracker.inventory.repairs import overdue
from tracker.inventory.rules import AssetState
from tracker.media.models import Evidence, Medium
from tracker.media.rules import EvidenceState, MediumState
from tracker.stations.models import Job
from tracker.stations.rules import OPEN, JobState
from tracker.values import Role, today, utc_now


@dataclass(frozen=True)
class Figures:
    """How things stand in one school."""

    assets: dict[str, int]  # by state
    media: dict[str, int]  # by state
    jobs: dict[str, int]  # by state
    certificates: int
    uncertified: int  # accepted records of a proved erasure without a certificate
    quarantined: int
    accounts: int  # open ones
    late: int  # repairs that should be over
    incidents: IncidentFigures

    @property
    def all_assets(self) -> int:
        """However they are."""
        return sum(self.assets.values())


@dataclass(frozen=True)
class Tile:
    """A figure with what it counts and where the things are."""

    figure: int
    text: str
    endpoint: str
    arguments: dict[str, str] = field(default_factory=dict)


def figures(school_id: UUID) -> Figures:
    """Count in nine queries."""
    certified = select(Certificate.id).where(
        Certificate.school_id == Evidence.school_id, Certificate.evidence_id == Evidence.id
    )
    proved = Evidence.outcome.in_([outcome.value for outcome in TITLE]) & (
        Evidence.state == EvidenceState.ACCEPTED.value
    )
    return Figures(
        assets=_by_state(Asset, school_id),
        media=_by_state(Medium, school_id),
        jobs=_by_state(Job, school_id),
        certificates=_count(Certificate, school_id, Certificate.kind == "erasure"),
        uncertified=_count(Evidence, school_id, proved & ~certified.exists()),
        quarantined=_count(Evidence, school_id, Evidence.state == EvidenceState.QUARANTINED.value),
        accounts=_count(User, school_id, User.active.is_(True)),
        late=overdue(school_id, today()),
        incidents=incident_figures.figures(school_id, utc_now()),
    )


def tiles(role: Role, found: Figures) -> list[Tile]:
    """What each role comes for, the most urgent first."""
    incoming = _assets(found, AssetState.INCOMING, "came in, and their storage is not told")
    held = _media(found, MediumState.HELD, "storage media wait to be wiped")
    failed = _media(found, MediumState.WIPE_FAILED, "storage media whose wipe failed")
    doomed = _media(found, MediumState.HELD_FOR_DESTRUCTION, "storage media wait to be destroyed")
    running = sum(found.jobs.get(state.value, 0) for state in OPEN)
    jobs = Tile(running, "wipes running now", "stations.jobs")
    unproved = Tile(
        found.jobs.get(JobState.FAILED.value, 0), "wipes without evidence", "stations.jobs", {"state": "failed"}
    )
    lost = _troubled(found, JobState.LOST, "wipes of which nobody knows what became")
    hung = _troubled(found, JobState.HUNG, "drives hang in the middle of their wipe")
    certificates = Tile(found.certificates, "certificates", "certificates.certificates")
    due = Tile(found.uncertified, "proved wipes without a certificate", "stations.jobs", {"state": "ended"})
    register = Tile(found.all_assets, "assets in the register", "inventory.assets")
    missing = _assets(found, AssetState.MISSING, "assets are missing")
    accounts = Tile(found.accounts, "people may sign in", "accounts.users")
    late = Tile(found.late, "things should be back from repair", "inventory.asset_repairs")
    urgent = _urgent(role, found.incidents)
    if role is Role.TECHNICIAN:
        return [*urgent, *hung, held, jobs, *lost, incoming, *([late] if found.late else []), failed, doomed, register]
    if role is Role.BURSAR:
        return [*urgent, due, certificates, register, missing, doomed, accounts]
    if role is Role.HEAD:
        return [*urgent, *hung, failed, unproved, *lost, missing, doomed, certificates, register, accounts]
    return [*urgent, register, certificates, held, failed, doomed, missing]


def _urgent(role: Role, found: IncidentFigures) -> list[Tile]:
    """What went wrong and waits for somebody; what is not there is left out."""
    late = Tile(found.late, "incidents whose 72 hours are over", "incidents.incidents")
    running = Tile(found.running, "incidents whose 72 hours run", "incidents.incidents")
    found_by_strangers = Tile(found.found, "reports of something found", "incidents.found_reports")
    failed = Tile(found.failed_wipes, "failed wipes without an incident", "incidents.failed_wipes")
    tiles = [late, running, *([found_by_strangers, failed] if role in ASSESSORS else [])]
    return [one for one in tiles if one.figure]


def _troubled(found: Figures, state: JobState, text: str) -> list[Tile]:
    """A tile for what should not happen; none while it does not."""
    count = found.jobs.get(state.value, 0)
    return [Tile(count, text, "stations.jobs", {"state": state.value})] if count else []


def _assets(found: Figures, state: AssetState, text: str) -> Tile:
    return Tile(found.assets.get(state.value, 0), text, "inventory.assets", {"state": state.value})


def _media(found: Figures, state: MediumState, text: str) -> Tile:
    return Tile(found.media.get(state.value, 0), text, "media.media", {"state": state.value})


def _by_state(table: type[Asset] | type[Medium] | type[Job], school_id: UUID) -> dict[str, int]:
    query = select(table.state, func.count()).where(table.school_id == school_id).group_by(table.state)
    return {state: count for state, count in db.session.execute(query)}


def _count(
    table: type[Certificate] | type[Evidence] | type[User], school_id: UUID, narrowed: ColumnElement[bool]
) -> int:
    query = select(func.count()).select_from(table).where(table.school_id == school_id, narrowed)
    return db.session.scalar(query) or 0
