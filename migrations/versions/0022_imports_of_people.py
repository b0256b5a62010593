"""Imports of people: what a spreadsheet is a list of, and which person a row became."""

import sqlalchemy as sa
from alembic import op

revision = "0022"
down_revision = "0021"


def upgrade() -> None:
    """Add the columns; everything that was imported so far is a list of things."""
    # no foreign key and no check, as where columns were added before: SQLite adds none to a table that is there
    op.add_column(
        "imports",
        sa.Column(
            "list_of",
            sa.String(10),
            nullable=False,
            server_default=sa.text("'assets'"),
            comment="imports.rules.ListOf: what its rows are",
        ),
    )
    comment = "Which person; null for a new one before it is applied. The dry run checks that they are of the school"
    op.add_column("import_rows", sa.Column("person_id", sa.Uuid(), nullable=True, comment=comment))


def downgrade() -> None:
    """Remove them."""
    op.drop_column("import_rows", "person_id")
    op.drop_column("imports", "list_of")
