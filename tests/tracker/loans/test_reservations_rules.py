"""What is free when, what clashes, and that nothing is promised twice: by example, and for every order of asking."""

from datetime import UTC, date, datetime, time, timedelta
from itertools import count
from uuid import UUID, uuid4

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tracker.loans import reservations_rules as rules
from tracker.loans.reservations_rules import Booked, ReservationState, Span, Stock, Thing, Wanted
from tracker.values import Blocker, Role

pytestmark = pytest.mark.pure
NOW = datetime(2026, 11, 24, 9, tzinfo=UTC)
LAPTOP, CAMERA = uuid4(), uuid4()
LAPTOPS = tuple(Thing(uuid4(), LAPTOP, f"L{one}", usable=True) for one in range(4))
LENS = Thing(uuid4(), CAMERA, "C1", usable=True)
NAMES = {LAPTOP: "Laptop", CAMERA: "Camera"}


def hours(first: float, last: float) -> Span:
    """A time from so many hours after now."""
    return Span(NOW + timedelta(hours=first), NOW + timedelta(hours=last))


def stock(*booked: Booked, things: tuple[Thing, ...] = (*LAPTOPS, LENS)) -> Stock:
    return Stock(things, booked, NAMES)


def asked(wanted: Wanted, there: Stock, role: Role | None = Role.TECHNICIAN, **change: bool) -> list[Blocker]:
    return list(rules.may_reserve(wanted, there, role, NOW, **{"own": False, "left": False, **change}).blockers)


def messages(wanted: Wanted, there: Stock) -> str:
    return " ".join(one.message for one in asked(wanted, there))


def test_what_is_free_can_be_reserved() -> None:
    assert asked(Wanted(hours(1, 2), (LENS.id,)), stock()) == []
    assert asked(Wanted(hours(1, 2), kind_id=LAPTOP, count=4), stock()) == []


def test_who_has_it_is_told_and_what_would_do_instead() -> None:
    ann = Booked(hours(1, 3), "Ann (reservation 1)", frozenset({LAPTOPS[0].id}))
    told = messages(Wanted(hours(2, 4), (LAPTOPS[0].id,)), stock(ann))
    assert told.startswith("L0: reserved for Ann (reservation 1), Tue 24 Nov 2026, 10:00 to Tue 24 Nov 2026, 12:00.")
    assert told.endswith("Free then: L1, L2, L3.")
    assert asked(Wanted(hours(3, 4), (LAPTOPS[0].id,)), stock(ann)) == []  # the end does not belong to it


def test_what_is_the_only_one_has_no_instead() -> None:
    ann = Booked(hours(1, 3), "Ann (reservation 1)", frozenset({LENS.id}))
    assert "Nothing else of its kind is free then." in messages(Wanted(hours(2, 4), (LENS.id,)), stock(ann))


@pytest.mark.parametrize(
    ("out_until", "free"),
    [(NOW + timedelta(hours=1), True), (NOW + timedelta(hours=2), False), (datetime.max.replace(tzinfo=UTC), False)],
)
def test_a_loan_that_is_not_due_back_before_clashes(out_until: datetime, free: bool) -> None:
    out = Thing(LENS.id, CAMERA, "C1", usable=True, out_until=out_until, out_to="to Bob (loan 3), until Tuesday")
    found = asked(Wanted(hours(1, 3), (out.id,)), stock(things=(out,)))
    assert (found == []) is free
    if not free:
        assert "C1: on loan to Bob (loan 3), until Tuesday." in found[0].message


def test_what_cannot_be_lent_cannot_be_reserved() -> None:
    broken = Thing(uuid4(), CAMERA, "C2", usable=False)
    assert "C2: it is not in store" in messages(Wanted(hours(1, 2), (broken.id,)), stock(things=(broken, LENS)))
    assert "1 of 2 can be reserved" in messages(
        Wanted(hours(1, 2), kind_id=CAMERA, count=2), stock(things=(broken, LENS))
    )


def test_any_of_a_kind_counts_what_is_promised() -> None:
    three = Booked(hours(1, 3), "Ann (reservation 1)", kind_id=LAPTOP, count=3)
    assert asked(Wanted(hours(2, 4), kind_id=LAPTOP, count=1), stock(three)) == []
    assert "Laptop: 1 of 2 can be reserved" in messages(Wanted(hours(2, 4), kind_id=LAPTOP, count=2), stock(three))
    four = Booked(hours(1, 3), "Ann (reservation 1)", kind_id=LAPTOP, count=4)
    assert "Laptop: None can be reserved" in messages(Wanted(hours(2, 4), kind_id=LAPTOP, count=1), stock(four))
    told = messages(Wanted(hours(2, 4), (LAPTOPS[2].id,)), stock(four))
    assert "4 × Laptop are reserved for Ann (reservation 1)" in told
    assert asked(Wanted(hours(3, 4), kind_id=LAPTOP, count=4), stock(four)) == []


def test_a_promise_is_not_kept_by_things_that_change_half_way() -> None:
    """One laptop is gone in the morning and another in the afternoon: two are left for a whole day, not three."""
    morning = Booked(hours(1, 4), "Ann", frozenset({LAPTOPS[0].id}))
    afternoon = Booked(hours(4, 8), "Bob", frozenset({LAPTOPS[1].id}))
    there = stock(morning, afternoon)
    assert asked(Wanted(hours(1, 8), kind_id=LAPTOP, count=2), there) == []
    assert "2 of 3" in messages(Wanted(hours(1, 8), kind_id=LAPTOP, count=3), there)


@pytest.mark.parametrize(
    ("wanted", "code"),
    [
        (Wanted(hours(1, 2)), "items"),
        (Wanted(hours(1, 2), (LENS.id,), LAPTOP, 1), "items"),
        (Wanted(hours(1, 2), (LENS.id, LENS.id)), "items"),
        (Wanted(hours(1, 2), kind_id=LAPTOP, count=-1), "count"),
        (Wanted(hours(1, 2), kind_id=LAPTOP, count=101), "count"),
        (Wanted(hours(-4, -2), (LENS.id,)), "starts_on"),
        (Wanted(hours(-30, 2), (LENS.id,)), "starts_on"),
        (Wanted(hours(24 * 367, 24 * 368), (LENS.id,)), "starts_on"),
        (Wanted(hours(1, 24 * 93), (LENS.id,)), "ends_on"),
        (Wanted(hours(1, 2), (LENS.id,), purpose="x" * 201), "purpose"),
        (Wanted(hours(1, 2), (LENS.id,), purpose="a\nb"), "purpose"),
    ],
)
def test_what_cannot_be_asked_for(wanted: Wanted, code: str) -> None:
    assert {one.code for one in asked(wanted, stock())} == {code}


def test_who_may_reserve_and_cancel() -> None:
    wanted = Wanted(hours(1, 2), (LENS.id,))
    for role in (*Role, None):
        desk = role in (Role.TECHNICIAN, Role.BURSAR)
        assert (asked(wanted, stock(), role) == []) is desk
        assert (asked(wanted, stock(), role, own=True) == []) is (desk or role in (Role.HEAD, Role.STAFF))
        assert rules.may_cancel(ReservationState.OPEN, role, own=False).allowed is desk
        assert rules.may_cancel(ReservationState.OPEN, role, own=True).allowed
    assert {one.code for one in asked(wanted, stock(), left=True)} == {"left"}
    for state in (ReservationState.EXPIRED, ReservationState.CANCELLED, ReservationState.COLLECTED):
        assert not rules.may_cancel(state, Role.TECHNICIAN, own=True).allowed


def test_what_is_reserved_for_somebody_else_stays_here_unless_a_technician_says_why() -> None:
    there = stock(Booked(hours(1, 3), "Ann (reservation 1)", frozenset({LENS.id})))
    for role, over, allowed in (
        (Role.TECHNICIAN, "", False),
        (Role.TECHNICIAN, "  ", False),
        (Role.BURSAR, "Ann is ill", False),
        (Role.TECHNICIAN, "Ann is ill", True),
        (Role.TECHNICIAN, "x" * 201, False),
    ):
        assert rules.may_take([LENS.id], hours(0, 9), there, over, role).allowed is allowed
    assert rules.may_take([LENS.id], hours(0, 1), there, "", Role.BURSAR).allowed  # back before
    four = stock(Booked(hours(1, 3), "Ann (reservation 1)", kind_id=LAPTOP, count=4))
    (blocker,) = rules.may_take([LAPTOPS[0].id], hours(0, 9), four, "", Role.BURSAR).blockers
    assert (blocker.code, "too few would be left" in blocker.message) == ("reserved", True)


def test_times_are_those_of_the_schools_clock() -> None:
    day = date(2027, 3, 28)  # the clocks go forward
    whole = rules.span_of(day, None, None, None)
    assert whole is not None
    assert whole.ends_at - whole.starts_at == timedelta(hours=23)
    assert str(whole) == "Sun 28 Mar 2027"
    lesson = rules.span_of(date(2026, 7, 1), time(9), None, time(10, 30))
    assert lesson == Span(datetime(2026, 7, 1, 8, tzinfo=UTC), datetime(2026, 7, 1, 9, 30, tzinfo=UTC))
    assert str(lesson) == "Wed 1 Jul 2026, 09:00 to Wed 1 Jul 2026, 10:30"
    days = rules.span_of(date(2026, 7, 1), None, date(2026, 7, 3), None)
    assert str(days) == "Wed 1 Jul 2026 to Fri 3 Jul 2026"
    assert rules.span_of(day, time(10), day, time(9)) is None
    assert rules.span_of(day, None, date(2027, 3, 1), None) is None
    with pytest.raises(OverflowError):
        rules.span_of(date.max, None, None, None)


def test_what_nobody_collects_is_free_after_a_day_or_at_its_end() -> None:
    lesson, week = hours(1, 2), hours(1, 24 * 7)
    assert rules.expires_at(lesson) == lesson.ends_at
    assert rules.expires_at(week) == week.starts_at + timedelta(hours=24)
    assert rules.state_of("", NOW, NOW) is ReservationState.EXPIRED
    assert rules.state_of("", NOW + timedelta(seconds=1), NOW) is ReservationState.OPEN
    assert rules.state_of("collected", NOW, NOW) is ReservationState.COLLECTED


def kept(booked: list[Booked]) -> bool:
    """Whether all promises can be kept in the order in which they were made, each taking what it finds free."""
    taken: list[tuple[Span, UUID]] = [(one.span, thing) for one in booked for thing in one.things]
    for one in booked:
        if one.kind_id is None:
            continue
        free = [t.id for t in LAPTOPS if not any(t.id == thing and span.meets(one.span) for span, thing in taken)]
        if len(free) < one.count:
            return False
        taken += [(one.span, thing) for thing in free[: one.count]]
    return True


REQUESTS = st.lists(
    st.tuples(st.integers(0, 20), st.integers(1, 8), st.integers(0, 4), st.integers(0, 3)), min_size=1, max_size=12
)


@given(REQUESTS)
@settings(max_examples=300, deadline=None)
def test_whatever_is_asked_in_whatever_order_every_promise_can_be_kept(
    requests: list[tuple[int, int, int, int]],
) -> None:
    booked: list[Booked] = []
    numbers = count(1)
    for first, length, many, which in requests:
        span = hours(first + 1, first + 1 + length)
        wanted = Wanted(span, kind_id=LAPTOP, count=many) if many else Wanted(span, (LAPTOPS[which].id,))
        if asked(wanted, stock(*booked)) == []:
            booked.append(Booked(span, f"R{next(numbers)}", frozenset(wanted.things), wanted.kind_id, wanted.count))
            things = [(one.span, thing) for one in booked for thing in one.things]
            assert all(a is b or a[1] != b[1] or not a[0].meets(b[0]) for a in things for b in things), (
                "a thing was promised twice"
            )
            assert kept(booked)
