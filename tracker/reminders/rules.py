"""Who gets which digest today, and who cannot be reached. Pure: today, now and what was sent are told.

One digest a person and a day, three in seven days at most. The ladder of a loan: the borrower from three days before
the last day on, the line manager from the seventh day after it, the head from the fourteenth; days on which the school
is on holiday do not count. A thing is told again to the same person after seven days. Sources: the school's policy,
clauses LN4, AG2 and DS11.
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from enum import StrEnum
from uuid import UUID

from tracker.values import Role

READERS = frozenset({Role.HEAD, Role.BURSAR, Role.TECHNICIAN})
SOON = timedelta(days=3)  # before the last day
MANAGER_AFTER, HEAD_AFTER = timedelta(days=7), timedelta(days=14)  # the last day of the loan
WINDOW = timedelta(days=7)
MOST = 3  # mails to one person in a window
THINGS_SHOWN = 10  # of one loan in a line; a trolley has thirty
NO_HEAD = (
    "Nobody is told of what is overdue for two weeks, since no head is known. Let the head sign in and open "
    "“What I have signed” once, and enter the email address of that person."
)
REPEAT_AFTER = timedelta(minutes=15)  # a claim without an answer is repeated once


class SendState(StrEnum):
    """What became of a mail. Never renamed: they stand in rows."""

    CLAIMED = "claimed"  # begun, and no answer is known
    SENT = "sent"
    FAILED = "failed"  # certainly not gone


class Topic(StrEnum):
    """What a line of a digest is about, the most urgent first. Never renamed: they stand in rows."""

    SCHOOL_LATE = "school_late"
    TEAM_LATE = "team_late"
    LATE = "late"
    DUE = "due"
    UNSIGNED = "unsigned"
    HOUSEKEEPING = "housekeeping"
    SUSPENDED = "suspended"
    HELD = "held"  # due later; told where there is a digest anyway


@dataclass(frozen=True)
class PersonFacts:
    """What the rules look at in a person. `address`: empty where there is none that can be used."""

    id: UUID
    name: str
    address: str
    left: bool = False
    manager_id: UUID | None = None
    head: bool = False
    unsigned: tuple[tuple[UUID, str], ...] = ()  # agreements without a signature that counts, with their titles
    housekeeping: bool = False  # the yearly statement is not made
    suspended: UUID | None = None  # a suspension that began in the last seven days


@dataclass(frozen=True)
class LoanFacts:
    """A loan that is open, with the things that are not back."""

    id: UUID
    number: int
    person_id: UUID
    due_on: date
    things: tuple[str, ...]
    waived: int = 0  # days that do not count as late: holidays, and from a day without school to the next school day
    paused: bool = False  # the school is on holiday, and it was due before

    @property
    def label(self) -> str:
        """What it is, for people."""
        more = len(self.things) - THINGS_SHOWN
        shown = ", ".join(self.things[:THINGS_SHOWN])
        return f"{shown}{f' and {more} more' if more > 0 else ''} (loan {self.number})"


@dataclass(frozen=True)
class Line:
    """One thing that a digest tells. `about`: the borrower, where it is not the reader; `day`: the last day."""

    topic: Topic
    id: UUID
    label: str
    day: date | None = None
    about: str = ""

    @property
    def key(self) -> str:
        """What is not told twice in a window."""
        return f"{self.topic.value}:{self.id}"

    @property
    def calls(self) -> bool:
        """Whether it is worth a mail."""
        return self.topic is not Topic.HELD


@dataclass(frozen=True)
class Told:
    """A digest of the last seven days. `gone`: it went, or it may have; `refused`: this address is refused for good."""

    person_id: UUID
    day: date
    gone: bool
    keys: frozenset[str] = frozenset()
    refused: str = ""


@dataclass(frozen=True)
class Digest:
    """What one person is told today."""

    person: PersonFacts
    lines: tuple[Line, ...]


@dataclass(frozen=True)
class Unreached:
    """Somebody whom no mail reaches, for the office. `person_id` None: it is about nobody in particular."""

    person_id: UUID | None
    name: str
    why: str


@dataclass(frozen=True)
class Plan:
    """What is to be sent now, and who has to be told in another way. `held_back`: names of who had three mails."""

    digests: tuple[Digest, ...]
    unreached: tuple[Unreached, ...]
    held_back: tuple[str, ...] = ()


@dataclass
class _Found:
    """What is gathered before anybody is asked whether they can be reached."""

    lines: dict[UUID, list[Line]] = field(default_factory=dict)
    unreached: list[Unreached] = field(default_factory=list)

    def tell(self, person_id: UUID, line: Line) -> None:
        self.lines.setdefault(person_id, []).append(line)


def plan(people: Mapping[UUID, PersonFacts], loans: Iterable[LoanFacts], told: Iterable[Told], today: date) -> Plan:
    """Who gets which digest today. The same question gives the same answer; what was sent since changes it."""
    found = _Found()
    for loan in loans:
        _borrower_and_ladder(found, people, loan, today)
    for person in people.values():
        if not person.left:
            for line in _own(person):
                found.tell(person.id, line)
    recent: dict[UUID, list[Told]] = {}
    for one in told:
        if today - WINDOW < one.day <= today:
            recent.setdefault(one.person_id, []).append(one)
    digests: list[Digest] = []
    held_back: list[str] = []
    for person_id, lines in found.lines.items():
        person, mine = people[person_id], recent.get(person_id, [])
        if not any(line.calls for line in lines):
            continue
        why = _out_of_reach(person, mine)
        if why:
            found.unreached.append(Unreached(person.id, person.name, why))
        elif _is_news(lines, mine, today):
            if sum(one.gone for one in mine) >= MOST:
                held_back.append(person.name)
            else:
                digests.append(Digest(person, tuple(sorted(lines, key=_order))))
    digests.sort(key=lambda one: (_rung(one), one.person.name, one.person.id))
    unreached = sorted(set(found.unreached), key=lambda one: (one.name, one.why))
    return Plan(tuple(digests), tuple(unreached), tuple(sorted(held_back)))


def may_repeat(at: datetime, repeats: int, now: datetime) -> bool:
    """Whether a mail that was begun at `at` and never answered for is sent again, under its own Message-ID."""
    return repeats == 0 and now - at >= REPEAT_AFTER


def _is_news(lines: list[Line], mine: list[Told], today: date) -> bool:
    """Whether there is something that was not told in the window, and nothing went today."""
    known = {key for one in mine if one.gone for key in one.keys}
    return not any(one.gone and one.day == today for one in mine) and any(
        line.calls and line.key not in known for line in lines
    )


def _out_of_reach(person: PersonFacts, mine: list[Told]) -> str:
    if person.left:
        return "Has left the school, so no mail is sent."
    if not person.address:
        return "Has no email address that can be used. Enter one, or tell them yourself."
    if any(one.refused == person.address for one in mine):
        return f"The mail server refuses {person.address}. Correct the address, or tell them yourself."
    return ""


def _borrower_and_ladder(found: _Found, people: Mapping[UUID, PersonFacts], loan: LoanFacts, today: date) -> None:
    borrower, late = people[loan.person_id], today - loan.due_on - timedelta(days=loan.waived)
    if loan.paused:  # nobody could bring it back, nor ask for it
        found.tell(borrower.id, Line(Topic.HELD, loan.id, loan.label, loan.due_on))
        return
    topic = Topic.LATE if late > timedelta(0) else Topic.DUE if -late <= SOON else Topic.HELD
    label = loan.label
    found.tell(borrower.id, Line(topic, loan.id, label, loan.due_on))
    heads = [one.id for one in people.values() if one.head and not one.left and one.id != borrower.id]
    if late >= HEAD_AFTER:
        for head in heads:
            found.tell(head, Line(Topic.SCHOOL_LATE, loan.id, label, loan.due_on, borrower.name))
        if not heads and not borrower.head:
            found.unreached.append(Unreached(None, "The head", NO_HEAD))
    manager = borrower.manager_id
    if late < MANAGER_AFTER or borrower.head:
        return
    if manager is None or manager not in people:
        why = f"Loan {loan.number} is a week overdue, and there is no line manager to tell."
        found.unreached.append(Unreached(borrower.id, borrower.name, why))
    elif late < HEAD_AFTER or manager not in heads:  # not twice in one digest
        found.tell(manager, Line(Topic.TEAM_LATE, loan.id, label, loan.due_on, borrower.name))


def _own(person: PersonFacts) -> Iterator[Line]:
    for agreement_id, title in person.unsigned:
        yield Line(Topic.UNSIGNED, agreement_id, title)
    if person.housekeeping:
        yield Line(Topic.HOUSEKEEPING, person.id, "The yearly statement about the school's data that you hold")
    if person.suspended:
        yield Line(Topic.SUSPENDED, person.suspended, "You may not borrow anything for now")


def _order(line: Line) -> tuple[int, date, str]:
    return list(Topic).index(line.topic), line.day or date.max, line.label


def _rung(digest: Digest) -> int:
    """Borrowers first, then line managers, then the head."""
    topics = {line.topic for line in digest.lines}
    return 2 if Topic.SCHOOL_LATE in topics else 1 if Topic.TEAM_LATE in topics else 0
