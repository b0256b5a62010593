"""Reservations and kits."""

import sqlalchemy as sa
from alembic import op

revision = "0023"
down_revision = "0022"


def upgrade() -> None:
    """Make the tables."""
    op.create_table(
        "kits",
        sa.Column(
            "name", sa.String(length=80), nullable=False, comment="As people call it; no other kit in use has it"
        ),
        sa.Column(
            "accessories",
            sa.String(length=200),
            nullable=False,
            comment="What goes with it and has no label; empty if none",
        ),
        sa.Column("retired_at", sa.DateTime(), nullable=True, comment="UTC; its things are free for another kit"),
        sa.Column(
            "version", sa.Integer(), nullable=False, comment="Counts changes: two people who edit at once are told"
        ),
        *_keys("kits"),
        sa.ForeignKeyConstraint(["school_id"], ["schools.id"], name="fk_kits_school_id"),
    )
    op.create_index("ix_kits_name", "kits", ["school_id", "name"], unique=False)
    op.create_table(
        "kit_items",
        sa.Column("kit_id", sa.Uuid(), nullable=False, comment="Of which kit"),
        sa.Column("asset_id", sa.Uuid(), nullable=False, comment="Which thing"),
        *_keys("kit_items"),
        sa.ForeignKeyConstraint(
            ["school_id", "kit_id"], ["kits.school_id", "kits.id"], name="fk_kit_items_school_id_kit_id"
        ),
        sa.ForeignKeyConstraint(
            ["school_id", "asset_id"], ["assets.school_id", "assets.id"], name="fk_kit_items_school_id_asset_id"
        ),
        sa.UniqueConstraint("school_id", "asset_id", name="uq_kit_items_school_id_asset_id"),
    )
    op.create_index("ix_kit_items_kit_id", "kit_items", ["school_id", "kit_id"], unique=False)
    _reservations()


def _reservations() -> None:
    op.create_table(
        "reservations",
        sa.Column("number", sa.Integer(), nullable=False, comment="From 1 without gaps in the school"),
        sa.Column("person_id", sa.Uuid(), nullable=False, comment="For whom"),
        sa.Column("starts_at", sa.DateTime(), nullable=False, comment="UTC"),
        sa.Column("ends_at", sa.DateTime(), nullable=False, comment="UTC; from then on it is free"),
        sa.Column(
            "expires_at", sa.DateTime(), nullable=False, comment="UTC; not collected by then, it holds nothing any more"
        ),
        sa.Column("what", sa.String(length=200), nullable=False, comment="What is reserved, as people read it"),
        sa.Column(
            "kind_id", sa.Uuid(), nullable=True, comment="Any of this kind; null: the things in reservation_items"
        ),
        sa.Column(
            "count", sa.Integer(), nullable=False, comment="So many of the kind; 0: the things in reservation_items"
        ),
        sa.Column("purpose", sa.String(length=200), nullable=False, comment="What for; empty if not said"),
        sa.Column("reserved_by", sa.String(length=200), nullable=False, comment="Name at that time"),
        sa.Column("reserved_at", sa.DateTime(), nullable=False, comment="UTC"),
        sa.Column(
            "closed_as",
            sa.String(length=20),
            nullable=False,
            comment="loans.reservations_rules.Closed; empty: it stands",
        ),
        sa.Column("closed_at", sa.DateTime(), nullable=True, comment="UTC; null: it stands, or nobody came"),
        sa.Column("loan_id", sa.Uuid(), nullable=True, comment="As which loan it was collected"),
        sa.Column("version", sa.Integer(), nullable=False, comment="Counts changes: two people at once are told"),
        *_keys("reservations"),
        sa.CheckConstraint("ends_at > starts_at", name="ck_reservations_ends_at"),
        sa.CheckConstraint("(kind_id IS NULL) = (count = 0)", name="ck_reservations_count"),
        sa.CheckConstraint("closed_as IN ('', 'collected', 'cancelled')", name="ck_reservations_closed_as"),
        sa.ForeignKeyConstraint(["school_id"], ["schools.id"], name="fk_reservations_school_id"),
        sa.ForeignKeyConstraint(
            ["school_id", "person_id"], ["people.school_id", "people.id"], name="fk_reservations_school_id_person_id"
        ),
        sa.ForeignKeyConstraint(
            ["school_id", "kind_id"],
            ["asset_kinds.school_id", "asset_kinds.id"],
            name="fk_reservations_school_id_kind_id",
        ),
        sa.ForeignKeyConstraint(
            ["school_id", "loan_id"], ["loans.school_id", "loans.id"], name="fk_reservations_school_id_loan_id"
        ),
        sa.UniqueConstraint("school_id", "number", name="uq_reservations_school_id_number"),
    )
    op.create_index("ix_reservations_ends_at", "reservations", ["school_id", "closed_as", "ends_at"], unique=False)
    op.create_index("ix_reservations_person_id", "reservations", ["school_id", "person_id", "starts_at"], unique=False)
    op.create_table(
        "reservation_items",
        sa.Column("reservation_id", sa.Uuid(), nullable=False, comment="Of which reservation"),
        sa.Column("asset_id", sa.Uuid(), nullable=False, comment="Which thing"),
        *_keys("reservation_items"),
        sa.ForeignKeyConstraint(
            ["school_id", "reservation_id"],
            ["reservations.school_id", "reservations.id"],
            name="fk_reservation_items_school_id_reservation_id",
        ),
        sa.ForeignKeyConstraint(
            ["school_id", "asset_id"], ["assets.school_id", "assets.id"], name="fk_reservation_items_school_id_asset_id"
        ),
        sa.UniqueConstraint(
            "school_id", "reservation_id", "asset_id", name="uq_reservation_items_school_id_reservation_id_asset_id"
        ),
    )
    op.create_index("ix_reservation_items_asset_id", "reservation_items", ["school_id", "asset_id"], unique=False)


def _keys(table: str) -> list[sa.schema.SchemaItem]:
    """The key of a row of a school."""
    return [
        sa.Column("school_id", sa.Uuid(), nullable=False, comment="School the row belongs to"),
        sa.Column("id", sa.Uuid(), nullable=False, comment="UUIDv7 made by the application"),
        sa.PrimaryKeyConstraint("school_id", "id", name=f"pk_{table}"),
    ]


def downgrade() -> None:
    """Remove them."""
    for table in ("reservation_items", "reservations", "kit_items", "kits"):
        op.drop_table(table)
