"""What a day is: bank holidays of England and Wales, terms, the next school day, and what does not count as late."""

from datetime import date, timedelta

import pytest

from tracker.terms import rules
from tracker.terms.england import TYPICAL, bank_holidays, easter
from tracker.terms.rules import Calendar, DateKind, Entry
from tracker.values import Decision, Role

pytestmark = pytest.mark.pure

AUTUMN = Entry(DateKind.TERM, "Autumn term", date(2026, 9, 1), date(2026, 12, 18))
# As the government published them for England and Wales, by year, as MM-DD.
PUBLISHED = {
    2020: "01-01 04-10 04-13 05-08 05-25 08-31 12-25 12-28",
    2021: "01-01 04-02 04-05 05-03 05-31 08-30 12-27 12-28",
    2022: "01-03 04-15 04-18 05-02 06-02 06-03 08-29 09-19 12-26 12-27",
    2023: "01-02 04-07 04-10 05-01 05-08 05-29 08-28 12-25 12-26",
    2024: "01-01 03-29 04-01 05-06 05-27 08-26 12-25 12-26",
    2025: "01-01 04-18 04-21 05-05 05-26 08-25 12-25 12-26",
    2026: "01-01 04-03 04-06 05-04 05-25 08-31 12-25 12-28",
    2027: "01-01 03-26 03-29 05-03 05-31 08-30 12-27 12-28",
    2028: "01-03 04-14 04-17 05-01 05-29 08-28 12-25 12-26",
}


def inset(day: date, name: str = "Safeguarding") -> Entry:
    return Entry(DateKind.INSET, name, day, day)


def known(*more: Entry) -> Calendar:
    return Calendar((*rules.typical(2026), *more))


def codes(decision: Decision) -> set[str]:
    return {blocker.code for blocker in decision.blockers}


@pytest.mark.parametrize("year", PUBLISHED)
def test_bank_holidays_are_those_that_were_published(year: int) -> None:
    assert [f"{one:%m-%d}" for one in bank_holidays(year)] == PUBLISHED[year].split()


def test_easter_of_a_century() -> None:
    assert [easter(year) for year in (2000, 2008, 2011, 2038)] == [
        date(2000, 4, 23),
        date(2008, 3, 23),
        date(2011, 4, 24),
        date(2038, 4, 25),
    ]
    assert all(easter(year).weekday() == 6 for year in range(2000, 2100))


def test_every_year_has_at_least_eight_bank_holidays_and_none_on_a_weekend() -> None:
    for year in range(2000, 2101):
        assert len(bank_holidays(year)) >= 8, year
        assert all(day.weekday() < 5 and day.year == year for day in bank_holidays(year)), year


@pytest.mark.parametrize("year", TYPICAL)
def test_a_typical_year_has_195_days_and_keeps_its_own_rules(year: int) -> None:
    entries = rules.typical(year)
    assert Calendar(tuple(entries)).school_days(year) == 195
    for entry in entries:
        others = [one for one in entries if one is not entry]
        assert rules.may_keep(entry, year, others, Role.BURSAR).allowed, entry


@pytest.mark.parametrize(
    ("day", "why"),
    [
        (date(2026, 11, 24), ""),
        (date(2026, 11, 28), "a weekend"),
        (date(2027, 5, 3), "a bank holiday (Early May bank holiday)"),
        (date(2026, 10, 28), "in half-term (October half-term)"),
        (date(2026, 11, 27), "an INSET day (Safeguarding)"),
        (date(2026, 12, 21), "in the holidays"),
        (date(2027, 7, 28), "in the holidays"),
        (date(2027, 9, 15), ""),  # that year is not known: a weekday
        (date(2027, 8, 11), "in the holidays"),  # nor is it, but no school is open in August
    ],
)
def test_why_a_day_is_no_school_day(day: date, why: str) -> None:
    calendar = known(inset(date(2026, 11, 27)))
    assert calendar.why_closed(day) == why
    assert calendar.is_school_day(day) == (not why)


def test_a_day_on_which_the_school_is_closed_is_told_by_its_name() -> None:
    snow = Entry(DateKind.CLOSED, "Snow", date(2027, 1, 13), date(2027, 1, 14))
    assert known(snow).why_closed(date(2027, 1, 14)) == "a day on which the school is closed (Snow)"


@pytest.mark.parametrize(
    ("day", "following"),
    [
        (date(2026, 11, 24), date(2026, 11, 25)),
        (date(2026, 11, 26), date(2026, 11, 30)),  # over an INSET day and a weekend
        (date(2026, 10, 23), date(2026, 11, 2)),
        (date(2026, 12, 18), date(2027, 1, 4)),
        (date(2027, 4, 30), date(2027, 5, 4)),
        (date(2027, 7, 21), date(2027, 9, 1)),  # into a year that nobody entered
    ],
)
def test_the_next_school_day(day: date, following: date) -> None:
    calendar = known(inset(date(2026, 11, 27)))
    assert calendar.next_school_day(day) == following
    assert calendar.school_day_from(following) == following


def test_terms_and_where_they_end() -> None:
    calendar = known(inset(date(2026, 12, 18)))
    term = calendar.term_of(date(2026, 10, 28))
    assert term is not None
    assert term.name == "Autumn term"
    assert calendar.term_of(date(2026, 12, 20)) is None
    assert calendar.end_of_term(date(2026, 9, 1)) == date(2026, 12, 17)  # the last day that is no INSET day
    assert calendar.end_of_term(date(2026, 12, 18)) == date(2027, 3, 25)
    assert calendar.end_of_term(date(2027, 7, 22)) is None
    assert calendar.end_of_year(date(2026, 11, 24)) == date(2027, 7, 21)
    assert calendar.end_of_year(date(2027, 9, 1)) is None


def test_without_a_calendar_nothing_is_claimed() -> None:
    empty = Calendar()
    assert empty.term_of(date(2026, 11, 24)) is None
    assert empty.end_of_term(date(2026, 11, 24)) is None
    assert empty.end_of_year(date(2026, 11, 24)) is None
    assert not empty.knows(date(2026, 11, 24))
    assert empty.next_school_day(date(2026, 11, 27)) == date(2026, 11, 30)


@pytest.mark.parametrize(
    ("day", "today", "waived"),
    [
        (date(2026, 11, 20), date(2026, 11, 27), 0),  # a week in term
        (date(2026, 10, 28), date(2026, 10, 30), 5),  # in half-term: it is due on the first day after it
        (date(2026, 10, 28), date(2026, 11, 2), 5),  # the first day on which it can be brought
        (date(2026, 10, 28), date(2026, 11, 4), 5),
        (date(2026, 12, 18), date(2027, 1, 3), 16),  # nothing counts over Christmas
        (date(2026, 12, 18), date(2027, 1, 11), 16),
        (date(2027, 4, 30), date(2027, 5, 4), 0),  # a weekend with a bank holiday is no holiday
        (date(2026, 11, 28), date(2026, 11, 30), 2),  # due on a Saturday: Monday is the day
    ],
)
def test_days_of_the_holidays_do_not_count_as_late(day: date, today: date, waived: int) -> None:
    assert known().waived(day, today) == waived


@pytest.mark.parametrize("day", [date.min, date.max])
def test_days_at_the_ends_of_time_have_an_answer(day: date) -> None:
    calendar = known()
    assert calendar.next_school_day(day) >= day
    assert calendar.school_day_from(day) >= day
    assert calendar.in_holiday(day) in (True, False)
    assert calendar.waived(day, date(2026, 11, 24)) >= 0


def test_a_year_that_is_not_known_waives_nothing() -> None:
    assert known().waived(date(2027, 11, 27), date(2027, 12, 29)) == 0
    assert not known().paused(date(2027, 11, 27), date(2028, 8, 8))


def test_the_school_is_on_holiday_and_it_was_due_before() -> None:
    calendar = known()
    assert calendar.paused(date(2026, 12, 18), date(2026, 12, 19))
    assert calendar.paused(date(2027, 7, 1), date(2027, 8, 20))  # the next year is not known, but August is a holiday
    assert not calendar.paused(date(2026, 12, 18), date(2027, 1, 4))
    assert not calendar.paused(date(2026, 12, 22), date(2026, 12, 24))  # it is due after the holidays
    assert not calendar.paused(date(2026, 11, 20), date(2026, 11, 21))  # a weekend is no holiday


def test_a_holiday_is_longer_than_a_weekend() -> None:
    calendar = known()
    assert calendar.in_holiday(date(2026, 10, 28))
    assert calendar.in_holiday(date(2026, 10, 31))  # its weekend, too
    assert not calendar.in_holiday(date(2026, 11, 28))
    assert not calendar.in_holiday(date(2027, 5, 3))


def test_a_copy_keeps_the_weekdays() -> None:
    for entry in rules.typical(2026):
        copy = rules.later(entry, 2027)
        assert copy.starts_on.weekday() == entry.starts_on.weekday()
        assert copy.ends_on - copy.starts_on == entry.ends_on - entry.starts_on
        assert abs((copy.starts_on - entry.starts_on).days - 365) <= 4
        assert rules.year_of(copy.starts_on) == 2027


@pytest.mark.parametrize(
    ("entry", "code"),
    [
        (Entry(DateKind.TERM, "Autumn", date(2026, 12, 1), date(2026, 9, 1)), "ends_on"),
        (Entry(DateKind.INSET, "All week", date(2026, 9, 1), date(2026, 9, 8)), "ends_on"),
        (Entry(DateKind.INSET, "", date(2026, 9, 1), date(2026, 9, 1)), "name"),
        (Entry(DateKind.INSET, "N" * 81, date(2026, 9, 1), date(2026, 9, 1)), "name"),
        (Entry(DateKind.INSET, "Two\nlines", date(2026, 9, 1), date(2026, 9, 1)), "name"),
        (inset(date(2027, 9, 1)), "starts_on"),
        (inset(date.min), "starts_on"),
        (Entry(DateKind.HALF_TERM, "Nowhere", date(2027, 2, 15), date(2027, 2, 19)), "starts_on"),
        (Entry(DateKind.TERM, "Second autumn", date(2026, 12, 1), date(2026, 12, 20)), "starts_on"),
    ],
)
def test_a_date_that_does_not_fit_is_refused_at_its_field(entry: Entry, code: str) -> None:
    assert codes(rules.may_keep(entry, 2026, [AUTUMN], Role.TECHNICIAN)) == {code}


def test_who_may_keep_the_calendar() -> None:
    for role in (*Role, None):
        allowed = role in (Role.TECHNICIAN, Role.BURSAR, Role.HEAD)
        assert rules.may_keep(AUTUMN, 2026, [], role).allowed is allowed
        assert rules.may_begin(2026, frozenset(), role).allowed is allowed


def test_a_year_is_begun_once_and_is_a_year_of_ours() -> None:
    assert codes(rules.may_begin(2026, frozenset({2026}), Role.HEAD)) == {"year"}
    assert codes(rules.may_begin(1999, frozenset(), Role.HEAD)) == {"year"}
    full = [inset(date(2026, 9, 1) + timedelta(days=one)) for one in range(rules.DATES_MOST)]
    assert "starts_on" in codes(rules.may_keep(inset(date(2027, 7, 1)), 2026, full, Role.HEAD))
