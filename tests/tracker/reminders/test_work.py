"""One run after the other, with a real SMTP server, on both databases: one mail, whatever happens in between."""

from collections.abc import Iterator
from functools import partial

import pytest
from sqlalchemy import select

from tests.cast import Site
from tests.tracker.reminders.borrowers import HEAD, SENDER, Borrowers, Clock, borrowers
from tests.tracker.reminders.postoffice import PostOffice, post_office
from tracker import mail
from tracker.db import db
from tracker.reminders import work
from tracker.reminders.models import ReminderSent
from tracker.reminders.work import Outcome
from tracker.values import utc_now


@pytest.fixture
def office() -> Iterator[PostOffice]:
    with post_office() as opened:
        yield opened


@pytest.fixture
def made(site: Site) -> Borrowers:
    found = borrowers(site)
    db.session.commit()
    return found


def ran(made: Borrowers, office: PostOffice, clock: Clock, *, seconds: float = 10) -> list[Outcome]:
    """One run."""
    post = partial(mail.send, office.server(), seconds=seconds)
    return list(work.run(made.actor, HEAD, SENDER, post, clock))


def rows() -> list[ReminderSent]:
    found = list(db.session.scalars(select(ReminderSent).order_by(ReminderSent.day, ReminderSent.id)))
    db.session.expunge_all()
    db.session.rollback()
    return found


def test_ten_runs_a_day_send_one_mail(made: Borrowers, office: PostOffice) -> None:
    loan = made.lend()
    loan_id, due = loan.id, loan.due_on
    db.session.commit()
    clock = Clock(utc_now())
    for hour in range(8, 18):
        ran(made, office, clock.at(due, hour))
    (sent,) = office.mails
    assert office.readers == ["ann@school.example"]
    assert sent["Subject"] == "Equipment that you have is due soon"
    assert str(sent["To"]) == "Ann Example <ann@school.example>"
    calendar = next(part for part in sent.walk() if part.get_content_type() == "text/calendar")
    assert f"loan-{loan_id}@school.example" in calendar.get_content().replace("\n ", "")
    assert f"DTSTART;VALUE=DATE:{due:%Y%m%d}" in calendar.get_content()
    (row,) = rows()
    assert (row.state, row.attempts, row.message_id) == ("sent", 1, sent["Message-ID"].strip())
