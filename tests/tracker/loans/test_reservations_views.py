"""Reservations through their pages, on both databases: calendar, reserve, collect, cancel, override, other roles."""

from datetime import timedelta
from urllib.parse import quote

import pytest
from flask.testing import FlaskClient

from tests.cast import Site, body, hidden, version_of
from tests.tracker.loans.desk import HOME, Desk, desk, form
from tracker.db import db
from tracker.inventory import kinds
from tracker.loans import service
from tracker.people import service as people
from tracker.people.rules import PersonDetails


@pytest.fixture
def made(site: Site) -> Desk:
    return desk(site.actor("tess"))


@pytest.fixture
def tess(site: Site) -> FlaskClient:
    return site.client("tess")


def day(ahead: int) -> str:
    return (service.today() + timedelta(days=ahead)).isoformat()


def reserved(client: FlaskClient, **told: object) -> tuple[int, str]:
    """Ask for it; the status, and the page or where it leads."""
    answer = client.post("/loans/reservations/new", data=told)
    return answer.status_code, answer.location or body(answer)


def test_a_thing_is_reserved_shown_collected_and_no_longer_reserved(made: Desk, tess: FlaskClient) -> None:
    asset = made.laptop(*HOME)
    ann, asset_id, tag = str(made.ann.id), asset.id, asset.tag
    assert "Nothing is reserved in this week." in body(tess.get("/loans/reservations"))
    page = body(tess.get("/loans/reservations/new", query_string={"items": tag}))
    assert tag in page
    status, where = reserved(tess, person=ann, items=tag, starts_on=day(0), ends_on=day(2), purpose="Assembly")
    assert status == 302, where
    for address in ("/loans/reservations", "/loans/reservations?view=month"):
        page = body(tess.get(address))
        assert "Ann Example" in page
        assert "all day" in page
    assert "Reservation 1" in body(tess.get(f"/assets/{asset_id}"))
    assert "Reservation 1" in body(tess.get(f"/people/{ann}"))
    page = body(tess.get(where))
    assert "Assembly" in page
    assert "Hand it out" in page
    assert f"/loans/new?items={quote(tag)}&amp;person={ann}&amp;due_on={day(2)}" in page
    told = form(made.ann.id, asset, due=day(2))
    page = body(tess.get("/loans/sign", query_string=told))
    sent = {**told, "text_sha256": hidden(page, "text_sha256"), "signatory": "Ann Example", "agreed": "y"}
    assert tess.post("/loans/sign", data=sent).status_code == 302
    page = body(tess.get(where))
    assert "Collected" in page
    assert "Cancel it" not in page
    assert "Nothing is reserved in this week." in body(tess.get("/loans/reservations"))


def test_a_clash_is_told_at_its_field(made: Desk, tess: FlaskClient) -> None:
    first, second = made.laptop(), made.laptop()
    kind = next(one.id for one in kinds.kinds(made.actor.school_id) if one.name == "Laptop")
    ann = str(made.ann.id)
    hours = {"starts_on": day(3), "starts": "09:00", "ends": "10:00"}
    assert reserved(tess, person=ann, items=first.tag, **hours)[0] == 302
    status, page = reserved(tess, person=ann, items=first.tag, **hours)
    assert (status, "reserved for Ann Example (reservation 1)" in page) == (422, True)
    assert f"Free then: {second.tag[:4]}-{second.tag[4:]}." in page
    status, page = reserved(tess, person=ann, kind=str(kind), count="2", **hours)
    assert (status, "Laptop: 1 of 2 can be reserved" in page) == (422, True)
    assert reserved(tess, person=ann, items=first.tag, **{**hours, "starts": "10:00", "ends": "11:00"})[0] == 302
    assert reserved(tess, person=ann, kind=str(kind), **hours)[0] == 302  # one of it
    page = body(tess.get("/loans/reservations", query_string={"day": day(3)}))
    assert "09:00–10:00" in page
    assert "10:00–11:00" in page


@pytest.mark.parametrize(
    ("told", "words"),
    [
        ({"starts_on": ""}, "Enter the first day."),
        ({"starts_on": "soon"}, "Not a valid date value."),
        ({"starts": "25:00"}, "Not a valid time value."),
        ({"ends_on": "0001-01-01"}, "The end is not after the beginning."),
        ({"starts_on": "9999-12-31"}, "The end is not after the beginning."),
        ({"starts_on": "0001-01-01", "ends_on": ""}, "This time is over"),
        ({"starts_on": "2126-01-01"}, "at most a year ahead"),
        ({"items": ""}, "Choose one: a kit"),
        ({"items": "NOTHING"}, "leads to no thing"),
        ({"items": "a\nb\nc"}, "leads to no thing"),
        ({"person": ""}, "Choose for whom it is."),
        ({"person": "x"}, "Choose one from the list."),
        ({"kind": "00000000-0000-0000-0000-000000000001"}, "Choose one from the list."),
        ({"kit": "00000000-0000-0000-0000-000000000001"}, "Choose one from the list."),
        ({"count": "many"}, "Not a valid integer value."),
        ({"purpose": "x" * 201}, "longer than 200"),
    ],
)
def test_what_cannot_be_reserved_is_told(made: Desk, tess: FlaskClient, told: dict[str, str], words: str) -> None:
    right = {"person": str(made.ann.id), "items": made.laptop().tag, "starts_on": day(3)}
    status, page = reserved(tess, **{**right, **told})
    assert (status, words in page) == (422, True), page[page.find("<main") :][:3000]


def test_staff_reserve_for_themselves_and_see_no_more_than_that(made: Desk, site: Site) -> None:
    kind = next(one.id for one in kinds.kinds(made.actor.school_id) if one.name == "Laptop")
    for _ in range(2):
        made.laptop()
    ann = str(made.ann.id)
    db.session.commit()
    stan = site.client("stan")
    page = body(stan.get("/loans/reservations/new"))
    assert "For whom" not in page
    status, where = reserved(stan, kind=str(kind), count="1", starts_on=day(3), person=ann)  # the person is not heard
    if status == 422:
        status, where = reserved(stan, kind=str(kind), count="1", starts_on=day(3))
    assert status == 302, where
    page = body(stan.get(where))
    assert "Stan Staff" in page
    assert "Hand it out" not in page
    assert "/people/" not in page
    answer = stan.post(f"{where}/cancel", data={"version": version_of(stan, f"{where}/cancel")}, follow_redirects=True)
    assert "The reservation is cancelled." in body(answer)
    for username, may in (("hana", True), ("beth", True), ("gwen", False), ("adam", False)):
        client = site.client(username)
        assert client.get("/loans/reservations").status_code == 200
        assert client.get("/loans/reservations/new").status_code == (200 if may else 403)
    assert site.client("otto").get(where).status_code == 404


def test_a_technician_lends_what_is_reserved_with_a_reason_and_nobody_else_does(
    made: Desk, tess: FlaskClient, site: Site
) -> None:
    asset = made.laptop(*HOME)
    bob = people.add_person(made.actor, PersonDetails("Bob Borrower"))
    assert reserved(tess, person=str(bob.id), items=asset.tag, starts_on=day(1))[0] == 302
    told = form(made.ann.id, asset, due=day(3))
    page = body(site.client("beth").get("/loans/sign", query_string=told))
    assert "reserved for Bob Borrower (reservation 1)" in page
    assert "Lend it all the same" not in page
    page = body(tess.get("/loans/sign", query_string=told))
    assert "Lend it all the same" in page
    page = body(tess.get("/loans/sign", query_string={**told, "over": "Bob is ill"}))
    sent = {**told, "text_sha256": hidden(page, "text_sha256"), "signatory": "Ann Example", "agreed": "y"}
    refused = tess.post("/loans/sign", data=sent)
    assert (refused.status_code, "reserved for Bob" in body(refused)) == (422, True)  # without the reason
    assert hidden(page, "over") == "Bob is ill"
    assert tess.post("/loans/sign", data={**sent, "over": "Bob is ill"}).status_code == 302
    page = body(tess.get("/loans/reservations", query_string={"day": day(1)}))
    assert "Bob Borrower" in page  # it stands, and its page says what is wrong


@pytest.mark.parametrize(
    "query", ["day=x", "day=0001-01-01", "day=9999-12-31", "day=2026-02-30", "view=year", "view=month&day="]
)
def test_an_address_that_names_no_day_shows_today(tess: FlaskClient, query: str) -> None:
    assert tess.get(f"/loans/reservations?{query}").status_code == 200
