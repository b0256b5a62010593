"""Agreements, the versions that were approved, and the signatures under them.

Versions, signatures and withdrawals are only ever added: the migration guards their tables as it guards the log.
"""

from datetime import date, datetime
from uuid import UUID

from sqlalchemy import JSON, CheckConstraint, ForeignKeyConstraint, Index, LargeBinary, String, Text, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from tracker.agreements.rules import AgreementKind, Means, Relation
from tracker.db import Base, SchoolRow, one_of


class Agreement(SchoolRow, Base):
    """A document that people sign, with the draft of its next version."""

    __tablename__ = "agreements"
    __table_args__ = (
        ForeignKeyConstraint(["school_id"], ["schools.id"]),
        UniqueConstraint("school_id", "title"),
        CheckConstraint(one_of("kind", AgreementKind), name="kind"),
    )

    title: Mapped[str] = mapped_column(String(120), comment="As people know it")
    kind: Mapped[str] = mapped_column(String(20), comment="agreements.rules.AgreementKind")
    audience: Mapped[list[str]] = mapped_column(JSON, comment="people.rules.PersonKind: who signs it")
    owner: Mapped[str] = mapped_column(String(200), comment="Who keeps it up to date: a name or an office")
    review_months: Mapped[int] = mapped_column(comment="A review is due so many months after a version was approved")
    valid_months: Mapped[int | None] = mapped_column(
        comment="A signature counts for so long; null: until a new version"
    )
    draft: Mapped[str] = mapped_column(Text, comment="Text of the next version; empty if there is none")
    drafted_by: Mapped[str] = mapped_column(String(200), comment="Who changed the draft last; name at that time")
    drafted_by_id: Mapped[UUID | None] = mapped_column(comment="User")
    retired_at: Mapped[datetime | None] = mapped_column(comment="UTC; nobody is asked to sign it any more")
    created_at: Mapped[datetime] = mapped_column(comment="UTC")
    version: Mapped[int] = mapped_column(comment="Counts changes: two people who edit at once are told")

    __mapper_args__ = {"version_id_col": version}


class AgreementVersion(SchoolRow, Base):
    """A text that was approved, for ever as it was."""

    __tablename__ = "agreement_versions"
    __table_args__ = (
        ForeignKeyConstraint(["school_id", "agreement_id"], ["agreements.school_id", "agreements.id"]),
        UniqueConstraint("school_id", "agreement_id", "number"),
    )

    agreement_id: Mapped[UUID] = mapped_column(comment="Of which agreement")
    number: Mapped[int] = mapped_column(comment="From 1 without gaps")
    text: Mapped[str] = mapped_column(Text, comment="What people sign")
    text_sha256: Mapped[str] = mapped_column(String(64), comment="Hex, of the text in UTF-8; signatures carry it")
    drafted_by: Mapped[str] = mapped_column(String(200), comment="Who wrote it; name at that time")
    approved_by: Mapped[str] = mapped_column(String(200), comment="Name at that time")
    approved_by_id: Mapped[UUID | None] = mapped_column(comment="User")
    approved_at: Mapped[datetime] = mapped_column(comment="UTC")
    minute_ref: Mapped[str] = mapped_column(String(80), comment="Minute of the governors; empty if none was needed")
    in_force_on: Mapped[date] = mapped_column(comment="First day on which it counts")
    review_on: Mapped[date] = mapped_column(comment="Day on which its review is due")
    sign_again: Mapped[bool] = mapped_column(comment="Signatures under earlier versions stop counting")


class Signature(SchoolRow, Base):
    """Somebody signed a version."""

    __tablename__ = "signatures"
    __table_args__ = (
        ForeignKeyConstraint(
            ["school_id", "agreement_version_id"], ["agreement_versions.school_id", "agreement_versions.id"]
        ),
        ForeignKeyConstraint(["school_id", "person_id"], ["people.school_id", "people.id"]),
        CheckConstraint(one_of("means", Means), name="means"),
        CheckConstraint(one_of("relation", Relation), name="relation"),
        Index("ix_signatures_person_id", "school_id", "person_id", "agreement_version_id"),
        Index("ix_signatures_agreement_version_id", "school_id", "agreement_version_id", "person_id"),
    )

    agreement_version_id: Mapped[UUID] = mapped_column(comment="Which text")
    person_id: Mapped[UUID] = mapped_column(comment="For whom it counts")
    signatory: Mapped[str] = mapped_column(String(200), comment="Who signed, by name")
    relation: Mapped[str] = mapped_column(String(20), comment="agreements.rules.Relation")
    means: Mapped[str] = mapped_column(String(20), comment="agreements.rules.Means")
    signed_on: Mapped[date] = mapped_column(comment="Day of signing")
    text_sha256: Mapped[str] = mapped_column(String(64), comment="Hex, of the text that was shown")
    reference: Mapped[str] = mapped_column(String(200), comment="Where the paper is kept; empty if signed on screen")
    drawn: Mapped[bytes | None] = mapped_column(LargeBinary, comment="PNG of the drawn signature; null: a typed name")
    recorded_by: Mapped[str] = mapped_column(String(200), comment="Who was signed in; name at that time")
    recorded_by_id: Mapped[UUID | None] = mapped_column(comment="User")
    recorded_at: Mapped[datetime] = mapped_column(comment="UTC")


class SignatureWithdrawal(SchoolRow, Base):
    """A signature was recorded by mistake, or was taken back. `id` is the signature's own."""

    __tablename__ = "signature_withdrawals"
    __table_args__ = (ForeignKeyConstraint(["school_id", "id"], ["signatures.school_id", "signatures.id"]),)

    reason: Mapped[str] = mapped_column(Text, comment="Why")
    withdrawn_by: Mapped[str] = mapped_column(String(200), comment="Name at that time")
    withdrawn_at: Mapped[datetime] = mapped_column(comment="UTC")
