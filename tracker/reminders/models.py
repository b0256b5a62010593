"""What was mailed to whom."""

from datetime import date, datetime
from uuid import UUID

from sqlalchemy import JSON, CheckConstraint, ForeignKeyConstraint, Index, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from tracker.db import Base, SchoolRow, one_of
from tracker.reminders.rules import SendState


class ReminderSent(SchoolRow, Base):
    """One digest to one person on one day. The row is there before the mail goes, so that two timers send one mail."""

    __tablename__ = "reminders_sent"
    __table_args__ = (
        ForeignKeyConstraint(["school_id", "person_id"], ["people.school_id", "people.id"]),
        UniqueConstraint("school_id", "person_id", "day"),
        CheckConstraint(one_of("state", SendState), name="state"),
        Index("ix_reminders_sent_day", "school_id", "day", "id"),
    )

    person_id: Mapped[UUID] = mapped_column(comment="To whom")
    day: Mapped[date] = mapped_column(comment="Day at the school")
    address: Mapped[str] = mapped_column(String(254), comment="Where it went, or should have gone")
    subject: Mapped[str] = mapped_column(String(200), comment="Subject of the mail")
    lines: Mapped[list[dict[str, str | None]]] = mapped_column(JSON, comment="reminders.rules.Line: what it told")
    digest_sha256: Mapped[str] = mapped_column(String(64), comment="Hex, of the text of the mail in UTF-8")
    state: Mapped[str] = mapped_column(String(20), comment="reminders.rules.SendState")
    attempts: Mapped[int] = mapped_column(comment="How often it was begun")
    repeats: Mapped[int] = mapped_column(comment="How often it was begun again though it may have gone: 0 or 1")
    refused: Mapped[bool] = mapped_column(comment="The server said that trying again is no use")
    problem: Mapped[str] = mapped_column(String(500), comment="Why it did not go, or is not known to have; empty: none")
    message_id: Mapped[str] = mapped_column(String(120), comment="The same whenever it is begun again")
    at: Mapped[datetime] = mapped_column(comment="UTC; when the state was last written")
