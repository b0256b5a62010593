"""The application as people meet it: served for real, with a browser and a real station."""

import os
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from playwright.sync_api import Browser

from tests.browser import browser, free_port, served
from tests.cast import Site
from tests.conftest import Databases, site_on
from tests.wipe.conftest import attach as attach  # the fixture
from tracker.db import db
from tracker.inventory import service as inventory


@pytest.fixture(scope="session")
def chromium() -> Iterator[Browser]:
    with browser() as opened:
        yield opened


@dataclass
class Running:
    """A served site."""

    site: Site
    url: str
    folder: Path


@pytest.fixture
def running(databases: Databases, tmp_path: Path) -> Iterator[Running]:
    """The application on a free port, on each kind of database."""
    port = free_port()
    with (
        site_on(databases, tmp_path / "instance", f"http://127.0.0.1:{port}") as site,
        served(site.app, port) as url,
    ):
        inventory.create_defaults(site.actor("hana"))
        db.session.commit()
        yield Running(site, url, tmp_path)


@pytest.fixture
def pictures() -> Path | None:
    """Where pictures are kept, if CARETAKER_PICTURES names a folder."""
    named = os.environ.get("CARETAKER_PICTURES")
    if not named:
        return None
    folder = Path(named)
    folder.mkdir(parents=True, exist_ok=True)
    return folder
