"""Certificates, frozen when they are issued; a withdrawal is a row of its own."""

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"
APPEND_ONLY = (
    "certificates",
    "certificate_withdrawals",
)


def upgrade() -> None:
    """Make the tables and their guards."""
    op.create_table(
        "certificate_series",
        sa.Column("school_id", sa.Uuid(), nullable=False, comment="School"),
        sa.Column("kind", sa.String(length=20), nullable=False, comment="erasure; later destruction, disposal"),
        sa.Column("last", sa.Integer(), nullable=False, comment="Last number given, from 1 without gaps"),
        sa.ForeignKeyConstraint(["school_id"], ["schools.id"], name="fk_certificate_series_school_id"),
        sa.PrimaryKeyConstraint("school_id", "kind", name="pk_certificate_series"),
    )
    op.create_table(
        "certificates",
        sa.Column("kind", sa.String(length=20), nullable=False, comment="erasure; later destruction, disposal"),
        sa.Column("number", sa.String(length=40), nullable=False, comment="As printed; gap-free in its series"),
        sa.Column(
            "code",
            sa.String(length=32),
            nullable=False,
            comment="Verification code in the public address; cannot be guessed",
        ),
        sa.Column("medium_id", sa.Uuid(), nullable=False, comment="About which medium"),
        sa.Column("evidence_id", sa.Uuid(), nullable=False, comment="Proved by which record"),
        sa.Column("supersedes_id", sa.Uuid(), nullable=True, comment="The certificate it replaces"),
        sa.Column("issued_at", sa.DateTime(), nullable=False, comment="UTC"),
        sa.Column("issued_by", sa.String(length=200), nullable=False, comment="Name at that time"),
        sa.Column("content", sa.Text(), nullable=False, comment="All that stands on it, canonical JSON"),
        sa.Column("content_sha256", sa.String(length=64), nullable=False, comment="Hex, of those bytes in UTF-8"),
        sa.Column(
            "pdf", sa.LargeBinary(), nullable=False, comment="The signed PDF; every download returns these bytes"
        ),
        sa.Column("pdf_sha256", sa.String(length=64), nullable=False, comment="Hex, of the PDF"),
        sa.Column("school_id", sa.Uuid(), nullable=False, comment="School the row belongs to"),
        sa.Column("id", sa.Uuid(), nullable=False, comment="UUIDv7 made by the application"),
        sa.ForeignKeyConstraint(
            ["school_id", "evidence_id"],
            ["evidence.school_id", "evidence.id"],
            name="fk_certificates_school_id_evidence_id",
        ),
        sa.ForeignKeyConstraint(
            ["school_id", "medium_id"], ["media.school_id", "media.id"], name="fk_certificates_school_id_medium_id"
        ),
        sa.ForeignKeyConstraint(
            ["school_id", "supersedes_id"],
            ["certificates.school_id", "certificates.id"],
            name="fk_certificates_school_id_supersedes_id",
        ),
        sa.PrimaryKeyConstraint("school_id", "id", name="pk_certificates"),
        sa.UniqueConstraint("code", name="uq_certificates_code"),
        sa.UniqueConstraint("school_id", "number", name="uq_certificates_school_id_number"),
        sa.UniqueConstraint("school_id", "supersedes_id", name="uq_certificates_school_id_supersedes_id"),
    )
    op.create_index("ix_certificates_issued_at", "certificates", ["school_id", "issued_at"], unique=False)
    op.create_index("ix_certificates_medium_id", "certificates", ["school_id", "medium_id", "issued_at"], unique=False)
    op.create_index(  # one certificate from one record, but for those that replace another
        "uq_certificates_first",
        "certificates",
        ["school_id", "evidence_id"],
        unique=True,
        sqlite_where=sa.text("supersedes_id IS NULL"),
        postgresql_where=sa.text("supersedes_id IS NULL"),
    )
    op.create_table(
        "certificate_withdrawals",
        sa.Column("at", sa.DateTime(), nullable=False, comment="UTC"),
        sa.Column("by", sa.String(length=200), nullable=False, comment="Name at that time"),
        sa.Column("reason", sa.Text(), nullable=False, comment="Why"),
        sa.Column("school_id", sa.Uuid(), nullable=False, comment="School the row belongs to"),
        sa.Column("id", sa.Uuid(), nullable=False, comment="UUIDv7 made by the application"),
        sa.ForeignKeyConstraint(
            ["school_id", "id"],
            ["certificates.school_id", "certificates.id"],
            name="fk_certificate_withdrawals_school_id_id",
        ),
        sa.PrimaryKeyConstraint("school_id", "id", name="pk_certificate_withdrawals"),
    )
    for table in APPEND_ONLY:
        _guard(table)


def _guard(table: str) -> None:
    """Refuse UPDATE, DELETE and (PostgreSQL) TRUNCATE."""
    if op.get_bind().dialect.name == "sqlite":
        for verb in ("UPDATE", "DELETE"):
            op.execute(
                f"CREATE TRIGGER {table}_no_{verb.lower()} BEFORE {verb} ON {table} "
                f"BEGIN SELECT RAISE(ABORT, '{table} is append-only'); END"
            )
        return
    op.execute(
        f"CREATE FUNCTION {table}_append_only() RETURNS trigger LANGUAGE plpgsql AS "
        f"$$ BEGIN RAISE EXCEPTION '{table} is append-only'; END $$"
    )
    op.execute(
        f"CREATE TRIGGER {table}_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON {table} "
        f"FOR EACH STATEMENT EXECUTE FUNCTION {table}_append_only()"
    )


def downgrade() -> None:
    """Remove them; triggers go with their tables, functions do not."""
    for table in ("certificate_withdrawals", "certificates", "certificate_series"):
        op.drop_table(table)
    if op.get_bind().dialect.name == "postgresql":
        for table in APPEND_ONLY:
            op.execute(f"DROP FUNCTION {table}_append_only()")
