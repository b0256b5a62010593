"""Schools, users, sessions, and the append-only log.

UPDATE and DELETE on the log are refused by triggers, so that a mistake in the program or an idle hand in the database
cannot change history unnoticed; somebody who drops the triggers first is found by the hash chain and its checkpoints.
"""

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None
APPEND_ONLY = ("events", "checkpoints")


def upgrade() -> None:
    """Make the tables and their guards."""
    op.create_table(
        "schools",
        sa.Column("id", sa.Uuid(), nullable=False, comment="UUIDv7 made by the application"),
        sa.Column(
            "code", sa.String(32), nullable=False, comment="Short name typed at sign-in where there are many schools"
        ),
        sa.Column("name", sa.String(200), nullable=False, comment="As printed on certificates"),
        sa.Column(
            "address", sa.Text(), nullable=False, comment="As printed on certificates, lines separated by newlines"
        ),
        sa.Column("postcode", sa.String(10), nullable=False, comment="UK postcode"),
        sa.Column(
            "dfe_number", sa.String(8), nullable=False, comment="LA and establishment number, 123/4567; empty if none"
        ),
        sa.Column(
            "incident_contact", sa.Text(), nullable=False, comment="Whom to tell of lost equipment (policy clause DS9)"
        ),
        sa.Column(
            "procedure_version", sa.String(40), nullable=False, comment="Version of the school's wiping procedure"
        ),
        sa.Column("policy_version", sa.String(40), nullable=False, comment="Version of the school's E-Safety policy"),
        sa.Column("crest", sa.LargeBinary(), nullable=True, comment="PNG for certificates"),
        sa.Column("created_at", sa.DateTime(), nullable=False, comment="UTC"),
        sa.PrimaryKeyConstraint("id", name="pk_schools"),
        sa.UniqueConstraint("code", name="uq_schools_code"),
    )
    op.create_table(
        "users",
        *_school_row(),
        sa.Column("username", sa.String(64), nullable=False, comment="Lower case, unique in the school"),
        sa.Column("name", sa.String(200), nullable=False, comment="As people know them"),
        sa.Column("role", sa.String(20), nullable=False, comment="values.Role"),
        sa.Column("password_hash", sa.String(200), nullable=False, comment="Argon2id, encoded with its parameters"),
        sa.Column(
            "must_change",
            sa.Boolean(),
            nullable=False,
            comment="The password was given by somebody else and opens one page only",
        ),
        sa.Column("active", sa.Boolean(), nullable=False, comment="False once the account is closed; never deleted"),
        sa.Column("expires_on", sa.Date(), nullable=True, comment="Last day of a guest account; an auditor has one"),
        sa.Column("failures", sa.Integer(), nullable=False, comment="Wrong passwords since the last right one"),
        sa.Column("locked_until", sa.DateTime(), nullable=True, comment="UTC; sign-in is refused until then"),
        sa.Column("created_at", sa.DateTime(), nullable=False, comment="UTC"),
        sa.PrimaryKeyConstraint("school_id", "id", name="pk_users"),
        sa.ForeignKeyConstraint(["school_id"], ["schools.id"], name="fk_users_school_id"),
        sa.UniqueConstraint("school_id", "username", name="uq_users_school_id_username"),
        sa.CheckConstraint(
            "role IN ('technician', 'bursar', 'head', 'governor', 'auditor', 'staff')", name="ck_users_role"
        ),
        sa.CheckConstraint("role <> 'auditor' OR expires_on IS NOT NULL", name="ck_users_auditor_expires"),
    )
    op.create_table(
        "sign_in_sessions",
        *_school_row(),
        sa.Column("user_id", sa.Uuid(), nullable=False, comment="Whose session"),
        sa.Column("token_hash", sa.String(64), nullable=False, comment="SHA-256 of the browser's token"),
        sa.Column("created_at", sa.DateTime(), nullable=False, comment="UTC; the session ends a fixed time later"),
        sa.Column(
            "used_at", sa.DateTime(), nullable=False, comment="UTC, to the minute; the session ends when idle too long"
        ),
        sa.Column("ended_at", sa.DateTime(), nullable=True, comment="UTC; signed out, or signed out everywhere"),
        sa.Column("origin", sa.String(64), nullable=False, comment="IP address at sign-in"),
        sa.PrimaryKeyConstraint("school_id", "id", name="pk_sign_in_sessions"),
        sa.ForeignKeyConstraint(
            ["school_id", "user_id"], ["users.school_id", "users.id"], name="fk_sign_in_sessions_school_id_user_id"
        ),
        sa.UniqueConstraint("school_id", "token_hash", name="uq_sign_in_sessions_school_id_token_hash"),
    )
    op.create_index("ix_sign_in_sessions_user_id", "sign_in_sessions", ["user_id"])
    _create_log()
    for table in APPEND_ONLY:
        _guard(table)


def _school_row() -> list[sa.Column]:
    return [
        sa.Column("school_id", sa.Uuid(), nullable=False, comment="School the row belongs to"),
        sa.Column("id", sa.Uuid(), nullable=False, comment="UUIDv7 made by the application"),
    ]


def _create_log() -> None:
    op.create_table(
        "events",
        *_school_row(),
        sa.Column("seq", sa.Integer(), nullable=False, comment="Position in the school's chain, from 1 without gaps"),
        sa.Column("at", sa.DateTime(), nullable=False, comment="When, UTC"),
        sa.Column("kind", sa.String(64), nullable=False, comment="EventKind, subject:action"),
        sa.Column("actor_id", sa.Uuid(), nullable=True, comment="User or station; null for the system itself"),
        sa.Column("subject_type", sa.String(32), nullable=False, comment="What kind of thing"),
        sa.Column("subject_id", sa.Uuid(), nullable=False, comment="Which thing"),
        sa.Column(
            "detail",
            sa.Text(),
            nullable=True,
            comment="Canonical JSON: actor's name and role, origin, subject's label, before, after, why, request",
        ),
        sa.Column("salt", sa.LargeBinary(), nullable=True, comment="32 random bytes that blind the detail's digest"),
        sa.Column(
            "detail_digest",
            sa.String(64),
            nullable=False,
            comment="SHA-256 of salt and detail; the chain covers this, so a detail can be redacted later",
        ),
        sa.Column(
            "previous", sa.String(64), nullable=False, comment="Hash of the event before; 64 zeros for the first"
        ),
        sa.Column("hash", sa.String(64), nullable=False, comment="SHA-256 over this event's canonical JSON"),
        sa.PrimaryKeyConstraint("school_id", "id", name="pk_events"),
        sa.UniqueConstraint("school_id", "seq", name="uq_events_school_id_seq"),
    )
    op.create_index("ix_events_subject", "events", ["school_id", "subject_type", "subject_id", "seq"])
    op.create_index("ix_events_actor", "events", ["school_id", "actor_id", "seq"])
    op.create_index("ix_events_kind", "events", ["school_id", "kind", "seq"])
    op.create_index("ix_events_at", "events", ["school_id", "at"])
    op.create_table(
        "chain_heads",
        sa.Column("school_id", sa.Uuid(), nullable=False, comment="School, or the nil UUID for no school"),
        sa.Column("seq", sa.Integer(), nullable=False, comment="Last position"),
        sa.Column("hash", sa.String(64), nullable=False, comment="Last hash"),
        sa.PrimaryKeyConstraint("school_id", name="pk_chain_heads"),
    )
    op.create_table(
        "checkpoints",
        *_school_row(),
        sa.Column("seq", sa.Integer(), nullable=False, comment="Length of the chain at that time"),
        sa.Column("hash", sa.String(64), nullable=False, comment="Hash of that event"),
        sa.Column("at", sa.DateTime(), nullable=False, comment="When it was signed, UTC"),
        sa.Column("statement", sa.Text(), nullable=False, comment="The signed bytes, a compact JWS"),
        sa.PrimaryKeyConstraint("school_id", "id", name="pk_checkpoints"),
    )


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
    """Remove everything; triggers go with their tables, functions do not."""
    for table in ("checkpoints", "chain_heads", "events", "sign_in_sessions", "users", "schools"):
        op.drop_table(table)
    if op.get_bind().dialect.name == "postgresql":
        for table in APPEND_ONLY:
            op.execute(f"DROP FUNCTION {table}_append_only()")
