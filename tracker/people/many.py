"""Add and change many people with a constant number of statements, as one would one by one. Flushes, never commits."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from uuid import UUID

from sqlalchemy import insert, select

from tracker.audit.kinds import EventKind
from tracker.audit.service import Note, record_many
from tracker.db import db
from tracker.people.models import Person
from tracker.people.rules import PersonDetails
from tracker.people.service import columns, details_of, told
from tracker.values import Actor, Conflict, Subject, utc_now


@dataclass(frozen=True)
class Change:
    """What somebody becomes; `version` is the one that was looked at."""

    person_id: UUID
    details: PersonDetails
    version: int


def lock(school_id: UUID, ids: Sequence[UUID]) -> dict[UUID, Person]:
    """These people as they are now, locked in one order until the transaction ends."""
    query = select(Person).where(Person.school_id == school_id, Person.id.in_(ids)).order_by(Person.id)
    found = db.session.scalars(query.with_for_update().execution_options(populate_existing=True)) if ids else ()
    return {one.id: one for one in found}


def add_many(actor: Actor, people: Mapping[UUID, PersonDetails], names: Mapping[UUID, str]) -> None:
    """Add people whose details were found fit to be kept, under ids that the caller chose.

    `names` says what line managers are called who may be added only later in the same transaction.
    """
    if not people:
        return
    known = _names(actor.school_id, {one.line_manager_id for one in people.values()}, names)
    fixed = {"school_id": actor.school_id, "created_at": utc_now(), "version": 1, "forgotten_at": None}
    db.session.execute(insert(Person), [{**fixed, "id": one, **columns(details)} for one, details in people.items()])
    notes = [
        Note(EventKind.PERSON_CREATED, Subject("person", one, details.name), after=told(details, _of(details, known)))
        for one, details in people.items()
    ]
    record_many(actor, notes)


def change_many(actor: Actor, changes: Sequence[Change], names: Mapping[UUID, str]) -> None:
    """Change people who are locked, to details that were found fit; `names` as for `add_many`.

    Raises Conflict where one of them was changed since.
    """
    if not changes:
        return
    people, notes = lock(actor.school_id, [one.person_id for one in changes]), []
    managers = {one.line_manager_id for one in people.values()} | {one.details.line_manager_id for one in changes}
    known = _names(actor.school_id, managers, names)
    for one in changes:
        person = people.get(one.person_id)
        if person is None or person.version != one.version or person.forgotten_at is not None:
            raise Conflict("Something was changed at the same moment.")
        before = details_of(person)
        old, new = told(before, _of(before, known)), told(one.details, _of(one.details, known))
        changed = [key for key in new if new[key] != old[key]]
        for name, value in columns(one.details).items():
            setattr(person, name, value)
        subject = Subject("person", person.id, person.name)
        sides = [{key: side[key] for key in changed} for side in (old, new)]
        notes.append(Note(EventKind.PERSON_CHANGED, subject, sides[0], sides[1]))
    db.session.flush()
    record_many(actor, notes)


def _of(details: PersonDetails, names: Mapping[UUID, str]) -> str | None:
    return names.get(details.line_manager_id) if details.line_manager_id else None


def _names(school_id: UUID, ids: set[UUID | None], names: Mapping[UUID, str]) -> dict[UUID, str]:
    """What these line managers are called."""
    asked = [one for one in ids if one is not None and one not in names]
    query = select(Person.id, Person.name).where(Person.school_id == school_id, Person.id.in_(asked))
    return {**names, **({person_id: name for person_id, name in db.session.execute(query)} if asked else {})}
