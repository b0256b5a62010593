"""The pages of imports, asked as a browser asks them."""

import io
import re
from uuid import UUID

import openpyxl
import pytest
from flask.testing import FlaskClient
from sqlalchemy import select
from werkzeug.test import TestResponse

from tests.cast import Site, body
from tests.tracker.imports.conftest import csv_of, laptop, xlsx_of
from tracker.db import db
from tracker.imports import service, tables, worker
from tracker.imports.models import Import
from tracker.inventory import kinds
from tracker.inventory import service as inventory
from tracker.inventory.models import Asset


@pytest.fixture
def tess(site: Site) -> FlaskClient:
    """A technician of a school with kinds and a site; the work is done when the test says so."""
    site.app.config[worker.SWITCH] = False
    inventory.create_defaults(site.actor("hana"))
    db.session.commit()
    return site.client("tess")


def send(client: FlaskClient, data: bytes, name: str = "inventory.csv") -> TestResponse:
    return client.post(
        "/imports", data={"file": (io.BytesIO(data), name), "list_of": "assets"}, content_type="multipart/form-data"
    )


def upload(client: FlaskClient, data: bytes, name: str = "inventory.csv") -> str:
    """The address of the import."""
    answer = send(client, data, name)
    assert answer.status_code == 302, answer.get_data(as_text=True)
    return answer.location.removesuffix("/columns")


def fields(page: str) -> dict[str, str]:
    """What a browser would send back of the form that matches the columns."""
    told = dict(re.findall(r'name="(version)" value="(\d+)"', page))
    told |= {"order": "day", "new_kinds": "y", "new_places": "y", "new_people": "y"}
    for name, choices in re.findall(r'name="(column-\d+)"[^>]*>(.*?)</select>', page, re.DOTALL):
        chosen = re.search(r'value="([^"]*)" selected', choices)
        told[name] = chosen[1] if chosen else ""
    return told


def matched(client: FlaskClient, address: str, **changed: str) -> TestResponse:
    page = client.get(address + "/columns").get_data(as_text=True)
    return client.post(address + "/columns", data={**fields(page), **changed})


def tried(site: Site, client: FlaskClient, data: bytes) -> str:
    address = upload(client, data)
    assert matched(client, address).status_code == 302
    db.session.commit()
    assert worker.drain(site.app) == 1
    return address


def text(client: FlaskClient, address: str) -> str:
    answer = client.get(address)
    assert answer.status_code == 200
    return " ".join(re.sub(r"<[^>]+>", " ", answer.get_data(as_text=True)).split())


def digest(client: FlaskClient, address: str) -> str:
    found = re.search(r'name="digest" value="(\w+)"', client.get(address).get_data(as_text=True))
    assert found is not None
    return found[1]


def test_from_the_upload_to_the_register(site: Site, tess: FlaskClient) -> None:
    address = tried(site, tess, csv_of(laptop(number) for number in range(3)))
    page = text(tess, address)
    assert "3 new" in page
    assert "1 place" in page
    answer = tess.post(address + "/apply", data={"digest": digest(tess, address)})
    assert answer.location == address
    assert "Going into the register" in text(tess, address)
    db.session.commit()
    worker.drain(site.app)
    page = text(tess, address)
    assert "In the register" in page
    assert "Print labels for the 3 new things" in page
    assert len(db.session.scalars(select(Asset)).all()) == 3
    assert "In the register" in text(tess, "/imports")


def test_the_list_and_the_labels_of_what_an_import_added(site: Site, tess: FlaskClient) -> None:
    kind = kinds.kinds(site.school_id())[0].id
    inventory.register(site.actor("tess"), inventory.AssetDetails(kind, serial="BEFORE"))
    address = tried(site, tess, csv_of(laptop(number) for number in range(3)))
    tess.post(address + "/apply", data={"digest": digest(tess, address)})
    db.session.commit()
    worker.drain(site.app)
    query = "?import=" + address.rpartition("/")[2]
    assert "3 assets" in text(tess, "/assets" + query)
    assert query[1:] in tess.get("/labels" + query).get_data(as_text=True)


def test_the_page_tells_how_far_the_work_is_without_scripts_too(site: Site, tess: FlaskClient) -> None:
    address = upload(tess, csv_of([laptop(1)]))
    matched(tess, address)
    page = tess.get(address).get_data(as_text=True)
    assert '<noscript><meta http-equiv="refresh"' in page
    assert f'data-live="{address}/live"' in page
    live = tess.get(address + "/live").get_data(as_text=True)
    assert 'value="0"' in live
    assert "data-over" not in live
    db.session.commit()
    worker.drain(site.app)
    assert "data-over" in tess.get(address + "/live").get_data(as_text=True)


def test_faulty_rows_come_back_as_they_were_with_their_reasons(site: Site, tess: FlaskClient) -> None:
    rows = [laptop(1), laptop(2, Purchased="=1+1", Model="-5"), laptop(3)]
    address = tried(site, tess, csv_of(rows))
    page = text(tess, address)
    assert "1 row is faulty" in page
    assert "Put all of it" not in page
    told = tess.get(address + "/faulty.csv")
    assert told.headers["Content-Disposition"] == 'attachment; filename="faulty-rows.csv"'
    header, row = told.get_data(as_text=True).lstrip("\ufeff").splitlines()
    assert header.endswith("Row in the file,What is wrong")
    assert "'=1+1" in row
    assert "no day that can be read" in row
    book = openpyxl.load_workbook(io.BytesIO(tess.get(address + "/faulty.xlsx").data))
    cells = [cell.value for cell in list(book.active.iter_rows())[1]]  # type: ignore[union-attr] # there is one
    assert cells[5] == "=1+1"
    assert cells[-2] == 3
    corrected = tess.get(address + "/faulty.csv").data.replace(b"'=1+1", b"1/2/2024")
    again = tried(site, tess, corrected)
    assert "1 new" in text(tess, again)
    assert "Columns not used Row in the file, What is wrong" in text(tess, again)


def test_rows_are_shown_page_by_page(site: Site, tess: FlaskClient) -> None:
    address = tried(site, tess, csv_of(laptop(number) for number in range(120)))
    first = tess.get(address + "/rows?verdict=new").get_data(as_text=True)
    assert first.count("<strong>Row") == 50
    last = re.findall(r'rel="next" href="([^"]+)"', first)[0].replace("&amp;", "&")
    assert "Row 52" in text(tess, last)
    for odd in ("?verdict=nonsense&after=x", "?after=99999999999", "?verdict=changed", "?verdict=remarks"):
        assert tess.get(address + "/rows" + odd).status_code == 200


@pytest.mark.parametrize(
    ("data", "name", "word"),
    [
        (b"", "empty.csv", "empty"),
        (bytes.fromhex("d0cf11e0a1b11ae1"), "old.xls", ".xls format"),
        (b"Item,Room\n", "headings.csv", "no row below the headings"),
        (b'a,"b\nc', "quotes.csv", "not closed"),
    ],
)
def test_a_file_that_cannot_be_read_is_refused_at_the_form(
    tess: FlaskClient, data: bytes, name: str, word: str
) -> None:
    answer = send(tess, data, name)
    assert answer.status_code == 422
    assert word in answer.get_data(as_text=True)
    assert db.session.scalars(select(Import)).all() == []


def test_no_file_and_too_large_a_one(tess: FlaskClient) -> None:
    assert "Choose the spreadsheet first" in tess.post("/imports", data={}).get_data(as_text=True)
    flood = b"x" * (tables.FILE_MOST + (2 << 20))
    assert tess.post("/imports", data=flood, content_type="multipart/form-data; boundary=x").status_code == 413


def test_the_name_of_a_file_is_text_and_nothing_else(tess: FlaskClient) -> None:
    upload(tess, csv_of([laptop(1)]), "C:\\Users\\me\\<script>alert(1)</script> \u202exslx.csv")
    page = tess.get("/imports").get_data(as_text=True)
    assert "<script>alert" not in page
    assert "\u202e" not in page
    assert db.session.scalars(select(Import)).one().name.endswith("script> xslx.csv")


def test_another_sheet_and_another_row_of_headings(tess: FlaskClient) -> None:
    book = openpyxl.load_workbook(io.BytesIO(xlsx_of([("Item", "Serial No"), ("PC", "P1")], "First")))
    second = book.create_sheet("Second")
    for row in (("Our list",), ("What", "Number"), ("PC", "P2")):
        second.append(row)
    file = io.BytesIO()
    book.save(file)
    address = upload(tess, file.getvalue(), "two.xlsx")
    assert "headings stand in row 1" in text(tess, address + "/columns")
    tess.post(address + "/table", data={"sheet": "Second", "heading_row": "2"})
    page = text(tess, address + "/columns")
    assert "sheet “Second”: the headings stand in row 2" in page
    assert "What Number" not in page.split("Some of its values")[0]
    odd = (("Third", "1", "no such sheet"), ("Second", "99", "table is empty"), ("Second", "x", "Enter"))
    for sheet, row, word in odd:
        tess.post(address + "/table", data={"sheet": sheet, "heading_row": row})
        assert word in text(tess, address + "/columns")


def test_a_mapping_that_makes_no_sense_is_refused_at_the_form(tess: FlaskClient) -> None:
    address = upload(tess, csv_of([laptop(1)]))
    for changed, word in (
        ({"column-0": "serial"}, "Two columns are matched with “Serial number”"),
        ({"column-0": "nonsense"}, "This form is not whole"),
        ({"column-99": "kind", "column-0": ""}, "This form is not whole"),
        (dict.fromkeys((f"column-{number}" for number in range(8)), ""), "at least one column"),
        ({"version": "77"}, "Somebody else matched the columns"),
        ({"order": "sideways"}, "Choose one from the list"),
        ({"kind": "00000000-0000-0000-0000-000000000009"}, "Choose one from the list"),
    ):
        answer = matched(tess, address, **changed)
        assert answer.status_code == 422, word
        assert word in answer.get_data(as_text=True)


def test_matching_by_hand_and_a_second_press_of_the_button(site: Site, tess: FlaskClient) -> None:
    address = upload(tess, csv_of([("PC", "On the shelf", "P1")], ("Item", "Wotsit", "Serial")))
    page = tess.get(address + "/columns").get_data(as_text=True)
    told = fields(page) | {"column-1": "description"}
    assert tess.post(address + "/columns", data=told).status_code == 302
    assert tess.post(address + "/columns", data=told).status_code == 422  # pressed twice: it runs already
    db.session.commit()
    worker.drain(site.app)
    sent = {"digest": digest(tess, address)}
    assert [tess.post(address + "/apply", data=sent).status_code for _ in range(2)] == [302, 302]
    db.session.commit()
    worker.drain(site.app)
    assert db.session.scalars(select(Asset)).one().description == "On the shelf"
    assert tess.post(address + "/apply", data={"digest": "old"}).status_code == 302
    assert "repeated since you looked" in text(tess, address)


def test_throwing_a_spreadsheet_away(tess: FlaskClient) -> None:
    address = upload(tess, csv_of([laptop(1)]))
    assert "is thrown away" in tess.post(address + "/discard", follow_redirects=True).get_data(as_text=True)
    assert "Discarded" in text(tess, address)
    assert tess.post(address + "/discard").status_code == 409
    assert tess.get(address + "/faulty.csv").status_code == 404
    assert tess.get(address + "/columns").status_code == 302


def test_the_sample_is_understood_from_its_first_to_its_last_column(site: Site, tess: FlaskClient) -> None:
    for form in ("csv", "xlsx"):
        sample = tess.get(f"/imports/sample.{form}").data
        address = upload(tess, sample, f"sample.{form}")
        page = tess.get(address + "/columns").get_data(as_text=True)
        assert all(fields(page)[name] for name in fields(page) if name.startswith("column-"))
        matched(tess, address)
        db.session.commit()
        worker.drain(site.app)
        page = text(tess, address)
        assert "3 new" in page, page
        assert "0 faulty" in page
    assert "What the columns mean" in text(tess, "/imports/explained")


def test_our_own_export_comes_back_unchanged(site: Site, tess: FlaskClient) -> None:
    tried_address = tried(site, tess, csv_of([*(laptop(number) for number in range(3)), laptop(9, Model="=Latitude")]))
    tess.post(tried_address + "/apply", data={"digest": digest(tess, tried_address)})
    db.session.commit()
    worker.drain(site.app)
    exported = tess.get("/assets.csv").data
    address = tried(site, tess, exported)
    page = text(tess, address)
    assert "4 unchanged" in page, page


def test_a_thread_does_the_work_where_nothing_says_otherwise(site: Site, tess: FlaskClient) -> None:
    site.app.config[worker.SWITCH] = True
    address = upload(tess, csv_of([laptop(1)]))
    matched(tess, address)
    worker.wait(site.app, 60)
    assert "1 new" in text(tess, address)
    found = service.get_import(site.school_id(), UUID(address.rpartition("/")[2]))
    assert (found.state, found.worker) == ("tried", "")


def test_a_list_of_people_goes_from_the_upload_into_the_register(site: Site, tess: FlaskClient) -> None:
    assert '<option selected value="people">' in body(tess.get("/imports?of=people"))
    sample = tess.get("/imports/sample.csv?of=people").data
    told = {"file": (io.BytesIO(sample), "people.csv"), "list_of": "people"}
    address = tess.post("/imports", data=told, content_type="multipart/form-data").location.removesuffix("/columns")
    page = body(tess.get(f"{address}/columns"))
    assert "A person is known again by the reference" in page
    assert "Drive 1" not in page
    chosen = {**fields(page), "group": ""}
    assert tess.post(f"{address}/columns", data=chosen).status_code == 302
    worker.drain(site.app)
    page = body(tess.get(address))
    assert "4 new people" in page
    digest = re.search(r'name="digest" value="(\w+)"', page)
    assert digest
    tess.post(f"{address}/apply", data={"digest": digest[1]})
    worker.drain(site.app)
    page = body(tess.get(address))
    assert "See the people" in page
    assert re.search(r'href="/people/[0-9a-f-]{36}">Pip Parker', page)
    assert "Pam Parker" in text(tess, "/people?q=pip") or "Pip Parker" in text(tess, "/people?q=pam")
    assert "Staff, governor, pupil or external" in text(tess, "/imports/explained?of=people")


@pytest.mark.parametrize("told", [{}, {"list_of": "cats"}])
def test_a_spreadsheet_of_nothing_that_is_known_is_refused(tess: FlaskClient, told: dict[str, str]) -> None:
    data = {"file": (io.BytesIO(b"Name,Group\nAnn,staff\n"), "people.csv"), **told}
    answer = tess.post("/imports", data=data, content_type="multipart/form-data")
    assert answer.status_code == 422
    assert "Choose one from the list" in answer.get_data(as_text=True)
