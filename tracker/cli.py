"""The `tracker` command: parse, run one command, turn every expected failure into its exit status and advice."""

import argparse
import getpass
import json
import sys
from collections.abc import Sequence
from datetime import date
from enum import IntEnum
from pathlib import Path
from typing import TypeAlias

from flask import Flask
from sqlalchemy import select
from sqlalchemy.exc import OperationalError
from waitress import serve

from tracker.accounts import service as accounts
from tracker.accounts.models import School
from tracker.app import create_app
from tracker.audit import checkpoints
from tracker.config import BadSetting, from_environment
from tracker.db import db
from tracker.demo import run as demo
from tracker.exports import service as exports
from tracker.migrate import at_head, upgrade
from tracker.setup.code import setup_code
from tracker.values import Actor, Denied, Role


class ExitCode(IntEnum):
    """Exit status of every `tracker` command, stable for scripts; docs/exit-codes.md is checked against it."""

    DONE = 0
    BUG = 1
    USAGE = 2
    BAD_SETTING = 3
    REFUSED = 4
    LOG_BROKEN = 5
    LOG_CONTRADICTED = 6
    NOT_GENUINE = 7


EXIT_CODE_MEANING: dict[ExitCode, str] = {
    ExitCode.DONE: "the command did what it says; for a check: it was proved",
    ExitCode.BUG: "a fault in the program",
    ExitCode.USAGE: "the command line is wrong; nothing was done",
    ExitCode.BAD_SETTING: "a setting, a file or the database cannot be used; nothing was done",
    ExitCode.REFUSED: "a rule said no, and the message says why; nothing was done",
    ExitCode.LOG_BROKEN: "the log was changed: the first broken event is named",
    ExitCode.LOG_CONTRADICTED: "the log holds in itself, but not against a checkpoint: cut off, or written anew",
    ExitCode.NOT_GENUINE: "the certificate or record is damaged, forged, or signed by another key",
}
ADVICE = {
    ExitCode.BAD_SETTING: "Look at the settings CARETAKER_*; docs/deployment.md lists them.",
    ExitCode.REFUSED: "Mend what the message names, and try again.",
}


def parser() -> argparse.ArgumentParser:
    """The whole command line."""
    table = "\n".join(f"  {code.value}  {meaning}" for code, meaning in EXIT_CODE_MEANING.items())
    top = argparse.ArgumentParser(
        prog="tracker",
        description="The school's register: serve it, look after it, and check what it proves. "
        "Settings are read from the environment (CARETAKER_*).",
        epilog=f"exit status:\n{table}",
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    commands = top.add_subparsers(required=True, metavar="COMMAND")
    _add_serve(commands)
    demo.add(commands)
    _add_user(commands)
    _add_db(commands)
    _add_audit(commands)
    _add_export(commands)
    return top


Commands: TypeAlias = "argparse._SubParsersAction[argparse.ArgumentParser]"


def _add_serve(commands: Commands) -> None:
    command = commands.add_parser(
        "serve",
        help="serve the pages and the stations' API",
        description="Serve the register with a production server. Put a proxy with HTTPS in front, see "
        "docs/deployment.md. The database must be migrated: `tracker db upgrade`.",
    )
    command.add_argument("--host", default="127.0.0.1", help="address to listen at (default: %(default)s)")
    command.add_argument("--port", type=int, default=5000, help="port (default: %(default)s)")
    command.add_argument("--threads", type=int, default=8, help="requests at a time (default: %(default)s)")
    command.set_defaults(command=do_serve)


def do_serve(options: argparse.Namespace) -> int:
    """Serve until a signal. Raises BadSetting."""
    app = _ready()
    with app.app_context():
        if not accounts.any_school():
            settings = from_environment()
            print(f"There is no school yet. Found it at {settings.base_url}/setup")
            print(f"From another computer that takes this code: {setup_code(settings.instance)}", flush=True)
        db.session.remove()
    try:
        serve(app, host=options.host, port=options.port, threads=options.threads, ident=None)
    except OSError as error:
        raise BadSetting(f"Cannot listen at {options.host}:{options.port}: {error.strerror}.") from error
    return ExitCode.DONE


def _ready() -> Flask:
    """The application on a migrated database. Raises BadSetting."""
    app = create_app()
    try:
        with app.app_context():
            well = at_head(db.engine)
    except OperationalError as error:
        raise BadSetting(f"The database does not answer: {str(error.orig).strip()}.") from error
    if not well:
        raise BadSetting("The database has another schema than this program. Run `tracker db upgrade` first.")
    return app


def _add_user(commands: Commands) -> None:
    users = commands.add_parser("user", help="add an account", description="Look after accounts from the server.")
    command = users.add_subparsers(required=True, metavar="COMMAND").add_parser(
        "add",
        help="add an account; the password is asked for, or read from standard input",
        description="Add an account. The password is asked for on a terminal, or read as one line from standard input; "
        "it is never an argument, where others could read it.",
    )
    command.add_argument("username", help="what is typed at sign-in")
    command.add_argument("--name", required=True, help="as people know them")
    command.add_argument("--role", required=True, choices=[role.value for role in Role])
    command.add_argument("--expires", type=date.fromisoformat, metavar="YYYY-MM-DD", help="last day; auditors need one")
    command.add_argument("--school", default="", metavar="CODE", help="which school, where there are several")
    command.set_defaults(command=do_user_add)


def do_user_add(options: argparse.Namespace) -> int:
    """Add it. Raises Denied, BadSetting."""
    app = _ready()
    if sys.stdin.isatty():
        password = getpass.getpass("Password: ")
        if getpass.getpass("Again: ") != password:
            raise BadSetting("The two passwords are not the same.")
    else:
        password = sys.stdin.readline().rstrip("\n")
    with app.app_context():
        actor = Actor(_school(options.school).id, None, "Caretaker", None, "command line")
        accounts.create_user(
            actor,
            username=options.username,
            name=options.name,
            role=Role(options.role),
            password=password,
            expires_on=options.expires,
        )
        db.session.commit()
    print(f"{options.username} may sign in now.")
    return ExitCode.DONE


def _school(code: str) -> School:
    """The school of that code, or the only one. Raises BadSetting."""
    found = list(db.session.scalars(select(School).order_by(School.code)))
    named = [one for one in found if one.code == code.casefold()] if code else found
    if len(named) != 1:
        codes = ", ".join(one.code for one in found) or "none is founded yet"
        raise BadSetting(f"Say with --school which school is meant: {codes}.")
    return named[0]


def _add_db(commands: Commands) -> None:
    database = commands.add_parser("db", help="migrate the database", description="Look after the database.")
    command = database.add_subparsers(required=True, metavar="COMMAND").add_parser(
        "upgrade",
        help="bring the database to the newest schema",
        description="Bring the database to the newest schema, in one transaction: a failure leaves it as it was. "
        "Take a backup first.",
    )
    command.set_defaults(command=do_db_upgrade)


def do_db_upgrade(options: argparse.Namespace) -> int:
    """Migrate. Raises BadSetting."""
    app = create_app()
    with app.app_context():
        try:
            upgrade(db.engine)
        except OperationalError as error:
            raise BadSetting(f"The database does not answer: {str(error.orig).strip()}.") from error
    print("The database has the newest schema.")
    return ExitCode.DONE


def _add_audit(commands: Commands) -> None:
    audit = commands.add_parser("audit", help="prove the log", description="Prove the log, and sign how it stands.")
    kinds = audit.add_subparsers(required=True, metavar="COMMAND")
    verify = kinds.add_parser(
        "verify",
        help="read every event and say where the log is broken first",
        description="Read every school's log and prove its chain; compare it with the checkpoints in the database and "
        "with those in files. A cut-off end shows only against a checkpoint that was kept elsewhere.",
    )
    verify.add_argument(
        "--checkpoint", type=Path, action="append", default=[], metavar="FILE", help="a kept checkpoint"
    )
    verify.add_argument("--json", action="store_true", help="print one JSON array for programs")
    verify.set_defaults(command=do_audit_verify)
    sign = kinds.add_parser(
        "checkpoint",
        help="sign how the log stands now",
        description="Read a school's log and sign its length and last hash. Keep the file elsewhere.",
    )
    sign.add_argument("--out", type=Path, metavar="FILE", help="a new file for it (default: standard output)")
    sign.add_argument("--school", default="", metavar="CODE", help="which school, where there are several")
    sign.set_defaults(command=do_audit_checkpoint)


def do_audit_verify(options: argparse.Namespace) -> int:
    """Prove all logs. Raises BadSetting."""
    with _ready().app_context():
        key = checkpoints.signing_key(from_environment().instance).public_key()
        kept = [checkpoints.read(_text(path), key) for path in options.checkpoint]
        proofs = []
        for school in db.session.scalars(select(School).order_by(School.code)):
            own = [checkpoints.read(row.statement, key) for row in checkpoints.stored(school.id)]
            proofs.append((school, checkpoints.prove(school.id, [*own, *kept])))
        return _tell_proofs(proofs, as_json=options.json)


def _text(path: Path) -> str:
    try:
        return path.read_text(encoding="ascii")
    except (OSError, ValueError) as error:
        raise BadSetting(f"{path} cannot be read as a checkpoint: {error}.") from error


def _tell_proofs(proofs: list[tuple[School, checkpoints.Proof]], *, as_json: bool) -> int:
    told = [
        {
            "school": school.code,
            "events": proof.verdict.events,
            "broken_at": proof.verdict.broken.seq if proof.verdict.broken else None,
            "reason": proof.verdict.broken.reason if proof.verdict.broken else None,
            "checkpoints": proof.compared,
            "contradicted": list(proof.contradicted),
            "holds": proof.holds,
        }
        for school, proof in proofs
    ]
    if as_json:
        print(json.dumps(told, indent=2))
    for school, proof in proofs if not as_json else ():
        broken = proof.verdict.broken
        state = f"BROKEN at event {broken.seq}: {broken.reason}" if broken else f"{proof.verdict.events} events hold"
        print(f"{school.name}: {state}; {proof.compared} checkpoints compared")
        for sentence in proof.contradicted:
            print(f"  {sentence}")
    if any(proof.verdict.broken for _, proof in proofs):
        return ExitCode.LOG_BROKEN
    return ExitCode.LOG_CONTRADICTED if any(proof.contradicted for _, proof in proofs) else ExitCode.DONE


def do_audit_checkpoint(options: argparse.Namespace) -> int:
    """Sign one. Raises BadSetting, BadCheckpoint."""
    with _ready().app_context():
        actor = Actor(_school(options.school).id, None, "Caretaker", None, "command line")
        row = checkpoints.sign(actor, checkpoints.signing_key(from_environment().instance))
        if options.out is not None:
            try:
                with options.out.open("x", encoding="ascii") as file:
                    file.write(row.statement + "\n")
            except OSError as error:
                raise BadSetting(f"{options.out} cannot be written: {error.strerror}.") from error
        else:
            print(row.statement)
        db.session.commit()
    return ExitCode.DONE


def _add_export(commands: Commands) -> None:
    command = commands.add_parser(
        "export",
        help="write a school's whole data as plain files",
        description="Write the register as CSV, the log as JSON lines, evidence and certificates as they are, and a "
        "manifest with every file's SHA-256, into a new folder. Passwords and tokens are left out.",
    )
    command.add_argument("--out", type=Path, required=True, metavar="DIR", help="a folder that does not exist yet")
    command.add_argument("--school", default="", metavar="CODE", help="which school, where there are several")
    command.set_defaults(command=do_export)


def do_export(options: argparse.Namespace) -> int:
    """Export. Raises BadSetting."""
    with _ready().app_context():
        try:
            names = exports.export(_school(options.school).id, options.out)
        except OSError as error:
            raise BadSetting(f"{options.out} cannot be written: {error.strerror}. Name a new folder.") from error
    print(f"{len(names)} files are in {options.out}.")
    return ExitCode.DONE


def main(argv: Sequence[str] | None = None) -> int:
    """Run one command; the exit status. An unexpected error keeps its traceback: it is a bug."""
    options = parser().parse_args(argv)
    try:
        return int(options.command(options))
    except (BadSetting, checkpoints.BadKey) as error:
        return _fail(ExitCode.BAD_SETTING, str(error))
    except checkpoints.BadCheckpoint as error:
        return _fail(ExitCode.LOG_BROKEN if "broken" in str(error) else ExitCode.BAD_SETTING, str(error))
    except Denied as error:
        return _fail(ExitCode.REFUSED, str(error))


def _fail(code: ExitCode, message: str) -> int:
    print(f"tracker: {message}", file=sys.stderr)
    if code in ADVICE:
        print(f"What to do: {ADVICE[code]}", file=sys.stderr)
    return int(code)


if __name__ == "__main__":
    sys.exit(main())
