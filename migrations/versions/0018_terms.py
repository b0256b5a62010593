"""The school's calendar: school years and their dates."""

import sqlalchemy as sa
from alembic import op

revision = "0018"
down_revision = "0017"


def upgrade() -> None:
    """Make the tables."""
    op.create_table(
        "school_years",
        sa.Column("year", sa.Integer(), nullable=False, comment="In which it begins: 2026 is 2026/27"),
        sa.Column(
            "confirmed_at", sa.DateTime(), nullable=True, comment="UTC; somebody checked its dates; null: nobody yet"
        ),
        sa.Column(
            "confirmed_by", sa.String(length=200), nullable=False, comment="Name at that time; empty: nobody yet"
        ),
        sa.Column(
            "version", sa.Integer(), nullable=False, comment="Counts changes: two people who edit at once are told"
        ),
        sa.Column("school_id", sa.Uuid(), nullable=False, comment="School the row belongs to"),
        sa.Column("id", sa.Uuid(), nullable=False, comment="UUIDv7 made by the application"),
        sa.ForeignKeyConstraint(["school_id"], ["schools.id"], name="fk_school_years_school_id"),
        sa.PrimaryKeyConstraint("school_id", "id", name="pk_school_years"),
        sa.UniqueConstraint("school_id", "year", name="uq_school_years_school_id_year"),
    )
    op.create_table(
        "calendar_dates",
        sa.Column("year_id", sa.Uuid(), nullable=False, comment="Of which school year"),
        sa.Column("kind", sa.String(length=20), nullable=False, comment="terms.rules.DateKind"),
        sa.Column("name", sa.String(length=80), nullable=False, comment="Autumn term, October half-term ..."),
        sa.Column("starts_on", sa.Date(), nullable=False, comment="First day"),
        sa.Column("ends_on", sa.Date(), nullable=False, comment="Last day, which counts"),
        sa.Column(
            "version", sa.Integer(), nullable=False, comment="Counts changes: two people who edit at once are told"
        ),
        sa.Column("school_id", sa.Uuid(), nullable=False, comment="School the row belongs to"),
        sa.Column("id", sa.Uuid(), nullable=False, comment="UUIDv7 made by the application"),
        sa.CheckConstraint("kind IN ('term', 'half_term', 'inset', 'closed')", name="ck_calendar_dates_kind"),
        sa.CheckConstraint("ends_on >= starts_on", name="ck_calendar_dates_ends_on"),
        sa.ForeignKeyConstraint(
            ["school_id", "year_id"],
            ["school_years.school_id", "school_years.id"],
            name="fk_calendar_dates_school_id_year_id",
        ),
        sa.PrimaryKeyConstraint("school_id", "id", name="pk_calendar_dates"),
    )
    op.create_index("ix_calendar_dates_year_id", "calendar_dates", ["school_id", "year_id", "starts_on"], unique=False)


def downgrade() -> None:
    """Remove them."""
    op.drop_table("calendar_dates")
    op.drop_table("school_years")
