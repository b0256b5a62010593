"""Databases for every test of persistence: SQLite and a real PostgreSQL."""

from collections.abc import Iterator
from pathlib import Path
from uuid import uuid4

import pytest
from sqlalchemy import Engine, create_engine, make_url, text

from tests import postgres


@pytest.fixture(scope="session")
def postgres_url() -> Iterator[str]:
    with postgres.server() as url:
        yield url


@pytest.fixture(params=["sqlite", pytest.param("postgresql", marks=pytest.mark.postgres)])
def empty(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Engine]:
    """A database without any table."""
    import tracker.db  # noqa: F401 - how SQLite is opened

    if request.param == "sqlite":
        engine = create_engine(f"sqlite:///{tmp_path / 'caretaker.db'}")
        yield engine
        engine.dispose()
        return
    url = make_url(request.getfixturevalue("postgres_url"))
    name = f"test_{uuid4().hex}"
    server = create_engine(url, isolation_level="AUTOCOMMIT")
    with server.connect() as connection:
        connection.execute(text(f"CREATE DATABASE {name}"))
    server.dispose()
    engine = create_engine(url.set(database=name))
    yield engine
    engine.dispose()


@pytest.fixture
def database(empty: Engine) -> Iterator[Engine]:
    """A migrated database with an application context, so that `db.session` works. Nothing is committed for a test."""
    from flask import Flask

    from tracker.db import db
    from tracker.migrate import upgrade

    upgrade(empty)
    app = Flask("tests")
    app.config["SQLALCHEMY_DATABASE_URI"] = empty.url.render_as_string(hide_password=False)
    db.init_app(app)
    with app.app_context():
        yield empty
        db.session.remove()
        db.engine.dispose()
