"""Photos and documents of things. A row is never deleted, and whose and what it is never changes: triggers see to it."""

import sqlalchemy as sa
from alembic import op

revision = "0007"
down_revision = "0006"
FIXED = (
    "school_id", "id", "subject_type", "subject_id", "kind", "name", "media_type", "size_bytes", "sha256", "width",
    "height", "thumbnail_sha256", "added_at", "added_by", "added_by_id",
)  # fmt: skip


def upgrade() -> None:
    """Make the table and its guards."""
    op.create_table(
        "attachments",
        sa.Column("subject_type", sa.String(length=32), nullable=False, comment="What kind of thing it belongs to"),
        sa.Column("subject_id", sa.Uuid(), nullable=False, comment="Which thing"),
        sa.Column("kind", sa.String(length=20), nullable=False, comment="attachments.rules.Kind"),
        sa.Column(
            "name",
            sa.String(length=120),
            nullable=False,
            comment="Its own name, made safe; the ending tells the content",
        ),
        sa.Column("caption", sa.String(length=200), nullable=False, comment="What it shows; empty if not said"),
        sa.Column(
            "media_type",
            sa.String(length=40),
            nullable=False,
            comment="attachments.rules.MediaType, told by its content",
        ),
        sa.Column("size_bytes", sa.Integer(), nullable=False, comment="Bytes of the file as it is kept"),
        sa.Column(
            "sha256", sa.String(length=64), nullable=False, comment="Hex, of the file as it is kept; the file's name"
        ),
        sa.Column("width", sa.Integer(), nullable=True, comment="Pixels of a photo; null for a document"),
        sa.Column("height", sa.Integer(), nullable=True, comment="Pixels of a photo; null for a document"),
        sa.Column(
            "thumbnail_sha256", sa.String(length=64), nullable=True, comment="Hex, of the small picture of a photo"
        ),
        sa.Column("added_at", sa.DateTime(), nullable=False, comment="UTC"),
        sa.Column("added_by", sa.String(length=200), nullable=False, comment="Name at that time"),
        sa.Column("added_by_id", sa.Uuid(), nullable=True, comment="User; null for the system itself"),
        sa.Column("removed_at", sa.DateTime(), nullable=True, comment="UTC; taken out of sight, the file is kept"),
        sa.Column(
            "removed_by", sa.String(length=200), nullable=False, comment="Name at that time; empty if not removed"
        ),
        sa.Column("removed_reason", sa.Text(), nullable=False, comment="Why; empty if not removed"),
        sa.Column("erased_at", sa.DateTime(), nullable=True, comment="UTC; the file itself is gone for good"),
        sa.Column(
            "version", sa.Integer(), nullable=False, comment="Counts changes: two people who edit at once are told"
        ),
        sa.Column("school_id", sa.Uuid(), nullable=False, comment="School the row belongs to"),
        sa.Column("id", sa.Uuid(), nullable=False, comment="UUIDv7 made by the application"),
        sa.CheckConstraint("kind IN ('photo', 'document')", name="ck_attachments_kind"),
        sa.CheckConstraint(
            "media_type IN ('image/jpeg', 'image/png', 'image/webp', 'application/pdf', 'text/plain')",
            name="ck_attachments_media_type",
        ),
        sa.ForeignKeyConstraint(["school_id"], ["schools.id"], name="fk_attachments_school_id"),
        sa.PrimaryKeyConstraint("school_id", "id", name="pk_attachments"),
    )
    op.create_index("ix_attachments_subject", "attachments", ["school_id", "subject_type", "subject_id", "added_at"])
    op.create_index("ix_attachments_sha256", "attachments", ["school_id", "sha256"])
    op.create_index("ix_attachments_thumbnail_sha256", "attachments", ["school_id", "thumbnail_sha256"])
    if op.get_bind().dialect.name == "sqlite":
        _guard_sqlite()
    else:
        _guard_postgresql()


def _guard_sqlite() -> None:
    for name, event, reason in _guards():
        op.execute(
            f"CREATE TRIGGER attachments_{name} BEFORE {event} ON attachments BEGIN SELECT RAISE(ABORT, '{reason}'); END"
        )


def _guard_postgresql() -> None:
    for name, event, reason in _guards():
        op.execute(
            f"CREATE FUNCTION attachments_{name}() RETURNS trigger LANGUAGE plpgsql AS "
            f"$$ BEGIN RAISE EXCEPTION '{reason}'; END $$"
        )
        more = " OR TRUNCATE" if event == "DELETE" else ""
        op.execute(
            f"CREATE TRIGGER attachments_{name} BEFORE {event}{more} ON attachments "
            f"FOR EACH STATEMENT EXECUTE FUNCTION attachments_{name}()"
        )


def _guards() -> tuple[tuple[str, str, str], ...]:
    return (
        ("stay", "DELETE", "attachments are never deleted"),
        ("fixed", f"UPDATE OF {', '.join(FIXED)}", "an attachment stays what it is"),
    )


def downgrade() -> None:
    """Remove it; triggers go with their table, functions do not. The files stay in their folder."""
    op.drop_table("attachments")
    if op.get_bind().dialect.name == "postgresql":
        for name, _, _ in _guards():
            op.execute(f"DROP FUNCTION attachments_{name}()")
