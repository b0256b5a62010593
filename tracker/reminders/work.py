"""One run over a school: claim and commit, send, mark and commit, mail by mail. Safe to end at any point and run again.

A run that dies between claim and mark leaves a claim without an answer. The next run, a quarter of an hour later at the
earliest, sends that mail once more under the same Message-ID; after that nobody sends it again.
"""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime
from email.message import EmailMessage
from functools import partial

from tracker.db import db
from tracker.mail import NotSent, Unsure, compose
from tracker.reminders import calendar, service
from tracker.reminders.rules import SendState
from tracker.reminders.service import Claim, Letterhead
from tracker.values import Actor

Post = Callable[[EmailMessage], None]  # raises mail.NotSent, mail.Unsure
Clock = Callable[[], datetime]


@dataclass(frozen=True)
class Outcome:
    """What became of one mail. `problem`: empty where it went."""

    name: str
    address: str
    subject: str
    state: SendState
    problem: str


def run(actor: Actor, head: Letterhead, sender: str, post: Post, clock: Clock) -> Iterator[Outcome]:
    """Send what is due now, one after the other. Commits for itself; nothing is locked while a mail is on its way.

    Where the server takes mail from nobody, the rest waits for the next run.
    """
    _read_only()
    waiting = service.unanswered(actor.school_id, clock())
    db.session.rollback()
    again = (partial(service.claim_again, actor.school_id, one) for one in waiting)
    for outcome, over in _each(again, actor, head, sender, post, clock):
        yield outcome
        if over:
            return
    _read_only()
    digests = service.plan(actor.school_id, clock()).digests
    db.session.rollback()
    first = (partial(service.claim, actor.school_id, one, head) for one in digests)
    for outcome, over in _each(first, actor, head, sender, post, clock):
        yield outcome
        if over:
            return


def _read_only() -> None:
    """Begin a transaction that waits for nobody who writes."""
    db.session.rollback()
    db.session.connection(execution_options={"read_only": True})


def _each(
    claims: Iterable[Callable[[datetime], Claim | None]],
    actor: Actor,
    head: Letterhead,
    sender: str,
    post: Post,
    clock: Clock,
) -> Iterator[tuple[Outcome, bool]]:
    """Claim one, commit, send it; then the next."""
    for claim in claims:
        taken = claim(clock())
        db.session.commit()
        if taken is not None:
            yield _send(actor, taken, head, sender, post, clock)


def message_of(taken: Claim, head: Letterhead, sender: str, at: datetime) -> EmailMessage:
    """The mail of a claim. Raises ValueError for an address that cannot be used."""
    told = service.texts(taken, head)
    return compose(
        sender=(head.school, sender),
        to=(taken.person.label, taken.address),
        subject=told.subject,
        text=told.text,
        html=told.html,
        message_id=taken.message_id,
        at=at,
        calendar=calendar.ics(taken.lines, host=head.host, at=at),
    )


def _send(actor: Actor, taken: Claim, head: Letterhead, sender: str, post: Post, clock: Clock) -> tuple[Outcome, bool]:
    """Send one mail and mark what became of it. True where no other mail would go either."""
    subject, over = service.texts(taken, head).subject, False
    state, problem = SendState.SENT, ""
    try:
        post(message_of(taken, head, sender, clock()))
    except NotSent as error:
        state, problem, over = SendState.FAILED, str(error), error.everybody
        service.mark_failed(actor, taken, problem, clock(), final=error.final and not error.everybody)
    except Unsure as error:
        state, problem = SendState.CLAIMED, str(error)
        service.mark_unsure(actor, taken, problem, clock())
    else:
        service.mark_sent(actor, taken, clock())
    db.session.commit()
    return Outcome(taken.person.label, taken.address, subject, state, problem), over
