"""A stranger finds a laptop on the bus: the label's page on a phone, and what the school makes of it."""

from pathlib import Path

import pytest
from playwright.sync_api import Browser, expect

from tests.browser import DESKTOP, PHONE
from tests.conftest import Running
from tests.journeys.walk import Journey, new_page, sign_in
from tests.things import bench
from tracker.db import db

pytestmark = pytest.mark.browser


def test_a_stranger_tells_the_school_by_the_label_of_what_they_found(
    running: Running, chromium: Browser, pictures: Path | None
) -> None:
    tag = bench(running.site.actor("tess")).asset("Laptop of Year 3").tag
    db.session.commit()
    _, phone = new_page(chromium, PHONE)
    finder = Journey(phone, running.url, pictures)
    phone.goto(f"{running.url}/A/{tag}")
    finder.look("found-1-label")
    phone.get_by_role("link", name="Found this? Tell the school").click()
    finder.heading("Found this?")
    phone.get_by_role("button", name="Tell the school").click()
    expect(phone.get_by_role("alert")).to_contain_text("Say where it is.")
    finder.look("found-2-nothing-said")
    phone.get_by_label("Where did you find it, or where is it now?").fill("Bus 44, with the driver")
    phone.get_by_label("How can the school reach you?").fill("07700 900123")
    finder.look("found-3-form")
    phone.get_by_role("button", name="Tell the school").click()
    finder.heading("Thank you")
    finder.look("found-4-thanks")

    _, page = new_page(chromium, DESKTOP)
    tess = Journey(page, running.url, pictures)
    page.goto(f"{running.url}/A/{tag}")
    sign_in(page, "tess")
    expect(page.get_by_text("Somebody found it")).to_be_visible()
    page.goto(running.url + "/")
    page.get_by_role("link", name="1 reports of something found").click()
    tess.look("found-5-list")
    page.get_by_role("link", name=f"{tag[:4]}-{tag[4:]}").click()
    tess.look("found-6-report")
    page.get_by_role("button", name="Open an incident: lost").click()
    tess.heading("Incident 1: lost")
    expect(page.get_by_text("07700 900123")).to_be_visible()
    tess.look("found-7-incident")
    page.get_by_role("link", name="Bus 44, with the driver").click()
    page.get_by_label("What became of it").fill("Fetched from the bus depot; back in store.")
    page.get_by_role("button", name="Settle it").click()
    expect(page.get_by_text("How to reach the finder is erased.")).to_be_visible()
    tess.look("found-8-settled")
    assert finder.faults + tess.faults == []
