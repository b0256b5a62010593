"""What commands share: the application with its database, and which school is meant."""

import getpass
from collections.abc import Iterator
from contextlib import contextmanager

from flask import Flask
from sqlalchemy import select
from sqlalchemy.exc import OperationalError

from tracker import migrate
from tracker.accounts.models import School
from tracker.app import create_app
from tracker.cli.errors import CommandError, ExitCode
from tracker.db import db
from tracker.values import Actor

_SETTINGS = "Look at CARETAKER_DATABASE_URL and CARETAKER_INSTANCE, and whether the database server runs."


@contextmanager
def database(*, migrated: bool = True) -> Iterator[Flask]:
    """The application, with `db.session` ready. Raises BadSetting, and CommandError where the database is not ready."""
    app = create_app()
    with app.app_context():
        try:
            if migrated:
                check_revision()
            yield app
        finally:
            db.session.remove()
            db.engine.dispose()


def revision() -> str | None:
    """The database's revision. Raises CommandError where it cannot be reached, or is newer than this program."""
    try:
        with db.engine.connect().execution_options(read_only=True) as connection:
            found = migrate.revision_of(connection)
    except OperationalError as error:
        reason = str(error.orig).strip().splitlines()[0]
        message = f"The database cannot be reached: {reason}."
        raise CommandError(ExitCode.NOT_READY, message, advice=_SETTINGS) from error
    if found is not None and found not in migrate.revisions():
        message = f"The database is of a newer Caretaker (revision {found})."
        raise CommandError(ExitCode.NOT_READY, message, advice="Install the Caretaker that it was used with last.")
    return found


def check_revision() -> None:
    """Raise CommandError unless the database has exactly the revision that this program needs."""
    found, needed = revision(), migrate.newest()
    if found != needed:
        state = "is empty" if found is None else f"has revision {found}"
        message = f"The database {state}, and this Caretaker needs revision {needed}."
        raise CommandError(ExitCode.NOT_READY, message, advice="Take a backup, then run: tracker db upgrade")


def schools(code: str | None) -> list[School]:
    """The school of that code, or all of them. Raises CommandError where there is none."""
    query = select(School).order_by(School.code)
    if code is not None:
        query = query.where(School.code == code.strip().casefold())
    found = list(db.session.scalars(query))
    if not found and code is not None:
        message = f"There is no school with the code {code}."
        raise CommandError(ExitCode.BAD_INPUT, message, advice="Its code is what people type at sign-in.")
    if not found:
        advice = "Run `tracker serve` and open its address in a browser: the first page founds the school."
        raise CommandError(ExitCode.NOT_READY, "There is no school in this database yet.", advice=advice)
    return found


def one_school(code: str | None) -> School:
    """The school that is meant. Raises CommandError where that is not clear."""
    found = schools(code)
    if len(found) > 1:
        codes = ", ".join(school.code for school in found)
        raise CommandError(ExitCode.USAGE, "There are several schools.", advice=f"Say which: --school {codes}")
    return found[0]


def actor_for(school: School) -> Actor:
    """The command line as the log knows it, with the name of the machine's account."""
    try:
        account = getpass.getuser()
    except (KeyError, OSError):  # a container's user may have no name
        account = "unnamed account"
    return Actor(school.id, None, "Caretaker", None, f"command line, {account}")
