"""From a spreadsheet to the register: what a dry run says, and what applying does."""

from datetime import date

from sqlalchemy import func, select

from tests.tracker.imports.conftest import Desk, csv_of, laptop
from tracker.db import db
from tracker.inventory.models import Asset
from tracker.media.models import Medium


def test_a_spreadsheet_becomes_a_register(desk: Desk) -> None:
    found = desk.tried(csv_of(laptop(number) for number in range(3)))
    counts = desk.counts(found)
    assert found.state == "tried"
    assert (counts.new, counts.faulty, counts.drives, counts.places, counts.incoming) == (3, 0, 3, 1, 0)
    assert desk.assets() == []
    desk.apply(found)
    assert found.state == "applied"
    assets = desk.assets()
    assert [(one.make, one.model, one.serial, one.state) for one in assets] == [
        ("Dell", "Latitude 5420", f"5CG{number:05}", "in_store") for number in range(3)
    ]
    one = assets[0]
    assert (one.acquired_on, one.cost_pence, one.media_count) == (date(2023, 9, 1), 64900, 1)
    assert [row.asset_id for row in desk.rows(found)] == [one.id for one in assets]
    assert {one.serial for one in db.session.scalars(select(Medium))} == {f"S5Y{number:05}" for number in range(3)}


def test_the_same_file_twice_changes_nothing(desk: Desk) -> None:
    rows = [laptop(1), laptop(2), laptop(3, **{"Serial No": "", "Hard drive serial": ""})]
    rows.append(rows[-1])  # two equal things without a number
    desk.imported(csv_of(rows), no_serial="Not written down in the old list")
    found = desk.tried(csv_of(rows))
    counts = desk.counts(found)
    assert (counts.new, counts.changed, counts.unchanged, counts.faulty) == (0, 0, 4, 0)
    assert db.session.scalar(select(func.count()).select_from(Asset)) == 4
