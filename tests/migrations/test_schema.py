"""The migrations give exactly the models' schema, go both ways, and guard the log, on both databases."""

import pytest
from alembic.autogenerate import compare_metadata
from alembic.runtime.migration import MigrationContext
from sqlalchemy import Engine, inspect, text
from sqlalchemy.exc import DBAPIError

import tracker.accounts.models
import tracker.agreements.models
import tracker.attachments.models
import tracker.audit.models
import tracker.certificates.models
import tracker.imports.models
import tracker.incidents.models
import tracker.inventory.models
import tracker.loans.kits_models
import tracker.loans.models
import tracker.loans.reservations_models
import tracker.maintenance.models
import tracker.media.models
import tracker.people.models
import tracker.reminders.models
import tracker.retention.models
import tracker.stations.models
import tracker.terms.models  # noqa: F401 - the models must be known to the metadata
from tracker.db import Base
from tracker.migrate import downgrade, upgrade

SCHOOL, EVENT = "0" * 31 + "7", "0" * 31 + "1"
INSERTS = {
    "events": (
        "INSERT INTO events (school_id, id, seq, at, kind, subject_type, subject_id, detail_digest, previous, hash) "
        f"VALUES ('{SCHOOL}', '{EVENT}', 1, '2026-11-24 09:00:00', 'asset:changed', 'asset', '{EVENT}', 'd', 'p', 'h')"
    ),
    "checkpoints": (
        "INSERT INTO checkpoints (school_id, id, seq, hash, at, statement) "
        f"VALUES ('{SCHOOL}', '{EVENT}', 1, 'h', '2026-11-24 09:00:00', 's')"
    ),
}


def test_the_newest_migration_gives_exactly_the_schema_of_the_models(empty: Engine) -> None:
    upgrade(empty)
    with empty.connect() as connection:
        context = MigrationContext.configure(connection, opts={"compare_type": True})
        assert compare_metadata(context, Base.metadata) == []


def test_the_migrations_go_down_and_up_again(empty: Engine) -> None:
    upgrade(empty)
    tables = set(inspect(empty).get_table_names())
    assert {"schools", "users", "events"} <= tables
    downgrade(empty, "base")
    assert set(inspect(empty).get_table_names()) == {"alembic_version"}
    upgrade(empty)
    assert set(inspect(empty).get_table_names()) == tables


@pytest.mark.parametrize("table", INSERTS)
@pytest.mark.parametrize("change", ["UPDATE {} SET hash = 'x'", "DELETE FROM {}"])
def test_the_log_refuses_change_and_deletion(empty: Engine, table: str, change: str) -> None:
    upgrade(empty)
    with empty.begin() as connection:
        connection.execute(text(INSERTS[table]))
    with pytest.raises(DBAPIError, match="append-only"), empty.begin() as connection:
        connection.execute(text(change.format(table)))
    with empty.connect() as connection:
        assert connection.scalar(text(f"SELECT hash FROM {table}")) == "h"
