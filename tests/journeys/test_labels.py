"""Labels as a new user prints them: look at the real sheet, print, print again, retire one, measure the printer."""

from io import BytesIO
from pathlib import Path

import pytest
from PIL import Image
from playwright.sync_api import Browser, Locator, Page, expect

from labels import code
from labels.qr import asset_url
from tests.browser import faults, picture
from tests.cast import PASSWORD
from tests.conftest import Running
from tests.labels.geometry import papers
from tests.labels.raster import codes, pages
from tests.tracker.inventory.test_label_views import make
from tracker.db import db
from tracker.inventory import printers

pytestmark = pytest.mark.browser
SIZE = {"width": 1280, "height": 900}


def sign_in(page: Page, url: str) -> None:
    page.goto(f"{url}/sign-in")
    page.fill("[name=school]", "st-b")
    page.fill("[name=username]", "tess")
    page.fill("[name=password]", PASSWORD)
    page.press("[name=password]", "Enter")


def seen(sheet: Locator) -> list[str]:
    """What a telephone held before the screen reads off a picture of the page."""
    return sorted(codes(Image.open(BytesIO(sheet.screenshot())).convert("L")))


def file(page: Page, button: str) -> bytes:
    """What the button's new tab is given."""
    form = page.locator("#labels")
    typed = form.evaluate("form => Object.fromEntries(new FormData(form))")
    assert page.get_by_role("button", name=button).get_attribute("formtarget") == "_blank"
    answer = page.request.post(page.url.partition("?")[0].removesuffix("/pdf") + "/pdf", form=typed)
    assert answer.status == 200, answer.text()[:500]
    return answer.body()


def test_labels_are_seen_printed_and_one_is_retired(
    running: Running, pictures: Path | None, request: pytest.FixtureRequest
) -> None:
    made = [make(running.site.actor("tess"), name=f"Thing {number}") for number in range(25)]
    ids, tags = [one.id for one in made], [one.tag for one in made]
    db.session.rollback()
    chromium: Browser = request.getfixturevalue("chromium")
    page = chromium.new_context(viewport=SIZE, device_scale_factor=2).new_page()  # type: ignore[arg-type]
    found: list[str] = []
    page.on("pageerror", lambda error: found.append(f"{page.url}: {error}"))
    sign_in(page, running.url)

    page.goto(f"{running.url}/labels")
    page.get_by_label("First free label").fill("18")
    page.get_by_role("button", name="Look at the first sheet").click()
    expect(page.get_by_role("status")).to_contain_text("25 things, 25 labels on 2 sheets of L7160")
    wanted = {asset_url(running.url, tag) for tag in tags}
    first = seen(page.locator("svg.sheet"))
    assert len(first) == 4
    assert set(first) <= wanted
    found += faults(page)
    picture(page, pictures, "labels-preview")
    sheets = pages(file(page, "Make the PDF"), 203)
    assert sorted(text for sheet in sheets for text in codes(sheet)) == sorted(wanted)
    assert sorted(codes(sheets[0])) == first, "the paper is what was looked at"

    page.goto(f"{running.url}/assets/{ids[0]}")
    page.get_by_role("link", name="retire it").click()
    page.get_by_label("What happened").select_option("copied")
    found += faults(page)
    page.get_by_role("button", name=f"Retire {code.shown(tags[0])}").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Labels")
    page.get_by_role("button", name="Look at the first sheet").click()
    (new,) = seen(page.locator("svg.sheet"))
    assert new not in wanted
    page.goto(f"{running.url}/A/{tags[0]}")
    expect(page.locator("main")).to_contain_text(code.shown(tags[0]))
    assert found == []


def test_a_printer_is_measured_and_every_sheet_moves(running: Running, request: pytest.FixtureRequest) -> None:
    actor = running.site.actor("tess")
    make(actor)
    db.session.rollback()
    page = request.getfixturevalue("chromium").new_context(viewport=SIZE).new_page()
    sign_in(page, running.url)
    page.goto(f"{running.url}/labels")
    page.get_by_role("link", name="Printers").click()
    page.get_by_role("link", name="Add a printer").click()
    page.get_by_label("Name").fill("Office")
    page.get_by_label("Move to the right").fill("1.5")
    page.get_by_role("button", name="Save").click()
    expect(page.get_by_role("heading", name="4. Check it")).to_be_visible()
    address = page.locator("form[target=_blank]").last
    typed = address.evaluate("form => Object.fromEntries(new FormData(form))")
    answer = page.request.get(f"{running.url}/labels/calibration.pdf", params=typed)
    assert papers(answer.body())[0].outlines[0].left == pytest.approx(7.2 + 1.5, abs=0.05)
    page.get_by_role("link", name="Print labels with it").click()
    page.get_by_label("Draw a thin line").check()
    page.get_by_role("button", name="Look at the first sheet").click()
    (paper,) = papers(file(page, "Make the PDF"))
    assert paper.outlines[0].left == pytest.approx(7.2 + 1.5, abs=0.05)
    assert [one.name for one in printers.printers(actor.school_id)] == ["Office"]
