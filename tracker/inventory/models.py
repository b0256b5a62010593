"""The hardware register: kinds, locations, assets, and assertions that an asset holds no storage."""

from datetime import date, datetime
from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKeyConstraint, Index, String, Text, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from tracker.db import Base, SchoolRow
from tracker.inventory.rules import AssetState, LocationLevel, Ownership
from wipe.vocabulary import DataClass


def _one_of(column: str, words: type[AssetState] | type[LocationLevel] | type[Ownership] | type[DataClass]) -> str:
    return f"{column} IN ({', '.join(repr(word.value) for word in words)})"


class AssetKind(SchoolRow, Base):
    """A kind of equipment. Kinds are rows: a school adds its own without a new program."""

    __tablename__ = "asset_kinds"
    __table_args__ = (
        ForeignKeyConstraint(["school_id"], ["schools.id"]),
        UniqueConstraint("school_id", "name"),
    )

    name: Mapped[str] = mapped_column(String(80), comment="Laptop, Server, Projector ...")
    data_bearing: Mapped[bool] = mapped_column(comment="May hold personal data unless somebody asserts otherwise (AD5)")
    portable: Mapped[bool] = mapped_column(comment="Portable and attractive: listed whatever it cost")
    fixed: Mapped[bool] = mapped_column(comment="Installed by a supplier; needs an install record (HS4)")
    server: Mapped[bool] = mapped_column(comment="Certificate for every disk, no waiver (DS3); lockable place (DS6)")


class Location(SchoolRow, Base):
    """A place in the tree site > building > room > cabinet > slot."""

    __tablename__ = "locations"
    __table_args__ = (
        ForeignKeyConstraint(["school_id"], ["schools.id"]),
        ForeignKeyConstraint(["school_id", "parent_id"], ["locations.school_id", "locations.id"]),
        CheckConstraint(_one_of("level", LocationLevel), name="level"),
        UniqueConstraint("school_id", "path"),
    )

    parent_id: Mapped[UUID | None] = mapped_column(comment="The place that holds it; null for a site")
    level: Mapped[str] = mapped_column(String(20), comment="inventory.rules.LocationLevel")
    name: Mapped[str] = mapped_column(String(80), comment="Its own name")
    search: Mapped[str] = mapped_column(Text, comment="The path in small letters without accents, to find it by")
    path: Mapped[str] = mapped_column(
        String(500), comment="All names from the site down, joined by ' / '; kept in step"
    )
    lockable: Mapped[bool] = mapped_column(comment="Can be locked (DS6, DS12)")
    fire_class: Mapped[str] = mapped_column(String(20), comment="BS EN 1047-1 class, S 60 DIS for tapes; empty if none")
    version: Mapped[int] = mapped_column(comment="Counts changes: two people who edit at once are told")

    __mapper_args__ = {"version_id_col": version}


class Asset(SchoolRow, Base):
    """A thing with a tag. Never deleted: an end is a state."""

    __tablename__ = "assets"
    __table_args__ = (
        ForeignKeyConstraint(["school_id"], ["schools.id"]),
        ForeignKeyConstraint(["school_id", "kind_id"], ["asset_kinds.school_id", "asset_kinds.id"]),
        ForeignKeyConstraint(["school_id", "location_id"], ["locations.school_id", "locations.id"]),
        ForeignKeyConstraint(["school_id", "responsible_id"], ["people.school_id", "people.id"]),
        UniqueConstraint("school_id", "tag"),
        CheckConstraint(_one_of("state", AssetState), name="state"),
        CheckConstraint(_one_of("ownership", Ownership), name="ownership"),
        CheckConstraint(_one_of("data_class", DataClass), name="data_class"),
        CheckConstraint("media_count >= 0", name="media_count"),
        Index("ix_assets_serial_key", "school_id", "serial_key"),
        Index("ix_assets_kind_id", "school_id", "kind_id", "tag"),
        Index("ix_assets_state", "school_id", "state", "tag"),
        Index("ix_assets_location_id", "school_id", "location_id", "tag"),
        Index("ix_assets_responsible_id", "school_id", "responsible_id", "tag"),
        Index("ix_assets_name", "school_id", "name", "tag"),
        Index("ix_assets_model", "school_id", "make", "model", "tag"),
        Index("ix_assets_label_printed_at", "school_id", "label_printed_at", "tag"),
    )

    tag: Mapped[str] = mapped_column(String(8), comment="Crockford base 32 with a check character (labels.code)")
    kind_id: Mapped[UUID] = mapped_column(comment="What it is")
    name: Mapped[str] = mapped_column(String(120), comment="What people call it; empty if nothing")
    make: Mapped[str] = mapped_column(String(80), comment="Empty if not known")
    model: Mapped[str] = mapped_column(String(120), comment="Empty if not known")
    serial: Mapped[str] = mapped_column(String(120), comment="As on the case; empty with a reason in serial_reason")
    serial_key: Mapped[str] = mapped_column(String(120), comment="Serial in capitals, letters and digits only, to find")
    serial_reason: Mapped[str] = mapped_column(String(200), comment="Why there is no serial; empty where there is one")
    ownership: Mapped[str] = mapped_column(String(20), comment="inventory.rules.Ownership (AD1)")
    location_id: Mapped[UUID | None] = mapped_column(comment="Where it belongs")
    responsible_id: Mapped[UUID | None] = mapped_column(comment="Who answers for it")
    data_class: Mapped[str] = mapped_column(String(1), comment="wipe.vocabulary.DataClass: the worst it may have held")
    state: Mapped[str] = mapped_column(String(30), comment="inventory.rules.AssetState")
    acquired_on: Mapped[date | None] = mapped_column(comment="Day of purchase or gift")
    cost_pence: Mapped[int | None] = mapped_column(comment="Price without VAT, in pence")
    notes: Mapped[str] = mapped_column(Text, comment="Free text")
    media_count: Mapped[int] = mapped_column(comment="Storage media in it now; kept by inventory.service.note_media")
    label_printed_at: Mapped[datetime | None] = mapped_column(comment="UTC, the last time; null: no label was printed")
    search: Mapped[str] = mapped_column(
        Text, comment="Tag, serial, name, make and model in small letters, to find it by"
    )
    created_at: Mapped[datetime] = mapped_column(comment="UTC")
    version: Mapped[int] = mapped_column(comment="Counts changes: two people who edit at once are told")

    __mapper_args__ = {"version_id_col": version}


class NoStorageAssertion(SchoolRow, Base):
    """Somebody says, by name and with a reason, that an asset holds no storage (gate G1, clause AD5)."""

    __tablename__ = "no_storage_assertions"
    __table_args__ = (
        ForeignKeyConstraint(["school_id", "asset_id"], ["assets.school_id", "assets.id"]),
        Index("ix_no_storage_assertions_asset_id", "school_id", "asset_id"),
    )

    asset_id: Mapped[UUID] = mapped_column(comment="Of which asset")
    reason: Mapped[str] = mapped_column(Text, comment="Why one can be sure")
    asserted_by: Mapped[str] = mapped_column(String(200), comment="Name at that time")
    asserted_by_id: Mapped[UUID] = mapped_column(comment="User")
    asserted_at: Mapped[datetime] = mapped_column(comment="UTC")
    withdrawn_at: Mapped[datetime | None] = mapped_column(comment="UTC; storage was found or attached after all")
