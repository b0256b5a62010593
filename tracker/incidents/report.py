"""The termly report of incidents for the head and the governors: figures and rows without a name. Only reads."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from uuid import UUID

from tracker.incidents import rules, service
from tracker.incidents.models import Incident
from tracker.incidents.rules import Clock, DataAtRisk, IncidentKind, IncidentState
from tracker.terms import service as terms
from tracker.values import LONDON, london

HEADER = ("Number", "What", "Thing", "Discovered", "Data at risk", "State", "72 hours", "Decision", "Decided", "Closed")


@dataclass(frozen=True)
class Period:
    """The days of a report, and what they are called; empty for days that somebody chose."""

    first: date
    last: date
    name: str = ""


@dataclass(frozen=True)
class Row:
    """One incident as it is told to those who oversee."""

    incident: Incident
    clock: Clock

    @property
    def deadline(self) -> str:
        """Whether the 72 hours were kept."""
        if self.clock.late:
            return "Late" if self.clock.stopped else "Over"
        return "In time" if self.clock.stopped else "Running"

    @property
    def decision(self) -> str:
        """What was decided about the Information Commissioner."""
        if self.incident.decided_at is not None:
            return "Reported to the ICO" if self.incident.ico_reference else "Not to be reported"
        return "None needed: no data at risk" if self.incident.data_at_risk == DataAtRisk.NO.value else "None yet"


@dataclass(frozen=True)
class Report:
    """What happened in a period."""

    period: Period
    rows: Sequence[Row]

    @property
    def by_kind(self) -> list[tuple[str, int]]:
        """How many of each kind, in words; every kind, those that did not happen, too."""
        return [(kind.label, sum(row.incident.kind == kind.value for row in self.rows)) for kind in IncidentKind]

    @property
    def still_open(self) -> int:
        """How many are not closed."""
        return sum(row.incident.state != IncidentState.CLOSED.value for row in self.rows)

    def having(self, *, deadline: str = "", decision: str = "") -> int:
        """How many have this deadline, or this decision."""
        return sum(deadline == row.deadline or decision == row.decision for row in self.rows)


def period_around(school_id: UUID, day: date) -> Period:
    """The term around a day by the school's calendar, to the day before the next one; by the months without one.

    What happens in the holidays belongs to the term before them, so that every day stands in exactly one report.
    """
    known = terms.calendar_of(school_id).terms
    begun = [one for one in known if one.starts_on <= day]
    if begun:
        later = [one.starts_on for one in known if one.starts_on > begun[-1].starts_on]
        if later or day <= begun[-1].ends_on:
            last = later[0] - timedelta(days=1) if later else begun[-1].ends_on
            return Period(begun[-1].starts_on, last, begun[-1].name)
    first, last = rules.term_of(day)
    return Period(first, last, "")


def of_period(school_id: UUID, period: Period) -> Report:
    """What was discovered in these days, by the school's own clock."""
    begin = datetime.combine(period.first, time.min, tzinfo=LONDON)
    end = datetime.combine(period.last + timedelta(days=1), time.min, tzinfo=LONDON)
    rows = service.between(school_id, begin, end)
    return Report(period, [Row(one, service.clock_of(one)) for one in rows])


def cells(row: Row) -> tuple[object, ...]:
    """One row of the file, as `HEADER` names them."""
    one = row.incident
    return (
        one.number,
        IncidentKind(one.kind).label,
        one.thing if one.asset_id or one.medium_id else "",
        london(one.discovered_at),
        DataAtRisk(one.data_at_risk).label,
        IncidentState(one.state).label,
        row.deadline,
        row.decision,
        london(one.decided_at) if one.decided_at else "",
        london(one.closed_at) if one.closed_at else "",
    )
