"""What strangers tell who found something of the school's: what is kept, and what becomes of it. Pure.

Sources: clauses IN1 and DS9 of the school's policy; UK GDPR art 5(1)(c) and (e): little is asked, and the way to reach
the finder is kept only until the matter is settled.
"""

from dataclasses import dataclass
from datetime import timedelta
from enum import StrEnum

from tracker.incidents.rules import ASSESSORS, LINE_LIMIT, line_blockers
from tracker.values import Blocker, Decision, Role, text_blockers

PLACE_LEAST = 3  # characters
WORDS_LIMIT, OUTCOME_LIMIT = 2_000, 2_000  # characters
TAG_LIMIT = 64  # characters of the address that are kept
WINDOW = timedelta(hours=24)
MOST = 100  # reports of one school in a window: what a school can read, and what a machine may write into it


class FoundState(StrEnum):
    """What became of a report. Never renamed: they stand in the log."""

    NEW = "new"
    LINKED = "linked"
    SETTLED = "settled"

    @property
    def label(self) -> str:
        """The words on the screen."""
        return {"linked": "With an incident"}.get(self.value, self.value.capitalize())

    @property
    def tone(self) -> str:
        """How it is drawn, beside the words."""
        return {"new": "warn", "settled": "good"}.get(self.value, "busy")


@dataclass(frozen=True)
class FoundDetails:
    """What a stranger tells. Only the place is asked for."""

    place: str
    words: str = ""
    contact: str = ""


def may_tell(details: FoundDetails) -> Decision:
    """Is this something to keep."""
    found = text_blockers(details.place, "place", "place where it is", LINE_LIMIT, least=PLACE_LEAST)
    found += text_blockers(details.words, "words", "note", WORDS_LIMIT, lines=True)
    found += line_blockers(details.contact, "contact", "way to reach you")
    return Decision(tuple(found))


def may_link(state: FoundState, role: Role | None) -> Decision:
    """May this person make an incident of it, or add it to one."""
    found = _role(role)
    if state is not FoundState.NEW:
        found.append(Blocker("linked", "This report stands with an incident already, or is settled."))
    return Decision(tuple(found))


def may_settle(state: FoundState, role: Role | None, outcome: str) -> Decision:
    """May this person say what became of it; the way to reach the finder is erased with that."""
    found = [*_role(role), *text_blockers(outcome, "outcome", "outcome", OUTCOME_LIMIT, least=PLACE_LEAST, lines=True)]
    if state is FoundState.SETTLED:
        found.append(Blocker("settled", "This report is settled already."))
    return Decision(tuple(found))


def _role(role: Role | None) -> list[Blocker]:
    if role in ASSESSORS:
        return []
    return [Blocker("role", "Only the technician, the bursar or the head teacher can do this.")]
