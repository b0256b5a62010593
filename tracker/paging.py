"""Turning the pages of a long list by key: a page begins after a row, never after so many rows.

No database reads what it then skips, and rows that are added meanwhile shift nothing. A cursor is a text in the
address: what the list is sorted by in that row, and what tells it from all others. It proves nothing and needs to prove
nothing, since only rows of the list are shown whatever it says; one that cannot be read leads to the first page.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Generic, TypeVar
from urllib.parse import quote, unquote

from sqlalchemy import ColumnElement, literal, tuple_

Row = TypeVar("Row")
PAGE = 50  # rows of a list
END = "end"  # as a cursor to stand before: the last page
_LIMIT = 700  # characters of a cursor


@dataclass(frozen=True)
class Turn:
    """Which page: after a row or before one, each by its cursor, or by number as addresses said it once."""

    after: str = ""
    before: str = ""
    number: int = 1

    @property
    def backwards(self) -> bool:
        """Whether the page ends before a row instead of beginning after one."""
        return bool(self.before)


def page_number(told: Mapping[str, str]) -> int:
    """The page that a query string asks for by number, from 1; for anything that is no number the first."""
    text = told.get("page", "")
    return max(1, int(text)) if text.isascii() and text.isdigit() and len(text) < 7 else 1


def turn_from(told: Mapping[str, str]) -> Turn:
    """The turn of a query string; what cannot be read is left out."""
    after, before = told.get("after", "")[:_LIMIT], told.get("before", "")[:_LIMIT]
    return Turn(after, "" if after else before, page_number(told))


@dataclass(frozen=True)
class Key:
    """A row's position: the value that it is sorted by, None where it has none, and its unique last key."""

    value: str | None
    unique: str

    @property
    def cursor(self) -> str:
        """As it stands in an address: `7K3M9QXA` or `7K3M9QXA|2024-09-01`."""
        return self.unique if self.value is None else f"{self.unique}|{quote(self.value, safe=' /,.@')}"


def key_of(cursor: str) -> Key:
    """Read a cursor. Any text is one; whether it makes sense is for the list to say."""
    unique, bar, value = cursor.partition("|")
    return Key(unquote(value, errors="replace") if bar else None, unique)


@dataclass(frozen=True)
class Stretch:
    """A part of a list whose order an index gives: the rows of `where`, by `columns`, of which the last is unique."""

    where: tuple[ColumnElement[bool], ...]
    columns: tuple[ColumnElement[Any], ...]
    down: bool = False

    def turned(self) -> "Stretch":
        """The same from its other end."""
        return Stretch(self.where, self.columns, not self.down)

    def order(self) -> list[ColumnElement[Any]]:
        """For ORDER BY."""
        return [column.desc() if self.down else column.asc() for column in self.columns]

    def beyond(self, values: Sequence[object]) -> ColumnElement[bool]:
        """The rows that come after the one with these values."""
        ours = tuple_(*self.columns)
        theirs = tuple_(*(literal(value, column.type) for value, column in zip(values, self.columns, strict=True)))
        return ours < theirs if self.down else ours > theirs


@dataclass(frozen=True)
class Start:
    """Where a page begins: in which stretch, and beyond which values in it; None: at its beginning."""

    index: int = 0
    values: tuple[object, ...] | None = None


Fetch = Callable[[Sequence[ColumnElement[bool]], Sequence[ColumnElement[Any]], int], list[Row]]


def walk(stretches: Sequence[Stretch], start: Start, *, backwards: bool, limit: int, fetch: Fetch[Row]) -> list[Row]:
    """At most `limit` rows from `start` on, or before it, in the order of the list: one query a stretch.

    `fetch(where, order, limit)` asks the database.
    """
    rows: list[Row] = []
    step = -1 if backwards else 1
    for index in range(start.index, -1 if backwards else len(stretches), step):
        if len(rows) >= limit:
            break
        stretch = stretches[index].turned() if backwards else stretches[index]
        where = list(stretch.where)
        if index == start.index and start.values is not None:
            where.append(stretch.beyond(start.values))
        rows += fetch(where, stretch.order(), limit - len(rows))
    return rows[::-1] if backwards else rows


@dataclass(frozen=True)
class Page(Generic[Row]):
    """One page of a list, how many rows the whole has, and the cursors of the pages beside it; empty: there is none."""

    rows: list[Row]
    total: int
    before: str = ""  # the page before this one ends before this
    after: str = ""  # the next one begins after this


def page_of(found: Sequence[tuple[Row, Key]], turn: Turn, total: int, size: int = PAGE) -> Page[Row]:
    """The page of the rows that `walk` found, asked for one more than `size` so that the end is seen."""
    more = len(found) > size
    kept = (found[1:] if turn.backwards else found[:size]) if more else found
    first, last = (kept[0][1].cursor, kept[-1][1].cursor) if kept else ("", "")
    if turn.backwards:
        is_end = turn.before == END
        return Page([row for row, _ in kept], total, first if more else "", "" if is_end else last)
    return Page([row for row, _ in kept], total, first if turn.after else "", last if more else "")


def links_of(page: Page[Any], told: Mapping[str, str], encode: Callable[[Mapping[str, str]], str]) -> dict[str, str]:
    """Query strings of the pages `first`, `previous`, `next` and `last`, those that there are."""
    found = {}
    if page.before:
        found["first"] = encode(told)
        found["previous"] = encode({**told, "before": page.before})
    if page.after:
        found["next"] = encode({**told, "after": page.after})
        found["last"] = encode({**told, "before": END})
    return found
