"""Due dates that know the school's calendar: what is offered, and what is told of a day without school. Only reads."""

from dataclasses import dataclass
from datetime import date
from uuid import UUID

from tracker.terms import service as terms
from tracker.terms.rules import Calendar, year_of
from tracker.values import today as today


@dataclass(frozen=True)
class Offer:
    """A last day that somebody can choose by its meaning."""

    day: date
    words: str


@dataclass(frozen=True)
class Told:
    """A last day on which the school is closed, and the next one on which it is open."""

    words: str
    instead: date


def offers(school_id: UUID, *, after: date | None = None) -> list[Offer]:
    """The next school day, the end of this term, the end of the school year; only what comes after `after` (today)."""
    calendar, now = terms.calendar_of(school_id), today()
    checked = {one.year for one in terms.years(school_id) if one.confirmed_at is not None}
    term = calendar.term_of(now)
    found = {
        "Next school day": calendar.next_school_day(now),
        f"End of {'this term' if term else 'the next term'}": calendar.end_of_term(now),
        "End of the school year": calendar.end_of_year(now),
    }
    return [
        Offer(day, f"{words}: {long(day)}{_doubt(calendar, day, checked)}")
        for words, day in found.items()
        if day is not None and day > (after or now)
    ]


def told(school_id: UUID, day: date | None) -> Told | None:
    """What to tell of a last day on which the school is closed; None where it is open, or nothing is known."""
    calendar = terms.calendar_of(school_id)
    why = calendar.why_closed(day) if day is not None else ""
    if day is None or not why:
        return None
    instead = calendar.next_school_day(day)
    return Told(f"{long(day)} is {why}: nothing can be brought back then.", instead)


def long(day: date) -> str:
    """A day for people: `Wednesday 25 November 2026`."""
    return f"{day:%A} {day.day} {day:%B %Y}"


def _doubt(calendar: Calendar, day: date, checked: set[int]) -> str:
    """A word of warning beside a day of a school year that nobody checked."""
    return "" if year_of(day) in checked or not calendar.knows(day) else " (the calendar is not checked yet)"
