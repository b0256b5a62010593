"""How many incidents and finds wait for somebody: figures for the start page, in one query. Only reads."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy import ColumnElement, ScalarSelect, Select, func, select

from tracker.db import db
from tracker.incidents.found_rules import FoundState
from tracker.incidents.models import FoundReport, Incident
from tracker.incidents.rules import CLOCK, DataAtRisk, IncidentKind, IncidentState
from tracker.media.models import Evidence, Medium
from tracker.media.rules import EvidenceState, MediumState
from wipe.vocabulary import DataClass, Outcome


@dataclass(frozen=True)
class IncidentFigures:
    """What waits."""

    running: int  # incidents whose 72 hours run
    late: int  # incidents whose 72 hours are over without a decision
    found: int  # reports of strangers that nobody looked at
    failed_wipes: int  # media that may hold data, whose wipe failed, and of which no incident tells


def figures(school_id: UUID, now: datetime) -> IncidentFigures:
    """Count in one query."""
    open_clock = (
        (Incident.school_id == school_id)
        & (Incident.state != IncidentState.CLOSED.value)
        & Incident.decided_at.is_(None)
        & (Incident.data_at_risk != DataAtRisk.NO.value)
    )
    began = now - CLOCK
    new = (FoundReport.school_id == school_id) & (FoundReport.state == FoundState.NEW.value)
    row = db.session.execute(
        select(
            _count(Incident, open_clock & (Incident.discovered_at >= began)),
            _count(Incident, open_clock & (Incident.discovered_at < began)),
            _count(FoundReport, new),
            select(func.count()).select_from(failed_wipes(school_id).subquery()).scalar_subquery(),
        )
    ).one()
    return IncidentFigures(*row)


def failed_wipes(school_id: UUID) -> Select[Medium]:
    """The media that may hold data, whose wipe failed, and of which no incident tells yet; by serial number.

    One that held no personal data proposes none. One that was moved on to be destroyed still does, until it is told of.
    """
    failed = select(Evidence.id).where(
        Evidence.school_id == school_id,
        Evidence.medium_id == Medium.id,
        Evidence.outcome == Outcome.FAILED.value,
        Evidence.state == EvidenceState.ACCEPTED.value,
    )
    moved_on = (Medium.state == MediumState.HELD_FOR_DESTRUCTION.value) & failed.exists()
    told = select(Incident.id).where(
        Incident.school_id == school_id,
        Incident.medium_id == Medium.id,
        Incident.kind == IncidentKind.WIPE_FAILED.value,
    )
    return (
        select(Medium)
        .where(
            Medium.school_id == school_id,
            Medium.data_class != DataClass.NOT_PERSONAL.value,
            (Medium.state == MediumState.WIPE_FAILED.value) | moved_on,
            ~told.exists(),
        )
        .order_by(Medium.serial, Medium.id)
    )


def _count(table: type[Incident] | type[FoundReport], narrowed: ColumnElement[bool]) -> ScalarSelect[int]:
    return select(func.count()).select_from(table).where(narrowed).scalar_subquery()
