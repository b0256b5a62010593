"""One change to many assets, as people use and misuse it, on both databases: all or nothing, and nobody's work lost."""

import re
from dataclasses import replace
from datetime import date
from uuid import UUID, uuid4

import pytest
from flask.testing import FlaskClient
from sqlalchemy import select

from labels import code
from tests.cast import Site, body, counted
from tests.tracker.inventory.conftest import kind_id
from tracker.audit.models import Event
from tracker.db import db
from tracker.inventory import bulk, fields, places, service
from tracker.inventory.details import AssetDetails, LocationDetails
from tracker.inventory.fields_rules import FieldDetails
from tracker.inventory.models import Asset
from tracker.inventory.rules import AssetState, CustomType, LocationLevel
from tracker.values import Actor

NO_ID = UUID(int=1).hex  # of no asset


def make(actor: Actor, kind: str = "Projector", **told: object) -> Asset:
    told.setdefault("serial", f"SN{uuid4().hex[:10]}")
    asset = service.register(actor, AssetDetails(kind_id(actor, kind), **told))  # type: ignore[arg-type]
    db.session.commit()
    return asset


def hidden(page: str) -> dict[str, str]:
    """What the check page carries on."""
    return dict(re.findall(r'<input type="hidden" name="([^"]+)" value="([^"]*)">', page))


def assets() -> dict[UUID, Asset]:
    db.session.expire_all()
    return {asset.id: asset for asset in db.session.scalars(select(Asset))}


def events(actor: Actor, kind: str = "asset:changed") -> int:
    db.session.rollback()
    return len(db.session.scalars(select(Event).where(Event.school_id == actor.school_id, Event.kind == kind)).all())


SET = {"do_supplier": "set", "supplier": "Misco Ltd", "do_department": "clear"}


def test_what_is_filtered_is_checked_then_changed_together(tess: FlaskClient, actor: Actor) -> None:
    made = [make(actor, department="Year 3", name=f"P{number}") for number in range(3)]
    already = make(actor, supplier="Misco Ltd")
    other = make(actor, "Monitor", department="Year 3")
    address = f"/assets/bulk?kind={kind_id(actor)}"
    assert "Change 4 assets together" in body(tess.get(address))
    page = body(tess.post(address, data=SET))
    assert "3 of 4 assets would change" in page
    assert "1 is like that already" in page
    assert code.shown(made[0].tag) in page
    assert "Year 3" in page
    assert all(asset.supplier == "" for asset in assets().values() if asset.id != already.id)
    answer = tess.post(address, data={**hidden(page), "save": "1"})
    assert answer.status_code == 302, body(answer)
    assert answer.location.endswith(f"/assets?kind={kind_id(actor)}")
    assert "3 assets are changed" in body(tess.get(answer.location))
    now = assets()
    assert {now[one.id].supplier for one in made} == {"Misco Ltd"}
    assert {now[one.id].department for one in made} == {""}
    assert now[other.id].department == "Year 3"
    assert all("misco" in now[one.id].search for one in made)
    assert events(actor) == 3


def test_only_what_is_ticked_is_changed(tess: FlaskClient, actor: Actor) -> None:
    one, two, three = (make(actor) for _ in range(3))
    address = f"/assets/bulk?id={one.id}&id={two.id}&id=nonsense"
    page = body(tess.post(address, data=SET))
    assert tess.post(address, data={**hidden(page), "save": "1"}).status_code == 302
    now = assets()
    assert [now[asset.id].supplier for asset in (one, two, three)] == ["Misco Ltd", "Misco Ltd", ""]


@pytest.mark.parametrize(
    ("data", "message"),
    [
        ({}, "Nothing would change"),
        ({"do_supplier": "set"}, "Enter what to set"),
        ({"supplier": "Misco"}, "A value is entered here"),
        ({"do_supplier": "clear", "supplier": "Misco"}, "A value is entered here"),
        ({"do_kind_id": "clear"}, "Not a valid choice"),
        ({"do_ownership": "set", "ownership": "stolen"}, "Not a valid choice"),
        ({"do_supplier": "erase", "supplier": "x"}, "Not a valid choice"),
        ({"do_acquired_on": "set", "acquired_on": "31/02/2024"}, "Not a valid date"),
        ({"do_acquired_on": "set", "acquired_on": "0001-01-01"}, "from 1950 to today"),
        ({"do_cost_pence": "set", "cost_pence": "NaN"}, "Enter the amount"),
        ({"do_life_months": "set", "life_months": "1e9"}, "Not a valid integer"),
        ({"do_life_months": "set", "life_months": "601"}, "from 1 to 600"),
        ({"do_location_id": "set", "location_id": str(uuid4())}, "Choose one from the list"),
        ({"do_notes": "set", "notes": "x" * 10_001}, "longer than 10,000"),
        ({"do_security_marked_on": "set", "security_marked_on": "2024-01-01"}, "Say how it was marked"),
        ({"do_make": "set", "make": "bell\x07"}, "cannot be shown"),
    ],
)
def test_a_bad_form_says_what_to_do_and_changes_nothing(
    tess: FlaskClient, actor: Actor, data: dict[str, str], message: str
) -> None:
    make(actor)
    answer = tess.post("/assets/bulk", data=data)
    assert answer.status_code == 422
    assert message in body(answer)
    assert events(actor) == 0


def test_what_a_rule_forbids_for_one_is_done_for_none(tess: FlaskClient, actor: Actor) -> None:
    make(actor)
    laptop = make(actor, "Laptop")
    answer = tess.post("/assets/bulk", data={"do_kind_id": "set", "kind_id": str(kind_id(actor, "Monitor"))})
    assert answer.status_code == 422
    assert code.shown(laptop.tag) in body(answer)
    assert "no storage" in body(answer)
    assert len({asset.kind_id for asset in assets().values()}) == 2
    laptop = assets()[laptop.id]
    laptop.state = AssetState.DISPOSED.value
    db.session.commit()
    answer = tess.post("/assets/bulk", data=SET)
    assert answer.status_code == 422
    assert "can no longer be changed" in body(answer)
    assert {asset.supplier for asset in assets().values()} == {""}


def test_who_was_faster_is_named_and_the_others_can_go_on(tess: FlaskClient, site: Site, actor: Actor) -> None:
    one, two = make(actor, name="One"), make(actor, name="Two")
    page = body(tess.post("/assets/bulk", data=SET))
    beth = site.actor("beth")
    service.edit(beth, one.id, replace(service.details_of(one), name="Hall"), version=one.version)
    db.session.commit()
    answer = tess.post("/assets/bulk", data={**hidden(page), "save": "1"})
    assert answer.status_code == 409
    conflict = body(answer)
    assert re.search(f"Beth Bursar changed {code.shown(one.tag)} on [^<]+: name<", conflict)
    assert "Change the other 1 without it" in conflict
    assert {asset.supplier for asset in assets().values()} == {""}
    answer = tess.post("/assets/bulk", data={**hidden(conflict), "save": "1"})
    assert answer.status_code == 302
    now = assets()
    assert (now[one.id].supplier, now[one.id].name, now[two.id].supplier) == ("", "Hall", "Misco Ltd")


def test_checking_again_after_a_conflict_takes_all(tess: FlaskClient, actor: Actor) -> None:
    one = make(actor)
    page = body(tess.post("/assets/bulk", data=SET))
    service.edit(actor, one.id, replace(service.details_of(one), name="Hall"), version=one.version)
    db.session.commit()
    conflict = body(tess.post("/assets/bulk", data={**hidden(page), "save": "1"}))
    page = body(tess.post("/assets/bulk", data=hidden(conflict)))
    assert "1 of 1 asset would change" in page
    assert tess.post("/assets/bulk", data={**hidden(page), "save": "1"}).status_code == 302
    assert assets()[one.id].supplier == "Misco Ltd"


@pytest.mark.parametrize("seen", ["", "x", "x:1", NO_ID, f"{NO_ID}:x", f"{NO_ID}:" + "9" * 30])
def test_a_forged_form_changes_nothing(tess: FlaskClient, actor: Actor, seen: str) -> None:
    make(actor)
    answer = tess.post("/assets/bulk", data={**SET, "seen": seen, "save": "1"})
    assert answer.status_code in (302, 404, 422)
    assert events(actor) == 0


def test_another_schools_assets_are_out_of_reach(tess: FlaskClient, site: Site, actor: Actor) -> None:
    otto = site.actor("otto")
    service.create_defaults(otto)
    theirs = service.register(otto, AssetDetails(kind_id(otto), serial="THEIRS"))
    make(actor)
    db.session.commit()
    assert tess.get(f"/assets/bulk?id={theirs.id}").status_code == 404
    answer = tess.post("/assets/bulk", data={**SET, "seen": f"{theirs.id.hex}:{theirs.version}", "save": "1"})
    assert answer.status_code == 404
    assert assets()[theirs.id].supplier == ""


def test_own_fields_are_set_where_the_kind_has_them(tess: FlaskClient, actor: Actor) -> None:
    hours = fields.add_field(actor, FieldDetails("Lamp hours", CustomType.NUMBER, kind_id(actor)))
    lock = fields.add_field(actor, FieldDetails("Lock", CustomType.CHOICE, None, ("None", "Nano")))
    one, two = make(actor, custom={lock.id: "None"}), make(actor, "Monitor", custom={lock.id: "Nano"})
    form = body(tess.get("/assets/bulk"))
    assert "Lamp hours (Projector)" in form
    names = {name: f"custom_{field.id.hex}" for name, field in (("hours", hours), ("lock", lock))}
    bad = {f"do_{names['hours']}": "set", names["hours"]: "NaN"}
    assert tess.post("/assets/bulk", data=bad).status_code == 422
    data = {f"do_{names['hours']}": "set", names["hours"]: "1,200", f"do_{names['lock']}": "clear"}
    page = body(tess.post("/assets/bulk", data=data))
    assert tess.post("/assets/bulk", data={**hidden(page), "save": "1"}).status_code == 302
    now = assets()
    assert (now[one.id].custom, now[two.id].custom) == ({str(hours.id): "1200"}, {})


def test_a_server_in_use_is_not_moved_into_the_open_with_the_others(tess: FlaskClient, actor: Actor) -> None:
    site_id = places.choices(actor.school_id)[0][0]
    rack = places.add_location(actor, LocationDetails("Rack", LocationLevel.ROOM, site_id, lockable=True))
    hall = places.add_location(actor, LocationDetails("Hall", LocationLevel.ROOM, site_id))
    server, other = make(actor, "Server", location_id=rack.id), make(actor, location_id=rack.id)
    server.state = AssetState.IN_USE.value
    db.session.commit()
    answer = tess.post("/assets/bulk", data={"do_location_id": "set", "location_id": str(hall.id)})
    assert answer.status_code == 422
    assert "can be locked" in body(answer)
    assert assets()[other.id].location_id == rack.id


def test_too_many_at_once_are_refused_in_words(
    tess: FlaskClient, actor: Actor, monkeypatch: pytest.MonkeyPatch
) -> None:
    make(actor)
    make(actor)
    monkeypatch.setattr(bulk, "MOST", 1)
    answer = tess.get("/assets/bulk")
    assert answer.status_code == 409
    assert "more than one change takes (1)" in body(answer)


def test_nothing_to_change_and_nothing_chosen_are_said(tess: FlaskClient, actor: Actor) -> None:
    assert "No assets are chosen" in body(tess.get("/assets/bulk"))
    make(actor, supplier="Misco Ltd")
    assert "Nothing would change" in body(tess.post("/assets/bulk", data={**SET, "do_department": "leave"}))


def test_going_back_keeps_what_was_typed(tess: FlaskClient, actor: Actor) -> None:
    make(actor)
    page = body(tess.post("/assets/bulk", data=SET))
    again = body(tess.post("/assets/bulk", data={**hidden(page), "back": "1"}))
    assert 'value="Misco Ltd"' in again
    assert '<option selected value="clear">' in again


def test_the_number_of_queries_does_not_grow_with_the_assets(tess: FlaskClient, actor: Actor) -> None:
    numbers = []
    for count in (3, 40):
        for _ in range(count):
            make(actor, acquired_on=date(2024, 9, 1))
        with counted() as form:
            assert tess.get("/assets/bulk").status_code == 200
        with counted() as check:
            page = body(tess.post("/assets/bulk", data={"do_name": "set", "name": f"N{count}"}))
        with counted() as save:
            assert tess.post("/assets/bulk", data={**hidden(page), "save": "1"}).status_code == 302
        numbers.append((len(form), len(check), len(save)))
    assert numbers[0] == numbers[1]


def test_readers_do_not_change_many(site: Site, actor: Actor) -> None:
    for username, status in {"hana": 403, "adam": 403, "stan": 403, "beth": 200}.items():
        assert site.client(username).get("/assets/bulk").status_code == status
