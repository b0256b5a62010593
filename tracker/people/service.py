"""Add and change people. Flushes, never commits."""

from dataclasses import dataclass, replace
from uuid import UUID

from sqlalchemy import ColumnElement, func, select, true

from tracker.accounts.service import lock_school
from tracker.audit.kinds import EventKind
from tracker.audit.service import history, record
from tracker.db import add, db, row_of
from tracker.people import rules
from tracker.people.models import Person
from tracker.people.rules import Attendance, PersonKind
from tracker.people.rules import PersonDetails as PersonDetails
from tracker.values import (
    Actor,
    Blocker,
    Conflict,
    Denied,
    Subject,
    folded,
    london,
    one_line,
    search_words,
    today,
    utc_now,
)

PAGE = 50  # rows of a list
FORGOTTEN = "A pseudonym stands in the place of this person's name. Nothing of them can be changed any more."


def subject_of(person: Person) -> Subject:
    """The person as the log knows them."""
    return Subject("person", person.id, person.name)


def get_person(school_id: UUID, person_id: UUID) -> Person:
    """The person. Raises NotFound, also for another school's."""
    return row_of(Person, school_id, person_id)


def email_of(person: Person | None) -> str:
    """The address of somebody; empty where none is known."""
    return person.email if person is not None else ""


def details_of(person: Person) -> PersonDetails:
    """What is known of a person, as a form shows it."""
    return PersonDetails(
        person.name,
        PersonKind(person.kind),
        person.job,
        person.email,
        person.left_on,
        person.dbs_confirmed_on,
        person.line_manager_id,
        person.started_on,
        person.reference,
        person.parent_name,
        person.parent_email,
    )


def add_person(actor: Actor, details: PersonDetails) -> Person:
    """Add somebody to the actor's school. Raises Denied with every reason why not."""
    details = _checked(details)
    _check_manager(actor.school_id, None, details.line_manager_id)
    _check_reference(actor.school_id, None, details.reference)
    person = Person(school_id=actor.school_id, created_at=utc_now(), **columns(details))
    add(person)
    record(actor, EventKind.PERSON_CREATED, subject_of(person), after=_told(actor.school_id, details))
    return person


def edit(actor: Actor, person_id: UUID, details: PersonDetails, *, version: int) -> Person:
    """Change what is known of a person; `version` is the one that the form was filled from.

    Raises NotFound, Denied, and Conflict where somebody else changed the person since.
    """
    person, details = get_person(actor.school_id, person_id), _checked(details)
    if person.version != version:
        raise Conflict(changed_meanwhile(actor.school_id, "person", person.id, person.name))
    if person.forgotten_at is not None:
        raise Denied((Blocker("forgotten", FORGOTTEN),))
    if details.line_manager_id != person.line_manager_id:
        _check_manager(actor.school_id, person.id, details.line_manager_id)
    if details.reference != person.reference:
        _check_reference(actor.school_id, person.id, details.reference)
    old, new = _told(actor.school_id, details_of(person)), _told(actor.school_id, details)
    changed = [key for key in new if new[key] != old[key]]
    if not changed:
        return person
    for name, value in columns(details).items():
        setattr(person, name, value)
    db.session.flush()
    before, after = {key: old[key] for key in changed}, {key: new[key] for key in changed}
    record(actor, EventKind.PERSON_CHANGED, subject_of(person), before=before, after=after)
    return person


def here() -> ColumnElement[bool]:
    """The condition that somebody has not left."""
    return Person.left_on.is_(None) | (Person.left_on >= today())


def choices(school_id: UUID) -> list[tuple[UUID, str]]:
    """Who can be responsible for something: everybody who has not left, by name."""
    query = select(Person.id, Person.name).where(Person.school_id == school_id, here()).order_by(Person.name, Person.id)
    return [(found_id, name) for found_id, name in db.session.execute(query)]


@dataclass(frozen=True)
class Wanted:
    """Whom a list shows; `text` is found in name, job, email, reference and the parent's name; `kind` None: all."""

    text: str = ""
    kind: PersonKind | None = None
    attendance: Attendance = Attendance.HERE


def listed(school_id: UUID, wanted: Wanted | None = None, *, page: int = 1) -> tuple[list[Person], int]:
    """One page of people by name, and how many there are."""
    where = _where(school_id, wanted or Wanted())
    total = db.session.scalar(select(func.count()).select_from(Person).where(*where)) or 0
    query = select(Person).where(*where).order_by(Person.name, Person.id).limit(PAGE).offset((page - 1) * PAGE)
    return list(db.session.scalars(query)), total


def everybody(school_id: UUID, wanted: Wanted) -> list[Person]:
    """All whom a list shows, by name."""
    query = select(Person).where(*_where(school_id, wanted)).order_by(Person.name, Person.id)
    return list(db.session.scalars(query))


def names(school_id: UUID) -> dict[UUID, str]:
    """What everybody is called, leavers too."""
    query = select(Person.id, Person.name).where(Person.school_id == school_id)
    return {person_id: name for person_id, name in db.session.execute(query)}


def _where(school_id: UUID, wanted: Wanted) -> list[ColumnElement[bool]]:
    attendance: dict[Attendance, ColumnElement[bool]] = {
        Attendance.HERE: here(),
        Attendance.STARTING: Person.started_on > today(),
        Attendance.LEFT: Person.left_on < today(),
    }
    where = [Person.school_id == school_id, attendance.get(wanted.attendance, true())]
    where += [Person.search.contains(word, autoescape=True) for word in search_words(wanted.text)]
    if wanted.kind is not None:
        where.append(Person.kind == wanted.kind.value)
    return where


def changed_meanwhile(school_id: UUID, subject_type: str, subject_id: UUID, label: str) -> str:
    """A sentence that says who changed a thing last, and when, for somebody whose own change came too late."""
    last = next(iter(history(school_id, subject_type, subject_id)), None)
    who = f"{last.actor} changed {label} on {london(last.at)}" if last and last.actor else f"{label} was changed"
    return f"{who}, after you opened this form. Nothing of yours was saved yet. Look at what is different, then save."


def tidied(details: PersonDetails) -> PersonDetails:
    """The details as they are kept: texts on one line, addresses in small letters."""
    return replace(
        details,
        name=one_line(details.name),
        job=one_line(details.job),
        reference=one_line(details.reference),
        email=one_line(details.email).casefold(),
        parent_name=one_line(details.parent_name),
        parent_email=one_line(details.parent_email).casefold(),
    )


def _checked(details: PersonDetails) -> PersonDetails:
    day = today()
    decision = rules.may_keep(details, day)
    if not decision.allowed:
        raise Denied(decision.blockers)
    kept = tidied(details)
    decision = rules.may_keep(kept, day)  # again: a name of spaces is none, and composing can lengthen a text
    if not decision.allowed:
        raise Denied(decision.blockers)
    return kept


def columns(details: PersonDetails) -> dict[str, object]:
    """The columns of a person with these details, what they are found by included."""
    found_by = (details.name, details.job, details.email, details.reference, details.parent_name)
    return {**vars(details), "kind": details.kind.value, "search": folded(" ".join(filter(None, found_by)))}


def _check_reference(school_id: UUID, person_id: UUID | None, reference: str) -> None:
    """Raises Denied where somebody else has this number."""
    query = select(Person).where(Person.school_id == school_id, Person.reference == reference)
    other = db.session.scalar(query) if reference else None
    if other is not None and other.id != person_id:
        raise Denied((Blocker("reference", f"{other.name} has this number already. Correct one of the two."),))


def _check_manager(school_id: UUID, person_id: UUID | None, manager_id: UUID | None) -> None:
    """Raises NotFound, Denied. The school is locked, so that two changes at once cannot close a circle."""
    if manager_id is None:
        return
    lock_school(school_id)
    manager = get_person(school_id, manager_id)
    query = select(Person.id, Person.line_manager_id).where(
        Person.school_id == school_id, Person.line_manager_id.is_not(None)
    )
    managers = {below: above for below, above in db.session.execute(query) if above is not None}
    left = manager.left_on is not None and manager.left_on < today()
    decision = rules.may_answer_to(person_id, manager_id, managers, left=left)
    if not decision.allowed:
        raise Denied(decision.blockers)


def _told(school_id: UUID, details: PersonDetails) -> dict[str, object]:
    manager = details.line_manager_id
    return told(details, get_person(school_id, manager).name if manager else None)


def told(details: PersonDetails, line_manager: str | None) -> dict[str, object]:
    """What an event tells of somebody; the line manager by name."""
    return {
        "name": details.name,
        "kind": details.kind.value,
        "job": details.job,
        "email": details.email,
        "left": details.left_on.isoformat() if details.left_on else None,
        "dbs_confirmed_on": details.dbs_confirmed_on.isoformat() if details.dbs_confirmed_on else None,
        "line_manager": line_manager,
        "started": details.started_on.isoformat() if details.started_on else None,
        "reference": details.reference,
        "parent": details.parent_name,
        "parent_email": details.parent_email,
    }
