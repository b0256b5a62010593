"""The rules of maintenance: plans, results, and what is due."""

from dataclasses import replace
from datetime import date

import pytest

from tracker.maintenance import rules
from tracker.maintenance.rules import Due, PlanDetails, ResultDetails
from tracker.values import Decision, Role

pytestmark = pytest.mark.pure

TODAY = date(2026, 11, 24)
PLAN = PlanDetails("Portable appliance test", 24)
DONE = ResultDetails(passed=True, done_on=TODAY, done_by="Sparks Ltd")


def codes(decision: Decision) -> set[str]:
    return {blocker.code for blocker in decision.blockers}


def test_a_whole_plan_and_a_whole_result_are_kept() -> None:
    assert rules.may_plan(PLAN, Role.TECHNICIAN).allowed
    assert rules.may_record(DONE, Role.BURSAR, 1000, TODAY).allowed
    assert rules.may_record(replace(DONE, passed=False, note="Plug cracked"), Role.BURSAR, 1, TODAY).allowed


@pytest.mark.parametrize(
    ("change", "code"),
    [
        ({"name": " "}, "name"), ({"name": "x" * 81}, "name"), ({"name": "a\u202eb"}, "name"),
        ({"every_months": 0}, "every_months"), ({"every_months": 121}, "every_months"),
        ({"instructions": "x" * 5001}, "instructions"),
    ],
)  # fmt: skip
def test_a_faulty_plan_is_not(change: dict[str, object], code: str) -> None:
    assert codes(rules.may_plan(replace(PLAN, **change), Role.TECHNICIAN)) == {code}  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("change", "items", "code"),
    [
        ({"done_by": ""}, 1, "done_by"), ({"done_on": date(2026, 11, 25)}, 1, "done_on"), ({}, 0, "items"),
        ({"done_on": date(1979, 12, 31)}, 1, "done_on"), ({"passed": False}, 1, "note"), ({}, 1001, "items"),
        ({"note": "a\x1bb"}, 1, "note"),
    ],
)  # fmt: skip
def test_a_faulty_result_is_not(change: dict[str, object], items: int, code: str) -> None:
    assert codes(rules.may_record(replace(DONE, **change), Role.BURSAR, items, TODAY)) == {code}  # type: ignore[arg-type]


@pytest.mark.parametrize("role", [role for role in Role if role not in rules.KEEPERS] + [None])
def test_nobody_else_plans_or_records(role: Role | None) -> None:
    assert codes(rules.may_plan(PLAN, role)) == codes(rules.may_record(DONE, role, 1, TODAY)) == {"role"}


@pytest.mark.parametrize(
    ("last", "passed", "due"),
    [
        (None, False, Due.NEVER), (date(2024, 11, 23), True, Due.OVERDUE), (date(2024, 11, 24), True, Due.SOON),
        (date(2024, 12, 24), True, Due.SOON), (date(2024, 12, 25), True, Due.GOOD), (TODAY, False, Due.FAILED),
    ],
)  # fmt: skip
def test_what_is_due_is_due_by_its_latest_result(last: date | None, passed: bool, due: Due) -> None:
    assert rules.due(last, passed=passed, every_months=24, today=TODAY) is due
