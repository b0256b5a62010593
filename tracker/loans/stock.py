"""What there is of some kinds, who has it, and what is promised: read for the rules of reservations. Only reads.

A fixed number of queries whatever the school's size; columns, not rows, so that what another transaction committed
while this one waited for its lock is seen.
"""

from collections.abc import Iterable
from datetime import UTC, date, datetime, time, timedelta
from uuid import UUID

from sqlalchemy import select

from labels import code
from tracker.db import db
from tracker.inventory.models import Asset, AssetKind
from tracker.inventory.rules import AssetState
from tracker.loans.models import Loan, LoanItem
from tracker.loans.reservations_models import Reservation, ReservationItem
from tracker.loans.reservations_rules import Booked, Span, Stock, Thing
from tracker.people.models import Person
from tracker.values import LONDON, utc_now
from tracker.values import today as today

_USABLE = (AssetState.IN_STORE.value, AssetState.ON_LOAN.value)
NEVER = datetime.max.replace(tzinfo=UTC)


def kinds_of(school_id: UUID, asset_ids: Iterable[UUID]) -> set[UUID]:
    """The kinds of these things."""
    query = select(Asset.kind_id).where(Asset.school_id == school_id, Asset.id.in_(list(asset_ids)))
    return set(db.session.scalars(query.distinct()))


def hold(school_id: UUID, asset_ids: Iterable[UUID]) -> None:
    """Lock things until the transaction ends, in the order in which a loan locks them, and before the school.

    A row that refers to a thing would else wait for a loan that waits for the school.
    """
    query = select(Asset.id).where(Asset.school_id == school_id, Asset.id.in_(sorted(set(asset_ids))))
    db.session.execute(query.order_by(Asset.id).with_for_update())


def stock(school_id: UUID, kind_ids: Iterable[UUID], *, without: UUID | None = None) -> Stock:
    """What there is of these kinds, and what is promised. `without`: that reservation is left out."""
    kinds = list(kind_ids)
    names = select(AssetKind.id, AssetKind.name).where(AssetKind.school_id == school_id, AssetKind.id.in_(kinds))
    booked = _booked(school_id, without)
    return Stock(_things(school_id, kinds), booked, {found: name for found, name in db.session.execute(names)})


def until(due_on: date) -> datetime:
    """The end of the last day of a loan, in UTC."""
    return datetime.combine(due_on + timedelta(days=1), time(), LONDON).astimezone(UTC)


def _things(school_id: UUID, kinds: list[UUID]) -> tuple[Thing, ...]:
    out, now = _out(school_id), today()
    query = (
        select(Asset.id, Asset.kind_id, Asset.tag, Asset.state, Asset.unsafe, AssetKind.server, AssetKind.fixed)
        .join(AssetKind, (AssetKind.school_id == Asset.school_id) & (AssetKind.id == Asset.kind_id))
        .where(Asset.school_id == school_id, Asset.kind_id.in_(kinds))
        .order_by(Asset.tag)
    )
    found = []
    for asset_id, kind_id, tag, state, unsafe, server, fixed in db.session.execute(query):
        usable = state in _USABLE and not unsafe and not server and not fixed
        until_when, told = None, ""
        if asset_id in out:
            number, due_on, name = out[asset_id]
            late = due_on < now
            until_when = NEVER if late else until(due_on)
            days = f"{due_on.day} {due_on:%B %Y}"
            told = f"to {name} (loan {number}), {'overdue since' if late else 'until'} {days}"
        found.append(Thing(asset_id, kind_id, code.shown(tag), usable, until_when, told))
    return tuple(found)


def _out(school_id: UUID) -> dict[UUID, tuple[int, date, str]]:
    """What is on loan: the number of its loan, until when, to whom."""
    query = (
        select(LoanItem.asset_id, Loan.number, Loan.due_on, Person.name)
        .join(Loan, (Loan.school_id == LoanItem.school_id) & (Loan.id == LoanItem.loan_id))
        .join(Person, (Person.school_id == Loan.school_id) & (Person.id == Loan.person_id))
        .where(LoanItem.school_id == school_id, LoanItem.returned_at.is_(None))
    )
    return {asset_id: (number, due_on, name) for asset_id, number, due_on, name in db.session.execute(query)}


def _booked(school_id: UUID, without: UUID | None) -> tuple[Booked, ...]:
    """What is promised and still holds."""
    holds = (Reservation.closed_as == "", Reservation.expires_at > utc_now(), Reservation.school_id == school_id)
    items = (
        select(ReservationItem.reservation_id, ReservationItem.asset_id)
        .join(
            Reservation,
            (Reservation.school_id == ReservationItem.school_id) & (Reservation.id == ReservationItem.reservation_id),
        )
        .where(*holds)
    )
    things: dict[UUID, set[UUID]] = {}
    for reservation_id, asset_id in db.session.execute(items):
        things.setdefault(reservation_id, set()).add(asset_id)
    query = (
        select(
            Reservation.id,
            Reservation.number,
            Reservation.starts_at,
            Reservation.ends_at,
            Reservation.kind_id,
            Reservation.count,
            Reservation.person_id,
            Person.name,
        )
        .join(Person, (Person.school_id == Reservation.school_id) & (Person.id == Reservation.person_id))
        .where(*holds)
        .order_by(Reservation.starts_at, Reservation.number)
    )
    return tuple(
        Booked(
            Span(starts, ends),
            f"{name} (reservation {number})",
            frozenset(things.get(found, ())),
            kind_id,
            count,
            found,
            person_id,
        )
        for found, number, starts, ends, kind_id, count, person_id, name in db.session.execute(query)
        if found != without
    )
