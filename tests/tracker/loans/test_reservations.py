"""Reservations on both databases: clash, the last one at once, collect, no-show, and what stays here for somebody."""

from dataclasses import replace
from datetime import datetime, timedelta

import pytest

from tests.cast import OUTSIDER, Site
from tests.together import together
from tests.tracker.loans.desk import HOME, Desk, desk
from tracker.audit.service import history
from tracker.db import db
from tracker.inventory import kinds
from tracker.inventory.models import Asset
from tracker.loans import kits, reservations, reservations_rules, service, stock
from tracker.loans.models import Loan
from tracker.loans.reservations import Asked
from tracker.loans.reservations_models import Reservation
from tracker.loans.reservations_rules import ReservationState, Span
from tracker.loans.rules import LoanDetails
from tracker.loans.service import Back, Lent, Signed
from tracker.people import links
from tracker.people import service as people
from tracker.people.models import Person
from tracker.people.rules import PersonDetails
from tracker.values import Conflict, Denied, NotFound, utc_now


@pytest.fixture
def made(site: Site) -> Desk:
    return desk(site.actor("tess"))


def days(first: int, last: int | None = None) -> Span:
    """Whole days from so many days ahead."""
    start = service.today() + timedelta(days=first)
    found = reservations_rules.span_of(start, None, service.today() + timedelta(days=last or first), None)
    assert found is not None
    return found


def reserve(made: Desk, person: Person, *assets: Asset, span: Span | None = None, **change: object) -> Reservation:
    asked = replace(Asked(span or days(7), tuple(one.id for one in assets)), **change)
    return reservations.reserve(made.actor, person.id, asked)


def lend(made: Desk, person: Person, *assets: Asset, until: int = 7, over: str = "") -> Loan:
    details = LoanDetails(service.today() + timedelta(days=until), off_site=False, over=over)
    return service.lend(made.actor, person.id, [Lent(one.id) for one in assets], details, made.signed(person.name))


def bob(made: Desk) -> Person:
    return people.add_person(made.actor, PersonDetails("Bob Borrower"))


def codes(denied: pytest.ExceptionInfo[Denied]) -> set[str]:
    return {blocker.code for blocker in denied.value.blockers}


def laptop_kind(made: Desk) -> object:
    return next(one.id for one in kinds.kinds(made.actor.school_id) if one.name == "Laptop")


def test_the_answer_says_who_and_what_clashes_and_what_would_do(made: Desk) -> None:
    first, second = made.laptop(), made.laptop()
    row = reserve(made, made.ann, first)
    assert reservations.label_of(row) == "Reservation 1"
    with pytest.raises(Denied) as denied:
        reserve(made, bob(made), first)
    told = str(denied.value)
    assert "reserved for Ann Example (reservation 1)" in told
    assert f"Free then: {second.tag[:4]}-{second.tag[4:]}" in told
    reserve(made, made.ann, second)
    reserve(made, made.ann, first, span=days(8))


def test_a_loan_that_is_not_due_back_before_clashes_and_an_overdue_one_always(made: Desk) -> None:
    asset = made.laptop(*HOME)
    loan = lend(made, made.ann, asset, until=7)
    with pytest.raises(Denied) as denied:
        reserve(made, bob(made), asset, span=days(7))
    assert "on loan to Ann Example (loan 1), until" in str(denied.value)
    reserve(made, made.ann, asset, span=days(8))
    loan.due_on = service.today() - timedelta(days=1)
    db.session.flush()
    with pytest.raises(Denied, match="overdue since"):
        reserve(made, made.ann, asset, span=days(20))


def test_what_is_in_use_or_unsafe_is_not_reserved(made: Desk) -> None:
    asset = made.laptop()
    asset.unsafe = "The battery swells"
    db.session.flush()
    with pytest.raises(Denied, match="cannot be lent"):
        reserve(made, made.ann, asset)


def test_two_people_reserve_the_last_one_at_once_and_one_of_them_gets_it(made: Desk, site: Site) -> None:
    kind = laptop_kind(made)
    asset_id, others = made.laptop().id, [made.ann.id, bob(made).id]
    db.session.commit()
    for asked in (Asked(days(7), (asset_id,)), Asked(days(9), kind_id=kind, count=1)):
        works = [lambda one=one, asked=asked: reservations.reserve(made.actor, one, asked) for one in others]
        raised = together(site.app, works)
        assert [type(one) for one in raised] == [Denied]
    assert len(reservations.between(made.actor.school_id, days(0, 30))) == 2


def test_one_reserves_and_another_borrows_the_last_one_at_once(made: Desk, site: Site) -> None:
    asset = made.laptop(*HOME)
    asset_id, ann_id, bob_id, signed = asset.id, made.ann.id, bob(made).id, made.signed("Bob Borrower")
    details = LoanDetails(service.today() + timedelta(days=9), off_site=False)
    asked = Asked(days(7), (asset_id,))
    db.session.commit()
    raised = together(
        site.app,
        [
            lambda: reservations.reserve(made.actor, ann_id, asked),
            lambda: service.lend(made.actor, bob_id, [Lent(asset_id)], details, signed),
        ],
    )
    assert [type(one) for one in raised] == [Denied]
    there = len(reservations.between(made.actor.school_id, days(0, 30)))
    out = len(service.open_of(made.actor.school_id, [asset_id]))
    assert there + out == 1


def test_any_of_a_kind_is_promised_as_long_as_there_are_some(made: Desk) -> None:
    kind = laptop_kind(made)
    first, second, _ = (made.laptop(*HOME) for _ in range(3))
    row = reserve(made, made.ann, kind_id=kind, count=2)
    assert row.what == "2 × Laptop"
    other = bob(made)
    reserve(made, other, first)
    with pytest.raises(Denied) as denied:
        reserve(made, other, second)
    assert "2 × Laptop are reserved for Ann Example (reservation 1)" in str(denied.value)
    with pytest.raises(Denied) as denied:
        lend(made, other, second, until=9)
    assert codes(denied) == {"reserved"}
    lend(made, other, second, until=3)  # back before
    assert [one.id for one in reservations.to_collect(row)] != []


def test_collecting_fills_the_loan_and_closes_the_reservation(made: Desk) -> None:
    asset = made.laptop(*HOME)
    row = reserve(made, made.ann, asset, span=days(0, 3))
    assert [one.id for one in reservations.to_collect(row)] == [asset.id]
    loan = lend(made, made.ann, asset, until=3)
    assert (reservations.state_of(row), row.loan_id) == (ReservationState.COLLECTED, loan.id)
    assert [one.kind for one in history(made.actor.school_id, "reservation", row.id)] == [
        "reservation:collected",
        "reservation:made",
    ]
    later = reserve(made, made.ann, asset, span=days(10))
    assert reservations.state_of(later) is ReservationState.OPEN


def test_a_loan_before_the_time_collects_nothing(made: Desk) -> None:
    asset = made.laptop(*HOME)
    row = reserve(made, made.ann, asset, span=days(7))
    lend(made, made.ann, asset, until=2)
    assert reservations.state_of(row) is ReservationState.OPEN


def test_what_is_reserved_goes_to_nobody_else_unless_a_technician_says_why(made: Desk) -> None:
    asset, other = made.laptop(*HOME), bob(made)
    row = reserve(made, made.ann, asset, span=days(1))
    with pytest.raises(Denied) as denied:
        lend(made, other, asset, until=3)
    assert codes(denied) == {"reserved"}
    bursar = replace(made.actor, role=service.rules.Role.BURSAR)
    made.actor, tess = bursar, made.actor
    with pytest.raises(Denied):
        lend(made, other, asset, until=3, over="Ann is ill")
    made.actor = tess
    loan = lend(made, other, asset, until=3, over="Ann is ill")
    newest = history(made.actor.school_id, "reservation", row.id)[0]
    assert (newest.kind, newest.why) == ("reservation:overridden", "Ann is ill")
    assert "on loan to Bob Borrower" in reservations.problems(row)[0]  # Ann's page says so
    service.take_back(made.actor, [Back(asset.id)], Signed(""))
    assert reservations.problems(row) == ()
    assert loan.open_items == 0


def test_a_loan_is_not_extended_into_what_is_reserved(made: Desk) -> None:
    asset, other = made.laptop(*HOME), bob(made)
    loan = lend(made, other, asset, until=3)
    reserve(made, made.ann, asset, span=days(5))
    with pytest.raises(Denied) as denied:
        service.extend(made.actor, loan.id, service.today() + timedelta(days=5), version=loan.version)
    assert codes(denied) == {"reserved"}
    service.extend(made.actor, loan.id, service.today() + timedelta(days=4), version=loan.version)


def test_what_nobody_collects_is_free_again(made: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    asset = made.laptop(*HOME)
    row = reserve(made, made.ann, asset, span=days(1, 5))
    late = utc_now() + timedelta(days=3)

    def later() -> datetime:
        return late

    for module in (reservations, stock):
        monkeypatch.setattr(module, "utc_now", later)
    assert reservations.state_of(row) is ReservationState.EXPIRED
    assert reservations.of_asset(made.actor.school_id, asset.id) == []
    reserve(made, bob(made), asset, span=days(4))
    with pytest.raises(Denied, match="does not stand any more"):
        reservations.cancel(made.actor, row.id, version=row.version)


def test_cancelling_frees_it_and_is_for_the_desk_and_for_whom_it_is(made: Desk, site: Site) -> None:
    asset = made.laptop()
    db.session.commit()
    stan = site.actor("stan")
    me = links.person_for_user(stan)
    mine = reservations.reserve(stan, me.id, Asked(days(7), (asset.id,)))
    with pytest.raises(Denied):
        reservations.reserve(stan, made.ann.id, Asked(days(9), (asset.id,)))  # not for others
    theirs = reserve(made, made.ann, asset, span=days(9))
    with pytest.raises(Denied) as denied:
        reservations.cancel(stan, theirs.id, version=theirs.version)
    assert codes(denied) == {"role"}
    with pytest.raises(Conflict):
        reservations.cancel(stan, mine.id, version=mine.version + 1)
    reservations.cancel(stan, mine.id, version=mine.version)
    reserve(made, made.ann, asset, span=days(7))


def test_a_kit_is_reserved_as_one(made: Desk) -> None:
    things = [made.laptop(), made.laptop()]
    kit = kits.add_kit(made.actor, kits.KitDetails("Trolley"), [one.id for one in things])
    row = reserve(made, made.ann, kit_id=kit.id)
    assert row.what == "Trolley"
    assert {one.id for one in reservations.things_of(row)} == {one.id for one in things}
    with pytest.raises(Denied):
        reserve(made, bob(made), things[0])
    with pytest.raises(Denied):
        reserve(made, made.ann, things[0], kit_id=kit.id, span=days(12))
    kits.retire(made.actor, kit.id, version=kit.version)
    with pytest.raises(Denied):
        reserve(made, made.ann, kit_id=kit.id, span=days(12))


def test_another_schools_things_do_not_exist(made: Desk, site: Site) -> None:
    asset = made.laptop()
    row = reserve(made, made.ann, asset)
    kit = kits.add_kit(made.actor, kits.KitDetails("Trolley"), [asset.id])
    ann, kind = made.ann.id, laptop_kind(made)
    db.session.commit()
    otto = site.actor(OUTSIDER)
    other = people.add_person(otto, PersonDetails("Olga Other")).id
    for work in (
        lambda: reservations.reserve(otto, ann, Asked(days(7), (asset.id,))),
        lambda: reservations.reserve(otto, other, Asked(days(7), (asset.id,))),
        lambda: reservations.reserve(otto, other, Asked(days(7), kit_id=kit.id)),
        lambda: reservations.reserve(otto, other, Asked(days(7), kind_id=kind, count=1)),
        lambda: reservations.cancel(otto, row.id, version=row.version),
    ):
        with pytest.raises(NotFound):
            work()
    assert reservations.between(otto.school_id, days(0, 30)) == []


def test_one_cancels_and_another_collects_at_once(made: Desk, site: Site) -> None:
    asset = made.laptop(*HOME)
    row = reserve(made, made.ann, asset, span=days(0, 3))
    row_id, version, asset_id, ann_id = row.id, row.version, asset.id, made.ann.id
    details, signed = LoanDetails(service.today() + timedelta(days=3), off_site=False), made.signed()
    db.session.commit()
    raised = together(
        site.app,
        [
            lambda: reservations.cancel(made.actor, row_id, version=version),
            lambda: service.lend(made.actor, ann_id, [Lent(asset_id)], details, signed),
        ],
    )
    assert all(isinstance(one, Conflict | Denied) for one in raised)
    assert len(service.open_of(made.actor.school_id, [asset_id])) == 1  # it is lent either way
    closed = reservations.state_of(reservations.get_reservation(made.actor.school_id, row_id))
    assert closed is (ReservationState.COLLECTED if raised else ReservationState.CANCELLED)


def test_a_kit_is_put_together_of_what_is_lent_at_that_moment(made: Desk, site: Site) -> None:
    assets = [made.laptop(*HOME) for _ in range(3)]
    ids, ann_id, signed = [one.id for one in assets], made.ann.id, made.signed()
    details = LoanDetails(service.today() + timedelta(days=3), off_site=False)
    db.session.commit()
    raised = together(
        site.app,
        [
            lambda: kits.add_kit(made.actor, kits.KitDetails("Trolley"), list(reversed(ids))),
            lambda: service.lend(made.actor, ann_id, [Lent(one) for one in ids], details, signed),
        ],
    )
    assert raised == []
