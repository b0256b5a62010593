"""What a school knows of an asset, fields of its own, checks, repairs, retired labels, printers, register settings.

Columns that are new in a table with rows carry a default for those rows.
"""

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"

TABLES = ("printers", "register_settings", "custom_fields", "asset_checks", "repairs", "retired_labels")
COLUMNS = (
    "description",
    "department",
    "supplier",
    "order_number",
    "funding_source",
    "owner",
    "insurance_pence",
    "life_months",
    "warranty_until",
    "security_marked_on",
    "security_marking",
    "custom",
    "media_holding",
)
# what is in an asset and was neither sanitised nor destroyed may hold data
HOLDING = """
    UPDATE assets SET media_holding = (
        SELECT count(*) FROM media
        WHERE media.school_id = assets.school_id AND media.asset_id = assets.id
        AND media.state NOT IN ('sanitised', 'destroyed', 'destroyed_confirmed')
    ) WHERE media_count > 0
"""


def upgrade() -> None:
    """Make tables and columns."""

    op.create_table(
        "printers",
        sa.Column("name", sa.String(length=80), nullable=False, comment="What people call it: Office, tray 2"),
        sa.Column("right_tenths", sa.Integer(), nullable=False, comment="Move right by, in tenths of a millimetre"),
        sa.Column("down_tenths", sa.Integer(), nullable=False, comment="Move down by, in tenths of a millimetre"),
        sa.Column(
            "scale_thousandths",
            sa.Integer(),
            nullable=False,
            comment="Scale from the top left corner; 1000 is actual size",
        ),
        sa.Column(
            "stock",
            sa.String(length=40),
            nullable=False,
            comment="labels.sheet stock that usually lies in it; empty if none",
        ),
        sa.Column(
            "version", sa.Integer(), nullable=False, comment="Counts changes: two people who edit at once are told"
        ),
        sa.Column("school_id", sa.Uuid(), nullable=False, comment="School the row belongs to"),
        sa.Column("id", sa.Uuid(), nullable=False, comment="UUIDv7 made by the application"),
        sa.CheckConstraint(
            "right_tenths BETWEEN -100 AND 100 AND down_tenths BETWEEN -100 AND 100", name="ck_printers_nudge"
        ),
        sa.CheckConstraint("scale_thousandths BETWEEN 950 AND 1050", name="ck_printers_scale"),
        sa.ForeignKeyConstraint(["school_id"], ["schools.id"], name="fk_printers_school_id"),
        sa.PrimaryKeyConstraint("school_id", "id", name="pk_printers"),
        sa.UniqueConstraint("school_id", "name", name="uq_printers_school_id_name"),
    )
    op.create_table(
        "register_settings",
        sa.Column("school_id", sa.Uuid(), nullable=False, comment="School"),
        sa.Column(
            "min_cost_pence", sa.Integer(), nullable=False, comment="Things below this need not be listed, in pence"
        ),
        sa.Column(
            "always_portable",
            sa.Boolean(),
            nullable=False,
            comment="Portable and attractive things are listed whatever they cost",
        ),
        sa.Column(
            "always_it",
            sa.Boolean(),
            nullable=False,
            comment="Everything that may hold data is listed whatever it cost",
        ),
        sa.Column(
            "capitalise_from_pence",
            sa.Integer(),
            nullable=False,
            comment="From this price on it is a capital asset, in pence",
        ),
        sa.Column(
            "version", sa.Integer(), nullable=False, comment="Counts changes: two people who edit at once are told"
        ),
        sa.ForeignKeyConstraint(["school_id"], ["schools.id"], name="fk_register_settings_school_id"),
        sa.PrimaryKeyConstraint("school_id", name="pk_register_settings"),
    )
    op.create_table(
        "custom_fields",
        sa.Column("kind_id", sa.Uuid(), nullable=True, comment="Of which kind; null: of every kind"),
        sa.Column("name", sa.String(length=80), nullable=False, comment="As forms and exports show it"),
        sa.Column("type", sa.String(length=20), nullable=False, comment="inventory.rules.CustomType"),
        sa.Column("choices", sa.JSON(), nullable=False, comment="What can be chosen, where the type is choice"),
        sa.Column("hint", sa.String(length=200), nullable=False, comment="Help below the field; empty if none"),
        sa.Column("required", sa.Boolean(), nullable=False, comment="A form asks for it; an import may leave it out"),
        sa.Column("position", sa.Integer(), nullable=False, comment="Order in the form"),
        sa.Column("retired_at", sa.DateTime(), nullable=True, comment="UTC; no longer asked for, its values stay"),
        sa.Column(
            "version", sa.Integer(), nullable=False, comment="Counts changes: two people who edit at once are told"
        ),
        sa.Column("school_id", sa.Uuid(), nullable=False, comment="School the row belongs to"),
        sa.Column("id", sa.Uuid(), nullable=False, comment="UUIDv7 made by the application"),
        sa.CheckConstraint(
            "type IN ('text', 'number', 'date', 'yes_no', 'choice', 'money')", name="ck_custom_fields_type"
        ),
        sa.ForeignKeyConstraint(
            ["school_id", "kind_id"],
            ["asset_kinds.school_id", "asset_kinds.id"],
            name="fk_custom_fields_school_id_kind_id",
        ),
        sa.ForeignKeyConstraint(["school_id"], ["schools.id"], name="fk_custom_fields_school_id"),
        sa.PrimaryKeyConstraint("school_id", "id", name="pk_custom_fields"),
    )
    op.create_table(
        "asset_checks",
        sa.Column("asset_id", sa.Uuid(), nullable=False, comment="Of which asset"),
        sa.Column("kind", sa.String(length=20), nullable=False, comment="inventory.rules.CheckKind"),
        sa.Column("passed", sa.Boolean(), nullable=False, comment="In order; false: looked at, and not in order"),
        sa.Column("done_on", sa.Date(), nullable=False, comment="Day of the check"),
        sa.Column(
            "method", sa.String(length=200), nullable=False, comment="How: BitLocker XTS-AES 256, Autopilot reset ..."
        ),
        sa.Column("note", sa.Text(), nullable=False, comment="Free text"),
        sa.Column(
            "done_by", sa.String(length=200), nullable=False, comment="Who looked or did it: a person or a company"
        ),
        sa.Column("recorded_by", sa.String(length=200), nullable=False, comment="Who wrote it down; name at that time"),
        sa.Column("recorded_by_id", sa.Uuid(), nullable=True, comment="User"),
        sa.Column("recorded_at", sa.DateTime(), nullable=False, comment="UTC"),
        sa.Column("school_id", sa.Uuid(), nullable=False, comment="School the row belongs to"),
        sa.Column("id", sa.Uuid(), nullable=False, comment="UUIDv7 made by the application"),
        sa.CheckConstraint(
            "kind IN ('encryption', 'anti_virus', 'updates', 'reset', 'installation', 'identification')",
            name="ck_asset_checks_kind",
        ),
        sa.ForeignKeyConstraint(
            ["school_id", "asset_id"], ["assets.school_id", "assets.id"], name="fk_asset_checks_school_id_asset_id"
        ),
        sa.PrimaryKeyConstraint("school_id", "id", name="pk_asset_checks"),
    )
    op.create_index(
        "ix_asset_checks_asset_id", "asset_checks", ["school_id", "asset_id", "kind", "done_on"], unique=False
    )
    op.create_index("ix_asset_checks_kind", "asset_checks", ["school_id", "kind", "done_on"], unique=False)
    op.create_table(
        "repairs",
        sa.Column("asset_id", sa.Uuid(), nullable=False, comment="Of which asset"),
        sa.Column("repairer", sa.String(length=120), nullable=False, comment="Company or person"),
        sa.Column("off_site", sa.Boolean(), nullable=False, comment="It leaves the school"),
        sa.Column(
            "terms", sa.String(length=200), nullable=False, comment="Contract or terms with the repairer, by reference"
        ),
        sa.Column("reference", sa.String(length=80), nullable=False, comment="The repairer's number; empty if none"),
        sa.Column("reason", sa.Text(), nullable=False, comment="What is wrong with it"),
        sa.Column("due_on", sa.Date(), nullable=True, comment="When it is expected back"),
        sa.Column("sent_at", sa.DateTime(), nullable=False, comment="UTC"),
        sa.Column("sent_by", sa.String(length=200), nullable=False, comment="Name at that time"),
        sa.Column("returned_at", sa.DateTime(), nullable=True, comment="UTC; null: still away"),
        sa.Column("outcome", sa.Text(), nullable=False, comment="What was done; empty while it is away"),
        sa.Column(
            "version", sa.Integer(), nullable=False, comment="Counts changes: two people who edit at once are told"
        ),
        sa.Column("school_id", sa.Uuid(), nullable=False, comment="School the row belongs to"),
        sa.Column("id", sa.Uuid(), nullable=False, comment="UUIDv7 made by the application"),
        sa.ForeignKeyConstraint(
            ["school_id", "asset_id"], ["assets.school_id", "assets.id"], name="fk_repairs_school_id_asset_id"
        ),
        sa.PrimaryKeyConstraint("school_id", "id", name="pk_repairs"),
    )
    op.create_index("ix_repairs_asset_id", "repairs", ["school_id", "asset_id", "sent_at"], unique=False)
    op.create_index("ix_repairs_returned_at", "repairs", ["school_id", "returned_at", "due_on"], unique=False)
    op.create_table(
        "retired_labels",
        sa.Column("asset_id", sa.Uuid(), nullable=False, comment="Of which asset"),
        sa.Column("tag", sa.String(length=8), nullable=False, comment="The old tag"),
        sa.Column("reason", sa.Text(), nullable=False, comment="Why: lost, damaged, on the wrong thing ..."),
        sa.Column("retired_by", sa.String(length=200), nullable=False, comment="Name at that time"),
        sa.Column("retired_by_id", sa.Uuid(), nullable=True, comment="User"),
        sa.Column("retired_at", sa.DateTime(), nullable=False, comment="UTC"),
        sa.Column("school_id", sa.Uuid(), nullable=False, comment="School the row belongs to"),
        sa.Column("id", sa.Uuid(), nullable=False, comment="UUIDv7 made by the application"),
        sa.ForeignKeyConstraint(
            ["school_id", "asset_id"], ["assets.school_id", "assets.id"], name="fk_retired_labels_school_id_asset_id"
        ),
        sa.PrimaryKeyConstraint("school_id", "id", name="pk_retired_labels"),
        sa.UniqueConstraint("school_id", "tag", name="uq_retired_labels_school_id_tag"),
    )
    op.create_index("ix_retired_labels_asset_id", "retired_labels", ["school_id", "asset_id"], unique=False)
    op.add_column(
        "asset_kinds",
        sa.Column("retired_at", sa.DateTime(), nullable=True, comment="UTC; no longer offered for new assets"),
    )
    op.add_column(
        "asset_kinds",
        sa.Column(
            "version",
            sa.Integer(),
            nullable=False,
            server_default=sa.text("'1'"),
            comment="Counts changes: two people who edit at once are told",
        ),
    )
    op.add_column(
        "assets",
        sa.Column(
            "description",
            sa.String(length=200),
            nullable=False,
            server_default=sa.text("''"),
            comment="Colour and other marks to know it by",
        ),
    )
    op.add_column(
        "assets",
        sa.Column(
            "department",
            sa.String(length=80),
            nullable=False,
            server_default=sa.text("''"),
            comment="Department or class; empty if none",
        ),
    )
    op.add_column(
        "assets",
        sa.Column(
            "supplier",
            sa.String(length=120),
            nullable=False,
            server_default=sa.text("''"),
            comment="Who sold or gave it; empty if not known",
        ),
    )
    op.add_column(
        "assets",
        sa.Column(
            "order_number",
            sa.String(length=80),
            nullable=False,
            server_default=sa.text("''"),
            comment="Order or invoice; empty if not known",
        ),
    )
    op.add_column(
        "assets",
        sa.Column(
            "funding_source",
            sa.String(length=80),
            nullable=False,
            server_default=sa.text("''"),
            comment="Budget or grant it was paid from",
        ),
    )
    op.add_column(
        "assets",
        sa.Column(
            "owner",
            sa.String(length=120),
            nullable=False,
            server_default=sa.text("''"),
            comment="Lessor, authority or lender, where it is not the school's",
        ),
    )
    op.add_column(
        "assets", sa.Column("insurance_pence", sa.Integer(), nullable=True, comment="What it is insured for, in pence")
    )
    op.add_column("assets", sa.Column("life_months", sa.Integer(), nullable=True, comment="Expected life in months"))
    op.add_column("assets", sa.Column("warranty_until", sa.Date(), nullable=True, comment="Last day of the warranty"))
    op.add_column(
        "assets",
        sa.Column(
            "security_marked_on", sa.Date(), nullable=True, comment="Day of permanent marking; a QR label is none"
        ),
    )
    op.add_column(
        "assets",
        sa.Column(
            "security_marking",
            sa.String(length=120),
            nullable=False,
            server_default=sa.text("''"),
            comment="How: engraved, forensic, tamper-evident tag",
        ),
    )
    op.add_column(
        "assets",
        sa.Column(
            "custom",
            sa.JSON(),
            nullable=False,
            server_default=sa.text("'{}'"),
            comment="Values of custom fields, by the field's id",
        ),
    )
    op.add_column(
        "assets",
        sa.Column(
            "media_holding",
            sa.Integer(),
            sa.CheckConstraint("media_holding >= 0 AND media_holding <= media_count", name="ck_assets_media_holding"),
            nullable=False,
            server_default=sa.text("'0'"),
            comment="Of the media in it, those that may still hold data (gate G4)",
        ),
    )

    op.execute(HOLDING)
    _comment_search("All its texts in small letters without accents, to find it by")


def downgrade() -> None:
    """Remove them."""
    _comment_search("Tag, serial, name, make and model in small letters, to find it by")
    for column in reversed(COLUMNS):
        op.drop_column("assets", column)
    for column in ("version", "retired_at"):
        op.drop_column("asset_kinds", column)
    for table in reversed(TABLES):
        op.drop_table(table)


def _comment_search(comment: str) -> None:
    if op.get_bind().dialect.name == "postgresql":  # SQLite keeps no comments
        op.alter_column("assets", "search", existing_type=sa.Text(), existing_nullable=False, comment=comment)
