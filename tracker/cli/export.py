"""`tracker export`: everything a school has, as files that need no Caretaker to be read."""

import argparse
from pathlib import Path

from tracker.attachments.storage import Lost
from tracker.cli import context
from tracker.cli.errors import CommandError, ExitCode
from tracker.config import Config
from tracker.db import db
from tracker.exports import service
from tracker.values import LONDON, utc_now


def add(commands: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    """`tracker export [--out DIR] [--school CODE]`."""
    parser = commands.add_parser(
        "export",
        help="write a school's whole data as plain files",
        description="Write the register as CSV, the log as JSON lines, evidence and certificates byte for byte, and "
        "SHA256SUMS, into a new folder; check it with `sha256sum -c SHA256SUMS`. Passwords and tokens are left out. "
        "It holds personal data: keep it as you keep a backup. That it was made stands in the log.",
    )
    parser.add_argument(
        "--out", type=Path, metavar="DIR", help="a folder that does not exist yet (default: caretaker-CODE-DATE)"
    )
    parser.add_argument("--school", metavar="CODE", help="which school, where there are several")
    parser.set_defaults(command=do)


def do(options: argparse.Namespace) -> ExitCode:
    """Export. Raises CommandError where the folder exists or cannot be written."""
    with context.database() as app:
        config: Config = app.extensions["caretaker"]
        school = context.one_school(options.school)
        folder = options.out or Path(f"caretaker-{school.code}-{utc_now().astimezone(LONDON):%Y-%m-%d}")
        if folder.exists():
            message = f"{folder} exists already, and nothing is overwritten."
            raise CommandError(ExitCode.BAD_INPUT, message, advice="Name a new folder with --out.")
        service.note(context.actor_for(school))
        db.session.commit()
        try:
            names = service.export(school.id, folder, instance=config.instance)
        except OSError as error:
            message = f"{folder} cannot be written: {error.strerror}."
            raise CommandError(ExitCode.BAD_INPUT, message, advice="Name another folder with --out.") from error
        except Lost as lost:
            message = f"A photo or document is {lost} on the server, so the export would not be whole."
            advice = "Run `tracker attachments check`, put back what it names from a backup, and export again."
            raise CommandError(ExitCode.FILES_LOST, message, advice=advice) from lost
    print(f"{len(names)} files are in {folder}. Check them with: cd {folder} && sha256sum -c {service.SUMS}")
    return ExitCode.DONE
