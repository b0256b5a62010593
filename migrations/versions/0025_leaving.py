"""What is settled before somebody leaves, and results of maintenance that replace a mistake."""

import sqlalchemy as sa
from alembic import op

revision = "0025"
down_revision = "0024"


def upgrade() -> None:
    """Make the tables and the columns; every result that is there stands for itself."""
    op.create_table(
        "leaving_lists",
        sa.Column("lines", sa.JSON(), nullable=False, comment="In their order"),
        sa.Column("version", sa.Integer(), nullable=False, comment="Counts changes: two people who edit at once are told"),
        *_row(),
        sa.ForeignKeyConstraint(["school_id"], ["schools.id"], name="fk_leaving_lists_school_id"),
        sa.PrimaryKeyConstraint("school_id", "id", name="pk_leaving_lists"),
        sa.UniqueConstraint("school_id", name="uq_leaving_lists_school_id"),
    )
    op.create_table(
        "leaving_marks",
        sa.Column("person_id", sa.Uuid(), nullable=False, comment="Who leaves"),
        sa.Column("line", sa.String(length=120), nullable=False, comment="The words of the list at that time"),
        sa.Column("done", sa.Boolean(), nullable=False, comment="Settled; false: not after all"),
        sa.Column("note", sa.String(length=200), nullable=False, comment="Which licence, which key; empty if not said"),
        sa.Column("marked_by", sa.String(length=200), nullable=False, comment="Name at that time"),
        sa.Column("marked_at", sa.DateTime(), nullable=False, comment="UTC"),
        *_row(),
        sa.ForeignKeyConstraint(["school_id", "person_id"], ["people.school_id", "people.id"], name="fk_leaving_marks_school_id_person_id"),
        sa.PrimaryKeyConstraint("school_id", "id", name="pk_leaving_marks"),
    )
    op.create_index("ix_leaving_marks_person_id", "leaving_marks", ["school_id", "person_id", "marked_at"], unique=False)
    op.create_table(
        "leaving_sign_offs",
        sa.Column("person_id", sa.Uuid(), nullable=False, comment="Who left"),
        sa.Column("last_day", sa.Date(), nullable=False, comment="Last day at the school"),
        sa.Column("settled", sa.JSON(), nullable=False, comment="Each line with its note, who and when (UTC)"),
        sa.Column("signed_by", sa.String(length=200), nullable=False, comment="Name at that time"),
        sa.Column("signed_at", sa.DateTime(), nullable=False, comment="UTC"),
        *_row(),
        sa.ForeignKeyConstraint(["school_id", "person_id"], ["people.school_id", "people.id"], name="fk_leaving_sign_offs_school_id_person_id"),
        sa.PrimaryKeyConstraint("school_id", "id", name="pk_leaving_sign_offs"),
    )
    op.create_index("ix_leaving_sign_offs_person_id", "leaving_sign_offs", ["school_id", "person_id", "signed_at"], unique=False)
    # no foreign key: SQLite adds none to a table that is there, and results are never deleted
    comment = "The result that was a mistake; each is replaced once"
    op.add_column("maintenance_results", sa.Column("replaces_id", sa.Uuid(), nullable=True, comment=comment))
    comment = "Only says that the one before was a mistake, as for another thing"
    nothing = sa.Column("nothing_done", sa.Boolean(), nullable=False, server_default=sa.false(), comment=comment)
    op.add_column("maintenance_results", nothing)
    if op.get_bind().dialect.name == "postgresql":
        op.alter_column("maintenance_results", "nothing_done", server_default=None)
    op.create_index("uq_maintenance_results_replaces_id", "maintenance_results", ["school_id", "replaces_id"], unique=True)


def downgrade() -> None:
    """Remove them."""
    op.drop_index("uq_maintenance_results_replaces_id", "maintenance_results")
    op.drop_column("maintenance_results", "nothing_done")
    op.drop_column("maintenance_results", "replaces_id")
    for table in ("leaving_sign_offs", "leaving_marks", "leaving_lists"):
        op.drop_table(table)


def _row() -> tuple[sa.Column[object], sa.Column[object]]:
    return (
        sa.Column("school_id", sa.Uuid(), nullable=False, comment="School the row belongs to"),
        sa.Column("id", sa.Uuid(), nullable=False, comment="UUIDv7 made by the application"),
    )
