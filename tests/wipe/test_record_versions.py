"""Every version of the record that was ever written is read for ever, and its bytes mean what they meant."""

import base64
import json
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
import rfc8785
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from wipe import codec, keys, record
from wipe.blocks import LIMITS, Ending
from wipe.errors import BadRecord
from wipe.facts import Bay, BlockRange, Hold, Plan, Reading
from wipe.record import Interruption, Record
from wipe.vocabulary import Cut, Level, Method, Outcome, Phase, TriState

pytestmark = pytest.mark.pure

RECORDS = Path(__file__).parent / "records"
KEY = Ed25519PrivateKey.from_private_bytes(bytes(32))
KEYS = {record.key_id(KEY.public_key()): KEY.public_key()}


@pytest.fixture
def old() -> Record:
    """A record of version 1 as the program of that time signed it."""
    key = keys.load_public(RECORDS / "version-1.pem")
    return record.verify((RECORDS / "version-1.jws").read_bytes().strip(), {record.key_id(key): key}).record


def ours(value: dict[str, Any]) -> bytes:
    """Any payload, signed with a key of the test's own."""

    def part(data: bytes) -> bytes:
        return base64.urlsafe_b64encode(data).rstrip(b"=")

    (kid,) = KEYS
    head = rfc8785.dumps({"alg": "Ed25519", "kid": kid, "typ": record.TYPE})
    signing = part(head) + b"." + part(rfc8785.dumps({**value, "key_id": kid}))
    return signing + b"." + part(KEY.sign(signing))


def judged(found: Record) -> Record:
    """With the outcome that follows from its evidence."""
    verdict = record.judged(found)
    plan = replace(found.plan, digest=codec.digest(record.planned(found)))
    return replace(found, plan=plan, outcome=verdict.outcome, level=verdict.level, reasons=verdict.reasons)


def test_a_record_of_version_1_is_believed_and_has_nothing_that_came_later(old: Record) -> None:
    assert (old.version, old.outcome, old.level) == (1, Outcome.SANITISED_CLEAR, Level.CLEAR)
    assert old.plan.limits is None
    assert old.passes[0].slow == ()


def test_its_bytes_come_out_as_they_went_in(old: Record) -> None:
    payload = (RECORDS / "version-1.jws").read_bytes().split(b".")[1]
    assert record.payload(old) == base64.urlsafe_b64decode(payload + b"==")
    since_then = {"bay", "readings", "holds", "clock_moved_seconds"}
    assert json.loads(record.payload(old)).keys() == {name for name in Record.__dataclass_fields__} - since_then


def test_a_record_of_version_2_is_believed_and_its_bytes_come_out_as_they_went_in() -> None:
    key = keys.load_public(RECORDS / "version-2.pem")
    signed = (RECORDS / "version-2.jws").read_bytes().strip()
    found = record.verify(signed, {record.key_id(key): key}).record
    assert (found.version, found.outcome, len(found.passes)) == (2, Outcome.SANITISED_CLEAR, 2)
    assert (found.bay, found.readings, found.holds) == (None, (), ())
    assert record.payload(found) == base64.urlsafe_b64decode(signed.split(b".")[1] + b"==")


def test_version_2_says_more(old: Record) -> None:
    told = Interruption("0" * 8, Method.ZERO, old.started, Cut.DRIVE_LEFT, old.ended, 1, 4096)
    plan = replace(old.plan, limits=LIMITS)
    passes = (replace(old.passes[0], slow=(BlockRange(8, 8, "slow"),)),)
    new = judged(replace(old, version=2, interruptions=(told,), plan=plan, passes=passes))
    found = record.verify(ours(codec.encode(new)), KEYS).record
    assert replace(found, key_id=new.key_id) == new


@pytest.mark.parametrize("place", ["plan", "passes", "interruptions", "ending"])
def test_version_1_cannot_say_what_came_later(old: Record, place: str) -> None:
    given_up = judged(replace(old, ending=Ending.GIVEN_UP, verification=None)) if place == "ending" else old
    steps = record.steps_of(
        record.planned(given_up), given_up.passes, given_up.verification, given_up.ending, given_up.identity_held
    )
    value = codec.encode(replace(given_up, steps=steps))
    assert record.verify(ours(codec.encode(old)), KEYS).record.version == 1
    if place == "plan":
        value["plan"]["limits"] = codec.encode(LIMITS)
    elif place == "passes":
        value["passes"][0]["slow"] = []
    elif place == "interruptions":
        value["interruptions"] = [codec.encode(Interruption("x", Method.ZERO, old.started, Cut.CUT_OFF))]
    with pytest.raises(BadRecord):
        record.verify(ours(value), KEYS)


def reading(held: TriState, *differing: str) -> Reading:
    return Reading(datetime(2026, 11, 24, 9, 0, tzinfo=UTC), Phase.OVERWRITE, 1, 4096, held, differing, 41)


def test_version_3_says_more(old: Record) -> None:
    moment = datetime(2026, 11, 24, 9, 5, tzinfo=UTC)
    hold = Hold(Phase.OVERWRITE, 1, 8192, moment, moment, 62, 54, 60, True)
    health = replace(old.health_before, limit_c=60, too_warm=True)
    bay = Bay("pci-0000:00:1f.2-ata-3", "bay 3", "green light")
    new = judged(
        replace(old, version=3, bay=bay, readings=(reading(TriState.YES),), holds=(hold,), health_before=health)
    )
    found = record.verify(ours(codec.encode(new)), KEYS).record
    assert replace(found, key_id=new.key_id) == new
    assert found.outcome is Outcome.SANITISED_CLEAR


@pytest.mark.parametrize("member", ["bay", "readings", "holds"])
def test_what_a_later_program_adds_to_version_2_is_kept_unread(old: Record, member: str) -> None:
    value = {**codec.encode(replace(old, version=2)), member: ["whatever"]}
    found = record.verify(ours(value), KEYS)
    assert getattr(found.record, member) in (None, ())
    assert found.unrecognised == {member: ["whatever"]}


def test_version_2_cannot_end_by_a_change(old: Record) -> None:
    value = codec.encode(judged(replace(old, version=3, ending=Ending.CHANGED)))
    assert record.verify(ours({**value, "version": 3, "steps": steps(old)}), KEYS).record.outcome is Outcome.FAILED
    with pytest.raises(BadRecord):
        record.verify(ours({**value, "version": 2, "steps": steps(old)}), KEYS)


def steps(old: Record) -> list[Any]:
    """Those of a run that another drive cut short after its pass."""
    found = record.steps_of(record.planned(old), old.passes, old.verification, Ending.CHANGED, old.identity_held)
    return [codec.encode(one) for one in found]


def test_another_drive_during_the_run_makes_it_void(old: Record) -> None:
    new = replace(old, version=3, readings=(reading(TriState.YES), reading(TriState.NO, "serial", "wwn")))
    found = record.judged(new)
    assert (found.outcome, found.level) == (Outcome.FAILED, Level.NONE)
    assert found.reasons == (
        "Another drive answered during the run than before it: serial, wwn changed. The run is void.",
    )
    for held in (TriState.YES, TriState.UNKNOWN):
        assert record.judged(replace(new, readings=(reading(held),))).outcome is Outcome.SANITISED_CLEAR


def test_another_drive_after_the_run_makes_it_void_and_used_to_leave_it_unproved(old: Record) -> None:
    now = record.judged(replace(old, version=3, identity_held=TriState.NO))
    assert (now.outcome, now.reasons) == (
        Outcome.FAILED,
        ("Another drive answered after the run than before it. The run is void.",),
    )
    for version in (1, 2):
        then = record.judged(replace(old, version=version, identity_held=TriState.NO))
        assert then.outcome is Outcome.INDETERMINATE
    cut = record.judged(replace(old, version=3, identity_held=TriState.NO, ending=Ending.GONE))
    assert cut.outcome is Outcome.FAILED


@pytest.mark.parametrize(
    ("before", "after", "said"),
    [
        ((5, 0), (8, 0), ["During the run the drive moved 3 more sectors aside (5 before, 8 after)."]),
        (
            (0, 0),
            (0, 1),
            [
                "During the run the drive counts 1 more sector that it cannot read for certain (0 before, 1 after).",
            ],
        ),
        ((None, None), (4, 4), []),
        ((2, 9), (2, 0), []),
    ],
)
def test_sectors_that_went_bad_during_the_run_are_named(old: Record, before: Any, after: Any, said: list[str]) -> None:
    healths = [replace(old.health_before, reallocated=one[0], pending=one[1]) for one in (before, after)]
    told = replace(old, version=3, health_before=healths[0], health_after=healths[1])
    found = record.judged(told)
    moved = "The drive has moved sectors aside, and an overwrite does not reach the old ones."
    assert [reason for reason in found.reasons if reason != moved] == said
    if said:
        assert (found.outcome, found.level) == (Outcome.CLEARED_WITH_EXCEPTIONS, Level.NONE)
    assert not set(said) & set(record.judged(replace(told, version=2)).reasons)


@pytest.mark.parametrize("version", [0, 4, True, "2", None, 2.5])
def test_another_version_is_not_guessed_at(old: Record, version: object) -> None:
    with pytest.raises(BadRecord):
        record.verify(ours({**codec.encode(old), "version": version}), KEYS)


def test_a_run_that_gave_up_has_failed(old: Record) -> None:
    found = record.judged(replace(old, ending=Ending.GIVEN_UP, verification=None))
    assert (found.outcome, found.level) == (Outcome.FAILED, Level.NONE)
    assert "took longer than the plan allows" in " ".join(found.reasons)


def test_the_digest_of_a_plan_without_limits_is_what_it_was(old: Record) -> None:
    plan = record.planned(old)
    assert codec.digest(plan) == old.plan.digest
    assert codec.digest(replace(plan, limits=LIMITS)) != old.plan.digest
    assert codec.decode(Plan, codec.encode(replace(plan, limits=LIMITS)), "plan").limits == LIMITS
    assert datetime.now(UTC) > old.ended
