"""The forms of an asset with all that a school knows, its own fields, copies, and several alike; on both databases."""

import re
from uuid import UUID

import pytest
from flask.testing import FlaskClient
from sqlalchemy import select

from tests.cast import Site, body, counted
from tests.tracker.inventory.conftest import kind_id
from tracker.db import db
from tracker.inventory import fields, service
from tracker.inventory.details import AssetDetails
from tracker.inventory.fields_rules import FieldDetails
from tracker.inventory.models import Asset, CustomField
from tracker.inventory.rules import CustomType
from tracker.values import Actor


def field(
    actor: Actor, name: str, kind: CustomType = CustomType.TEXT, of: str = "Projector", **told: object
) -> CustomField:
    made = fields.add_field(actor, FieldDetails(name, kind, kind_id(actor, of), **told))  # type: ignore[arg-type]
    db.session.commit()
    return made


def named(one: CustomField) -> str:
    return f"custom_{one.id.hex}"


def make(actor: Actor, **told: object) -> Asset:
    asset = service.register(actor, AssetDetails(kind_id(actor), **told))  # type: ignore[arg-type]
    db.session.commit()
    return asset


def assets() -> list[Asset]:
    db.session.rollback()
    db.session.expire_all()
    return list(db.session.scalars(select(Asset).order_by(Asset.serial, Asset.name)))


FORM = {"ownership": "school", "data_class": "P", "serial": "X4YV1"}
ALL = {
    "description": "Grey, red dot on the lid",
    "owner": "Lease Ltd",
    "department": "Year 3",
    "cost_pence": "980",
    "supplier": "Misco",
    "order_number": "PO-1182",
    "funding_source": "Devolved capital",
    "acquired_on": "2024-09-01",
    "warranty_until": "2027-09-01",
    "life_months": "60",
    "insurance_pence": "£1,000.00",
    "security_marking": "Engraved WR1 2AA",
    "security_marked_on": "2024-09-03",
}
SHOWN = ("red dot", "Lease Ltd", "Year 3", "£980.00", "Misco", "PO-1182", "Devolved capital", "1 September 2027",
         "60 months", "£1,000.00", "Engraved WR1 2AA", "3 September 2024")  # fmt: skip


def test_all_that_is_known_is_typed_once_and_shown_in_sections(tess: FlaskClient, actor: Actor) -> None:
    hours = field(actor, "Lamp hours", CustomType.NUMBER)
    data = {**FORM, **ALL, "kind_id": str(kind_id(actor)), named(hours): "1,250"}
    answer = tess.post("/assets/new", data=data)
    assert answer.status_code == 302, body(answer)
    page = body(tess.get(answer.location))
    for part in (*SHOWN, "Lamp hours", "1250", "Purchase and funding", "Not filled in: Location, Responsible"):
        assert part in page
    form = body(tess.get(f"{answer.location}/edit"))
    assert 'value="1250"' in form
    assert 'value="1000.00"' in form


@pytest.mark.parametrize(
    ("wrong", "message"),
    [
        ({"warranty_until": "2024-08-31", "acquired_on": "2024-09-01"}, "cannot end before"),
        ({"warranty_until": "0001-01-01"}, "from 1950 to 2199"),
        ({"security_marked_on": "2024-09-01"}, "Say how it was marked"),
        ({"security_marking": "QR label"}, "no security marking by itself"),
        ({"life_months": "NaN"}, "Not a valid integer"),
        ({"life_months": "-5"}, "from 1 to 600"),
        ({"insurance_pence": "1e9"}, "Enter the amount"),
        ({"owner": "x" * 10_001}, "longer than 120"),
        ({"supplier": "a\x1bb"}, "cannot be shown"),
        ({"count": "51"}, "from 1 to 50"),
        ({"count": "x"}, "Not a valid integer"),
        ({"serials": "A\nB"}, "leave the single one empty"),
        ({"serials": "A\nB\na", "serial": ""}, "twice"),
        ({"serials": "A\nB", "serial": "", "count": "3"}, "2 serial numbers for 3 things"),
        ({"serials": "\n".join(map(str, range(51))), "serial": ""}, "at most 50"),
        ({"count": "2", "serial": "", "tag": "ABCD-EFGH"}, "One label cannot be on several"),
    ],
)
def test_a_bad_form_says_what_to_do_and_writes_nothing(
    tess: FlaskClient, actor: Actor, wrong: dict[str, str], message: str
) -> None:
    answer = tess.post("/assets/new", data={**FORM, "kind_id": str(kind_id(actor)), **wrong})
    assert answer.status_code == 422
    assert message in body(answer)
    assert assets() == []


def test_a_bad_value_of_an_own_field_is_shown_at_the_field(tess: FlaskClient, actor: Actor) -> None:
    made = {
        field(actor, "Hours", CustomType.NUMBER): ("NaN", "Enter a number"),
        field(actor, "Changed", CustomType.DATE): ("0001-01-01", "Enter a day from 1950"),
        field(actor, "Lock", CustomType.CHOICE, choices=("None", "Nano")): ("Chain", "Choose one from the list"),
        field(actor, "Spare", CustomType.YES_NO): ("perhaps", "Choose one from the list"),
        field(actor, "Price", CustomType.MONEY): ("-1", "Enter the amount"),
        field(actor, "Text"): ("x" * 10_001, "longer than 1,000"),
    }
    for one, (text, message) in made.items():
        answer = tess.post("/assets/new", data={**FORM, "kind_id": str(kind_id(actor)), named(one): text})
        assert answer.status_code == 422
        assert re.search(f'href="#{named(one)}">[^<]*{message}', body(answer)), one.name
    assert assets() == []


def test_the_fields_of_a_retired_field_or_another_kind_are_not_read(tess: FlaskClient, actor: Actor) -> None:
    old, laptops = field(actor, "Old number"), field(actor, "BIOS", of="Laptop")
    fields.retire_field(actor, old.id, version=old.version)
    data = {**FORM, "kind_id": str(kind_id(actor)), named(old): "x", named(laptops): "y", "custom_zzz": "z"}
    assert tess.post("/assets/new", data=data).status_code == 302
    assert [asset.custom for asset in assets()] == [{}]


def test_fields_change_with_the_kind_without_any_script(tess: FlaskClient, actor: Actor) -> None:
    hours, bios = field(actor, "Lamp hours", CustomType.NUMBER), field(actor, "BIOS", of="Laptop")
    page = body(tess.get(f"/assets/new?kind={kind_id(actor)}"))
    assert "Lamp hours" in page
    assert "BIOS" not in page
    typed = {**FORM, "kind_id": str(kind_id(actor, "Laptop")), "make": "Dell", "fields_for": str(kind_id(actor))}
    answer = tess.post("/assets/new", data={**typed, "show": "1"})
    page = body(answer)
    assert answer.status_code == 200
    assert "BIOS" in page
    assert "Lamp hours" not in page
    assert 'value="Dell"' in page
    answer = tess.post("/assets/new", data=typed)  # another kind, and saved at once: its fields are asked for first
    assert answer.status_code == 422
    assert "fields of its own" in body(answer)
    assert assets() == []
    typed |= {"fields_for": str(kind_id(actor, "Laptop")), named(bios): "1.4"}
    assert tess.post("/assets/new", data=typed).status_code == 302
    assert [asset.custom for asset in assets()] == [{str(bios.id): "1.4"}]
    assert hours.id not in assets()[0].custom


def test_a_field_that_must_be_filled_in_is_asked_for_by_forms_only(tess: FlaskClient, actor: Actor) -> None:
    one = field(actor, "Lamp hours", CustomType.NUMBER, required=True)
    asset = make(actor, serial="A1")  # a service, such as an import, may leave it empty
    data = {**FORM, "kind_id": str(kind_id(actor)), "version": asset.version}
    answer = tess.post(f"/assets/{asset.id}/edit", data=data)
    assert answer.status_code == 422
    assert "Fill in Lamp hours." in body(answer)
    assert tess.post(f"/assets/{asset.id}/edit", data={**data, named(one): "5"}).status_code == 302


def test_an_edit_keeps_what_its_form_does_not_show(tess: FlaskClient, actor: Actor) -> None:
    old, lock = field(actor, "Old number"), field(actor, "Lock", CustomType.CHOICE, choices=("None", "Chain"))
    asset = make(actor, serial="A1", custom={old.id: "0771", lock.id: "Chain"})
    fields.retire_field(actor, old.id, version=old.version)
    gone = FieldDetails("Lock", CustomType.CHOICE, kind_id(actor), ("None", "Nano"))
    fields.edit_field(actor, lock.id, gone, version=lock.version)
    db.session.commit()
    page = body(tess.get(f"/assets/{asset.id}/edit"))
    assert "Chain (no longer in the list)" in page
    assert "Old number (no longer filled in)" in body(tess.get(f"/assets/{asset.id}"))
    data = {**FORM, "kind_id": str(kind_id(actor)), "version": asset.version, named(lock): "Chain", "name": "Hall"}
    assert tess.post(f"/assets/{asset.id}/edit", data=data).status_code == 302
    assert assets()[0].custom == {str(old.id): "0771", str(lock.id): "Chain"}


def test_the_slower_of_two_editors_sees_own_fields_in_the_difference(tess: FlaskClient, actor: Actor) -> None:
    hours = field(actor, "Lamp hours", CustomType.NUMBER)
    asset = make(actor, serial="A1", custom={hours.id: "5"})
    data = {**FORM, "serial": "A1", "kind_id": str(kind_id(actor)), "version": asset.version}
    address = f"/assets/{asset.id}/edit"
    assert tess.post(address, data={**data, named(hours): "6"}).status_code == 302
    page = body(tess.post(address, data={**data, named(hours): "7"}))
    assert "Tess Technician changed" in page
    assert re.search(r"<th scope=\"row\">Lamp hours</th><td>6</td><td>7</td>", page)
    assert page.count('<th scope="row">') == 1
    assert assets()[0].custom == {str(hours.id): "6"}


def test_another_like_this_has_all_but_what_is_its_own(tess: FlaskClient, actor: Actor) -> None:
    hours = field(actor, "Lamp hours", CustomType.NUMBER)
    one = make(actor, serial="A1", make="Epson", supplier="Misco", notes="dented", custom={hours.id: "5"})
    page = body(tess.get(f"/assets/new?like={one.id}"))
    for part in ('value="Epson"', 'value="Misco"', 'value="5"', "Another like this"):
        assert part in page
    for part in ('value="A1"', "dented"):
        assert part not in page
    data = {**FORM, "kind_id": str(kind_id(actor)), "make": "Epson"}
    assert tess.post(f"/assets/new?like={one.id}", data=data).status_code == 302
    assert len(assets()) == 2


@pytest.mark.parametrize("like", ["x", str(UUID(int=1)), "", "%00"])
def test_a_copy_of_nothing_is_not_found(tess: FlaskClient, actor: Actor, like: str) -> None:
    assert tess.get(f"/assets/new?like={like}").status_code in ({"": 200, "%00": 400}.get(like, 404),)


def test_a_copy_of_another_schools_asset_is_not_found(tess: FlaskClient, site: Site, actor: Actor) -> None:
    otto = site.actor("otto")
    service.create_defaults(otto)
    theirs = service.register(otto, AssetDetails(kind_id(otto), serial="THEIRS"))
    db.session.commit()
    assert tess.get(f"/assets/new?like={theirs.id}").status_code == 404


def test_a_class_set_is_registered_in_one_go(tess: FlaskClient, actor: Actor) -> None:
    data = {
        **FORM,
        "serial": "",
        "kind_id": str(kind_id(actor)),
        "name": "Chromebook {n}",
        "serials": "C1\r\nC2\r\n\r\nC3",
    }
    answer = tess.post("/assets/new", data=data)
    assert answer.status_code == 302, body(answer)
    made = assets()
    assert [(one.serial, one.name) for one in made] == [
        ("C1", "Chromebook 01"),
        ("C2", "Chromebook 02"),
        ("C3", "Chromebook 03"),
    ]
    assert len({one.tag for one in made}) == 3
    page = body(tess.get(answer.location))
    assert "3 assets are in the register" in page
    assert all(f"{one.tag[:4]}-{one.tag[4:]}" in page for one in made)


def test_several_with_a_faulty_one_are_none(tess: FlaskClient, actor: Actor) -> None:
    make(actor, serial="C2")
    data = {**FORM, "serial": "", "kind_id": str(kind_id(actor)), "serials": "C1\nC2\nC3"}
    answer = tess.post("/assets/new", data=data)
    assert answer.status_code == 422
    assert "has this serial number already" in body(answer)
    assert len(assets()) == 1


def test_several_without_serial_numbers_say_why(tess: FlaskClient, actor: Actor) -> None:
    data = {**FORM, "serial": "", "serial_reason": "Cables have none", "kind_id": str(kind_id(actor)), "count": "4"}
    assert tess.post("/assets/new", data=data).status_code == 302
    assert [one.state for one in assets()] == ["in_store"] * 4


def test_the_number_of_queries_does_not_grow_with_the_fields(tess: FlaskClient, actor: Actor) -> None:
    asset = make(actor, serial="A1")
    addresses = (f"/assets/{asset.id}", f"/assets/{asset.id}/edit", "/assets/new", "/fields", "/kinds",
                 f"/kinds/{kind_id(actor)}")  # fmt: skip
    numbers = []
    for count in (1, 12):
        for number in range(count):
            field(actor, f"F{count}-{number}")
        found = []
        for address in addresses:
            with counted() as seen:
                assert tess.get(address).status_code == 200
            found.append((address, len(seen)))
        numbers.append(found)
    assert numbers[0] == numbers[1]
