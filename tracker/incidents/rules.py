"""Incidents: lost, stolen, damaged, or data at risk; the 72-hour clock; who decides and when one is closed. Pure.

Sources: UK GDPR art 33 (72 hours after having become aware) and art 33(5) (document every breach), the school's policy,
clauses DS1 and DS9, gates G12 and G13 of docs/rules.md.
"""

from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from enum import StrEnum

from tracker.values import Blocker, Decision, Role, text_blockers

CLOCK = timedelta(hours=72)  # UK GDPR art 33(1)
TEXT_LEAST, TEXT_LIMIT = 10, 10_000  # characters of what happened, an assessment, reasons
LINE_LIMIT = 200
OLDEST = timedelta(days=3650)  # an incident that was discovered earlier is a slip of the keyboard

ASSESSORS = frozenset({Role.TECHNICIAN, Role.BURSAR, Role.HEAD})
DECIDERS = frozenset({Role.HEAD})  # the Senior Information Risk Owner (clause DS1)
# Who is told who had a thing and who reported it. A governor sees that something happened, not whose it was.
TOLD_WHO = frozenset({Role.TECHNICIAN, Role.BURSAR, Role.HEAD, Role.AUDITOR})
SEERS = frozenset({Role.TECHNICIAN, Role.BURSAR, Role.HEAD, Role.GOVERNOR, Role.AUDITOR})


class IncidentKind(StrEnum):
    """What happened. Never renamed: they stand in the log."""

    LOST = "lost"
    STOLEN = "stolen"
    DAMAGED = "damaged"
    TAPE_MISSING = "tape_missing"
    WRONG_ITEM_COLLECTED = "wrong_item_collected"
    WIPE_FAILED = "wipe_failed"
    UNEXPECTED_DATA = "unexpected_data"

    @property
    def label(self) -> str:
        """The words on the screen."""
        return self.value.replace("_", " ").capitalize()


GONE = frozenset({IncidentKind.LOST, IncidentKind.STOLEN, IncidentKind.TAPE_MISSING})  # nobody knows where it is


class IncidentState(StrEnum):
    """How far an incident has come. Never renamed: they stand in the log."""

    OPEN = "open"
    ASSESSED = "assessed"
    NOTIFIED = "notified"
    NOT_NOTIFIED = "not_notified"
    CLOSED = "closed"

    @property
    def label(self) -> str:
        """The words on the screen."""
        return {"notified": "Reported to the ICO", "not_notified": "Not to be reported to the ICO"}.get(
            self.value, self.value.capitalize()
        )

    @property
    def tone(self) -> str:
        """How it is drawn, beside the words."""
        return {"open": "bad", "assessed": "warn", "closed": "good"}.get(self.value, "busy")


class DataAtRisk(StrEnum):
    """Whether personal data may be in wrong hands."""

    UNKNOWN = "unknown"
    YES = "yes"
    NO = "no"

    @property
    def label(self) -> str:
        """The words on the screen."""
        return {"unknown": "Not known yet"}.get(self.value, self.value.capitalize())


@dataclass(frozen=True)
class IncidentDetails:
    """What somebody tells. Times are aware."""

    kind: IncidentKind
    what: str
    place: str
    discovered_at: datetime
    data_at_risk: DataAtRisk = DataAtRisk.UNKNOWN


@dataclass(frozen=True)
class IncidentFacts:
    """What the rules look at."""

    kind: IncidentKind
    state: IncidentState
    discovered_at: datetime
    decided_at: datetime | None
    data_at_risk: DataAtRisk
    crime_reference: str
    told: int  # how many notices


@dataclass(frozen=True)
class Clock:
    """The 72 hours from discovery. `stopped`: nothing has to be decided any more."""

    due_at: datetime
    stopped: bool
    late: bool

    def left(self, now: datetime) -> timedelta:
        """How long there is still time; negative when it is over."""
        return self.due_at - now


def clock(discovered_at: datetime, decided_at: datetime | None, risk: DataAtRisk, now: datetime) -> Clock:
    """Where the clock stands: it stops with the decision, or when it is certain that no personal data are at risk.

    Counted in UTC: where the clocks change on the way, the deadline is an hour off by the clock on the wall.
    """
    due = discovered_at.astimezone(UTC) + CLOCK
    if decided_at is not None:
        return Clock(due, stopped=True, late=decided_at > due)
    if risk is DataAtRisk.NO:
        return Clock(due, stopped=True, late=False)
    return Clock(due, stopped=False, late=now > due)


def may_report(details: IncidentDetails, now: datetime) -> Decision:
    """Is this a report to keep. Everybody may report."""
    found = [*_long(details.what, "what", "what happened"), *line_blockers(details.place, "place", "place")]
    if not now - OLDEST <= details.discovered_at <= now:
        found.append(Blocker("discovered_at", "It was discovered at some time in the past, not in the future."))
    return Decision(tuple(found))


def may_assess(facts: IncidentFacts, role: Role | None, assessment: str) -> Decision:
    """May this person write down what is at risk."""
    found = [*_open(facts), *_role(role, ASSESSORS), *_long(assessment, "assessment", "assessment")]
    return Decision(tuple(found))


def may_decide(facts: IncidentFacts, role: Role | None, *, notify: bool, reasons: str, reference: str) -> Decision:
    """May this person decide whether the Information Commissioner is told, with the reasons either way (art 33)."""
    found = [*_open(facts), *_role(role, DECIDERS), *_long(reasons, "reasons", "reasons")]
    found += line_blockers(reference, "reference", "reference")
    if facts.state is IncidentState.OPEN:
        found.append(Blocker("not_assessed", "First write down what is at risk."))
    if notify and not reference.strip():
        found.append(Blocker("no_reference", "Enter the reference that the Information Commissioner's office gave."))
    return Decision(tuple(found))


def may_tell(facts: IncidentFacts, role: Role | None, whom: str, how: str, at: datetime, now: datetime) -> Decision:
    """May this person add who was told."""
    found = [
        *_open(facts),
        *_role(role, ASSESSORS),
        *line_blockers(whom, "whom", "name", least=1),
        *line_blockers(how, "how", "way"),
    ]
    if not facts.discovered_at <= at <= now:
        found.append(Blocker("at", "Somebody was told between the discovery and now."))
    return Decision(tuple(found))


def may_refer(facts: IncidentFacts, role: Role | None, *references: str) -> Decision:
    """May this person enter the references of the police and the insurer."""
    found = [*_open(facts), *_role(role, ASSESSORS)]
    return Decision((*found, *(one for text in references for one in line_blockers(text, "reference", "reference"))))


def may_close(facts: IncidentFacts, role: Role | None, note: str) -> Decision:
    """May this person close it: the risk owner, when all is decided and written down (gates G12 and G13)."""
    found = [*_open(facts), *_role(role, DECIDERS), *_long(note, "note", "closing note")]
    if facts.state is IncidentState.OPEN:
        found.append(Blocker("not_assessed", "First write down what is at risk."))
    if facts.decided_at is None and facts.data_at_risk is not DataAtRisk.NO:
        found.append(Blocker("not_decided", "Personal data may be at risk: first decide whether the ICO is told."))
    if facts.kind is IncidentKind.STOLEN and not facts.crime_reference:
        found.append(Blocker("no_crime_reference", "A theft is reported to the police: enter the crime reference."))
    if facts.data_at_risk is DataAtRisk.YES and not facts.told:
        found.append(Blocker("nobody_told", "Data are at risk: write down who was told, at least the DPO."))
    return Decision(tuple(found))


def may_see(role: Role | None, *, own: bool) -> bool:
    """Whether somebody sees an incident: a colleague's is not shown to peers."""
    return own or role in SEERS


def term_of(day: date) -> tuple[date, date]:
    """First and last day of the school term around a day, for the termly report: autumn, spring, summer."""
    if day.month >= 9:
        return date(day.year, 9, 1), date(day.year, 12, 31)
    if day.month <= 3:
        return date(day.year, 1, 1), date(day.year, 3, 31)
    return date(day.year, 4, 1), date(day.year, 8, 31)


def _open(facts: IncidentFacts) -> list[Blocker]:
    if facts.state is IncidentState.CLOSED:
        return [Blocker("closed", "This incident is closed. Report what is new as another one.")]
    return []


def _role(role: Role | None, allowed: frozenset[Role]) -> list[Blocker]:
    if role in allowed:
        return []
    return [Blocker("role", f"Only the {' or the '.join(sorted(one.label.lower() for one in allowed))} can do this.")]


def _long(text: str, code: str, what: str) -> list[Blocker]:
    return text_blockers(text, code, what, TEXT_LIMIT, least=TEXT_LEAST, lines=True)


def line_blockers(text: str, code: str, what: str, *, least: int = 0) -> list[Blocker]:
    """What is wrong with a line of text."""
    return text_blockers(text, code, what, LINE_LIMIT, least=least)
