"""`tracker import`: a spreadsheet into the register from the command line, tried first as on the page."""

import argparse
import json
import time
from pathlib import Path
from uuid import UUID

from sqlalchemy.exc import OperationalError

from tracker.cli import context
from tracker.cli.errors import CommandError, ExitCode
from tracker.db import db
from tracker.imports import service, work
from tracker.imports.models import Import
from tracker.imports.rules import RUNNING, Counts, ImportState, ListOf, Verdict
from tracker.imports.tables import FILE_MOST, Unreadable
from tracker.values import Actor

WORKER = "command line"
_PAUSE = 0.5  # seconds between looks at an import that another process works at
_SHOWN = 50  # faulty rows that are told
_ADVICE = "Correct the file and run the command again."


def add(commands: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    """`tracker import FILE [--people] [--school CODE] [--dry-run] [--mapping FILE]`."""
    parser = commands.add_parser(
        "import",
        help="bring a spreadsheet into the register, all of it or nothing",
        description="Read a CSV or XLSX file, match its columns by their headings, show what would change and every "
        "faulty row, and put all of it into the register if there is none. The headings must be the first row that has "
        "some. Statements that a thing holds no storage need a technician's name: make those on the page. The import "
        "stands in the list of imports, and in the log.",
    )
    parser.add_argument("file", type=Path, metavar="FILE", help="CSV or XLSX, at most 32 MiB and 50,000 rows")
    parser.add_argument("--people", action="store_true", help="the file is a list of people, not of equipment")
    parser.add_argument("--school", metavar="CODE", help="which school, where there are several")
    parser.add_argument("--dry-run", action="store_true", help="only show what would change")
    parser.add_argument(
        "--mapping",
        type=Path,
        metavar="FILE",
        help='JSON: what columns mean, by heading, such as {"Asset ref": "note", "Keeper": "responsible"}; an empty '
        "text leaves one out. Others go by their names",
    )
    parser.set_defaults(command=do)


def do(options: argparse.Namespace) -> ExitCode:
    """Import. Raises CommandError, Denied."""
    data, told = _read(options.file), _mapping(options.mapping)
    with context.database():
        actor = context.actor_for(context.one_school(options.school))
        try:
            found = service.upload(actor, options.file.name, data, ListOf.PEOPLE if options.people else ListOf.ASSETS)
        except Unreadable as refused:
            raise CommandError(ExitCode.BAD_INPUT, str(refused), advice=_ADVICE) from refused
        import_id = found.id
        _match(actor, found, told)
        db.session.commit()
        found = _wait(actor.school_id, import_id)
        if found.state == ImportState.FAILED:
            raise CommandError(ExitCode.BAD_INPUT, found.message, advice=_ADVICE)
        counts = service.counts_of(found)
        _show(found, counts)
        if counts.faulty:
            message = f"{counts.faulty:,} rows are faulty. Nothing was saved."
            raise CommandError(ExitCode.REFUSED, message, advice=_ADVICE)
        if options.dry_run or not (counts.new or counts.changed):
            return ExitCode.DONE
        service.apply(actor, import_id, found.digest)
        db.session.commit()
        found = _wait(actor.school_id, import_id)
        if found.state != ImportState.APPLIED:
            raise CommandError(ExitCode.REFUSED, found.message or "Nothing was saved.", advice=_ADVICE)
    print("All of it is in the register.")
    return ExitCode.DONE


def _read(file: Path) -> bytes:
    try:
        with file.open("rb") as opened:
            return opened.read(FILE_MOST + 1)
    except OSError as error:
        message = f"{file} cannot be read: {error.strerror}."
        raise CommandError(ExitCode.BAD_INPUT, message, advice="Name a CSV or XLSX file.") from error


def _mapping(file: Path | None) -> dict[str, str]:
    if file is None:
        return {}
    try:
        told = json.loads(_read(file))
    except ValueError as error:
        told = error
    if not isinstance(told, dict) or not all(isinstance(word, str) for word in told.values()):
        message = f"{file} is no mapping of columns."
        raise CommandError(ExitCode.BAD_INPUT, message, advice='It should look like {"Keeper": "responsible"}.')
    return told


def _match(actor: Actor, found: Import, told: dict[str, str]) -> None:
    """The columns by their names, and as they are told."""
    mapping = {int(column): word for column, word in found.mapping.items()}
    words = service.labels_of(found)
    for heading, word in told.items():
        if heading not in found.headings or (word and word not in words):
            message = f"The mapping is wrong at “{heading}”: “{word}”."
            advice = f"Headings: {', '.join(found.headings)}. Meanings: {', '.join(words)}."
            raise CommandError(ExitCode.BAD_INPUT, message, advice=advice)
        mapping.pop(found.headings.index(heading), None)
        if word:
            mapping = {column: one for column, one in mapping.items() if one != word or one == "note"}
            mapping[found.headings.index(heading)] = word
    service.match(actor, found.id, mapping, service.choices_of(found), version=found.version)


def _wait(school_id: UUID, import_id: UUID) -> Import:
    """Do the work, or let another process that has it end it."""
    while True:
        try:
            worked = work.run_once(WORKER)
        except OperationalError:  # somebody else writes for long
            worked = False
        db.session.rollback()
        found = service.get_import(school_id, import_id)
        if ImportState(found.state) not in RUNNING:
            return found
        db.session.rollback()
        if not worked:
            time.sleep(_PAUSE)


def _show(found: Import, counts: Counts) -> None:
    print(f"{counts.new:,} new, {counts.changed:,} changed, {counts.unchanged:,} unchanged, {counts.faulty:,} faulty")
    for one in found.creates.values():
        print(f"would add the {one['what']}: {one.get('path') or one['name']}")
    for text, rows, first in counts.remarks:
        print(f"{rows:,} row(s), from row {first:,}: {text}")
    for row in service.rows(found, Verdict.FAULTY, 0, limit=_SHOWN):
        for heading, why in row.faults:
            print(f"row {row.number:,}: {heading + ': ' if heading else ''}{why}")
