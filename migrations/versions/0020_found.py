"""What strangers found and told by the page of a label."""

import sqlalchemy as sa
from alembic import op

revision = "0020"
down_revision = "0019"


def upgrade() -> None:
    """Make the table."""
    op.create_table(
        "found_reports",
        sa.Column("tag", sa.String(length=64), nullable=False, comment="What stood on the label"),
        sa.Column("asset_id", sa.Uuid(), nullable=True, comment="Whose label it is; null: of nothing in the register"),
        sa.Column("place", sa.String(length=200), nullable=False, comment="Where it was found, or is now"),
        sa.Column("words", sa.Text(), nullable=False, comment="What else they wrote; empty if nothing"),
        sa.Column("contact", sa.String(length=200), nullable=False, comment="How to reach them; empty if not said, and once it is settled"),
        sa.Column("state", sa.String(length=20), nullable=False, comment="incidents.found_rules.FoundState"),
        sa.Column("incident_id", sa.Uuid(), nullable=True, comment="The incident that it belongs to"),
        sa.Column("reported_at", sa.DateTime(), nullable=False, comment="UTC"),
        sa.Column("settled_by", sa.String(length=200), nullable=False, comment="Name at that time; empty until then"),
        sa.Column("settled_at", sa.DateTime(), nullable=True, comment="UTC"),
        sa.Column("outcome", sa.Text(), nullable=False, comment="What became of it; empty until settled"),
        sa.Column("version", sa.Integer(), nullable=False, comment="Counts changes: two people who edit at once are told"),
        sa.Column("school_id", sa.Uuid(), nullable=False, comment="School the row belongs to"),
        sa.Column("id", sa.Uuid(), nullable=False, comment="UUIDv7 made by the application"),
        sa.CheckConstraint("state IN ('new', 'linked', 'settled')", name="ck_found_reports_state"),
        sa.ForeignKeyConstraint(["school_id"], ["schools.id"], name="fk_found_reports_school_id"),
        sa.ForeignKeyConstraint(["school_id", "asset_id"], ["assets.school_id", "assets.id"], name="fk_found_reports_school_id_asset_id"),
        sa.ForeignKeyConstraint(["school_id", "incident_id"], ["incidents.school_id", "incidents.id"], name="fk_found_reports_school_id_incident_id"),
        sa.PrimaryKeyConstraint("school_id", "id", name="pk_found_reports"),
    )
    op.create_index("ix_found_reports_state", "found_reports", ["school_id", "state", "reported_at"], unique=False)
    op.create_index("ix_found_reports_asset_id", "found_reports", ["school_id", "asset_id"], unique=False)
    op.create_index("ix_found_reports_incident_id", "found_reports", ["school_id", "incident_id"], unique=False)


def downgrade() -> None:
    """Remove it."""
    op.drop_table("found_reports")
