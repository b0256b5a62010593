"""The rules of agreements: what is kept, who approves, whose signature counts."""

from dataclasses import replace
from datetime import date

import pytest

from tracker.agreements import rules
from tracker.agreements.rules import (
    AgreementDetails,
    AgreementKind,
    Means,
    Relation,
    SignatureFacts,
    Signing,
    Standing,
    VersionFacts,
)
from tracker.people.rules import PersonKind
from tracker.values import Role

pytestmark = pytest.mark.pure

TODAY = date(2026, 11, 24)
STAFF = frozenset({PersonKind.STAFF, PersonKind.GOVERNOR})
DETAILS = AgreementDetails("Acceptable use", AgreementKind.ACCEPTABLE_USE, STAFF, "Computing lead")
SIGNING = Signing(Means.SCREEN, "Ann Example", Relation.SELF, TODAY, "a" * 64)
FIRST = VersionFacts(1, date(2026, 1, 5), sign_again=True)


def codes(decision: rules.Decision) -> set[str]:
    return {blocker.code for blocker in decision.blockers}


def test_a_whole_agreement_is_kept() -> None:
    assert rules.may_keep(DETAILS).allowed
    assert rules.may_keep(replace(DETAILS, valid_months=12)).allowed


@pytest.mark.parametrize(
    ("change", "code"),
    [
        ({"title": " "}, "title"), ({"title": "x" * 121}, "title"), ({"title": "a\u202eb"}, "title"),
        ({"owner": ""}, "owner"), ({"audience": frozenset()}, "no_audience"),
        ({"review_months": 0}, "review_months"), ({"review_months": 61}, "review_months"),
        ({"valid_months": 0}, "valid_months"),
    ],
)  # fmt: skip
def test_a_faulty_agreement_is_not(change: dict[str, object], code: str) -> None:
    assert code in codes(rules.may_keep(replace(DETAILS, **change)))  # type: ignore[arg-type]


def approval(**change: object) -> rules.Decision:
    told: dict[str, object] = {"drafter": False, "minute_ref": "", "in_force_on": TODAY, "today": TODAY}
    words = [change.pop("draft", "New text"), change.pop("current", "Old text"), change.pop("role", Role.HEAD)]
    return rules.may_approve(*words, **{**told, **change})  # type: ignore[arg-type]


def test_the_head_approves_what_somebody_else_wrote() -> None:
    assert approval().allowed


def test_the_head_approves_the_heads_own_text_only_with_the_governors_minute() -> None:
    assert codes(approval(drafter=True)) == {"minute_ref"}
    assert approval(drafter=True, minute_ref="FGB 2026-11, 7").allowed


@pytest.mark.parametrize("role", [role for role in Role if role is not Role.HEAD])
def test_nobody_else_approves(role: Role) -> None:
    assert "role" in codes(approval(role=role))


@pytest.mark.parametrize(
    ("change", "code"),
    [
        ({"draft": ""}, "text"), ({"draft": "x" * 100_001}, "text"), ({"draft": "Old text"}, "no_change"),
        ({"in_force_on": date(2026, 11, 23)}, "in_force_on"), ({"minute_ref": "x" * 81}, "minute_ref"),
    ],
)  # fmt: skip
def test_a_faulty_text_is_not_approved(change: dict[str, object], code: str) -> None:
    assert code in codes(approval(**change))


def test_the_newest_version_that_has_begun_is_in_force() -> None:
    later = VersionFacts(3, date(2026, 12, 1), sign_again=True)
    second = VersionFacts(2, date(2026, 9, 1), sign_again=False)
    assert rules.in_force([FIRST, later, second], TODAY) == second
    assert rules.in_force([later], TODAY) is None


def standing(signed: list[tuple[int, date]], *versions: VersionFacts, months: int | None = None) -> Standing:
    return rules.standing([SignatureFacts(*one) for one in signed], list(versions), months, TODAY)


def test_a_signature_counts_until_a_new_version_asks_for_another() -> None:
    small = VersionFacts(2, date(2026, 9, 1), sign_again=False)
    large = VersionFacts(3, date(2026, 11, 24), sign_again=True)
    tomorrow = replace(large, in_force_on=date(2026, 11, 25))
    signed = [(1, date(2026, 2, 1))]
    assert standing(signed, FIRST) is Standing.CURRENT
    assert standing(signed, FIRST, small) is Standing.CURRENT
    assert standing(signed, FIRST, small, tomorrow) is Standing.CURRENT
    assert standing(signed, FIRST, small, large) is Standing.OLDER
    assert standing([*signed, (3, TODAY)], FIRST, small, large) is Standing.CURRENT
    assert standing([], FIRST) is Standing.MISSING


def test_a_signature_expires_on_its_day() -> None:
    assert standing([(1, date(2025, 11, 25))], FIRST, months=12) is Standing.CURRENT
    assert standing([(1, date(2025, 11, 24))], FIRST, months=12) is Standing.EXPIRED
    assert standing([(1, date(2025, 11, 24)), (1, date(2026, 9, 1))], FIRST, months=12) is Standing.CURRENT


def signing(person: PersonKind = PersonKind.STAFF, left: date | None = None, **change: object) -> rules.Decision:
    told = replace(SIGNING, **change)  # type: ignore[arg-type]
    audience = STAFF | {PersonKind.PUPIL}
    first = date(2026, 11, 1)
    return rules.may_sign(told, person, audience, "a" * 64, left_on=left, drafted_on=first, today=TODAY)


def test_a_whole_signature_is_kept() -> None:
    assert signing().allowed
    assert signing(left=TODAY).allowed
    assert signing(means=Means.PAPER, reference="Personnel file").allowed
    assert signing(PersonKind.PUPIL, relation=Relation.PARENT).allowed


@pytest.mark.parametrize(
    ("person", "change", "code"),
    [
        (PersonKind.STAFF, {"signatory": " "}, "signatory"),
        (PersonKind.EXTERNAL, {}, "audience"),
        (PersonKind.STAFF, {"text_sha256": "b" * 64}, "text_changed"),
        (PersonKind.STAFF, {"signed_on": date(2026, 11, 25)}, "signed_on"),
        (PersonKind.STAFF, {"signed_on": date(2026, 10, 31)}, "signed_on"),
        (PersonKind.PUPIL, {}, "relation"),
        (PersonKind.STAFF, {"relation": Relation.PARENT}, "relation"),
        (PersonKind.STAFF, {"means": Means.PAPER}, "reference"),
        (PersonKind.STAFF, {"signatory": "a\nb"}, "signatory"),
        (PersonKind.STAFF, {"left": date(2026, 11, 23)}, "left"),
    ],
)  # fmt: skip
def test_a_faulty_signature_is_not(person: PersonKind, change: dict[str, object], code: str) -> None:
    assert code in codes(signing(person, **change))  # type: ignore[arg-type]
