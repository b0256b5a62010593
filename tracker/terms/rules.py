"""The school's calendar: terms, half-terms, INSET days, bank holidays, and what a day is. Pure.

Sources: Education Act 1996 s579 (a school year begins with the first term after July); The Education (School Day and
School Year) (England) Regulations 1999, reg 3 (380 sessions); a maintained school keeps five more days as INSET days.
England has no calendar of terms for all, so the dates are the school's own.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from enum import StrEnum
from functools import cached_property

from tracker.terms.england import TYPICAL, bank_holidays
from tracker.values import Blocker, Decision, Role, months_later, text_blockers

KEEPERS = frozenset({Role.TECHNICIAN, Role.BURSAR, Role.HEAD})
NAME_LIMIT = 80  # characters
DATES_MOST = 200  # of one school year
FIRST_YEAR, LAST_YEAR = 2000, 2100
BREAK_DAYS = 5  # so many days without school are a holiday; a weekend with a bank holiday is none
_DAY = timedelta(days=1)
_AUGUST, _SATURDAY = 8, 5
_FAR = 400  # days: further than any holiday


class DateKind(StrEnum):
    """What a date of the calendar is. Never renamed: they stand in rows and files."""

    TERM = "term"
    HALF_TERM = "half_term"
    INSET = "inset"
    CLOSED = "closed"

    @property
    def label(self) -> str:
        """The words on the screen."""
        return {"half_term": "Half-term", "inset": "INSET day"}.get(self.value, self.value.capitalize())

    @property
    def told(self) -> str:
        """Why there is no school, as words that follow "it is"."""
        return {"half_term": "in half-term", "inset": "an INSET day"}.get(
            self.value, "a day on which the school is closed"
        )

    @property
    def longest(self) -> int:
        """So many days it lasts at most, first and last counted."""
        return {"term": 160, "inset": 5}.get(self.value, 31)


@dataclass(frozen=True)
class Entry:
    """A date of the calendar, or a run of days; both ends count."""

    kind: DateKind
    name: str
    starts_on: date
    ends_on: date

    def holds(self, day: date) -> bool:
        """Whether a day is in it."""
        return self.starts_on <= day <= self.ends_on


@dataclass(frozen=True)
class Term:
    """A term with its first and last day."""

    name: str
    starts_on: date
    ends_on: date


@dataclass(frozen=True)
class Calendar:
    """All dates of a school. Where a school year is not known, every weekday outside August is a school day."""

    entries: tuple[Entry, ...] = ()

    @cached_property
    def terms(self) -> tuple[Term, ...]:
        """All terms, the first one first."""
        found = (one for one in self.entries if one.kind is DateKind.TERM)
        return tuple(Term(one.name, one.starts_on, one.ends_on) for one in sorted(found, key=lambda one: one.starts_on))

    @cached_property
    def _years(self) -> frozenset[int]:
        return frozenset(year_of(one.starts_on) for one in self.terms)

    def knows(self, day: date) -> bool:
        """Whether the terms of that school year are in the calendar."""
        return year_of(day) in self._years

    def term_of(self, day: date) -> Term | None:
        """The term that holds a day; None in the holidays, and where nothing is known."""
        return next((one for one in self.terms if one.starts_on <= day <= one.ends_on), None)

    def why_closed(self, day: date) -> str:
        """Why there is no school on a day, as words that follow "it is"; empty for a school day."""
        if day.weekday() >= _SATURDAY:
            return "a weekend"
        if day in bank_holidays(day.year):
            return f"a bank holiday ({bank_holidays(day.year)[day]})"
        for one in self.entries:
            if one.kind is not DateKind.TERM and one.holds(day):
                return f"{one.kind.told} ({one.name})"
        outside = self.term_of(day) is None if self.knows(day) else day.month == _AUGUST
        return "in the holidays" if outside else ""

    def is_school_day(self, day: date) -> bool:
        """Whether the school is open for pupils on a day."""
        return not self.why_closed(day)

    def next_school_day(self, day: date) -> date:
        """The first school day after a day."""
        return next((one for one in _days(day, 1) if self.is_school_day(one)), day)

    def school_day_from(self, day: date) -> date:
        """That day where it is a school day, else the next one."""
        return day if self.is_school_day(day) else self.next_school_day(day)

    def end_of_term(self, day: date) -> date | None:
        """The last school day of the term that holds a day, in the holidays of the next one; None: not known."""
        return next((self._last(one) for one in self.terms if self._last(one) >= day), None)

    def end_of_year(self, day: date) -> date | None:
        """The last school day of the school year that holds a day; None: not known, or over."""
        last = max((self._last(one) for one in self.terms if year_of(one.starts_on) == year_of(day)), default=None)
        return last if last is not None and last >= day else None

    def in_holiday(self, day: date) -> bool:
        """Whether a day is in a run of days without school that is longer than a weekend with a bank holiday."""
        if self.is_school_day(day):
            return False
        before = next((one for one in _days(day, -1) if self.is_school_day(one)), None)
        return before is None or (self.next_school_day(day) - before).days > BREAK_DAYS

    def waived(self, day: date, today: date) -> int:
        """So many days after `day` do not count as late, as of today, since nothing could be brought back.

        Holidays, and where `day` itself has no school, the days to the next school day; none where its school year is
        not known.
        """
        if not self.knows(day):
            return 0
        expected = self.school_day_from(day)
        after = range(1, min(max((today - expected).days, 0), _FAR) + 1)
        return (expected - day).days + sum(self.in_holiday(expected + _DAY * one) for one in after)

    def paused(self, day: date, today: date) -> bool:
        """Whether the school is on holiday, and something that was due on `day` could have been brought back before."""
        return self.knows(day) and self.in_holiday(today) and self.school_day_from(day) < today

    def school_days(self, year: int) -> int:
        """How many days a school year has for pupils."""
        return sum(
            self.is_school_day(one.starts_on + _DAY * count)
            for one in self.terms
            if year_of(one.starts_on) == year
            for count in range((one.ends_on - one.starts_on).days + 1)
        )

    def _last(self, term: Term) -> date:
        days = (term.ends_on - _DAY * count for count in range((term.ends_on - term.starts_on).days + 1))
        return next((one for one in days if self.is_school_day(one)), term.ends_on)


def year_of(day: date) -> int:
    """The school year that holds a day, by the year in which it begins: from August (Education Act 1996 s579)."""
    return day.year if day.month >= _AUGUST else day.year - 1


def year_name(year: int) -> str:
    """How people call a school year: `2026/27`."""
    return f"{year}/{(year + 1) % 100:02}"


def later(entry: Entry, year: int) -> Entry:
    """The same date in another school year, on the same weekday."""
    there = months_later(entry.starts_on, 12 * (year - year_of(entry.starts_on)))
    moved = there - entry.starts_on + _DAY * ((entry.starts_on.weekday() - there.weekday() + 3) % 7 - 3)
    return Entry(entry.kind, entry.name, entry.starts_on + moved, entry.ends_on + moved)


def typical(year: int) -> list[Entry]:
    """A typical calendar to begin with, which has to be checked; empty where there is none for that year."""
    return [Entry(DateKind(kind), name, first, last) for kind, name, first, last in TYPICAL.get(year, ())]


def may_begin(year: int, known: frozenset[int], role: Role | None) -> Decision:
    """May a school year be added to the calendar."""
    found = _role(role)
    if not FIRST_YEAR <= year <= LAST_YEAR:
        found.append(Blocker("year", f"Choose a school year from {FIRST_YEAR} to {LAST_YEAR}."))
    if year in known:
        found.append(
            Blocker("year", f"The school year {year_name(year)} is in the calendar already. Open it, and edit it.")
        )
    return Decision(tuple(found))


def may_keep(entry: Entry, year: int, others: list[Entry], role: Role | None) -> Decision:
    """May a date stand in the calendar of a school year, beside the others of that year."""
    found = [*_role(role), *text_blockers(entry.name, "name", "name", NAME_LIMIT, least=1)]
    if entry.ends_on < entry.starts_on:
        found.append(Blocker("ends_on", "The last day is before the first day."))
    elif (entry.ends_on - entry.starts_on).days >= entry.kind.longest:
        found.append(Blocker("ends_on", f"This lasts {entry.kind.longest} days at most. Check the dates."))
    if {year_of(entry.starts_on), year_of(max(entry.ends_on, entry.starts_on))} != {year}:
        found.append(Blocker("starts_on", f"It is not in the school year {year_name(year)}, August to July."))
    if len(others) >= DATES_MOST:
        found.append(Blocker("starts_on", f"A school year holds at most {DATES_MOST} dates. Remove some first."))
    return Decision((*found, *_beside(entry, others)))


def _beside(entry: Entry, others: list[Entry]) -> Iterator[Blocker]:
    """Terms do not overlap, nor do dates of one kind; a half-term lies in a term."""
    if entry.ends_on < entry.starts_on:
        return
    for one in others:
        if one.kind is entry.kind and one.starts_on <= entry.ends_on and entry.starts_on <= one.ends_on:
            yield Blocker("starts_on", f"It overlaps with {one.name}, {_span(one)}. Change one of the two.")
    terms = [one for one in others if one.kind is DateKind.TERM]
    if entry.kind is DateKind.HALF_TERM and not any(
        one.holds(entry.starts_on) and one.holds(entry.ends_on) for one in terms
    ):
        yield Blocker("starts_on", "A half-term lies within a term. Add the term first.")


def _span(entry: Entry) -> str:
    return f"{entry.starts_on:%-d %B %Y} to {entry.ends_on:%-d %B %Y}"


def _days(day: date, step: int) -> Iterator[date]:
    """The days after a day, or before it, without the day itself."""
    numbers = (day.toordinal() + step * count for count in range(1, _FAR))
    return (date.fromordinal(one) for one in numbers if 1 <= one <= date.max.toordinal())


def _role(role: Role | None) -> list[Blocker]:
    return [] if role in KEEPERS else [Blocker("role", "Only the technician, the bursar or the head can do this.")]
