"""Figures for the start page. Only reads; a fixed number of queries whatever the school's size."""

from dataclasses import dataclass
from uuid import UUID

from sqlalchemy import func, select

from tracker.certificates.models import Certificate
from tracker.db import db
from tracker.inventory.models import Asset
from tracker.inventory.rules import AssetState
from tracker.media.models import Evidence, Medium
from tracker.media.rules import EvidenceState, MediumState
from tracker.stations.models import Job
from tracker.stations.rules import OPEN


@dataclass(frozen=True)
class Figures:
    """How things stand in one school."""

    assets: dict[str, int]  # by state
    media: dict[str, int]  # by state
    open_jobs: int
    certificates: int
    quarantined: int

    @property
    def all_assets(self) -> int:
        """However they are."""
        return sum(self.assets.values())

    @property
    def incoming(self) -> int:
        """Assets of which nobody has told the storage."""
        return self.assets.get(AssetState.INCOMING.value, 0)

    @property
    def held(self) -> int:
        """Media that wait to be wiped."""
        return self.media.get(MediumState.HELD.value, 0)

    @property
    def failed(self) -> int:
        """Media that can only be destroyed."""
        failed = (MediumState.WIPE_FAILED, MediumState.HELD_FOR_DESTRUCTION)
        return sum(self.media.get(state.value, 0) for state in failed)


def figures(school_id: UUID) -> Figures:
    """Count in five queries."""
    return Figures(
        assets=_by_state(Asset, school_id),
        media=_by_state(Medium, school_id),
        open_jobs=_count(Job, school_id, Job.state.in_([state.value for state in OPEN])),
        certificates=_count(Certificate, school_id, True),
        quarantined=_count(Evidence, school_id, Evidence.state == EvidenceState.QUARANTINED.value),
    )


def _by_state(table: type[Asset] | type[Medium], school_id: UUID) -> dict[str, int]:
    query = select(table.state, func.count()).where(table.school_id == school_id).group_by(table.state)
    return {state: count for state, count in db.session.execute(query)}


def _count(table: type[Job] | type[Certificate] | type[Evidence], school_id: UUID, narrowed: object) -> int:
    query = select(func.count()).select_from(table).where(table.school_id == school_id)
    if narrowed is not True:
        query = query.where(narrowed)  # type: ignore[arg-type] # a condition of SQLAlchemy
    return db.session.scalar(query) or 0
