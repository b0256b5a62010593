"""Which person an account belongs to. Flushes, never commits."""

from uuid import UUID

from sqlalchemy import select

from tracker.accounts.models import User
from tracker.audit.kinds import EventKind
from tracker.audit.service import record
from tracker.db import add, db
from tracker.people.models import Person, PersonAccount
from tracker.people.rules import PersonDetails, PersonKind
from tracker.people.service import add_person, get_person, here, subject_of
from tracker.values import Actor, Blocker, Denied, NotFound, Role, folded

_KINDS = {Role.GOVERNOR: PersonKind.GOVERNOR, Role.AUDITOR: PersonKind.EXTERNAL}


def kind_for(role: Role | None) -> PersonKind:
    """The group of somebody who has an account with this role."""
    return _KINDS.get(role, PersonKind.STAFF) if role is not None else PersonKind.STAFF


def person_of_user(actor: Actor) -> Person | None:
    """The person whose account this is; None where nobody said so yet."""
    if actor.id is None:
        return None
    query = (
        select(Person)
        .join(PersonAccount, (PersonAccount.school_id == Person.school_id) & (PersonAccount.person_id == Person.id))
        .where(PersonAccount.school_id == actor.school_id, PersonAccount.user_id == actor.id)
    )
    return db.session.scalar(query)


def person_for_user(actor: Actor) -> Person:
    """The person whose account this is, found by name or made at the first time.

    Somebody of that very name and group is taken where there is one and no other, and no account is theirs yet: else
    two of the same name could sign for each other. Raises NotFound for an actor without an account.
    """
    found = person_of_user(actor)
    if found is not None:
        return found
    if actor.id is None or db.session.get(User, (actor.school_id, actor.id), with_for_update=True) is None:
        raise NotFound
    kind = kind_for(actor.role)
    same = [one for one in _unlinked(actor.school_id, kind) if folded(one.name) == folded(actor.name)]
    person = same[0] if len(same) == 1 else add_person(actor, PersonDetails(actor.name, kind))
    link(actor, person.id, actor.id)
    return person


def link(actor: Actor, person_id: UUID, user_id: UUID) -> None:
    """Say whose account it is; an earlier statement about the account is replaced. Raises NotFound, Denied."""
    person = get_person(actor.school_id, person_id)
    user = db.session.get(User, (actor.school_id, user_id))
    if user is None:
        raise NotFound
    taken = select(PersonAccount).where(
        PersonAccount.school_id == actor.school_id, PersonAccount.person_id == person_id
    )
    other = db.session.scalar(taken)
    if other is not None and other.user_id != user_id:
        raise Denied((Blocker("person_taken", f"{person.name} has another account already."),))
    if other is not None:
        return
    row = db.session.get(PersonAccount, (actor.school_id, user_id))
    if row is None:
        add(PersonAccount(school_id=actor.school_id, user_id=user_id, person_id=person_id))
    else:
        row.person_id = person_id
        db.session.flush()
    record(actor, EventKind.PERSON_LINKED, subject_of(person), after={"account": user.username})


def account_of(school_id: UUID, person_id: UUID) -> User | None:
    """The account of a person, if it is known."""
    query = (
        select(User)
        .join(PersonAccount, (PersonAccount.school_id == User.school_id) & (PersonAccount.user_id == User.id))
        .where(PersonAccount.school_id == school_id, PersonAccount.person_id == person_id)
    )
    return db.session.scalar(query)


def _unlinked(school_id: UUID, kind: PersonKind) -> list[Person]:
    """People of a group who are still here and of whom no account is known."""
    linked = select(PersonAccount.person_id).where(PersonAccount.school_id == school_id)
    query = select(Person).where(
        Person.school_id == school_id,
        Person.kind == kind.value,
        here(),
        Person.id.not_in(linked),
    )
    return list(db.session.scalars(query))
