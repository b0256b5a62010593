"""`tracker remind`: mail the reminders that are due; a timer runs it, as often as it likes."""

import argparse
from functools import partial

from tracker import mail
from tracker.accounts.models import School
from tracker.cli import context
from tracker.cli.errors import CommandError, ExitCode
from tracker.config import Config
from tracker.db import db
from tracker.reminders import service, words, work
from tracker.reminders.rules import Plan, SendState
from tracker.values import utc_now


def add(commands: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    """`tracker remind [--school CODE] [--dry-run]`."""
    parser = commands.add_parser(
        "remind",
        help="mail what is due, overdue or unsigned",
        description="Mail one digest to everybody who has something to bring back, to sign or to state: one mail a day "
        "and three in seven days at most. What stays overdue is told to the line manager after seven days and to the "
        "head after fourteen. Run it by a timer, as often as you like: nothing is sent twice, and a run that was cut "
        "off is taken up by the next one after a quarter of an hour. CARETAKER_SMTP_URL and CARETAKER_MAIL_FROM say "
        "how. It prints what it sent, and who cannot be reached by mail.",
    )
    parser.add_argument("--school", metavar="CODE", help="one school only")
    parser.add_argument("--dry-run", action="store_true", help="print what would be sent, and send nothing")
    parser.set_defaults(command=do)


def do(options: argparse.Namespace) -> ExitCode:
    """Send what is due. Raises BadSetting, and CommandError where no mail server is set."""
    with context.database() as app:
        config: Config = app.extensions["caretaker"]
        if not options.dry_run and config.mail_server is None:
            message = "No mail server is set, so no mail can be sent."
            advice = "Set CARETAKER_SMTP_URL and CARETAKER_MAIL_FROM as docs/deployment.md says, or use --dry-run."
            raise CommandError(ExitCode.BAD_INPUT, message, advice=advice)
        db.session.connection(execution_options={"read_only": True})
        schools = context.schools(options.school)
        good = True
        for school in schools:
            good = (_try(school) if options.dry_run else _run(school, config)) and good
    return ExitCode.DONE if good else ExitCode.NOT_MAILED


def _run(school: School, config: Config) -> bool:
    """Send to one school's people; whether every mail went."""
    code, actor = school.code, context.actor_for(school)
    head = service.letterhead(school.name, config)
    if config.mail_server is None:
        return False
    post, states = partial(mail.send, config.mail_server), []
    for one in work.run(actor, head, config.mail_from, post, utc_now):
        states.append(one.state)
        what = {SendState.SENT: "sent", SendState.FAILED: "NOT SENT", SendState.CLAIMED: "NOT KNOWN"}[one.state]
        print(f"{code}: {what}: {one.name} <{one.address}>: {one.subject}", flush=True)
        if one.problem:
            print(f"  {one.problem}", flush=True)
    sent = states.count(SendState.SENT)
    print(f"{code}: {sent} sent, {len(states) - sent} not.")
    _say_unreached(code, service.plan(actor.school_id, utc_now()))
    return sent == len(states)


def _try(school: School) -> bool:
    """Say what would be sent."""
    code, found = school.code, service.plan(school.id, utc_now())
    for digest in found.digests:
        print(f"{code}: would be sent: {digest.person.name} <{digest.person.address}>: {words.subject(digest.lines)}")
        for line in digest.lines:
            print(f"  {words.sentence(line)}")
    print(f"{code}: {len(found.digests)} would be sent; nothing was.")
    _say_unreached(code, found)
    return True


def _say_unreached(code: str, found: Plan) -> None:
    for one in found.unreached:
        print(f"{code}: not reached by mail: {one.name}: {one.why}")
    for name in found.held_back:
        print(f"{code}: waits, since three mails went in seven days: {name}")
