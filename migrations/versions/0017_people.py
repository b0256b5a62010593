"""First days, references and parents of people, and since when a pseudonym stands in the place of a name."""

import sqlalchemy as sa
from alembic import op

revision = "0017"
down_revision = "0016"

TEXTS = (
    ("reference", 40, "The school's own number for them, as its other systems have it; empty if none"),
    ("parent_name", 200, "Who signs for a pupil; empty if nobody is known"),
    ("parent_email", 254, "Of who signs for a pupil; empty if none"),
)


def upgrade() -> None:
    """Add them, empty for everybody who is there."""
    for name, length, comment in TEXTS:
        op.add_column("people", sa.Column(name, sa.String(length), nullable=False, server_default="", comment=comment))
        if op.get_bind().dialect.name == "postgresql":
            op.alter_column("people", name, server_default=None)
    op.add_column("people", sa.Column("started_on", sa.Date(), comment="First day at the school; null: not known"))
    comment = "UTC; since when a pseudonym stands in the place of the name (docs/adr/0031); null: the name stands"
    op.add_column("people", sa.Column("forgotten_at", sa.DateTime(), comment=comment))
    named = sa.text("reference <> ''")
    op.create_index(
        "uq_people_reference",
        "people",
        ["school_id", "reference"],
        unique=True,
        sqlite_where=named,
        postgresql_where=named,
    )


def downgrade() -> None:
    """Remove them."""
    op.drop_index("uq_people_reference", "people")
    for name in ("forgotten_at", "started_on", *(name for name, _, _ in reversed(TEXTS))):
        op.drop_column("people", name)
