"""`tracker import`, as an administrator of a trust runs it."""

import json
from pathlib import Path

import pytest

from tests.cast import Site
from tests.tracker.imports.conftest import csv_of, laptop
from tests.tracker.test_cli import Command
from tracker.db import db
from tracker.inventory import service as inventory
from tracker.inventory.models import Asset


@pytest.fixture
def command(site: Site) -> Command:
    """A database with the cast's two schools, one of them with kinds and a site."""
    inventory.create_defaults(site.actor("hana"))
    db.session.commit()
    config = site.app.extensions["caretaker"]
    return Command(config.instance, config.database_url)


def assets() -> int:
    db.session.rollback()
    return db.session.query(Asset).count()


def test_a_file_is_tried_and_then_goes_in_whole(command: Command, tmp_path: Path) -> None:
    file = tmp_path / "list.csv"
    file.write_bytes(csv_of([laptop(1), laptop(2)]))
    tried = command.run("import", file, "--school", "st-b", "--dry-run")
    assert (tried.returncode, assets()) == (0, 0)
    assert "2 new, 0 changed, 0 unchanged, 0 faulty" in tried.stdout
    assert "would add the place:" in tried.stdout
    done = command.run("import", file, "--school", "st-b")
    assert (done.returncode, assets()) == (0, 2)
    assert "All of it is in the register." in done.stdout
    again = command.run("import", file, "--school", "st-b")
    assert (again.returncode, "2 unchanged" in again.stdout) == (0, True)


def test_a_faulty_row_is_named_and_nothing_is_saved(command: Command, tmp_path: Path) -> None:
    file = tmp_path / "list.csv"
    file.write_bytes(csv_of([laptop(1), laptop(2, Purchased="never")]))
    found = command.run("import", file, "--school", "st-b")
    assert (found.returncode, assets()) == (4, 0)
    assert "row 3: Purchased: “never”" in found.stdout
    assert "1 rows are faulty. Nothing was saved." in found.stderr


def test_columns_are_matched_by_a_file(command: Command, tmp_path: Path) -> None:
    file, mapping = tmp_path / "list.csv", tmp_path / "mapping.json"
    file.write_bytes(csv_of([("PC", "P-1", "Left shelf")], ("Item", "Wotsit", "Room")))
    mapping.write_text(json.dumps({"Wotsit": "serial", "Room": "description"}))
    assert command.run("import", file, "--school", "st-b", "--mapping", mapping).returncode == 0
    asset = db.session.query(Asset).one()
    assert (asset.serial, asset.description, asset.location_id) == ("P-1", "Left shelf", None)
    for told, word in (({"Nothing": "serial"}, "Nothing"), ({"Item": "nonsense"}, "nonsense"), ([1], "no mapping")):
        mapping.write_text(json.dumps(told))
        wrong = command.run("import", file, "--school", "st-b", "--mapping", mapping)
        assert (wrong.returncode, word in wrong.stderr) == (3, True)


def test_what_is_no_file_or_no_spreadsheet_is_told(command: Command, tmp_path: Path) -> None:
    assert command.run("import", tmp_path / "none.csv", "--school", "st-b").returncode == 3
    file = tmp_path / "paper.pdf"
    file.write_bytes(b"%PDF-1.7")
    found = command.run("import", file, "--school", "st-b")
    assert (found.returncode, "no spreadsheet" in found.stderr) == (3, True)
    assert command.run("import", file).returncode == 2
