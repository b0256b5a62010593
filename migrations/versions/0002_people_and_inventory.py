"""People, kinds, locations, assets, and assertions that an asset holds no storage.

Kinds and places are rows, so that a school adds its own. An asset is never deleted; its end is a state.
"""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"


def upgrade() -> None:
    """Make the tables."""
    op.create_table(
        "people",
        sa.Column("name", sa.String(length=200), nullable=False, comment="As people know them"),
        sa.Column("kind", sa.String(length=20), nullable=False, comment="people.rules.PersonKind"),
        sa.Column(
            "job", sa.String(length=100), nullable=False, comment="What they do at the school; empty if not said"
        ),
        sa.Column("email", sa.String(length=254), nullable=False, comment="Empty if none"),
        sa.Column("search", sa.Text(), nullable=False, comment="Name, job and email in small letters, to find them by"),
        sa.Column("left_on", sa.Date(), nullable=True, comment="Last day at the school"),
        sa.Column("created_at", sa.DateTime(), nullable=False, comment="UTC"),
        sa.Column(
            "version", sa.Integer(), nullable=False, comment="Counts changes: two people who edit at once are told"
        ),
        sa.Column("school_id", sa.Uuid(), nullable=False, comment="School the row belongs to"),
        sa.Column("id", sa.Uuid(), nullable=False, comment="UUIDv7 made by the application"),
        sa.CheckConstraint("kind IN ('staff', 'governor', 'pupil', 'external')", name="ck_people_kind"),
        sa.ForeignKeyConstraint(["school_id"], ["schools.id"], name="fk_people_school_id"),
        sa.PrimaryKeyConstraint("school_id", "id", name="pk_people"),
    )
    op.create_index("ix_people_name", "people", ["school_id", "name", "id"], unique=False)
    op.create_table(
        "asset_kinds",
        sa.Column("name", sa.String(length=80), nullable=False, comment="Laptop, Server, Projector ..."),
        sa.Column(
            "data_bearing",
            sa.Boolean(),
            nullable=False,
            comment="May hold personal data unless somebody asserts otherwise (AD5)",
        ),
        sa.Column("portable", sa.Boolean(), nullable=False, comment="Portable and attractive: listed whatever it cost"),
        sa.Column(
            "fixed", sa.Boolean(), nullable=False, comment="Installed by a supplier; needs an install record (HS4)"
        ),
        sa.Column(
            "server",
            sa.Boolean(),
            nullable=False,
            comment="Certificate for every disk, no waiver (DS3); lockable place (DS6)",
        ),
        sa.Column("school_id", sa.Uuid(), nullable=False, comment="School the row belongs to"),
        sa.Column("id", sa.Uuid(), nullable=False, comment="UUIDv7 made by the application"),
        sa.ForeignKeyConstraint(["school_id"], ["schools.id"], name="fk_asset_kinds_school_id"),
        sa.PrimaryKeyConstraint("school_id", "id", name="pk_asset_kinds"),
        sa.UniqueConstraint("school_id", "name", name="uq_asset_kinds_school_id_name"),
    )
    op.create_table(
        "locations",
        sa.Column("parent_id", sa.Uuid(), nullable=True, comment="The place that holds it; null for a site"),
        sa.Column("level", sa.String(length=20), nullable=False, comment="inventory.rules.LocationLevel"),
        sa.Column("name", sa.String(length=80), nullable=False, comment="Its own name"),
        sa.Column(
            "search", sa.Text(), nullable=False, comment="The path in small letters without accents, to find it by"
        ),
        sa.Column(
            "path",
            sa.String(length=500),
            nullable=False,
            comment="All names from the site down, joined by ' / '; kept in step",
        ),
        sa.Column("lockable", sa.Boolean(), nullable=False, comment="Can be locked (DS6, DS12)"),
        sa.Column(
            "fire_class",
            sa.String(length=20),
            nullable=False,
            comment="BS EN 1047-1 class, S 60 DIS for tapes; empty if none",
        ),
        sa.Column(
            "version", sa.Integer(), nullable=False, comment="Counts changes: two people who edit at once are told"
        ),
        sa.Column("school_id", sa.Uuid(), nullable=False, comment="School the row belongs to"),
        sa.Column("id", sa.Uuid(), nullable=False, comment="UUIDv7 made by the application"),
        sa.CheckConstraint("level IN ('site', 'building', 'room', 'cabinet', 'slot')", name="ck_locations_level"),
        sa.ForeignKeyConstraint(
            ["school_id", "parent_id"], ["locations.school_id", "locations.id"], name="fk_locations_school_id_parent_id"
        ),
        sa.ForeignKeyConstraint(["school_id"], ["schools.id"], name="fk_locations_school_id"),
        sa.PrimaryKeyConstraint("school_id", "id", name="pk_locations"),
        sa.UniqueConstraint("school_id", "path", name="uq_locations_school_id_path"),
    )
    op.create_table(
        "assets",
        sa.Column(
            "tag", sa.String(length=8), nullable=False, comment="Crockford base 32 with a check character (labels.code)"
        ),
        sa.Column("kind_id", sa.Uuid(), nullable=False, comment="What it is"),
        sa.Column("name", sa.String(length=120), nullable=False, comment="What people call it; empty if nothing"),
        sa.Column("make", sa.String(length=80), nullable=False, comment="Empty if not known"),
        sa.Column("model", sa.String(length=120), nullable=False, comment="Empty if not known"),
        sa.Column(
            "serial",
            sa.String(length=120),
            nullable=False,
            comment="As on the case; empty with a reason in serial_reason",
        ),
        sa.Column(
            "serial_key",
            sa.String(length=120),
            nullable=False,
            comment="Serial in capitals, letters and digits only, to find",
        ),
        sa.Column(
            "serial_reason",
            sa.String(length=200),
            nullable=False,
            comment="Why there is no serial; empty where there is one",
        ),
        sa.Column("ownership", sa.String(length=20), nullable=False, comment="inventory.rules.Ownership (AD1)"),
        sa.Column("location_id", sa.Uuid(), nullable=True, comment="Where it belongs"),
        sa.Column("responsible_id", sa.Uuid(), nullable=True, comment="Who answers for it"),
        sa.Column(
            "data_class",
            sa.String(length=1),
            nullable=False,
            comment="wipe.vocabulary.DataClass: the worst it may have held",
        ),
        sa.Column("state", sa.String(length=30), nullable=False, comment="inventory.rules.AssetState"),
        sa.Column("acquired_on", sa.Date(), nullable=True, comment="Day of purchase or gift"),
        sa.Column("cost_pence", sa.Integer(), nullable=True, comment="Price without VAT, in pence"),
        sa.Column("notes", sa.Text(), nullable=False, comment="Free text"),
        sa.Column(
            "media_count",
            sa.Integer(),
            nullable=False,
            comment="Storage media in it now; kept by inventory.service.note_media",
        ),
        sa.Column(
            "label_printed_at",
            sa.DateTime(),
            nullable=True,
            comment="UTC, the last time; null: no label was printed",
        ),
        sa.Column(
            "search",
            sa.Text(),
            nullable=False,
            comment="Tag, serial, name, make and model in small letters, to find it by",
        ),
        sa.Column("created_at", sa.DateTime(), nullable=False, comment="UTC"),
        sa.Column(
            "version", sa.Integer(), nullable=False, comment="Counts changes: two people who edit at once are told"
        ),
        sa.Column("school_id", sa.Uuid(), nullable=False, comment="School the row belongs to"),
        sa.Column("id", sa.Uuid(), nullable=False, comment="UUIDv7 made by the application"),
        sa.CheckConstraint("data_class IN ('N', 'P', 'S')", name="ck_assets_data_class"),
        sa.CheckConstraint("media_count >= 0", name="ck_assets_media_count"),
        sa.CheckConstraint(
            "ownership IN ('school', 'governors', 'local-authority', 'dfe', 'leased', 'donated', 'borrowed')",
            name="ck_assets_ownership",
        ),
        sa.CheckConstraint(
            "state IN ('incoming', 'in_store', 'in_use', 'on_loan', 'in_repair', 'missing', 'redundant', 'disposal_authorised', 'cleared', 'awaiting_collection', 'released', 'disposed', 'written_off')",
            name="ck_assets_state",
        ),
        sa.ForeignKeyConstraint(
            ["school_id", "kind_id"], ["asset_kinds.school_id", "asset_kinds.id"], name="fk_assets_school_id_kind_id"
        ),
        sa.ForeignKeyConstraint(
            ["school_id", "location_id"],
            ["locations.school_id", "locations.id"],
            name="fk_assets_school_id_location_id",
        ),
        sa.ForeignKeyConstraint(
            ["school_id", "responsible_id"],
            ["people.school_id", "people.id"],
            name="fk_assets_school_id_responsible_id",
        ),
        sa.ForeignKeyConstraint(["school_id"], ["schools.id"], name="fk_assets_school_id"),
        sa.PrimaryKeyConstraint("school_id", "id", name="pk_assets"),
        sa.UniqueConstraint("school_id", "tag", name="uq_assets_school_id_tag"),
    )
    op.create_index("ix_assets_kind_id", "assets", ["school_id", "kind_id", "tag"], unique=False)
    op.create_index("ix_assets_label_printed_at", "assets", ["school_id", "label_printed_at", "tag"], unique=False)
    op.create_index("ix_assets_location_id", "assets", ["school_id", "location_id", "tag"], unique=False)
    op.create_index("ix_assets_model", "assets", ["school_id", "make", "model", "tag"], unique=False)
    op.create_index("ix_assets_name", "assets", ["school_id", "name", "tag"], unique=False)
    op.create_index("ix_assets_responsible_id", "assets", ["school_id", "responsible_id", "tag"], unique=False)
    op.create_index("ix_assets_serial_key", "assets", ["school_id", "serial_key"], unique=False)
    op.create_index("ix_assets_state", "assets", ["school_id", "state", "tag"], unique=False)
    op.create_table(
        "no_storage_assertions",
        sa.Column("asset_id", sa.Uuid(), nullable=False, comment="Of which asset"),
        sa.Column("reason", sa.Text(), nullable=False, comment="Why one can be sure"),
        sa.Column("asserted_by", sa.String(length=200), nullable=False, comment="Name at that time"),
        sa.Column("asserted_by_id", sa.Uuid(), nullable=False, comment="User"),
        sa.Column("asserted_at", sa.DateTime(), nullable=False, comment="UTC"),
        sa.Column(
            "withdrawn_at",
            sa.DateTime(),
            nullable=True,
            comment="UTC; storage was found or attached after all",
        ),
        sa.Column("school_id", sa.Uuid(), nullable=False, comment="School the row belongs to"),
        sa.Column("id", sa.Uuid(), nullable=False, comment="UUIDv7 made by the application"),
        sa.ForeignKeyConstraint(
            ["school_id", "asset_id"],
            ["assets.school_id", "assets.id"],
            name="fk_no_storage_assertions_school_id_asset_id",
        ),
        sa.PrimaryKeyConstraint("school_id", "id", name="pk_no_storage_assertions"),
    )
    op.create_index(
        "ix_no_storage_assertions_asset_id", "no_storage_assertions", ["school_id", "asset_id"], unique=False
    )


def downgrade() -> None:
    """Remove them."""
    for table in ("no_storage_assertions", "assets", "locations", "asset_kinds", "people"):
        op.drop_table(table)
