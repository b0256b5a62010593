"""One's own page, what people state, and the sweep when somebody leaves; on both databases."""

from uuid import uuid4

import pytest

from tests.cast import Site
from tests.tracker.loans.desk import HOME, Desk, desk
from tracker.accounts import service as accounts
from tracker.db import db
from tracker.inventory import service as inventory
from tracker.loans import own, service
from tracker.loans.models import LoanItem
from tracker.loans.rules import AttestationKind, LoanDetails
from tracker.loans.service import Back, Lent, Signed
from tracker.people import links
from tracker.people import service as people
from tracker.people.models import Person
from tracker.values import Actor, Denied, NotFound


@pytest.fixture
def made(site: Site) -> Desk:
    return desk(site.actor("tess"))


def lent(made: Desk, person: Person) -> LoanItem:
    details = LoanDetails(service.today(), off_site=True, purpose="Planning")
    loan = service.lend(made.actor, person.id, [Lent(made.laptop(*HOME).id)], details, made.signed())
    return service.items_of(made.actor.school_id, loan.id)[0]


def stan_of(site: Site) -> Actor:
    return site.actor("stan")


def test_somebody_confirms_what_they_have_and_nothing_else(site: Site, made: Desk) -> None:
    db.session.commit()
    stan = stan_of(site)
    mine, other = lent(made, links.person_for_user(stan)), lent(made, made.ann)
    own.state(stan, AttestationKind.STILL_HAVE, mine.id)
    (row,) = own.held(stan.school_id, links.person_for_user(stan).id, service.today())
    assert row.confirmed_at is not None
    for faulty in (other.id, uuid4(), None):
        with pytest.raises(NotFound):
            own.state(stan, AttestationKind.STILL_HAVE, faulty)
    with pytest.raises(NotFound):
        own.state(stan, AttestationKind.HOUSEKEEPING, mine.id)
    service.take_back(made.actor, [Back(mine.asset_id)], Signed(""))
    with pytest.raises(NotFound):
        own.state(stan, AttestationKind.STILL_HAVE, mine.id)


def test_the_own_page_shows_what_is_due_and_takes_statements(site: Site, made: Desk) -> None:
    db.session.commit()
    stan = stan_of(site)
    item_id = lent(made, links.person_for_user(stan)).id
    client = site.client("stan")
    page = client.get("/mine").get_data(as_text=True)
    assert "Laptop Dell Latitude" in page
    answer = client.post("/mine/state", data={"kind": "still_have", "item": str(item_id)}, follow_redirects=True)
    assert "You said that you have it on" in answer.get_data(as_text=True)
    answer = client.post("/mine/state", data={"kind": "housekeeping"}, follow_redirects=True)
    assert "Last stated on" in answer.get_data(as_text=True)
    assert "Last confirmed" in site.client("beth").get("/loans/off-site").get_data(as_text=True)


@pytest.mark.parametrize(
    "told",
    [{}, {"kind": "x"}, {"kind": "still_have"}, {"kind": "still_have", "item": "x"}, {"kind": "", "item": "\x1b"}],
)
def test_a_strange_statement_is_not_kept(site: Site, made: Desk, told: dict[str, str]) -> None:
    client = site.client("stan")
    assert client.post("/mine/state", data=told).status_code in (302, 404)
    person = links.person_of_user(site.actor("stan"))
    assert person is None or own.stated(person.school_id, person.id) == {}


def test_somebody_leaves_when_nothing_is_open_any_more(site: Site, made: Desk) -> None:
    db.session.commit()
    stan, head, today = stan_of(site), site.actor("hana"), service.today()
    person = links.person_for_user(stan)
    item = lent(made, person)
    asset = made.laptop(*HOME)
    details = inventory.details_of(asset)
    told = type(details)(**{**vars(details), "responsible_id": person.id})
    inventory.edit(made.actor, asset.id, told, version=asset.version)
    with pytest.raises(Denied) as denied:
        own.sign_off(made.actor, person.id, today, today)
    assert {blocker.code for blocker in denied.value.blockers} == {"loans", "assets", "account"}
    service.take_back(made.actor, [Back(item.asset_id)], Signed(""))
    told = type(details)(**{**vars(inventory.details_of(asset)), "responsible_id": None})
    inventory.edit(made.actor, asset.id, told, version=asset.version)
    accounts.set_active(head, stan.id or uuid4(), active=False, why="Leaves the school")
    own.sign_off(made.actor, person.id, today, today)
    assert people.get_person(person.school_id, person.id).left_on == today
    with pytest.raises(Denied, match="Only the technician or the bursar"):
        own.sign_off(head, person.id, today, today)


def test_the_sweep_is_one_page(site: Site, made: Desk) -> None:
    item = lent(made, made.ann)
    label, tess = item.label, site.client("tess")
    page = tess.get(f"/loans/leavers/{made.ann.id}").get_data(as_text=True)
    assert label in page
    answer = tess.post(f"/loans/leavers/{made.ann.id}", data={"last_day": service.today().isoformat()})
    assert answer.status_code == 422
    assert f"Still on loan: {label}" in answer.get_data(as_text=True)
    assert tess.post(f"/loans/leavers/{made.ann.id}", data={"last_day": "x"}).status_code == 422
    assert tess.get(f"/loans/leavers/{uuid4()}").status_code == 404
