"""Registered stations, pairing codes, and the jobs they were given."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKeyConstraint, Index, String, Text, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from tracker.db import Base, SchoolRow, one_of
from tracker.stations.rules import JobState


class Station(SchoolRow, Base):
    """A disposal station: the public half of its evidence key, and what it last said."""

    __tablename__ = "stations"
    __table_args__ = (
        ForeignKeyConstraint(["school_id"], ["schools.id"]),
        UniqueConstraint("school_id", "key_id"),
        UniqueConstraint("school_id", "token_hash"),
    )

    name: Mapped[str] = mapped_column(String(80), comment="What people call it")
    place: Mapped[str] = mapped_column(String(200), comment="Where it stands; empty if not said")
    key_id: Mapped[str] = mapped_column(String(64), comment="RFC 7638 thumbprint of its public key")
    public_key: Mapped[str] = mapped_column(Text, comment="Ed25519 public key as JWK, JSON")
    token_hash: Mapped[str] = mapped_column(String(64), comment="SHA-256 of its API token")
    software: Mapped[str] = mapped_column(String(40), comment="Version it says it runs")
    enrolled_at: Mapped[datetime] = mapped_column(comment="UTC")
    revoked_at: Mapped[datetime | None] = mapped_column(comment="UTC; its token is refused from then on")
    seen_at: Mapped[datetime | None] = mapped_column(comment="UTC, last exchange")
    reports: Mapped[str | None] = mapped_column(Text, comment="Drives as it last told them: JSON list of DriveReport")
    reported_at: Mapped[datetime | None] = mapped_column(comment="UTC, when the drives last changed")


class PairingCode(SchoolRow, Base):
    """A one-time code with which a station enrols. Only its hash is kept."""

    __tablename__ = "pairing_codes"
    __table_args__ = (
        ForeignKeyConstraint(["school_id"], ["schools.id"]),
        UniqueConstraint("code_hash"),
    )

    code_hash: Mapped[str] = mapped_column(String(64), comment="SHA-256 of the code in capitals without hyphens")
    station_name: Mapped[str] = mapped_column(String(80), comment="Name the station will have")
    station_place: Mapped[str] = mapped_column(String(200), comment="Where it will stand")
    issued_by: Mapped[str] = mapped_column(String(200), comment="Name at that time")
    issued_at: Mapped[datetime] = mapped_column(comment="UTC")
    expires_at: Mapped[datetime] = mapped_column(comment="UTC")
    used_at: Mapped[datetime | None] = mapped_column(comment="UTC; a code works once")


class Job(SchoolRow, Base):
    """One drive, one plan, one operator. What the operator confirmed is the plan whose digest stands here."""

    __tablename__ = "jobs"
    __table_args__ = (
        ForeignKeyConstraint(["school_id", "station_id"], ["stations.school_id", "stations.id"]),
        ForeignKeyConstraint(["school_id", "medium_id"], ["media.school_id", "media.id"]),
        ForeignKeyConstraint(["school_id", "asset_id"], ["assets.school_id", "assets.id"]),
        CheckConstraint(one_of("state", JobState), name="state"),
        Index("ix_jobs_station_id", "school_id", "station_id", "state"),
        Index("ix_jobs_medium_id", "school_id", "medium_id", "created_at"),
        Index("ix_jobs_created_at", "school_id", "created_at"),
        Index("ix_jobs_state", "school_id", "state", "id"),
    )

    station_id: Mapped[UUID] = mapped_column(comment="Where it runs")
    medium_id: Mapped[UUID] = mapped_column(comment="Which medium is to be wiped")
    asset_id: Mapped[UUID | None] = mapped_column(comment="The asset it was in when the job was ordered")
    medium_state: Mapped[str] = mapped_column(
        String(30), comment="State of the medium when it was ordered, to go back to"
    )
    operator_id: Mapped[UUID] = mapped_column(comment="User who confirmed it")
    operator: Mapped[str] = mapped_column(String(200), comment="Name at that time")
    operator_role: Mapped[str] = mapped_column(String(20), comment="Role at that time")
    plan: Mapped[str] = mapped_column(Text, comment="wipe.facts.Plan as confirmed, JSON")
    plan_digest: Mapped[str] = mapped_column(String(64), comment="wipe.codec.digest of it")
    state: Mapped[str] = mapped_column(String(20), comment="stations.rules.JobState")
    cancel_requested_at: Mapped[datetime | None] = mapped_column(comment="UTC")
    progress: Mapped[str | None] = mapped_column(Text, comment="wipe.facts.Progress as last told, JSON")
    refusals: Mapped[str] = mapped_column(Text, comment="Why the station refused: JSON list of code, message, advice")
    message: Mapped[str] = mapped_column(Text, comment="What the station said of a failure; empty if nothing")
    record_id: Mapped[UUID | None] = mapped_column(comment="Number of its evidence, once the station names it")
    created_at: Mapped[datetime] = mapped_column(comment="UTC")
    accepted_at: Mapped[datetime | None] = mapped_column(comment="UTC")
    ended_at: Mapped[datetime | None] = mapped_column(comment="UTC, when it reached its last state")
