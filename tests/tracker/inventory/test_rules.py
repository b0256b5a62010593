"""The lifecycle table and its gates, every pair of states."""

from dataclasses import replace
from itertools import product
from pathlib import Path
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tracker.inventory import rules
from tracker.inventory.rules import DISPOSAL, ENDED, TRANSITIONS, AssetFacts, AssetState, LocationLevel, Ownership
from tracker.values import Role

pytestmark = pytest.mark.pure

REASON = "It fell from the trolley."
ANN, BOB = UUID(int=1), UUID(int=2)
LAPTOP = AssetFacts(
    state=AssetState.IN_STORE,
    tag="ABCDEFGH",
    kind="Laptop",
    data_bearing=True,
    portable=True,
    fixed=False,
    server=False,
    serial="5CD1234XYZ",
    serial_reason="",
    ownership=Ownership.SCHOOL,
    source="",
    media_count=1,
    media_holding=1,
    media_condemned=0,
    no_storage=False,
    labelled=True,
    location="Saint Brigid's / Main / Office",
    lockable=False,
    responsible=ANN,
    dbs=False,
    installed=False,
    use_ended=False,
    used_by=None,
    reset_since=False,
    unsafe="",
    encrypted=False,
    protected=False,
)
WRITTEN_OUT = {  # what the table must say, written a second time by hand
    ("incoming", "in_store"), ("in_use", "in_store"), ("in_repair", "in_store"), ("missing", "in_store"),
    ("redundant", "in_store"), ("in_store", "in_use"), ("in_repair", "in_use"), ("in_store", "in_repair"),
    ("in_use", "in_repair"), ("in_store", "redundant"), ("in_use", "redundant"), ("in_repair", "redundant"),
}  # fmt: skip


def codes(state: AssetState, to: AssetState, *, role: Role | None = Role.TECHNICIAN, reason: str = REASON) -> set[str]:
    found = rules.may_change_state(replace(LAPTOP, state=state), to, role, reason)
    return {blocker.code for blocker in found.blockers}


@pytest.mark.parametrize(("state", "to"), list(product(AssetState, AssetState)))
def test_every_pair_of_states_is_decided(state: AssetState, to: AssetState) -> None:
    found = codes(state, to)
    if (state.value, to.value) in WRITTEN_OUT:
        assert found == set()
    elif state is to:
        assert found == {"same_state"}
    elif state in ENDED:
        assert found == {"ended"}
    elif state in DISPOSAL or to in DISPOSAL:
        assert found == {"disposal"}
    elif to is AssetState.MISSING:
        assert found == {"incidents"}
    elif AssetState.ON_LOAN in (state, to):
        assert found == {"loans"}
    else:
        assert found == {"no_step"}


def test_the_table_is_what_was_written_out() -> None:
    assert {(source.value, to.value) for source, to in TRANSITIONS} == WRITTEN_OUT


def test_no_path_leads_from_here_to_disposal_or_a_loan_and_none_out_of_them() -> None:
    reached, todo = {AssetState.INCOMING}, [AssetState.INCOMING]
    while todo:
        for to, _ in rules.steps_from(todo.pop()):
            if to not in reached:
                reached.add(to)
                todo.append(to)
    assert reached.isdisjoint(DISPOSAL | {AssetState.ON_LOAN})
    assert not [state for state in DISPOSAL | {AssetState.ON_LOAN} if list(rules.steps_from(state))]
    assert ENDED <= DISPOSAL


@pytest.mark.parametrize(("state", "to"), list(TRANSITIONS))
@pytest.mark.parametrize("role", [*Role, None])
def test_only_the_roles_of_the_step_may_take_it(state: AssetState, to: AssetState, role: Role | None) -> None:
    allowed = role in TRANSITIONS[state, to].roles
    assert codes(state, to, role=role) == (set() if allowed else {"role"})
    assert TRANSITIONS[state, to].roles <= {Role.TECHNICIAN, Role.BURSAR, Role.HEAD}


@pytest.mark.parametrize(("state", "to"), list(TRANSITIONS))
@pytest.mark.parametrize("reason", ["", "  ok  ", " " * 50, "short one"])
def test_a_step_that_asks_for_words_needs_them(state: AssetState, to: AssetState, reason: str) -> None:
    assert TRANSITIONS[state, to].needs_reason >= TRANSITIONS[state, to].harmful
    if TRANSITIONS[state, to].needs_reason:
        assert codes(state, to, reason=reason) == {"reason"}
    elif not reason.strip():
        assert codes(state, to, reason=reason) == set()


@pytest.mark.parametrize("reason", ["x" * (rules.REASON_MOST + 1), "nothing here\0 to see", "half a pair \ud800 here"])
def test_a_reason_that_cannot_be_kept_is_refused(reason: str) -> None:
    assert rules.reason_blockers(reason)


def gate(to: AssetState, **changed: object) -> set[str]:
    return {blocker.code for blocker in rules.gates(replace(LAPTOP, **changed), to)}  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("changed", "missing"),
    [
        ({}, set()),
        ({"tag": ""}, {"no_tag"}),
        ({"kind": ""}, {"no_kind"}),
        ({"serial": ""}, {"no_serial"}),
        ({"serial": "", "serial_reason": "The label is gone"}, set()),
        ({"ownership": None}, {"no_ownership"}),
        ({"ownership": Ownership.LEASED}, {"no_source"}),
        ({"ownership": Ownership.BORROWED}, {"no_source"}),
        ({"ownership": Ownership.DONATED}, {"no_source"}),
        ({"ownership": Ownership.DONATED, "source": "A parent"}, set()),
        ({"ownership": Ownership.DFE}, set()),
        ({"media_count": 0}, {"storage_not_told"}),
        ({"media_count": 0, "no_storage": True}, set()),
        ({"media_count": 0, "data_bearing": False}, set()),
        ({"tag": "", "serial": "", "media_count": 0}, {"no_tag", "no_serial", "storage_not_told"}),
        ({"location": ""}, set()),
    ],
)
def test_gate_g1_names_all_that_is_missing(changed: dict[str, object], missing: set[str]) -> None:
    assert gate(AssetState.IN_STORE, **changed) == missing


@pytest.mark.parametrize(
    ("changed", "missing"),
    [
        ({}, set()),
        ({"labelled": False}, {"no_label"}),
        ({"location": ""}, {"no_location"}),
        ({"server": True}, {"not_lockable", "no_dbs"}),
        ({"server": True, "lockable": True}, {"no_dbs"}),
        ({"server": True, "dbs": True}, {"not_lockable"}),
        ({"server": True, "lockable": True, "dbs": True}, set()),
        ({"server": True, "dbs": True, "location": ""}, {"no_location"}),
        ({"fixed": True}, {"not_installed"}),
        ({"fixed": True, "installed": True}, set()),
        ({"media_count": 0, "location": "", "labelled": False}, {"storage_not_told", "no_location", "no_label"}),
    ],
)
def test_gate_g2_wants_label_place_installation_and_for_a_server_a_lock_and_a_checked_person(
    changed: dict[str, object], missing: set[str]
) -> None:
    assert gate(AssetState.IN_USE, **changed) == missing


@pytest.mark.parametrize(
    ("changed", "missing"),
    [
        ({}, set()),  # it was never used
        ({"used_by": BOB}, set()),
        ({"use_ended": True, "used_by": ANN}, set()),  # the same person again
        ({"use_ended": True, "used_by": BOB}, {"not_reset"}),
        ({"use_ended": True, "used_by": None}, {"not_reset"}),  # nobody knows who
        ({"use_ended": True, "used_by": None, "responsible": None}, set()),  # everybody's before, everybody's now
        ({"use_ended": True, "used_by": BOB, "responsible": None}, {"not_reset"}),
        ({"use_ended": True, "used_by": BOB, "reset_since": True}, set()),
        ({"use_ended": True, "used_by": BOB, "media_holding": 0}, set()),  # all its media were wiped
        ({"use_ended": True, "used_by": BOB, "data_bearing": False, "media_count": 0, "media_holding": 0}, set()),
        ({"use_ended": True, "used_by": BOB, "media_count": 0, "media_holding": 0, "no_storage": True}, set()),
        (
            {"use_ended": True, "used_by": BOB, "media_count": 0, "media_holding": 0},
            {"not_reset", "storage_not_told"},
        ),
    ],
)
def test_gate_g14_lets_nobody_find_what_another_left(changed: dict[str, object], missing: set[str]) -> None:
    assert gate(AssetState.IN_USE, **changed) == missing
    assert "not_reset" not in gate(AssetState.IN_STORE, **changed)


@pytest.mark.parametrize(
    ("before", "change", "expected"),
    [
        ({}, {}, set()),
        ({}, {"location": ""}, {"no_location"}),
        ({"location": ""}, {"location": ""}, set()),  # it was so before: nothing is broken by this change
        ({}, {"media_count": 0, "media_holding": 0}, set()),  # shown on its page, and no reason to keep a drive in
        ({}, {"responsible": BOB}, {"not_reset"}),
        ({}, {"responsible": None}, {"not_reset"}),  # else two changes would do what one may not
        ({"responsible": None}, {"responsible": BOB}, set()),
        ({"portable": False}, {"responsible": BOB}, set()),  # it stays where it is, with those who use it
        ({"state": AssetState.IN_STORE}, {"responsible": BOB}, set()),
        ({"media_holding": 0}, {"responsible": BOB}, set()),
    ],
)
def test_a_change_breaks_no_gate_and_hands_nothing_over_on_the_quiet(
    before: dict[str, object], change: dict[str, object], expected: set[str]
) -> None:
    was = replace(LAPTOP, **{"state": AssetState.IN_USE, **before})  # type: ignore[arg-type]
    found = rules.broken(was, replace(was, **change))  # type: ignore[arg-type]
    assert {blocker.code for blocker in found} == expected


@pytest.mark.parametrize(
    ("role", "changed", "expected"),
    [
        (Role.TECHNICIAN, {"use_ended": True}, set()),
        (Role.BURSAR, {"use_ended": True}, {"role"}),
        (Role.TECHNICIAN, {}, {"unused"}),
        (Role.TECHNICIAN, {"state": AssetState.IN_USE}, {"in_use"}),
        (Role.TECHNICIAN, {"use_ended": True, "state": AssetState.RELEASED}, {"disposal"}),
    ],
)
def test_a_step_by_mistake_is_made_good_by_name_and_reason(
    role: Role, changed: dict[str, object], expected: set[str]
) -> None:
    facts = replace(LAPTOP, **changed)  # type: ignore[arg-type]
    assert {one.code for one in rules.may_declare_unused(facts, role, REASON).blockers} == expected
    assert {one.code for one in rules.may_declare_unused(facts, role, "oops").blockers} == expected | {"reason"}


@pytest.mark.parametrize(("state", "to"), list(TRANSITIONS))
def test_a_step_taken_by_mistake_leads_back(state: AssetState, to: AssetState) -> None:
    """Each state that a step leaves can be reached again, incoming apart, and missing: that is reported anew."""
    reached, todo = {to}, [to]
    while todo:
        for further, _ in rules.steps_from(todo.pop()):
            if further not in reached:
                reached.add(further)
                todo.append(further)
    assert state in reached or state in (AssetState.INCOMING, AssetState.MISSING)


def test_nothing_is_told_of_storage_by_default() -> None:
    assert not replace(LAPTOP, media_count=0).storage_told


@pytest.mark.parametrize("state", AssetState)
def test_an_asset_can_be_changed_until_its_disposal_is_authorised(state: AssetState) -> None:
    assert rules.may_edit(state).allowed == (state not in DISPOSAL)


@pytest.mark.parametrize(
    ("role", "media", "stands", "reason", "state", "expected"),
    [
        (Role.TECHNICIAN, 0, False, REASON, AssetState.INCOMING, set()),
        (Role.BURSAR, 0, False, REASON, AssetState.INCOMING, {"role"}),
        (Role.TECHNICIAN, 2, False, REASON, AssetState.INCOMING, {"media"}),
        (Role.TECHNICIAN, 0, True, REASON, AssetState.INCOMING, {"asserted"}),
        (Role.TECHNICIAN, 0, False, "no disk", AssetState.INCOMING, {"reason"}),
        (Role.TECHNICIAN, 0, False, REASON, AssetState.RELEASED, {"disposal"}),
    ],
)
def test_no_storage_is_stated_by_a_technician_with_a_reason_and_never_against_the_media_listed(
    role: Role, media: int, stands: bool, reason: str, state: AssetState, expected: set[str]
) -> None:
    facts = replace(LAPTOP, media_count=media, no_storage=stands, state=state)
    assert {blocker.code for blocker in rules.may_assert_no_storage(facts, role, reason).blockers} == expected


def test_a_kind_without_storage_is_no_way_around_telling_of_storage() -> None:
    assert not rules.may_change_kind(LAPTOP, data_bearing=False).allowed
    assert rules.may_change_kind(replace(LAPTOP, no_storage=True), data_bearing=False).allowed
    assert rules.may_change_kind(LAPTOP, data_bearing=True).allowed


@pytest.mark.parametrize(("level", "parent"), list(product(LocationLevel, [*LocationLevel, None])))
def test_a_place_lies_in_a_larger_one_and_only_a_site_in_none(
    level: LocationLevel, parent: LocationLevel | None
) -> None:
    order = ["site", "building", "room", "cabinet", "slot"]
    right = level.value == "site" if parent is None else order.index(parent.value) < order.index(level.value)
    assert rules.may_lie_in(level, parent).allowed == right


@given(st.text(max_size=200))
def test_a_serial_key_is_stable_and_fits_its_column(text: str) -> None:
    key = rules.serial_key(text)
    assert len(key) <= 120
    assert rules.serial_key(key) == key
    assert rules.serial_key(text.lower()) == rules.serial_key(text.upper()) or not text.isascii()
    assert key.isascii()


def test_a_serial_is_found_in_whatever_way_it_is_written() -> None:
    assert {rules.serial_key(text) for text in ("pf-3k 9x2l", "PF3K9X2L", " pf/3K.9x2l\n")} == {"PF3K9X2L"}


def test_the_handbook_names_every_step_as_it_is() -> None:
    rules_of_the_house = (Path(__file__).parents[3] / "docs" / "rules.md").read_text()
    for (source, to), step in TRANSITIONS.items():
        who = ", ".join(sorted(role.label for role in step.roles))
        words = "reason, asked about first" if step.harmful else step.asks.lower()
        line = f"| {source.label} | {to.label} | {step.action} | {who} | {words} |".replace("|  |", "| |")
        assert line in rules_of_the_house, line
    section = rules_of_the_house.partition("## The life of an asset")[2].partition("## Gates")[0]
    assert section.count("\n| ") == len(TRANSITIONS) + 1
