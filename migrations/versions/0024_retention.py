"""How long names are kept, and which changes of what is only ever added make a name a pseudonym (docs/adr/0031)."""

import sqlalchemy as sa
from alembic import op

revision = "0024"
down_revision = "0023"

# Of each guarded table: columns that may change, and what must hold of the new row. Words of a pseudonym are in it.
LOOSENED = {
    "events": (("detail", "salt"), "NEW.salt IS NULL"),
    "signatures": (
        ("signatory", "reference", "recorded_by", "drawn"),
        "(NEW.drawn IS NULL OR NEW.drawn = OLD.drawn)"
        " AND (NEW.signatory = OLD.signatory OR NEW.signatory LIKE '%ormer %')"
        " AND (NEW.reference IN (OLD.reference, '') OR NEW.reference LIKE '%ormer %' OR NEW.reference LIKE '%removed%')"
        " AND (NEW.recorded_by = OLD.recorded_by OR NEW.recorded_by LIKE 'Former %')",
    ),
    "signature_withdrawals": (
        ("reason", "withdrawn_by"),
        "(NEW.reason = OLD.reason OR NEW.reason LIKE '%ormer %' OR NEW.reason LIKE '%removed%')"
        " AND (NEW.withdrawn_by = OLD.withdrawn_by OR NEW.withdrawn_by LIKE 'Former %')",
    ),
}
FIXED = (
    "school_id", "id", "subject_type", "subject_id", "kind", "media_type", "size_bytes", "sha256", "width", "height",
    "thumbnail_sha256", "added_at", "added_by_id",
)  # fmt: skip
FIXED_BEFORE = (*FIXED, "name", "added_by")


def upgrade() -> None:
    """Make the table and loosen the guards."""
    op.create_table(
        "retention_settings",
        sa.Column("school_id", sa.Uuid(), nullable=False, comment="School"),
        sa.Column("staff_months", sa.Integer(), nullable=False, comment="Months after the last day: staff"),
        sa.Column("governor_months", sa.Integer(), nullable=False, comment="Months after the last day: governors"),
        sa.Column("pupil_months", sa.Integer(), nullable=False, comment="Months after the last day: pupils"),
        sa.Column("external_months", sa.Integer(), nullable=False, comment="Months after the last day: externals"),
        sa.Column("loan_months", sa.Integer(), nullable=False, comment="Months after the last loan came back"),
        sa.Column("incident_months", sa.Integer(), nullable=False, comment="Months after the last incident was closed"),
        sa.Column("by_itself", sa.Boolean(), nullable=False, comment="The timer does it; else it only proposes"),
        sa.Column(
            "version", sa.Integer(), nullable=False, comment="Counts changes: two people who edit at once are told"
        ),
        sa.ForeignKeyConstraint(["school_id"], ["schools.id"], name="fk_retention_settings_school_id"),
        sa.PrimaryKeyConstraint("school_id", name="pk_retention_settings"),
    )
    sqlite = op.get_bind().dialect.name == "sqlite"
    for table, (free, condition) in LOOSENED.items():
        (_loosen_sqlite if sqlite else _loosen_postgresql)(table, free, condition)
    _attachments(FIXED)


def _loosen_sqlite(table: str, free: tuple[str, ...], condition: str) -> None:
    columns = [one["name"] for one in sa.inspect(op.get_bind()).get_columns(table)]
    same = " AND ".join(f"NEW.{name} IS OLD.{name}" for name in columns if name not in free)
    op.execute(f"DROP TRIGGER {table}_no_update")
    op.execute(
        f"CREATE TRIGGER {table}_no_update BEFORE UPDATE ON {table} WHEN NOT (({condition}) AND {same}) "
        f"BEGIN SELECT RAISE(ABORT, '{table} is append-only'); END"
    )


def _loosen_postgresql(table: str, free: tuple[str, ...], condition: str) -> None:
    rest = "".join(f" - '{name}'" for name in free)
    op.execute(f"DROP TRIGGER {table}_append_only ON {table}")
    op.execute(
        f"CREATE TRIGGER {table}_append_only BEFORE DELETE OR TRUNCATE ON {table} "
        f"FOR EACH STATEMENT EXECUTE FUNCTION {table}_append_only()"
    )
    op.execute(
        f"CREATE FUNCTION {table}_redacted() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN "
        f"IF {condition} AND (to_jsonb(NEW){rest}) = (to_jsonb(OLD){rest}) THEN RETURN NEW; END IF; "
        f"RAISE EXCEPTION '{table} is append-only'; END $$"
    )
    op.execute(
        f"CREATE TRIGGER {table}_redacted BEFORE UPDATE ON {table} FOR EACH ROW EXECUTE FUNCTION {table}_redacted()"
    )


def _attachments(fixed: tuple[str, ...]) -> None:
    """Whose and what an attachment is stays; its name and who added it may become a pseudonym."""
    if op.get_bind().dialect.name == "sqlite":
        op.execute("DROP TRIGGER attachments_fixed")
        then = "BEGIN SELECT RAISE(ABORT, 'an attachment stays what it is'); END"
    else:
        op.execute("DROP TRIGGER attachments_fixed ON attachments")
        then = "FOR EACH STATEMENT EXECUTE FUNCTION attachments_fixed()"
    op.execute(f"CREATE TRIGGER attachments_fixed BEFORE UPDATE OF {', '.join(fixed)} ON attachments {then}")


def downgrade() -> None:
    """Guard the tables as before; names that became pseudonyms stay pseudonyms."""
    _attachments(FIXED_BEFORE)
    for table in LOOSENED:
        if op.get_bind().dialect.name == "sqlite":
            op.execute(f"DROP TRIGGER {table}_no_update")
            op.execute(
                f"CREATE TRIGGER {table}_no_update BEFORE UPDATE ON {table} "
                f"BEGIN SELECT RAISE(ABORT, '{table} is append-only'); END"
            )
            continue
        op.execute(f"DROP TRIGGER {table}_redacted ON {table}")
        op.execute(f"DROP FUNCTION {table}_redacted()")
        op.execute(f"DROP TRIGGER {table}_append_only ON {table}")
        op.execute(
            f"CREATE TRIGGER {table}_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON {table} "
            f"FOR EACH STATEMENT EXECUTE FUNCTION {table}_append_only()"
        )
    op.drop_table("retention_settings")
