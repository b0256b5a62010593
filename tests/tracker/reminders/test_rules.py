"""The ladder day by day, three mails in seven days, nothing to leavers: every day of the week and of the year."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from uuid import UUID, uuid4

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tracker.reminders import rules, service
from tracker.reminders.rules import Digest, LoanFacts, PersonFacts, Plan, Told, Topic

pytestmark = pytest.mark.pure
DUE = date(2026, 11, 20)
MO = PersonFacts(uuid4(), "Mo", "mo@school.example")
HANA = PersonFacts(uuid4(), "Hana", "hana@school.example", head=True)
ANN = PersonFacts(uuid4(), "Ann", "ann@school.example", manager_id=MO.id)
LOAN = LoanFacts(uuid4(), 7, ANN.id, DUE, ("KC8Z-7H5V Laptop",))


def planned(
    today: date, *people: PersonFacts, loans: tuple[LoanFacts, ...] = (LOAN,), told: list[Told] | None = None
) -> Plan:
    return rules.plan({one.id: one for one in people or (ANN, MO, HANA)}, loans, told or [], today)


def went(digest: Digest, day: date, *, gone: bool = True) -> Told:
    return Told(digest.person.id, day, gone, frozenset(line.key for line in digest.lines))


def days(first: date, count: int) -> Iterator[date]:
    return (first + timedelta(days=one) for one in range(count))


def diary(
    first: date, count: int, *people: PersonFacts, loans: tuple[LoanFacts, ...] = (LOAN,)
) -> dict[int, list[str]]:
    """Who is mailed on which day after the due date, where every mail goes."""
    told: list[Told] = []
    found: dict[int, list[str]] = {}
    for today in days(first, count):
        for digest in planned(today, *people, loans=loans, told=told).digests:
            told.append(went(digest, today))
            found.setdefault((today - DUE).days, []).append(digest.person.name)
        assert not planned(today, *people, loans=loans, told=told).digests
    return found


def test_the_ladder_goes_from_the_borrower_to_the_line_manager_to_the_head() -> None:
    assert diary(DUE - timedelta(days=10), 35) == {
        -3: ["Ann"],
        1: ["Ann"],
        7: ["Mo"],
        8: ["Ann"],
        14: ["Mo", "Hana"],
        15: ["Ann"],
        21: ["Mo", "Hana"],
        22: ["Ann"],
    }


def test_a_timer_that_was_off_for_two_weeks_begins_where_things_stand() -> None:
    assert diary(DUE + timedelta(days=15), 3) == {15: ["Ann", "Mo", "Hana"]}


def test_borrowers_come_before_line_managers_and_the_head() -> None:
    assert [one.person.name for one in planned(DUE + timedelta(days=14)).digests] == ["Ann", "Mo", "Hana"]


def test_a_line_manager_who_is_the_head_reads_of_a_loan_once() -> None:
    ann = replace(ANN, manager_id=HANA.id)
    (_, digest) = planned(DUE + timedelta(days=14), ann, HANA).digests
    assert [line.topic for line in digest.lines] == [Topic.SCHOOL_LATE]
    (_, digest) = planned(DUE + timedelta(days=7), ann, HANA).digests
    assert [line.topic for line in digest.lines] == [Topic.TEAM_LATE]


def test_the_head_who_borrows_is_told_as_a_borrower_only() -> None:
    found = planned(DUE + timedelta(days=30), HANA, MO, loans=(replace(LOAN, person_id=HANA.id),))
    assert [(one.person.name, [line.topic for line in one.lines]) for one in found.digests] == [("Hana", [Topic.LATE])]
    assert not found.unreached


def test_where_a_rung_is_missing_the_office_is_told() -> None:
    found = planned(DUE + timedelta(days=14), replace(ANN, manager_id=None))
    assert [(one.name, one.why) for one in found.unreached] == [
        ("Ann", "Loan 7 is a week overdue, and there is no line manager to tell."),
        ("The head", rules.NO_HEAD),
    ]


@pytest.mark.parametrize("who", ["Ann", "Mo", "Hana"])
def test_nothing_goes_to_a_leaver_or_where_there_is_no_address(who: str) -> None:
    for change in ({"left": True}, {"address": ""}):
        people = [replace(one, **change) if one.name == who else one for one in (ANN, MO, HANA)]
        found = planned(DUE + timedelta(days=14), *people)
        assert who not in [one.person.name for one in found.digests]
        if who != "Hana" or "address" in change:
            assert who in [one.name for one in found.unreached]
        assert {"Ann", "Mo", "Hana"} - {who} >= {one.person.name for one in found.digests}


def test_what_is_due_later_is_told_only_with_something_that_calls() -> None:
    later = LoanFacts(uuid4(), 8, ANN.id, DUE + timedelta(days=60), ("Camera",))
    assert not planned(DUE - timedelta(days=10), loans=(later,)).digests
    (digest,) = planned(DUE, loans=(later, LOAN)).digests
    assert [line.topic for line in digest.lines] == [Topic.DUE, Topic.HELD]
    without = planned(DUE - timedelta(days=10), replace(ANN, address=""), loans=(later,))
    assert not without.unreached  # nothing to tell them yet


def test_a_trolley_is_one_line() -> None:
    trolley = replace(LOAN, things=tuple(f"Laptop {one}" for one in range(30)))
    (digest,) = planned(DUE, loans=(trolley,)).digests
    (line,) = digest.lines
    assert line.label.endswith("Laptop 9 and 20 more (loan 7)")


def test_signatures_statements_and_a_suspension_are_told_once_a_week() -> None:
    ann = replace(ANN, unsigned=((uuid4(), "Acceptable use"),), housekeeping=True, suspended=uuid4())
    assert diary(DUE, 15, ann, loans=()) == {0: ["Ann"], 7: ["Ann"], 14: ["Ann"]}


def test_a_fourth_mail_waits_until_the_first_is_a_week_ago() -> None:
    loans = tuple(LoanFacts(UUID(int=one), one, ANN.id, DUE + timedelta(days=one), ("Camera",)) for one in range(1, 8))
    assert diary(DUE - timedelta(days=2), 10, ANN, loans=loans) == {
        -2: ["Ann"],
        -1: ["Ann"],
        0: ["Ann"],
        5: ["Ann"],
        6: ["Ann"],
        7: ["Ann"],
    }
    told = [Told(ANN.id, DUE - timedelta(days=one), gone=True) for one in (1, 2, 3)]
    assert planned(DUE, told=told).held_back == ("Ann",)


def test_a_mail_that_did_not_go_counts_for_nothing_and_an_address_that_is_refused_is_left_alone() -> None:
    (digest,) = planned(DUE).digests
    failed = [went(digest, DUE, gone=False)] * 5
    assert planned(DUE, told=failed).digests == (digest,)
    refused = [replace(failed[0], refused=ANN.address)]
    found = planned(DUE + timedelta(days=6), told=refused)
    assert not found.digests
    assert "refuses ann@school.example" in found.unreached[0].why
    assert planned(DUE + timedelta(days=6), replace(ANN, address="new@school.example"), told=refused).digests
    assert planned(DUE + timedelta(days=7), MO, ANN, HANA, told=refused).digests[0].person == ANN


def test_a_claim_without_an_answer_is_repeated_once_after_a_quarter_of_an_hour() -> None:
    at = datetime(2026, 11, 24, 9, tzinfo=UTC)
    assert not rules.may_repeat(at, 0, at + timedelta(minutes=14, seconds=59))
    assert rules.may_repeat(at, 0, at + timedelta(minutes=15))
    assert not rules.may_repeat(at, 1, at + timedelta(days=1))


@pytest.mark.parametrize(
    ("moment", "day"),
    [
        ("2027-03-28T00:59:59+00:00", date(2027, 3, 28)),  # clocks go forward at one o'clock
        ("2027-03-28T23:30:00+00:00", date(2027, 3, 29)),  # half past midnight in summer
        ("2026-10-24T23:30:00+00:00", date(2026, 10, 25)),
        ("2026-10-25T00:30:00+00:00", date(2026, 10, 25)),  # half past one, the first time
        ("2026-10-25T01:30:00+00:00", date(2026, 10, 25)),  # half past one, the second time
        ("2026-10-25T23:59:59+00:00", date(2026, 10, 25)),
    ],
)
def test_the_day_is_the_schools_when_the_clocks_change(moment: str, day: date) -> None:
    assert service.day_of(datetime.fromisoformat(moment)) == day


@settings(max_examples=60, deadline=None)
@given(
    dues=st.lists(st.integers(-25, 25), max_size=12),
    off=st.sets(st.integers(0, 39), max_size=30),
    fails=st.sets(st.integers(0, 39), max_size=20),
)
def test_whatever_is_due_nobody_gets_two_mails_a_day_or_four_a_week(
    dues: list[int], off: set[int], fails: set[int]
) -> None:
    loans = tuple(
        LoanFacts(UUID(int=number), number, (ANN, MO, HANA)[number % 3].id, DUE + timedelta(days=due), ("Camera",))
        for number, due in enumerate(dues)
    )
    told: list[Told] = []
    for number, today in enumerate(days(DUE - timedelta(days=10), 40)):
        if number in off:
            continue
        for _ in range(2):
            told += [
                went(one, today, gone=number not in fails) for one in planned(today, loans=loans, told=told).digests
            ]
    sent = sorted((one.person_id, one.day) for one in told if one.gone)
    assert len(set(sent)) == len(sent)
    for person, day in sent:
        assert sum(one == person and day <= when < day + timedelta(days=7) for one, when in sent) <= 3


def topics(today: date, **change: object) -> dict[str, list[Topic]]:
    """Whom a loan that is due on DUE is told on a day, about what."""
    plan = planned(today, loans=(replace(LOAN, **change),))
    return {one.person.name: [line.topic for line in one.lines] for one in plan.digests}


def test_days_of_the_holidays_do_not_count_on_the_ladder() -> None:
    day = DUE + timedelta(days=16)
    assert set(topics(day)) == {"Ann", "Hana", "Mo"}
    assert topics(day, waived=9) == {"Ann": [Topic.LATE], "Mo": [Topic.TEAM_LATE]}
    assert topics(day, waived=10) == {"Ann": [Topic.LATE]}
    assert topics(day, waived=16) == {"Ann": [Topic.DUE]}
    assert topics(day, waived=30) == {}


def test_nobody_is_chased_while_the_school_is_on_holiday() -> None:
    assert topics(DUE + timedelta(days=30), waived=2, paused=True) == {}
