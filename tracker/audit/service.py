"""Write and read the log. An event is written in the transaction of the change it tells of."""

import json
import secrets
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy import insert, select
from sqlalchemy.exc import IntegrityError
from uuid_utils.compat import uuid7

from tracker.audit import chain
from tracker.audit.kinds import EventKind
from tracker.audit.models import ChainHead, Event
from tracker.db import add, db
from tracker.values import Actor, Subject, utc_now

Values = Mapping[str, object]


@dataclass(frozen=True)
class Note:
    """One of many events that are written together. `before` and `after` as for `record`."""

    kind: EventKind
    subject: Subject
    before: Values | None = None
    after: Values | None = None
    why: str = ""


def record(
    actor: Actor,
    kind: EventKind,
    subject: Subject,
    *,
    before: Values | None = None,
    after: Values | None = None,
    why: str = "",
) -> Event:
    """Append one event to the actor's school's chain, inside the current transaction.

    `before` and `after` hold only what changed, as JSON values (texts, whole numbers, booleans, None, lists).
    Raises rfc8785.CanonicalizationError for anything else, which is a programming error.
    """
    note = Note(kind, subject, before, after, why)
    detail = _detail(actor, note)
    head = _locked_head(actor.school_id)
    event = Event(**_next(actor, head, note, detail))
    add(event)
    return event


def record_many(actor: Actor, notes: Iterable[Note]) -> int:
    """Append many events in their order, with one lock and a few statements; returns how many. Raises as `record`."""
    told = [(note, _detail(actor, note)) for note in notes]
    if not told:
        return 0
    head = _locked_head(actor.school_id)
    rows = [_next(actor, head, note, detail) for note, detail in told]
    db.session.flush()
    db.session.execute(insert(Event), rows)
    return len(rows)


def _detail(actor: Actor, note: Note) -> bytes:
    return chain.detail_bytes(
        {
            "actor": actor.name,
            "role": actor.role.value if actor.role else None,
            "origin": actor.origin,
            "request": None if actor.request_id is None else str(actor.request_id),
            "label": note.subject.label,
            "before": None if note.before is None else dict(note.before),
            "after": None if note.after is None else dict(note.after),
            "why": note.why,
        }
    )


def _next(actor: Actor, head: ChainHead, note: Note, detail: bytes) -> dict[str, object]:
    """The columns of the chain's next event; the head moves on."""
    salt = secrets.token_bytes(32)
    link = chain.Link(
        school_id=actor.school_id,
        id=uuid7(),
        seq=head.seq + 1,
        at=utc_now(),
        kind=note.kind.value,
        actor_id=actor.id,
        subject_type=note.subject.type,
        subject_id=note.subject.id,
        detail=detail.decode(),
        salt=salt,
        detail_digest=chain.digest_of_detail(salt, detail),
        previous=head.hash,
        hash="",
    )
    head.seq, head.hash = link.seq, chain.hash_of(link)
    return {**vars(link), "hash": head.hash}


def _locked_head(school_id: UUID) -> ChainHead:
    """The end of the chain, locked until the transaction ends, so that two writers never take one place.

    SQLite has no row locks; there the whole transaction holds the write lock from its start (tracker/db.py).
    """
    query = select(ChainHead).where(ChainHead.school_id == school_id).with_for_update()
    head = db.session.scalar(query.execution_options(populate_existing=True))
    if head is None:
        try:
            with db.session.begin_nested():
                db.session.execute(insert(ChainHead).values(school_id=school_id, seq=0, hash=chain.GENESIS))
        except IntegrityError:  # another writer made it first; its lock is waited for below
            pass
        head = db.session.scalars(query).one()
    return head


@dataclass(frozen=True)
class Entry:
    """An event for people to read. Names are as they were at the time; a redacted detail leaves them empty."""

    seq: int
    at: datetime
    kind: str
    actor: str
    role: str | None
    origin: str
    subject_type: str
    subject_id: UUID
    label: str
    before: dict[str, object]
    after: dict[str, object]
    why: str


def entry_of(event: Event) -> Entry:
    """Unpack a stored event."""
    detail = json.loads(event.detail) if event.detail is not None else {}
    return Entry(
        seq=event.seq,
        at=event.at,
        kind=event.kind,
        actor=detail.get("actor") or "",
        role=detail.get("role"),
        origin=detail.get("origin") or "",
        subject_type=event.subject_type,
        subject_id=event.subject_id,
        label=detail.get("label") or "",
        before=detail.get("before") or {},
        after=detail.get("after") or {},
        why=detail.get("why") or "",
    )


def history(school_id: UUID, subject_type: str, subject_id: UUID, *, before_seq: int | None = None) -> list[Entry]:
    """What happened to one thing, newest first, at most 50; `before_seq` turns the page."""
    query = select(Event).where(
        Event.school_id == school_id, Event.subject_type == subject_type, Event.subject_id == subject_id
    )
    if before_seq is not None:
        query = query.where(Event.seq < before_seq)
    return [entry_of(event) for event in db.session.scalars(query.order_by(Event.seq.desc()).limit(50))]


def links(school_id: UUID) -> Iterator[chain.Link]:
    """A school's whole chain, in order, read in slices so that a million events fit in memory."""
    query = select(Event).where(Event.school_id == school_id).order_by(Event.seq, Event.id)
    # closed in any case: a chain that breaks is not read to its end
    with db.session.execute(query.execution_options(yield_per=2000)) as result:
        for event in result.scalars():
            yield chain.Link(**{name: getattr(event, name) for name in chain.Link.__dataclass_fields__})
