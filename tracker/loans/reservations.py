"""Reservations: reserve, cancel, collect; what they keep from going out. Flushes, never commits.

Whoever promises things and whoever hands them out locks the school first, so that the last one is promised once.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date
from uuid import UUID

from sqlalchemy import ColumnElement, select

from tracker.accounts.service import lock_school, next_number
from tracker.audit.kinds import EventKind
from tracker.audit.service import record
from tracker.db import add, db, locked_row, row_of
from tracker.inventory import service as inventory
from tracker.inventory.kinds import get_kind
from tracker.inventory.models import Asset
from tracker.loans import kits, stock
from tracker.loans import reservations_rules as rules
from tracker.loans.models import Loan
from tracker.loans.reservations_models import Reservation, ReservationItem
from tracker.loans.reservations_rules import Closed, ReservationState, Span, Wanted
from tracker.people import links
from tracker.people import service as people
from tracker.people.models import Person
from tracker.values import Actor, Blocker, Conflict, Denied, Subject, one_line, today, utc_now


@dataclass(frozen=True)
class Asked:
    """What somebody asks for: things, a kit, or so many of a kind."""

    span: Span
    asset_ids: tuple[UUID, ...] = ()
    kit_id: UUID | None = None
    kind_id: UUID | None = None
    count: int = 0
    purpose: str = ""


@dataclass(frozen=True)
class Row:
    """A reservation in a list or a calendar."""

    reservation: Reservation
    who: str
    span: Span
    state: ReservationState


def label_of(row: Reservation) -> str:
    """How people know it: `Reservation 12`."""
    return f"Reservation {row.number}"


def subject_of(row: Reservation) -> Subject:
    """The reservation as the log knows it."""
    return Subject("reservation", row.id, label_of(row))


def get_reservation(school_id: UUID, reservation_id: UUID) -> Reservation:
    """The reservation. Raises NotFound, also for another school's."""
    return row_of(Reservation, school_id, reservation_id)


def span_of(row: Reservation) -> Span:
    """Its time."""
    return Span(row.starts_at, row.ends_at)


def state_of(row: Reservation) -> ReservationState:
    """Where it stands now."""
    return rules.state_of(row.closed_as, row.expires_at, utc_now())


def things_of(row: Reservation) -> list[Asset]:
    """The things of a reservation, by tag; none where it is for any of a kind."""
    query = (
        select(Asset)
        .join(ReservationItem, (ReservationItem.school_id == Asset.school_id) & (ReservationItem.asset_id == Asset.id))
        .where(ReservationItem.school_id == row.school_id, ReservationItem.reservation_id == row.id)
    )
    return list(db.session.scalars(query.order_by(Asset.tag)))


def reserve(actor: Actor, person_id: UUID, asked: Asked) -> Reservation:
    """Reserve for somebody. Raises NotFound for what is another school's, and Denied with all that clashes.

    Two who want the last one at once: the second is told who has it.
    """
    stock.hold(actor.school_id, [one.id for one in _things(actor.school_id, asked)[0]])
    lock_school(actor.school_id)
    person = people.get_person(actor.school_id, person_id)
    assets, what = _things(actor.school_id, asked)
    wanted = Wanted(asked.span, tuple(one.id for one in assets), asked.kind_id, asked.count, one_line(asked.purpose))
    kinds = {one.kind_id for one in assets} | ({asked.kind_id} if asked.kind_id else set())
    mine = links.person_of_user(actor)
    left = person.left_on is not None and person.left_on < today()
    there = stock.stock(actor.school_id, kinds)
    own = mine is not None and mine.id == person.id
    decision = rules.may_reserve(wanted, there, actor.role, utc_now(), own=own, left=left)
    if not decision.allowed:
        raise Denied(decision.blockers)
    row = _new(actor, person, wanted, what)
    add(row)
    for one in assets:
        add(ReservationItem(school_id=actor.school_id, reservation_id=row.id, asset_id=one.id))
    told = {"for": person.name, "what": what, "when": str(asked.span), "purpose": wanted.purpose}
    record(actor, EventKind.RESERVATION_MADE, subject_of(row), after=told)
    return row


def cancel(actor: Actor, reservation_id: UUID, *, version: int) -> Reservation:
    """Give a reservation up. Raises NotFound, Denied, and Conflict where somebody changed it since."""
    row = locked_row(Reservation, actor.school_id, reservation_id)
    if row.version != version:
        raise Conflict(people.changed_meanwhile(actor.school_id, "reservation", row.id, label_of(row)))
    mine = links.person_of_user(actor)
    decision = rules.may_cancel(state_of(row), actor.role, own=mine is not None and mine.id == row.person_id)
    if not decision.allowed:
        raise Denied(decision.blockers)
    row.closed_as, row.closed_at = Closed.CANCELLED.value, utc_now()
    db.session.flush()
    record(actor, EventKind.RESERVATION_CANCELLED, subject_of(row), after={"what": row.what})
    return row


def keeps(
    actor: Actor, person_id: UUID, asset_ids: Sequence[UUID], due_on: date, over: str = "", *, lock: bool = False
) -> tuple[Blocker, ...]:
    """What keeps things from going out to somebody until a day, since others reserved them.

    `lock`: for whoever goes on to lend; without, it is a preview.
    """
    if lock:
        lock_school(actor.school_id)
    span = _now_until(due_on)
    if not asset_ids or span is None:
        return ()
    ids, kinds = frozenset(asset_ids), frozenset(stock.kinds_of(actor.school_id, asset_ids))
    there = stock.stock(actor.school_id, kinds)
    mine = {one.id for one in there.booked if one.collected_by(person_id, ids, kinds, span)}
    if lock:  # before the log, which the first event locks
        for reservation_id in sorted(one for one in mine if one is not None):
            locked_row(Reservation, actor.school_id, reservation_id)
    others = tuple(one for one in there.booked if one.id not in mine)
    return rules.may_take(asset_ids, span, replace(there, booked=others), over, actor.role).blockers


def collected(actor: Actor, loan: Loan, asset_ids: Sequence[UUID], over: str = "") -> None:
    """A loan went out: what its borrower had reserved of it for that time is collected; the log tells of an override.

    Things that were reserved and stayed here are free again. The caller has asked `keeps`, and holds its lock.
    """
    span = _now_until(loan.due_on)
    if span is None:
        return
    ids, kinds = frozenset(asset_ids), frozenset(stock.kinds_of(actor.school_id, asset_ids))
    for held in stock.stock(actor.school_id, kinds).booked:
        if held.id is None or not held.span.meets(span):
            continue
        row = get_reservation(actor.school_id, held.id)
        if held.collected_by(loan.person_id, ids, kinds, span):
            row.closed_as, row.closed_at, row.loan_id = Closed.COLLECTED.value, utc_now(), loan.id
            db.session.flush()
            record(actor, EventKind.RESERVATION_COLLECTED, subject_of(row), after={"loan": loan.number})
        elif over.strip() and (held.things & ids or held.kind_id in kinds):
            why = one_line(over)
            record(actor, EventKind.RESERVATION_OVERRIDDEN, subject_of(row), after={"loan": loan.number}, why=why)


def problems(row: Reservation) -> tuple[str, ...]:
    """Why a reservation that stands could not be collected as things are now: lent over it, in repair, overdue."""
    if state_of(row) is not ReservationState.OPEN:
        return ()
    ids = tuple(one.id for one in things_of(row))
    kinds = stock.kinds_of(row.school_id, ids) | ({row.kind_id} if row.kind_id else set())
    there = stock.stock(row.school_id, kinds, without=row.id)
    wanted = Wanted(span_of(row), ids, row.kind_id, row.count)
    return tuple(one.message for one in rules.clashes(wanted, there))


def to_collect(row: Reservation) -> list[Asset]:
    """What is handed out for a reservation: its things, or free things of its kind, those with the first tags."""
    if row.kind_id is None:
        return things_of(row)
    there = stock.stock(row.school_id, [row.kind_id], without=row.id)
    free = [one.id for one in there.free(row.kind_id, span_of(row)) if one.out_until is None][: row.count]
    return [inventory.get_asset(row.school_id, one) for one in free]


def between(school_id: UUID, span: Span) -> list[Row]:
    """What is reserved in a time and still holds, in its order; at most 500."""
    where = [Reservation.starts_at < span.ends_at, Reservation.ends_at > span.starts_at]
    return _rows(school_id, [*where, *_holding()])


def of_asset(school_id: UUID, asset_id: UUID) -> list[Row]:
    """The reservations of one thing by name that still hold."""
    mine = select(ReservationItem.reservation_id).where(
        ReservationItem.school_id == school_id, ReservationItem.asset_id == asset_id
    )
    return _rows(school_id, [Reservation.id.in_(mine), *_holding()])


def of_person(school_id: UUID, person_id: UUID) -> list[Row]:
    """The reservations of one person that still hold."""
    return _rows(school_id, [Reservation.person_id == person_id, *_holding()])


def _holding() -> list[ColumnElement[bool]]:
    return [Reservation.closed_as == "", Reservation.expires_at > utc_now()]


def _rows(school_id: UUID, where: list[ColumnElement[bool]]) -> list[Row]:
    query = (
        select(Reservation, Person.name)
        .join(Person, (Person.school_id == Reservation.school_id) & (Person.id == Reservation.person_id))
        .where(Reservation.school_id == school_id, *where)
        .order_by(Reservation.starts_at, Reservation.number)
        .limit(500)
    )
    return [Row(row, name, span_of(row), state_of(row)) for row, name in db.session.execute(query)]


def _now_until(due_on: date) -> Span | None:
    """From now to the end of the last day of a loan; None for a day that is over or cannot be."""
    now = utc_now()
    if not now.date() <= due_on < date.max.replace(year=9000):
        return None
    span = Span(now, stock.until(due_on))
    return span if span.starts_at < span.ends_at else None


def _things(school_id: UUID, asked: Asked) -> tuple[list[Asset], str]:
    """What is asked for by name, and how people read it. Raises NotFound; Denied for a kit beside other things."""
    assets = [inventory.get_asset(school_id, one) for one in asked.asset_ids]
    if asked.kit_id is not None:
        kit = kits.get_kit(school_id, asked.kit_id)
        if assets:
            raise Denied((Blocker("items", "Choose one: a kit, or things by their tags, or so many of a kind."),))
        return kits.things_of(school_id, kit.id), kit.name
    if asked.kind_id is not None:
        return assets, f"{asked.count} × {get_kind(school_id, asked.kind_id).name}"
    labels = [inventory.label_of(one)[:50] for one in assets]
    more = f" and {len(labels) - 3} more" if len(labels) > 3 else ""
    return assets, f"{', '.join(labels[:3])}{more}"


def _new(actor: Actor, person: Person, wanted: Wanted, what: str) -> Reservation:
    return Reservation(
        school_id=actor.school_id,
        number=next_number(actor.school_id, Reservation.number),
        person_id=person.id,
        starts_at=wanted.span.starts_at,
        ends_at=wanted.span.ends_at,
        expires_at=rules.expires_at(wanted.span),
        what=what[:200],
        kind_id=wanted.kind_id,
        count=wanted.count,
        purpose=wanted.purpose,
        reserved_by=actor.name,
        reserved_at=utc_now(),
        closed_as="",
        closed_at=None,
        loan_id=None,
    )
