"""The append-only log. UPDATE and DELETE are refused by triggers (migration 0001) on both databases."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import Index, LargeBinary, String, Text, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from tracker.db import Base, SchoolRow


class Event(SchoolRow, Base):
    """One thing that happened. The chain is per school; see tracker/audit/chain.py for what the hash covers."""

    __tablename__ = "events"
    __table_args__ = (
        UniqueConstraint("school_id", "seq"),
        Index("ix_events_subject", "school_id", "subject_type", "subject_id", "seq"),
        Index("ix_events_actor", "school_id", "actor_id", "at", "seq"),
        Index("ix_events_kind", "school_id", "kind", "at", "seq"),
        Index("ix_events_at", "school_id", "at", "seq"),
    )

    seq: Mapped[int] = mapped_column(comment="Position in the school's chain, from 1 without gaps")
    at: Mapped[datetime] = mapped_column(comment="When, UTC")
    kind: Mapped[str] = mapped_column(String(64), comment="EventKind, subject:action")
    actor_id: Mapped[UUID | None] = mapped_column(comment="User or station; null for the system itself")
    subject_type: Mapped[str] = mapped_column(String(32), comment="What kind of thing")
    subject_id: Mapped[UUID] = mapped_column(comment="Which thing")
    detail: Mapped[str | None] = mapped_column(
        Text, comment="Canonical JSON: actor's name and role, origin, subject's label, before, after, why, request"
    )
    salt: Mapped[bytes | None] = mapped_column(LargeBinary, comment="32 random bytes that blind the detail's digest")
    detail_digest: Mapped[str] = mapped_column(
        String(64), comment="SHA-256 of salt and detail; the chain covers this, so a detail can be redacted later"
    )
    previous: Mapped[str] = mapped_column(String(64), comment="Hash of the event before; 64 zeros for the first")
    hash: Mapped[str] = mapped_column(String(64), comment="SHA-256 over this event's canonical JSON")


class ChainHead(Base):
    """The end of a school's chain; its row lock puts writers in order. It is not evidence: a checkpoint is."""

    __tablename__ = "chain_heads"

    school_id: Mapped[UUID] = mapped_column(primary_key=True, comment="School, or the nil UUID for no school")
    seq: Mapped[int] = mapped_column(comment="Last position")
    hash: Mapped[str] = mapped_column(String(64), comment="Last hash")


class Checkpoint(SchoolRow, Base):
    """A signed statement of how long the chain was and how it ended. Export it: only a copy elsewhere shows a cut."""

    __tablename__ = "checkpoints"

    seq: Mapped[int] = mapped_column(comment="Length of the chain at that time")
    hash: Mapped[str] = mapped_column(String(64), comment="Hash of that event")
    at: Mapped[datetime] = mapped_column(comment="When it was signed, UTC")
    statement: Mapped[str] = mapped_column(Text, comment="The signed bytes, a compact JWS")
