"""The school's calendar: begin a year, change its dates, confirm it; and what a day is. Flushes, never commits."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import date
from uuid import UUID

from sqlalchemy import select

from tracker.accounts.service import lock_school
from tracker.audit.kinds import EventKind
from tracker.audit.service import record
from tracker.db import add, db, locked_row, row_of
from tracker.people.service import changed_meanwhile
from tracker.terms import rules
from tracker.terms.models import CalendarDate, SchoolYear
from tracker.terms.rules import Calendar, DateKind, Entry, Term
from tracker.values import Actor, Blocker, Conflict, Denied, Subject, one_line, utc_now
from tracker.values import today as today


def calendar_of(school_id: UUID) -> Calendar:
    """All dates of a school, in one query: for whoever asks about more than one day."""
    query = select(CalendarDate).where(CalendarDate.school_id == school_id).order_by(CalendarDate.starts_on)
    return Calendar(tuple(entry_of(one) for one in db.session.scalars(query)))


def term_of(school_id: UUID, day: date) -> Term | None:
    """The term that holds a day; None in the holidays, and where the calendar does not reach."""
    return calendar_of(school_id).term_of(day)


def next_school_day(school_id: UUID, day: date) -> date:
    """The first school day after a day."""
    return calendar_of(school_id).next_school_day(day)


def end_of_term(school_id: UUID, day: date) -> date | None:
    """The last school day of the term that holds a day, in the holidays of the next one; None: not known."""
    return calendar_of(school_id).end_of_term(day)


def is_school_day(school_id: UUID, day: date) -> bool:
    """Whether the school is open for pupils on a day."""
    return calendar_of(school_id).is_school_day(day)


def entry_of(row: CalendarDate) -> Entry:
    """A date as the rules look at it."""
    return Entry(DateKind(row.kind), row.name, row.starts_on, row.ends_on)


def name_of(row: SchoolYear) -> str:
    """How people call it: `2026/27`."""
    return rules.year_name(row.year)


def subject_of(row: SchoolYear) -> Subject:
    """The school year as the log knows it."""
    return Subject("school_year", row.id, f"School year {name_of(row)}")


def years(school_id: UUID) -> list[SchoolYear]:
    """All school years, the newest first."""
    query = select(SchoolYear).where(SchoolYear.school_id == school_id).order_by(SchoolYear.year.desc())
    return list(db.session.scalars(query))


def get_year(school_id: UUID, year_id: UUID) -> SchoolYear:
    """The school year. Raises NotFound, also for another school's."""
    return row_of(SchoolYear, school_id, year_id)


def get_date(school_id: UUID, date_id: UUID) -> CalendarDate:
    """A date. Raises NotFound, also for another school's."""
    return row_of(CalendarDate, school_id, date_id)


def dates_of(year: SchoolYear) -> list[CalendarDate]:
    """The dates of a school year, in their order."""
    query = select(CalendarDate).where(CalendarDate.school_id == year.school_id, CalendarDate.year_id == year.id)
    return list(
        db.session.scalars(query.order_by(CalendarDate.starts_on, CalendarDate.ends_on.desc(), CalendarDate.id))
    )


def begin(actor: Actor, year: int, entries: Sequence[Entry]) -> SchoolYear:
    """Add a school year with these dates, to be confirmed. Raises Denied with every reason why not."""
    lock_school(actor.school_id)
    known = frozenset(one.year for one in years(actor.school_id))
    decision = rules.may_begin(year, known, actor.role)
    if not decision.allowed:
        raise Denied(decision.blockers)
    row = SchoolYear(school_id=actor.school_id, year=year, confirmed_at=None, confirmed_by="")
    add(row)
    record(actor, EventKind.SCHOOL_YEAR_CREATED, subject_of(row), after={"dates": len(entries)})
    put(actor, row.id, entries)
    return row


def copied(school_id: UUID, year: int) -> list[Entry]:
    """The dates of the latest school year before that one, moved to it on the same weekdays; none: an empty list."""
    before = next((one for one in years(school_id) if one.year < year), None)
    return [rules.later(entry_of(one), year) for one in dates_of(before)] if before else []


def put(actor: Actor, year_id: UUID, entries: Sequence[Entry]) -> int:
    """Add dates to a school year, all or none; those that stand there already are passed over. Gives how many.

    Raises NotFound, and Denied that names each date which does not fit.
    """
    lock_school(actor.school_id)
    year = get_year(actor.school_id, year_id)
    there = [entry_of(one) for one in dates_of(year)]
    found: list[Blocker] = []
    fresh = []
    for entry in sorted(map(_tidy, entries), key=lambda one: one.kind is not DateKind.TERM):  # terms first
        if entry in there:
            continue
        blockers = rules.may_keep(entry, year.year, there, actor.role).blockers
        found += [Blocker(one.code, f"{entry.name or entry.kind.label}: {one.message}") for one in blockers]
        there.append(entry)
        fresh.append(entry)
    if found:
        raise Denied(tuple(found))
    for entry in fresh:
        add(CalendarDate(school_id=actor.school_id, year_id=year.id, **_columns(entry)))
    if fresh:
        told = [_told(one) for one in fresh]
        record(actor, EventKind.SCHOOL_YEAR_CHANGED, subject_of(year), after={"added": told})
    return len(fresh)


def edit(actor: Actor, date_id: UUID, entry: Entry, *, version: int) -> CalendarDate:
    """Change a date. Raises NotFound, Denied, and Conflict where somebody else changed it since."""
    lock_school(actor.school_id)
    row, entry = locked_row(CalendarDate, actor.school_id, date_id), _tidy(entry)
    year = get_year(actor.school_id, row.year_id)
    _same(row, year, version)
    others = [entry_of(one) for one in dates_of(year) if one.id != row.id]
    decision = rules.may_keep(entry, year.year, others, actor.role)
    if not decision.allowed:
        raise Denied(decision.blockers)
    before = entry_of(row)
    if entry == before:
        return row
    for name, value in _columns(entry).items():
        setattr(row, name, value)
    db.session.flush()
    old, new = {"date": _told(before)}, {"date": _told(entry)}
    record(actor, EventKind.SCHOOL_YEAR_CHANGED, subject_of(year), before=old, after=new)
    return row


def remove(actor: Actor, date_id: UUID, *, version: int) -> None:
    """Take a date out of the calendar. Raises NotFound, Denied, and Conflict where somebody changed it since."""
    row = locked_row(CalendarDate, actor.school_id, date_id)
    year = get_year(actor.school_id, row.year_id)
    _same(row, year, version)
    _may(actor)
    record(actor, EventKind.SCHOOL_YEAR_CHANGED, subject_of(year), before={"date": _told(entry_of(row))})
    db.session.delete(row)
    db.session.flush()


def confirm(actor: Actor, year_id: UUID, *, version: int) -> SchoolYear:
    """Somebody has checked the dates against the school's own calendar. Raises NotFound, Denied, Conflict."""
    row = locked_row(SchoolYear, actor.school_id, year_id)
    if row.version != version:
        raise Conflict(changed_meanwhile(actor.school_id, "school_year", row.id, name_of(row)))
    _may(actor)
    if not any(one.kind == DateKind.TERM.value for one in dates_of(row)):
        raise Denied((Blocker("dates", "There is no term in it yet. Add the terms first."),))
    row.confirmed_at, row.confirmed_by = utc_now(), actor.name
    db.session.flush()
    record(actor, EventKind.SCHOOL_YEAR_CONFIRMED, subject_of(row), after={"dates": len(dates_of(row))})
    return row


def _same(row: CalendarDate, year: SchoolYear, version: int) -> None:
    if row.version != version:
        raise Conflict(changed_meanwhile(row.school_id, "school_year", year.id, row.name))


def _may(actor: Actor) -> None:
    if actor.role not in rules.KEEPERS:
        raise Denied((Blocker("role", "Only the technician, the bursar or the head can do this."),))


def _tidy(entry: Entry) -> Entry:
    return replace(entry, name=one_line(entry.name))


def _columns(entry: Entry) -> dict[str, object]:
    return {**vars(entry), "kind": entry.kind.value}


def _told(entry: Entry) -> str:
    """A date as the log has it."""
    return f"{entry.kind.label}: {entry.name}, {entry.starts_on.isoformat()} to {entry.ends_on.isoformat()}"
