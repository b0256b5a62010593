"""Places, kinds and fields that several people add and rename at the same moment: each once, each at its right path."""

from collections import Counter
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier

from flask.testing import FlaskClient
from sqlalchemy import select

from tests.cast import Site
from tracker.audit import chain
from tracker.audit.service import links
from tracker.db import db
from tracker.inventory import places, service
from tracker.inventory.details import JOINT, LocationDetails
from tracker.inventory.models import AssetKind, CustomField, Location
from tracker.inventory.rules import LocationLevel
from tracker.values import folded

PEOPLE = ("tess", "beth", "tess")


def at_once(site: Site, *acts: Callable[[FlaskClient], Counter[int]]) -> list[Counter[int]]:
    """What each was answered, by status."""
    clients = [site.client(name) for name, _ in zip(PEOPLE, acts, strict=False)]
    together = Barrier(len(acts))

    def run(number: int) -> Counter[int]:
        together.wait()
        return acts[number](clients[number])

    with ThreadPoolExecutor(len(acts)) as pool:
        return list(pool.map(run, range(len(acts))))


def test_what_is_added_while_its_building_is_renamed_has_the_right_path(site: Site) -> None:
    actor = site.actor("tess")
    service.create_defaults(actor)
    site_id = places.choices(actor.school_id)[0][0]
    building = places.add_location(actor, LocationDetails("Main", LocationLevel.BUILDING, site_id)).id
    room = places.add_location(actor, LocationDetails("Office", LocationLevel.ROOM, building)).id
    db.session.commit()

    def rename(client: FlaskClient) -> Counter[int]:
        told = {"level": "building", "parent_id": str(site_id)}
        return Counter(
            client.post(f"/locations/{building}/edit", data={**told, "name": f"Main {n}", "version": n}).status_code
            for n in range(1, 9)
        )

    def add(client: FlaskClient) -> Counter[int]:
        told = {"level": "cabinet", "parent_id": str(room)}
        return Counter(
            client.post("/locations/new", data={**told, "name": f"Cabinet {n}"}).status_code for n in range(8)
        )

    renamed, one, other = at_once(site, rename, add, add)
    assert renamed == {302: 8}
    assert one + other == {302: 8, 422: 8}, "each cabinet once, and the second in words"
    db.session.rollback()
    found = {
        place.id: place for place in db.session.scalars(select(Location).where(Location.school_id == actor.school_id))
    }
    assert len(found) == 11
    for place in found.values():
        if place.parent_id is not None:
            assert place.path == found[place.parent_id].path + JOINT + place.name
        assert place.search == folded(place.path)
    assert chain.verify(links(actor.school_id)).broken is None


def test_a_kind_and_a_field_that_two_add_at_once_are_there_once(site: Site) -> None:
    actor = site.actor("tess")
    service.create_defaults(actor)
    db.session.commit()

    def add(client: FlaskClient) -> Counter[int]:
        kinds = [client.post("/kinds/new", data={"name": f"Robot {n}", "data_bearing": "y"}) for n in range(5)]
        fields = [client.post("/fields/new", data={"name": f"Colour {n}", "type": "text"}) for n in range(5)]
        return Counter(answer.status_code for answer in (*kinds, *fields))

    one, other = at_once(site, add, add)
    assert one + other == {302: 10, 422: 10}
    db.session.rollback()
    names = Counter(db.session.scalars(select(CustomField.name))) + Counter(
        db.session.scalars(select(AssetKind.name).where(AssetKind.name.startswith("Robot")))
    )
    assert set(names.values()) == {1}
    assert len(names) == 10
