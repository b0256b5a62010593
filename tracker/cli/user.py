"""`tracker user add`: an account from the command line, for the day on which nobody can sign in."""

import argparse
import getpass
import sys
from datetime import date

from tracker.accounts import service as accounts
from tracker.cli import context
from tracker.cli.errors import CommandError, ExitCode
from tracker.db import db
from tracker.values import Role


def add(commands: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    """`tracker user add USERNAME --name NAME --role ROLE`."""
    parser = commands.add_parser("user", help="add an account", description="Look after accounts.")
    one = parser.add_subparsers(required=True, metavar="COMMAND").add_parser(
        "add",
        help="add an account; asks for its password",
        description="Add an account to a school. The password is asked for on the terminal, or read as one line from "
        "the standard input; it is never an argument, which other users of the machine could see.",
    )
    one.add_argument("username", metavar="USERNAME", help="what is typed at sign-in")
    one.add_argument("--name", required=True, help="the person's name as people know it")
    one.add_argument("--role", required=True, choices=[role.value for role in Role], help="what they may do")
    one.add_argument("--school", metavar="CODE", help="which school, where there are several")
    one.add_argument("--expires", type=_day, metavar="YYYY-MM-DD", help="last day; an auditor needs one")
    one.add_argument(
        "--must-change", action="store_true", help="the password opens one page only, on which a new one is chosen"
    )
    one.set_defaults(command=do_add)


def do_add(options: argparse.Namespace) -> ExitCode:
    """Add the account. Raises Denied with every reason why not, CommandError for another school."""
    with context.database():
        school = context.one_school(options.school)
        made = accounts.create_user(
            context.actor_for(school),
            username=options.username,
            name=options.name,
            role=Role(options.role),
            password=_password(),
            expires_on=options.expires,
            must_change=options.must_change,
        )
        db.session.commit()
        print(f"{made.name} may sign in at {school.name} as {made.username} ({Role(made.role).label}).")
    return ExitCode.DONE


def _password() -> str:
    if not sys.stdin.isatty():
        return sys.stdin.readline(4096).rstrip("\r\n")
    first = getpass.getpass("Password: ")
    if getpass.getpass("The same password again: ") != first:
        advice = "Run the command again."
        raise CommandError(ExitCode.BAD_INPUT, "The two passwords are not the same.", advice=advice)
    return first


def _day(text: str) -> date:
    """Argparse says the message."""
    try:
        return date.fromisoformat(text)
    except ValueError:
        raise argparse.ArgumentTypeError(f"{text} is no day; write it as 2027-07-31") from None
