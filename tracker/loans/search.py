"""Lists of loans, and what is off site. Only reads; a fixed number of queries whatever the size."""

from dataclasses import dataclass
from datetime import date
from uuid import UUID

from sqlalchemy import ColumnElement, func, select

from tracker.db import db
from tracker.loans.models import Loan, LoanItem
from tracker.loans.rules import LoanState, state_of
from tracker.people.models import Person
from tracker.values import search_words

PAGE = 50  # rows of a list


@dataclass(frozen=True)
class Row:
    """A loan in a list. `things`: what is still out, or all where everything is back."""

    loan: Loan
    borrower: str
    state: LoanState
    things: tuple[str, ...]


@dataclass(frozen=True)
class OffSite:
    """A thing that is outside the school."""

    item: LoanItem
    loan: Loan
    borrower: str
    overdue: bool


def listed(school_id: UUID, *, text: str, state: str, page: int, today: date) -> tuple[list[Row], int]:
    """One page of loans, those due first at the top, and how many there are. `state`: a LoanState or `all`."""
    where: list[ColumnElement[bool]] = [Loan.school_id == school_id, Person.school_id == Loan.school_id]
    where += [Person.search.contains(word, autoescape=True) for word in search_words(text)]
    if state == LoanState.RETURNED:
        where.append(Loan.open_items == 0)
    elif state != "all":
        where.append(Loan.open_items > 0)
    if state == LoanState.OVERDUE:
        where.append(Loan.due_on < today)
    joined = select(Loan, Person.name).join(Person, Person.id == Loan.person_id).where(*where)
    total = db.session.scalar(select(func.count()).select_from(joined.subquery())) or 0
    order = (Loan.number.desc(),) if state in (LoanState.RETURNED, "all") else (Loan.due_on, Loan.number)
    found = db.session.execute(joined.order_by(*order).limit(PAGE).offset((page - 1) * PAGE)).all()
    return _rows(school_id, [(loan, name) for loan, name in found], today), total


def of_person(school_id: UUID, person_id: UUID, today: date) -> list[Row]:
    """The loans of one person, the newest first, at most 50."""
    query = select(Loan).where(Loan.school_id == school_id, Loan.person_id == person_id).order_by(Loan.number.desc())
    return _rows(school_id, [(one, "") for one in db.session.scalars(query.limit(50))], today)


def of_asset(school_id: UUID, asset_id: UUID) -> list[OffSite]:
    """The loans of one thing, the newest first, at most 50."""
    return _items(school_id, [LoanItem.asset_id == asset_id], date.max, newest=True)[:50]


def off_site(school_id: UUID, today: date) -> list[OffSite]:
    """Everything that is outside the school, by borrower: the off-site register."""
    return _items(school_id, [LoanItem.returned_at.is_(None), Loan.off_site.is_(True)], today, newest=False)


def _items(school_id: UUID, where: list[ColumnElement[bool]], today: date, *, newest: bool) -> list[OffSite]:
    query = (
        select(LoanItem, Loan, Person.name)
        .join(Loan, (Loan.school_id == LoanItem.school_id) & (Loan.id == LoanItem.loan_id))
        .join(Person, (Person.school_id == Loan.school_id) & (Person.id == Loan.person_id))
        .where(LoanItem.school_id == school_id, *where)
    )
    query = query.order_by(Loan.number.desc()) if newest else query.order_by(Person.name, LoanItem.label)
    rows = db.session.execute(query.limit(5000))
    return [OffSite(item, loan, name, item.returned_at is None and loan.due_on < today) for item, loan, name in rows]


def _rows(school_id: UUID, loans: list[tuple[Loan, str]], today: date) -> list[Row]:
    ids = [loan.id for loan, _ in loans]
    things: dict[UUID, list[LoanItem]] = {}
    query = select(LoanItem).where(LoanItem.school_id == school_id, LoanItem.loan_id.in_(ids)).order_by(LoanItem.id)
    for item in db.session.scalars(query):
        things.setdefault(item.loan_id, []).append(item)
    rows = []
    for loan, name in loans:
        own = things.get(loan.id, [])
        shown = [one.label for one in own if one.returned_at is None] or [one.label for one in own]
        state = state_of(open_items=loan.open_items, due_on=loan.due_on, today=today)
        rows.append(Row(loan, name, state, tuple(shown)))
    return rows
