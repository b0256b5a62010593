"""Loans: who may borrow what, until when, and what is asked at the return. Pure.

Sources: the school's policy, clauses LN1 to LN6, AG2 and AG3, DS7; gates G3 and G14 of docs/rules.md.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from enum import StrEnum
from uuid import UUID

from tracker.inventory.rules import AssetFacts, AssetState
from tracker.values import Blocker, Decision, Role, text_blockers

LENDERS = frozenset({Role.TECHNICIAN, Role.BURSAR})
ITEMS_MOST = 100  # one agreement: a trolley or two
LONGEST = timedelta(days=731)  # after that a loan is signed anew
LINE_LIMIT, NOTE_LIMIT = 200, 2000  # characters


class Condition(StrEnum):
    """How a thing came back. Never renamed: they stand in the log."""

    AS_LENT = "as_lent"
    INCOMPLETE = "incomplete"
    DAMAGED = "damaged"

    @property
    def label(self) -> str:
        """The words on the screen."""
        return {"as_lent": "As it was lent", "incomplete": "Something is missing"}.get(
            self.value, self.value.capitalize()
        )


class Means(StrEnum):
    """How a loan or a return was signed. Never renamed: they stand in the log."""

    DESK = "desk"
    LINK = "link"
    PAPER = "paper"
    NONE = "none"

    @property
    def label(self) -> str:
        """The words on the screen."""
        return {
            "desk": "On screen at the desk",
            "link": "By a link in a mail",
            "paper": "On paper",
            "none": "Not signed",
        }[self.value]


class LoanState(StrEnum):
    """Where a loan stands; computed from its things and its due date, never stored."""

    OUT = "out"
    OVERDUE = "overdue"
    RETURNED = "returned"

    @property
    def label(self) -> str:
        """The words on the screen."""
        return self.value.capitalize()

    @property
    def tone(self) -> str:
        """How it is drawn, beside the words."""
        return {"out": "busy", "overdue": "bad"}.get(self.value, "good")


class AttestationKind(StrEnum):
    """What somebody states about what they hold. Never renamed: they stand in the log."""

    STILL_HAVE = "still_have"
    HOUSEKEEPING = "housekeeping"  # clause DS11, yearly
    PRIVATE_USE_NONE = "private_use_none"  # clause LN2: ITEPA 2003 s316, "not significant"
    PRIVATE_USE = "private_use"

    @property
    def statement(self) -> str:
        """The words that somebody stands by."""
        return {
            "still_have": "I still have it.",
            "housekeeping": "I have looked through the school's data that I hold, removed what is no longer needed, "
            "and destroyed it where it was personal.",
            "private_use_none": "My private use of the school's equipment is not significant.",
            "private_use": "My private use of the school's equipment is significant, and I will tell the bursar.",
        }[self.value]


@dataclass(frozen=True)
class BorrowerFacts:
    """What the gate looks at in the person who borrows."""

    id: UUID
    left: bool
    suspended: str  # why; empty: not suspended
    unsigned: tuple[str, ...]  # titles of acceptable use agreements without a current signature


@dataclass(frozen=True)
class ItemFacts:
    """A thing that is to be lent."""

    facts: AssetFacts
    shown: str  # its tag as people write it
    day_loan: bool = False  # its kind may be lent for the day without a signature


@dataclass(frozen=True)
class LoanDetails:
    """What is agreed beyond the things. Dates are days at the school."""

    due_on: date
    off_site: bool
    purpose: str = ""
    place: str = ""
    over: str = ""  # why a technician lends what is reserved for somebody else


def may_lend(
    details: LoanDetails, borrower: BorrowerFacts, items: list[ItemFacts], role: Role | None, today: date
) -> Decision:
    """Gate G3: may these things go out to this person. Every reason why not, each thing by its tag."""
    found = [*_role(role), *_agreed(details, today), *_borrower(borrower)]
    if not items:
        found.append(Blocker("no_items", "Scan or type at least one thing to lend."))
    if len(items) > ITEMS_MOST:
        found.append(Blocker("items", f"One loan holds at most {ITEMS_MOST} things. Make two."))
    if len({item.facts.tag for item in items}) < len(items):
        found.append(Blocker("items", "A thing stands in the list twice."))
    for item in items:
        found += [
            Blocker(one.code, f"{item.shown}: {one.message}")
            for one in may_go(item, borrower.id, off_site=details.off_site)
        ]
    return Decision(tuple(found))


def may_go(item: ItemFacts, borrower: UUID, *, off_site: bool) -> Iterator[Blocker]:
    """What keeps one thing here."""
    facts = item.facts
    if facts.state is not AssetState.IN_STORE:
        yield Blocker("state", f"It is {facts.state.label.lower()}. Only what is in store can be lent.")
        return
    if facts.server or facts.fixed:
        yield Blocker("kind", f"A {facts.kind.lower()} stays where it is and is not lent.")
    if facts.unsafe:
        yield Blocker("unsafe", f"It may not be used before it passes again: {facts.unsafe}")
    if not facts.labelled:
        yield Blocker("no_label", "Print its label first, so that it can be told from others.")
    if facts.use_ended and facts.used_by != borrower and facts.may_hold_data and not facts.reset_since:
        yield Blocker("not_reset", "Somebody else used it before. Record a reset, or wipe its media, first.")
    if off_site and facts.data_bearing and not facts.no_storage:
        if not facts.encrypted:
            yield Blocker("not_encrypted", "It leaves the school: first record a check that its storage is encrypted.")
        if not facts.protected:
            yield Blocker("not_protected", "It leaves the school: first record that its virus protection is in order.")


def may_lend_for_the_day(details: LoanDetails, items: list[ItemFacts], today: date) -> Decision:
    """May these things go out without a signature; `may_lend` is asked as well."""
    found = []
    if details.due_on != today:
        found.append(Blocker("due_on", "A loan without a signature ends on the day on which it begins."))
    for item in items:
        if not item.day_loan:
            message = f"{item.shown}: a {item.facts.kind.lower()} is lent with a signature. Use Lend for it."
            found.append(Blocker("signature", message))
    return Decision(tuple(found))


def may_extend(due_on: date, until: date, role: Role | None, today: date, *, closed: bool) -> Decision:
    """May the due date be moved."""
    found = _role(role)
    if closed:
        found.append(Blocker("closed", "Everything is back. Make a new loan."))
    if until <= due_on:
        found.append(Blocker("due_on", "An extension ends later than the loan does now."))
    found += _due(until, today)
    return Decision(tuple(found))


def may_return(condition: Condition, note: str, role: Role | None, *, out: bool, shown: str) -> Decision:
    """May a thing be taken back. `out`: it is on a loan that is open."""
    found = _role(role)
    if not out:
        found.append(Blocker("not_out", f"{shown}: it is not on loan. Nothing was changed for it."))
    if condition is not Condition.AS_LENT and not note.strip():
        found.append(
            Blocker("note", f"{shown}: say what is {'missing' if condition is Condition.INCOMPLETE else 'damaged'}.")
        )
    return Decision((*found, *text_blockers(note, "note", "note", NOTE_LIMIT, lines=True)))


def state_of(*, open_items: int, due_on: date, today: date) -> LoanState:
    """Where a loan stands."""
    if open_items == 0:
        return LoanState.RETURNED
    return LoanState.OVERDUE if due_on < today else LoanState.OUT


def _role(role: Role | None) -> list[Blocker]:
    return [] if role in LENDERS else [Blocker("role", "Only the technician or the bursar can do this.")]


def _agreed(details: LoanDetails, today: date) -> list[Blocker]:
    found = _due(details.due_on, today)
    if details.off_site and not details.purpose.strip():
        found.append(Blocker("purpose", "It leaves the school: say what for (clause DS8 of the policy)."))
    return [*found, *line_blockers(details.purpose, "purpose"), *line_blockers(details.place, "place")]


def _due(day: date, today: date) -> list[Blocker]:
    if day < today:
        return [Blocker("due_on", "The due date is in the past.")]
    if day - today > LONGEST:
        return [Blocker("due_on", "A loan lasts two years at most; then it is signed anew.")]
    return []


def _borrower(borrower: BorrowerFacts) -> list[Blocker]:
    found = []
    if borrower.left:
        found.append(Blocker("left", "This person has left the school and borrows nothing."))
    if borrower.suspended:
        found.append(Blocker("suspended", f"This person may not borrow for now: {borrower.suspended}"))
    for title in borrower.unsigned:
        found.append(Blocker("unsigned", f"This person has not signed the current version of “{title}”."))
    return found


def line_blockers(text: str, what: str) -> list[Blocker]:
    """What is wrong with a line of text."""
    return text_blockers(text, what, what, LINE_LIMIT)
