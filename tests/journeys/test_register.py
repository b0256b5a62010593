"""A technician keeps the register with scripts turned off: own fields, a class set, a copy, a change to all of them."""

import re

import pytest
from playwright.sync_api import Browser, Page, expect
from sqlalchemy import select

from tests.browser import PHONE
from tests.conftest import Running
from tests.journeys.test_pages import sign_in
from tracker.db import db
from tracker.inventory.models import Asset

pytestmark = pytest.mark.browser


def button(page: Page, name: str) -> None:
    page.locator("main").get_by_role("button", name=name).click()


def test_a_register_is_kept_without_any_script(running: Running, chromium: Browser) -> None:
    page = chromium.new_context(viewport=PHONE, java_script_enabled=False).new_page()  # type: ignore[arg-type] # a dict
    page.set_default_timeout(15_000)
    sign_in(page, running.url, "tess")
    page.goto(running.url + "/fields/new")
    page.get_by_label("Name").fill("Lamp hours")
    page.get_by_label("Asked for").select_option(label="Projector")
    page.get_by_label("Type").select_option(label="Number")
    button(page, "Add")
    expect(page.get_by_role("status")).to_contain_text("The field Lamp hours is added.")
    # the fields of a kind come when they are asked for, and what was typed stays
    page.goto(running.url + "/assets/new")
    page.get_by_label("Make").fill("Epson")
    page.get_by_label("Kind", exact=True).select_option(label="Projector")
    button(page, "Show the fields of this kind")
    expect(page.get_by_label("Make")).to_have_value("Epson")
    page.get_by_label("Lamp hours").fill("NaN")
    page.get_by_label("Name", exact=False).first.fill("Projector {n}")
    page.locator("summary", has_text="Register several alike").click()
    page.get_by_label("Their serial numbers").fill("X1\nX2\nX3")
    button(page, "Register")
    expect(page.get_by_role("alert")).to_contain_text("Enter a number, such as 1250 or 0.5.")
    page.get_by_label("Lamp hours").fill("1,250")
    button(page, "Register")
    expect(page.locator("main")).to_contain_text("3 assets are in the register")
    # the Enter key, as a scanner sends it, saves and does not only show fields
    page.goto(running.url + "/assets?q=X1")
    page.locator("a.tag").first.click()
    page.get_by_role("link", name="Another like this").click()
    expect(page.get_by_label("Lamp hours")).to_have_value("1250")
    page.get_by_label("Serial number", exact=False).first.fill("X4")
    page.get_by_label("Serial number", exact=False).first.press("Enter")
    expect(page.locator("main")).to_contain_text("is in the register")
    # all that is listed is changed together, after a look at what would change
    page.goto(running.url + "/assets/bulk?q=epson")
    expect(page.get_by_role("heading", level=1)).to_have_text("Change 4 assets together")
    page.get_by_label("What to do with supplier").select_option(label="Set to")
    page.get_by_label("Supplier", exact=True).fill("Severn Supplies")
    page.get_by_label("What to do with Lamp hours").select_option(label="Clear")
    button(page, "Check what would change")
    expect(page.locator("main")).to_contain_text("4 of 4 assets would change")
    button(page, "Change 4 assets")
    expect(page.get_by_role("status").first).to_contain_text("4 assets are changed")
    found = db.session.scalars(select(Asset).order_by(Asset.serial)).all()
    assert [(one.serial, one.supplier, one.custom) for one in found] == [
        (f"X{number}", "Severn Supplies", {}) for number in range(1, 5)
    ]
    assert [one.name for one in found[:3]] == ["Projector 01", "Projector 02", "Projector 03"]
    assert len({one.tag for one in found}) == 4
    assert re.fullmatch(r"[0-9A-Z]{8}", found[0].tag)
