"""The loans desk on both databases: hand out, extend, take back, and everything that is refused."""

from datetime import timedelta
from uuid import uuid4

import pytest
from sqlalchemy import select

from tests.cast import Site, counted
from tests.together import together
from tests.tracker.loans.desk import HOME, Desk, desk
from tracker.agreements import service as agreements
from tracker.agreements.rules import AgreementDetails, AgreementKind
from tracker.audit.service import history
from tracker.db import db
from tracker.incidents import service as incidents
from tracker.incidents.rules import IncidentDetails, IncidentKind
from tracker.inventory.models import Asset
from tracker.inventory.rules import CheckKind
from tracker.loans import search, service
from tracker.loans.models import Loan
from tracker.loans.rules import Condition, LoanDetails
from tracker.loans.service import Back, Lent, Signed
from tracker.people import service as people
from tracker.people.rules import PersonDetails, PersonKind
from tracker.values import Conflict, Denied, NotFound, Role, utc_now

NOBODY = Signed("")


@pytest.fixture
def made(site: Site) -> Desk:
    return desk(site.actor("tess"))


def home(days: int = 30) -> LoanDetails:
    return LoanDetails(service.today() + timedelta(days=days), off_site=True, purpose="Planning at home", place="Home")


def lend(made: Desk, *assets: Asset, details: LoanDetails | None = None) -> Loan:
    things = [Lent(one.id, accessories="Charger") for one in assets]
    return service.lend(made.actor, made.ann.id, things, details or home(), made.signed())


def codes(denied: pytest.ExceptionInfo[Denied]) -> set[str]:
    return {blocker.code for blocker in denied.value.blockers}


def test_three_things_go_out_with_one_signature_and_come_back_one_by_one(made: Desk) -> None:
    assets = [made.laptop(*HOME) for _ in range(3)]
    loan = lend(made, *assets)
    assert (loan.number, loan.open_items, loan.signatory) == (1, 3, "Ann Example")
    assert {one.state for one in assets} == {"on_loan"}
    assert [row.borrower for row in search.off_site(made.actor.school_id, service.today())] == ["Ann Example"] * 3
    service.take_back(made.actor, [Back(assets[0].id)], Signed("Ann Example"))
    damaged = Back(assets[1].id, Condition.DAMAGED, "The screen is cracked")
    service.take_back(made.actor, [damaged, Back(assets[2].id)], NOBODY)
    assert loan.open_items == 0
    assert {one.state for one in assets} == {"in_store"}
    first, second, _ = service.items_of(made.actor.school_id, loan.id)
    assert (first.returned_by, first.condition_in) == ("Ann Example", "as_lent")
    assert (second.returned_by, second.note_in) == ("", "The screen is cracked")
    kinds = [one.kind for one in history(made.actor.school_id, "loan", loan.id)]
    assert kinds == ["loan:returned"] * 3 + ["loan:lent"]


def test_what_came_back_needs_a_reset_before_another_gets_it(made: Desk) -> None:
    asset = made.laptop(*HOME)
    lend(made, asset)
    service.take_back(made.actor, [Back(asset.id)], NOBODY)
    lend(made, asset)  # the same person again
    service.take_back(made.actor, [Back(asset.id)], NOBODY)
    bob = people.add_person(made.actor, PersonDetails("Bob Borrower"))
    with pytest.raises(Denied) as denied:
        service.lend(made.actor, bob.id, [Lent(asset.id)], home(), made.signed("Bob Borrower"))
    assert codes(denied) == {"not_reset"}
    made.checked(asset, CheckKind.RESET)
    service.lend(made.actor, bob.id, [Lent(asset.id)], home(), made.signed("Bob Borrower"))


def test_nothing_goes_where_one_thing_may_not(made: Desk) -> None:
    good, bad = made.laptop(*HOME), made.laptop()
    with pytest.raises(Denied) as denied:
        lend(made, good, bad)
    assert codes(denied) == {"no_label", "not_encrypted", "not_protected"}
    assert (good.state, bad.state) == ("in_store", "in_store")


def test_without_a_current_acceptable_use_signature_nothing_is_lent(made: Desk) -> None:
    asset = made.laptop(*HOME)
    staff = frozenset({PersonKind.STAFF})
    aup = agreements.add_agreement(
        made.actor, AgreementDetails("Acceptable use", AgreementKind.ACCEPTABLE_USE, staff, "Computing lead")
    )
    agreements.write_draft(made.actor, aup.id, "I behave.", version=aup.version)
    head = type(made.actor)(**{**vars(made.actor), "id": uuid4(), "role": Role.HEAD})
    today = agreements.today()
    agreements.approve(head, aup.id, version=aup.version, minute_ref="", in_force_on=today, sign_again=True)
    with pytest.raises(Denied, match="has not signed the current version of “Acceptable use”"):
        lend(made, asset)


def test_a_suspended_borrower_and_one_who_left_borrow_nothing(made: Desk) -> None:
    asset = made.laptop(*HOME)
    service.suspend(made.actor, made.ann.id, "Two laptops overdue")
    with pytest.raises(Denied, match="Two laptops overdue"):
        lend(made, asset)
    with pytest.raises(Denied, match="already"):
        service.suspend(made.actor, made.ann.id, "Again")
    service.lift(made.actor, made.ann.id)
    made.ann.left_on = service.today() - timedelta(days=1)
    with pytest.raises(Denied, match="has left the school"):
        lend(made, asset)


def test_a_double_return_and_a_thing_that_was_never_lent_are_refused(made: Desk) -> None:
    asset, other = made.laptop(*HOME), made.laptop(*HOME)
    loan = lend(made, asset)
    with pytest.raises(Denied) as denied:
        service.take_back(made.actor, [Back(asset.id), Back(other.id)], NOBODY)
    assert codes(denied) == {"not_out"}
    assert loan.open_items == 1
    service.take_back(made.actor, [Back(asset.id)], NOBODY)
    with pytest.raises(Denied, match="is not on loan"):
        service.take_back(made.actor, [Back(asset.id)], NOBODY)


def test_terms_that_were_replaced_while_the_page_was_open_are_read_again(made: Desk) -> None:
    asset = made.laptop(*HOME)
    with pytest.raises(Denied) as denied:
        service.lend(made.actor, made.ann.id, [Lent(asset.id)], home(), Signed("Ann Example", "0" * 64))
    assert codes(denied) == {"text_changed"}
    with pytest.raises(Denied) as denied:
        service.lend(made.actor, made.ann.id, [Lent(asset.id)], home(), Signed(" ", made.terms.text_sha256))
    assert codes(denied) == {"no_signatory"}


def test_a_school_without_terms_lends_nothing(site: Site) -> None:
    otto = site.actor("otto")
    person = people.add_person(otto, PersonDetails("Ann Example"))
    with pytest.raises(Denied, match="no terms of loans"):
        service.lend(otto, person.id, [], home(), Signed("Ann Example"))


def test_what_was_lost_on_loan_comes_back_into_store(made: Desk) -> None:
    asset = made.laptop(*HOME)
    loan = lend(made, asset)
    lost = IncidentDetails(IncidentKind.LOST, "It was left on the bus.", "", utc_now())
    incidents.report(made.actor, lost, incidents.About(asset_id=asset.id))
    assert (asset.state, loan.open_items) == ("missing", 1)
    service.take_back(made.actor, [Back(asset.id)], NOBODY)
    assert (asset.state, loan.open_items) == ("in_store", 0)


def test_a_loan_is_extended_once_both_desks_agree(made: Desk) -> None:
    loan = lend(made, made.laptop(*HOME))
    seen, later = loan.version, loan.due_on + timedelta(days=14)
    service.extend(made.actor, loan.id, later, version=seen)
    assert loan.due_on == later
    with pytest.raises(Conflict, match="Tess Technician changed Loan 1"):
        service.extend(made.actor, loan.id, later + timedelta(days=1), version=seen)


def test_another_schools_loan_person_and_thing_are_not_found(site: Site, made: Desk) -> None:
    asset = made.laptop(*HOME)
    loan = lend(made, asset)
    db.session.commit()
    otto = site.actor("otto")
    with pytest.raises(NotFound):
        service.get_loan(otto.school_id, loan.id)
    with pytest.raises(NotFound):
        service.take_back(otto, [Back(asset.id)], NOBODY)
    with pytest.raises(NotFound):
        service.extend(otto, loan.id, service.today(), version=1)


def test_two_desks_that_lend_the_same_laptop_at_once_lend_it_once(site: Site, made: Desk) -> None:
    asset_id, person_id, actor, signed = made.laptop(*HOME).id, made.ann.id, made.actor, made.signed()
    db.session.commit()

    def one_desk() -> None:
        service.lend(actor, person_id, [Lent(asset_id)], home(), signed)

    (refused,) = together(site.app, [one_desk] * 2)
    assert isinstance(refused, Denied)
    assert [blocker.code for blocker in refused.blockers] == ["state"]
    assert db.session.scalars(select(Loan.number)).all() == [1]


def test_lists_ask_as_many_queries_for_thirty_loans_as_for_three(made: Desk) -> None:
    def listed() -> int:
        with counted() as asked:
            _, total = search.listed(made.actor.school_id, text="ann", state="out", page=1, today=service.today())
        assert total
        return len(asked)

    for _ in range(3):
        lend(made, made.laptop(*HOME))
    few = listed()
    for _ in range(9):
        lend(made, made.laptop(*HOME))
    assert listed() == few
