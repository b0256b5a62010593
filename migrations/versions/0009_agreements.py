"""Agreements, their versions, signatures, and whose account is whose.

Versions, signatures and withdrawals are only ever added, guarded as the log is.
"""

import sqlalchemy as sa
from alembic import op

revision = "0009"
down_revision = "0008"
APPEND_ONLY = ("agreement_versions", "signatures", "signature_withdrawals")


def upgrade() -> None:
    """Make the tables and their guards."""
    op.create_table(
        "agreements",
        sa.Column("title", sa.String(length=120), nullable=False, comment="As people know it"),
        sa.Column("kind", sa.String(length=20), nullable=False, comment="agreements.rules.AgreementKind"),
        sa.Column("audience", sa.JSON(), nullable=False, comment="people.rules.PersonKind: who signs it"),
        sa.Column(
            "owner", sa.String(length=200), nullable=False, comment="Who keeps it up to date: a name or an office"
        ),
        sa.Column(
            "review_months",
            sa.Integer(),
            nullable=False,
            comment="A review is due so many months after a version was approved",
        ),
        sa.Column(
            "valid_months",
            sa.Integer(),
            nullable=True,
            comment="A signature counts for so long; null: until a new version",
        ),
        sa.Column("draft", sa.Text(), nullable=False, comment="Text of the next version; empty if there is none"),
        sa.Column(
            "drafted_by", sa.String(length=200), nullable=False, comment="Who changed the draft last; name at that time"
        ),
        sa.Column("drafted_by_id", sa.Uuid(), nullable=True, comment="User"),
        sa.Column("retired_at", sa.DateTime(), nullable=True, comment="UTC; nobody is asked to sign it any more"),
        sa.Column("created_at", sa.DateTime(), nullable=False, comment="UTC"),
        sa.Column(
            "version", sa.Integer(), nullable=False, comment="Counts changes: two people who edit at once are told"
        ),
        sa.Column("school_id", sa.Uuid(), nullable=False, comment="School the row belongs to"),
        sa.Column("id", sa.Uuid(), nullable=False, comment="UUIDv7 made by the application"),
        sa.CheckConstraint(
            "kind IN ('acceptable_use', 'loan_terms', 'private_use', 'policy')", name="ck_agreements_kind"
        ),
        sa.ForeignKeyConstraint(["school_id"], ["schools.id"], name="fk_agreements_school_id"),
        sa.PrimaryKeyConstraint("school_id", "id", name="pk_agreements"),
        sa.UniqueConstraint("school_id", "title", name="uq_agreements_school_id_title"),
    )
    op.create_table(
        "agreement_versions",
        sa.Column("agreement_id", sa.Uuid(), nullable=False, comment="Of which agreement"),
        sa.Column("number", sa.Integer(), nullable=False, comment="From 1 without gaps"),
        sa.Column("text", sa.Text(), nullable=False, comment="What people sign"),
        sa.Column(
            "text_sha256",
            sa.String(length=64),
            nullable=False,
            comment="Hex, of the text in UTF-8; signatures carry it",
        ),
        sa.Column("drafted_by", sa.String(length=200), nullable=False, comment="Who wrote it; name at that time"),
        sa.Column("approved_by", sa.String(length=200), nullable=False, comment="Name at that time"),
        sa.Column("approved_by_id", sa.Uuid(), nullable=True, comment="User"),
        sa.Column("approved_at", sa.DateTime(), nullable=False, comment="UTC"),
        sa.Column(
            "minute_ref",
            sa.String(length=80),
            nullable=False,
            comment="Minute of the governors; empty if none was needed",
        ),
        sa.Column("in_force_on", sa.Date(), nullable=False, comment="First day on which it counts"),
        sa.Column("review_on", sa.Date(), nullable=False, comment="Day on which its review is due"),
        sa.Column(
            "sign_again", sa.Boolean(), nullable=False, comment="Signatures under earlier versions stop counting"
        ),
        sa.Column("school_id", sa.Uuid(), nullable=False, comment="School the row belongs to"),
        sa.Column("id", sa.Uuid(), nullable=False, comment="UUIDv7 made by the application"),
        sa.ForeignKeyConstraint(
            ["school_id", "agreement_id"],
            ["agreements.school_id", "agreements.id"],
            name="fk_agreement_versions_school_id_agreement_id",
        ),
        sa.PrimaryKeyConstraint("school_id", "id", name="pk_agreement_versions"),
        sa.UniqueConstraint(
            "school_id", "agreement_id", "number", name="uq_agreement_versions_school_id_agreement_id_number"
        ),
    )
    op.create_table(
        "person_accounts",
        sa.Column("school_id", sa.Uuid(), nullable=False, comment="School the row belongs to"),
        sa.Column("user_id", sa.Uuid(), nullable=False, comment="The account"),
        sa.Column("person_id", sa.Uuid(), nullable=False, comment="Whose it is"),
        sa.ForeignKeyConstraint(
            ["school_id", "person_id"], ["people.school_id", "people.id"], name="fk_person_accounts_school_id_person_id"
        ),
        sa.ForeignKeyConstraint(
            ["school_id", "user_id"], ["users.school_id", "users.id"], name="fk_person_accounts_school_id_user_id"
        ),
        sa.PrimaryKeyConstraint("school_id", "user_id", name="pk_person_accounts"),
        sa.UniqueConstraint("school_id", "person_id", name="uq_person_accounts_school_id_person_id"),
    )
    op.create_table(
        "signatures",
        sa.Column("agreement_version_id", sa.Uuid(), nullable=False, comment="Which text"),
        sa.Column("person_id", sa.Uuid(), nullable=False, comment="For whom it counts"),
        sa.Column("signatory", sa.String(length=200), nullable=False, comment="Who signed, by name"),
        sa.Column("relation", sa.String(length=20), nullable=False, comment="agreements.rules.Relation"),
        sa.Column("means", sa.String(length=20), nullable=False, comment="agreements.rules.Means"),
        sa.Column("signed_on", sa.Date(), nullable=False, comment="Day of signing"),
        sa.Column("text_sha256", sa.String(length=64), nullable=False, comment="Hex, of the text that was shown"),
        sa.Column(
            "reference",
            sa.String(length=200),
            nullable=False,
            comment="Where the paper is kept; empty if signed on screen",
        ),
        sa.Column("drawn", sa.LargeBinary(), nullable=True, comment="PNG of the drawn signature; null: a typed name"),
        sa.Column("recorded_by", sa.String(length=200), nullable=False, comment="Who was signed in; name at that time"),
        sa.Column("recorded_by_id", sa.Uuid(), nullable=True, comment="User"),
        sa.Column("recorded_at", sa.DateTime(), nullable=False, comment="UTC"),
        sa.Column("school_id", sa.Uuid(), nullable=False, comment="School the row belongs to"),
        sa.Column("id", sa.Uuid(), nullable=False, comment="UUIDv7 made by the application"),
        sa.CheckConstraint("means IN ('screen', 'paper')", name="ck_signatures_means"),
        sa.CheckConstraint("relation IN ('self', 'parent', 'carer')", name="ck_signatures_relation"),
        sa.ForeignKeyConstraint(
            ["school_id", "agreement_version_id"],
            ["agreement_versions.school_id", "agreement_versions.id"],
            name="fk_signatures_school_id_agreement_version_id",
        ),
        sa.ForeignKeyConstraint(
            ["school_id", "person_id"], ["people.school_id", "people.id"], name="fk_signatures_school_id_person_id"
        ),
        sa.PrimaryKeyConstraint("school_id", "id", name="pk_signatures"),
    )
    op.create_index(
        "ix_signatures_agreement_version_id",
        "signatures",
        ["school_id", "agreement_version_id", "person_id"],
        unique=False,
    )
    op.create_index(
        "ix_signatures_person_id", "signatures", ["school_id", "person_id", "agreement_version_id"], unique=False
    )
    op.create_table(
        "signature_withdrawals",
        sa.Column("reason", sa.Text(), nullable=False, comment="Why"),
        sa.Column("withdrawn_by", sa.String(length=200), nullable=False, comment="Name at that time"),
        sa.Column("withdrawn_at", sa.DateTime(), nullable=False, comment="UTC"),
        sa.Column("school_id", sa.Uuid(), nullable=False, comment="School the row belongs to"),
        sa.Column("id", sa.Uuid(), nullable=False, comment="UUIDv7 made by the application"),
        sa.ForeignKeyConstraint(
            ["school_id", "id"], ["signatures.school_id", "signatures.id"], name="fk_signature_withdrawals_school_id_id"
        ),
        sa.PrimaryKeyConstraint("school_id", "id", name="pk_signature_withdrawals"),
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
    for table in ("signature_withdrawals", "signatures", "person_accounts", "agreement_versions", "agreements"):
        op.drop_table(table)
    if op.get_bind().dialect.name == "postgresql":
        for table in APPEND_ONLY:
            op.execute(f"DROP FUNCTION {table}_append_only()")
