"""The day of the latest check that was in order, in the asset: the list of what lacks one reads one table only."""

import sqlalchemy as sa
from alembic import op

revision = "0013"
down_revision = "0012"

COLUMNS = ("encryption_on", "anti_virus_on", "updates_on", "installation_on")
# The latest check of a kind: of the latest day, and of that day the one that was written down last. Joined, not asked for
# each asset: before the database has counted a table, a question for each asset would read all checks each time.
LATEST = """
    UPDATE assets SET {kind}_on = latest.done_on
    FROM (
        SELECT school_id, asset_id, done_on, passed, row_number() OVER (
            PARTITION BY school_id, asset_id ORDER BY done_on DESC, recorded_at DESC, id DESC
        ) AS place
        FROM asset_checks WHERE kind = '{kind}'
    ) AS latest
    WHERE latest.school_id = assets.school_id AND latest.asset_id = assets.id AND latest.place = 1 AND latest.passed
"""


def upgrade() -> None:
    """Add the columns, and fill them from the checks that there are."""
    for column in COLUMNS:
        comment = "Day of the latest such check, if it was in order"
        op.add_column("assets", sa.Column(column, sa.Date(), nullable=True, comment=comment))
    for column in COLUMNS:
        op.execute(LATEST.format(kind=column.removesuffix("_on")))


def downgrade() -> None:
    """Remove them."""
    for column in reversed(COLUMNS):
        op.drop_column("assets", column)
