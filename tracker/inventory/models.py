"""The hardware register: kinds, locations, assets, and assertions that an asset holds no storage."""

from datetime import date, datetime
from uuid import UUID

from sqlalchemy import JSON, CheckConstraint, ForeignKeyConstraint, Index, String, Text, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from tracker.db import Base, SchoolRow, one_of
from tracker.inventory.rules import AssetState, CheckKind, CustomType, LocationLevel, Ownership
from wipe.vocabulary import DataClass


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
    day_loan: Mapped[bool] = mapped_column(comment="May be lent for the day without a signature")
    retired_at: Mapped[datetime | None] = mapped_column(comment="UTC; no longer offered for new assets")
    version: Mapped[int] = mapped_column(comment="Counts changes: two people who edit at once are told")

    __mapper_args__ = {"version_id_col": version}


class Location(SchoolRow, Base):
    """A place in the tree site > building > room > cabinet > slot."""

    __tablename__ = "locations"
    __table_args__ = (
        ForeignKeyConstraint(["school_id"], ["schools.id"]),
        ForeignKeyConstraint(["school_id", "parent_id"], ["locations.school_id", "locations.id"]),
        CheckConstraint(one_of("level", LocationLevel), name="level"),
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
        CheckConstraint(one_of("state", AssetState), name="state"),
        CheckConstraint(one_of("ownership", Ownership), name="ownership"),
        CheckConstraint(one_of("data_class", DataClass), name="data_class"),
        CheckConstraint("media_count >= 0", name="media_count"),
        CheckConstraint("media_holding >= 0 AND media_holding <= media_count", name="media_holding"),
        # each ends in the tag: a list in any of these orders is read off its index (tracker/ordering.py)
        Index("ix_assets_serial_key", "school_id", "serial_key", "tag"),
        Index("ix_assets_kind_id", "school_id", "kind_id", "tag"),
        Index("ix_assets_state", "school_id", "state", "tag"),
        Index("ix_assets_location_id", "school_id", "location_id", "tag"),
        Index("ix_assets_responsible_id", "school_id", "responsible_id", "tag"),
        Index("ix_assets_name", "school_id", "name", "tag"),
        Index("ix_assets_model", "school_id", "make", "model", "tag"),
        Index("ix_assets_label_printed_at", "school_id", "label_printed_at", "tag"),
        Index("ix_assets_department", "school_id", "department", "tag"),
        Index("ix_assets_funding_source", "school_id", "funding_source", "tag"),
        Index("ix_assets_acquired_on", "school_id", "acquired_on", "tag"),
        Index("ix_assets_cost_pence", "school_id", "cost_pence", "tag"),
        Index("ix_assets_warranty_until", "school_id", "warranty_until", "tag"),
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
    description: Mapped[str] = mapped_column(String(200), comment="Colour and other marks to know it by")
    department: Mapped[str] = mapped_column(String(80), comment="Department or class; empty if none")
    supplier: Mapped[str] = mapped_column(String(120), comment="Who sold or gave it; empty if not known")
    order_number: Mapped[str] = mapped_column(String(80), comment="Order or invoice; empty if not known")
    funding_source: Mapped[str] = mapped_column(String(80), comment="Budget or grant it was paid from")
    owner: Mapped[str] = mapped_column(String(120), comment="Lessor, authority or lender, where it is not the school's")
    insurance_pence: Mapped[int | None] = mapped_column(comment="What it is insured for, in pence")
    life_months: Mapped[int | None] = mapped_column(comment="Expected life in months")
    warranty_until: Mapped[date | None] = mapped_column(comment="Last day of the warranty")
    security_marked_on: Mapped[date | None] = mapped_column(comment="Day of permanent marking; a QR label is none")
    security_marking: Mapped[str] = mapped_column(String(120), comment="How: engraved, forensic, tamper-evident tag")
    custom: Mapped[dict[str, object]] = mapped_column(JSON, comment="Values of custom fields, by the field's id")
    notes: Mapped[str] = mapped_column(Text, comment="Free text")
    unsafe: Mapped[str] = mapped_column(Text, comment="Why it may not be used: a failed maintenance; empty if it may")
    media_holding: Mapped[int] = mapped_column(comment="Of the media in it, those that may still hold data (gate G4)")
    media_count: Mapped[int] = mapped_column(comment="Storage media in it now; kept by inventory.service.note_media")
    # the latest check of a kind, kept by inventory.checks so that a list of what lacks one reads this table only
    encryption_on: Mapped[date | None] = mapped_column(comment="Day of the latest such check, if it was in order")
    anti_virus_on: Mapped[date | None] = mapped_column(comment="Day of the latest such check, if it was in order")
    updates_on: Mapped[date | None] = mapped_column(comment="Day of the latest such check, if it was in order")
    installation_on: Mapped[date | None] = mapped_column(comment="Day of the latest such check, if it was in order")
    media_arrived_at: Mapped[datetime | None] = mapped_column(
        comment="UTC; when a medium that may hold data last came into it, or into service in it"
    )
    used_by_id: Mapped[UUID | None] = mapped_column(comment="Person who answered for it when its use ended (gate G14)")
    use_ended_at: Mapped[datetime | None] = mapped_column(
        comment="UTC; when its use ended; null: in use, never used, or its media were sanitised since"
    )
    label_printed_at: Mapped[datetime | None] = mapped_column(comment="UTC, the last time; null: no label was printed")
    search: Mapped[str] = mapped_column(Text, comment="All its texts in small letters without accents, to find it by")
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


class CustomField(SchoolRow, Base):
    """A field that a school adds to a kind of equipment, or to all kinds. Retired, never deleted."""

    __tablename__ = "custom_fields"
    __table_args__ = (
        ForeignKeyConstraint(["school_id"], ["schools.id"]),
        ForeignKeyConstraint(["school_id", "kind_id"], ["asset_kinds.school_id", "asset_kinds.id"]),
        CheckConstraint(one_of("type", CustomType), name="type"),
    )

    kind_id: Mapped[UUID | None] = mapped_column(comment="Of which kind; null: of every kind")
    name: Mapped[str] = mapped_column(String(80), comment="As forms and exports show it")
    type: Mapped[str] = mapped_column(String(20), comment="inventory.rules.CustomType")
    choices: Mapped[list[str]] = mapped_column(JSON, comment="What can be chosen, where the type is choice")
    hint: Mapped[str] = mapped_column(String(200), comment="Help below the field; empty if none")
    required: Mapped[bool] = mapped_column(comment="A form asks for it; an import may leave it out")
    position: Mapped[int] = mapped_column(comment="Order in the form")
    retired_at: Mapped[datetime | None] = mapped_column(comment="UTC; no longer asked for, its values stay")
    version: Mapped[int] = mapped_column(comment="Counts changes: two people who edit at once are told")

    __mapper_args__ = {"version_id_col": version}


class RetiredLabel(SchoolRow, Base):
    """A tag that an asset had before. It stays reserved for ever, and leads to that asset with a warning."""

    __tablename__ = "retired_labels"
    __table_args__ = (
        ForeignKeyConstraint(["school_id", "asset_id"], ["assets.school_id", "assets.id"]),
        UniqueConstraint("school_id", "tag"),
        Index("ix_retired_labels_asset_id", "school_id", "asset_id"),
    )

    asset_id: Mapped[UUID] = mapped_column(comment="Of which asset")
    tag: Mapped[str] = mapped_column(String(8), comment="The old tag")
    reason: Mapped[str] = mapped_column(Text, comment="Why: lost, damaged, on the wrong thing ...")
    retired_by: Mapped[str] = mapped_column(String(200), comment="Name at that time")
    retired_by_id: Mapped[UUID | None] = mapped_column(comment="User")
    retired_at: Mapped[datetime] = mapped_column(comment="UTC")


class Printer(SchoolRow, Base):
    """How far one printer is off, kept so that labels fit the next time."""

    __tablename__ = "printers"
    __table_args__ = (
        ForeignKeyConstraint(["school_id"], ["schools.id"]),
        UniqueConstraint("school_id", "name"),
        CheckConstraint("right_tenths BETWEEN -100 AND 100 AND down_tenths BETWEEN -100 AND 100", name="nudge"),
        CheckConstraint("scale_thousandths BETWEEN 950 AND 1050", name="scale"),
    )

    name: Mapped[str] = mapped_column(String(80), comment="What people call it: Office, tray 2")
    right_tenths: Mapped[int] = mapped_column(comment="Move right by, in tenths of a millimetre")
    down_tenths: Mapped[int] = mapped_column(comment="Move down by, in tenths of a millimetre")
    scale_thousandths: Mapped[int] = mapped_column(comment="Scale from the top left corner; 1000 is actual size")
    stock: Mapped[str] = mapped_column(String(40), comment="labels.sheet stock that usually lies in it; empty if none")
    version: Mapped[int] = mapped_column(comment="Counts changes: two people who edit at once are told")

    __mapper_args__ = {"version_id_col": version}


class AssetCheck(SchoolRow, Base):
    """Something was looked at or done, by name and day: encryption on, virus protection, reset (DS7, LN3, G14)."""

    __tablename__ = "asset_checks"
    __table_args__ = (
        ForeignKeyConstraint(["school_id", "asset_id"], ["assets.school_id", "assets.id"]),
        CheckConstraint(one_of("kind", CheckKind), name="kind"),
        Index("ix_asset_checks_asset_id", "school_id", "asset_id", "kind", "done_on"),
        Index("ix_asset_checks_kind", "school_id", "kind", "done_on"),
    )

    asset_id: Mapped[UUID] = mapped_column(comment="Of which asset")
    kind: Mapped[str] = mapped_column(String(20), comment="inventory.rules.CheckKind")
    passed: Mapped[bool] = mapped_column(comment="In order; false: looked at, and not in order")
    done_on: Mapped[date] = mapped_column(comment="Day of the check")
    method: Mapped[str] = mapped_column(String(200), comment="How: BitLocker XTS-AES 256, Autopilot reset ...")
    note: Mapped[str] = mapped_column(Text, comment="Free text")
    done_by: Mapped[str] = mapped_column(String(200), comment="Who looked or did it: a person or a company")
    recorded_by: Mapped[str] = mapped_column(String(200), comment="Who wrote it down; name at that time")
    recorded_by_id: Mapped[UUID | None] = mapped_column(comment="User")
    recorded_at: Mapped[datetime] = mapped_column(comment="UTC")


class Repair(SchoolRow, Base):
    """One repair of an asset, from the day it was sent to the day it was back (gate G4)."""

    __tablename__ = "repairs"
    __table_args__ = (
        ForeignKeyConstraint(["school_id", "asset_id"], ["assets.school_id", "assets.id"]),
        Index("ix_repairs_asset_id", "school_id", "asset_id", "sent_at"),
        Index("ix_repairs_returned_at", "school_id", "returned_at", "due_on"),
    )

    asset_id: Mapped[UUID] = mapped_column(comment="Of which asset")
    repairer: Mapped[str] = mapped_column(String(120), comment="Company or person")
    off_site: Mapped[bool] = mapped_column(comment="It leaves the school")
    terms: Mapped[str] = mapped_column(String(200), comment="Contract or terms with the repairer, by reference")
    reference: Mapped[str] = mapped_column(String(80), comment="The repairer's number; empty if none")
    reason: Mapped[str] = mapped_column(Text, comment="What is wrong with it")
    due_on: Mapped[date | None] = mapped_column(comment="When it is expected back")
    sent_at: Mapped[datetime] = mapped_column(comment="UTC")
    sent_by: Mapped[str] = mapped_column(String(200), comment="Name at that time")
    returned_at: Mapped[datetime | None] = mapped_column(comment="UTC; null: still away")
    outcome: Mapped[str] = mapped_column(Text, comment="What was done; empty while it is away")
    version: Mapped[int] = mapped_column(comment="Counts changes: two people who edit at once are told")

    __mapper_args__ = {"version_id_col": version}


class RegisterSettings(Base):
    """What must be listed and what is capital, as the school's financial procedures have it."""

    __tablename__ = "register_settings"
    __table_args__ = (ForeignKeyConstraint(["school_id"], ["schools.id"]),)

    school_id: Mapped[UUID] = mapped_column(primary_key=True, comment="School")
    min_cost_pence: Mapped[int] = mapped_column(comment="Things below this need not be listed, in pence")
    always_portable: Mapped[bool] = mapped_column(
        comment="Portable and attractive things are listed whatever they cost"
    )
    always_it: Mapped[bool] = mapped_column(comment="Everything that may hold data is listed whatever it cost")
    capitalise_from_pence: Mapped[int] = mapped_column(comment="From this price on it is a capital asset, in pence")
    check_days: Mapped[int] = mapped_column(comment="How long a check counts, in days")
    version: Mapped[int] = mapped_column(comment="Counts changes: two people who edit at once are told")

    __mapper_args__ = {"version_id_col": version}


class SavedView(SchoolRow, Base):
    """A list of assets as somebody likes to see it: filters, order and columns, by a name of their own."""

    __tablename__ = "saved_views"
    __table_args__ = (
        ForeignKeyConstraint(["school_id", "user_id"], ["users.school_id", "users.id"]),
        UniqueConstraint("school_id", "user_id", "name"),
    )

    user_id: Mapped[UUID] = mapped_column(comment="Whose; nobody else sees it")
    name: Mapped[str] = mapped_column(String(80), comment="As they call it")
    query: Mapped[str] = mapped_column(Text, comment="Query string of the list, without a page")
    opens: Mapped[bool] = mapped_column(comment="The list opens with it; at most one of a person")
    created_at: Mapped[datetime] = mapped_column(comment="UTC")
