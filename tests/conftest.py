"""Databases for every test of persistence: SQLite and a real PostgreSQL, and the application with its cast."""

import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING
from uuid import uuid4

import pytest
from sqlalchemy import URL, Engine, create_engine, make_url, text
from xdist.remote import Producer
from xdist.scheduler import LoadScopeScheduling

from tests import postgres

if TYPE_CHECKING:
    from playwright.sync_api import Browser

    from tests.cast import Site

KINDS = ["sqlite", pytest.param("postgresql", marks=pytest.mark.postgres)]


class Sharing(LoadScopeScheduling):
    """Shares the tests out among processes: one boots the bench's machine, and one has all loop devices."""

    ALONE = ("tests/bench/", "tests/wipe/", "tests/journeys/test_main_job.py")

    def _split_scope(self, nodeid: str) -> str:
        return next((place for place in self.ALONE if nodeid.startswith(place)), nodeid)


def pytest_xdist_make_scheduler(config: pytest.Config, log: Producer) -> Sharing:
    """For `pytest -n`. The groups of pytest-xdist 3.8 itself do nothing under pytest 9.2, which names tests anew."""
    return Sharing(config, log)


@pytest.fixture(scope="session")
def postgres_url() -> Iterator[str]:
    with postgres.server() as url:
        yield url


class Databases:
    """Makes databases of one kind; a migrated one is a copy of a template, which is made once."""

    def __init__(self, folder: Path, server: str | None) -> None:
        self.folder, self.server = folder, server
        self.templates: dict[str, URL] = {}

    def new(self, template: URL | None = None) -> URL:
        """An empty database, or a copy of a template."""
        name = f"test_{uuid4().hex}"
        if self.server is None:
            path = self.folder / f"{name}.db"
            if template is not None:
                shutil.copy(str(template.database), path)
            return make_url(f"sqlite:///{path}")
        url = make_url(self.server)
        engine = create_engine(url, isolation_level="AUTOCOMMIT")
        with engine.connect() as connection:
            source = "" if template is None else f" TEMPLATE {template.database}"
            connection.execute(text(f"CREATE DATABASE {name}{source}"))
        engine.dispose()
        return url.set(database=name)

    def drop(self, url: URL) -> None:
        """Take a database away: thousands of tests together would fill the disk."""
        if self.server is None:
            for path in Path(str(url.database)).parent.glob(f"{Path(str(url.database)).name}*"):
                path.unlink()
            return
        engine = create_engine(self.server, isolation_level="AUTOCOMMIT")
        with engine.connect() as connection:
            connection.execute(text(f"DROP DATABASE {url.database} WITH (FORCE)"))
        engine.dispose()

    @contextmanager
    def copy(self, template: URL | None = None) -> Iterator[URL]:
        """A database for one test."""
        url = self.new(template)
        yield url
        self.drop(url)

    def template(self, name: str, fill: Callable[[Engine], None]) -> URL:
        """The template of that name, filled at the first call."""
        if name not in self.templates:
            url = self.new()
            engine = create_engine(url)
            fill(engine)
            engine.dispose()  # SQLite: the last connection to close leaves nothing outside the file
            self.templates[name] = url
        return self.templates[name]


@pytest.fixture(scope="session", params=KINDS)
def databases(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Databases:
    """Of each kind in turn."""
    import tracker.db  # noqa: F401 - how SQLite is opened

    server = None if request.param == "sqlite" else request.getfixturevalue("postgres_url")
    return Databases(tmp_path_factory.mktemp(request.param), server)


@pytest.fixture
def empty(databases: Databases) -> Iterator[Engine]:
    """A database without any table."""
    with databases.copy() as url:
        engine = create_engine(url)
        yield engine
        engine.dispose()


def _migrate(engine: Engine) -> None:
    from tracker.migrate import upgrade

    upgrade(engine)


@pytest.fixture
def database(databases: Databases) -> Iterator[Engine]:
    """A migrated database with an application context, so that `db.session` works. Nothing is committed for a test."""
    from flask import Flask

    from tracker.db import db

    app = Flask("tests")
    with databases.copy(databases.template("migrated", _migrate)) as url, app.app_context():
        app.config["SQLALCHEMY_DATABASE_URI"] = url.render_as_string(hide_password=False)
        db.init_app(app)
        yield db.engine
        db.session.remove()
        db.engine.dispose()


def _cast(engine: Engine) -> None:
    from flask import Flask

    from tests.cast import found_schools, quick_hashes
    from tracker.db import db

    _migrate(engine)
    app = Flask("tests")
    app.config["SQLALCHEMY_DATABASE_URI"] = engine.url.render_as_string(hide_password=False)
    db.init_app(app)
    with app.app_context(), quick_hashes():
        found_schools()
        db.session.commit()
        db.session.remove()
        db.engine.dispose()


@contextmanager
def site_on(databases: Databases, instance: Path, base_url: str) -> Iterator["Site"]:
    """The whole application with two schools and the cast (tests/cast.py), on a database of its own."""
    from tests.cast import Client, Site, quick_hashes
    from tracker.app import create_app
    from tracker.config import from_environment
    from tracker.db import db

    with databases.copy(databases.template("cast", _cast)) as url:
        environment = {
            "CARETAKER_INSTANCE": str(instance),
            "CARETAKER_DATABASE_URL": url.render_as_string(hide_password=False),
            "CARETAKER_BASE_URL": base_url,
        }
        app = create_app(from_environment(environment))
        app.test_client_class = Client
        with app.app_context(), quick_hashes():
            yield Site(app)
            db.session.remove()
            db.engine.dispose()


@pytest.fixture
def site(databases: Databases, tmp_path: Path) -> Iterator["Site"]:
    """The application for a test client, on each kind of database. Its CSRF check is off unless a test turns it on."""
    with site_on(databases, tmp_path / "instance", "http://127.0.0.1:5000") as made:
        made.app.config.update(WTF_CSRF_ENABLED=False)
        yield made


@pytest.fixture
def chromium() -> Iterator["Browser"]:
    """A browser for one test: its loop must not live on in the thread of tests that sign certificates."""
    from tests.browser import browser

    with browser() as opened:
        yield opened


@dataclass
class Running:
    """A served site, with the kinds and the first site that a school begins with."""

    site: "Site"
    url: str
    folder: Path


@pytest.fixture
def running(databases: Databases, tmp_path: Path) -> Iterator[Running]:
    """The application on a free port, on each kind of database."""
    from tests.browser import free_port, served
    from tracker.db import db
    from tracker.inventory import service as inventory

    port = free_port()
    with (
        site_on(databases, tmp_path / "instance", f"http://127.0.0.1:{port}") as site,
        served(site.app, port) as url,
    ):
        inventory.create_defaults(site.actor("hana"))
        db.session.commit()
        yield Running(site, url, tmp_path)
