"""What the gates look at: a current DBS check as a day, who used an asset last, how long a check counts.

Assets that are in store already count as not used since: nothing was asked of them before.
"""

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"


def upgrade() -> None:
    """Add the columns."""
    op.add_column(
        "people",
        sa.Column(
            "dbs_confirmed_on",
            sa.Date(),
            nullable=True,
            comment="Day on which somebody saw that a DBS check is current (DS6); null: not confirmed. "
            "Never what it says",
        ),
    )
    op.add_column(
        "assets",
        sa.Column(
            "media_arrived_at",
            sa.DateTime(),
            nullable=True,
            comment="UTC; when a medium that may hold data last came into it, or into service in it",
        ),
    )
    op.add_column(
        "assets",
        sa.Column(
            "used_by_id",
            sa.Uuid(),
            nullable=True,
            comment="Person who answered for it when its use ended (gate G14)",
        ),
    )
    op.add_column(
        "assets",
        sa.Column(
            "use_ended_at",
            sa.DateTime(),
            nullable=True,
            comment="UTC; when its use ended; null: in use, never used, or its media were sanitised since",
        ),
    )
    op.add_column(
        "register_settings",
        sa.Column(
            "check_days",
            sa.Integer(),
            nullable=False,
            server_default=sa.text("'365'"),
            comment="How long a check counts, in days",
        ),
    )


def downgrade() -> None:
    """Remove them."""
    op.drop_column("register_settings", "check_days")
    for column in ("use_ended_at", "used_by_id", "media_arrived_at"):
        op.drop_column("assets", column)
    op.drop_column("people", "dbs_confirmed_on")
