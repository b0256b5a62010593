"""The calendar of reservations as weeks and days. Pure."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Protocol

from tracker.loans.reservations_rules import Span
from tracker.terms.rules import Calendar
from tracker.values import LONDON, months_later

_DAY = timedelta(days=1)


class Spanned(Protocol):
    """Something with a time."""

    @property
    def span(self) -> Span:
        """Its time."""


@dataclass(frozen=True)
class Entry:
    """What is reserved on a day; `when`: the hours of it, or "all day"."""

    row: Spanned
    when: str


@dataclass(frozen=True)
class Day:
    """A day with what is reserved on it; `why`: why there is no school."""

    day: date
    why: str
    entries: tuple[Entry, ...]


def bounds(day: date, *, month: bool) -> tuple[date, date]:
    """The first and the last day that are shown: whole weeks from Monday."""
    first = day.replace(day=1) if month else day
    last = months_later(first, 1) - _DAY if month else day
    return first - _DAY * first.weekday(), last + _DAY * (6 - last.weekday())


def neighbours(day: date, *, month: bool) -> tuple[date, date]:
    """A day of the page before, and one of the page after."""
    if month:
        return months_later(day.replace(day=1), -1), months_later(day.replace(day=1), 1)
    return day - _DAY * 7, day + _DAY * 7


def weeks(first: date, last: date, rows: Sequence[Spanned], calendar: Calendar) -> list[list[Day]]:
    """The days from Monday to Sunday, week by week."""
    days = [_of(first + _DAY * one, rows, calendar) for one in range((last - first).days + 1)]
    return [days[one : one + 7] for one in range(0, len(days), 7)]


def _of(day: date, rows: Sequence[Spanned], calendar: Calendar) -> Day:
    whole = Span(
        datetime.combine(day, datetime.min.time(), LONDON), datetime.combine(day + _DAY, datetime.min.time(), LONDON)
    )
    entries = tuple(Entry(one, _when(one.span, whole)) for one in rows if one.span.meets(whole))
    return Day(day, calendar.why_closed(day), entries)


def _when(span: Span, whole: Span) -> str:
    starts = span.starts_at.astimezone(LONDON) if span.starts_at > whole.starts_at else None
    ends = span.ends_at.astimezone(LONDON) if span.ends_at < whole.ends_at else None
    if starts and ends:
        return f"{starts:%H:%M}–{ends:%H:%M}"
    return f"from {starts:%H:%M}" if starts else f"until {ends:%H:%M}" if ends else "all day"
