"""The rules of the loans desk: gate G3, extension, return."""

from dataclasses import replace
from datetime import date, timedelta
from uuid import UUID

import pytest

from tracker.inventory.rules import AssetFacts, AssetState, Ownership
from tracker.loans import rules
from tracker.loans.rules import BorrowerFacts, Condition, ItemFacts, LoanDetails, LoanState
from tracker.values import Decision, Role

pytestmark = pytest.mark.pure

TODAY = date(2026, 11, 24)
ANN, BOB = UUID(int=1), UUID(int=2)
FACTS = AssetFacts(
    state=AssetState.IN_STORE, tag="ABCDEFGH", kind="Laptop", data_bearing=True, portable=True, fixed=False,
    server=False, serial="S1", serial_reason="", ownership=Ownership.SCHOOL, source="", media_count=1, media_holding=1,
    media_condemned=0, no_storage=False, labelled=True, location="Store", lockable=True, responsible=None, dbs=False,
    installed=False, use_ended=False, used_by=None, reset_since=False, unsafe="", encrypted=True, protected=True,
)  # fmt: skip
ITEM = ItemFacts(FACTS, "ABCD-EFGH")
BORROWER = BorrowerFacts(ANN, left=False, suspended="", unsigned=())
DETAILS = LoanDetails(date(2026, 12, 18), off_site=True, purpose="Planning at home")


def codes(decision: Decision) -> set[str]:
    return {blocker.code for blocker in decision.blockers}


def lend(
    details: LoanDetails = DETAILS,
    borrower: BorrowerFacts = BORROWER,
    items: list[ItemFacts] | None = None,
    role: Role | None = Role.TECHNICIAN,
) -> set[str]:
    return codes(rules.may_lend(details, borrower, [ITEM] if items is None else items, role, TODAY))


def item(protected: bool = True, **change: object) -> list[ItemFacts]:
    return [ItemFacts(replace(FACTS, protected=protected, **change), "ABCD-EFGH")]  # type: ignore[arg-type]


def test_an_encrypted_protected_laptop_goes_home_with_somebody_who_signed() -> None:
    assert lend() == set()
    assert lend(role=Role.BURSAR) == set()


@pytest.mark.parametrize("role", [role for role in Role if role not in rules.LENDERS] + [None])
def test_nobody_else_lends(role: Role | None) -> None:
    assert lend(role=role) == {"role"}


@pytest.mark.parametrize(
    ("change", "code"),
    [
        ({"left": True}, "left"), ({"suspended": "Two laptops overdue."}, "suspended"),
        ({"unsigned": ("Acceptable use",)}, "unsigned"),
    ],
)  # fmt: skip
def test_a_borrower_who_may_not_is_told_why(change: dict[str, object], code: str) -> None:
    assert lend(borrower=replace(BORROWER, **change)) == {code}  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("change", "code"),
    [
        ({"state": AssetState.ON_LOAN}, "state"), ({"state": AssetState.IN_USE}, "state"), ({"server": True}, "kind"),
        ({"fixed": True}, "kind"), ({"labelled": False}, "no_label"), ({"unsafe": "PAT failed"}, "unsafe"),
        ({"encrypted": False}, "not_encrypted"),
        ({"use_ended": True, "used_by": BOB}, "not_reset"), ({"protected": False}, "not_protected"),
    ],
)  # fmt: skip
def test_a_thing_that_may_not_go_is_named(change: dict[str, object], code: str) -> None:
    protected = bool(change.pop("protected", True))
    assert lend(items=item(protected, **change)) == {code}


def test_what_the_same_person_left_on_it_may_come_back_to_them() -> None:
    assert lend(items=item(use_ended=True, used_by=ANN)) == set()
    assert lend(items=item(use_ended=True, used_by=BOB, reset_since=True)) == set()
    assert lend(items=item(use_ended=True, used_by=BOB, media_holding=0)) == set()


def test_inside_the_school_and_without_storage_nothing_needs_to_be_encrypted() -> None:
    inside = replace(DETAILS, off_site=False, purpose="")
    assert lend(inside, items=item(False, encrypted=False)) == set()
    assert lend(items=item(False, encrypted=False, data_bearing=False, media_count=0, media_holding=0)) == set()
    assert lend(items=item(False, encrypted=False, no_storage=True, media_count=0, media_holding=0)) == set()


@pytest.mark.parametrize(
    ("change", "code"),
    [
        ({"due_on": TODAY - timedelta(days=1)}, "due_on"), ({"due_on": date(9999, 12, 31)}, "due_on"),
        ({"purpose": " "}, "purpose"), ({"purpose": "x" * 201}, "purpose"), ({"place": "a\nb"}, "place"),
    ],
)  # fmt: skip
def test_a_faulty_agreement_is_refused(change: dict[str, object], code: str) -> None:
    assert lend(replace(DETAILS, **change)) == {code}  # type: ignore[arg-type]


def test_a_loan_of_nothing_of_too_much_or_of_a_thing_twice_is_refused() -> None:
    assert lend(items=[]) == {"no_items"}
    assert lend(items=[ITEM, ITEM]) == {"items"}
    many = [replace(ITEM, facts=replace(FACTS, tag=f"{number:08}")) for number in range(101)]
    assert lend(items=many) == {"items"}


def test_every_reason_is_given_at_once() -> None:
    found = lend(
        replace(DETAILS, due_on=date(2020, 1, 1)), replace(BORROWER, left=True), item(encrypted=False, labelled=False)
    )
    assert found == {"due_on", "left", "not_encrypted", "no_label"}


def test_an_extension_is_later_than_now_and_than_the_loan() -> None:
    due = date(2026, 12, 18)
    assert rules.may_extend(due, date(2027, 1, 8), Role.BURSAR, TODAY, closed=False).allowed
    assert codes(rules.may_extend(due, due, Role.BURSAR, TODAY, closed=False)) == {"due_on"}
    assert codes(rules.may_extend(date(2026, 1, 1), date(2026, 2, 1), Role.BURSAR, TODAY, closed=False)) == {"due_on"}
    assert codes(rules.may_extend(due, date(2027, 1, 8), Role.BURSAR, TODAY, closed=True)) == {"closed"}
    assert "role" in codes(rules.may_extend(due, date(2027, 1, 8), Role.HEAD, TODAY, closed=False))


def test_what_is_damaged_or_incomplete_is_described() -> None:
    back = Role.TECHNICIAN
    assert rules.may_return(Condition.AS_LENT, "", back, out=True, shown="ABCD-EFGH").allowed
    for condition in (Condition.DAMAGED, Condition.INCOMPLETE):
        assert codes(rules.may_return(condition, " ", back, out=True, shown="ABCD-EFGH")) == {"note"}
        assert rules.may_return(condition, "The charger", back, out=True, shown="ABCD-EFGH").allowed
    assert codes(rules.may_return(Condition.AS_LENT, "", back, out=False, shown="ABCD-EFGH")) == {"not_out"}
    assert codes(rules.may_return(Condition.AS_LENT, "x" * 2001, back, out=True, shown="A")) == {"note"}


def test_a_loan_is_overdue_on_the_day_after_its_last() -> None:
    assert rules.state_of(open_items=1, due_on=TODAY, today=TODAY) is LoanState.OUT
    assert rules.state_of(open_items=1, due_on=TODAY - timedelta(days=1), today=TODAY) is LoanState.OVERDUE
    assert rules.state_of(open_items=0, due_on=date(2020, 1, 1), today=TODAY) is LoanState.RETURNED
