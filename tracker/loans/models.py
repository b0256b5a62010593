"""Loans: one agreement for several things, signed when they go out and when they come back."""

from datetime import date, datetime
from typing import Any
from uuid import UUID

from sqlalchemy import JSON, CheckConstraint, ForeignKeyConstraint, Index, LargeBinary, String, Text, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from tracker.db import Base, SchoolRow, one_of
from tracker.loans.links_rules import Purpose
from tracker.loans.rules import AttestationKind, Condition


class Loan(SchoolRow, Base):
    """What one person borrowed at one time. Never deleted."""

    __tablename__ = "loans"
    __table_args__ = (
        ForeignKeyConstraint(["school_id"], ["schools.id"]),
        ForeignKeyConstraint(["school_id", "person_id"], ["people.school_id", "people.id"]),
        ForeignKeyConstraint(
            ["school_id", "agreement_version_id"], ["agreement_versions.school_id", "agreement_versions.id"]
        ),
        CheckConstraint("open_items >= 0", name="open_items"),
        UniqueConstraint("school_id", "number"),
        Index("ix_loans_person_id", "school_id", "person_id", "number"),
        Index("ix_loans_due_on", "school_id", "due_on", "number"),
    )

    number: Mapped[int] = mapped_column(comment="From 1 without gaps in the school")
    person_id: Mapped[UUID] = mapped_column(comment="Who borrows")
    agreement_version_id: Mapped[UUID] = mapped_column(comment="The terms that were signed; of a day loan: in force")
    due_on: Mapped[date] = mapped_column(comment="Last day of the loan")
    off_site: Mapped[bool] = mapped_column(comment="The things leave the school")
    purpose: Mapped[str] = mapped_column(String(200), comment="What for; empty if not said")
    place: Mapped[str] = mapped_column(String(200), comment="Where the things are kept; empty if not said")
    open_items: Mapped[int] = mapped_column(comment="Things that are not back; kept in step")
    lent_at: Mapped[datetime] = mapped_column(comment="UTC")
    lent_by: Mapped[str] = mapped_column(String(200), comment="Who handed them out; name at that time")
    signatory: Mapped[str] = mapped_column(
        String(200), comment="Who signed for them; a parent for a pupil; empty: a day loan"
    )
    means: Mapped[str] = mapped_column(String(20), comment="loans.rules.Means: how it was signed")
    reference: Mapped[str] = mapped_column(
        String(200), comment="Where the signed paper is kept; empty if there is none"
    )
    text_sha256: Mapped[str] = mapped_column(
        String(64), comment="Hex, of the terms that were shown; empty: nobody signed"
    )
    drawn: Mapped[bytes | None] = mapped_column(LargeBinary, comment="PNG of the drawn signature; null: a typed name")
    version: Mapped[int] = mapped_column(comment="Counts changes: two desks at once are told")

    __mapper_args__ = {"version_id_col": version}


class LoanItem(SchoolRow, Base):
    """One thing of a loan, with its condition when it went out and when it came back."""

    __tablename__ = "loan_items"
    __table_args__ = (
        ForeignKeyConstraint(["school_id", "loan_id"], ["loans.school_id", "loans.id"]),
        ForeignKeyConstraint(["school_id", "asset_id"], ["assets.school_id", "assets.id"]),
        CheckConstraint(one_of("condition_in", Condition, ""), name="condition_in"),
        UniqueConstraint("school_id", "loan_id", "asset_id"),
        Index("ix_loan_items_asset_id", "school_id", "asset_id", "returned_at"),
    )

    loan_id: Mapped[UUID] = mapped_column(comment="Of which loan")
    asset_id: Mapped[UUID] = mapped_column(comment="Which thing")
    label: Mapped[str] = mapped_column(String(300), comment="How people knew it when it went out")
    accessories: Mapped[str] = mapped_column(String(200), comment="Charger, bag, dongle; empty if none")
    condition_out: Mapped[str] = mapped_column(String(200), comment="As it went out; empty: without a mark")
    returned_at: Mapped[datetime | None] = mapped_column(comment="UTC; null: still out")
    received_by: Mapped[str] = mapped_column(String(200), comment="Who took it back; name at that time")
    returned_by: Mapped[str] = mapped_column(String(200), comment="Who brought it and signed; empty: nobody signed")
    means_in: Mapped[str] = mapped_column(
        String(20), comment="loans.rules.Means of the signature at the return, or empty"
    )
    reference_in: Mapped[str] = mapped_column(
        String(200), comment="Where the paper signed at the return is kept; empty if there is none"
    )
    signed_in_at: Mapped[datetime | None] = mapped_column(
        comment="UTC; when the return was signed; null: nobody signed"
    )
    condition_in: Mapped[str] = mapped_column(String(20), comment="loans.rules.Condition; empty while it is out")
    note_in: Mapped[str] = mapped_column(Text, comment="What is missing or damaged; empty if nothing")
    drawn_in: Mapped[bytes | None] = mapped_column(LargeBinary, comment="PNG of the signature at the return")


class Suspension(SchoolRow, Base):
    """Somebody may not borrow for now."""

    __tablename__ = "suspensions"
    __table_args__ = (
        ForeignKeyConstraint(["school_id", "person_id"], ["people.school_id", "people.id"]),
        Index("ix_suspensions_person_id", "school_id", "person_id", "lifted_at"),
    )

    person_id: Mapped[UUID] = mapped_column(comment="Who")
    reason: Mapped[str] = mapped_column(String(200), comment="Why")
    suspended_by: Mapped[str] = mapped_column(String(200), comment="Name at that time")
    suspended_at: Mapped[datetime] = mapped_column(comment="UTC")
    lifted_at: Mapped[datetime | None] = mapped_column(comment="UTC; null: it stands")


class Attestation(SchoolRow, Base):
    """Somebody stated something about what they hold. Only ever added."""

    __tablename__ = "attestations"
    __table_args__ = (
        ForeignKeyConstraint(["school_id", "person_id"], ["people.school_id", "people.id"]),
        ForeignKeyConstraint(["school_id", "loan_item_id"], ["loan_items.school_id", "loan_items.id"]),
        CheckConstraint(one_of("kind", AttestationKind), name="kind"),
        Index("ix_attestations_person_id", "school_id", "person_id", "kind", "made_at"),
        Index("ix_attestations_loan_item_id", "school_id", "loan_item_id", "made_at"),
    )

    person_id: Mapped[UUID] = mapped_column(comment="Who states it")
    kind: Mapped[str] = mapped_column(String(20), comment="loans.rules.AttestationKind")
    loan_item_id: Mapped[UUID | None] = mapped_column(comment="About which thing; null: about all that they hold")
    statement: Mapped[str] = mapped_column(Text, comment="The words that were on the screen")
    made_at: Mapped[datetime] = mapped_column(comment="UTC")


class SigningRequest(SchoolRow, Base):
    """Somebody is asked to sign by a link in a mail. Only the newest link counts; of it only the hash is kept."""

    __tablename__ = "signing_requests"
    __table_args__ = (
        ForeignKeyConstraint(["school_id", "person_id"], ["people.school_id", "people.id"]),
        ForeignKeyConstraint(["school_id", "loan_id"], ["loans.school_id", "loans.id"]),
        ForeignKeyConstraint(["school_id", "agreement_id"], ["agreements.school_id", "agreements.id"]),
        CheckConstraint(one_of("purpose", Purpose), name="purpose"),
        UniqueConstraint("token_sha256"),
        Index("ix_signing_requests_asked_at", "school_id", "asked_at", "id"),
        Index("ix_signing_requests_person_id", "school_id", "person_id", "asked_at"),
    )

    purpose: Mapped[str] = mapped_column(String(20), comment="loans.links_rules.Purpose")
    person_id: Mapped[UUID] = mapped_column(comment="For whom the signature counts")
    loan_id: Mapped[UUID | None] = mapped_column(comment="The loan that is signed back in, or that was made by signing")
    agreement_id: Mapped[UUID | None] = mapped_column(comment="The agreement that is signed")
    document: Mapped[dict[str, object]] = mapped_column(JSON, comment="loans.links_rules.Document: what is signed")
    name: Mapped[str] = mapped_column(String(200), comment="To whom the mail goes")
    address: Mapped[str] = mapped_column(String(254), comment="Where the mail goes")
    token_sha256: Mapped[str] = mapped_column(String(64), comment="Hex, of the token in the newest link")
    expires_at: Mapped[datetime] = mapped_column(comment="UTC; the link opens nothing from then on")
    asked_at: Mapped[datetime] = mapped_column(comment="UTC; when the desk asked first")
    asked_by: Mapped[str] = mapped_column(String(200), comment="Name at that time")
    mailed_at: Mapped[datetime | None] = mapped_column(comment="UTC; when the mail server took the newest link")
    problem: Mapped[str] = mapped_column(
        String(500), comment="Why the mail did not go, or is not known to have; or empty"
    )
    signed_at: Mapped[datetime | None] = mapped_column(comment="UTC; when it was signed, by the link or at the desk")
    revoked_at: Mapped[datetime | None] = mapped_column(comment="UTC; when the desk took it back")
    version: Mapped[int] = mapped_column(comment="Counts changes: two desks at once are told")

    __mapper_args__ = {"version_id_col": version}


class LoanPaper(SchoolRow, Base):
    """The agreement of a loan as a PDF, frozen when it was signed. Append-only (migration 0021)."""

    __tablename__ = "loan_papers"
    __table_args__ = (
        ForeignKeyConstraint(["school_id", "loan_id"], ["loans.school_id", "loans.id"]),
        UniqueConstraint("school_id", "loan_id", "number"),
    )

    loan_id: Mapped[UUID] = mapped_column(comment="Of which loan")
    number: Mapped[int] = mapped_column(comment="From 1 without gaps; a later one says more, none replaces another")
    issued_at: Mapped[datetime] = mapped_column(comment="UTC")
    issued_by: Mapped[str] = mapped_column(String(200), comment="Name at that time")
    content: Mapped[str] = mapped_column(Text, comment="All that stands on it, canonical JSON")
    content_sha256: Mapped[str] = mapped_column(String(64), comment="Hex, of those bytes in UTF-8")
    pdf: Mapped[bytes] = mapped_column(LargeBinary, comment="The signed PDF; every download returns these bytes")
    pdf_sha256: Mapped[str] = mapped_column(String(64), comment="Hex, of the PDF")


class LeavingList(SchoolRow, Base):
    """What a school asks of everybody who leaves, beside what the register knows."""

    __tablename__ = "leaving_lists"
    __table_args__ = (ForeignKeyConstraint(["school_id"], ["schools.id"]), UniqueConstraint("school_id"))

    lines: Mapped[list[str]] = mapped_column(JSON, comment="In their order")
    version: Mapped[int] = mapped_column(comment="Counts changes: two people who edit at once are told")

    __mapper_args__ = {"version_id_col": version}


class LeavingMark(SchoolRow, Base):
    """Somebody said that a line is settled for one person, or is not after all. Only ever added; the last counts."""

    __tablename__ = "leaving_marks"
    __table_args__ = (
        ForeignKeyConstraint(["school_id", "person_id"], ["people.school_id", "people.id"]),
        Index("ix_leaving_marks_person_id", "school_id", "person_id", "marked_at"),
    )

    person_id: Mapped[UUID] = mapped_column(comment="Who leaves")
    line: Mapped[str] = mapped_column(String(120), comment="The words of the list at that time")
    done: Mapped[bool] = mapped_column(comment="Settled; false: not after all")
    note: Mapped[str] = mapped_column(String(200), comment="Which licence, which key; empty if not said")
    marked_by: Mapped[str] = mapped_column(String(200), comment="Name at that time")
    marked_at: Mapped[datetime] = mapped_column(comment="UTC")


class LeavingSignOff(SchoolRow, Base):
    """Somebody left and nothing was open any more. Only ever added."""

    __tablename__ = "leaving_sign_offs"
    __table_args__ = (
        ForeignKeyConstraint(["school_id", "person_id"], ["people.school_id", "people.id"]),
        Index("ix_leaving_sign_offs_person_id", "school_id", "person_id", "signed_at"),
    )

    person_id: Mapped[UUID] = mapped_column(comment="Who left")
    last_day: Mapped[date] = mapped_column(comment="Last day at the school")
    settled: Mapped[list[dict[str, Any]]] = mapped_column(JSON, comment="Each line with its note, who and when (UTC)")
    signed_by: Mapped[str] = mapped_column(String(200), comment="Name at that time")
    signed_at: Mapped[datetime] = mapped_column(comment="UTC")
