"""`tracker retention`: list the names that are due to become pseudonyms; a timer may run it."""

import argparse

from tracker.accounts.models import School
from tracker.attachments import service as attachments
from tracker.cli import context
from tracker.cli.errors import ExitCode
from tracker.config import Config
from tracker.db import db
from tracker.retention import forgetting, rules, service
from tracker.retention.service import Standing


def add(commands: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    """`tracker retention [--school CODE]`."""
    parser = commands.add_parser(
        "retention",
        help="list the names of leavers that need not be kept any more",
        description="List the names whose period is over, with what is in the way. It only proposes: the head teacher "
        "lets pseudonyms take over on the page, or says there that this command does it by itself. Run it by a timer, "
        "once a month.",
    )
    parser.add_argument("--school", metavar="CODE", help="one school only")
    parser.set_defaults(command=do)


def do(options: argparse.Namespace) -> ExitCode:
    """Propose, and act where the settings say so. Raises CommandError, and OSError where a scan cannot be erased."""
    with context.database() as app:
        config: Config = app.extensions["caretaker"]
        for school in context.schools(options.school):
            _run(school, config)
    return ExitCode.DONE


def _run(school: School, config: Config) -> None:
    school_id, code, actor = school.id, school.code, context.actor_for(school)
    due = service.due(school_id)
    by_itself = service.periods_of(school_id).by_itself
    for one in due:
        _say(code, one)
    ready = [one.person.id for one in due if one.decision.allowed]
    if not by_itself:
        print(f"{code}: {len(due)} due, {len(ready)} of them free to be replaced; nothing was changed.")
        return
    count = 0
    for start in range(0, len(ready), rules.TOGETHER):
        done = forgetting.forget(actor, ready[start : start + rules.TOGETHER], timer=True)
        db.session.commit()
        contents = [one for each in done for one in each.contents]
        if contents:
            attachments.sweep(school_id, contents, instance=config.instance)
            db.session.commit()
        count += len(done)
        for told in done:
            print(f"{code}: replaced by: {told.pseudonym}")
    print(f"{code}: {len(due)} due, {count} replaced.")


def _say(code: str, one: Standing) -> None:
    print(f"{code}: due since {one.due_on.isoformat()}: {one.person.name}")
    for blocker in one.decision.blockers:
        print(f"  {blocker.message}")
