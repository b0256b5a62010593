"""Kits: named sets of things that are lent as one."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import ForeignKeyConstraint, Index, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from tracker.db import Base, SchoolRow


class Kit(SchoolRow, Base):
    """A camera with its lens, a trolley of thirty laptops. Never deleted: it retires."""

    __tablename__ = "kits"
    __table_args__ = (
        ForeignKeyConstraint(["school_id"], ["schools.id"]),
        Index("ix_kits_name", "school_id", "name"),
    )

    name: Mapped[str] = mapped_column(String(80), comment="As people call it; no other kit in use has it")
    accessories: Mapped[str] = mapped_column(String(200), comment="What goes with it and has no label; empty if none")
    retired_at: Mapped[datetime | None] = mapped_column(comment="UTC; its things are free for another kit")
    version: Mapped[int] = mapped_column(comment="Counts changes: two people who edit at once are told")

    __mapper_args__ = {"version_id_col": version}


class KitItem(SchoolRow, Base):
    """A thing of a kit; it is in one kit at most."""

    __tablename__ = "kit_items"
    __table_args__ = (
        ForeignKeyConstraint(["school_id", "kit_id"], ["kits.school_id", "kits.id"]),
        ForeignKeyConstraint(["school_id", "asset_id"], ["assets.school_id", "assets.id"]),
        UniqueConstraint("school_id", "asset_id"),
        Index("ix_kit_items_kit_id", "school_id", "kit_id"),
    )

    kit_id: Mapped[UUID] = mapped_column(comment="Of which kit")
    asset_id: Mapped[UUID] = mapped_column(comment="Which thing")
