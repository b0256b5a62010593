"""The pages of the register as people use and misuse them, on both databases."""

import csv
import io
import re
from uuid import UUID, uuid4

import pytest
from flask.testing import FlaskClient
from sqlalchemy import select

from labels import code
from tests.cast import Site, body, counted
from tracker.audit.models import Event
from tracker.db import db
from tracker.inventory import kinds, places, service
from tracker.inventory.details import AssetDetails, LocationDetails
from tracker.inventory.models import Asset, Location
from tracker.inventory.rules import AssetState, LocationLevel
from tracker.people import service as people
from tracker.values import Actor

NOWHERE = UUID(int=7)
REASON = "It fell from the trolley."


def kind_id(actor: Actor, name: str = "Projector") -> str:
    return str(next(kind.id for kind in kinds.kinds(actor.school_id) if kind.name == name))


def make(actor: Actor, kind: str = "Projector", **told: object) -> Asset:
    told.setdefault("serial", f"SN{uuid4().hex[:10]}")
    found = next(one.id for one in kinds.kinds(actor.school_id) if one.name == kind)
    asset = service.register(actor, AssetDetails(found, **told))  # type: ignore[arg-type]
    db.session.commit()
    return asset


def site_of(actor: Actor) -> Location:
    return db.session.scalars(select(Location).where(Location.school_id == actor.school_id)).one()


def events(actor: Actor, kind: str) -> int:
    db.session.rollback()
    return len(db.session.scalars(select(Event).where(Event.school_id == actor.school_id, Event.kind == kind)).all())


FORM = {"ownership": "school", "data_class": "P", "serial": "PF3K9X2L"}


def test_an_asset_is_registered_seen_found_and_changed(tess: FlaskClient, actor: Actor) -> None:
    answer = tess.post(
        "/assets/new", data={**FORM, "kind_id": kind_id(actor), "make": "Epson", "cost_pence": "£349.99"}
    )
    assert answer.status_code == 302, body(answer)
    page = body(tess.get(answer.location))
    for part in ("Epson", "PF3K9X2L", "£349.99", "In store"):
        assert part in page
    asset = db.session.scalars(select(Asset)).one()
    assert code.shown(asset.tag) in body(tess.get("/assets?q=pf3k9"))
    answer = tess.post(
        f"{answer.location}/edit", data={**FORM, "kind_id": kind_id(actor), "make": "NEC", "version": asset.version}
    )
    assert answer.status_code == 302, body(answer)
    db.session.expire_all()
    assert db.session.scalars(select(Asset)).one().make == "NEC"
    assert events(actor, "asset:changed") == 1


@pytest.mark.parametrize(
    ("wrong", "message"),
    [
        ({"kind_id": ""}, "Choose what kind"),
        ({"kind_id": str(NOWHERE)}, "Choose one from the list"),
        ({"kind_id": "'; DROP TABLE assets"}, "Choose one from the list"),
        ({"location_id": str(NOWHERE)}, "Choose one from the list"),
        ({"responsible_id": "x"}, "Choose one from the list"),
        ({"ownership": "stolen"}, "Choose one from the list"),
        ({"data_class": ""}, "Choose one from the list"),
        ({"name": "x" * 121}, "longer than 120"),
        ({"serial": "a\x1bb"}, "cannot be shown"),
        ({"notes": "y" * 10_001}, "longer than 10,000"),
        ({"cost_pence": "-5"}, "Enter the amount"),
        ({"cost_pence": "NaN"}, "Enter the amount"),
        ({"cost_pence": "1e9"}, "Enter the amount"),
        ({"cost_pence": "9999999999"}, "Enter the amount"),
        ({"cost_pence": "٣"}, "Enter the amount"),
        ({"acquired_on": "31/02/2024"}, "Not a valid date"),
        ({"acquired_on": "2999-01-01"}, "from 1950 to today"),
        ({"tag": "ABCD-EFG0"}, "last character does not fit"),
        ({"serial_reason": "none"}, "not both"),
    ],
)
def test_a_bad_form_says_what_to_do_and_writes_nothing(
    tess: FlaskClient, actor: Actor, wrong: dict[str, str], message: str
) -> None:
    answer = tess.post("/assets/new", data={**FORM, "kind_id": kind_id(actor), **wrong})
    assert answer.status_code == 422
    assert message in body(answer)
    assert "Error: Register an asset" in body(answer)
    assert db.session.scalars(select(Asset)).all() == []


def test_a_form_as_large_as_a_film_is_refused(tess: FlaskClient, actor: Actor) -> None:
    assert tess.post("/assets/new", data={**FORM, "notes": "x" * (2 << 20)}).status_code == 413


def test_markup_is_only_text(tess: FlaskClient, actor: Actor) -> None:
    asset = make(actor, name="<script>alert(1)</script>", make="{{7*7}}", notes="<img src=x onerror=alert(1)>")
    for address in (
        f"/assets/{asset.id}",
        "/assets",
        f"/assets/{asset.id}/edit",
        "/assets?q=<script>alert(1)</script>",
    ):
        page = body(tess.get(address))
        assert "<script>alert" not in page
        assert "<img src=x" not in page


def test_the_slower_of_two_editors_sees_the_difference_and_can_still_save(tess: FlaskClient, actor: Actor) -> None:
    asset = make(actor, name="Hall")
    seen = asset.version
    form = {**FORM, "kind_id": kind_id(actor), "serial": asset.serial}
    address = f"/assets/{asset.id}/edit"
    assert tess.post(address, data={**form, "name": "Gym", "version": seen}).status_code == 302
    answer = tess.post(address, data={**form, "name": "Library", "version": seen})
    page = body(answer)
    assert answer.status_code == 422
    assert "Tess Technician changed" in page
    assert re.search(r"<th scope=\"row\">Name</th><td>Gym</td><td>Library</td>", page)
    version = re.search(r'name="version" value="(\d+)"', page)
    assert version
    assert tess.post(address, data={**form, "name": "Library", "version": version[1]}).status_code == 302
    assert "Library" in body(tess.get("/assets"))


@pytest.mark.parametrize("version", ["", "0", "-1", "x", "9" * 40, "1.5"])
def test_a_form_without_a_proper_version_changes_nothing(tess: FlaskClient, actor: Actor, version: str) -> None:
    asset = make(actor, name="Hall")
    data = {**FORM, "kind_id": kind_id(actor), "name": "Gym", "version": version}
    assert tess.post(f"/assets/{asset.id}/edit", data=data).status_code == 422
    assert tess.post(f"/assets/{asset.id}/move", data={"version": version}).status_code == 422
    data = {"version": version, "reason": REASON}
    assert tess.post(f"/assets/{asset.id}/state/missing", data=data).status_code == 422
    assert events(actor, "asset:changed") + events(actor, "asset:moved") == 0


def test_a_harmful_step_is_asked_about_first(tess: FlaskClient, actor: Actor) -> None:
    asset = make(actor)
    page = body(tess.get(f"/assets/{asset.id}"))
    assert f"/assets/{asset.id}/state/redundant" in page
    assert "Say where it will be used." in page  # why it cannot be put into use yet
    confirm = body(tess.get(f"/assets/{asset.id}/state/redundant"))
    assert "Declare redundant" in confirm
    address = f"/assets/{asset.id}/state/redundant"
    assert tess.post(address, data={"version": asset.version, "reason": "old"}).status_code == 422
    assert tess.post(address, data={"version": asset.version, "reason": REASON}).status_code == 302
    db.session.expire_all()
    assert service.get_asset(actor.school_id, asset.id).state == "redundant"


@pytest.mark.parametrize("state", ["disposal_authorised", "cleared", "released", "disposed", "written_off", "on_loan"])
def test_no_page_leads_into_disposal_or_a_loan(tess: FlaskClient, actor: Actor, state: str) -> None:
    asset = make(actor)
    answer = tess.post(f"/assets/{asset.id}/state/{state}", data={"version": asset.version, "reason": REASON})
    assert answer.status_code == 422
    assert tess.get(f"/assets/{asset.id}/state/{state}").status_code == 200
    assert service.get_asset(actor.school_id, asset.id).state == "in_store"


def test_an_unknown_state_is_no_page(tess: FlaskClient, actor: Actor) -> None:
    asset = make(actor)
    assert tess.get(f"/assets/{asset.id}/state/vanished").status_code == 404


def test_no_storage_is_stated_shown_and_taken_back(tess: FlaskClient, actor: Actor) -> None:
    asset = make(actor, "Desktop computer")
    page = body(tess.get(f"/assets/{asset.id}"))
    assert "Nobody has told yet what storage this holds" in page
    assert "untold" not in page
    assert code.shown(asset.tag) in body(tess.get("/assets?storage=untold"))
    address = f"/assets/{asset.id}/no-storage"
    assert tess.get(address).status_code == 200
    assert tess.post(address, data={"reason": "none"}).status_code == 422
    assert tess.post(address, data={"reason": "Opened it: a thin client."}).status_code == 302
    page = body(tess.get(f"/assets/{asset.id}"))
    assert "Tess Technician stated that this holds no storage" in page
    assert code.shown(asset.tag) not in body(tess.get("/assets?storage=untold"))
    assert tess.post(f"{address}/withdraw", data={"reason": "An M.2 drive was found."}).status_code == 302
    assert "Nobody has told yet" in body(tess.get(f"/assets/{asset.id}"))


def test_the_list_searches_filters_and_sorts(tess: FlaskClient, actor: Actor) -> None:
    block = places.add_location(actor, LocationDetails("Ångström block", LocationLevel.BUILDING, site_of(actor).id))
    room = places.add_location(actor, LocationDetails("Year 3", LocationLevel.ROOM, block.id))
    zoe = people.add_person(actor, people.PersonDetails("Zoë Ní Bhriain"))
    one = make(actor, make="Epson", model="EB-L200", location_id=room.id, responsible_id=zoe.id)
    two = make(actor, "Monitor", make="Dell", model="P2422H", serial="CN-0ABC-123")
    tags = {"one": code.shown(one.tag), "two": code.shown(two.tag)}

    def shown(query: str) -> set[str]:
        page = body(tess.get(f"/assets?{query}"))
        return {name for name, tag in tags.items() if tag in page}

    assert shown("") == {"one", "two"}
    for query in (
        "q=EPSON",
        "q=zoe+bhriain",
        "q=angstrom",
        "q=year+3+epson",
        f"q={one.tag.lower()}",
        f"q={tags['one']}",
    ):
        assert shown(query) == {"one"}, query
    for query in ("q=cn0abc", "q=CN-0ABC", f"kind={kind_id(actor, 'Monitor')}", "q=p2422h&sort=model&order=down"):
        assert shown(query) == {"two"}, query
    assert shown(f"location={block.id}") == shown(f"location={room.id}") == {"one"}
    assert shown(f"person={zoe.id}") == {"one"}
    assert shown("state=missing") == shown("q=100%25") == shown("q=_") == set()
    assert shown("ownership=school") == {"one", "two"}
    first = body(tess.get("/assets?sort=model&order=down"))
    assert first.index(tags["one"]) < first.index(tags["two"])
    assert 'aria-sort="descending"' in first


@pytest.mark.parametrize(
    "query",
    ["q=%1b", "q=%ff%fe", "kind=x", "state=y", "location=z", "page=x", "page=-1", "page=99999999999999", "page=0",
     "sort=password&order=up", "q=" + "a+" * 90, "q=%25%5f/", "page=٣", f"location={NOWHERE}"],
)  # fmt: skip
def test_a_strange_address_still_gives_a_list(tess: FlaskClient, actor: Actor, query: str) -> None:
    assert tess.get(f"/assets?{query}").status_code == 200


@pytest.mark.parametrize("address", ["/assets?q=%00", "/scan?q=%00", "/people?q=%00"])
def test_a_zero_byte_is_refused(tess: FlaskClient, actor: Actor, address: str) -> None:
    assert tess.get(address).status_code == 400


def test_the_number_of_queries_does_not_grow_with_the_list(tess: FlaskClient, actor: Actor) -> None:
    room = places.add_location(actor, LocationDetails("Hall", LocationLevel.ROOM, site_of(actor).id))
    person = people.add_person(actor, people.PersonDetails("Ruth"))
    numbers = []
    for count in (3, 60):
        for _ in range(count):
            make(actor, location_id=room.id, responsible_id=person.id)
        for address in ("/assets?q=hall", "/assets.csv", "/locations", "/people"):
            with counted() as seen:
                assert tess.get(address).status_code == 200
            numbers.append((address, len(seen)))
    for (address, few), (_, many) in zip(numbers[:4], numbers[4:], strict=True):
        assert many <= few + 1, address  # a list that has one page only needs no count
    assert max(number for _, number in numbers) <= 24, numbers


def test_pages_turn(tess: FlaskClient, actor: Actor) -> None:
    made = {make(actor).tag for _ in range(53)}
    seen = []
    for number in (1, 2):
        page = body(tess.get(f"/assets?page={number}", follow_redirects=True))
        seen += re.findall(r'class="tag" href="[^"]+">([0-9A-Z]{4})-([0-9A-Z]{4})<', page)
    assert [a + b for a, b in seen] == sorted(made)


def test_the_export_is_exactly_what_is_filtered_and_is_in_the_log(tess: FlaskClient, actor: Actor) -> None:
    make(actor, "Monitor", name='=HYPERLINK("http://x")', make="@SUM(1)", notes="-2+3\nand more", serial="'quoted")
    make(actor, name="not this one")
    answer = tess.get(f"/assets.csv?kind={kind_id(actor, 'Monitor')}")
    assert answer.content_type.startswith("text/csv")
    header, row = csv.reader(io.StringIO(answer.get_data().decode("utf-8-sig")))
    told = dict(zip(header, row, strict=True))
    assert (told["Kind"], told["Name"], told["Make"]) == ("Monitor", '\'=HYPERLINK("http://x")', "'@SUM(1)")
    assert (told["Notes"], told["Serial number"]) == ("'-2+3\nand more", "''quoted")
    assert events(actor, "register:exported") == 1


def test_places_are_added_renamed_and_refused(tess: FlaskClient, actor: Actor) -> None:
    site = site_of(actor)
    data = {"name": "Main building", "level": "building", "parent_id": str(site.id)}
    assert tess.post("/locations/new", data=data).status_code == 302
    assert tess.post("/locations/new", data={**data, "name": "main  BUILDING"}).status_code == 422
    assert tess.post("/locations/new", data={**data, "level": "site"}).status_code == 422
    assert tess.post("/locations/new", data={**data, "parent_id": ""}).status_code == 422
    assert tess.post("/locations/new", data={**data, "parent_id": str(uuid4())}).status_code == 422
    assert tess.post("/locations/new", data={**data, "name": "\x07bell"}).status_code == 422
    assert tess.post("/locations/new", data={**data, "name": "x" * 81}).status_code == 422
    page = body(tess.get("/locations"))
    assert "Main building" in page
    building = next(one for one, path in places.choices(actor.school_id) if path.endswith("Main building"))
    address = f"/locations/{building}/edit"
    assert tess.get(address).status_code == 200
    assert tess.post(address, data={**data, "name": "Old building", "version": 1}).status_code == 302
    assert tess.post(address, data={**data, "name": "New building", "version": 1}).status_code == 422
    assert "Old building" in body(tess.get(f"/locations/{building}"))


def test_kinds_are_added_once(tess: FlaskClient, actor: Actor) -> None:
    assert tess.post("/kinds/new", data={"name": "Label printer"}).status_code == 302
    assert tess.post("/kinds/new", data={"name": "LABEL printer"}).status_code == 422
    assert tess.post("/kinds/new", data={"name": "Mainframe", "server": "y"}).status_code == 422
    assert "Label printer" in body(tess.get("/kinds"))


PAGES = ("/assets", "/assets.csv", "/assets/{a}", "/locations", "/locations/{l}", "/kinds", "/people", "/people/{p}")
EDITS = (
    "/assets/new", "/assets/{a}/edit", "/assets/{a}/move", "/locations/new", "/locations/{l}/edit", "/kinds/new",
    "/people/new", "/people/{p}/edit", "/labels", "/labels/calibration.pdf",
)  # fmt: skip


def test_readers_read_editors_edit_and_outsiders_see_nothing(site: Site, actor: Actor) -> None:
    asset, person = make(actor), people.add_person(actor, people.PersonDetails("Ruth"))
    db.session.commit()
    ids = {"a": asset.id, "l": site_of(actor).id, "p": person.id}
    wanted = {"tess": (200, 200), "beth": (200, 200), "hana": (200, 403), "gwen": (200, 403), "adam": (200, 403)}
    for username, (read, write) in {**wanted, "stan": (403, 403)}.items():
        client = site.client(username)
        assert {client.get(page.format(**ids)).status_code for page in PAGES} == {read}, username
        assert {client.get(page.format(**ids)).status_code for page in EDITS} == {write}, username
    assert "Register an asset" not in body(site.client("gwen").get("/assets"))
    anonymous = site.client()
    assert {anonymous.get(page.format(**ids)).status_code for page in (*PAGES, *EDITS)} == {302}
    otto = site.client("otto")
    with_ids = [page for page in (*PAGES, *EDITS) if "{" in page]
    assert {otto.get(page.format(**ids)).status_code for page in with_ids} == {404}
    for page in with_ids:
        data = {**FORM, "version": "1", "reason": REASON, "name": "Mine"}
        assert otto.post(page.format(**ids), data=data).status_code in (404, 405)
    assert otto.post(f"/assets/{asset.id}/state/missing", data={"version": 1, "reason": REASON}).status_code == 404
    assert code.shown(asset.tag) not in body(otto.get("/assets")) + body(otto.get("/assets.csv"))


def test_only_technicians_state_that_there_is_no_storage(site: Site, actor: Actor) -> None:
    asset = make(actor, "Desktop computer")
    for username in ("beth", "hana", "gwen"):
        data = {"reason": "I am quite sure of that."}
        assert site.client(username).post(f"/assets/{asset.id}/no-storage", data=data).status_code == 403


def test_a_governor_cannot_move_an_asset_on(site: Site, actor: Actor) -> None:
    asset = make(actor)
    data = {"version": asset.version, "reason": REASON}
    answer = site.client("gwen").post(f"/assets/{asset.id}/state/{AssetState.REDUNDANT.value}", data=data)
    assert answer.status_code == 422
    assert "Only the" in body(answer)
