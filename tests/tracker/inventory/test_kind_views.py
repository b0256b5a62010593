"""The pages of kinds and of a school's own fields, as people use and misuse them; on both databases."""

import re
from uuid import uuid4

import pytest
from flask.testing import FlaskClient
from sqlalchemy import select

from tests.cast import Site, body
from tests.tracker.inventory.conftest import kind_id
from tracker.audit.models import Event
from tracker.db import db
from tracker.inventory import fields, service
from tracker.inventory.details import AssetDetails
from tracker.inventory.fields_rules import FieldDetails
from tracker.inventory.models import CustomField
from tracker.inventory.rules import CustomType
from tracker.values import Actor


def one_field() -> CustomField:
    db.session.rollback()
    return db.session.scalars(select(CustomField)).one()


def changes(actor: Actor, kind: str) -> int:
    db.session.rollback()
    return len(db.session.scalars(select(Event).where(Event.school_id == actor.school_id, Event.kind == kind)).all())


FIELD = {"name": "Lamp hours", "type": "number", "hint": "Menu, Info"}


def test_a_field_is_added_shown_changed_moved_retired_and_asked_for_again(tess: FlaskClient, actor: Actor) -> None:
    data = {**FIELD, "kind_id": str(kind_id(actor))}
    assert tess.post("/fields/new", data=data).status_code == 302
    one = one_field()
    for address in ("/fields", f"/kinds/{kind_id(actor)}", f"/assets/new?kind={kind_id(actor)}"):
        assert "Lamp hours" in body(tess.get(address)), address
    answer = tess.post(f"/fields/{one.id}/edit", data={**data, "name": "Hours of the lamp", "version": 1})
    assert answer.status_code == 302, body(answer)
    assert "Hours of the lamp" in body(tess.get("/fields"))
    assert tess.post(f"/fields/{one.id}/up").status_code == 302
    assert tess.post(f"/fields/{one.id}/retire", data={"version": 2}).status_code == 302
    assert "no longer asked for" in body(tess.get("/fields"))
    assert "Hours of the lamp" not in body(tess.get(f"/assets/new?kind={kind_id(actor)}"))
    assert tess.post(f"/fields/{one.id}/restore", data={"version": 3}).status_code == 302
    assert changes(actor, "field:changed") == 3


@pytest.mark.parametrize(
    ("wrong", "message"),
    [
        ({"name": ""}, "Enter a name"),
        ({"name": "x" * 81}, "longer than 80"),
        ({"name": "Tag"}, "Every asset has a field of this name"),
        ({"name": "\x07"}, "cannot be shown"),
        ({"type": "formula"}, "Choose one from the list"),
        ({"kind_id": str(uuid4())}, "Choose one from the list"),
        ({"type": "choice", "choices": "One"}, "two choices or more"),
        ({"type": "choice", "choices": "\n".join(map(str, range(101)))}, "at most 100"),
        ({"hint": "x" * 10_001}, "longer than 200"),
    ],
)
def test_a_bad_field_says_what_to_do(tess: FlaskClient, actor: Actor, wrong: dict[str, str], message: str) -> None:
    answer = tess.post("/fields/new", data={**FIELD, **wrong})
    assert answer.status_code == 422
    assert message in body(answer)
    assert changes(actor, "field:created") == 0


def test_the_type_of_a_used_field_is_refused_with_what_to_do(tess: FlaskClient, actor: Actor) -> None:
    one = fields.add_field(actor, FieldDetails("Lamp hours", CustomType.NUMBER, kind_id(actor)))
    service.register(actor, AssetDetails(kind_id(actor), serial="A", custom={one.id: "5"}))
    db.session.commit()
    data = {**FIELD, "kind_id": str(kind_id(actor)), "type": "text", "version": 1}
    answer = tess.post(f"/fields/{one.id}/edit", data=data)
    assert answer.status_code == 422
    assert "1 asset has a value of this type" in body(answer)
    assert "1 asset has it." in body(tess.get("/fields"))


def test_the_slower_of_two_people_is_told_and_can_save_again(tess: FlaskClient, actor: Actor) -> None:
    one = fields.add_field(actor, FieldDetails("Lamp hours", CustomType.NUMBER))
    db.session.commit()
    kind = kind_id(actor)
    for address, data in ((f"/fields/{one.id}/edit", FIELD), (f"/kinds/{kind}/edit", {"name": "Beamer"})):
        assert tess.post(address, data={**data, "version": 1, "name": "First"}).status_code == 302
        answer = tess.post(address, data={**data, "version": 1, "name": "Second"})
        assert answer.status_code == 422
        assert "Tess Technician changed First on" in body(answer)
        version = re.search(r'name="version" value="(\d+)"', body(answer))
        assert version
        assert tess.post(address, data={**data, "version": version[1], "name": "Second"}).status_code == 302
    answer = tess.post(f"/fields/{one.id}/retire", data={"version": 1})
    assert answer.status_code == 409
    assert "Tess Technician changed Second on" in body(answer)


@pytest.mark.parametrize("version", ["", "0", "-1", "x", "9" * 40])
def test_a_form_without_a_proper_version_changes_nothing(tess: FlaskClient, actor: Actor, version: str) -> None:
    one = fields.add_field(actor, FieldDetails("Lamp hours", CustomType.NUMBER))
    db.session.commit()
    assert tess.post(f"/fields/{one.id}/edit", data={**FIELD, "version": version}).status_code == 422
    assert tess.post(f"/fields/{one.id}/retire", data={"version": version}).status_code == 409
    assert tess.post(f"/kinds/{kind_id(actor)}/edit", data={"name": "X", "version": version}).status_code == 422
    assert tess.post(f"/kinds/{kind_id(actor)}/retire", data={"version": version}).status_code == 409
    assert changes(actor, "field:changed") + changes(actor, "kind:changed") == 0


def test_a_kind_is_changed_and_retired_but_no_way_around_a_gate(tess: FlaskClient, actor: Actor) -> None:
    laptop = kind_id(actor, "Laptop")
    service.register(actor, AssetDetails(laptop, serial="A"))
    db.session.commit()
    form = {"name": "Laptop", "portable": "y", "version": 1}
    answer = tess.post(f"/kinds/{laptop}/edit", data=form)  # "may hold personal data" is not ticked
    assert answer.status_code == 422
    assert "First state by name for each" in body(answer)
    assert tess.post(f"/kinds/{laptop}/edit", data={**form, "data_bearing": "y", "name": "Notebook"}).status_code == 302
    page = body(tess.get(f"/kinds/{laptop}"))
    assert "Notebook" in page
    assert "1 asset" in page
    assert "The kind was changed" in page
    assert tess.post(f"/kinds/{laptop}/retire", data={"version": 2}).status_code == 302
    assert "no longer offered" in body(tess.get(f"/kinds/{laptop}"))
    assert "Notebook" not in body(tess.get("/assets/new"))
    data = {"ownership": "school", "data_class": "P", "serial": "B", "kind_id": str(laptop)}
    assert tess.post("/assets/new", data=data).status_code == 422
    assert tess.post(f"/kinds/{laptop}/restore", data={"version": 3}).status_code == 302


def test_markup_in_names_is_only_text(tess: FlaskClient, actor: Actor) -> None:
    data = {"name": "<script>alert(1)</script>", "type": "choice", "choices": "<b>\n{{7*7}}", "hint": "<img src=x>"}
    assert tess.post("/fields/new", data=data).status_code == 302
    one = one_field()
    for address in ("/fields", "/assets/new", f"/fields/{one.id}/edit", f"/kinds/{kind_id(actor)}", "/assets/bulk"):
        page = body(tess.get(address))
        assert "<script>alert" not in page
        assert "<img src=x" not in page


def test_readers_read_editors_edit_and_outsiders_see_nothing(site: Site, actor: Actor) -> None:
    one = fields.add_field(actor, FieldDetails("Lamp hours", CustomType.NUMBER))
    db.session.commit()
    read = ("/kinds", f"/kinds/{kind_id(actor)}", "/fields")
    write = (f"/kinds/{kind_id(actor)}/edit", "/fields/new", f"/fields/{one.id}/edit")
    posts = (f"/kinds/{kind_id(actor)}/retire", f"/fields/{one.id}/retire", f"/fields/{one.id}/up")
    for username, statuses in {"beth": (200, 200), "gwen": (200, 403), "stan": (403, 403)}.items():
        client = site.client(username)
        assert {client.get(page).status_code for page in read} == {statuses[0]}, username
        assert {client.get(page).status_code for page in write} == {statuses[1]}, username
        if username != "beth":
            assert {client.post(page, data={"version": 1}).status_code for page in posts} == {403}, username
    otto = site.client("otto")
    assert {otto.get(page).status_code for page in (*read[1:2], write[0], write[2])} == {404}
    assert {otto.post(page, data={"version": 1}).status_code for page in posts} == {404}
    assert "Lamp hours" not in body(otto.get("/fields"))
