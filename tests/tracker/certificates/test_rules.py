"""May it be issued: every single fact can forbid it, and every reason is given."""

from dataclasses import replace
from typing import Any

import pytest

from tests.tracker.certificates.cast import CAPACITY, IDENTITY, MEDIUM, make, verified
from tracker.certificates.paper import facts_of
from tracker.certificates.rules import Facts, Known, differing, may_issue
from wipe.blocks import Ending
from wipe.vocabulary import Level, Medium, Outcome, Transport, TriState, VerificationKind

pytestmark = pytest.mark.pure

SOUND = Facts(
    evidence_accepted=True,
    key_known=True,
    outcome=Outcome.SANITISED_CLEAR,
    level=Level.CLEAR,
    verification=VerificationKind.FULL,
    kind=Medium.HDD,
    virtual=False,
    operator_named=True,
    differing=(),
    identified=True,
    later_run=False,
    current=None,
    superseding=None,
)
KNOWN = Known(Medium.HDD, "WD-WCC2EFP01537", "0x50014ee2b4c1f9a7", CAPACITY)


def codes(facts: Facts) -> list[str]:
    return [blocker.code for blocker in may_issue(facts).blockers]


@pytest.mark.parametrize(
    ("change", "code"),
    [
        ({"evidence_accepted": False}, "quarantined"),
        ({"key_known": False}, "key_unknown"),
        ({"level": Level.NONE}, "nothing_to_claim"),
        ({"level": Level.PURGE}, "nothing_to_claim"),
        ({"outcome": Outcome.SANITISED_PURGE, "level": Level.PURGE}, "nothing_to_claim"),
        ({"verification": None}, "nothing_to_claim"),
        ({"verification": VerificationKind.NONE}, "nothing_to_claim"),
        ({"kind": Medium.TAPE}, "nothing_to_claim"),
        ({"operator_named": False}, "no_operator"),
        ({"differing": ("serial number",)}, "identity"),
        ({"identified": False}, "unidentified"),
        ({"later_run": True}, "later_run"),
        ({"current": "OAK-E-000001"}, "already_issued"),
        ({"superseding": "OAK-E-000001"}, "not_current"),
        ({"current": "OAK-E-000002", "superseding": "OAK-E-000001"}, "not_current"),
    ],
)
def test_each_of_these_alone_forbids_it(change: dict[str, Any], code: str) -> None:
    decision = may_issue(replace(SOUND, **change))
    assert not decision.allowed
    assert [blocker.code for blocker in decision.blockers] == [code]
    assert decision.blockers[0].message.endswith(".")


@pytest.mark.parametrize(
    "outcome",
    sorted(set(Outcome) - {Outcome.SANITISED_CLEAR, Outcome.SANITISED_PURGE, Outcome.CLEARED_WITH_EXCEPTIONS}),
)
@pytest.mark.parametrize("level", Level)
def test_an_outcome_that_is_not_proved_forbids_it(outcome: Outcome, level: Level) -> None:
    assert codes(replace(SOUND, outcome=outcome, level=level)) == ["not_erased"]


def test_every_reason_is_given_not_only_the_first() -> None:
    worst = replace(
        SOUND,
        evidence_accepted=False,
        key_known=False,
        outcome=Outcome.FAILED,
        operator_named=False,
        differing=("serial number", "capacity"),
        identified=False,
        later_run=True,
        current="OAK-E-000001",
    )
    assert codes(worst) == [
        "quarantined",
        "key_unknown",
        "not_erased",
        "no_operator",
        "identity",
        "unidentified",
        "later_run",
        "already_issued",
    ]


def test_sound_evidence_is_enough_and_so_are_exceptions_and_a_replacement() -> None:
    assert may_issue(SOUND).allowed
    assert may_issue(replace(SOUND, outcome=Outcome.CLEARED_WITH_EXCEPTIONS, level=Level.NONE)).allowed
    assert may_issue(replace(SOUND, current="OAK-E-000001", superseding="OAK-E-000001")).allowed


@pytest.mark.parametrize(
    ("device", "found"),
    [
        (KNOWN, ()),
        (replace(KNOWN, serial=" wd wcc2efp01537 "), ()),
        (replace(KNOWN, wwn="", kind=Medium.UNKNOWN, capacity_bytes=None), ()),
        (replace(KNOWN, serial="WD-WCC2EFP0153"), ("serial number",)),
        (replace(KNOWN, serial="WD-WCC2EFP015377"), ("serial number",)),
        (replace(KNOWN, serial=""), ("serial number",)),
        (replace(KNOWN, wwn="0x50014ee2b4c1f9a8"), ("WWN",)),
        (replace(KNOWN, capacity_bytes=CAPACITY - 512), ("capacity",)),
        (replace(KNOWN, capacity_bytes=0), ("capacity",)),
        (replace(KNOWN, kind=Medium.SSD), ("kind of medium",)),
    ],
)
def test_register_and_device_must_name_the_same_medium(device: Known, found: tuple[str, ...]) -> None:
    assert differing(KNOWN, device, attested=False) == found
    assert differing(device, KNOWN, attested=False) == found


def test_an_attestation_stands_only_for_a_serial_that_the_device_does_not_give() -> None:
    assert differing(KNOWN, replace(KNOWN, serial=""), attested=True) == ()
    assert differing(KNOWN, replace(KNOWN, serial="OTHER"), attested=True) == ("serial number",)
    assert differing(replace(KNOWN, serial=""), KNOWN, attested=True) == ("serial number",)


def facts(record: Any, medium: Any = MEDIUM, **more: Any) -> Facts:
    given = {"accepted": True, "key_known": True, "later_run": False, "current": None, "superseding": None, **more}
    return facts_of(verified(record), medium, **given)


def test_facts_come_from_the_evidence_itself() -> None:
    assert facts(make()) == SOUND
    assert codes(facts(make(), replace(MEDIUM, serial="WD-OTHER"))) == ["identity"]
    assert codes(facts(make(operator=None))) == ["no_operator"]
    assert codes(facts(make(ending=Ending.CANCELLED))) == ["not_erased"]
    assert codes(facts(make(verification=None))) == ["not_erased"]
    assert codes(facts(make(identity_held=TriState.NO))) == ["not_erased"]
    assert may_issue(facts(make(hidden_areas=()))).allowed, "with exceptions, which are no pass"


def test_a_drive_without_serial_needs_the_attestation_that_the_record_carries() -> None:
    nameless = replace(IDENTITY, serial=None, transport=Transport.USB, bridge="0x0578")
    attested = make(nameless, attestation="Taken out of office computer 3 by me, label read aloud twice")
    assert may_issue(facts(attested)).allowed
    assert codes(facts(make(nameless))) == ["not_erased", "identity", "unidentified"]


def test_a_virtual_drive_may_play_any_kind_but_must_match_in_everything_else() -> None:
    played = make(replace(IDENTITY, virtual=True, transport=Transport.FILE, kind=Medium.VIRTUAL))
    assert may_issue(facts(played)).allowed
    assert codes(facts(played, replace(MEDIUM, capacity_bytes=1))) == ["identity"]
