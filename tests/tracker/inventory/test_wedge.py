"""The scan box in a real browser, with a scanner that types as fast as the machine takes it."""

import pytest
from playwright.sync_api import Browser, Page

from labels import code
from labels.qr import asset_url
from tests.browser import DESKTOP, faults
from tests.cast import PASSWORD, Site
from tests.conftest import Running
from tests.tracker.inventory.test_views import make
from tracker.db import db
from tracker.inventory.models import Asset

pytestmark = pytest.mark.browser


@pytest.fixture
def shown(running: Running) -> tuple[Site, str]:
    """The served site and its address."""
    return running.site, running.url


def signed_in(chromium: Browser, url: str, *, scripts: bool = True) -> Page:
    page = chromium.new_context(viewport=DESKTOP, java_script_enabled=scripts).new_page()  # type: ignore[arg-type]
    page.goto(url + "/sign-in?next=/assets")
    if page.locator("[name=school]").count():
        page.fill("[name=school]", "st-b")
    page.fill("[name=username]", "tess")
    page.fill("[name=password]", PASSWORD)
    page.press("[name=password]", "Enter")
    page.wait_for_url("**/assets")
    return page


def made(site: Site, count: int) -> list[Asset]:
    return [make(site.actor("tess")) for _ in range(count)]


def test_a_scan_anywhere_on_a_page_opens_the_asset(chromium: Browser, shown: tuple[Site, str]) -> None:
    site, url = shown
    (asset,) = made(site, 1)
    page = signed_in(chromium, url)
    page.evaluate("() => document.activeElement.blur()")
    page.keyboard.type(asset_url(url, asset.tag))
    page.keyboard.press("Enter")
    page.wait_for_url(f"**/assets/{asset.id}")
    assert faults(page) == []


def test_scans_that_follow_each_other_at_once_are_never_mixed(chromium: Browser, shown: tuple[Site, str]) -> None:
    site, url = shown
    assets = made(site, 20)
    page = signed_in(chromium, url)
    tags = [code.shown(asset.tag) for asset in assets]
    db.session.rollback()
    page.keyboard.type("".join(f"{tag}\n" for tag in tags))
    page.wait_for_url("**/scan")
    page.wait_for_function("(count) => document.querySelectorAll('[data-list] > li').length === count", arg=len(tags))
    assert page.locator("[data-list] .tag").all_inner_texts() == tags[::-1]


def test_what_is_typed_into_another_field_stays_there(chromium: Browser, shown: tuple[Site, str]) -> None:
    _, url = shown
    page = signed_in(chromium, url)
    page.click("#q")
    page.keyboard.type("projector")
    assert page.input_value("#q") == "projector"
    assert page.input_value("#scan-box") == ""


def test_the_box_works_without_scripts(chromium: Browser, shown: tuple[Site, str]) -> None:
    site, url = shown
    (asset,) = made(site, 1)
    page = signed_in(chromium, url, scripts=False)
    page.fill("#scan-box", asset.serial.lower())
    page.press("#scan-box", "Enter")
    page.wait_for_url(f"**/assets/{asset.id}")


def test_the_pages_of_the_register_are_for_everybody(chromium: Browser, shown: tuple[Site, str]) -> None:
    site, url = shown
    if db.engine.dialect.name != "sqlite":
        pytest.skip("the pages are the same on both databases")
    (asset,) = made(site, 1)
    page = signed_in(chromium, url)
    addresses = ["/assets", "/assets?q=nothing", "/assets/new", "/locations", "/locations/new", "/kinds", "/kinds/new",
                 "/people", "/people/new", "/labels", "/scan?q=UNKNOWN1", "/A/ABCDEFG0"]  # fmt: skip
    addresses += [f"/assets/{asset.id}{rest}" for rest in ("", "/edit", "/move", "/state/missing", "/no-storage")]
    found = []
    for address in addresses:
        page.goto(url + address)
        found += faults(page)
    page.goto(url + "/assets/new")
    page.click("main .actions .btn-primary[type=submit]")
    found += faults(page)
    page.goto(url + "/labels")
    page.click("text=Look at the first sheet")
    found += faults(page)
    assert found == []
