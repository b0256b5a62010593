"""How long names are kept, whose are due, and the periods of a school. Flushes, never commits."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any
from uuid import UUID

from sqlalchemy import func, select

from tracker.accounts.models import User
from tracker.accounts.service import lock_school, school_of
from tracker.audit.kinds import EventKind
from tracker.audit.service import record
from tracker.db import add, db
from tracker.incidents.models import Incident
from tracker.incidents.rules import IncidentState
from tracker.loans.models import Loan, LoanItem
from tracker.people.models import Person, PersonAccount
from tracker.people.rules import PersonKind
from tracker.people.service import changed_meanwhile
from tracker.retention import rules
from tracker.retention.models import RetentionSettings
from tracker.retention.rules import Leaver, Periods
from tracker.values import LONDON, Actor, Conflict, Denied, NotFound, Subject, today


@dataclass(frozen=True)
class Standing:
    """Somebody who left, since when the name need not be kept, and what is in the way."""

    person: Person
    due_on: date
    decision: Any  # a Decision; due and free of blockers: it may be done


def periods_of(school_id: UUID) -> Periods:
    """The periods of a school; the usual ones where it set none."""
    row = db.session.get(RetentionSettings, school_id)
    return Periods() if row is None else Periods(**{name: getattr(row, name) for name in vars(Periods())})


def version_of(school_id: UUID) -> int:
    """How often they were set; 0 where they are the usual ones."""
    row = db.session.get(RetentionSettings, school_id)
    return row.version if row else 0


def change(actor: Actor, periods: Periods, *, version: int) -> None:
    """Set the periods; `version` is the one that the form was filled from. Raises Denied, and Conflict."""
    decision = rules.may_set(periods, actor.role)
    if not decision.allowed:
        raise Denied(decision.blockers)
    lock_school(actor.school_id)
    school = school_of(actor.school_id)
    if version_of(actor.school_id) != version:
        raise Conflict(changed_meanwhile(school.id, "school", school.id, "the periods"))
    old, new = vars(periods_of(actor.school_id)), vars(periods)
    changed = [name for name in new if new[name] != old[name]]
    if not changed:
        return
    row = db.session.get(RetentionSettings, actor.school_id)
    if row is None:
        add(RetentionSettings(school_id=actor.school_id, **new))
    else:
        for name in changed:
            setattr(row, name, new[name])
        db.session.flush()
    before, after = ({name: side[name] for name in changed} for side in (old, new))
    record(actor, EventKind.RETENTION_CHANGED, Subject("school", school.id, school.name), before=before, after=after)


def leavers(school_id: UUID) -> list[Standing]:
    """Everybody who left and whose name still stands, by the day on which it is due. A constant number of queries."""
    query = select(Person).where(Person.school_id == school_id, Person.forgotten_at.is_(None), Person.left_on < today())
    return sorted(standings(school_id, list(db.session.scalars(query))), key=lambda one: (one.due_on, one.person.name))


def due(school_id: UUID) -> list[Standing]:
    """Those of them whose period is over, with what is in the way."""
    return [one for one in leavers(school_id) if one.due_on <= today()]


def chosen(school_id: UUID, ids: Sequence[UUID]) -> list[Standing]:
    """These people, in this order, whether they may be forgotten or not. Raises NotFound."""
    query = select(Person).where(Person.school_id == school_id, Person.id.in_(ids[: rules.TOGETHER]))
    found = {one.id: one for one in db.session.scalars(query)}
    if not found or set(found) != set(ids):
        raise NotFound
    return standings(school_id, [found[one] for one in dict.fromkeys(ids)])


def standings(school_id: UUID, people: Sequence[Person]) -> list[Standing]:
    """How it stands with these people."""
    periods, day, facts = periods_of(school_id), today(), facts_of(school_id, people)
    return [
        Standing(one, rules.due_on(facts[one.id], periods) or date.max, rules.may_forget(facts[one.id], periods, day))
        for one in people
    ]


def facts_of(school_id: UUID, people: Sequence[Person]) -> dict[UUID, Leaver]:
    """What decides on their names. Four queries."""
    ids = [one.id for one in people]
    mine = (Loan.school_id == school_id) & Loan.person_id.in_(ids)
    out = _pairs(select(Loan.person_id, func.sum(Loan.open_items)).where(mine).group_by(Loan.person_id))
    joined = (LoanItem.school_id == Loan.school_id) & (LoanItem.loan_id == Loan.id)
    back = _pairs(
        select(Loan.person_id, func.max(LoanItem.returned_at))
        .join(LoanItem, joined)
        .where(mine)
        .group_by(Loan.person_id)
    )
    named = (Incident.school_id == school_id) & Incident.person_id.in_(ids)
    still = Incident.state != IncidentState.CLOSED.value
    open_ = _pairs(select(Incident.person_id, func.count()).where(named, still).group_by(Incident.person_id))
    closed = _pairs(select(Incident.person_id, func.max(Incident.closed_at)).where(named).group_by(Incident.person_id))
    linked = (PersonAccount.school_id == User.school_id) & (PersonAccount.user_id == User.id)
    accounts = select(PersonAccount.person_id, User.active).join(User, linked)
    active = _pairs(accounts.where(PersonAccount.school_id == school_id, PersonAccount.person_id.in_(ids)))
    return {
        one.id: Leaver(
            one.name,
            PersonKind(one.kind),
            one.left_on,
            int(out.get(one.id) or 0),
            _day(back.get(one.id)),
            int(open_.get(one.id) or 0),
            _day(closed.get(one.id)),
            bool(active.get(one.id)),
            one.forgotten_at is not None,
        )
        for one in people
    }


def _pairs(query: Any) -> dict[UUID, Any]:
    return {key: value for key, value in db.session.execute(query)}


def _day(moment: Any) -> date | None:
    return None if moment is None else moment.astimezone(LONDON).date()
