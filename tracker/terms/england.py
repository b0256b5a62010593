"""Bank holidays of England and Wales, and a typical calendar to begin with. Pure; the data stand in england.toml."""

import tomllib
from datetime import date, timedelta
from functools import cache
from importlib import resources

_DATA = tomllib.loads((resources.files("tracker.terms") / "england.toml").read_text("utf-8"))
_MOVED = {one["from"]: one["to"] for one in _DATA["moved"]}
_ADDED = {one["day"]: one["name"] for one in _DATA["added"]}
# Kind, name, first and last day of every date of a school year, by the year in which it begins.
TYPICAL: dict[int, tuple[tuple[str, str, date, date], ...]] = {
    int(year): tuple((one["kind"], one["name"], one["starts_on"], one["ends_on"]) for one in dates)
    for year, dates in _DATA["typical"].items()
}
_MAY, _AUGUST = 5, 8
_SATURDAY = 5  # as date.weekday() counts


def easter(year: int) -> date:
    """Easter Sunday of a Gregorian year (the anonymous algorithm, as the Calendar Act 1750 has it in tables)."""
    a, (b, c) = year % 19, divmod(year, 100)
    d, e = divmod(b, 4)
    h = (19 * a + b - d - (b - (b + 8) // 25 + 1) // 3 + 15) % 30
    i, k = divmod(c, 4)
    m = (32 + 2 * e + 2 * i - h - k) % 7
    month, day = divmod(h + m - 7 * ((a + 11 * h + 22 * m) // 451) + 114, 31)
    return date(year, month, day + 1)


@cache
def bank_holidays(year: int) -> dict[date, str]:
    """The days off of a calendar year in England and Wales, with their names.

    Banking and Financial Dealings Act 1971, schedule 1, and the yearly proclamations: what falls on a weekend is taken
    on the next day that is neither a weekend nor a bank holiday.
    """
    sunday, one = easter(year), timedelta(days=1)
    fixed = {
        sunday - 2 * one: "Good Friday",
        sunday + one: "Easter Monday",
        _monday(date(year, _MAY, 1)): "Early May bank holiday",
        _monday(date(year, _MAY, 25)): "Spring bank holiday",
        _monday(date(year, _AUGUST, 25)): "Summer bank holiday",
    }
    found = {_MOVED.get(day, day): name for day, name in fixed.items()}
    dated = {
        date(year, 1, 1): "New Year’s Day",
        date(year, 12, 25): "Christmas Day",
        date(year, 12, 26): "Boxing Day",
    }
    found |= {day: name for day, name in dated.items() if day.weekday() < _SATURDAY}
    for day, name in dated.items():
        if day.weekday() >= _SATURDAY:
            found[_free(day, found)] = f"{name} (substitute day)"
    found |= {day: name for day, name in _ADDED.items() if day.year == year}
    return dict(sorted(found.items()))


def _monday(day: date) -> date:
    """The first Monday on or after a day."""
    return day + timedelta(days=-day.weekday() % 7)


def _free(day: date, taken: dict[date, str]) -> date:
    """The next day that is neither a weekend nor taken."""
    while day.weekday() >= _SATURDAY or day in taken:
        day += timedelta(days=1)
    return day
