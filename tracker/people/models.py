"""People who are responsible for things or hold them. A person need not have a log-in, and a log-in need not be one."""

from datetime import date, datetime
from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKeyConstraint, Index, String, Text, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from tracker.db import Base, SchoolRow, one_of
from tracker.people.rules import PersonKind

_REFERENCED = text("reference <> ''")


class Person(SchoolRow, Base):
    """Somebody of the school: never deleted, a leaver has a last day, and a name that is kept for so long."""

    __tablename__ = "people"
    __table_args__ = (
        ForeignKeyConstraint(["school_id"], ["schools.id"]),
        CheckConstraint(one_of("kind", PersonKind), name="kind"),
        Index("ix_people_name", "school_id", "name", "id"),
        Index(
            "uq_people_reference",
            "school_id",
            "reference",
            unique=True,
            sqlite_where=_REFERENCED,
            postgresql_where=_REFERENCED,
        ),
    )

    name: Mapped[str] = mapped_column(String(200), comment="As people know them")
    kind: Mapped[str] = mapped_column(String(20), comment="people.rules.PersonKind")
    job: Mapped[str] = mapped_column(String(100), comment="What they do at the school; empty if not said")
    email: Mapped[str] = mapped_column(String(254), comment="Empty if none")
    search: Mapped[str] = mapped_column(Text, comment="Name, job and email in small letters, to find them by")
    reference: Mapped[str] = mapped_column(
        String(40), comment="The school's own number for them, as its other systems have it; empty if none"
    )
    parent_name: Mapped[str] = mapped_column(String(200), comment="Who signs for a pupil; empty if nobody is known")
    parent_email: Mapped[str] = mapped_column(String(254), comment="Of who signs for a pupil; empty if none")
    started_on: Mapped[date | None] = mapped_column(comment="First day at the school; null: not known")
    left_on: Mapped[date | None] = mapped_column(comment="Last day at the school")
    dbs_confirmed_on: Mapped[date | None] = mapped_column(
        comment="Day on which somebody saw that a DBS check is current (DS6); null: not confirmed. Never what it says"
    )
    line_manager_id: Mapped[UUID | None] = mapped_column(
        comment="Person who is told of what is overdue; null: nobody. The service checks that it is one of the school"
    )
    forgotten_at: Mapped[datetime | None] = mapped_column(
        comment="UTC; since when a pseudonym stands in the place of the name (docs/adr/0031); null: the name stands"
    )
    created_at: Mapped[datetime] = mapped_column(comment="UTC")
    version: Mapped[int] = mapped_column(comment="Counts changes: two people who edit at once are told")

    __mapper_args__ = {"version_id_col": version}


class PersonAccount(Base):
    """Whose account it is. An account need not be known to be anybody's, nor a person to have one."""

    __tablename__ = "person_accounts"
    __table_args__ = (
        ForeignKeyConstraint(["school_id", "user_id"], ["users.school_id", "users.id"]),
        ForeignKeyConstraint(["school_id", "person_id"], ["people.school_id", "people.id"]),
        UniqueConstraint("school_id", "person_id"),
    )

    school_id: Mapped[UUID] = mapped_column(primary_key=True, comment="School the row belongs to")
    user_id: Mapped[UUID] = mapped_column(primary_key=True, comment="The account")
    person_id: Mapped[UUID] = mapped_column(comment="Whose it is")
