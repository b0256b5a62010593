"""How long a name is kept, and what is in the way of a pseudonym."""

from dataclasses import replace
from datetime import date

import pytest

from tracker.people.rules import PersonKind
from tracker.retention import names, rules
from tracker.retention.rules import Leaver, Periods
from tracker.values import Role

pytestmark = pytest.mark.pure
ANN = Leaver("Ann", PersonKind.STAFF, date(2019, 7, 19))
TODAY = date(2026, 11, 24)


@pytest.mark.parametrize(
    ("leaver", "day"),
    [
        (ANN, date(2025, 7, 19)),
        (replace(ANN, kind=PersonKind.PUPIL), date(2020, 7, 19)),
        (replace(ANN, last_loan_on=date(2019, 12, 1)), date(2025, 12, 1)),
        (replace(ANN, last_incident_on=date(2020, 2, 29)), date(2026, 2, 28)),
        (replace(ANN, left_on=None), None),
    ],
)
def test_a_name_is_due_when_all_that_apply_is_over(leaver: Leaver, day: date | None) -> None:
    assert rules.due_on(leaver, Periods()) == day


@pytest.mark.parametrize(
    ("change", "says"),
    [
        ({"left_on": None}, "still at the school"),
        ({"left_on": TODAY}, "still at the school"),
        ({"loans_out": 1}, "still has 1 thing on loan"),
        ({"loans_out": 3}, "still has 3 things on loan"),
        ({"incidents_open": 1}, "named in an incident that is not closed"),
        ({"account_open": True}, "account that is open"),
        ({"left_on": date(2026, 1, 1)}, "kept until 1 January 2032"),
        ({"forgotten": True}, "a pseudonym already"),
    ],
)
def test_what_is_in_the_way_is_a_sentence(change: dict[str, object], says: str) -> None:
    decision = rules.may_forget(replace(ANN, **change), Periods(), TODAY)  # type: ignore[arg-type]
    assert any(says in one.message for one in decision.blockers)
    assert rules.may_forget(ANN, Periods(), TODAY).allowed


def test_only_the_head_acts_and_the_timer_only_where_the_head_said_so() -> None:
    for role in Role:
        assert rules.may_act(role, Periods(), timer=False).allowed is (role is Role.HEAD)
    assert not rules.may_act(None, Periods(), timer=True).allowed
    assert not rules.may_act(None, Periods(by_itself=True), timer=False).allowed
    assert rules.may_act(None, Periods(by_itself=True), timer=True).allowed
    assert not rules.may_set(Periods(by_itself=True), Role.BURSAR).allowed
    assert rules.may_set(Periods(pupil_months=0), Role.BURSAR).allowed
    assert not rules.may_set(Periods(pupil_months=-1), Role.HEAD).allowed
    assert not rules.may_set(Periods(), Role.TECHNICIAN).allowed


@pytest.mark.parametrize(
    ("text", "new"),
    [
        ("Ann Smith", "X 1"),
        ("  ANN   smith ", "X 1"),
        ("Lent to Ann Smith, who left", "Lent to X 1, who left"),
        ("Ann Smith's laptop", "X 1's laptop"),
        ("q=Ann+Smith&page=2", "q=X 1&page=2"),
        ("mail ann@s.example now", "mail removed now"),
        ("Joann Smithers", "Joann Smithers"),
        ("Ann and Smith", "Ann and Smith"),
        ("Bill", "X 1"),
        ("Bill for the repair", "Bill for the repair"),
    ],
)
def test_names_are_found_in_texts_and_nothing_else_is(text: str, new: str) -> None:
    found = names.Names({"Ann Smith": "X 1", "Bill": "X 1", "ann@s.example": names.REMOVED})
    assert found.text(text) == new


def test_names_with_accents_and_signs_are_found_in_every_spelling() -> None:
    found = names.Names({"Zoë (Z) O'Néill": "X 1"})
    assert found.text("by zoë (z) o'néill") == "by X 1"
    assert found.text("zoe (z) o'neill site manager") == "X 1 site manager"
    assert found.value({"a": ["Zoë (Z) O'Néill", 3, None]}) == {"a": ["X 1", 3, None]}


def test_a_name_that_somebody_else_bears_is_only_replaced_where_it_is_clear_whose_it_is() -> None:
    own, lone, shared = names.of({"Ann Smith", "Ann Old"}, "X 1", ["ann smith", "Bea"])
    assert (own.text("Ann Smith"), lone.text("Ann Smith"), lone.text("Ann Old")) == ("X 1", "Ann Smith", "X 1")
    assert shared == ["Ann Smith"]
