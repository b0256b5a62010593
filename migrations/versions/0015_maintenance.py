"""Plans of maintenance, their results, and why a thing may not be used.

The column that is new in a table with rows carries a default for those rows.
"""

import sqlalchemy as sa
from alembic import op

revision = "0015"
down_revision = "0014"


def upgrade() -> None:
    """Make tables and column."""
    op.create_table(
        "maintenance_plans",
        sa.Column("kind_id", sa.Uuid(), nullable=False, comment="Of which kind"),
        sa.Column("name", sa.String(length=80), nullable=False, comment="PAT, filter, check by the supplier ..."),
        sa.Column(
            "every_months", sa.Integer(), nullable=False, comment="The school's own schedule; never a legal deadline"
        ),
        sa.Column("instructions", sa.Text(), nullable=False, comment="What to do; empty if not said"),
        sa.Column("retired_at", sa.DateTime(), nullable=True, comment="UTC; no longer asked for, its results stay"),
        sa.Column(
            "version", sa.Integer(), nullable=False, comment="Counts changes: two people who edit at once are told"
        ),
        sa.Column("school_id", sa.Uuid(), nullable=False, comment="School the row belongs to"),
        sa.Column("id", sa.Uuid(), nullable=False, comment="UUIDv7 made by the application"),
        sa.CheckConstraint("every_months BETWEEN 1 AND 120", name="ck_maintenance_plans_every_months"),
        sa.ForeignKeyConstraint(
            ["school_id", "kind_id"],
            ["asset_kinds.school_id", "asset_kinds.id"],
            name="fk_maintenance_plans_school_id_kind_id",
        ),
        sa.PrimaryKeyConstraint("school_id", "id", name="pk_maintenance_plans"),
        sa.UniqueConstraint("school_id", "kind_id", "name", name="uq_maintenance_plans_school_id_kind_id_name"),
    )
    op.create_table(
        "maintenance_results",
        sa.Column("plan_id", sa.Uuid(), nullable=False, comment="By which plan"),
        sa.Column("asset_id", sa.Uuid(), nullable=False, comment="To which thing"),
        sa.Column(
            "passed", sa.Boolean(), nullable=False, comment="In order; false: it may not be used until it passes"
        ),
        sa.Column("done_on", sa.Date(), nullable=False, comment="Day"),
        sa.Column("done_by", sa.String(length=200), nullable=False, comment="A person or a company"),
        sa.Column("note", sa.Text(), nullable=False, comment="What was found; a fail has one"),
        sa.Column("recorded_by", sa.String(length=200), nullable=False, comment="Name at that time"),
        sa.Column("recorded_at", sa.DateTime(), nullable=False, comment="UTC"),
        sa.Column("school_id", sa.Uuid(), nullable=False, comment="School the row belongs to"),
        sa.Column("id", sa.Uuid(), nullable=False, comment="UUIDv7 made by the application"),
        sa.ForeignKeyConstraint(
            ["school_id", "asset_id"],
            ["assets.school_id", "assets.id"],
            name="fk_maintenance_results_school_id_asset_id",
        ),
        sa.ForeignKeyConstraint(
            ["school_id", "plan_id"],
            ["maintenance_plans.school_id", "maintenance_plans.id"],
            name="fk_maintenance_results_school_id_plan_id",
        ),
        sa.PrimaryKeyConstraint("school_id", "id", name="pk_maintenance_results"),
    )
    op.create_index(
        "ix_maintenance_results_asset_id", "maintenance_results", ["school_id", "asset_id", "done_on"], unique=False
    )
    op.create_index(
        "ix_maintenance_results_plan_id",
        "maintenance_results",
        ["school_id", "plan_id", "asset_id", "done_on"],
        unique=False,
    )
    op.add_column(
        "assets",
        sa.Column(
            "unsafe",
            sa.Text(),
            nullable=False,
            server_default=sa.text("''"),
            comment="Why it may not be used: a failed maintenance; empty if it may",
        ),
    )


def downgrade() -> None:
    """Remove them."""
    op.drop_column("assets", "unsafe")
    op.drop_table("maintenance_results")
    op.drop_table("maintenance_plans")
