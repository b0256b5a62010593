"""Indexes in which long lists are read in their order, and the lists that people saved.

An index that gives an order ends in what makes a row unique, so that a page can begin after any row. Those of the log
are in the order of time within a kind and within a person: a filter by both, or by a day, reads no event in vain.
"""

import sqlalchemy as sa
from alembic import op

revision = "0010"
down_revision = "0009"

MADE = (
    ("assets", "department", ("department", "tag")),
    ("assets", "funding_source", ("funding_source", "tag")),
    ("assets", "acquired_on", ("acquired_on", "tag")),
    ("assets", "cost_pence", ("cost_pence", "tag")),
    ("assets", "warranty_until", ("warranty_until", "tag")),
    ("media", "kind", ("kind", "id")),
    ("media", "model", ("make", "model", "id")),
    ("media", "capacity_bytes", ("capacity_bytes", "id")),
    ("jobs", "state", ("state", "id")),
)
CHANGED = (  # table, name, columns before, columns now
    ("assets", "serial_key", ("serial_key",), ("serial_key", "tag")),
    ("media", "serial_key", ("serial_key",), ("serial_key", "id")),
    ("media", "state", ("state",), ("state", "id")),
    ("events", "actor", ("actor_id", "seq"), ("actor_id", "at", "seq")),
    ("events", "kind", ("kind", "seq"), ("kind", "at", "seq")),
    ("events", "at", ("at",), ("at", "seq")),
)


def upgrade() -> None:
    """Make them."""
    op.create_table(
        "saved_views",
        sa.Column("user_id", sa.Uuid(), nullable=False, comment="Whose; nobody else sees it"),
        sa.Column("name", sa.String(length=80), nullable=False, comment="As they call it"),
        sa.Column("query", sa.Text(), nullable=False, comment="Query string of the list, without a page"),
        sa.Column("opens", sa.Boolean(), nullable=False, comment="The list opens with it; at most one of a person"),
        sa.Column("created_at", sa.DateTime(), nullable=False, comment="UTC"),
        sa.Column("school_id", sa.Uuid(), nullable=False, comment="School the row belongs to"),
        sa.Column("id", sa.Uuid(), nullable=False, comment="UUIDv7 made by the application"),
        sa.ForeignKeyConstraint(
            ["school_id", "user_id"], ["users.school_id", "users.id"], name="fk_saved_views_school_id_user_id"
        ),
        sa.PrimaryKeyConstraint("school_id", "id", name="pk_saved_views"),
        sa.UniqueConstraint("school_id", "user_id", "name", name="uq_saved_views_school_id_user_id_name"),
    )
    for table, name, columns in MADE:
        op.create_index(f"ix_{table}_{name}", table, ["school_id", *columns])
    for table, name, _, columns in CHANGED:
        _replace(table, name, columns)


def downgrade() -> None:
    """Take them away."""
    for table, name, columns, _ in CHANGED:
        _replace(table, name, columns)
    for table, name, _ in MADE:
        op.drop_index(f"ix_{table}_{name}", table_name=table)
    op.drop_table("saved_views")


def _replace(table: str, name: str, columns: tuple[str, ...]) -> None:
    op.drop_index(f"ix_{table}_{name}", table_name=table)
    op.create_index(f"ix_{table}_{name}", table, ["school_id", *columns])
