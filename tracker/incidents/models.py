"""Incidents, who was told of them, and what strangers found."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKeyConstraint, Index, String, Text, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from tracker.db import Base, SchoolRow, one_of
from tracker.incidents.found_rules import FoundState
from tracker.incidents.rules import DataAtRisk, IncidentKind, IncidentState


class Incident(SchoolRow, Base):
    """Something went wrong with a thing that the school owns, or with data on it. Never deleted."""

    __tablename__ = "incidents"
    __table_args__ = (
        ForeignKeyConstraint(["school_id"], ["schools.id"]),
        ForeignKeyConstraint(["school_id", "asset_id"], ["assets.school_id", "assets.id"]),
        ForeignKeyConstraint(["school_id", "medium_id"], ["media.school_id", "media.id"]),
        ForeignKeyConstraint(["school_id", "person_id"], ["people.school_id", "people.id"]),
        CheckConstraint(one_of("kind", IncidentKind), name="kind"),
        CheckConstraint(one_of("state", IncidentState), name="state"),
        CheckConstraint(one_of("data_at_risk", DataAtRisk), name="data_at_risk"),
        UniqueConstraint("school_id", "number"),
        Index("ix_incidents_asset_id", "school_id", "asset_id"),
        Index("ix_incidents_medium_id", "school_id", "medium_id"),
        Index("ix_incidents_person_id", "school_id", "person_id"),
        Index("ix_incidents_state", "school_id", "state", "number"),
        Index("ix_incidents_reported_by_id", "school_id", "reported_by_id", "number"),
        Index("ix_incidents_discovered_at", "school_id", "discovered_at"),
    )

    number: Mapped[int] = mapped_column(comment="From 1 without gaps in the school")
    kind: Mapped[str] = mapped_column(String(30), comment="incidents.rules.IncidentKind")
    state: Mapped[str] = mapped_column(String(20), comment="incidents.rules.IncidentState")
    asset_id: Mapped[UUID | None] = mapped_column(comment="What it happened to")
    medium_id: Mapped[UUID | None] = mapped_column(comment="What it happened to")
    person_id: Mapped[UUID | None] = mapped_column(comment="Who had it")
    thing: Mapped[str] = mapped_column(String(300), comment="What it happened to, in words, as it was known then")
    what: Mapped[str] = mapped_column(Text, comment="What happened")
    place: Mapped[str] = mapped_column(String(200), comment="Where; empty if not known")
    discovered_at: Mapped[datetime] = mapped_column(comment="UTC; the 72 hours of UK GDPR art 33 begin")
    data_at_risk: Mapped[str] = mapped_column(String(10), comment="incidents.rules.DataAtRisk")
    assessment: Mapped[str] = mapped_column(Text, comment="What is at risk and what was done; empty until assessed")
    reported_by: Mapped[str] = mapped_column(String(200), comment="Name at that time")
    reported_by_id: Mapped[UUID | None] = mapped_column(comment="User")
    reported_at: Mapped[datetime] = mapped_column(comment="UTC")
    decided_by: Mapped[str] = mapped_column(
        String(200), comment="Who decided whether the ICO is told; empty until then"
    )
    decided_at: Mapped[datetime | None] = mapped_column(comment="UTC")
    decision_reasons: Mapped[str] = mapped_column(Text, comment="Why the ICO is told or not (art 33(5))")
    ico_reference: Mapped[str] = mapped_column(String(200), comment="Of the report to the ICO; empty if none")
    crime_reference: Mapped[str] = mapped_column(String(200), comment="Of the police; empty if none")
    insurer_reference: Mapped[str] = mapped_column(String(200), comment="Of the insurer; empty if none")
    closed_by: Mapped[str] = mapped_column(String(200), comment="Name at that time; empty while open")
    closed_at: Mapped[datetime | None] = mapped_column(comment="UTC")
    closing_note: Mapped[str] = mapped_column(Text, comment="What was learned; empty while open")
    version: Mapped[int] = mapped_column(comment="Counts changes: two people who edit at once are told")

    __mapper_args__ = {"version_id_col": version}


class IncidentNotice(SchoolRow, Base):
    """Somebody was told of an incident."""

    __tablename__ = "incident_notices"
    __table_args__ = (
        ForeignKeyConstraint(["school_id", "incident_id"], ["incidents.school_id", "incidents.id"]),
        Index("ix_incident_notices_incident_id", "school_id", "incident_id", "at"),
    )

    incident_id: Mapped[UUID] = mapped_column(comment="Of which incident")
    whom: Mapped[str] = mapped_column(String(200), comment="DPO, police, parents, insurer ...")
    how: Mapped[str] = mapped_column(String(200), comment="Telephone, email, in person; empty if not said")
    at: Mapped[datetime] = mapped_column(comment="UTC")
    recorded_by: Mapped[str] = mapped_column(String(200), comment="Name at that time")


class FoundReport(SchoolRow, Base):
    """Somebody without an account scanned a label and told where the thing is. Never deleted."""

    __tablename__ = "found_reports"
    __table_args__ = (
        ForeignKeyConstraint(["school_id"], ["schools.id"]),
        ForeignKeyConstraint(["school_id", "asset_id"], ["assets.school_id", "assets.id"]),
        ForeignKeyConstraint(["school_id", "incident_id"], ["incidents.school_id", "incidents.id"]),
        CheckConstraint(one_of("state", FoundState), name="state"),
        Index("ix_found_reports_state", "school_id", "state", "reported_at"),
        Index("ix_found_reports_asset_id", "school_id", "asset_id"),
        Index("ix_found_reports_incident_id", "school_id", "incident_id"),
    )

    tag: Mapped[str] = mapped_column(String(64), comment="What stood on the label")
    asset_id: Mapped[UUID | None] = mapped_column(comment="Whose label it is; null: of nothing in the register")
    place: Mapped[str] = mapped_column(String(200), comment="Where it was found, or is now")
    words: Mapped[str] = mapped_column(Text, comment="What else they wrote; empty if nothing")
    contact: Mapped[str] = mapped_column(
        String(200), comment="How to reach them; empty if not said, and once it is settled"
    )
    state: Mapped[str] = mapped_column(String(20), comment="incidents.found_rules.FoundState")
    incident_id: Mapped[UUID | None] = mapped_column(comment="The incident that it belongs to")
    reported_at: Mapped[datetime] = mapped_column(comment="UTC")
    settled_by: Mapped[str] = mapped_column(String(200), comment="Name at that time; empty until then")
    settled_at: Mapped[datetime | None] = mapped_column(comment="UTC")
    outcome: Mapped[str] = mapped_column(Text, comment="What became of it; empty until settled")
    version: Mapped[int] = mapped_column(comment="Counts changes: two people who edit at once are told")

    __mapper_args__ = {"version_id_col": version}
