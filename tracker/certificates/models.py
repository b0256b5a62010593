"""Certificates: frozen when they are issued. A correction is a new one that supersedes."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import ForeignKeyConstraint, Index, LargeBinary, String, Text, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from tracker.db import Base, SchoolRow

_FIRST = text("supersedes_id IS NULL")  # one certificate from one record, but for those that replace another


class CertificateSeries(Base):
    """The last number given in a series; its row lock keeps the series free of gaps and doubles."""

    __tablename__ = "certificate_series"
    __table_args__ = (ForeignKeyConstraint(["school_id"], ["schools.id"]),)

    school_id: Mapped[UUID] = mapped_column(primary_key=True, comment="School")
    kind: Mapped[str] = mapped_column(String(20), primary_key=True, comment="erasure; later destruction, disposal")
    last: Mapped[int] = mapped_column(comment="Last number given, from 1 without gaps")


class Certificate(SchoolRow, Base):
    """One certificate as issued. Append-only (migration 0004)."""

    __tablename__ = "certificates"
    __table_args__ = (
        ForeignKeyConstraint(["school_id", "medium_id"], ["media.school_id", "media.id"]),
        ForeignKeyConstraint(["school_id", "evidence_id"], ["evidence.school_id", "evidence.id"]),
        ForeignKeyConstraint(["school_id", "supersedes_id"], ["certificates.school_id", "certificates.id"]),
        UniqueConstraint("school_id", "number"),
        UniqueConstraint("school_id", "supersedes_id"),
        UniqueConstraint("code"),
        Index(
            "uq_certificates_first",
            "school_id",
            "evidence_id",
            unique=True,
            sqlite_where=_FIRST,
            postgresql_where=_FIRST,
        ),
        Index("ix_certificates_medium_id", "school_id", "medium_id", "issued_at"),
        Index("ix_certificates_issued_at", "school_id", "issued_at"),
    )

    kind: Mapped[str] = mapped_column(String(20), comment="erasure; later destruction, disposal")
    number: Mapped[str] = mapped_column(String(40), comment="As printed; gap-free in its series")
    code: Mapped[str] = mapped_column(String(32), comment="Verification code in the public address; cannot be guessed")
    medium_id: Mapped[UUID] = mapped_column(comment="About which medium")
    evidence_id: Mapped[UUID] = mapped_column(comment="Proved by which record")
    supersedes_id: Mapped[UUID | None] = mapped_column(comment="The certificate it replaces")
    issued_at: Mapped[datetime] = mapped_column(comment="UTC")
    issued_by: Mapped[str] = mapped_column(String(200), comment="Name at that time")
    content: Mapped[str] = mapped_column(Text, comment="All that stands on it, canonical JSON")
    content_sha256: Mapped[str] = mapped_column(String(64), comment="Hex, of those bytes in UTF-8")
    pdf: Mapped[bytes] = mapped_column(LargeBinary, comment="The signed PDF; every download returns these bytes")
    pdf_sha256: Mapped[str] = mapped_column(String(64), comment="Hex, of the PDF")


class Withdrawal(SchoolRow, Base):
    """A certificate is taken back, with a reason. Append-only (migration 0004). `id` is the certificate's own."""

    __tablename__ = "certificate_withdrawals"
    __table_args__ = (ForeignKeyConstraint(["school_id", "id"], ["certificates.school_id", "certificates.id"]),)

    at: Mapped[datetime] = mapped_column(comment="UTC")
    by: Mapped[str] = mapped_column(String(200), comment="Name at that time")
    reason: Mapped[str] = mapped_column(Text, comment="Why")
