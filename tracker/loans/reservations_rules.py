"""Reservations: what is free when, what clashes, and what is never promised twice. Pure.

A promise of "any so many of a kind" is kept by one condition, asked for every such promise that a new one touches: the
things of the kind that are free for the whole of its time are at least as many as it and all that overlap it ask for.
Then each can take things that are free throughout, whatever the others take.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta
from enum import StrEnum
from uuid import UUID

from tracker.values import LONDON, Blocker, Decision, Role, text_blockers

RESERVERS = frozenset({Role.TECHNICIAN, Role.BURSAR, Role.HEAD, Role.STAFF})  # for themselves
DESK = frozenset({Role.TECHNICIAN, Role.BURSAR})  # for anybody
OVERRIDERS = frozenset({Role.TECHNICIAN})
NO_SHOW = timedelta(hours=24)  # after its beginning: not collected by then, it holds nothing any more
AHEAD, LONGEST = timedelta(days=366), timedelta(days=92)
ITEMS_MOST, LINE_LIMIT = 100, 200
FREE_SHOWN = 3  # things that would do, in an answer


class Closed(StrEnum):
    """How a reservation ended by somebody's doing. Never renamed: they stand in rows."""

    COLLECTED = "collected"
    CANCELLED = "cancelled"


class ReservationState(StrEnum):
    """Where a reservation stands; computed, never stored."""

    OPEN = "open"
    COLLECTED = "collected"
    CANCELLED = "cancelled"
    EXPIRED = "expired"

    @property
    def label(self) -> str:
        """The words on the screen."""
        return {"open": "Reserved", "expired": "Nobody collected it"}.get(self.value, self.value.capitalize())

    @property
    def tone(self) -> str:
        """How it is drawn, beside the words."""
        return {"open": "busy", "collected": "good", "expired": "warn"}.get(self.value, "plain")


@dataclass(frozen=True)
class Span:
    """A time, in UTC; the end does not belong to it."""

    starts_at: datetime
    ends_at: datetime

    def meets(self, other: "Span") -> bool:
        """Whether they overlap."""
        return self.starts_at < other.ends_at and other.starts_at < self.ends_at

    def __str__(self) -> str:
        first, last = self.starts_at.astimezone(LONDON), self.ends_at.astimezone(LONDON)
        whole = first.time() == time() and last.time() == time()
        if whole:
            last -= timedelta(days=1)
        told = [f"{one:%a} {one.day} {one:%b %Y}" + ("" if whole else f", {one:%H:%M}") for one in (first, last)]
        return told[0] if told[0] == told[1] else " to ".join(told)


@dataclass(frozen=True)
class Thing:
    """A thing that could be reserved. `out_until`: it is on loan until then; None: it is here."""

    id: UUID
    kind_id: UUID
    shown: str
    usable: bool
    out_until: datetime | None = None
    out_to: str = ""  # "to Ann (loan 3) until ..."


@dataclass(frozen=True)
class Booked:
    """A reservation as the rules look at it: things, or `count` of a kind."""

    span: Span
    who: str  # "Ann (reservation 3)"
    things: frozenset[UUID] = frozenset()
    kind_id: UUID | None = None
    count: int = 0
    id: UUID | None = None
    person_id: UUID | None = None

    def collected_by(self, person_id: UUID, ids: frozenset[UUID], kinds: frozenset[UUID], span: Span) -> bool:
        """Whether it is collected when these things, of these kinds, go out to somebody for a time."""
        wanted = bool(self.things & ids) or self.kind_id in kinds
        return self.person_id == person_id and wanted and self.span.meets(span)


@dataclass(frozen=True)
class Wanted:
    """What somebody asks for."""

    span: Span
    things: tuple[UUID, ...] = ()
    kind_id: UUID | None = None
    count: int = 0
    purpose: str = ""


@dataclass(frozen=True)
class Stock:
    """What there is, and what is promised already; all things of every kind that is asked about."""

    things: tuple[Thing, ...]
    booked: tuple[Booked, ...]
    kinds: dict[UUID, str] = field(default_factory=dict)

    def free(self, kind_id: UUID, span: Span, taken: frozenset[UUID] = frozenset()) -> list[Thing]:
        """The things of a kind that nobody has or reserved by name in that time. `taken`: those that are asked for."""
        return [one for one in self.things if one.kind_id == kind_id and one.id not in taken and self._idle(one, span)]

    def spare(self, kind_id: UUID, span: Span, taken: frozenset[UUID] = frozenset()) -> int:
        """How many of a kind can still be promised for that time."""
        asked = sum(one.count for one in self.booked if one.kind_id == kind_id and one.span.meets(span))
        return len(self.free(kind_id, span, taken)) - asked

    def holder(self, thing: Thing, span: Span) -> Booked | None:
        """Who reserved a thing by name in that time."""
        return next((one for one in self.booked if thing.id in one.things and one.span.meets(span)), None)

    def _idle(self, thing: Thing, span: Span) -> bool:
        out = thing.out_until is not None and thing.out_until > span.starts_at
        return thing.usable and not out and self.holder(thing, span) is None


def span_of(first: date, starts: time | None, last: date | None, ends: time | None) -> Span | None:
    """A time from what a form holds, by the school's clock: without a time of day a whole day counts. None: no time.

    Raises OverflowError for a day at the end of time.
    """
    last = last or first
    until = datetime.combine(last, ends, LONDON) if ends else datetime.combine(last + timedelta(days=1), time(), LONDON)
    span = Span(datetime.combine(first, starts or time(), LONDON).astimezone(UTC), until.astimezone(UTC))
    return span if span.starts_at < span.ends_at else None


def expires_at(span: Span) -> datetime:
    """When a reservation that nobody collected holds nothing any more."""
    return min(span.ends_at, span.starts_at + NO_SHOW)


def state_of(closed_as: str, expires: datetime, now: datetime) -> ReservationState:
    """Where a reservation stands."""
    if closed_as:
        return ReservationState(closed_as)
    return ReservationState.EXPIRED if expires <= now else ReservationState.OPEN


def may_reserve(wanted: Wanted, stock: Stock, role: Role | None, now: datetime, *, own: bool, left: bool) -> Decision:
    """May this be reserved: every reason why not, what clashes, and what would do instead. `own`: for oneself."""
    found = []
    if role not in (RESERVERS if own else DESK):
        found.append(Blocker("role", "You reserve for yourself only. Ask the technician or the office."))
    if left:
        found.append(Blocker("left", "This person has left the school and reserves nothing."))
    found += _when(wanted.span, now)
    found += text_blockers(wanted.purpose, "purpose", "purpose", LINE_LIMIT)
    if bool(wanted.things) == (wanted.kind_id is not None):
        found.append(Blocker("items", "Choose one: a kit, or things by their tags, or so many of a kind."))
    elif not 1 <= (wanted.count or len(wanted.things)) <= ITEMS_MOST:
        found.append(Blocker("count", f"Reserve from 1 to {ITEMS_MOST} things."))
    elif len(set(wanted.things)) < len(wanted.things):
        found.append(Blocker("items", "A thing stands in the list twice."))
    else:
        found += clashes(wanted, stock)
    return Decision(tuple(found))


def clashes(wanted: Wanted, stock: Stock) -> Iterator[Blocker]:
    """Whom or what it clashes with. Nothing that was promised before is taken away by it."""
    if wanted.kind_id is not None:
        spare, kind = stock.spare(wanted.kind_id, wanted.span), stock.kinds.get(wanted.kind_id, "thing")
        if spare < wanted.count:
            some = f"{max(spare, 0)} of {wanted.count}" if spare > 0 else "None"
            yield Blocker("count", f"{kind}: {some} can be reserved for {wanted.span}.")
        else:
            yield from _broken_promises(frozenset(), wanted, stock)
        return
    taken = frozenset(wanted.things)
    by_id = {one.id: one for one in stock.things}
    for thing in (by_id[one] for one in wanted.things):
        why = _why_not(thing, wanted.span, stock)
        if why:
            yield Blocker("items", f"{thing.shown}: {why}{_instead(thing, wanted.span, stock, taken)}")
    yield from _broken_promises(taken, wanted, stock)


def _why_not(thing: Thing, span: Span, stock: Stock) -> str:
    if not thing.usable:
        return "it is not in store and cannot be lent."
    if thing.out_until is not None and thing.out_until > span.starts_at:
        return f"on loan {thing.out_to}."
    holder = stock.holder(thing, span)
    return f"reserved for {holder.who}, {holder.span}." if holder else ""


def _instead(thing: Thing, span: Span, stock: Stock, taken: frozenset[UUID]) -> str:
    """Which free things of the same kind would do, as far as no promise needs them."""
    free = stock.free(thing.kind_id, span, taken)
    spare = stock.spare(thing.kind_id, span, taken)
    shown = ", ".join(one.shown for one in free[: min(FREE_SHOWN, max(spare, 0))])
    return f" Free then: {shown}." if shown else " Nothing else of its kind is free then."


def _broken_promises(taken: frozenset[UUID], wanted: Wanted, stock: Stock) -> Iterator[Blocker]:
    """Promises of any of a kind that could not be kept beside these things, or beside so many more of the kind."""
    kinds = {one.kind_id for one in stock.things if one.id in taken} | {wanted.kind_id} - {None}
    for promise in stock.booked:
        if promise.kind_id is None or promise.kind_id not in kinds or not promise.span.meets(wanted.span):
            continue
        if stock.spare(promise.kind_id, promise.span, taken) < wanted.count:
            kind = stock.kinds.get(promise.kind_id, "thing")
            told = f"{promise.count} × {kind} are reserved for {promise.who}, {promise.span}: too few would be left."
            yield Blocker("count" if wanted.count else "items", told)


def may_take(ids: Iterable[UUID], span: Span, stock: Stock, over: str, role: Role | None) -> Decision:
    """May things go out now for so long, as far as reservations of other people go.

    A technician may lend them all the same and says why (`over`); the log keeps it with the reservation.
    """
    wanted = Wanted(span, tuple(ids))
    by_id = {one.id: one for one in stock.things}
    found = [
        Blocker("reserved", f"{by_id[one].shown}: reserved for {holder.who}, {holder.span}.")
        for one in wanted.things
        if (holder := stock.holder(by_id[one], span)) is not None
    ]
    found += [Blocker("reserved", one.message) for one in _broken_promises(frozenset(wanted.things), wanted, stock)]
    if found and over.strip() and role in OVERRIDERS:
        return Decision(tuple(text_blockers(over, "over", "reason", LINE_LIMIT)))
    return Decision(tuple(found))


def may_cancel(state: ReservationState, role: Role | None, *, own: bool) -> Decision:
    """May a reservation be given up."""
    if not own and role not in DESK:
        return Decision((Blocker("role", "Only who reserved it, the technician or the bursar can do this."),))
    if state is not ReservationState.OPEN:
        return Decision((Blocker("state", f"It does not stand any more: {state.label.lower()}."),))
    return Decision(())


def _when(span: Span, now: datetime) -> Iterator[Blocker]:
    if expires_at(span) <= now:
        yield Blocker("starts_on", "This time is over, or began more than a day ago. Choose a later one.")
    elif span.starts_at - now > AHEAD:
        yield Blocker("starts_on", "Reserve at most a year ahead.")
    if span.ends_at - span.starts_at > LONGEST:
        yield Blocker("ends_on", f"A reservation lasts {LONGEST.days} days at most. Lend it instead.")
