"""Rows that were there before a migration: what it makes of them, on both databases. Raw SQL, never the models."""

from datetime import date

import pytest
from sqlalchemy import Connection, Engine, text
from sqlalchemy.exc import DBAPIError

from tracker.migrate import downgrade, upgrade

SCHOOL, KIND = "0" * 31 + "7", "0" * 31 + "5"
NOW = "2026-11-24 09:00:00"


def number(value: int) -> str:
    """An id."""
    return f"{value:032x}"


def put(connection: Connection, table: str, **values: object) -> None:
    """One row; ids and days are texts, which both databases take."""
    names, marks = ", ".join(values), ", ".join(f":{name}" for name in values)
    connection.execute(text(f"INSERT INTO {table} ({names}) VALUES ({marks})"), values)


def school_with_assets(connection: Connection, count: int) -> None:
    """A school, a kind, and assets 1 to `count`, each with two media on record, as revision 0004 has them."""
    school = dict.fromkeys(("code", "name", "address", "postcode", "dfe_number", "incident_contact"), "x")
    school |= dict.fromkeys(("procedure_version", "policy_version"), "x")
    put(connection, "schools", id=SCHOOL, created_at=NOW, **school)
    flags = {"data_bearing": True, "portable": True, "fixed": False, "server": False}
    put(connection, "asset_kinds", school_id=SCHOOL, id=KIND, name="Laptop", **flags)
    texts = dict.fromkeys(("name", "make", "model", "serial", "serial_key", "serial_reason", "notes", "search"), "")
    for one in range(1, count + 1):
        told = {"ownership": "school", "data_class": "P", "state": "in_store", "media_count": 2, "version": 1}
        ids = {"school_id": SCHOOL, "id": number(one), "kind_id": KIND, "tag": f"{one:08}", "created_at": NOW}
        put(connection, "assets", **ids, **told, **texts)


def medium(connection: Connection, value: int, asset: int, state: str) -> None:
    """A medium of an asset, as revision 0004 has it."""
    texts = dict.fromkeys(("make", "model", "serial", "serial_key", "wwn", "firmware", "notes"), "")
    told = {"kind": "ssd", "data_class": "P", "state": state, "created_at": NOW, "version": 1}
    put(connection, "media", school_id=SCHOOL, id=number(value), asset_id=number(asset), **told, **texts)


def check(connection: Connection, value: int, asset: int, kind: str, day: str, *, passed: bool, at: str = NOW) -> None:
    """A check of an asset, as revision 0005 has it."""
    texts = dict.fromkeys(("method", "note", "done_by", "recorded_by"), "")
    told = {"kind": kind, "passed": passed, "done_on": day, "recorded_at": at}
    put(connection, "asset_checks", school_id=SCHOOL, id=number(value), asset_id=number(asset), **told, **texts)


def column(engine: Engine, name: str) -> list[object]:
    """A column of the assets, in their order."""
    with engine.connect() as connection:
        return list(connection.scalars(text(f"SELECT {name} FROM assets ORDER BY tag")))


def test_media_that_may_hold_data_are_counted(empty: Engine) -> None:
    upgrade(empty, "0004")
    with empty.begin() as connection:
        school_with_assets(connection, 3)
        for value, (asset, state) in enumerate(
            [(1, "in_service"), (1, "sanitised"), (2, "destroyed"), (2, "sanitised"), (3, "held"), (3, "wipe_failed")]
        ):
            medium(connection, 100 + value, asset, state)
    upgrade(empty, "0005")
    assert column(empty, "media_holding") == [1, 0, 2]
    assert column(empty, "supplier") == ["", "", ""]
    downgrade(empty, "0004")
    upgrade(empty, "0005")
    assert column(empty, "media_holding") == [1, 0, 2]


def test_the_latest_check_that_was_in_order_stands_in_the_asset(empty: Engine) -> None:
    upgrade(empty, "0004")
    with empty.begin() as connection:
        school_with_assets(connection, 4)
    upgrade(empty, "0012")
    with empty.begin() as connection:
        check(connection, 1, 1, "encryption", "2026-01-05", passed=True)
        check(connection, 2, 1, "encryption", "2026-02-05", passed=True)
        check(connection, 3, 2, "encryption", "2026-02-05", passed=True)
        check(connection, 4, 2, "encryption", "2026-03-05", passed=False)
        check(connection, 5, 3, "encryption", "2026-03-05", passed=False)
        check(connection, 6, 3, "encryption", "2026-03-05", passed=True, at="2026-11-24 10:00:00")
        check(connection, 7, 4, "updates", "2026-03-05", passed=True)
    upgrade(empty)
    days = [str(day) if day else None for day in column(empty, "encryption_on")]
    assert days == [str(date(2026, 2, 5)), None, str(date(2026, 3, 5)), None]
    assert [bool(day) for day in column(empty, "updates_on")] == [False, False, False, True]


def test_jobs_and_their_evidence_outlive_the_states_that_a_job_may_have_now(empty: Engine) -> None:
    upgrade(empty, "0018")
    with empty.begin() as connection:
        school_with_assets(connection, 0)
        own = {"school_id": SCHOOL, "id": number(1)}
        station = dict.fromkeys(("name", "place", "key_id", "public_key", "token_hash", "software"), "x")
        put(connection, "stations", **own, **station, enrolled_at=NOW)
        texts = dict.fromkeys(("make", "model", "serial", "serial_key", "wwn", "firmware", "notes"), "")
        told = {"kind": "ssd", "data_class": "P", "state": "wiping", "created_at": NOW, "version": 1}
        put(connection, "media", **own, **told, **texts)
        texts = dict.fromkeys(("medium_state", "operator", "operator_role", "plan", "plan_digest", "message"), "x:y")
        ids = {"station_id": number(1), "medium_id": number(1), "operator_id": number(1)}
        put(connection, "jobs", **own, **ids, **texts, state="running", refusals="[]", created_at=NOW)
        texts = dict.fromkeys(("sha256", "outcome", "level"), "x")
        told = {"state": "accepted", "reasons": "[]", "received_at": NOW, "signed": b"x", "job_id": number(1)}
        put(connection, "evidence", **own, **told, **texts, station_id=number(1))
    upgrade(empty, "0019")
    for state in ("hung", "lost"):
        with empty.begin() as connection:
            connection.execute(text(f"UPDATE jobs SET state = '{state}'"))
            joined = text("SELECT count(*) FROM jobs JOIN evidence ON evidence.job_id = jobs.id")
            assert connection.scalar(joined) == 1
            assert connection.scalar(text("SELECT operator FROM jobs")) == "x:y"
    with pytest.raises(DBAPIError), empty.begin() as connection:
        connection.execute(text("DELETE FROM jobs"))  # evidence still holds on to its job
    downgrade(empty, "0018")
    with empty.begin() as connection:
        assert connection.scalar(text("SELECT state FROM jobs")) == "failed"
    with pytest.raises(DBAPIError), empty.begin() as connection:
        connection.execute(text("UPDATE jobs SET state = 'lost'"))
