"""Every pair of states, every outcome, and every way in which a drive can be another one."""

import itertools

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tracker.media.rules import (
    AFTER,
    BY_HAND,
    WIPEABLE,
    Known,
    MediumState,
    after_evidence,
    differing,
    may_change_state,
    may_wipe,
)
from tracker.values import Role
from wipe.vocabulary import Medium, Outcome

pytestmark = pytest.mark.pure

REASON = "it was asked for"
ENDS = {
    MediumState.DESTROYED,
    MediumState.DESTROYED_CONFIRMED,
    MediumState.HANDED_OVER_GUARANTEED,
    MediumState.WIPING,
}
PROVED = {Outcome.SANITISED_CLEAR, Outcome.SANITISED_PURGE}


@pytest.mark.parametrize(("at", "to"), list(itertools.product(MediumState, MediumState)))
def test_a_person_moves_a_medium_only_along_the_table(at: MediumState, to: MediumState) -> None:
    allowed = to in BY_HAND.get(at, frozenset())
    assert may_change_state(at, to, Role.TECHNICIAN, REASON, condemned=False).allowed is allowed
    assert not may_change_state(at, to, Role.BURSAR, REASON, condemned=False).allowed
    assert not may_change_state(at, to, Role.TECHNICIAN, "  ", condemned=False).allowed
    only = {MediumState.HELD_FOR_DESTRUCTION, MediumState.MISSING}
    assert may_change_state(at, to, Role.HEAD, REASON, condemned=True).allowed is (allowed and to in only)


def test_nobody_declares_a_medium_sanitised_wiped_or_destroyed_by_hand() -> None:
    reachable = set().union(*BY_HAND.values())
    claimed = {MediumState.SANITISED, MediumState.WIPING, MediumState.WIPED_UNVERIFIED, MediumState.WIPE_FAILED}
    assert reachable.isdisjoint(claimed | ENDS)
    for at in MediumState:
        decision = may_change_state(at, MediumState.SANITISED, Role.HEAD, REASON, condemned=False)
        assert "only the evidence" in str([blocker.message for blocker in decision.blockers])


def test_what_failed_never_comes_back() -> None:
    """Gate AD6: from a failed wipe every way of hands and evidence leads to destruction, also by way of missing."""
    seen, todo = set(), [MediumState.WIPE_FAILED]
    while todo:
        at = todo.pop()
        seen.add(at)
        ways = [to for to in MediumState if may_change_state(at, to, Role.HEAD, REASON, condemned=True).allowed]
        todo += [to for to in ways if to not in seen]
    assert seen == {MediumState.WIPE_FAILED, MediumState.HELD_FOR_DESTRUCTION, MediumState.MISSING}
    assert not seen & WIPEABLE
    for outcome, at in itertools.product(AFTER, seen):
        assert after_evidence(at, outcome, current=True) is at


@pytest.mark.parametrize("state", MediumState)
def test_a_wipe_begins_only_where_a_wipe_makes_sense(state: MediumState) -> None:
    assert may_wipe(state, condemned=False).allowed is (state in WIPEABLE)
    assert not may_wipe(state, condemned=True).allowed


@pytest.mark.parametrize("outcome", Outcome)
def test_only_a_proved_outcome_sanitises(outcome: Outcome) -> None:
    if outcome not in AFTER:
        with pytest.raises(KeyError):
            after_evidence(MediumState.WIPING, outcome, current=True)
        return
    assert (after_evidence(MediumState.WIPING, outcome, current=True) is MediumState.SANITISED) is (outcome in PROVED)


@pytest.mark.parametrize(("at", "outcome"), list(itertools.product(MediumState, AFTER)))
def test_evidence_of_an_earlier_wipe_moves_nothing_unless_it_failed(at: MediumState, outcome: Outcome) -> None:
    to = after_evidence(at, outcome, current=False)
    assert to is at or (to, outcome) == (MediumState.WIPE_FAILED, Outcome.FAILED)
    assert outcome is not Outcome.FAILED or to not in WIPEABLE


@pytest.mark.parametrize("state", sorted(ENDS - {MediumState.WIPING} | {MediumState.MISSING}))
def test_late_evidence_does_not_move_what_is_gone(state: MediumState) -> None:
    assert after_evidence(state, Outcome.SANITISED_CLEAR, current=True) is state


KNOWN = Known(Medium.HDD, "WD-WCC2EFP01537", "0x50014ee2b4c1f9a7", 500_107_862_016)


def test_the_same_medium_agrees_with_itself_and_with_what_is_not_known() -> None:
    assert differing(KNOWN, KNOWN, attested=False) == ()
    assert differing(Known(Medium.UNKNOWN, "wd wcc2efp01537", "", None), KNOWN, attested=False) == ()


@pytest.mark.parametrize(
    ("other", "said"),
    [
        (Known(Medium.HDD, "WD-WCC2EFP01538", KNOWN.wwn, KNOWN.capacity_bytes), "serial number"),
        (
            Known(Medium.HDD, "WCC2EFP01537", KNOWN.wwn, KNOWN.capacity_bytes),
            "serial number",
        ),  # a part
        (Known(Medium.HDD, "", KNOWN.wwn, KNOWN.capacity_bytes), "serial number"),
        (Known(Medium.HDD, KNOWN.serial, "0x50014ee2b4c1f9a8", KNOWN.capacity_bytes), "WWN"),
        (Known(Medium.HDD, KNOWN.serial, KNOWN.wwn, 500_107_862_017), "capacity"),
        (Known(Medium.SSD, KNOWN.serial, KNOWN.wwn, KNOWN.capacity_bytes), "kind of medium"),
    ],
)
def test_one_difference_is_enough(other: Known, said: str) -> None:
    assert differing(KNOWN, other, attested=False) == (said,)


def test_an_attestation_stands_for_a_serial_that_the_device_does_not_give_and_for_nothing_else() -> None:
    silent = Known(Medium.HDD, "", "", None)
    assert differing(KNOWN, silent, attested=True) == ()
    assert differing(KNOWN, Known(Medium.HDD, "OTHER", "", None), attested=True) == ("serial number",)


@given(st.text(), st.text())
def test_two_serials_agree_only_as_wholes(one: str, other: str) -> None:
    plain = [Known(Medium.HDD, text, "", None) for text in (one, other)]
    assert differing(plain[0], plain[1], attested=False) == differing(plain[1], plain[0], attested=False)
    if one == other:
        assert differing(plain[0], plain[1], attested=False) == ()
