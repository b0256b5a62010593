"""Photos and documents of things. A row stays for ever; its file too, unless somebody in charge has it erased."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKeyConstraint, Index, String, Text
from sqlalchemy.orm import Mapped, mapped_column

from tracker.attachments.rules import Kind, MediaType
from tracker.db import Base, SchoolRow, one_of


class Attachment(SchoolRow, Base):
    """One file of one thing. Triggers refuse to delete a row, or to change whose and what it is (migration)."""

    __tablename__ = "attachments"
    __table_args__ = (
        ForeignKeyConstraint(["school_id"], ["schools.id"]),
        CheckConstraint(one_of("kind", Kind), name="kind"),
        CheckConstraint(one_of("media_type", MediaType), name="media_type"),
        Index("ix_attachments_subject", "school_id", "subject_type", "subject_id", "added_at"),
        Index("ix_attachments_sha256", "school_id", "sha256"),
        Index("ix_attachments_thumbnail_sha256", "school_id", "thumbnail_sha256"),
    )

    subject_type: Mapped[str] = mapped_column(String(32), comment="What kind of thing it belongs to")
    subject_id: Mapped[UUID] = mapped_column(comment="Which thing")
    kind: Mapped[str] = mapped_column(String(20), comment="attachments.rules.Kind")
    name: Mapped[str] = mapped_column(String(120), comment="Its own name, made safe; the ending tells the content")
    caption: Mapped[str] = mapped_column(String(200), comment="What it shows; empty if not said")
    media_type: Mapped[str] = mapped_column(String(40), comment="attachments.rules.MediaType, told by its content")
    size_bytes: Mapped[int] = mapped_column(comment="Bytes of the file as it is kept")
    sha256: Mapped[str] = mapped_column(String(64), comment="Hex, of the file as it is kept; the file's name")
    width: Mapped[int | None] = mapped_column(comment="Pixels of a photo; null for a document")
    height: Mapped[int | None] = mapped_column(comment="Pixels of a photo; null for a document")
    thumbnail_sha256: Mapped[str | None] = mapped_column(String(64), comment="Hex, of the small picture of a photo")
    added_at: Mapped[datetime] = mapped_column(comment="UTC")
    added_by: Mapped[str] = mapped_column(String(200), comment="Name at that time")
    added_by_id: Mapped[UUID | None] = mapped_column(comment="User; null for the system itself")
    removed_at: Mapped[datetime | None] = mapped_column(comment="UTC; taken out of sight, the file is kept")
    removed_by: Mapped[str] = mapped_column(String(200), comment="Name at that time; empty if not removed")
    removed_reason: Mapped[str] = mapped_column(Text, comment="Why; empty if not removed")
    erased_at: Mapped[datetime | None] = mapped_column(comment="UTC; the file itself is gone for good")
    version: Mapped[int] = mapped_column(comment="Counts changes: two people who edit at once are told")

    __mapper_args__ = {"version_id_col": version}
