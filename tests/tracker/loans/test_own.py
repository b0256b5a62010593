"""One's own page, and what people state; on both databases."""

import re
from datetime import timedelta
from uuid import uuid4

import pytest
from sqlalchemy import select

from tests.cast import Site
from tests.tracker.loans.desk import HOME, TERMS, Desk, desk
from tracker.db import db
from tracker.inventory import service as inventory
from tracker.loans import own, service
from tracker.loans.models import Attestation
from tracker.loans.rules import AttestationKind, LoanDetails
from tracker.loans.service import Back, Lent, Signed
from tracker.people import links
from tracker.values import Actor, NotFound


@pytest.fixture
def made(site: Site) -> Desk:
    return desk(site.actor("tess"))


def stan_of(site: Site) -> Actor:
    return site.actor("stan")


def test_somebody_confirms_what_they_have_and_nothing_else(site: Site, made: Desk) -> None:
    db.session.commit()
    stan = stan_of(site)
    mine, other = made.lent(links.person_for_user(stan)), made.lent(made.ann)
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
    item_id = made.lent(links.person_for_user(stan)).id
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


def test_the_own_page_tells_when_updates_were_checked_and_links_what_was_signed(site: Site, made: Desk) -> None:
    db.session.commit()
    item = made.lent(links.person_for_user(stan_of(site)))
    loan = service.get_loan(made.actor.school_id, item.loan_id)
    terms = f"/agreements/versions/{loan.agreement_version_id}"
    client = site.client("stan")
    page = client.get("/mine").get_data(as_text=True)
    assert "Anti-virus: checked on" in page
    assert re.search(r"Updates:\s+<span[^>]*>", page)
    assert "Never checked" in page
    assert f'href="{terms}"' in page
    assert TERMS in client.get(terms).get_data(as_text=True)
    assert "Due now" in page
    client.post("/mine/state", data={"kind": "housekeeping"})
    assert "Due now" not in client.get("/mine").get_data(as_text=True)
    for one in db.session.scalars(select(Attestation)):
        one.made_at -= timedelta(days=366)
    assert "Due now" in client.get("/mine").get_data(as_text=True)


def test_private_use_is_declared(site: Site, made: Desk) -> None:
    client = site.client("stan")
    answer = client.post("/mine/state", data={"kind": "private_use_none"}, follow_redirects=True)
    assert "not significant" in answer.get_data(as_text=True)
    person = links.person_of_user(stan_of(site))
    assert person is not None
    assert set(own.stated(person.school_id, person.id)) == {AttestationKind.PRIVATE_USE_NONE}


def test_somebody_who_has_nothing_is_told_so(site: Site) -> None:
    page = site.client("stan").get("/mine").get_data(as_text=True)
    assert "on loan" in page
    assert "No loan." in page


def test_the_off_site_register_is_one_print_out(site: Site, made: Desk) -> None:
    label = made.lent(made.ann).label
    inside = made.laptop(*HOME)
    details = LoanDetails(service.today(), off_site=False)
    service.lend(made.actor, made.ann.id, [Lent(inside.id)], details, made.signed())
    inside_label = inventory.label_of(inside)
    page = site.client("gwen").get("/loans/off-site").get_data(as_text=True)
    assert label in page
    assert "Ann Example" in page
    assert inside_label not in page
    assert "Saint Brigid" in page
