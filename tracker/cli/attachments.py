"""`tracker attachments check`: every photo and document is there and unchanged; also the check after a restore."""

import argparse
import json
from pathlib import Path

from tracker.accounts.models import School
from tracker.attachments.check import Fault, Report, check, sweep
from tracker.cli import context
from tracker.cli.errors import CommandError, ExitCode
from tracker.config import Config
from tracker.db import db


def add(commands: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    """`tracker attachments check [--school CODE] [--sweep] [--json]`."""
    parser = commands.add_parser(
        "attachments", help="check photos and documents", description="Look after photos and documents."
    )
    below = parser.add_subparsers(required=True, metavar="COMMAND")
    one = below.add_parser(
        "check",
        help="prove that every file is there and unchanged",
        description="Read every file and compare its SHA-256 with the register: 0 all are there and unchanged, 14 some "
        "are missing, altered or cannot be read; each is named. Run it after a restore. Files without an entry, which "
        "an upload that was called off leaves behind, are named and do no harm; --sweep removes them.",
    )
    one.add_argument("--school", metavar="CODE", help="one school only")
    one.add_argument("--sweep", action="store_true", help="remove files to which no entry refers")
    one.add_argument("--json", action="store_true", help="print the result as JSON")
    one.set_defaults(command=do_check)


def do_check(options: argparse.Namespace) -> ExitCode:
    """Check each school's files. Raises CommandError where the folder cannot be read or swept."""
    with context.database() as app:
        config: Config = app.extensions["caretaker"]
        db.session.connection(execution_options={"read_only": True})
        schools = context.schools(options.school)
        told = []
        try:
            for school in schools:
                told.append(_school(school, config.instance, remove=options.sweep))
        except OSError as error:
            message = f"{error.filename} cannot be read or removed: {error.strerror}."
            advice = "Run it as the account that runs the tracker, with CARETAKER_INSTANCE as the tracker has it."
            raise CommandError(ExitCode.BAD_INPUT, message, advice=advice) from error
    sound = not any(report.faults for _, report, _ in told)
    if options.json:
        print(json.dumps({"sound": sound, "schools": [_json(*one) for one in told]}, indent=2))
    else:
        for one in told:
            _say(*one)
    return ExitCode.DONE if sound else ExitCode.FILES_LOST


Told = tuple[str, Report, list[Path]]  # the school's code, what was found, what was removed


def _school(school: School, instance: Path, *, remove: bool) -> Told:
    code, school_id = school.code, school.id
    report = check(school_id, instance)
    if not (remove and report.orphans):
        return code, report, []
    db.session.rollback()  # the next statement begins a transaction that may write
    gone = sweep(school_id, instance, report.orphans)
    db.session.rollback()
    db.session.connection(execution_options={"read_only": True})
    return code, report, gone


def _say(code: str, report: Report, gone: list[Path]) -> None:
    wrong = len({fault.attachment_id for fault in report.faults})
    verdict = f"{wrong} of them WRONG" if wrong else "all there and unchanged"
    print(f"{code}: {report.rows} photos and documents, {verdict}.")
    for fault in report.faults:
        print(f"  {fault.what.upper()}: {_words(fault)}")
    left = [path for path in report.orphans if path not in gone]
    for path in gone:
        print(f"  removed, no entry refers to it: {path}")
    for path in left:
        print(f"  no entry refers to it: {path}")
    if report.faults:
        print("  Restore these files from a backup into the folder `attachments` of the instance, and check again.")
    if left:
        print("  Files without an entry do no harm. Once this is the right database, remove them with --sweep.")


def _words(fault: Fault) -> str:
    part = "the small picture of " if fault.thumbnail else ""
    return f"{part}{fault.name} of the {fault.subject_type} {fault.subject_id}, SHA-256 {fault.sha256}"


def _json(code: str, report: Report, gone: list[Path]) -> dict[str, object]:
    return {
        "school": code,
        "attachments": report.rows,
        "faults": [{name: str(value) for name, value in vars(fault).items()} for fault in report.faults],
        "orphans": [str(path) for path in report.orphans],
        "removed": [str(path) for path in gone],
    }
