"""Which wipe may be ordered, which code works, and that jobs only move forward."""

import itertools
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tracker.inventory.rules import AssetState
from tracker.stations.rules import (
    ALIVE_FOR,
    CODE_LETTERS,
    FORWARD,
    OPEN,
    JobState,
    OrderFacts,
    alive,
    code_key,
    code_works,
    confirmation_for,
    may_order,
    moves,
)
from tracker.values import Role

pytestmark = pytest.mark.pure

NOW = datetime(2026, 11, 24, 9, 0, tzinfo=UTC)
SOUND = OrderFacts(
    role=Role.TECHNICIAN,
    alive=True,
    drive_there=True,
    differing=(),
    refusals=(),
    planned=True,
    same_plan=True,
    serial="S6PENX0T417263K",
    device="/dev/sdb",
    confirmation="263k",
    attestation="",
    drive_busy=False,
    asset=AssetState.REDUNDANT,
)


def test_a_sound_order_is_allowed() -> None:
    assert may_order(SOUND).allowed


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"role": Role.HEAD}, "role"),
        ({"role": None}, "role"),
        ({"alive": False}, "away"),
        ({"drive_there": False}, "no_drive"),
        ({"differing": ("serial number",)}, "other_drive"),
        ({"refusals": ("It is mounted.",)}, "refused"),
        ({"planned": False}, "no_plan"),
        ({"same_plan": False}, "plan_changed"),
        ({"drive_busy": True}, "busy"),
        ({"asset": AssetState.ON_LOAN}, "asset"),
        ({"asset": AssetState.AWAITING_COLLECTION}, "asset"),
        ({"asset": AssetState.RELEASED}, "asset"),
        ({"asset": AssetState.DISPOSED}, "asset"),
        ({"asset": AssetState.WRITTEN_OFF}, "asset"),
        ({"confirmation": "263"}, "not_confirmed"),
        ({"confirmation": ""}, "not_confirmed"),
        ({"confirmation": "S6PENX0T417263K"}, "not_confirmed"),
        ({"serial": "", "confirmation": "sdb"}, "attest"),
        ({"serial": "", "confirmation": "sdb", "attestation": "I know"}, "attest"),
        ({"serial": " ", "confirmation": "", "attestation": "I plugged it in myself"}, "not_confirmed"),
    ],
)
def test_one_thing_wrong_is_enough_and_is_said(changes: dict[str, object], code: str) -> None:
    decision = may_order(replace(SOUND, **changes))
    assert [blocker.code for blocker in decision.blockers] == [code]
    assert all(blocker.message.endswith(".") for blocker in decision.blockers)


def test_a_drive_without_a_serial_is_confirmed_by_its_name_and_a_reason() -> None:
    facts = replace(SOUND, serial="", confirmation="sdb", attestation="I took it out of the laptop myself")
    assert may_order(facts).allowed
    assert confirmation_for("", "/dev/disk/sdb") == "sdb"


@pytest.mark.parametrize(("at", "to"), list(itertools.product(JobState, JobState)))
def test_a_job_moves_forward_only(at: JobState, to: JobState) -> None:
    assert moves(at, to) is (to in FORWARD.get(at, ()))
    if at not in OPEN and to in OPEN:
        assert not moves(at, to)
    if to is JobState.CANCELLED:
        assert moves(at, to) is (at is JobState.ORDERED)


def test_a_code_works_once_and_not_for_long() -> None:
    later = NOW + timedelta(minutes=15)
    assert code_works(expires=later, used=None, now=NOW)
    assert not code_works(expires=later, used=NOW, now=NOW)
    assert not code_works(expires=later, used=None, now=later)


@given(st.text(CODE_LETTERS, min_size=12, max_size=12))
def test_a_code_may_be_typed_as_people_type(code: str) -> None:
    typed = "-".join([code[:4], code[4:8], code[8:]]).lower().replace("0", "o").replace("1", "l")
    assert code_key(typed) == code_key(code) == code


def test_a_silent_or_shut_out_station_is_away() -> None:
    assert alive(seen=NOW, revoked=None, now=NOW)
    assert not alive(seen=None, revoked=None, now=NOW)
    assert not alive(seen=NOW - ALIVE_FOR, revoked=None, now=NOW)
    assert not alive(seen=NOW, revoked=NOW, now=NOW)
