"""Rows that were there before a migration: what it makes of them, on both databases. Raw SQL, never the models."""

from datetime import date

from sqlalchemy import Connection, Engine, text

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
