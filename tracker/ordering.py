"""Orders of long lists, none of which sorts the table.

A column of the table is read off its index. A name that many rows share (kind, place, person, department ...) is not:
the names are counted and put in order here, a few thousand at most, and the rows of each are read off the index of its
id. That order is the same on both databases, without case and accents. Rows that have no value come last.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, Select, UnaryExpression, and_, func, or_, select
from sqlalchemy.sql.operators import custom_op

from tracker.db import db
from tracker.paging import END, Key, Start, Stretch, Turn, key_of, walk
from tracker.values import folded

Where = Sequence[ColumnElement[bool]]
Found = tuple[UUID, Key]
EARLIEST = datetime(1900, 1, 1, tzinfo=UTC)


def whole(text: str, most: int = 2**31 - 1) -> int:
    """A number in a cursor, from 0 to the most that its column holds. Raises ValueError."""
    if not text.isascii() or not text.isdigit() or len(text) > 19 or int(text) > most:
        raise ValueError(text)
    return int(text)


def moment(text: str) -> datetime:
    """A time in a cursor. Raises ValueError."""
    told = datetime.fromisoformat(text)
    if told.tzinfo is None:
        raise ValueError(text)
    return told


def loose(column: Any) -> Any:
    """The column so that SQLite uses none of its indexes: it would else guess, without statistics, and guess badly."""
    if db.session.get_bind().dialect.name != "sqlite":
        return column
    return UnaryExpression(column, operator=custom_op("+"), type_=column.type)


@dataclass(frozen=True)
class Plain:
    """By a column that has an index with the unique key; `column` None: by that key alone."""

    identity: Any  # the id of a row
    unique: Any
    column: Any = None
    least: object = ""  # every known value is more
    read: Callable[[str], object] = str
    read_unique: Callable[[str], object] = str

    def stretches(self, by: Callable[[Any], Any], *, down: bool) -> list[Stretch]:
        """What is known, then what is not."""
        unique = by(self.unique)
        if self.column is None:
            return [Stretch((), (unique,), down)]
        column = by(self.column)
        absent = column == "" if self.least == "" else column.is_(None)
        return [Stretch((column > self.least,), (column, unique), down), Stretch((absent,), (unique,), down)]

    def start(self, key: Key) -> Start:
        """Where the row with this key stands. Raises ValueError."""
        unique = self.read_unique(key.unique)
        if self.column is None:
            return Start(0, (unique,))
        return Start(1, (unique,)) if key.value is None else Start(0, (self.read(key.value), unique))

    def key(self, unique: object, value: object) -> Key:
        """The key of a row."""
        if self.column is None or value is None or value == "":
            return Key(None, str(unique))
        return Key(value.isoformat() if isinstance(value, date) else str(value), str(unique))


@dataclass(frozen=True)
class Shared:
    """By a name that many rows share: columns of the row, and where the name is found for them."""

    identity: Any
    unique: Any
    columns: tuple[Any, ...]
    name: tuple[Any, ...] = ()  # the other table and its column, where the row holds an id
    rank: Callable[[str], Any] = str  # of a folded name; raises ValueError for what cannot be one
    read_unique: Callable[[str], object] = str


@dataclass
class Group:
    """The rows that share a name: its rank, the values of their columns, and how many there are."""

    key: str | None
    rank: Any
    number: int = 0
    values: list[tuple[Any, ...]] = field(default_factory=list)


class Ordered:
    """The rows of some conditions in one order, to be read page by page or slice by slice.

    `where` is for reading a page off an index, `counting` the same for reading all rows once. `few`: the conditions
    name so few rows that they are put in order themselves. `total` is how many there are, where putting them in order
    had to count them anyway.
    """

    def __init__(
        self,
        school_id: UUID,
        order: Plain | Shared,
        where: Where,
        *,
        down: bool,
        few: bool = False,
        counting: Where = (),
    ) -> None:
        self.order, self.where, self.down = order, list(where), down
        self.by: Callable[[Any], Any] = loose if few else _same
        self.groups, self.total = list[Group](), None
        if isinstance(order, Shared):
            columns = [self.by(column) for column in order.columns]
            self.groups = _groups(order, school_id, columns, counting or where, down=down)
            self.total = sum(group.number for group in self.groups)

    def read(self, turn: Turn, limit: int) -> list[Found] | None:
        """At most `limit` ids with their keys; None where the cursor cannot be read."""
        cursor = turn.before if turn.backwards else turn.after
        key = None if cursor in ("", END) else key_of(cursor)
        if key is not None and "\0" in f"{key.value}{key.unique}":
            return None
        try:
            if isinstance(self.order, Plain):
                return self._plain(self.order, key, turn, limit)
            return self._shared(self.order, key, turn, limit)
        except ValueError:
            return None

    def _plain(self, order: Plain, key: Key | None, turn: Turn, limit: int) -> list[Found]:
        stretches = order.stretches(self.by, down=self.down)
        start = Start(len(stretches) - 1 if turn.backwards else 0) if key is None else order.start(key)
        value = order.unique if order.column is None else order.column
        query = select(order.identity, order.unique, value)

        def fetch(where: Where, by: Sequence[ColumnElement[Any]], most: int) -> list[Found]:
            asked = query.where(*self.where, *where).order_by(*by).limit(most)
            return [(found, order.key(unique, told)) for found, unique, told in db.session.execute(asked)]

        return walk(stretches, start, backwards=turn.backwards, limit=limit, fetch=fetch)

    def _shared(self, order: Shared, key: Key | None, turn: Turn, limit: int) -> list[Found]:
        """The rest of the group that the page begins in, then whole groups at once, then the beginning of the last."""
        groups, down = (self.groups[::-1], not self.down) if turn.backwards else (self.groups, self.down)
        first, rows = 0, list[Found]()
        if key is not None:
            first, partly = _place(order, groups, key, backwards=turn.backwards, down=self.down)
            if partly:
                rows = self._of(order, groups[first : first + 1], down, limit, beyond=order.read_unique(key.unique))
                first += 1
        whole = list[Group]()
        for group in groups[first:]:
            if len(rows) + sum(one.number for one in whole) + group.number > limit:
                break
            whole.append(group)
        if whole:
            rows += self._of(order, whole, down, limit - len(rows))
        rest = groups[first + len(whole) : first + len(whole) + 1]
        if rest and len(rows) < limit:
            rows += self._of(order, rest, down, limit - len(rows))
        return rows[::-1] if turn.backwards else rows

    def _of(
        self, order: Shared, groups: Sequence[Group], down: bool, limit: int, *, beyond: object = None
    ) -> list[Found]:
        """Rows of some groups by group and unique key; those of one group are read off its index."""
        columns = [self.by(column) for column in order.columns]
        stretch = Stretch((_among(columns, groups),), (self.by(order.unique),), down)
        where = [*self.where, *stretch.where, *(() if beyond is None else (stretch.beyond((beyond,)),))]
        query = select(order.identity, order.unique, *order.columns).where(*where)
        if len(groups) > 1:
            found = list(db.session.execute(query))
            found.sort(key=lambda row: row[1], reverse=down)
        else:
            found = list(db.session.execute(query.order_by(*stretch.order()).limit(limit)))
        places = {values: place for place, group in enumerate(groups) for values in group.values}
        found.sort(key=lambda row: places[tuple(row[2:])])
        return [(row[0], Key(groups[places[tuple(row[2:])]].key, str(row[1]))) for row in found[:limit]]


def _same(column: Any) -> Any:
    return column


def _groups(order: Shared, school_id: UUID, columns: Sequence[Any], where: Where, *, down: bool) -> list[Group]:
    """The names in order, each with the number of its rows: one query."""
    found: dict[str | None, Group] = {}
    for *told, number in db.session.execute(_counted(order, school_id, columns, where)):
        values = tuple(told[: len(order.columns)])
        texts = told[len(order.columns) :] or values
        key = _plain_text(" ".join(text for text in texts if text)) or None
        group = found.setdefault(key, Group(key, None if key is None else order.rank(key)))
        group.number += number
        group.values.append(values)
    nameless = found.pop(None, None)
    named = sorted(found.values(), key=lambda group: group.rank, reverse=down)
    return named if nameless is None else [*named, nameless]


def _counted(order: Shared, school_id: UUID, columns: Sequence[Any], where: Where) -> Select[*tuple[Any, ...]]:
    shared = [column.label(f"shared_{number}") for number, column in enumerate(columns)]
    counts = select(*shared, func.count().label("number")).where(*where).group_by(*columns)
    if not order.name:
        return counts
    table, name = order.name
    counted = counts.subquery()
    named = and_(table.school_id == school_id, table.id == counted.c.shared_0)
    return select(counted.c.shared_0, name, counted.c.number).select_from(counted).outerjoin(table, named)


def _place(order: Shared, groups: Sequence[Group], key: Key, *, backwards: bool, down: bool) -> tuple[int, bool]:
    """Among groups as they are walked: the one where the page begins, and whether the row stands in it."""
    if key.value is None:
        found = next((place for place, group in enumerate(groups) if group.key is None), None)
        if found is not None:
            return found, True
        return (0, False) if backwards else (len(groups), False)
    rank = order.rank(key.value)
    ascending = down == backwards
    for place, group in enumerate(groups):
        if group.key is None:
            if backwards:
                continue  # walked backwards, they come first and are passed by
            return place, False
        if group.rank == rank:
            return place, True
        if (group.rank > rank) == ascending:
            return place, False
    return len(groups), False


def _among(columns: Sequence[Any], groups: Sequence[Group]) -> ColumnElement[bool]:
    values = [one for group in groups for one in group.values]
    if len(columns) > 1:
        return or_(*(and_(*(c == v for c, v in zip(columns, one, strict=True))) for one in values))
    known = [one for (one,) in values if one is not None]
    ways = [columns[0] == known[0] if len(known) == 1 else columns[0].in_(known)] if known else []
    return or_(*ways, *([columns[0].is_(None)] if len(known) < len(values) else []))


def _plain_text(text: str) -> str:
    """folded(text), quickly for what has no accents: most names, thousands of them."""
    return " ".join(text.lower().split()) if text.isascii() else folded(text)
