"""Due dates as an iCalendar file (RFC 5545): whole days, so that no clock change moves them. Pure."""

from collections.abc import Iterable
from datetime import date, datetime, timedelta

from icalendar import Calendar, Event

from tracker.reminders.rules import Line, Topic

_FIRST = date(2020, 1, 1)


def ics(lines: Iterable[Line], *, host: str, at: datetime) -> str:
    """The last days of the reader's own loans that are not over; empty where there is none.

    An extension is the same event with a higher SEQUENCE, so that a calendar moves it instead of showing two.
    """
    calendar = Calendar()
    calendar.add("prodid", "-//Caretaker//Due dates//EN")
    calendar.add("version", "2.0")
    calendar.add("method", "PUBLISH")
    found = False
    for line in lines:
        if line.topic in (Topic.DUE, Topic.HELD) and line.day is not None:
            event, found = Event(), True
            event.add("uid", f"loan-{line.id}@{host}")
            event.add("dtstamp", at.replace(microsecond=0))
            event.add("sequence", (line.day - _FIRST).days)  # a loan is only ever extended to a later day
            event.add("dtstart", line.day)
            event.add("dtend", line.day + timedelta(days=1))
            event.add("summary", f"Bring back: {line.label}")
            event.add("transp", "TRANSPARENT")
            calendar.add_component(event)
    return calendar.to_ical().decode("utf-8") if found else ""
