"""Spreadsheets that were uploaded, how their columns were matched, and what the dry run said of each row."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import JSON, CheckConstraint, ForeignKeyConstraint, Index, LargeBinary, String, Text
from sqlalchemy.orm import Mapped, mapped_column

from tracker.db import Base, SchoolRow, one_of
from tracker.imports.rules import ImportState, Verdict


class Import(SchoolRow, Base):
    """One spreadsheet on its way into the register. The work is done by whichever process claims the row."""

    __tablename__ = "imports"
    __table_args__ = (
        ForeignKeyConstraint(["school_id"], ["schools.id"]),
        CheckConstraint(one_of("state", ImportState), name="state"),
        Index("ix_imports_uploaded_at", "school_id", "uploaded_at"),
        Index("ix_imports_headings_key", "school_id", "headings_key", "uploaded_at"),
        Index("ix_imports_state", "state"),
    )

    name: Mapped[str] = mapped_column(String(200), comment="Name of the file")
    list_of: Mapped[str] = mapped_column(String(10), comment="imports.rules.ListOf: what its rows are")
    data: Mapped[bytes | None] = mapped_column(
        LargeBinary, deferred=True, comment="The file, byte for byte; null once it was discarded"
    )
    sha256: Mapped[str] = mapped_column(String(64), comment="Hex, of those bytes")
    size: Mapped[int] = mapped_column(comment="Bytes")
    form: Mapped[str] = mapped_column(String(4), comment="csv or xlsx")
    encoding: Mapped[str] = mapped_column(String(20), comment="Of a CSV file")
    delimiter: Mapped[str] = mapped_column(String(1), comment="Of a CSV file")
    sheets: Mapped[list[str]] = mapped_column(JSON, comment="Of a workbook, the hidden ones last")
    hidden: Mapped[list[str]] = mapped_column(JSON, comment="Those of the sheets that are hidden")
    sheet: Mapped[str] = mapped_column(String(100), comment="Which is read; empty for CSV")
    heading_row: Mapped[int] = mapped_column(comment="Which row has the headings, from 1")
    headings: Mapped[list[str]] = mapped_column(JSON, comment="The headings as they stand there")
    headings_key: Mapped[str] = mapped_column(String(64), comment="SHA-256 of the headings: the next file like it")
    samples: Mapped[list[list[str]]] = mapped_column(JSON, comment="A few values of each column")
    mapping: Mapped[dict[str, str]] = mapped_column(JSON, comment="imports.targets word by the column's number")
    choices: Mapped[dict[str, object]] = mapped_column(JSON, comment="imports.rules.Choices")
    state: Mapped[str] = mapped_column(String(20), comment="imports.rules.ImportState")
    message: Mapped[str] = mapped_column(Text, comment="Why it failed, or what changed; empty if nothing")
    apply_next: Mapped[bool] = mapped_column(comment="Somebody asked to apply it; the dry run only looks again")
    rows_total: Mapped[int] = mapped_column(comment="Rows below the headings; 0 before they were counted")
    rows_done: Mapped[int] = mapped_column(comment="How many the dry run has looked at")
    counts: Mapped[dict[str, object]] = mapped_column(JSON, comment="imports.rules.Counts of the last dry run")
    creates: Mapped[dict[str, dict[str, object]]] = mapped_column(
        JSON, comment="Kinds, places and people that applying would create, by the id that the plans call them"
    )
    digest: Mapped[str] = mapped_column(String(64), comment="SHA-256 of all that the last dry run found")
    seen_seq: Mapped[int] = mapped_column(comment="End of the log when the last dry run began")
    worker: Mapped[str] = mapped_column(String(64), comment="Who works at it; empty if nobody")
    heartbeat_at: Mapped[datetime | None] = mapped_column(comment="UTC, when the worker was last heard of")
    uploaded_at: Mapped[datetime] = mapped_column(comment="UTC")
    uploaded_by: Mapped[str] = mapped_column(String(200), comment="Name at that time")
    asked_by: Mapped[str] = mapped_column(String(200), comment="Who asked for the work; name at that time")
    asked_by_id: Mapped[UUID | None] = mapped_column(comment="User")
    asked_role: Mapped[str] = mapped_column(String(20), comment="Their role at that time; what a dry run depends on")
    asked_from: Mapped[str] = mapped_column(String(100), comment="Where from, for the log")
    tried_at: Mapped[datetime | None] = mapped_column(comment="UTC, when the last dry run ended")
    applied_at: Mapped[datetime | None] = mapped_column(comment="UTC")
    version: Mapped[int] = mapped_column(comment="Counts changes: two people who edit at once are told")

    __mapper_args__ = {"version_id_col": version}


class ImportRow(Base):
    """What the last dry run said of one row, and after the import which asset or person it became."""

    __tablename__ = "import_rows"
    __table_args__ = (
        ForeignKeyConstraint(["school_id", "import_id"], ["imports.school_id", "imports.id"]),
        ForeignKeyConstraint(["school_id", "asset_id"], ["assets.school_id", "assets.id"]),
        CheckConstraint(one_of("verdict", Verdict), name="verdict"),
        Index("ix_import_rows_verdict", "school_id", "import_id", "verdict", "number"),
        Index("ix_import_rows_fingerprint", "school_id", "fingerprint"),
        Index("ix_import_rows_asset_id", "school_id", "asset_id"),
    )

    school_id: Mapped[UUID] = mapped_column(primary_key=True, comment="School the row belongs to")
    import_id: Mapped[UUID] = mapped_column(primary_key=True, comment="Of which import")
    number: Mapped[int] = mapped_column(primary_key=True, comment="Row in the file, from 1")
    verdict: Mapped[str] = mapped_column(String(10), comment="imports.rules.Verdict")
    label: Mapped[str] = mapped_column(String(300), comment="What it is, for people")
    asset_id: Mapped[UUID | None] = mapped_column(comment="Which asset; null for a new one before it is applied")
    person_id: Mapped[UUID | None] = mapped_column(
        comment="Which person; null for a new one before it is applied. The dry run checks that they are of the school"
    )
    fingerprint: Mapped[str] = mapped_column(
        String(32), comment="What tells the row again without tag and serial; empty otherwise and before it is applied"
    )
    plan: Mapped[dict[str, object]] = mapped_column(JSON, comment="What applying would do, see imports.planning")
    changes: Mapped[list[list[str]]] = mapped_column(JSON, comment="Field, before, after, as people read them")
    faults: Mapped[list[list[str]]] = mapped_column(JSON, comment="Heading and reason")
    remarks: Mapped[list[str]] = mapped_column(JSON, comment="What is not done, and what was taken for what")
    remarked: Mapped[bool] = mapped_column(comment="Whether there are remarks")
