"""The page of the list of assets, its files and print-out, and the lists that people save."""

import csv
import io
import re
from datetime import date
from urllib.parse import quote, urlencode
from uuid import UUID

import pytest
from flask.testing import FlaskClient
from openpyxl import load_workbook
from sqlalchemy import select

from labels import code
from tests.cast import Site, counted
from tracker.audit.models import Event
from tracker.db import db
from tracker.imports.asset_targets import ASSETS
from tracker.imports.targets import Field
from tracker.inventory import fields, kinds, places, saved, service
from tracker.inventory.details import AssetDetails, LocationDetails
from tracker.inventory.fields_rules import FieldDetails
from tracker.inventory.models import Asset, Location
from tracker.inventory.rules import CustomType, LocationLevel
from tracker.inventory.sorting import ORDERS
from tracker.media import service as media
from tracker.media.service import MediumDetails
from tracker.paging import PAGE
from tracker.values import Actor
from wipe.vocabulary import Medium as MediumKind


@pytest.fixture
def tess(site: Site) -> FlaskClient:
    return site.client("tess")


@pytest.fixture
def actor(site: Site) -> Actor:
    found = site.actor("tess")
    service.create_defaults(found)
    db.session.commit()
    return found


def make(actor: Actor, kind: str = "Laptop", **told: object) -> Asset:
    kind_id = next(one.id for one in kinds.kinds(actor.school_id) if one.name == kind)
    number = db.session.query(Asset).count()
    return service.register(actor, AssetDetails(kind_id, **{"serial": f"SN-{number}", **told}))  # type: ignore[arg-type]


def shown(page: str) -> list[str]:
    return [a + b for a, b in re.findall(r'class="tag" href="[^"]+">([0-9A-Z]{4})-([0-9A-Z]{4})<', page)]


def links(page: str, mark: str) -> list[str]:
    return [one.replace("&amp;", "&") for one in re.findall(mark + r'[^>]*? ?href="\?([^"]*)"', page)]


def read_csv(client: FlaskClient, address: str) -> list[dict[str, str]]:
    answer = client.get(address)
    assert answer.status_code == 200
    return list(csv.DictReader(io.StringIO(answer.get_data().decode("utf-8-sig"), newline="")))


def test_pages_are_turned_by_their_links_and_old_numbers_lead_there(tess: FlaskClient, actor: Actor) -> None:
    made = sorted(make(actor, cost_pence=1000).tag for _ in range(PAGE + 3))
    first = tess.get("/assets?sort=cost").text
    (following,) = links(first, 'rel="next"')
    assert "after=" in following
    assert "sort=cost" in following
    second = tess.get(f"/assets?{following}").text
    assert shown(first) + shown(second) == made
    (back,) = links(second, 'rel="prev"')
    assert shown(tess.get(f"/assets?{back}").text) == made[:PAGE]
    old = tess.get("/assets?sort=cost&page=2")
    assert old.status_code == 302
    assert shown(tess.get("/assets?sort=cost&page=2", follow_redirects=True).text) == made[PAGE:]
    assert shown(tess.get("/assets?sort=cost&page=99", follow_redirects=True).text) == made[PAGE:]
    assert shown(tess.get("/assets?page=1").text) == made[:PAGE]


def test_chips_show_the_filters_and_take_them_off(tess: FlaskClient, actor: Actor) -> None:
    site = db.session.scalars(select(Location).where(Location.school_id == actor.school_id)).one()
    field = fields.add_field(actor, FieldDetails("Charger", CustomType.TEXT))
    one = make(actor, department="Art", custom={field.id: "USB-C"}, location_id=site.id, acquired_on=date(2024, 9, 1))
    two = make(actor, "Monitor")
    told = {
        "q": "usb", "kind": one.kind_id, "location": site.id, "department": "Art", "acquired_from": "2024-01-01",
        "acquired_to": "2024-12-31", f"custom.{field.id}": "usb", "label": "none", "data": "P", "storage": "untold",
    }  # fmt: skip
    page = tess.get(f"/assets?{urlencode(told)}").text
    assert shown(page) == [one.tag]
    for text in ("Search: usb", "Kind: Laptop", "Department: Art", "Acquired from 1 January 2024", "Charger: usb"):
        assert text in page
    assert f'name="custom.{field.id}"' in page
    address = f"/assets?{urlencode(told)}"
    for _ in told:
        off = links(tess.get(address).text, 'class="chip"')
        address = f"/assets?{off[0]}"
    assert set(shown(tess.get(address).text)) == {one.tag, two.tag}


def test_columns_are_chosen_kept_in_order_and_moved(tess: FlaskClient, actor: Actor) -> None:
    field = fields.add_field(actor, FieldDetails("Rent", CustomType.MONEY))
    make(actor, supplier="XMA", custom={field.id: 12345}, cost_pence=99)
    answer = tess.get(f"/assets?sort=cost&column=tag&column=supplier&column=cost_pence&column=custom.{field.id}")
    assert answer.status_code == 302
    page = tess.get(answer.location).text
    heads = [re.sub("<[^>]+>", "", one).strip() for one in re.findall(r'<th scope="col"[^>]*>(.*?)</th>', page, re.S)]
    assert heads == ["Tick", "Tag", "Supplier", "Cost without VAT", "Rent"]
    assert 'aria-sort="ascending"' in page
    assert "£123.45" in page
    assert "£0.99" in page
    moved = links(page, "")
    (left,) = [one for one in moved if one.endswith(quote(f"tag,supplier,custom.{field.id},cost_pence", safe=""))]
    assert tess.get(f"/assets?{left}").text.index(">Rent<") < tess.get(f"/assets?{left}").text.index(
        "Cost without VAT<"
    )
    for strange in ("columns=password", "columns=,,,", "columns=" + "x," * 999, "columns=custom.x,tag,tag"):
        assert "Responsible person" in tess.get(f"/assets?{strange}").text or "tag,tag" in strange


@pytest.mark.parametrize("sort", ORDERS)
def test_an_address_of_nonsense_shows_a_list(tess: FlaskClient, actor: Actor, sort: str) -> None:
    tag = make(actor).tag
    nonsense = (
        "|",
        "%00",
        "%2500",
        "x|y",
        "x|" + "9" * 30,
        "%ff",
        "a" * 3000,
        "'; DROP TABLE assets",
        "|%EF%BF%BD",
        "0|0",
    )
    for cursor in nonsense:
        for name in ("after", "before"):
            answer = tess.get(f"/assets?sort={sort}&{name}={cursor}")
            assert answer.status_code == (400 if cursor == "%00" else 200), cursor
            assert cursor == "%00" or tag in shown(answer.text) or "Nothing" not in answer.text
    for part in (
        "custom.x=1",
        "custom.=1",
        f"custom.{UUID(int=0)}=x",
        "ids=x,y",
        "acquired_from=2024-13-01",
        "label=?",
    ):
        assert tess.get(f"/assets?sort={sort}&{part}").status_code == 200, part


def test_what_is_ticked_leads_to_edits_labels_files_and_paper(tess: FlaskClient, actor: Actor) -> None:
    one, two, three = (make(actor) for _ in range(3))
    db.session.commit()
    ticked = f"id={one.id}&id={two.id}"
    for do, path in (
        ("bulk", "/assets/bulk"),
        ("labels", "/labels"),
        ("xlsx", "/assets.xlsx"),
        ("print", "/assets/print"),
    ):
        answer = tess.get(f"/assets/selected?{ticked}&do={do}")
        assert answer.location.startswith(path + "?")
        page = tess.get(answer.location)
        assert page.status_code == 200, do
    rows = read_csv(tess, tess.get(f"/assets/selected?{ticked}&do=csv").location)
    assert sorted(row["Tag"] for row in rows) == sorted((one.tag, two.tag))
    assert "Tick the assets first" in tess.get("/assets/selected?do=bulk", follow_redirects=True).text
    assert tess.get(f"/assets/selected?id=x&id={three.id}&do=nonsense", follow_redirects=True).status_code == 200
    assert f"Edit all {3}" in tess.get("/assets").text


def test_the_export_has_every_column_and_an_import_knows_them_again(tess: FlaskClient, actor: Actor) -> None:
    field = fields.add_field(actor, FieldDetails("Charger", CustomType.TEXT))
    asset = make(actor, custom={field.id: "USB-C"}, cost_pence=123456, life_months=60, notes="Line one\nline two")
    for number in range(5):
        media.add_medium(actor, MediumDetails(MediumKind.SSD, serial=f"DRIVE-{number}", asset_id=asset.id))
    (row,) = read_csv(tess, "/assets.csv")
    assert row["Cost without VAT"] == "1234.56"
    assert row["Charger"] == "USB-C"
    assert row["Drive 1 serial number"] == "DRIVE-0"
    assert row["Media serial numbers"] == "; ".join(f"DRIVE-{number}" for number in range(5))
    meant = ASSETS.guess(
        list(row), [[value] for value in row.values()], [Field(f"custom.{field.id}", "Charger")]
    )
    words = {heading: meant.get(place) for place, heading in enumerate(row)}
    wanted = {target.label: target.word for target in ASSETS.targets if target.label in row}
    assert len(wanted) > 25
    for heading, word in {**wanted, "Charger": f"custom.{field.id}", "Expected life (months)": "life_months"}.items():
        assert words[heading] == word, heading
    assert words["Storage"] is None
    assert words["Media serial numbers"] is None


def test_a_workbook_has_typed_cells_and_only_the_chosen_columns(tess: FlaskClient, actor: Actor) -> None:
    make(actor, cost_pence=123456, acquired_on=date(2024, 9, 1), name="=1+1")
    answer = tess.get("/assets.xlsx?columns=tag,name,acquired_on,cost_pence&sort=cost")
    assert "spreadsheetml" in answer.content_type
    sheet = load_workbook(io.BytesIO(answer.get_data())).active
    assert sheet is not None
    header, row = list(sheet.iter_rows(values_only=True))
    assert header == ("Tag", "Name", "Acquired on", "Cost without VAT")
    assert row[1:] == ("=1+1", row[2], 1234.56)
    assert str(row[2]).startswith("2024-09-01")
    event = db.session.scalars(select(Event).where(Event.kind == "register:exported")).one()
    assert '"format":"xlsx"' in str(event.detail)
    assert '"rows":1' in str(event.detail)


def test_an_export_of_many_goes_through_a_file(
    tess: FlaskClient, actor: Actor, monkeypatch: pytest.MonkeyPatch
) -> None:
    from tracker.inventory import export, search

    monkeypatch.setattr(export, "IN_MEMORY", 100)
    monkeypatch.setattr(search, "SLICE", 2)
    made = sorted(make(actor).tag for _ in range(5))
    with tess.get("/assets.csv") as answer:
        rows = list(csv.DictReader(io.StringIO(answer.get_data().decode("utf-8-sig"))))
    assert [row["Tag"] for row in rows] == made


def test_the_print_out_names_school_day_filters_and_has_lines_to_sign(tess: FlaskClient, actor: Actor) -> None:
    one, two = make(actor, department="Art", cost_pence=5000), make(actor)
    page = tess.get("/assets/print?department=Art").text
    assert code.shown(one.tag) in page
    assert code.shown(two.tag) not in page
    for text in (
        "Saint Brigid",
        "Department: Art",
        "1 asset",
        "£50.00",
        "name and signature",
        "Date",
        "Order or invoice",
    ):
        assert text in page, text
    assert "nothing to print" in tess.get("/assets/print?department=Music").text


def test_a_print_out_of_too_many_says_what_to_do(
    tess: FlaskClient, actor: Actor, monkeypatch: pytest.MonkeyPatch
) -> None:
    from tracker.inventory import list_views

    monkeypatch.setattr(list_views, "PRINT_MOST", 1)
    make(actor), make(actor)
    assert "download it as a workbook" in tess.get("/assets/print").text


def test_lists_are_saved_opened_first_replaced_and_removed(site: Site, tess: FlaskClient, actor: Actor) -> None:
    one, two = make(actor, department="Art"), make(actor)
    form = {"name": " Art  room ", "query": "department=Art&sort=cost&page=7&after=x&evil=1", "opens": "1"}
    answer = tess.post("/assets/views", data=form)
    assert answer.location == "/assets?department=Art&sort=cost"
    opened = tess.get("/assets")
    assert opened.location == "/assets?department=Art&sort=cost"
    assert "Art room" in tess.get("/assets?view=all").text
    assert set(shown(tess.get("/assets?view=all").text)) == {one.tag, two.tag}
    tess.post("/assets/views", data={"name": "ART ROOM", "query": "q=x"})
    (view,) = saved.views_of(actor)
    assert (view.name, view.query, view.opens) == ("ART ROOM", "q=x", False)
    assert tess.get("/assets").status_code == 200
    assert "ART ROOM" not in site.client("beth").get("/assets").text
    for stranger in ("beth", "otto"):
        assert site.client(stranger).post(f"/assets/views/{view.id}/remove").status_code == 404
    assert tess.post(f"/assets/views/{view.id}/remove").status_code == 302
    db.session.expire_all()
    assert saved.views_of(actor) == []
    kinds_of_events = [one.kind for one in db.session.scalars(select(Event).where(Event.subject_type == "view"))]
    assert sorted(kinds_of_events) == ["view:removed", "view:saved", "view:saved"]


@pytest.mark.parametrize(
    ("name", "says"), [("", "Enter a name"), ("x" * 81, "longer than 80"), ("a\u202eb", "cannot be shown")]
)
def test_a_list_without_a_fit_name_is_not_saved(tess: FlaskClient, actor: Actor, name: str, says: str) -> None:
    page = tess.post("/assets/views", data={"name": name, "query": "q=x" * 5000}, follow_redirects=True).text
    assert says in page
    assert saved.views_of(actor) == []


def test_only_so_many_lists_are_saved(actor: Actor, monkeypatch: pytest.MonkeyPatch, tess: FlaskClient) -> None:
    monkeypatch.setattr(saved, "MOST", 2)
    for name in ("one", "two", "three"):
        tess.post("/assets/views", data={"name": name, "query": ""})
    assert [view.name for view in saved.views_of(actor)] == ["one", "two"]


def test_a_number_of_a_medium_leads_to_the_medium(tess: FlaskClient, actor: Actor) -> None:
    media.add_medium(actor, MediumDetails(MediumKind.SSD, serial="S6PEYT0"))
    page = tess.get("/assets?q=S6PEYT0").text
    assert "Nothing fits" in page
    assert "/media/" in page


def test_nobody_else_sees_these_assets(site: Site, tess: FlaskClient, actor: Actor) -> None:
    asset = make(actor, department="Secret")
    otto = site.client("otto")
    for address in ("/assets", "/assets?q=secret", f"/assets?ids={asset.id}", f"/assets/print?ids={asset.id}"):
        assert code.shown(asset.tag) not in otto.get(address).text
        assert "Secret" not in otto.get(address).text.replace("Search: secret", "")
    assert read_csv(otto, f"/assets.csv?ids={asset.id}") == []
    for address in ("/assets", "/assets.csv", "/assets.xlsx", "/assets/print", "/assets/selected"):
        assert site.client().get(address).status_code in (302, 401)
        assert site.client("stan").get(address).status_code == 403
    assert "Edit all" not in site.client("gwen").get("/assets").text


def test_the_page_asks_the_database_a_fixed_number_of_times(tess: FlaskClient, actor: Actor) -> None:
    site = db.session.scalars(select(Location).where(Location.school_id == actor.school_id)).one()
    places.add_location(actor, LocationDetails("Hall", LocationLevel.ROOM, site.id))
    addresses = ("/assets?sort=location&q=laptop", "/assets.csv", "/assets/print", "/media?sort=model", "/jobs", "/log")
    numbers: list[list[int]] = []
    for count in (2, 50):
        for _ in range(count):
            make(actor, location_id=site.id)
        numbers.append([])
        for address in addresses:
            with counted() as seen:
                assert tess.get(address).status_code == 200
            numbers[-1].append(len(seen))
    for address, few, many in zip(addresses, *numbers, strict=True):
        assert many <= few + 2, (address, few, many)
        assert many <= 25, (address, many)
