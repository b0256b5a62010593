"""Agreements, their versions, and who has signed: the words and the decisions. Pure.

Sources: the school's policy, clauses AG1 to AG6, and gate G3 of docs/rules.md.
"""

from dataclasses import dataclass
from datetime import date
from enum import StrEnum

from tracker.people.rules import PersonKind
from tracker.values import Blocker, Decision, Role, months_later, text_blockers

TITLE_LIMIT, OWNER_LIMIT, MINUTE_LIMIT = 120, 200, 80  # characters
TEXT_LIMIT = 100_000
SIGNATORY_LIMIT, REFERENCE_LIMIT = 200, 200
REASON_LEAST, REASON_MOST = 10, 2_000  # characters of a reason
APPROVERS = frozenset({Role.HEAD})
MONTHS_MOST = 60


class AgreementKind(StrEnum):
    """What an agreement is for. Never renamed: they stand in the log."""

    ACCEPTABLE_USE = "acceptable_use"
    LOAN_TERMS = "loan_terms"
    PRIVATE_USE = "private_use"
    POLICY = "policy"

    @property
    def label(self) -> str:
        """The words on the screen."""
        return {"loan_terms": "Terms of loans", "private_use": "Private use statement"}.get(
            self.value, self.value.replace("_", " ").capitalize()
        )


class Means(StrEnum):
    """How somebody signed."""

    SCREEN = "screen"
    PAPER = "paper"

    @property
    def label(self) -> str:
        """The words on the screen."""
        return {"screen": "On screen", "paper": "On paper"}[self.value]


class Relation(StrEnum):
    """Who signed: the person, or somebody for a pupil (clause AG4)."""

    SELF = "self"
    PARENT = "parent"
    CARER = "carer"

    @property
    def label(self) -> str:
        """The words on the screen."""
        return {"self": "The person", "parent": "A parent", "carer": "A carer"}[self.value]


class Standing(StrEnum):
    """Whether somebody's signature under an agreement counts today."""

    CURRENT = "current"
    OLDER = "older"  # signed a version that has been replaced since
    EXPIRED = "expired"  # signed too long ago
    MISSING = "missing"

    @property
    def label(self) -> str:
        """The words on the screen."""
        return {
            "current": "Signed",
            "older": "Signed an older version",
            "expired": "Signature has expired",
            "missing": "Not signed",
        }[self.value]


@dataclass(frozen=True)
class AgreementDetails:
    """What an agreement is. `valid_months` None: a signature counts until a new version asks for another."""

    title: str
    kind: AgreementKind
    audience: frozenset[PersonKind]
    owner: str
    review_months: int = 12
    valid_months: int | None = None


@dataclass(frozen=True)
class VersionFacts:
    """A version that was approved. `sign_again`: signatures under earlier ones stop counting when it is in force."""

    number: int
    in_force_on: date
    sign_again: bool


@dataclass(frozen=True)
class SignatureFacts:
    """A signature that nobody withdrew."""

    number: int  # of the version signed
    signed_on: date


@dataclass(frozen=True)
class Signing:
    """What is told of one signature. `reference` says where the paper lies; `drawn` is a PNG."""

    means: Means
    signatory: str
    relation: Relation
    signed_on: date
    text_sha256: str
    reference: str = ""
    drawn: bytes = b""


def may_keep(details: AgreementDetails) -> Decision:
    """Is this an agreement to keep."""
    found = [
        *text_blockers(details.title, "title", "title", TITLE_LIMIT, least=1),
        *text_blockers(details.owner, "owner", "owner", OWNER_LIMIT, least=1),
    ]
    if not details.audience:
        found.append(Blocker("no_audience", "Choose who signs it."))
    if not 1 <= details.review_months <= MONTHS_MOST:
        found.append(Blocker("review_months", f"A review is due after 1 to {MONTHS_MOST} months."))
    if details.valid_months is not None and not 1 <= details.valid_months <= MONTHS_MOST:
        found.append(Blocker("valid_months", f"A signature counts for 1 to {MONTHS_MOST} months, or leave it empty."))
    return Decision(tuple(found))


def may_draft(text: str) -> Decision:
    """Is this a text to keep as a draft."""
    return Decision(tuple(text_blockers(text, "text", "text", TEXT_LIMIT, least=1, lines=True)))


def may_approve(
    draft: str, current: str, role: Role | None, *, drafter: bool, minute_ref: str, in_force_on: date, today: date
) -> Decision:
    """May this person make the draft a version. `current` is the newest version's text, `drafter` wrote the draft.

    Two persons: who wrote a text approves it only with the minute of the governors who agreed to it.
    """
    found = [*may_draft(draft).blockers]
    if role not in APPROVERS:
        found.append(Blocker("role", "Only the head can approve this."))
    if drafter and not minute_ref:
        message = "You wrote this text, so the governors approve it. Enter the reference of their minute."
        found.append(Blocker("minute_ref", message))
    found += text_blockers(minute_ref, "minute_ref", "minute reference", MINUTE_LIMIT)
    if draft and draft == current:
        found.append(Blocker("no_change", "The text is the same as in the version before. Change the draft first."))
    if in_force_on < today:
        found.append(Blocker("in_force_on", "A version is in force from today or later, never from the past."))
    return Decision(tuple(found))


def in_force(versions: list[VersionFacts], today: date) -> VersionFacts | None:
    """The newest version that is in force on that day; None where there is none yet."""
    return max((one for one in versions if one.in_force_on <= today), key=lambda one: one.number, default=None)


def standing(
    signatures: list[SignatureFacts], versions: list[VersionFacts], valid_months: int | None, today: date
) -> Standing:
    """Whether signatures count. Where no version is in force nobody is asked, so MISSING blocks nothing there."""
    if not signatures:
        return Standing.MISSING
    needed = max(
        (one.number for one in versions if one.in_force_on <= today and one.sign_again),
        default=min((one.number for one in versions), default=1),
    )
    good = [one for one in signatures if one.number >= needed]
    if not good:
        return Standing.OLDER
    if valid_months is not None and all(months_later(one.signed_on, valid_months) <= today for one in good):
        return Standing.EXPIRED
    return Standing.CURRENT


def may_sign(
    signing: Signing,
    person: PersonKind,
    audience: frozenset[PersonKind],
    version_sha256: str,
    *,
    left_on: date | None,
    drafted_on: date,
    today: date,
) -> Decision:
    """May this signature be kept. `drafted_on` is the day on which the version was approved."""
    found = [*text_blockers(signing.signatory, "signatory", "name of who signs", SIGNATORY_LIMIT, least=1)]
    found += text_blockers(signing.reference, "reference", "place of the paper", REFERENCE_LIMIT)
    if person not in audience:
        found.append(Blocker("audience", f"This agreement is not for {person.label.lower()}s."))
    if left_on is not None and left_on < today:
        found.append(Blocker("left", "This person has left the school."))
    if signing.text_sha256 != version_sha256:
        message = "The text was replaced while this page was open. Read the new one before signing."
        found.append(Blocker("text_changed", message))
    if not drafted_on <= signing.signed_on <= today:
        found.append(Blocker("signed_on", "The day of signing lies between the day of approval and today."))
    if person is PersonKind.PUPIL and signing.relation is Relation.SELF:
        found.append(Blocker("relation", "For a pupil a parent or carer signs (clause AG4 of the policy)."))
    if person is not PersonKind.PUPIL and signing.relation is not Relation.SELF:
        found.append(Blocker("relation", "Only for a pupil does somebody else sign."))
    if signing.means is Means.PAPER and not signing.reference:
        found.append(Blocker("reference", "Say where the signed paper is kept, or attach a scan and name it here."))
    return Decision(tuple(found))


def reason_blockers(reason: str) -> tuple[Blocker, ...]:
    """What is wrong with the reason for taking a signature back, or for retiring an agreement."""
    return tuple(text_blockers(reason, "reason", "reason", REASON_MOST, least=REASON_LEAST, lines=True))
