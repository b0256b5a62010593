"""Links to sign by, how a loan was signed, the frozen paper of a loan, and kinds that are lent for the day."""

import sqlalchemy as sa
from alembic import op

revision = "0021"
down_revision = "0020"

DAY_LOANS = ("Camera", "Mobile phone")  # as the program names them; a school changes its own
COMMENTS = {  # of columns of `loans`: before and after
    "agreement_version_id": ("The terms that were signed", "The terms that were signed; of a day loan: in force"),
    "signatory": (
        "Who signed for them; a parent for a pupil",
        "Who signed for them; a parent for a pupil; empty: a day loan",
    ),
    "text_sha256": (
        "Hex, of the terms that were shown",
        "Hex, of the terms that were shown; empty: nobody signed",
    ),
}


def upgrade() -> None:
    """Make the tables and the columns. What was signed before was signed at the desk."""
    op.add_column(
        "asset_kinds",
        sa.Column(
            "day_loan",
            sa.Boolean(),
            nullable=False,
            server_default=sa.false(),
            comment="May be lent for the day without a signature",
        ),
    )
    kinds = sa.table("asset_kinds", sa.column("name", sa.String()), sa.column("day_loan", sa.Boolean()))
    op.execute(kinds.update().where(kinds.c.name.in_(DAY_LOANS)).values(day_loan=sa.true()))
    _text("loans", "means", 20, "desk", "loans.rules.Means: how it was signed")
    _text("loans", "reference", 200, "", "Where the signed paper is kept; empty if there is none")
    _text("loan_items", "means_in", 20, "", "loans.rules.Means of the signature at the return, or empty")
    _text("loan_items", "reference_in", 200, "", "Where the paper signed at the return is kept; empty if there is none")
    comment = "UTC; when the return was signed; null: nobody signed"
    op.add_column("loan_items", sa.Column("signed_in_at", sa.DateTime(), nullable=True, comment=comment))
    op.execute("UPDATE loan_items SET means_in = 'desk', signed_in_at = returned_at WHERE returned_by <> ''")
    _comments(1)
    _requests()
    _papers()


def _comments(which: int) -> None:
    """Say what columns mean, before (0) or after (1), where the database keeps it."""
    if op.get_bind().dialect.name == "postgresql":
        for column, texts in COMMENTS.items():
            op.alter_column("loans", column, comment=texts[which], existing_comment=texts[1 - which])


def _text(table: str, name: str, length: int, default: str, comment: str) -> None:
    column = sa.Column(name, sa.String(length), nullable=False, server_default=sa.text(f"'{default}'"), comment=comment)
    op.add_column(table, column)


def _requests() -> None:
    op.create_table(
        "signing_requests",
        sa.Column("purpose", sa.String(length=20), nullable=False, comment="loans.links_rules.Purpose"),
        sa.Column("person_id", sa.Uuid(), nullable=False, comment="For whom the signature counts"),
        sa.Column(
            "loan_id", sa.Uuid(), nullable=True, comment="The loan that is signed back in, or that was made by signing"
        ),
        sa.Column("agreement_id", sa.Uuid(), nullable=True, comment="The agreement that is signed"),
        sa.Column("document", sa.JSON(), nullable=False, comment="loans.links_rules.Document: what is signed"),
        sa.Column("name", sa.String(length=200), nullable=False, comment="To whom the mail goes"),
        sa.Column("address", sa.String(length=254), nullable=False, comment="Where the mail goes"),
        sa.Column("token_sha256", sa.String(length=64), nullable=False, comment="Hex, of the token in the newest link"),
        sa.Column("expires_at", sa.DateTime(), nullable=False, comment="UTC; the link opens nothing from then on"),
        sa.Column("asked_at", sa.DateTime(), nullable=False, comment="UTC; when the desk asked first"),
        sa.Column("asked_by", sa.String(length=200), nullable=False, comment="Name at that time"),
        sa.Column("mailed_at", sa.DateTime(), nullable=True, comment="UTC; when the mail server took the newest link"),
        sa.Column(
            "problem",
            sa.String(length=500),
            nullable=False,
            comment="Why the mail did not go, or is not known to have; or empty",
        ),
        sa.Column(
            "signed_at", sa.DateTime(), nullable=True, comment="UTC; when it was signed, by the link or at the desk"
        ),
        sa.Column("revoked_at", sa.DateTime(), nullable=True, comment="UTC; when the desk took it back"),
        sa.Column("version", sa.Integer(), nullable=False, comment="Counts changes: two desks at once are told"),
        sa.Column("school_id", sa.Uuid(), nullable=False, comment="School the row belongs to"),
        sa.Column("id", sa.Uuid(), nullable=False, comment="UUIDv7 made by the application"),
        sa.CheckConstraint("purpose IN ('loan_out', 'loan_in', 'agreement')", name="ck_signing_requests_purpose"),
        sa.ForeignKeyConstraint(
            ["school_id", "agreement_id"],
            ["agreements.school_id", "agreements.id"],
            name="fk_signing_requests_school_id_agreement_id",
        ),
        sa.ForeignKeyConstraint(
            ["school_id", "loan_id"], ["loans.school_id", "loans.id"], name="fk_signing_requests_school_id_loan_id"
        ),
        sa.ForeignKeyConstraint(
            ["school_id", "person_id"],
            ["people.school_id", "people.id"],
            name="fk_signing_requests_school_id_person_id",
        ),
        sa.PrimaryKeyConstraint("school_id", "id", name="pk_signing_requests"),
        sa.UniqueConstraint("token_sha256", name="uq_signing_requests_token_sha256"),
    )
    op.create_index("ix_signing_requests_asked_at", "signing_requests", ["school_id", "asked_at", "id"], unique=False)
    op.create_index(
        "ix_signing_requests_person_id", "signing_requests", ["school_id", "person_id", "asked_at"], unique=False
    )


def _papers() -> None:
    op.create_table(
        "loan_papers",
        sa.Column("loan_id", sa.Uuid(), nullable=False, comment="Of which loan"),
        sa.Column(
            "number",
            sa.Integer(),
            nullable=False,
            comment="From 1 without gaps; a later one says more, none replaces another",
        ),
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
            ["school_id", "loan_id"], ["loans.school_id", "loans.id"], name="fk_loan_papers_school_id_loan_id"
        ),
        sa.PrimaryKeyConstraint("school_id", "id", name="pk_loan_papers"),
        sa.UniqueConstraint("school_id", "loan_id", "number", name="uq_loan_papers_school_id_loan_id_number"),
    )
    if op.get_bind().dialect.name == "sqlite":
        for verb in ("UPDATE", "DELETE"):
            op.execute(
                f"CREATE TRIGGER loan_papers_no_{verb.lower()} BEFORE {verb} ON loan_papers "
                "BEGIN SELECT RAISE(ABORT, 'loan_papers is append-only'); END"
            )
        return
    op.execute(
        "CREATE FUNCTION loan_papers_append_only() RETURNS trigger LANGUAGE plpgsql AS "
        "$$ BEGIN RAISE EXCEPTION 'loan_papers is append-only'; END $$"
    )
    op.execute(
        "CREATE TRIGGER loan_papers_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON loan_papers "
        "FOR EACH STATEMENT EXECUTE FUNCTION loan_papers_append_only()"
    )


def downgrade() -> None:
    """Remove them; triggers go with their table, functions do not."""
    op.drop_table("loan_papers")
    if op.get_bind().dialect.name == "postgresql":
        op.execute("DROP FUNCTION loan_papers_append_only()")
    op.drop_table("signing_requests")
    for table, column in (
        ("loan_items", "signed_in_at"),
        ("loan_items", "reference_in"),
        ("loan_items", "means_in"),
        ("loans", "reference"),
        ("loans", "means"),
        ("asset_kinds", "day_loan"),
    ):
        op.drop_column(table, column)
    _comments(0)
