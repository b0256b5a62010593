"""Line managers, and what was mailed to whom."""

import sqlalchemy as sa
from alembic import op

revision = "0016"
down_revision = "0015"


def upgrade() -> None:
    """Make the table and the column."""
    # no foreign key: SQLite adds none to a table that is there, and people are never deleted
    comment = "Person who is told of what is overdue; null: nobody. The service checks that it is one of the school"
    op.add_column("people", sa.Column("line_manager_id", sa.Uuid(), nullable=True, comment=comment))
    op.create_table(
        "reminders_sent",
        sa.Column("person_id", sa.Uuid(), nullable=False, comment="To whom"),
        sa.Column("day", sa.Date(), nullable=False, comment="Day at the school"),
        sa.Column("address", sa.String(length=254), nullable=False, comment="Where it went, or should have gone"),
        sa.Column("subject", sa.String(length=200), nullable=False, comment="Subject of the mail"),
        sa.Column("lines", sa.JSON(), nullable=False, comment="reminders.rules.Line: what it told"),
        sa.Column(
            "digest_sha256", sa.String(length=64), nullable=False, comment="Hex, of the text of the mail in UTF-8"
        ),
        sa.Column("state", sa.String(length=20), nullable=False, comment="reminders.rules.SendState"),
        sa.Column("attempts", sa.Integer(), nullable=False, comment="How often it was begun"),
        sa.Column(
            "repeats",
            sa.Integer(),
            nullable=False,
            comment="How often it was begun again though it may have gone: 0 or 1",
        ),
        sa.Column("refused", sa.Boolean(), nullable=False, comment="The server said that trying again is no use"),
        sa.Column(
            "problem",
            sa.String(length=500),
            nullable=False,
            comment="Why it did not go, or is not known to have; empty: none",
        ),
        sa.Column("message_id", sa.String(length=120), nullable=False, comment="The same whenever it is begun again"),
        sa.Column("at", sa.DateTime(), nullable=False, comment="UTC; when the state was last written"),
        sa.Column("school_id", sa.Uuid(), nullable=False, comment="School the row belongs to"),
        sa.Column("id", sa.Uuid(), nullable=False, comment="UUIDv7 made by the application"),
        sa.CheckConstraint("state IN ('claimed', 'sent', 'failed')", name="ck_reminders_sent_state"),
        sa.ForeignKeyConstraint(
            ["school_id", "person_id"], ["people.school_id", "people.id"], name="fk_reminders_sent_school_id_person_id"
        ),
        sa.PrimaryKeyConstraint("school_id", "id", name="pk_reminders_sent"),
        sa.UniqueConstraint("school_id", "person_id", "day", name="uq_reminders_sent_school_id_person_id_day"),
    )
    op.create_index("ix_reminders_sent_day", "reminders_sent", ["school_id", "day", "id"], unique=False)


def downgrade() -> None:
    """Remove them."""
    op.drop_table("reminders_sent")
    op.drop_column("people", "line_manager_id")
