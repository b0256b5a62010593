"""Lists that somebody saved: filters, order and columns under a name of their own. Flushes, never commits."""

from urllib.parse import parse_qsl, urlencode
from uuid import UUID

from sqlalchemy import select, update

from tracker.audit.kinds import EventKind
from tracker.audit.service import record
from tracker.db import add, db
from tracker.inventory.details import text_blockers
from tracker.inventory.models import SavedView
from tracker.inventory.query import filters_from, query_of
from tracker.values import Actor, Blocker, Denied, NotFound, Subject, folded, one_line, utc_now

NAME_LIMIT = 80  # characters
MOST = 50  # of a person
QUERY_LIMIT = 8_000  # characters, as much as an address holds


def views_of(actor: Actor) -> list[SavedView]:
    """What this person saved, by name: one query."""
    query = select(SavedView).where(SavedView.school_id == actor.school_id, SavedView.user_id == actor.id)
    return sorted(db.session.scalars(query), key=lambda view: folded(view.name))


def opening(actor: Actor) -> SavedView | None:
    """The one that the list opens with for this person, if any."""
    mine = SavedView.school_id == actor.school_id, SavedView.user_id == actor.id
    return db.session.scalar(select(SavedView).where(*mine, SavedView.opens.is_(True)).limit(1))


def save(actor: Actor, name: str, query: str, *, opens: bool) -> SavedView:
    """Keep a list under a name; one that has this name already becomes this. Raises Denied with every reason."""
    name, views = one_line(name), views_of(actor)
    told = urlencode(query_of(filters_from(dict(parse_qsl(query[:QUERY_LIMIT])))[0]))
    found = list(text_blockers(name, NAME_LIMIT, "name"))
    same = next((view for view in views if folded(view.name) == folded(name)), None)
    if not name:
        found.append(Blocker("no_name", "Enter a name for this list."))
    if same is None and len(views) >= MOST:
        found.append(Blocker("too_many", f"You have {MOST} saved lists, which is the most. Remove one first."))
    if found or actor.id is None:
        raise Denied(tuple(found) or (Blocker("nobody", "This needs a person."),))
    if opens:
        _opens_no_more(actor)
    if same is None:
        same = SavedView(
            school_id=actor.school_id, user_id=actor.id, name=name, query=told, opens=opens, created_at=utc_now()
        )
        add(same)
    else:
        same.name, same.query, same.opens = name, told, opens
        db.session.flush()
    record(actor, EventKind.VIEW_SAVED, _subject(same), after={"query": told, "opens": opens})
    return same


def remove(actor: Actor, view_id: UUID) -> str:
    """Forget a list; returns its name. Raises NotFound, also for somebody else's."""
    view = db.session.get(SavedView, (actor.school_id, view_id))
    if view is None or view.user_id != actor.id:
        raise NotFound
    subject, told = _subject(view), {"query": view.query}
    db.session.delete(view)
    db.session.flush()
    record(actor, EventKind.VIEW_REMOVED, subject, before=told)
    return subject.label


def _opens_no_more(actor: Actor) -> None:
    mine = SavedView.school_id == actor.school_id, SavedView.user_id == actor.id
    db.session.execute(update(SavedView).where(*mine).values(opens=False))


def _subject(view: SavedView) -> Subject:
    return Subject("view", view.id, view.name)
