"""Who may issue and correct, and how numbers and codes are read: pure."""

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from labels.code import ALPHABET
from tracker.certificates import numbers, rights
from tracker.values import Decision, Role

pytestmark = pytest.mark.pure

SOUND = rights.Correction(
    role=Role.BURSAR, wiped_it=False, withdrawn=False, superseded_by=None, reason="The asset tag was wrong."
)


ASKED = rights.Asked(Role.HEAD, withdrawn=None, wiping=False, used_since=False, failed=False)


def codes(decision: Decision) -> list[str]:
    assert all(blocker.message.endswith(".") for blocker in decision.blockers)
    return [blocker.code for blocker in decision.blockers]


@pytest.mark.parametrize("role", [*Role, None])
def test_technician_bursar_and_head_issue_and_bursar_and_head_correct(role: Role | None) -> None:
    issue = rights.may_issue(replace(ASKED, role=role))
    assert issue.allowed is (role in (Role.TECHNICIAN, Role.BURSAR, Role.HEAD))
    told = {**{name: getattr(SOUND, name) for name in SOUND.__dataclass_fields__}, "role": role}
    assert rights.may_correct(rights.Correction(**told)).allowed is (role in (Role.BURSAR, Role.HEAD))


def test_evidence_of_a_withdrawn_certificate_or_of_a_medium_that_is_wiped_again_gives_none() -> None:
    found = rights.may_issue(rights.Asked(Role.HEAD, "ST-B-E-000001", wiping=True, used_since=True, failed=True))
    assert codes(found) == ["withdrawn", "wiping", "used_since", "failed"]


def test_every_reason_against_a_correction_is_named_at_once() -> None:
    worst = rights.Correction(role=Role.STAFF, wiped_it=True, withdrawn=True, superseded_by="X-E-000002", reason="")
    assert codes(rights.may_correct(worst)) == ["role", "own_wipe", "withdrawn", "superseded", "reason"]


@given(st.text(alphabet=ALPHABET, min_size=16, max_size=16))
def test_a_code_is_read_in_any_case_and_grouping(code: str) -> None:
    grouped = "-".join(code[place : place + 4] for place in range(0, 16, 4))
    for typed in (code, code.lower(), grouped, grouped.replace("-", " "), f"{code} ".replace("0", "o")):
        assert numbers.read_code(typed) == code


@given(st.text(max_size=100))
def test_whatever_is_no_code_is_none(text: str) -> None:
    read = numbers.read_code(text)
    assert read is None or (len(read) == numbers.CODE_LENGTH and set(read) <= set(ALPHABET))


def test_a_new_code_has_eighty_bits_and_never_comes_twice() -> None:
    assert numbers.CODE_LENGTH * 5 >= 80
    made = {numbers.new_code() for _ in range(2000)}
    assert len(made) == 2000
    assert all(numbers.read_code(code) == code for code in made)
