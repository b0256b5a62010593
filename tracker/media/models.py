"""Storage media as things of their own, and the evidence received about them."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import BigInteger, CheckConstraint, ForeignKeyConstraint, Index, LargeBinary, String, Text
from sqlalchemy.orm import Mapped, mapped_column

from tracker.db import Base, SchoolRow, one_of
from tracker.media.rules import EvidenceState, MediumState
from wipe.vocabulary import DataClass
from wipe.vocabulary import Medium as MediumKind


class Medium(SchoolRow, Base):
    """A drive, tape, stick or card. It keeps its own history when it moves to another asset or lies loose."""

    __tablename__ = "media"
    __table_args__ = (
        ForeignKeyConstraint(["school_id"], ["schools.id"]),
        ForeignKeyConstraint(["school_id", "asset_id"], ["assets.school_id", "assets.id"]),
        CheckConstraint(one_of("kind", MediumKind), name="kind"),
        CheckConstraint(one_of("state", MediumState), name="state"),
        CheckConstraint(one_of("data_class", DataClass), name="data_class"),
        Index("ix_media_asset_id", "school_id", "asset_id"),
        Index("ix_media_serial_key", "school_id", "serial_key", "id"),
        Index("ix_media_state", "school_id", "state", "id"),
        Index("ix_media_kind", "school_id", "kind", "id"),
        Index("ix_media_model", "school_id", "make", "model", "id"),
        Index("ix_media_capacity_bytes", "school_id", "capacity_bytes", "id"),
    )

    asset_id: Mapped[UUID | None] = mapped_column(comment="The asset it is in; null for a loose medium")
    kind: Mapped[str] = mapped_column(String(20), comment="wipe.vocabulary.Medium")
    make: Mapped[str] = mapped_column(String(80), comment="Empty if not known")
    model: Mapped[str] = mapped_column(String(120), comment="Empty if not known")
    serial: Mapped[str] = mapped_column(String(120), comment="As on its label or as read; empty if it has none")
    serial_key: Mapped[str] = mapped_column(String(120), comment="Serial in capitals, letters and digits only, to find")
    wwn: Mapped[str] = mapped_column(String(64), comment="WWN, EUI-64 or NGUID; empty if not known")
    capacity_bytes: Mapped[int | None] = mapped_column(BigInteger, comment="Bytes; null if not known")
    firmware: Mapped[str] = mapped_column(String(64), comment="Empty if not known")
    data_class: Mapped[str] = mapped_column(String(1), comment="wipe.vocabulary.DataClass: the worst it may have held")
    state: Mapped[str] = mapped_column(String(30), comment="media.rules.MediumState")
    notes: Mapped[str] = mapped_column(Text, comment="Free text")
    created_at: Mapped[datetime] = mapped_column(comment="UTC")
    version: Mapped[int] = mapped_column(comment="Counts changes: two people who edit at once are told")

    __mapper_args__ = {"version_id_col": version}


class Evidence(SchoolRow, Base):
    """A signed record exactly as it was received. `id` is the record's own number. Append-only (migration 0003)."""

    __tablename__ = "evidence"
    __table_args__ = (
        ForeignKeyConstraint(["school_id", "station_id"], ["stations.school_id", "stations.id"]),
        ForeignKeyConstraint(["school_id", "job_id"], ["jobs.school_id", "jobs.id"]),
        ForeignKeyConstraint(["school_id", "medium_id"], ["media.school_id", "media.id"]),
        CheckConstraint(one_of("state", EvidenceState), name="state"),
        Index("ix_evidence_medium_id", "school_id", "medium_id", "received_at"),
        Index("ix_evidence_state", "school_id", "state", "received_at"),
    )

    station_id: Mapped[UUID] = mapped_column(comment="Station that sent it")
    job_id: Mapped[UUID | None] = mapped_column(comment="Job it answers; null where it names none that is known here")
    medium_id: Mapped[UUID | None] = mapped_column(comment="Medium it is about; null where that could not be told")
    received_at: Mapped[datetime] = mapped_column(comment="UTC")
    signed: Mapped[bytes] = mapped_column(LargeBinary, comment="The compact JWS, byte for byte")
    sha256: Mapped[str] = mapped_column(String(64), comment="Hex, of those bytes")
    state: Mapped[str] = mapped_column(String(20), comment="media.rules.EvidenceState")
    reasons: Mapped[str] = mapped_column(Text, comment="Why it was quarantined: finished sentences, a JSON list")
    outcome: Mapped[str] = mapped_column(String(30), comment="wipe.vocabulary.Outcome; empty where it cannot be read")
    level: Mapped[str] = mapped_column(String(10), comment="wipe.vocabulary.Level; empty where it cannot be read")
