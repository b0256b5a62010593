"""What people state about what they hold."""

import sqlalchemy as sa
from alembic import op

revision = "0014"
down_revision = "0013"


def upgrade() -> None:
    """Make the tables."""
    op.create_table(
        "attestations",
        sa.Column("person_id", sa.Uuid(), nullable=False, comment="Who states it"),
        sa.Column("kind", sa.String(length=20), nullable=False, comment="loans.rules.AttestationKind"),
        sa.Column(
            "loan_item_id", sa.Uuid(), nullable=True, comment="About which thing; null: about all that they hold"
        ),
        sa.Column("statement", sa.Text(), nullable=False, comment="The words that were on the screen"),
        sa.Column("made_at", sa.DateTime(), nullable=False, comment="UTC"),
        sa.Column("school_id", sa.Uuid(), nullable=False, comment="School the row belongs to"),
        sa.Column("id", sa.Uuid(), nullable=False, comment="UUIDv7 made by the application"),
        sa.CheckConstraint(
            "kind IN ('still_have', 'housekeeping', 'private_use_none', 'private_use')", name="ck_attestations_kind"
        ),
        sa.ForeignKeyConstraint(
            ["school_id", "loan_item_id"],
            ["loan_items.school_id", "loan_items.id"],
            name="fk_attestations_school_id_loan_item_id",
        ),
        sa.ForeignKeyConstraint(
            ["school_id", "person_id"], ["people.school_id", "people.id"], name="fk_attestations_school_id_person_id"
        ),
        sa.PrimaryKeyConstraint("school_id", "id", name="pk_attestations"),
    )
    op.create_index(
        "ix_attestations_loan_item_id", "attestations", ["school_id", "loan_item_id", "made_at"], unique=False
    )
    op.create_index(
        "ix_attestations_person_id", "attestations", ["school_id", "person_id", "kind", "made_at"], unique=False
    )


def downgrade() -> None:
    """Remove them."""
    op.drop_table("attestations")
