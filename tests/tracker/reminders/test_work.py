"""One run after the other, with a real SMTP server, on both databases: one mail, whatever happens in between."""

from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from functools import partial
from uuid import uuid4

import pytest
from sqlalchemy import insert, select

from tests.cast import Site, counted
from tests.tracker.reminders.borrowers import HEAD, SENDER, Borrowers, Clock, borrowers, change
from tests.tracker.reminders.postoffice import PostOffice, post_office
from tracker import mail
from tracker.audit.models import Event
from tracker.db import db
from tracker.loans import service as loans
from tracker.loans.models import Loan, LoanItem
from tracker.loans.service import Back, Signed
from tracker.people import service as people
from tracker.people.models import Person
from tracker.reminders import service, work
from tracker.reminders.models import ReminderSent
from tracker.reminders.rules import SendState
from tracker.reminders.work import Outcome
from tracker.terms import service as terms
from tracker.terms.rules import typical
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
    kinds = list(db.session.scalars(select(Event.kind).where(Event.subject_id == made.ann).order_by(Event.seq)))
    assert kinds.count("reminder:sent") == 1


def test_three_weeks_go_from_the_borrower_to_the_line_manager_and_the_head(made: Borrowers, office: PostOffice) -> None:
    due = made.lend(days=5).due_on
    db.session.commit()
    clock, seen = Clock(utc_now()), {}
    for number in range(-5, 23):
        for hour in (8, 12, 16):
            ran(made, office, clock.at(due + timedelta(days=number), hour))
        if office.envelopes:
            seen[number] = [one.removesuffix("@school.example") for one in office.readers]
            office.envelopes.clear()
    assert seen == {
        -3: ["ann"],
        1: ["ann"],
        7: ["mo"],
        8: ["ann"],
        14: ["mo", "hana"],
        15: ["ann"],
        21: ["mo", "hana"],
        22: ["ann"],
    }


def test_a_thing_that_came_back_is_not_reminded_of_and_an_extension_moves_the_event(
    made: Borrowers, office: PostOffice
) -> None:
    loan = made.lend()
    loan_id, due, version = loan.id, loan.due_on, loan.version
    db.session.commit()
    clock = Clock(utc_now()).at(due)
    ran(made, office, clock)
    loans.extend(made.desk.actor, loan_id, due + timedelta(days=8), version=version)
    db.session.commit()
    ran(made, office, clock.at(due + timedelta(days=8)))
    first, second = [_sequence(one.as_string()) for one in office.mails]
    assert second == first + 8
    (item,) = loans.items_of(made.actor.school_id, loan_id)
    loans.take_back(made.desk.actor, [Back(item.asset_id)], Signed(""))
    db.session.commit()
    assert not ran(made, office, clock.at(due + timedelta(days=30)))


def _sequence(text: str) -> int:
    return int(text.partition("SEQUENCE:")[2].split()[0])


def test_a_server_that_says_later_is_asked_again_with_what_is_true_then(made: Borrowers, office: PostOffice) -> None:
    due = made.lend().due_on
    db.session.commit()
    clock, office.ways = Clock(utc_now()).at(due, 8), {"rcpt": "450 4.7.1 greylisted"}
    (outcome,) = ran(made, office, clock)
    assert (outcome.state, "greylisted" in outcome.problem) == (SendState.FAILED, True)
    office.ways = {}
    made.lend(days=1)
    person = people.get_person(made.actor.school_id, made.ann)
    change(made.desk.actor, person, email="ann.new@school.example")
    db.session.commit()
    (outcome,) = ran(made, office, clock.at(due, 9))
    assert outcome.state is SendState.SENT
    assert office.readers == ["ann.new@school.example"]
    assert "loan 2" in office.mails[0].get_body(("plain",)).get_content()  # type: ignore[union-attr]
    assert [(row.state, row.attempts, row.repeats) for row in rows()] == [("sent", 2, 0)]
    assert not ran(made, office, clock.at(due, 10))


def test_an_address_that_is_refused_for_good_is_left_alone_until_it_is_corrected(
    made: Borrowers, office: PostOffice
) -> None:
    due = made.lend().due_on
    db.session.commit()
    clock, office.ways = Clock(utc_now()).at(due, 8), {"rcpt": "550 5.1.1 no such mailbox"}
    ran(made, office, clock)
    office.ways = {}
    assert not ran(made, office, clock.at(due, 9))
    assert not ran(made, office, clock.at(due + timedelta(days=1), 9))
    (one,) = service.plan(made.actor.school_id, clock()).unreached
    assert one.name == "Ann Example"
    change(made.desk.actor, people.get_person(made.actor.school_id, made.ann), email="ann.e@school.example")
    db.session.commit()
    ran(made, office, clock.at(due + timedelta(days=1), 10))
    assert office.readers == ["ann.e@school.example"]


def test_a_server_that_is_down_stops_the_run_and_the_next_run_goes_on(made: Borrowers, office: PostOffice) -> None:
    due = made.lend().due_on
    made.lend(made.mo)
    db.session.commit()
    clock = Clock(utc_now()).at(due, 8)
    server = office.server(port=1)
    outcomes = list(work.run(made.actor, HEAD, SENDER, partial(mail.send, server, seconds=2), clock))
    assert [one.state for one in outcomes] == [SendState.FAILED]  # nobody else is tried
    assert {one.state for one in ran(made, office, clock.at(due, 9))} == {SendState.SENT}
    assert sorted(office.readers) == ["ann@school.example", "mo@school.example"]


@pytest.mark.parametrize(("way", "copies"), [("drop", 1), ("keep and drop", 2)])
def test_a_connection_lost_after_the_text_is_repeated_once_under_the_same_message_id(
    made: Borrowers, office: PostOffice, way: str, copies: int
) -> None:
    due = made.lend().due_on
    db.session.commit()
    clock, office.ways = Clock(utc_now()).at(due, 8), {"data": way}
    (outcome,) = ran(made, office, clock)
    assert outcome.state is SendState.CLAIMED
    clock.now += timedelta(minutes=14)
    assert not ran(made, office, clock)
    office.ways = {}
    clock.now += timedelta(minutes=1)
    assert [one.state for one in ran(made, office, clock)] == [SendState.SENT]
    assert not ran(made, office, clock.at(due, 12))
    assert len(office.mails) == copies
    assert len({one["Message-ID"] for one in office.mails}) == 1
    assert len({one.get_body(("plain",)).get_content() for one in office.mails}) == 1  # type: ignore[union-attr]
    assert [(row.state, row.attempts, row.repeats) for row in rows()] == [("sent", 2, 1)]


def test_a_mail_that_is_lost_twice_is_given_up_and_counts_as_gone(made: Borrowers, office: PostOffice) -> None:
    due = made.lend().due_on
    db.session.commit()
    clock, office.ways = Clock(utc_now()).at(due, 8), {"data": "wait"}
    for hour in (8, 9, 10, 11):
        ran(made, office, clock.at(due, hour), seconds=0.5)
    office.ways = {}
    ran(made, office, clock.at(due, 12))
    assert [(row.state, row.attempts, row.repeats) for row in rows()] == [("claimed", 2, 1)]
    assert not office.mails


def test_the_message_id_is_the_same_whoever_makes_it_again(made: Borrowers) -> None:
    school, day = made.actor.school_id, date(2026, 11, 24)
    assert service.message_id(school, made.ann, day, "s.example") == service.message_id(
        school, made.ann, day, "s.example"
    )
    others = {
        service.message_id(*told, "s.example")
        for told in ((school, made.mo, day), (school, made.ann, day), (uuid4(), made.ann, day))
    }
    assert len(others) == 3


def test_somebody_who_leaves_between_two_tries_gets_nothing(made: Borrowers, office: PostOffice) -> None:
    due = made.lend().due_on
    db.session.commit()
    clock, office.ways = Clock(utc_now()).at(due, 8), {"data": "drop"}
    ran(made, office, clock)
    office.ways = {}
    person = people.get_person(made.actor.school_id, made.ann)
    change(made.desk.actor, person, left_on=due - timedelta(days=1))
    db.session.commit()
    assert not ran(made, office, clock.at(due, 12))


def test_the_long_day_on_which_the_clocks_go_back_has_one_mail(made: Borrowers, office: PostOffice) -> None:
    sunday = date(2027, 10, 31)
    made.lend(days=(sunday - loans.today()).days)
    db.session.commit()
    clock = Clock(datetime(2027, 10, 30, 22, 30, tzinfo=UTC))  # half past eleven at night, in summer time
    for _ in range(26):
        ran(made, office, clock)
        clock.now += timedelta(hours=1)
    assert [row.day for row in rows()] == [date(2027, 10, 30)]  # told on the eve, so not again on the day
    assert len(office.mails) == 1


def test_another_school_is_never_told(made: Borrowers, office: PostOffice, site: Site) -> None:
    due = made.lend().due_on
    db.session.commit()
    otto = site.actor("otto")
    assert not list(work.run(otto, HEAD, SENDER, partial(mail.send, office.server()), Clock(utc_now()).at(due)))


def test_a_thousand_borrowers_are_planned_in_a_fixed_number_of_queries(made: Borrowers) -> None:
    loan = made.lend()
    due, version_id, school_id = loan.due_on, loan.agreement_version_id, made.actor.school_id
    (item,) = loans.items_of(school_id, loan.id)
    db.session.commit()
    now = Clock(utc_now()).at(due).now
    with counted() as few:
        assert len(service.plan(school_id, now).digests) == 1
    _many(school_id, 1000, due, version_id, item.asset_id)
    db.session.commit()
    with counted() as many:
        found = service.plan(school_id, now)
    assert len(found.digests) == 1001
    assert len([one for one in many if one.startswith("SELECT")]) == len(
        [one for one in few if one.startswith("SELECT")]
    )
    assert len(many) <= 16


def _many(school_id: object, count: int, due: date, version_id: object, asset_id: object) -> None:
    """Borrowers with a thing each, straight into the tables."""
    now, people_rows, loan_rows, item_rows = utc_now(), [], [], []
    for number in range(count):
        person, loan = uuid4(), uuid4()
        own = {
            "name": f"Borrower {number}",
            "email": f"b{number}@school.example",
            "search": "",
            "kind": "pupil",
            "job": "",
            "reference": "",
            "parent_name": "",
            "parent_email": "",
        }
        people_rows.append({"school_id": school_id, "id": person, **own, "created_at": now, "version": 1})
        loan_rows.append(
            {"school_id": school_id, "id": loan, "number": 1000 + number, "person_id": person, "due_on": due}
            | {"agreement_version_id": version_id, "off_site": False, "purpose": "", "place": "", "open_items": 1}
            | {"lent_at": now, "lent_by": "Tess", "signatory": "A parent", "text_sha256": "0" * 64, "version": 1}
        )
        item_rows.append(
            {"school_id": school_id, "id": uuid4(), "loan_id": loan, "asset_id": asset_id, "label": "Camera"}
            | {
                "accessories": "",
                "condition_out": "",
                "received_by": "",
                "returned_by": "",
                "condition_in": "",
                "note_in": "",
            }
        )
    for table, made in ((Person, people_rows), (Loan, loan_rows), (LoanItem, item_rows)):
        db.session.execute(insert(table), made)


def test_a_loan_that_is_due_in_the_holidays_is_chased_after_them(made: Borrowers, office: PostOffice) -> None:
    loan_id = made.lend().id
    found = db.session.get(Loan, (made.actor.school_id, loan_id))
    assert found is not None
    found.due_on = date(2027, 2, 17)  # in a half-term
    terms.begin(made.desk.actor, 2026, typical(2026))
    db.session.commit()
    clock, mailed = Clock(utc_now()), []
    for day in range(16, 32):
        before = len(office.envelopes)
        ran(made, office, clock.at(date(2027, 2, 1) + timedelta(days=day - 1)))
        if len(office.envelopes) > before:
            mailed.append(day)
    assert mailed[0] == 19  # three days before the Monday on which the school opens
    assert mailed[1] == 23  # and late from the day after
