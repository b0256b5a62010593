"""Loans, their things, and who may not borrow for now."""

import sqlalchemy as sa
from alembic import op

revision = "0012"
down_revision = "0011"


def upgrade() -> None:
    """Make the tables."""
    op.create_table(
        "suspensions",
        sa.Column("person_id", sa.Uuid(), nullable=False, comment="Who"),
        sa.Column("reason", sa.String(length=200), nullable=False, comment="Why"),
        sa.Column("suspended_by", sa.String(length=200), nullable=False, comment="Name at that time"),
        sa.Column("suspended_at", sa.DateTime(), nullable=False, comment="UTC"),
        sa.Column("lifted_at", sa.DateTime(), nullable=True, comment="UTC; null: it stands"),
        sa.Column("school_id", sa.Uuid(), nullable=False, comment="School the row belongs to"),
        sa.Column("id", sa.Uuid(), nullable=False, comment="UUIDv7 made by the application"),
        sa.ForeignKeyConstraint(
            ["school_id", "person_id"], ["people.school_id", "people.id"], name="fk_suspensions_school_id_person_id"
        ),
        sa.PrimaryKeyConstraint("school_id", "id", name="pk_suspensions"),
    )
    op.create_index("ix_suspensions_person_id", "suspensions", ["school_id", "person_id", "lifted_at"], unique=False)
    op.create_table(
        "loans",
        sa.Column("number", sa.Integer(), nullable=False, comment="From 1 without gaps in the school"),
        sa.Column("person_id", sa.Uuid(), nullable=False, comment="Who borrows"),
        sa.Column("agreement_version_id", sa.Uuid(), nullable=False, comment="The terms that were signed"),
        sa.Column("due_on", sa.Date(), nullable=False, comment="Last day of the loan"),
        sa.Column("off_site", sa.Boolean(), nullable=False, comment="The things leave the school"),
        sa.Column("purpose", sa.String(length=200), nullable=False, comment="What for; empty if not said"),
        sa.Column(
            "place", sa.String(length=200), nullable=False, comment="Where the things are kept; empty if not said"
        ),
        sa.Column("open_items", sa.Integer(), nullable=False, comment="Things that are not back; kept in step"),
        sa.Column("lent_at", sa.DateTime(), nullable=False, comment="UTC"),
        sa.Column("lent_by", sa.String(length=200), nullable=False, comment="Who handed them out; name at that time"),
        sa.Column(
            "signatory", sa.String(length=200), nullable=False, comment="Who signed for them; a parent for a pupil"
        ),
        sa.Column("text_sha256", sa.String(length=64), nullable=False, comment="Hex, of the terms that were shown"),
        sa.Column("drawn", sa.LargeBinary(), nullable=True, comment="PNG of the drawn signature; null: a typed name"),
        sa.Column("version", sa.Integer(), nullable=False, comment="Counts changes: two desks at once are told"),
        sa.Column("school_id", sa.Uuid(), nullable=False, comment="School the row belongs to"),
        sa.Column("id", sa.Uuid(), nullable=False, comment="UUIDv7 made by the application"),
        sa.CheckConstraint("open_items >= 0", name="ck_loans_open_items"),
        sa.ForeignKeyConstraint(
            ["school_id", "agreement_version_id"],
            ["agreement_versions.school_id", "agreement_versions.id"],
            name="fk_loans_school_id_agreement_version_id",
        ),
        sa.ForeignKeyConstraint(
            ["school_id", "person_id"], ["people.school_id", "people.id"], name="fk_loans_school_id_person_id"
        ),
        sa.ForeignKeyConstraint(["school_id"], ["schools.id"], name="fk_loans_school_id"),
        sa.PrimaryKeyConstraint("school_id", "id", name="pk_loans"),
        sa.UniqueConstraint("school_id", "number", name="uq_loans_school_id_number"),
    )
    op.create_index("ix_loans_due_on", "loans", ["school_id", "due_on", "number"], unique=False)
    op.create_index("ix_loans_person_id", "loans", ["school_id", "person_id", "number"], unique=False)
    op.create_table(
        "loan_items",
        sa.Column("loan_id", sa.Uuid(), nullable=False, comment="Of which loan"),
        sa.Column("asset_id", sa.Uuid(), nullable=False, comment="Which thing"),
        sa.Column("label", sa.String(length=300), nullable=False, comment="How people knew it when it went out"),
        sa.Column("accessories", sa.String(length=200), nullable=False, comment="Charger, bag, dongle; empty if none"),
        sa.Column(
            "condition_out", sa.String(length=200), nullable=False, comment="As it went out; empty: without a mark"
        ),
        sa.Column("returned_at", sa.DateTime(), nullable=True, comment="UTC; null: still out"),
        sa.Column("received_by", sa.String(length=200), nullable=False, comment="Who took it back; name at that time"),
        sa.Column(
            "returned_by",
            sa.String(length=200),
            nullable=False,
            comment="Who brought it and signed; empty: nobody signed",
        ),
        sa.Column(
            "condition_in", sa.String(length=20), nullable=False, comment="loans.rules.Condition; empty while it is out"
        ),
        sa.Column("note_in", sa.Text(), nullable=False, comment="What is missing or damaged; empty if nothing"),
        sa.Column("drawn_in", sa.LargeBinary(), nullable=True, comment="PNG of the signature at the return"),
        sa.Column("school_id", sa.Uuid(), nullable=False, comment="School the row belongs to"),
        sa.Column("id", sa.Uuid(), nullable=False, comment="UUIDv7 made by the application"),
        sa.CheckConstraint(
            "condition_in IN ('', 'as_lent', 'incomplete', 'damaged')", name="ck_loan_items_condition_in"
        ),
        sa.ForeignKeyConstraint(
            ["school_id", "asset_id"], ["assets.school_id", "assets.id"], name="fk_loan_items_school_id_asset_id"
        ),
        sa.ForeignKeyConstraint(
            ["school_id", "loan_id"], ["loans.school_id", "loans.id"], name="fk_loan_items_school_id_loan_id"
        ),
        sa.PrimaryKeyConstraint("school_id", "id", name="pk_loan_items"),
        sa.UniqueConstraint("school_id", "loan_id", "asset_id", name="uq_loan_items_school_id_loan_id_asset_id"),
    )
    op.create_index("ix_loan_items_asset_id", "loan_items", ["school_id", "asset_id", "returned_at"], unique=False)


def downgrade() -> None:
    """Remove them."""
    op.drop_table("suspensions")
    op.drop_table("loan_items")
    op.drop_table("loans")
