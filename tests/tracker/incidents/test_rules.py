"""The rules of incidents: the 72 hours, who assesses, who decides, and when one is closed."""

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

import pytest

from tracker.incidents import rules
from tracker.incidents.rules import DataAtRisk, IncidentDetails, IncidentFacts, IncidentKind, IncidentState
from tracker.values import LONDON, Decision, Role

pytestmark = pytest.mark.pure

NOW = datetime(2026, 11, 24, 12, 0, tzinfo=UTC)
FOUND = NOW - timedelta(hours=5)
DETAILS = IncidentDetails(IncidentKind.STOLEN, "The bag was taken on the train.", "Train", FOUND)
FACTS = IncidentFacts(IncidentKind.STOLEN, IncidentState.ASSESSED, FOUND, None, DataAtRisk.YES, "WM/1234", 1)
LONG = "Three pupils' names; the disk was encrypted."


def codes(decision: Decision) -> set[str]:
    return {blocker.code for blocker in decision.blockers}


def test_everybody_may_report_what_has_happened() -> None:
    assert rules.may_report(DETAILS, NOW).allowed


@pytest.mark.parametrize(
    ("change", "code"),
    [
        ({"what": "gone"}, "what"), ({"what": "x" * 10_001}, "what"), ({"what": "a bag \x1b was taken"}, "what"),
        ({"place": "x" * 201}, "place"), ({"place": "a\nb"}, "place"),
        ({"discovered_at": NOW + timedelta(minutes=1)}, "discovered_at"),
        ({"discovered_at": datetime(1, 1, 1, tzinfo=UTC)}, "discovered_at"),
    ],
)  # fmt: skip
def test_a_faulty_report_is_refused(change: dict[str, object], code: str) -> None:
    assert codes(rules.may_report(replace(DETAILS, **change), NOW)) == {code}  # type: ignore[arg-type]


def test_the_clock_runs_72_hours_from_the_discovery() -> None:
    clock = rules.clock(FOUND, None, DataAtRisk.UNKNOWN, NOW)
    assert (clock.due_at, clock.stopped, clock.late) == (FOUND + timedelta(hours=72), False, False)
    assert clock.left(NOW) == timedelta(hours=67)
    assert rules.clock(FOUND, None, DataAtRisk.YES, FOUND + timedelta(hours=72, microseconds=1)).late


def test_a_decision_stops_the_clock_and_a_late_one_stays_late() -> None:
    decided = rules.clock(FOUND, FOUND + timedelta(hours=71), DataAtRisk.YES, NOW + timedelta(days=30))
    assert (decided.stopped, decided.late) == (True, False)
    late = rules.clock(FOUND, FOUND + timedelta(hours=73), DataAtRisk.YES, NOW + timedelta(days=30))
    assert (late.stopped, late.late) == (True, True)


def test_certainty_that_no_data_are_at_risk_stops_the_clock() -> None:
    assert rules.clock(FOUND, None, DataAtRisk.NO, NOW + timedelta(days=30)).stopped


@pytest.mark.parametrize("role", [*Role, None])
def test_only_the_risk_owner_decides_and_closes(role: Role | None) -> None:
    decided = rules.may_decide(FACTS, role, notify=False, reasons=LONG, reference="")
    closed = rules.may_close(replace(FACTS, decided_at=NOW), role, LONG)
    assert decided.allowed is closed.allowed is (role is Role.HEAD)
    assert rules.may_assess(FACTS, role, LONG).allowed is (role in rules.ASSESSORS)


def test_nothing_is_decided_before_it_is_known_what_is_at_risk() -> None:
    facts = replace(FACTS, state=IncidentState.OPEN)
    assert codes(rules.may_decide(facts, Role.HEAD, notify=False, reasons=LONG, reference="")) == {"not_assessed"}


def test_a_report_to_the_ico_has_its_reference() -> None:
    assert codes(rules.may_decide(FACTS, Role.HEAD, notify=True, reasons=LONG, reference=" ")) == {"no_reference"}
    assert rules.may_decide(FACTS, Role.HEAD, notify=True, reasons=LONG, reference="IC-123").allowed


@pytest.mark.parametrize(
    ("change", "missing"),
    [
        ({"decided_at": None}, "not_decided"), ({"crime_reference": ""}, "no_crime_reference"),
        ({"told": 0}, "nobody_told"), ({"state": IncidentState.OPEN}, "not_assessed"),
        ({"state": IncidentState.CLOSED}, "closed"),
    ],
)  # fmt: skip
def test_an_incident_is_closed_only_when_all_is_written_down(change: dict[str, object], missing: str) -> None:
    whole = replace(FACTS, decided_at=NOW, state=IncidentState.NOT_NOTIFIED)
    assert rules.may_close(whole, Role.HEAD, LONG).allowed
    assert codes(rules.may_close(replace(whole, **change), Role.HEAD, LONG)) == {missing}  # type: ignore[arg-type]


def test_without_data_at_risk_no_decision_is_asked_for() -> None:
    facts = replace(FACTS, kind=IncidentKind.DAMAGED, data_at_risk=DataAtRisk.NO, crime_reference="", told=0)
    assert rules.may_close(facts, Role.HEAD, LONG).allowed


def test_somebody_was_told_between_the_discovery_and_now() -> None:
    assert rules.may_tell(FACTS, Role.BURSAR, "DPO", "", NOW, NOW).allowed
    for at in (FOUND - timedelta(minutes=1), NOW + timedelta(minutes=1)):
        assert codes(rules.may_tell(FACTS, Role.BURSAR, "DPO", "", at, NOW)) == {"at"}
    assert codes(rules.may_tell(FACTS, Role.BURSAR, " ", "", NOW, NOW)) == {"whom"}


def test_a_colleagues_incident_is_not_shown_to_peers() -> None:
    assert not rules.may_see(Role.STAFF, own=False)
    assert rules.may_see(Role.STAFF, own=True)
    assert all(rules.may_see(role, own=False) for role in Role if role is not Role.STAFF)


@pytest.mark.parametrize(
    ("day", "first", "last"),
    [
        (date(2026, 11, 24), date(2026, 9, 1), date(2026, 12, 31)),
        (date(2027, 1, 1), date(2027, 1, 1), date(2027, 3, 31)),
        (date(2027, 8, 31), date(2027, 4, 1), date(2027, 8, 31)),
    ],
)
def test_every_day_is_in_one_term(day: date, first: date, last: date) -> None:
    assert rules.term_of(day) == (first, last)


@pytest.mark.parametrize(
    ("found", "due"),
    [
        # the clocks go back on 25 October 2026: the hour is lived twice
        (datetime(2026, 10, 23, 12, 0, tzinfo=LONDON), "2026-10-26 11:00"),
        # and forward on 28 March 2027
        (datetime(2027, 3, 26, 12, 0, tzinfo=LONDON), "2027-03-29 13:00"),
        (datetime(2026, 11, 24, 12, 0, tzinfo=LONDON), "2026-11-27 12:00"),
    ],
)
def test_the_72_hours_are_hours_also_where_the_clocks_change(found: datetime, due: str) -> None:
    clock = rules.clock(found, None, DataAtRisk.UNKNOWN, found)
    assert f"{clock.due_at.astimezone(LONDON):%Y-%m-%d %H:%M}" == due
    assert clock.left(found.astimezone(UTC)) == timedelta(hours=72)
    last = found.astimezone(UTC) + timedelta(hours=72)
    assert not rules.clock(found, None, DataAtRisk.UNKNOWN, last).late
    assert rules.clock(found, None, DataAtRisk.UNKNOWN, last + timedelta(microseconds=1)).late
