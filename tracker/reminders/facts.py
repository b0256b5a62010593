"""What the rules look at, read in a fixed number of queries whatever the school's size. Only reads."""

from collections.abc import Mapping
from datetime import date, datetime, timedelta
from uuid import UUID

from sqlalchemy import func, select

from tracker.accounts.models import User
from tracker.agreements import service as agreements
from tracker.agreements.rules import Standing
from tracker.config import usable_address
from tracker.db import db
from tracker.loans.models import Attestation, Loan, LoanItem, Suspension
from tracker.loans.rules import AttestationKind
from tracker.people.models import Person, PersonAccount
from tracker.people.rules import PersonKind
from tracker.reminders.models import ReminderSent
from tracker.reminders.rules import WINDOW, LoanFacts, PersonFacts, SendState, Told
from tracker.terms.service import calendar_of
from tracker.values import Role

YEAR = timedelta(days=365)


def open_loans(school_id: UUID, today: date, person_id: UUID | None = None) -> list[LoanFacts]:
    """Every loan that is not back, or one person's, those due first at the top, with what is still out."""
    query = (
        select(Loan.id, Loan.number, Loan.person_id, Loan.due_on, LoanItem.label)
        .join(LoanItem, (LoanItem.school_id == Loan.school_id) & (LoanItem.loan_id == Loan.id))
        .where(Loan.school_id == school_id, Loan.open_items > 0, LoanItem.returned_at.is_(None))
        .order_by(Loan.due_on, Loan.number, LoanItem.id)
    )
    if person_id is not None:
        query = query.where(Loan.person_id == person_id)
    found: dict[UUID, LoanFacts] = {}
    calendar = calendar_of(school_id)
    for loan_id, number, borrower, due_on, label in db.session.execute(query):
        before = found[loan_id].things if loan_id in found else ()
        waived, paused = calendar.waived(due_on, today), calendar.paused(due_on, today)
        found[loan_id] = LoanFacts(loan_id, number, borrower, due_on, (*before, label), waived, paused)
    return list(found.values())


def people(school_id: UUID, today: date, now: datetime) -> Mapping[UUID, PersonFacts]:
    """Everybody, leavers too: what is with them is still out. Seven queries."""
    rows = list(db.session.scalars(select(Person).where(Person.school_id == school_id)))
    here = {one.id: PersonKind(one.kind) for one in rows if one.left_on is None or one.left_on >= today}
    roles = _roles(school_id)
    unsigned = _unsigned(school_id, here)
    stated, suspended = _housekept(school_id, now - YEAR), _suspended(school_id, now - WINDOW)
    return {
        one.id: PersonFacts(
            id=one.id,
            name=one.name,
            address=one.email if usable_address(one.email) else "",
            left=one.id not in here,
            manager_id=one.line_manager_id,
            head=roles.get(one.id) is Role.HEAD,
            unsigned=tuple(unsigned.get(one.id, ())),
            housekeeping=one.id in here and one.id in roles and one.id not in stated,
            suspended=suspended.get(one.id),
        )
        for one in rows
    }


def told(school_id: UUID, today: date) -> list[Told]:
    """What was mailed in the last seven days, or may have been."""
    query = select(
        ReminderSent.person_id,
        ReminderSent.day,
        ReminderSent.lines,
        ReminderSent.state,
        ReminderSent.repeats,
        ReminderSent.refused,
        ReminderSent.address,
    ).where(ReminderSent.school_id == school_id, ReminderSent.day > today - WINDOW)
    return [
        Told(
            person_id,
            day,
            gone=state != SendState.FAILED.value or repeats > 0,
            keys=frozenset(f"{line['topic']}:{line['id']}" for line in lines),
            refused=address if refused else "",
        )
        for person_id, day, lines, state, repeats, refused, address in db.session.execute(query)
    ]


def _roles(school_id: UUID) -> dict[UUID, Role]:
    """The role of everybody who has an account that is open."""
    query = (
        select(PersonAccount.person_id, User.role)
        .join(User, (User.school_id == PersonAccount.school_id) & (User.id == PersonAccount.user_id))
        .where(PersonAccount.school_id == school_id, User.active.is_(True))
    )
    return {person_id: Role(role) for person_id, role in db.session.execute(query)}


def _unsigned(school_id: UUID, here: Mapping[UUID, PersonKind]) -> dict[UUID, list[tuple[UUID, str]]]:
    """What is still to be signed. Pupils are left out: somebody else signs for them (clause AG4)."""
    asked: dict[UUID, PersonKind] = {one: kind for one, kind in here.items() if kind is not PersonKind.PUPIL}
    found: dict[UUID, list[tuple[UUID, str]]] = {}
    for one in agreements.standings(school_id, asked):
        if one.standing is not Standing.CURRENT:
            found.setdefault(one.person_id, []).append((one.agreement.id, one.agreement.title))
    return found


def _housekept(school_id: UUID, since: datetime) -> set[UUID]:
    """Who made the yearly statement since then (clause DS11)."""
    query = (
        select(Attestation.person_id)
        .where(Attestation.school_id == school_id, Attestation.kind == AttestationKind.HOUSEKEEPING.value)
        .group_by(Attestation.person_id)
        .having(func.max(Attestation.made_at) >= since)
    )
    return set(db.session.scalars(query))


def _suspended(school_id: UUID, since: datetime) -> dict[UUID, UUID]:
    """Who was suspended since then and still is, with the suspension."""
    query = select(Suspension.person_id, Suspension.id).where(
        Suspension.school_id == school_id, Suspension.lifted_at.is_(None), Suspension.suspended_at >= since
    )
    return {person_id: suspension_id for person_id, suspension_id in db.session.execute(query)}
