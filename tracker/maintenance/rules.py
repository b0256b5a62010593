"""Maintenance: what is looked at how often, what is due, and what a fail means. Pure.

Source: the school's policy, health and safety of equipment. The Electricity at Work Regulations 1989 ask for safe
equipment and name no interval, so a plan is the school's own schedule and never called a legal deadline.
"""

from dataclasses import dataclass
from datetime import date
from enum import StrEnum

from tracker.values import Blocker, Decision, Role, months_later, text_blockers

NAME_LIMIT, BY_LIMIT = 80, 200  # characters
TEXT_LIMIT = 5_000
NOTE_LEAST = 3  # characters
MONTHS_MOST = 120
SOON_DAYS = 30  # what falls due within so many days is shown beforehand
ITEMS_MOST = 1_000  # things of one entry: what a person can have looked at
FIRST_DAY = date(1980, 1, 1)
KEEPERS = frozenset({Role.TECHNICIAN, Role.BURSAR})


class Due(StrEnum):
    """Where one thing stands with one plan."""

    FAILED = "failed"
    NEVER = "never"
    OVERDUE = "overdue"
    SOON = "soon"
    GOOD = "good"

    @property
    def label(self) -> str:
        """The words on the screen."""
        return {"never": "Never done", "soon": "Due soon", "good": "In order"}.get(self.value, self.value.capitalize())

    @property
    def tone(self) -> str:
        """How it is drawn, beside the words."""
        return {"failed": "bad", "overdue": "bad", "good": "good"}.get(self.value, "warn")


@dataclass(frozen=True)
class PlanDetails:
    """What is done to things of a kind, and how often."""

    name: str
    every_months: int
    instructions: str = ""


@dataclass(frozen=True)
class ResultDetails:
    """What somebody found on a day."""

    passed: bool
    done_on: date
    done_by: str
    note: str = ""


def may_plan(details: PlanDetails, role: Role | None) -> Decision:
    """Is this a plan to keep."""
    found = [*_role(role), *text_blockers(details.name, "name", "name", NAME_LIMIT, least=1)]
    found += text_blockers(details.instructions, "instructions", "instructions", TEXT_LIMIT, lines=True)
    if not 1 <= details.every_months <= MONTHS_MOST:
        found.append(Blocker("every_months", f"Something is done every 1 to {MONTHS_MOST} months."))
    return Decision(tuple(found))


def may_record(details: ResultDetails, role: Role | None, items: int, today: date) -> Decision:
    """May this result be written down for so many things."""
    found = [*_role(role), *text_blockers(details.done_by, "done_by", "name of who did it", BY_LIMIT, least=1)]
    found += text_blockers(details.note, "note", "note", TEXT_LIMIT, lines=True)
    if not FIRST_DAY <= details.done_on <= today:
        found.append(Blocker("done_on", "It was done on a day from 1980 to today."))
    if not details.passed and len(details.note.strip()) < NOTE_LEAST:
        found.append(Blocker("note", "It failed: say what is wrong with it."))
    if not 1 <= items <= ITEMS_MOST:
        found.append(Blocker("items", f"Scan or type from 1 to {ITEMS_MOST:,} things."))
    return Decision(tuple(found))


def may_correct(details: ResultDetails, role: Role | None, today: date, *, replaced: bool) -> Decision:
    """May a result be replaced by this one. The note says why the first was a mistake."""
    found = list(may_record(details, role, 1, today).blockers)
    if replaced:
        found.append(Blocker("replaced", "This result was replaced already. Correct the one that replaced it."))
    if details.passed and len(details.note.strip()) < NOTE_LEAST:
        found.append(Blocker("note", "Say why the first result was a mistake."))
    return Decision(tuple(found))


def due(last_on: date | None, *, passed: bool, every_months: int, today: date) -> Due:
    """Where a thing stands after its latest result."""
    if last_on is None:
        return Due.NEVER
    if not passed:
        return Due.FAILED
    next_on = months_later(last_on, every_months)
    if next_on < today:
        return Due.OVERDUE
    return Due.SOON if (next_on - today).days <= SOON_DAYS else Due.GOOD


def _role(role: Role | None) -> list[Blocker]:
    return [] if role in KEEPERS else [Blocker("role", "Only the technician or the bursar can do this.")]
