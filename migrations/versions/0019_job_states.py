"""A wipe may hang with its drive, and may be lost with its station."""

import sqlalchemy as sa
from alembic import op

revision = "0019"
down_revision = "0018"

BEFORE = "'ordered', 'accepted', 'running', 'ended', 'refused', 'failed', 'cancelled'"
AFTER = "'ordered', 'accepted', 'running', 'hung', 'ended', 'refused', 'failed', 'cancelled', 'lost'"


def upgrade() -> None:
    """Let both states in."""
    _allow(BEFORE, AFTER)


def downgrade() -> None:
    """Call both what they were called before: a job that failed without evidence."""
    op.execute("UPDATE jobs SET state = 'failed' WHERE state IN ('hung', 'lost')")
    _allow(AFTER, BEFORE)


def _allow(before: str, after: str) -> None:
    if op.get_bind().dialect.name == "sqlite":
        _made_anew(f"state IN ({before})", f"state IN ({after})")
        return
    op.drop_constraint("ck_jobs_state", "jobs", type_="check")
    op.create_check_constraint("ck_jobs_state", "jobs", f"state IN ({after})")


def _made_anew(before: str, after: str) -> None:
    """SQLite changes no constraint: the table is made anew, and evidence finds its jobs there when all is over."""
    connection = op.get_bind()
    op.execute("PRAGMA defer_foreign_keys = ON")
    kept = sa.text("SELECT sql FROM sqlite_master WHERE tbl_name = 'jobs' AND sql IS NOT NULL ORDER BY type DESC")
    table, *indexes = connection.scalars(kept).all()
    if before not in table:
        raise RuntimeError("the table of jobs is not as the migrations made it")
    op.execute("CREATE TABLE jobs_before AS SELECT * FROM jobs")
    op.execute("DROP TABLE jobs")
    op.execute(sa.text(table.replace(before, after).replace(":", "\\:")))
    op.execute("INSERT INTO jobs SELECT * FROM jobs_before")
    op.execute("DROP TABLE jobs_before")
    for index in indexes:
        op.execute(sa.text(index))
