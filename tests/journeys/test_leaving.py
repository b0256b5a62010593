"""Somebody leaves, swept at phone width: their laptop comes back, each line is settled, and the page is printed."""

from pathlib import Path

import pytest
from playwright.sync_api import Browser, expect

from tests.browser import PHONE
from tests.conftest import Running
from tests.journeys.walk import Journey, draw, new_page, sign_in
from tests.tracker.loans.desk import desk
from tracker.db import db
from tracker.loans import leaving_rules

pytestmark = pytest.mark.browser


def test_a_leaver_is_swept_signed_off_and_printed(running: Running, chromium: Browser, pictures: Path | None) -> None:
    made = desk(running.site.actor("tess"))
    item, person_id = made.lent(made.ann), made.ann.id
    label = item.label
    db.session.commit()
    _, page = new_page(chromium, PHONE)
    walk = Journey(page, running.url, pictures)
    address = f"{running.url}/loans/leavers/{person_id}"
    page.goto(address)
    sign_in(page, "tess")
    walk.heading("Ann Example leaves")
    expect(page.get_by_text("Something is still open")).to_be_visible()
    walk.look("leaving-1-open")
    page.get_by_role("button", name="Sign the leaving off").click()
    expect(page.get_by_text(f"Still on loan: {label}").first).to_be_visible()
    walk.look("leaving-2-refused")
    page.get_by_role("link", name="Take it back").click()
    draw(page)
    page.get_by_role("button", name="Take").click()
    expect(page.get_by_text("1 thing came back")).to_be_visible()
    page.goto(address)
    for number, line in enumerate(leaving_rules.USUAL):
        entry = page.get_by_role("listitem").filter(has_text=line)
        if number == 1:
            entry.get_by_label("Which").fill("Key 17 of the hall")
        entry.get_by_role("button").click()
        expect(entry.get_by_role("button")).to_contain_text("Not settled after all")
    expect(page.get_by_text("Nothing is open")).to_be_visible()
    walk.look("leaving-3-settled")
    page.get_by_role("button", name="Sign the leaving off").click()
    expect(page.get_by_text("The leaving is signed off; print this page for the file.")).to_be_visible()
    expect(page.get_by_text("by Tess Technician on").first).to_be_visible()
    walk.look("leaving-4-signed")
    page.emulate_media(media="print")
    for shown in (label, "Key 17 of the hall"):
        expect(page.get_by_text(shown).first).to_be_visible()
    expect(page.get_by_role("button", name="Sign the leaving off")).to_be_hidden()
    walk.look("leaving-5-print")
    page.emulate_media(media="screen")
    page.get_by_role("link", name="Change what is asked of leavers").click()
    walk.heading("What is asked of leavers")
    walk.look("leaving-6-list")
    assert walk.faults == []
