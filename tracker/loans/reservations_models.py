"""Reservations: who wants what, from when to when."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKeyConstraint, Index, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from tracker.db import Base, SchoolRow, one_of
from tracker.loans.reservations_rules import Closed


class Reservation(SchoolRow, Base):
    """Things, or so many of a kind, held for one person for a time. Never deleted."""

    __tablename__ = "reservations"
    __table_args__ = (
        ForeignKeyConstraint(["school_id"], ["schools.id"]),
        ForeignKeyConstraint(["school_id", "person_id"], ["people.school_id", "people.id"]),
        ForeignKeyConstraint(["school_id", "kind_id"], ["asset_kinds.school_id", "asset_kinds.id"]),
        ForeignKeyConstraint(["school_id", "loan_id"], ["loans.school_id", "loans.id"]),
        CheckConstraint("ends_at > starts_at", name="ends_at"),
        CheckConstraint("(kind_id IS NULL) = (count = 0)", name="count"),
        CheckConstraint(one_of("closed_as", Closed, ""), name="closed_as"),
        UniqueConstraint("school_id", "number"),
        Index("ix_reservations_ends_at", "school_id", "closed_as", "ends_at"),
        Index("ix_reservations_person_id", "school_id", "person_id", "starts_at"),
    )

    number: Mapped[int] = mapped_column(comment="From 1 without gaps in the school")
    person_id: Mapped[UUID] = mapped_column(comment="For whom")
    starts_at: Mapped[datetime] = mapped_column(comment="UTC")
    ends_at: Mapped[datetime] = mapped_column(comment="UTC; from then on it is free")
    expires_at: Mapped[datetime] = mapped_column(comment="UTC; not collected by then, it holds nothing any more")
    what: Mapped[str] = mapped_column(String(200), comment="What is reserved, as people read it")
    kind_id: Mapped[UUID | None] = mapped_column(comment="Any of this kind; null: the things in reservation_items")
    count: Mapped[int] = mapped_column(comment="So many of the kind; 0: the things in reservation_items")
    purpose: Mapped[str] = mapped_column(String(200), comment="What for; empty if not said")
    reserved_by: Mapped[str] = mapped_column(String(200), comment="Name at that time")
    reserved_at: Mapped[datetime] = mapped_column(comment="UTC")
    closed_as: Mapped[str] = mapped_column(String(20), comment="loans.reservations_rules.Closed; empty: it stands")
    closed_at: Mapped[datetime | None] = mapped_column(comment="UTC; null: it stands, or nobody came")
    loan_id: Mapped[UUID | None] = mapped_column(comment="As which loan it was collected")
    version: Mapped[int] = mapped_column(comment="Counts changes: two people at once are told")

    __mapper_args__ = {"version_id_col": version}


class ReservationItem(SchoolRow, Base):
    """A thing that is reserved by its tag, or as part of a kit."""

    __tablename__ = "reservation_items"
    __table_args__ = (
        ForeignKeyConstraint(["school_id", "reservation_id"], ["reservations.school_id", "reservations.id"]),
        ForeignKeyConstraint(["school_id", "asset_id"], ["assets.school_id", "assets.id"]),
        UniqueConstraint("school_id", "reservation_id", "asset_id"),
        Index("ix_reservation_items_asset_id", "school_id", "asset_id"),
    )

    reservation_id: Mapped[UUID] = mapped_column(comment="Of which reservation")
    asset_id: Mapped[UUID] = mapped_column(comment="Which thing")
