"""Storage media, stations with their jobs, and evidence exactly as received.

Evidence is append-only: its bytes prove what happened, and a judgement made at receipt is not made again.
"""

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"
APPEND_ONLY = ("evidence",)


def upgrade() -> None:
    """Make the tables and their guards."""
    op.create_table(
        "stations",
        sa.Column("name", sa.String(length=80), nullable=False, comment="What people call it"),
        sa.Column("place", sa.String(length=200), nullable=False, comment="Where it stands; empty if not said"),
        sa.Column("key_id", sa.String(length=64), nullable=False, comment="RFC 7638 thumbprint of its public key"),
        sa.Column("public_key", sa.Text(), nullable=False, comment="Ed25519 public key as JWK, JSON"),
        sa.Column("token_hash", sa.String(length=64), nullable=False, comment="SHA-256 of its API token"),
        sa.Column("software", sa.String(length=40), nullable=False, comment="Version it says it runs"),
        sa.Column("enrolled_at", sa.DateTime(), nullable=False, comment="UTC"),
        sa.Column("revoked_at", sa.DateTime(), nullable=True, comment="UTC; its token is refused from then on"),
        sa.Column("seen_at", sa.DateTime(), nullable=True, comment="UTC, last exchange"),
        sa.Column("reports", sa.Text(), nullable=True, comment="Drives as it last told them: JSON list of DriveReport"),
        sa.Column("reported_at", sa.DateTime(), nullable=True, comment="UTC, when the drives last changed"),
        sa.Column("school_id", sa.Uuid(), nullable=False, comment="School the row belongs to"),
        sa.Column("id", sa.Uuid(), nullable=False, comment="UUIDv7 made by the application"),
        sa.ForeignKeyConstraint(["school_id"], ["schools.id"], name="fk_stations_school_id"),
        sa.PrimaryKeyConstraint("school_id", "id", name="pk_stations"),
        sa.UniqueConstraint("school_id", "key_id", name="uq_stations_school_id_key_id"),
        sa.UniqueConstraint("school_id", "token_hash", name="uq_stations_school_id_token_hash"),
    )
    op.create_table(
        "pairing_codes",
        sa.Column(
            "code_hash", sa.String(length=64), nullable=False, comment="SHA-256 of the code in capitals without hyphens"
        ),
        sa.Column("station_name", sa.String(length=80), nullable=False, comment="Name the station will have"),
        sa.Column("station_place", sa.String(length=200), nullable=False, comment="Where it will stand"),
        sa.Column("issued_by", sa.String(length=200), nullable=False, comment="Name at that time"),
        sa.Column("issued_at", sa.DateTime(), nullable=False, comment="UTC"),
        sa.Column("expires_at", sa.DateTime(), nullable=False, comment="UTC"),
        sa.Column("used_at", sa.DateTime(), nullable=True, comment="UTC; a code works once"),
        sa.Column("school_id", sa.Uuid(), nullable=False, comment="School the row belongs to"),
        sa.Column("id", sa.Uuid(), nullable=False, comment="UUIDv7 made by the application"),
        sa.ForeignKeyConstraint(["school_id"], ["schools.id"], name="fk_pairing_codes_school_id"),
        sa.PrimaryKeyConstraint("school_id", "id", name="pk_pairing_codes"),
        sa.UniqueConstraint("code_hash", name="uq_pairing_codes_code_hash"),
    )
    op.create_table(
        "media",
        sa.Column("asset_id", sa.Uuid(), nullable=True, comment="The asset it is in; null for a loose medium"),
        sa.Column("kind", sa.String(length=20), nullable=False, comment="wipe.vocabulary.Medium"),
        sa.Column("make", sa.String(length=80), nullable=False, comment="Empty if not known"),
        sa.Column("model", sa.String(length=120), nullable=False, comment="Empty if not known"),
        sa.Column(
            "serial", sa.String(length=120), nullable=False, comment="As on its label or as read; empty if it has none"
        ),
        sa.Column(
            "serial_key",
            sa.String(length=120),
            nullable=False,
            comment="Serial in capitals, letters and digits only, to find",
        ),
        sa.Column("wwn", sa.String(length=64), nullable=False, comment="WWN, EUI-64 or NGUID; empty if not known"),
        sa.Column("capacity_bytes", sa.BigInteger(), nullable=True, comment="Bytes; null if not known"),
        sa.Column("firmware", sa.String(length=64), nullable=False, comment="Empty if not known"),
        sa.Column(
            "data_class",
            sa.String(length=1),
            nullable=False,
            comment="wipe.vocabulary.DataClass: the worst it may have held",
        ),
        sa.Column("state", sa.String(length=30), nullable=False, comment="media.rules.MediumState"),
        sa.Column("notes", sa.Text(), nullable=False, comment="Free text"),
        sa.Column("created_at", sa.DateTime(), nullable=False, comment="UTC"),
        sa.Column(
            "version", sa.Integer(), nullable=False, comment="Counts changes: two people who edit at once are told"
        ),
        sa.Column("school_id", sa.Uuid(), nullable=False, comment="School the row belongs to"),
        sa.Column("id", sa.Uuid(), nullable=False, comment="UUIDv7 made by the application"),
        sa.CheckConstraint("data_class IN ('N', 'P', 'S')", name="ck_media_data_class"),
        sa.CheckConstraint(
            "kind IN ('hdd', 'ssd', 'nvme', 'usb-flash', 'sd', 'emmc', 'optical', 'tape', 'virtual', 'unknown')",
            name="ck_media_kind",
        ),
        sa.CheckConstraint(
            "state IN ('in_service', 'held', 'wiping', 'wiped_unverified', 'sanitised', 'wipe_failed', 'held_for_destruction', 'destroyed', 'handed_over_guaranteed', 'destroyed_confirmed', 'missing')",
            name="ck_media_state",
        ),
        sa.ForeignKeyConstraint(
            ["school_id", "asset_id"], ["assets.school_id", "assets.id"], name="fk_media_school_id_asset_id"
        ),
        sa.ForeignKeyConstraint(["school_id"], ["schools.id"], name="fk_media_school_id"),
        sa.PrimaryKeyConstraint("school_id", "id", name="pk_media"),
    )
    op.create_index("ix_media_asset_id", "media", ["school_id", "asset_id"], unique=False)
    op.create_index("ix_media_serial_key", "media", ["school_id", "serial_key"], unique=False)
    op.create_index("ix_media_state", "media", ["school_id", "state"], unique=False)
    op.create_table(
        "jobs",
        sa.Column("station_id", sa.Uuid(), nullable=False, comment="Where it runs"),
        sa.Column("medium_id", sa.Uuid(), nullable=False, comment="Which medium is to be wiped"),
        sa.Column("asset_id", sa.Uuid(), nullable=True, comment="The asset it was in when the job was ordered"),
        sa.Column(
            "medium_state",
            sa.String(length=30),
            nullable=False,
            comment="State of the medium when it was ordered, to go back to",
        ),
        sa.Column("operator_id", sa.Uuid(), nullable=False, comment="User who confirmed it"),
        sa.Column("operator", sa.String(length=200), nullable=False, comment="Name at that time"),
        sa.Column("operator_role", sa.String(length=20), nullable=False, comment="Role at that time"),
        sa.Column("plan", sa.Text(), nullable=False, comment="wipe.facts.Plan as confirmed, JSON"),
        sa.Column("plan_digest", sa.String(length=64), nullable=False, comment="wipe.codec.digest of it"),
        sa.Column("state", sa.String(length=20), nullable=False, comment="stations.rules.JobState"),
        sa.Column("cancel_requested_at", sa.DateTime(), nullable=True, comment="UTC"),
        sa.Column("progress", sa.Text(), nullable=True, comment="wipe.facts.Progress as last told, JSON"),
        sa.Column(
            "refusals", sa.Text(), nullable=False, comment="Why the station refused: JSON list of code, message, advice"
        ),
        sa.Column("message", sa.Text(), nullable=False, comment="What the station said of a failure; empty if nothing"),
        sa.Column("record_id", sa.Uuid(), nullable=True, comment="Number of its evidence, once the station names it"),
        sa.Column("created_at", sa.DateTime(), nullable=False, comment="UTC"),
        sa.Column("accepted_at", sa.DateTime(), nullable=True, comment="UTC"),
        sa.Column("ended_at", sa.DateTime(), nullable=True, comment="UTC, when it reached its last state"),
        sa.Column("school_id", sa.Uuid(), nullable=False, comment="School the row belongs to"),
        sa.Column("id", sa.Uuid(), nullable=False, comment="UUIDv7 made by the application"),
        sa.CheckConstraint(
            "state IN ('ordered', 'accepted', 'running', 'ended', 'refused', 'failed', 'cancelled')",
            name="ck_jobs_state",
        ),
        sa.ForeignKeyConstraint(
            ["school_id", "asset_id"], ["assets.school_id", "assets.id"], name="fk_jobs_school_id_asset_id"
        ),
        sa.ForeignKeyConstraint(
            ["school_id", "medium_id"], ["media.school_id", "media.id"], name="fk_jobs_school_id_medium_id"
        ),
        sa.ForeignKeyConstraint(
            ["school_id", "station_id"], ["stations.school_id", "stations.id"], name="fk_jobs_school_id_station_id"
        ),
        sa.PrimaryKeyConstraint("school_id", "id", name="pk_jobs"),
    )
    op.create_index("ix_jobs_created_at", "jobs", ["school_id", "created_at"], unique=False)
    op.create_index("ix_jobs_medium_id", "jobs", ["school_id", "medium_id", "created_at"], unique=False)
    op.create_index("ix_jobs_station_id", "jobs", ["school_id", "station_id", "state"], unique=False)
    op.create_table(
        "evidence",
        sa.Column("station_id", sa.Uuid(), nullable=False, comment="Station that sent it"),
        sa.Column(
            "job_id", sa.Uuid(), nullable=True, comment="Job it answers; null where it names none that is known here"
        ),
        sa.Column(
            "medium_id", sa.Uuid(), nullable=True, comment="Medium it is about; null where that could not be told"
        ),
        sa.Column("received_at", sa.DateTime(), nullable=False, comment="UTC"),
        sa.Column("signed", sa.LargeBinary(), nullable=False, comment="The compact JWS, byte for byte"),
        sa.Column("sha256", sa.String(length=64), nullable=False, comment="Hex, of those bytes"),
        sa.Column("state", sa.String(length=20), nullable=False, comment="media.rules.EvidenceState"),
        sa.Column(
            "reasons", sa.Text(), nullable=False, comment="Why it was quarantined: finished sentences, a JSON list"
        ),
        sa.Column(
            "outcome",
            sa.String(length=30),
            nullable=False,
            comment="wipe.vocabulary.Outcome; empty where it cannot be read",
        ),
        sa.Column(
            "level",
            sa.String(length=10),
            nullable=False,
            comment="wipe.vocabulary.Level; empty where it cannot be read",
        ),
        sa.Column("school_id", sa.Uuid(), nullable=False, comment="School the row belongs to"),
        sa.Column("id", sa.Uuid(), nullable=False, comment="UUIDv7 made by the application"),
        sa.CheckConstraint("state IN ('accepted', 'quarantined')", name="ck_evidence_state"),
        sa.ForeignKeyConstraint(
            ["school_id", "job_id"], ["jobs.school_id", "jobs.id"], name="fk_evidence_school_id_job_id"
        ),
        sa.ForeignKeyConstraint(
            ["school_id", "medium_id"], ["media.school_id", "media.id"], name="fk_evidence_school_id_medium_id"
        ),
        sa.ForeignKeyConstraint(
            ["school_id", "station_id"], ["stations.school_id", "stations.id"], name="fk_evidence_school_id_station_id"
        ),
        sa.PrimaryKeyConstraint("school_id", "id", name="pk_evidence"),
    )
    op.create_index("ix_evidence_medium_id", "evidence", ["school_id", "medium_id", "received_at"], unique=False)
    op.create_index("ix_evidence_state", "evidence", ["school_id", "state", "received_at"], unique=False)
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
    for table in ("evidence", "jobs", "media", "pairing_codes", "stations"):
        op.drop_table(table)
    if op.get_bind().dialect.name == "postgresql":
        for table in APPEND_ONLY:
            op.execute(f"DROP FUNCTION {table}_append_only()")
