"""A school's own spreadsheet of 400 things becomes a register with printed labels in one sitting, as a newcomer would.

The list is as such lists are (tests/tracker/imports/messy.py): a title above the headings, headings of its own, mixed
dates, and five mistakes, which the dry run finds before anything is saved.
"""

from io import BytesIO
from pathlib import Path

import openpyxl
import pytest
from playwright.sync_api import Browser, Page
from sqlalchemy import func, select

from tests.browser import DESKTOP, PHONE, faults, picture
from tests.conftest import Running
from tests.journeys.test_labels import file
from tests.journeys.test_pages import sign_in
from tests.labels.raster import codes, pages
from tests.tracker.imports import messy
from tracker.db import db
from tracker.inventory.models import Asset
from tracker.media.models import Medium

pytestmark = pytest.mark.browser
WAIT = 120_000  # milliseconds that a dry run of 400 rows may take on a busy machine


class Sitting:
    """One person at one screen; every page that is looked at is checked, and pictured where somebody asked for it."""

    def __init__(self, page: Page, pictures: Path | None) -> None:
        self.page, self.pictures, self.found = page, pictures, list[str]()
        page.on("pageerror", lambda error: self.found.append(f"{page.url}: {error}"))

    def look(self, name: str) -> None:
        """See the page as everybody does: at a desk, on a phone, with axe, at 320 pixels."""
        self.found += faults(self.page)
        picture(self.page, self.pictures, f"spreadsheet-{name}-1280")
        self.page.set_viewport_size(PHONE)  # type: ignore[arg-type] # a plain dict will do
        picture(self.page, self.pictures, f"spreadsheet-{name}-390")
        self.page.set_viewport_size(DESKTOP)  # type: ignore[arg-type] # the same

    def upload(self, file: Path) -> None:
        """Choose the file and send it."""
        self.page.get_by_label("Spreadsheet").set_input_files(file)
        self.page.get_by_role("button", name="Upload").click()
        self.page.get_by_role("heading", name="Match the columns").wait_for()

    def tried(self) -> None:
        """Ask what would change, and wait for the answer."""
        self.page.get_by_role("button", name="Show what would change").click()
        self.page.locator(".tiles").wait_for(timeout=WAIT)


def test_a_spreadsheet_of_400_things_becomes_a_register_with_labels(
    running: Running, pictures: Path | None, request: pytest.FixtureRequest
) -> None:
    for name, correct in (("first", False), ("corrected", True)):
        (running.folder / f"ICT equipment {name}.xlsx").write_bytes(messy.workbook(correct=correct))
    chromium: Browser = request.getfixturevalue("chromium")
    page = chromium.new_context(viewport=DESKTOP, accept_downloads=True).new_page()  # type: ignore[arg-type] # as above
    here = Sitting(page, pictures)
    sign_in(page, running.url, "tess")
    page.get_by_text("Menu").click()
    page.get_by_role("navigation", name="Main").get_by_role("link", name="Import a spreadsheet").click()
    here.look("1-upload")

    here.upload(running.folder / "ICT equipment first.xlsx")
    assert "the headings stand in row 4" in page.inner_text("main")
    chosen = {
        row.locator("th").inner_text(): row.locator("select option:checked").inner_text()
        for row in page.locator("table.import-columns tbody tr").all()
    }
    assert chosen["Serial No."] == "Serial number"
    assert chosen["Hard Drive S/N"] == "Drive 1 serial number"
    assert chosen["No."] == "Notes, with its heading"
    assert chosen["Checked 2023"] == "Not used"
    here.look("2-columns")
    here.tried()
    told = page.inner_text("main")
    assert "5 faulty" in told.replace("\n", " ")
    assert all(f"Row {row + 5}" in told for row in messy.MISTAKES)
    assert page.get_by_role("button", name="Put all of it into the register").count() == 0
    here.look("3-faults")
    with page.expect_download() as caught:
        page.get_by_role("link", name="Faulty rows as .xlsx").click()
    sheet = openpyxl.load_workbook(BytesIO(caught.value.path().read_bytes())).active
    assert sheet is not None
    assert [row[-2].value for row in list(sheet.iter_rows())[1:]] == [row + 5 for row in messy.MISTAKES]
    assert count(Asset) == 0

    page.get_by_role("link", name="Upload the corrected file").click()
    here.upload(running.folder / "ICT equipment corrected.xlsx")
    assert "matched as they were then" in page.inner_text("main")
    here.tried()
    assert "400 new" in page.inner_text("main").replace("\n", " ")
    here.look("4-result")
    page.get_by_role("button", name="Put all of it into the register").click()
    labels = page.get_by_role("link", name="Print labels for the 400 new things")
    labels.wait_for(timeout=WAIT)
    here.look("5-applied")
    assert (count(Asset), count(Medium)) == (400, 150)

    page.get_by_role("link", name="See them in the register").click()
    assert "400 assets" in page.inner_text("main")
    here.look("6-register")
    page.go_back()
    labels.click()
    here.look("7-labels")
    pdf = file(page, "Make the PDF at once")
    assert_codes_lead_to_their_things(running.url, pdf, page, here)
    assert here.found == []


def count(model: type[Asset] | type[Medium]) -> int:
    """How many there are."""
    found = db.session.scalar(select(func.count()).select_from(model)) or 0
    db.session.rollback()
    return found


def assert_codes_lead_to_their_things(url: str, pdf: bytes, page: Page, here: Sitting) -> None:
    """Every code of every sheet is read off the paper and is a thing's own, and one of them is followed."""
    read = [found for sheet in pages(pdf, 300) for found in codes(sheet)]
    known = set(db.session.scalars(select(Asset.tag)))
    db.session.rollback()
    assert len(read) == 400
    assert {one.rpartition("/")[2] for one in read} == known
    page.goto(url + "/A/" + read[0].rpartition("/")[2])
    assert "/assets/" in page.url
    here.look("8-thing")
