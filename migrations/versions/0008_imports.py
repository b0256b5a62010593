"""Spreadsheets on their way into the register, with what the dry run said of each row."""

import sqlalchemy as sa
from alembic import op

revision = "0008"
down_revision = "0007"


def upgrade() -> None:
    """Make the tables."""
    op.create_table(
        "imports",
        sa.Column("name", sa.String(length=200), nullable=False, comment="Name of the file"),
        sa.Column(
            "data", sa.LargeBinary(), nullable=True, comment="The file, byte for byte; null once it was discarded"
        ),
        sa.Column("sha256", sa.String(length=64), nullable=False, comment="Hex, of those bytes"),
        sa.Column("size", sa.Integer(), nullable=False, comment="Bytes"),
        sa.Column("form", sa.String(length=4), nullable=False, comment="csv or xlsx"),
        sa.Column("encoding", sa.String(length=20), nullable=False, comment="Of a CSV file"),
        sa.Column("delimiter", sa.String(length=1), nullable=False, comment="Of a CSV file"),
        sa.Column("sheets", sa.JSON(), nullable=False, comment="Of a workbook, the hidden ones last"),
        sa.Column("hidden", sa.JSON(), nullable=False, comment="Those of the sheets that are hidden"),
        sa.Column("sheet", sa.String(length=100), nullable=False, comment="Which is read; empty for CSV"),
        sa.Column("heading_row", sa.Integer(), nullable=False, comment="Which row has the headings, from 1"),
        sa.Column("headings", sa.JSON(), nullable=False, comment="The headings as they stand there"),
        sa.Column(
            "headings_key",
            sa.String(length=64),
            nullable=False,
            comment="SHA-256 of the headings: the next file like it",
        ),
        sa.Column("samples", sa.JSON(), nullable=False, comment="A few values of each column"),
        sa.Column("mapping", sa.JSON(), nullable=False, comment="imports.targets word by the column's number"),
        sa.Column("choices", sa.JSON(), nullable=False, comment="imports.rules.Choices"),
        sa.Column("state", sa.String(length=20), nullable=False, comment="imports.rules.ImportState"),
        sa.Column("message", sa.Text(), nullable=False, comment="Why it failed, or what changed; empty if nothing"),
        sa.Column(
            "apply_next",
            sa.Boolean(),
            nullable=False,
            comment="Somebody asked to apply it; the dry run only looks again",
        ),
        sa.Column(
            "rows_total", sa.Integer(), nullable=False, comment="Rows below the headings; 0 before they were counted"
        ),
        sa.Column("rows_done", sa.Integer(), nullable=False, comment="How many the dry run has looked at"),
        sa.Column("counts", sa.JSON(), nullable=False, comment="imports.rules.Counts of the last dry run"),
        sa.Column(
            "creates",
            sa.JSON(),
            nullable=False,
            comment="Kinds, places and people that applying would create, by the id that the plans call them",
        ),
        sa.Column("digest", sa.String(length=64), nullable=False, comment="SHA-256 of all that the last dry run found"),
        sa.Column("seen_seq", sa.Integer(), nullable=False, comment="End of the log when the last dry run began"),
        sa.Column("worker", sa.String(length=64), nullable=False, comment="Who works at it; empty if nobody"),
        sa.Column("heartbeat_at", sa.DateTime(), nullable=True, comment="UTC, when the worker was last heard of"),
        sa.Column("uploaded_at", sa.DateTime(), nullable=False, comment="UTC"),
        sa.Column("uploaded_by", sa.String(length=200), nullable=False, comment="Name at that time"),
        sa.Column(
            "asked_by", sa.String(length=200), nullable=False, comment="Who asked for the work; name at that time"
        ),
        sa.Column("asked_by_id", sa.Uuid(), nullable=True, comment="User"),
        sa.Column(
            "asked_role",
            sa.String(length=20),
            nullable=False,
            comment="Their role at that time; what a dry run depends on",
        ),
        sa.Column("asked_from", sa.String(length=100), nullable=False, comment="Where from, for the log"),
        sa.Column("tried_at", sa.DateTime(), nullable=True, comment="UTC, when the last dry run ended"),
        sa.Column("applied_at", sa.DateTime(), nullable=True, comment="UTC"),
        sa.Column(
            "version", sa.Integer(), nullable=False, comment="Counts changes: two people who edit at once are told"
        ),
        sa.Column("school_id", sa.Uuid(), nullable=False, comment="School the row belongs to"),
        sa.Column("id", sa.Uuid(), nullable=False, comment="UUIDv7 made by the application"),
        sa.CheckConstraint(
            "state IN ('uploaded', 'waiting', 'trying', 'tried', 'applying', 'applied', 'failed', 'discarded')",
            name="ck_imports_state",
        ),
        sa.ForeignKeyConstraint(["school_id"], ["schools.id"], name="fk_imports_school_id"),
        sa.PrimaryKeyConstraint("school_id", "id", name="pk_imports"),
    )
    op.create_index("ix_imports_headings_key", "imports", ["school_id", "headings_key", "uploaded_at"], unique=False)
    op.create_index("ix_imports_state", "imports", ["state"], unique=False)
    op.create_index("ix_imports_uploaded_at", "imports", ["school_id", "uploaded_at"], unique=False)
    op.create_table(
        "import_rows",
        sa.Column("school_id", sa.Uuid(), nullable=False, comment="School the row belongs to"),
        sa.Column("import_id", sa.Uuid(), nullable=False, comment="Of which import"),
        sa.Column("number", sa.Integer(), nullable=False, comment="Row in the file, from 1"),
        sa.Column("verdict", sa.String(length=10), nullable=False, comment="imports.rules.Verdict"),
        sa.Column("label", sa.String(length=300), nullable=False, comment="What it is, for people"),
        sa.Column("asset_id", sa.Uuid(), nullable=True, comment="Which asset; null for a new one before it is applied"),
        sa.Column(
            "fingerprint",
            sa.String(length=32),
            nullable=False,
            comment="What tells the row again without tag and serial; empty otherwise and before it is applied",
        ),
        sa.Column("plan", sa.JSON(), nullable=False, comment="What applying would do, see imports.planning"),
        sa.Column("changes", sa.JSON(), nullable=False, comment="Field, before, after, as people read them"),
        sa.Column("faults", sa.JSON(), nullable=False, comment="Heading and reason"),
        sa.Column("remarks", sa.JSON(), nullable=False, comment="What is not done, and what was taken for what"),
        sa.Column("remarked", sa.Boolean(), nullable=False, comment="Whether there are remarks"),
        sa.CheckConstraint("verdict IN ('new', 'changed', 'unchanged', 'faulty')", name="ck_import_rows_verdict"),
        sa.ForeignKeyConstraint(
            ["school_id", "asset_id"], ["assets.school_id", "assets.id"], name="fk_import_rows_school_id_asset_id"
        ),
        sa.ForeignKeyConstraint(
            ["school_id", "import_id"], ["imports.school_id", "imports.id"], name="fk_import_rows_school_id_import_id"
        ),
        sa.PrimaryKeyConstraint("school_id", "import_id", "number", name="pk_import_rows"),
    )
    op.create_index("ix_import_rows_asset_id", "import_rows", ["school_id", "asset_id"], unique=False)
    op.create_index("ix_import_rows_fingerprint", "import_rows", ["school_id", "fingerprint"], unique=False)
    op.create_index(
        "ix_import_rows_verdict", "import_rows", ["school_id", "import_id", "verdict", "number"], unique=False
    )


def downgrade() -> None:
    """Remove them."""
    op.drop_table("import_rows")
    op.drop_table("imports")
