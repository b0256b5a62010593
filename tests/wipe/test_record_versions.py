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
from wipe.facts import BlockRange, Plan
from wipe.record import Interruption, Record
from wipe.vocabulary import Cut, Level, Method, Outcome

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
    assert json.loads(record.payload(old)).keys() == {name for name in Record.__dataclass_fields__}


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


@pytest.mark.parametrize("version", [0, 3, True, "2", None, 2.5])
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
