"""`tracker school add`: another school in the same database, for a trust. The first one is founded in the browser."""

import argparse

from tracker.accounts import service as accounts
from tracker.cli import context
from tracker.cli.errors import ExitCode
from tracker.db import db
from tracker.inventory import service as inventory


def add(commands: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    """`tracker school add CODE --name NAME`."""
    parser = commands.add_parser("school", help="add a school, for a trust", description="Look after schools.")
    one = parser.add_subparsers(required=True, metavar="COMMAND").add_parser(
        "add",
        help="add a school to this database",
        description="Add a school. From then on sign-in asks for the school's code. No school sees another's things. "
        "Add its head teacher next: tracker user add --school CODE --role head.",
    )
    one.add_argument("code", metavar="CODE", help="short name that is typed at sign-in")
    one.add_argument("--name", required=True, help="as printed on certificates")
    one.set_defaults(command=do_add)


def do_add(options: argparse.Namespace) -> ExitCode:
    """Add the school with the kinds and the site that a school begins with. Raises Denied where the code is taken."""
    with context.database():
        details = accounts.SchoolDetails(code=options.code, name=options.name)
        school = accounts.create_school(details, origin="command line")
        inventory.create_defaults(context.actor_for(school))
        db.session.commit()
        print(f"{school.name} is founded. Add its head teacher: tracker user add --school {school.code} --role head")
    return ExitCode.DONE
