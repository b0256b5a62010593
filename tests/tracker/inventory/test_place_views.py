"""The pages of places, as people use and misuse them; on both databases."""

import re
from uuid import UUID

import pytest
from flask.testing import FlaskClient
from sqlalchemy import select

from tests.cast import body, counted
from tracker.db import db
from tracker.inventory import places
from tracker.inventory.details import LocationDetails
from tracker.inventory.models import Location
from tracker.inventory.rules import LocationLevel
from tracker.values import Actor


def site_of(actor: Actor) -> UUID:
    return places.choices(actor.school_id)[0][0]


def names() -> set[str]:
    db.session.rollback()
    return set(db.session.scalars(select(Location.name)))


def test_rooms_are_added_many_at_once(tess: FlaskClient, actor: Actor) -> None:
    data = {"name": "Room 1", "more": "Room 2\r\n\r\n Room 3 ", "level": "room", "parent_id": str(site_of(actor))}
    answer = tess.post("/locations/new", data=data)
    assert answer.status_code == 302, body(answer)
    page = body(tess.get(answer.location))
    assert "3 places are added" in page
    assert all(f"Room {number}" in page for number in (1, 2, 3))
    again = tess.post("/locations/new", data={**data, "name": "Room 9"})  # the others are there: none is added
    assert again.status_code == 422
    assert "already" in body(again)
    assert "Room 9" not in names()
    many = tess.post("/locations/new", data={**data, "name": "A", "more": "\n".join(f"B{n}" for n in range(100))})
    assert many.status_code == 422
    assert "at most 100" in body(many)


def test_the_slower_of_two_editors_sees_the_difference_and_can_still_save(tess: FlaskClient, actor: Actor) -> None:
    details = LocationDetails("Office", LocationLevel.ROOM, site_of(actor))
    place = places.add_location(actor, details)
    db.session.commit()
    address = f"/locations/{place.id}/edit"
    data = {"level": "room", "parent_id": str(site_of(actor)), "version": 1}
    assert tess.post(address, data={**data, "name": "School office"}).status_code == 302
    answer = tess.post(address, data={**data, "name": "Head", "lockable": "y"})
    page = body(answer)
    assert answer.status_code == 422
    assert "Tess Technician changed" in page
    assert re.search(r'<th scope="row">Name</th><td>School office</td><td>Head</td>', page)
    version = re.search(r'name="version" value="(\d+)"', page)
    assert version
    assert tess.post(address, data={**data, "name": "Head", "version": version[1]}).status_code == 302
    assert "Head" in names()


def test_a_place_shows_where_it_lies_and_what_lies_in_it(tess: FlaskClient, actor: Actor) -> None:
    room = places.add_location(actor, LocationDetails("Office", LocationLevel.ROOM, site_of(actor)))
    places.add_location(actor, LocationDetails("Safe", LocationLevel.CABINET, room.id, True, "S 60 DIS"))
    db.session.commit()
    page = body(tess.get(f"/locations/{room.id}"))
    for part in ("Safe", "S 60 DIS", "Where it lies", f'href="/locations/{site_of(actor)}"'):
        assert part in page
    assert re.search(r'<option selected value="cabinet">', body(tess.get(f"/locations/new?in={room.id}")))
    assert "Safe" in body(tess.get("/locations?q=office"))
    assert "1 place with" in body(tess.get("/locations?q=safe"))
    assert "0 places with" in body(tess.get("/locations?q=%3Cscript%3E"))


@pytest.mark.parametrize("query", ["?in=x", f"?in={UUID(int=1)}", "?in="])
def test_a_strange_address_still_gives_a_form(tess: FlaskClient, actor: Actor, query: str) -> None:
    assert tess.get(f"/locations/new{query}").status_code == 200


def test_a_large_tree_is_folded_and_asks_no_more_of_the_database(tess: FlaskClient, actor: Actor) -> None:
    site_id = site_of(actor)
    numbers = []
    for count in (3, 60):
        building = places.add_location(actor, LocationDetails(f"Building {count}", LocationLevel.BUILDING, site_id))
        for number in range(count):
            places.add_location(actor, LocationDetails(f"Room {count}-{number}", LocationLevel.ROOM, building.id))
        db.session.commit()
        for address in ("/locations", "/locations?q=room", f"/locations/{site_id}", "/assets/new"):
            with counted() as seen:
                page = body(tess.get(address))
            numbers.append(len(seen))
            assert f"Room {count}-1" in page
    assert numbers[:4] == numbers[4:]
    page = body(tess.get("/locations"))
    assert page.count("<details open>") == 1  # the site; its buildings wait for a click
