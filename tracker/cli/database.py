"""`tracker db upgrade`: bring the database to the schema that this program needs."""

import argparse

from tracker import migrate
from tracker.cli import context
from tracker.cli.errors import ExitCode
from tracker.db import db


def add(commands: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    """`tracker db upgrade`."""
    parser = commands.add_parser("db", help="make or upgrade the database", description="Look after the database.")
    upgrade = parser.add_subparsers(required=True, metavar="COMMAND").add_parser(
        "upgrade",
        help="migrate to the newest schema",
        description="Make the tables, or change them to what this version needs, in one transaction: a failure leaves "
        "everything as it was. Run it before every start; where there is nothing to do, nothing is done.",
    )
    upgrade.set_defaults(command=do_upgrade)


def do_upgrade(options: argparse.Namespace) -> ExitCode:
    """Migrate. Raises CommandError where the database cannot be reached, or is newer than this program."""
    with context.database(migrated=False):
        before = context.revision()
        migrate.upgrade(db.engine)
        after = context.revision()
        if before == after:
            print(f"The database is up to date (revision {after}).")
        else:
            print(f"The database was migrated from {before or 'nothing'} to revision {after}.")
    return ExitCode.DONE
