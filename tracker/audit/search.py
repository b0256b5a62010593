"""The log as a list: a page of it by kind, person, day, thing or text, quick with a million events. Only reads.

By kind, person or day events come in the order of time, which an index gives; else in the order of the chain. The two
differ only where the server's clock was put back. A text has no index: it is looked for in so many events a page.
"""

import json
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, Select, func, literal, or_, select, tuple_

from tracker.audit.models import Event
from tracker.audit.service import Entry, entry_of
from tracker.db import db
from tracker.ordering import loose

# A text is looked for in so many events at a time, in steps that PostgreSQL takes along an index: it would read the
# whole log for a larger one.
STEP, STEPS = 20_000, 3
FEW = 2_000  # events of a kind that is looked for among all people
ACTORS_MOST = 500  # in the list of people
SYSTEM = "none"  # instead of a person's id: the system itself


@dataclass(frozen=True)
class Filter:
    """What of the log is shown. None and empty: everything. Times are UTC, `until` is not included."""

    kind: str | None = None
    actor: str = ""  # how a name begins
    label: str = ""  # part of what the thing was called, or any other text
    since: datetime | None = None
    until: datetime | None = None
    subject_type: str | None = None
    subject_id: UUID | None = None
    actor_id: UUID | str | None = None  # SYSTEM: nobody's
    discreet: bool = False  # without incidents, and without what staff reported: a colleague is not shown

    @property
    def texts(self) -> bool:
        """Whether the events themselves must be read."""
        return bool(self.actor or self.label)


@dataclass(frozen=True)
class Found:
    """A page of the log; `older` turns it. `unsearched`: older events may fit, too, and were not looked at yet."""

    entries: list[Entry]
    older: int | None
    unsearched: bool = False


def search(school_id: UUID, asked: Filter, *, before_seq: int | None, limit: int) -> list[Entry]:
    """A school's events, the newest first, at most `limit`; `before_seq` turns the page. Texts: in all events."""
    found = db.session.scalars(_query(school_id, asked, before_seq).limit(limit))
    return [entry_of(event) for event in found]


def page(school_id: UUID, asked: Filter, *, before_seq: int | None, limit: int) -> Found:
    """The same as a page; a text is looked for in so many events only, and `unsearched` says that there are more."""
    if not asked.texts or (asked.subject_type and asked.subject_id):
        found = search(school_id, asked, before_seq=before_seq, limit=limit + 1)
        return Found(found[:limit], found[limit - 1].seq if len(found) > limit else None)
    top, entries = before_seq if before_seq is not None else 1 + _last(school_id), list[Entry]()
    for _ in range(STEPS):
        low = max(1, top - STEP)
        query = _query(school_id, asked, top).where(Event.seq >= low)
        entries += map(entry_of, db.session.scalars(query.limit(limit + 1 - len(entries))))
        if len(entries) > limit:
            return Found(entries[:limit], entries[limit - 1].seq)
        top = low
        if top == 1:
            return Found(entries, None)
    return Found(entries, top, unsearched=True)


def actors(school_id: UUID) -> list[tuple[UUID, str]]:
    """Everybody who did something, by the name that they had last, in order: two queries along an index."""
    mine = Event.school_id == school_id
    first = select(Event.actor_id).where(mine, Event.actor_id.is_not(None)).order_by(Event.actor_id).limit(1)
    found = select(first.scalar_subquery().label("id")).cte("actors", recursive=True)
    following = select(Event.actor_id).where(mine, Event.actor_id > found.c.id).order_by(Event.actor_id).limit(1)
    found = found.union_all(select(following.correlate(found).scalar_subquery()).where(found.c.id.is_not(None)))
    last = select(Event.detail).where(mine, Event.actor_id == found.c.id)
    last = last.order_by(Event.at.desc(), Event.seq.desc()).limit(1)
    query = select(found.c.id, last.correlate(found).scalar_subquery()).where(found.c.id.is_not(None))
    told = ((actor_id, _name(detail)) for actor_id, detail in db.session.execute(query.limit(ACTORS_MOST)))
    return sorted(((actor_id, name) for actor_id, name in told if name), key=lambda one: one[1].casefold())


def _query(school_id: UUID, asked: Filter, before: int | None) -> Select[Any]:
    query = select(Event).where(Event.school_id == school_id, *_texts(asked), *(_discreet() if asked.discreet else ()))
    of_one = bool(asked.subject_type and asked.subject_id)
    if of_one:
        query = query.where(Event.subject_type == asked.subject_type, Event.subject_id == asked.subject_id)
    if of_one or asked.texts:
        return _chained(query.where(*_plain(school_id, asked, by=loose)), before)
    where = _plain(school_id, asked)
    if not where:
        return _chained(query, before)
    query = query.where(*where).order_by(Event.at.desc(), Event.seq.desc())
    if before is not None:
        at = db.session.scalar(select(Event.at).where(Event.school_id == school_id, Event.seq == before))
        if at is None:
            return query.where(Event.seq < before)
        ours, theirs = (Event.at, Event.seq), (literal(at, Event.at.type), literal(before, Event.seq.type))
        query = query.where(tuple_(*ours) < tuple_(*theirs))
    return query


def _chained(query: Select[Any], before: int | None) -> Select[Any]:
    """In the order of the chain."""
    return (query if before is None else query.where(Event.seq < before)).order_by(Event.seq.desc())


def _plain(school_id: UUID, asked: Filter, by: Any = None) -> list[ColumnElement[bool]]:
    """The conditions on columns. A person is the better index, but for a kind that hardly occurs."""
    kind, at, actor = ((by or _same)(column) for column in (Event.kind, Event.at, Event.actor_id))
    if by is None and asked.kind and asked.actor_id is not None:
        of_kind = select(Event.seq).where(Event.school_id == school_id, Event.kind == asked.kind).limit(FEW + 1)
        rare = (db.session.scalar(select(func.count()).select_from(of_kind.subquery())) or 0) <= FEW
        kind, actor = (kind, loose(actor)) if rare else (loose(kind), actor)
    where: list[ColumnElement[bool]] = []
    if asked.kind:
        where.append(kind == asked.kind)
    if asked.actor_id is not None:
        where.append(actor.is_(None) if asked.actor_id == SYSTEM else actor == asked.actor_id)
    if asked.since is not None:
        where.append(at >= asked.since)
    if asked.until is not None:
        where.append(at < asked.until)
    return where


def _discreet() -> list[ColumnElement[bool]]:
    """Without incidents and finds, and without what staff changed of a thing, which they do only by reporting it."""
    theirs = Event.subject_type.in_(("asset", "medium")) & Event.detail.contains(_member("role", "staff"))
    return [Event.subject_type.not_in(("incident", "found")), or_(Event.detail.is_(None), ~theirs)]


def _same(column: Any) -> Any:
    return column


def _texts(asked: Filter) -> list[ColumnElement[bool]]:
    where = []
    if asked.actor:
        where.append(Event.detail.icontains(_member("actor", asked.actor), autoescape=True))
    if asked.label:
        where.append(Event.detail.icontains(asked.label, autoescape=True))
    return where


def _last(school_id: UUID) -> int:
    query = select(Event.seq).where(Event.school_id == school_id).order_by(Event.seq.desc()).limit(1)
    return db.session.scalar(query) or 0


def _member(name: str, part: str) -> str:
    """How a member that begins with `part` stands in canonical JSON, for a search in the text of the detail."""
    return f'"{name}":' + json.dumps(part, ensure_ascii=False)[:-1]


def _name(detail: str | None) -> str:
    return "" if detail is None else str(json.loads(detail).get("actor") or "")
