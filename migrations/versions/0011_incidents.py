"""Incidents, and who was told of them."""

import sqlalchemy as sa
from alembic import op

revision = "0011"
down_revision = "0010"


def upgrade() -> None:
    """Make the tables."""
    op.create_table(
        "incidents",
        sa.Column("number", sa.Integer(), nullable=False, comment="From 1 without gaps in the school"),
        sa.Column("kind", sa.String(length=30), nullable=False, comment="incidents.rules.IncidentKind"),
        sa.Column("state", sa.String(length=20), nullable=False, comment="incidents.rules.IncidentState"),
        sa.Column("asset_id", sa.Uuid(), nullable=True, comment="What it happened to"),
        sa.Column("medium_id", sa.Uuid(), nullable=True, comment="What it happened to"),
        sa.Column("person_id", sa.Uuid(), nullable=True, comment="Who had it"),
        sa.Column(
            "thing",
            sa.String(length=300),
            nullable=False,
            comment="What it happened to, in words, as it was known then",
        ),
        sa.Column("what", sa.Text(), nullable=False, comment="What happened"),
        sa.Column("place", sa.String(length=200), nullable=False, comment="Where; empty if not known"),
        sa.Column("discovered_at", sa.DateTime(), nullable=False, comment="UTC; the 72 hours of UK GDPR art 33 begin"),
        sa.Column("data_at_risk", sa.String(length=10), nullable=False, comment="incidents.rules.DataAtRisk"),
        sa.Column(
            "assessment", sa.Text(), nullable=False, comment="What is at risk and what was done; empty until assessed"
        ),
        sa.Column("reported_by", sa.String(length=200), nullable=False, comment="Name at that time"),
        sa.Column("reported_by_id", sa.Uuid(), nullable=True, comment="User"),
        sa.Column("reported_at", sa.DateTime(), nullable=False, comment="UTC"),
        sa.Column(
            "decided_by",
            sa.String(length=200),
            nullable=False,
            comment="Who decided whether the ICO is told; empty until then",
        ),
        sa.Column("decided_at", sa.DateTime(), nullable=True, comment="UTC"),
        sa.Column("decision_reasons", sa.Text(), nullable=False, comment="Why the ICO is told or not (art 33(5))"),
        sa.Column(
            "ico_reference", sa.String(length=200), nullable=False, comment="Of the report to the ICO; empty if none"
        ),
        sa.Column("crime_reference", sa.String(length=200), nullable=False, comment="Of the police; empty if none"),
        sa.Column("insurer_reference", sa.String(length=200), nullable=False, comment="Of the insurer; empty if none"),
        sa.Column("closed_by", sa.String(length=200), nullable=False, comment="Name at that time; empty while open"),
        sa.Column("closed_at", sa.DateTime(), nullable=True, comment="UTC"),
        sa.Column("closing_note", sa.Text(), nullable=False, comment="What was learned; empty while open"),
        sa.Column(
            "version", sa.Integer(), nullable=False, comment="Counts changes: two people who edit at once are told"
        ),
        sa.Column("school_id", sa.Uuid(), nullable=False, comment="School the row belongs to"),
        sa.Column("id", sa.Uuid(), nullable=False, comment="UUIDv7 made by the application"),
        sa.CheckConstraint("data_at_risk IN ('unknown', 'yes', 'no')", name="ck_incidents_data_at_risk"),
        sa.CheckConstraint(
            "kind IN ('lost', 'stolen', 'damaged', 'tape_missing', 'wrong_item_collected', 'wipe_failed', 'unexpected_data')",
            name="ck_incidents_kind",
        ),
        sa.CheckConstraint(
            "state IN ('open', 'assessed', 'notified', 'not_notified', 'closed')", name="ck_incidents_state"
        ),
        sa.ForeignKeyConstraint(
            ["school_id", "asset_id"], ["assets.school_id", "assets.id"], name="fk_incidents_school_id_asset_id"
        ),
        sa.ForeignKeyConstraint(
            ["school_id", "medium_id"], ["media.school_id", "media.id"], name="fk_incidents_school_id_medium_id"
        ),
        sa.ForeignKeyConstraint(
            ["school_id", "person_id"], ["people.school_id", "people.id"], name="fk_incidents_school_id_person_id"
        ),
        sa.ForeignKeyConstraint(["school_id"], ["schools.id"], name="fk_incidents_school_id"),
        sa.PrimaryKeyConstraint("school_id", "id", name="pk_incidents"),
        sa.UniqueConstraint("school_id", "number", name="uq_incidents_school_id_number"),
    )
    op.create_index("ix_incidents_asset_id", "incidents", ["school_id", "asset_id"], unique=False)
    op.create_index("ix_incidents_discovered_at", "incidents", ["school_id", "discovered_at"], unique=False)
    op.create_index("ix_incidents_medium_id", "incidents", ["school_id", "medium_id"], unique=False)
    op.create_index("ix_incidents_person_id", "incidents", ["school_id", "person_id"], unique=False)
    op.create_index("ix_incidents_reported_by_id", "incidents", ["school_id", "reported_by_id", "number"], unique=False)
    op.create_index("ix_incidents_state", "incidents", ["school_id", "state", "number"], unique=False)
    op.create_table(
        "incident_notices",
        sa.Column("incident_id", sa.Uuid(), nullable=False, comment="Of which incident"),
        sa.Column("whom", sa.String(length=200), nullable=False, comment="DPO, police, parents, insurer ..."),
        sa.Column(
            "how", sa.String(length=200), nullable=False, comment="Telephone, email, in person; empty if not said"
        ),
        sa.Column("at", sa.DateTime(), nullable=False, comment="UTC"),
        sa.Column("recorded_by", sa.String(length=200), nullable=False, comment="Name at that time"),
        sa.Column("school_id", sa.Uuid(), nullable=False, comment="School the row belongs to"),
        sa.Column("id", sa.Uuid(), nullable=False, comment="UUIDv7 made by the application"),
        sa.ForeignKeyConstraint(
            ["school_id", "incident_id"],
            ["incidents.school_id", "incidents.id"],
            name="fk_incident_notices_school_id_incident_id",
        ),
        sa.PrimaryKeyConstraint("school_id", "id", name="pk_incident_notices"),
    )
    op.create_index(
        "ix_incident_notices_incident_id", "incident_notices", ["school_id", "incident_id", "at"], unique=False
    )


def downgrade() -> None:
    """Remove them."""
    op.drop_table("incident_notices")
    op.drop_table("incidents")
