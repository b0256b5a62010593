"""Due dates that know the school's calendar: offers, and what is told of a day without school; on both databases."""

from datetime import date

import pytest
from flask.testing import FlaskClient

from tests.cast import Site, body, hidden
from tests.tracker.loans.desk import HOME, Desk, desk, form
from tracker.db import db
from tracker.loans import due, service
from tracker.loans.models import Loan
from tracker.terms import service as terms
from tracker.terms.rules import typical
from tracker.values import Actor

TUESDAY = date(2026, 11, 24)


@pytest.fixture(autouse=True)
def _on_that_tuesday(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(due, "today", lambda: TUESDAY)
    monkeypatch.setattr(service, "today", lambda: TUESDAY)


@pytest.fixture
def made(site: Site) -> Desk:
    found = desk(site.actor("tess"))
    db.session.commit()
    return found


def calendar(actor: Actor, *, checked: bool = True) -> None:
    year = terms.begin(actor, 2026, typical(2026))
    if checked:
        terms.confirm(actor, year.id, version=year.version)
    db.session.commit()


def test_the_next_school_day_and_the_ends_of_term_and_year_are_offered(made: Desk) -> None:
    calendar(made.actor)
    assert [one.words for one in due.offers(made.actor.school_id)] == [
        "Next school day: Wednesday 25 November 2026",
        "End of this term: Friday 18 December 2026",
        "End of the school year: Wednesday 21 July 2027",
    ]
    later = due.offers(made.actor.school_id, after=date(2026, 12, 18))  # an extension
    assert [one.day for one in later] == [date(2027, 7, 21)]


def test_in_the_holidays_the_next_term_is_offered(made: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    calendar(made.actor)
    monkeypatch.setattr(due, "today", lambda: date(2026, 12, 21))
    assert [one.words for one in due.offers(made.actor.school_id)][:2] == [
        "Next school day: Monday 4 January 2027",
        "End of the next term: Thursday 25 March 2027",
    ]


def test_a_calendar_that_nobody_checked_is_offered_with_a_word_of_warning(made: Desk) -> None:
    calendar(made.actor, checked=False)
    assert all(one.words.endswith("(the calendar is not checked yet)") for one in due.offers(made.actor.school_id))


def test_without_a_calendar_only_the_next_weekday_is_offered(made: Desk) -> None:
    assert [one.day for one in due.offers(made.actor.school_id)] == [date(2026, 11, 25)]


@pytest.mark.parametrize(
    ("day", "words", "instead"),
    [
        (date(2026, 12, 19), "Saturday 19 December 2026 is a weekend", date(2027, 1, 4)),
        (date(2026, 12, 23), "Wednesday 23 December 2026 is in the holidays", date(2027, 1, 4)),
        (date(2027, 2, 17), "is in half-term (February half-term)", date(2027, 2, 22)),
        (date(2027, 5, 3), "is a bank holiday (Early May bank holiday)", date(2027, 5, 4)),
    ],
)
def test_a_last_day_without_school_is_told_with_the_next_school_day(
    made: Desk, day: date, words: str, instead: date
) -> None:
    calendar(made.actor)
    found = due.told(made.actor.school_id, day)
    assert found is not None
    assert words in found.words
    assert found.instead == instead
    assert due.told(made.actor.school_id, instead) is None
    assert due.told(made.actor.school_id, None) is None


def sign_page(tess: FlaskClient, told: dict[str, object]) -> str:
    return body(tess.get("/loans/sign", query_string=told))


def test_what_is_chosen_counts_before_what_is_typed(site: Site, made: Desk) -> None:
    calendar(made.actor)
    asset = made.laptop(*HOME)
    tess = site.client("tess")
    page = body(tess.get("/loans/new"))
    assert '<option value="2026-12-18">End of this term: Friday 18 December 2026</option>' in page
    told = form(made.ann.id, asset, due="")
    assert hidden(sign_page(tess, {**told, "due_on": ["", "2026-12-18"]}), "due_on") == "2026-12-18"
    assert hidden(sign_page(tess, {**told, "due_on": ["2026-11-30", ""]}), "due_on") == "2026-11-30"
    assert hidden(sign_page(tess, {**told, "due_on": ["2026-11-30", "2026-12-18"]}), "due_on") == "2026-12-18"
    for wrong in (["", ""], ["", "soon"], ["2026-02-30"], ["0000-00-00", ""]):
        answer = tess.get("/loans/sign", query_string={**told, "due_on": wrong})
        assert answer.status_code == 422, wrong


def test_a_due_date_in_the_holidays_is_told_and_not_refused(site: Site, made: Desk) -> None:
    calendar(made.actor)
    asset = made.laptop(*HOME)
    tess = site.client("tess")
    told = form(made.ann.id, asset, due="2026-12-23")
    page = sign_page(tess, told)
    assert "Wednesday 23 December 2026 is in the holidays: nothing can be brought back then." in page
    assert "The next school day is Monday 4 January 2027." in page
    assert "due_on=2027-01-04" in page
    assert "nothing can be brought back" not in sign_page(tess, {**told, "due_on": "2027-01-04"})
    sent = {**told, "text_sha256": hidden(page, "text_sha256"), "signatory": "Ann Example", "agreed": "y"}
    answer = tess.post("/loans/sign", data=sent)
    assert answer.status_code == 302
    page = body(tess.get(answer.location))
    assert "nothing can be brought back then" in page  # on the page of the loan, too
    page = body(tess.get(f"{answer.location}/extend"))
    assert "End of this term" not in page  # it ends before the loan does
    version = hidden(page, "version")
    tess.post(f"{answer.location}/extend", data={"version": version, "due_on": ["", "2027-07-21"]})
    loan = db.session.scalars(db.select(Loan)).one()
    assert loan.due_on == date(2027, 7, 21)
