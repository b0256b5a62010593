"""Photos and documents in a real browser at the width of a phone: add, see, say otherwise, remove."""

from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.browser import DESKTOP, PHONE, faults, picture
from tests.conftest import Running
from tests.journeys.test_pages import sign_in
from tests.tracker.attachments import samples
from tracker.db import db
from tracker.inventory import kinds
from tracker.inventory import service as inventory
from tracker.inventory.details import AssetDetails

pytestmark = pytest.mark.browser


def _asset(running: Running) -> str:
    tess = running.site.actor("tess")
    kind = next(one.id for one in kinds.kinds(tess.school_id) if one.name == "Laptop")
    asset = inventory.register(tess, AssetDetails(kind, make="Dell", model="Latitude 5420", serial="ABC123"))
    address = f"{running.url}/assets/{asset.id}"
    db.session.commit()
    return address


def _photos(folder: Path) -> list[Path]:
    sent = {"lid.jpg": samples.from_a_phone(), "base.png": samples.encoded(samples.picture(seed=3), "PNG")}
    sent["Agreement, signed.pdf"] = samples.pdf()
    for name, data in sent.items():
        (folder / name).write_bytes(data)
    return [folder / name for name in sent]


def _upright(page: Page) -> bool:
    """Whether the photo is loaded, and its red corner is where it was when it was taken."""
    return bool(
        page.evaluate(
            """async () => {
                const photo = document.querySelector("img.photo");
                await photo.decode();
                const canvas = new OffscreenCanvas(photo.naturalWidth, photo.naturalHeight).getContext("2d");
                canvas.drawImage(photo, 0, 0);
                const [red, green] = canvas.getImageData(photo.naturalWidth - 40, 40, 1, 1).data;
                return photo.naturalHeight === 2560 && red > 190 && green < 60;
            }"""
        )
    )


@pytest.mark.parametrize("size", [PHONE, DESKTOP], ids=["phone", "desktop"])
def test_a_photo_is_added_seen_and_removed(
    running: Running, chromium: Browser, size: dict[str, int], pictures: Path | None
) -> None:
    asset, sent, found = _asset(running), _photos(running.folder), list[str]()
    phone = size == PHONE
    context = chromium.new_context(viewport=size, has_touch=phone, is_mobile=phone)  # type: ignore[arg-type] # a dict will do
    page = context.new_page()
    page.on("pageerror", lambda error: found.append(str(error)))

    def look(name: str) -> None:
        found.extend(faults(page))
        picture(page, pictures, f"attachments-{name}-{size['width']}")

    sign_in(page, running.url, "tess")
    page.goto(asset)
    look("1-none-yet")
    page.get_by_role("link", name="Add photos or documents").click()
    look("2-add")
    assert page.get_by_label("Take a photo").is_visible() is phone
    page.get_by_role("button", name="Add", exact=True).click()
    expect(page.get_by_role("alert").get_by_text("Choose a photo or a document.")).to_be_visible()
    look("3-nothing-chosen")
    page.get_by_label("Photos and documents").set_input_files(sent)
    page.get_by_label("What it shows").fill("Before the loan")
    page.get_by_role("button", name="Add", exact=True).click()
    expect(page.get_by_role("status").get_by_text("3 files are added.")).to_be_visible()
    expect(page.locator(".photos img")).to_have_count(2)
    look("4-on-the-page")
    page.locator(".photos a").first.click()
    page.locator("img.photo").wait_for()
    assert _upright(page)
    look("5-photo")
    page.get_by_role("link", name="Next").click()
    page.get_by_role("link", name="Next").click()
    with page.expect_popup() as opened:
        page.get_by_role("link", name="Open in a new tab").click()
    opened.value.wait_for_function("() => document.contentType === 'application/pdf'")  # in spite of the sandbox
    opened.value.close()
    with page.expect_download() as downloaded:
        page.get_by_role("link", name="Download").click()
    assert downloaded.value.suggested_filename == "Agreement, signed.pdf"
    assert downloaded.value.path().read_bytes() == samples.pdf()
    look("6-document")
    page.get_by_role("link", name="Change the caption").click()
    page.get_by_label("What it shows").fill("Agreement of 24 November")
    look("7-caption")
    page.get_by_role("button", name="Save").click()
    page.get_by_role("link", name="Remove").click()
    page.get_by_label("Reason").fill("Signed on the wrong form")
    look("8-remove")
    page.get_by_role("button", name="Remove it").click()
    page.get_by_text("1 removed").click()
    expect(page.get_by_text("Signed on the wrong form").first).to_be_visible()
    look("9-removed")
    context.close()
    assert found == []


def test_a_camera_takes_the_file_itself(running: Running, chromium: Browser) -> None:
    """The button that opens a phone's camera sends what it took."""
    asset, sent = _asset(running), _photos(running.folder)
    page = chromium.new_context(viewport=PHONE, has_touch=True, is_mobile=True).new_page()  # type: ignore[arg-type] # the same
    sign_in(page, running.url, "beth")
    page.goto(asset.replace("/assets/", "/attachments/new/asset/"))
    camera = page.get_by_label("Take a photo")
    assert camera.get_attribute("capture") == "environment"
    camera.set_input_files(sent[0])
    page.get_by_role("button", name="Add", exact=True).click()
    expect(page.get_by_text("lid.jpg is added.")).to_be_visible()


def test_what_is_opened_by_itself_runs_nothing_and_reaches_nothing(running: Running, chromium: Browser) -> None:
    """Even if a web page came through all checks, its address would give a dead picture of it."""
    asset, sent = _asset(running), _photos(running.folder)
    page = chromium.new_context(viewport=DESKTOP).new_page()  # type: ignore[arg-type] # the same
    sign_in(page, running.url, "tess")
    page.goto(asset.replace("/assets/", "/attachments/new/asset/"))
    page.get_by_label("Photos and documents").set_input_files(sent[0])
    page.get_by_role("button", name="Add", exact=True).click()
    page.locator(".photos a").first.click()
    address = page.locator("img.photo").get_attribute("src") or ""
    answer = page.goto(running.url + address)
    assert answer is not None
    assert answer.headers["content-type"] == "image/jpeg"
    assert page.evaluate("() => window.origin") == "null"  # sandboxed: no part of the register's origin
    assert page.evaluate("() => { try { return document.cookie } catch (error) { return 'refused' } }") == "refused"
