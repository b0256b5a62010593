"""Bring a database to the newest schema. Migrations lie beside the package, in `migrations/`."""

from collections.abc import Callable
from functools import cache
from pathlib import Path

from alembic import command
from alembic.config import Config as AlembicConfig
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, Engine

FOLDER = Path(__file__).resolve().parents[1] / "migrations"


def configuration() -> AlembicConfig:
    """Alembic's settings, without a file of its own."""
    settings = AlembicConfig()
    settings.set_main_option("script_location", str(FOLDER))
    return settings


def upgrade(engine: Engine, revision: str = "head") -> None:
    """Migrate to `revision` in one transaction; a failure leaves the schema as it was."""
    _go(engine, lambda settings: command.upgrade(settings, revision))


def downgrade(engine: Engine, revision: str) -> None:
    """Go back to `revision`, `base` for nothing at all. What the newer schema held is lost."""
    _go(engine, lambda settings: command.downgrade(settings, revision))


@cache
def newest() -> str | None:
    """The revision that this program needs."""
    return ScriptDirectory.from_config(configuration()).get_current_head()


@cache
def revisions() -> frozenset[str]:
    """Every revision that this program knows."""
    return frozenset(one.revision for one in ScriptDirectory.from_config(configuration()).walk_revisions())


def revision_of(connection: Connection) -> str | None:
    """The revision that a database has; None for one without any table of ours. Only reads."""
    return MigrationContext.configure(connection).get_current_revision()


def at_head(engine: Engine) -> bool:
    """Whether the database has the newest schema."""
    with engine.connect().execution_options(read_only=True) as connection:
        return revision_of(connection) == newest()


def _go(engine: Engine, step: Callable[[AlembicConfig], None]) -> None:
    with engine.begin() as connection:
        settings = configuration()
        settings.attributes["connection"] = connection
        step(settings)
