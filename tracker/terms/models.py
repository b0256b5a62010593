"""The school's calendar: school years, and the dates of each."""

from datetime import date, datetime
from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKeyConstraint, Index, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from tracker.db import Base, SchoolRow, one_of
from tracker.terms.rules import DateKind


class SchoolYear(SchoolRow, Base):
    """A school year, and who has checked its dates."""

    __tablename__ = "school_years"
    __table_args__ = (
        ForeignKeyConstraint(["school_id"], ["schools.id"]),
        UniqueConstraint("school_id", "year"),
    )

    year: Mapped[int] = mapped_column(comment="In which it begins: 2026 is 2026/27")
    confirmed_at: Mapped[datetime | None] = mapped_column(comment="UTC; somebody checked its dates; null: nobody yet")
    confirmed_by: Mapped[str] = mapped_column(String(200), comment="Name at that time; empty: nobody yet")
    version: Mapped[int] = mapped_column(comment="Counts changes: two people who edit at once are told")

    __mapper_args__ = {"version_id_col": version}


class CalendarDate(SchoolRow, Base):
    """A term, a half-term, an INSET day, or days on which the school is closed. Bank holidays are computed."""

    __tablename__ = "calendar_dates"
    __table_args__ = (
        ForeignKeyConstraint(["school_id", "year_id"], ["school_years.school_id", "school_years.id"]),
        CheckConstraint(one_of("kind", DateKind), name="kind"),
        CheckConstraint("ends_on >= starts_on", name="ends_on"),
        Index("ix_calendar_dates_year_id", "school_id", "year_id", "starts_on"),
    )

    year_id: Mapped[UUID] = mapped_column(comment="Of which school year")
    kind: Mapped[str] = mapped_column(String(20), comment="terms.rules.DateKind")
    name: Mapped[str] = mapped_column(String(80), comment="Autumn term, October half-term ...")
    starts_on: Mapped[date] = mapped_column(comment="First day")
    ends_on: Mapped[date] = mapped_column(comment="Last day, which counts")
    version: Mapped[int] = mapped_column(comment="Counts changes: two people who edit at once are told")

    __mapper_args__ = {"version_id_col": version}
