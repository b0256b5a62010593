"""Plans by kind of equipment, and the results of what was done."""

from datetime import date, datetime
from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKeyConstraint, Index, String, Text, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from tracker.db import Base, SchoolRow


class MaintenancePlan(SchoolRow, Base):
    """What is done to things of one kind, and how often."""

    __tablename__ = "maintenance_plans"
    __table_args__ = (
        ForeignKeyConstraint(["school_id", "kind_id"], ["asset_kinds.school_id", "asset_kinds.id"]),
        CheckConstraint("every_months BETWEEN 1 AND 120", name="every_months"),
        UniqueConstraint("school_id", "kind_id", "name"),
    )

    kind_id: Mapped[UUID] = mapped_column(comment="Of which kind")
    name: Mapped[str] = mapped_column(String(80), comment="PAT, filter, check by the supplier ...")
    every_months: Mapped[int] = mapped_column(comment="The school's own schedule; never a legal deadline")
    instructions: Mapped[str] = mapped_column(Text, comment="What to do; empty if not said")
    retired_at: Mapped[datetime | None] = mapped_column(comment="UTC; no longer asked for, its results stay")
    version: Mapped[int] = mapped_column(comment="Counts changes: two people who edit at once are told")

    __mapper_args__ = {"version_id_col": version}


class MaintenanceResult(SchoolRow, Base):
    """Something was done to one thing on one day. Only ever added: a mistake is replaced by another one."""

    __tablename__ = "maintenance_results"
    __table_args__ = (
        ForeignKeyConstraint(["school_id", "plan_id"], ["maintenance_plans.school_id", "maintenance_plans.id"]),
        ForeignKeyConstraint(["school_id", "asset_id"], ["assets.school_id", "assets.id"]),
        Index("ix_maintenance_results_plan_id", "school_id", "plan_id", "asset_id", "done_on"),
        Index("ix_maintenance_results_asset_id", "school_id", "asset_id", "done_on"),
        Index("uq_maintenance_results_replaces_id", "school_id", "replaces_id", unique=True),
    )

    plan_id: Mapped[UUID] = mapped_column(comment="By which plan")
    asset_id: Mapped[UUID] = mapped_column(comment="To which thing")
    passed: Mapped[bool] = mapped_column(comment="In order; false: it may not be used until it passes")
    done_on: Mapped[date] = mapped_column(comment="Day")
    done_by: Mapped[str] = mapped_column(String(200), comment="A person or a company")
    note: Mapped[str] = mapped_column(Text, comment="What was found; a fail has one")
    recorded_by: Mapped[str] = mapped_column(String(200), comment="Name at that time")
    recorded_at: Mapped[datetime] = mapped_column(comment="UTC")
    replaces_id: Mapped[UUID | None] = mapped_column(comment="The result that was a mistake; each is replaced once")
    nothing_done: Mapped[bool] = mapped_column(
        comment="Only says that the one before was a mistake, as for another thing"
    )
