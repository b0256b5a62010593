"""The calendar as files: CSV that comes back in, iCalendar (RFC 5545); and as months for the screen. Pure."""

import calendar
import csv
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from io import StringIO
from uuid import UUID

from icalendar import Calendar as IcalCalendar
from icalendar import Event

from tracker.terms.rules import Calendar, DateKind, Entry
from tracker.values import Blocker, Denied

HEADER = ("Kind", "Name", "First day", "Last day")
BYTES_MOST, ROWS_MOST = 64 * 1024, 200
_FORMS = ("%Y-%m-%d", "%d/%m/%Y")
_WORDS = {word: kind for kind in DateKind for word in (kind.value, kind.label.casefold())} | {"inset": DateKind.INSET}


@dataclass(frozen=True)
class Cell:
    """A day of a month, None beside it; `mark`: a letter for a day without school, `why`: the same in words."""

    day: date | None
    mark: str = ""
    why: str = ""


@dataclass(frozen=True)
class Month:
    """A month as weeks from Monday."""

    name: str
    weeks: tuple[tuple[Cell, ...], ...]


def csv_rows(entries: Iterable[Entry]) -> list[tuple[object, ...]]:
    """The rows below HEADER."""
    return [(one.kind.label, one.name, one.starts_on, one.ends_on) for one in entries]


def read_csv(data: bytes) -> list[Entry]:
    """The dates of a file with HEADER; days as 2026-09-01 or 01/09/2026. Raises Denied that names each row at fault."""
    if len(data) > BYTES_MOST:
        raise Denied((Blocker("file", "A calendar is smaller than 64 KiB. Choose the right file."),))
    try:
        rows = [row for row in csv.reader(StringIO(data.decode("utf-8-sig")), strict=True) if any(map(str.strip, row))]
    except (UnicodeDecodeError, csv.Error):
        raise Denied((Blocker("file", "This is no CSV file. Save the sheet as “CSV UTF-8”, and try again."),)) from None
    if not rows or [one.strip().casefold() for one in rows[0][:4]] != [one.casefold() for one in HEADER]:
        message = f"The first row of the file has to be: {', '.join(HEADER)}. Download a calendar to see one."
        raise Denied((Blocker("file", message),))
    if len(rows) > ROWS_MOST + 1:
        raise Denied((Blocker("file", f"A calendar has at most {ROWS_MOST} rows."),))
    found: list[Entry] = []
    faults: list[Blocker] = []
    for number, row in enumerate(rows[1:], 2):
        read = _entry(row)
        if isinstance(read, str):
            faults.append(Blocker("file", f"Row {number}: {read}"))
        else:
            found.append(read)
    if faults or not found:
        raise Denied(tuple(faults) or (Blocker("file", "There is no date in this file."),))
    return found


def ics(dates: Iterable[tuple[UUID, int, Entry]], *, host: str, at: datetime) -> bytes:
    """The dates with their ids and versions as whole days, so that no clock change moves them."""
    made = IcalCalendar()
    made.add("prodid", "-//Caretaker//School calendar//EN")
    made.add("version", "2.0")
    for date_id, version, entry in dates:
        event = Event()
        event.add("uid", f"term-{date_id}@{host}")
        event.add("dtstamp", at.replace(microsecond=0))
        event.add("sequence", version)
        event.add("dtstart", entry.starts_on)
        event.add("dtend", entry.ends_on + timedelta(days=1))
        event.add("summary", entry.name if entry.kind is DateKind.TERM else f"{entry.name} ({entry.kind.label})")
        event.add("transp", "TRANSPARENT")
        made.add_component(event)
    return bytes(made.to_ical())


def months(known: Calendar, year: int) -> list[Month]:
    """September to August of a school year."""
    found = []
    for number in range(9, 21):
        first = date(year + (number - 1) // 12, (number - 1) % 12 + 1, 1)
        weeks = calendar.Calendar().monthdatescalendar(first.year, first.month)
        cells = tuple(tuple(_cell(known, day, first.month) for day in week) for week in weeks)
        found.append(Month(f"{first:%B %Y}", cells))
    return found


def _cell(known: Calendar, day: date, month: int) -> Cell:
    if day.month != month:
        return Cell(None)
    why = known.why_closed(day)
    if not why or why == "a weekend":
        return Cell(day, "–" if why else "", why)
    mark = {"a b": "B", "an ": "I", "in ": "H"}.get(why[:3], "C")
    return Cell(day, mark, why)


def _entry(row: list[str]) -> Entry | str:
    """A date, or what is wrong with the row."""
    kind, name, first, last = (one.strip().removeprefix("'") for one in [*row, "", "", "", ""][:4])
    if kind.casefold() not in _WORDS:
        return f"The kind is one of {', '.join(one.label for one in DateKind)}."
    starts_on, ends_on = _day(first), _day(last or first)
    if starts_on is None or ends_on is None:
        return "Write days as 01/09/2026 or 2026-09-01."
    return Entry(_WORDS[kind.casefold()], name, starts_on, ends_on)


def _day(text: str) -> date | None:
    for form in _FORMS:
        try:
            return datetime.strptime(text, form).date()  # noqa: DTZ007 - a day has no zone
        except ValueError:
            continue
    return None
