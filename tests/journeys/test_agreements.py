"""An agreement from the first word to the last signature, as new users do it: written, approved, signed on a phone."""

from pathlib import Path

import pytest
from playwright.sync_api import Browser, expect

from tests.browser import DESKTOP, PHONE
from tests.conftest import Running
from tests.journeys.walk import Journey, draw, new_page, sign_in

pytestmark = pytest.mark.browser
TEXT = "I use the school's equipment for school work.\n\nI lock my screen, and I tell the office at once if I lose it."


def test_a_text_is_written_approved_and_signed_on_a_phone(
    running: Running, chromium: Browser, pictures: Path | None
) -> None:
    _, page = new_page(chromium, DESKTOP)
    walk = Journey(page, running.url, pictures)
    page.goto(running.url + "/agreements")
    sign_in(page, "tess")
    walk.look("agreements-1-empty")
    page.get_by_role("link", name="Add an agreement").click()
    page.get_by_label("Title").fill("Acceptable use of ICT: staff")
    page.get_by_label("Staff", exact=True).check()
    page.get_by_label("Governor", exact=True).check()
    page.get_by_label("Who keeps it up to date").fill("Computing lead")
    walk.look("agreements-2-new")
    page.get_by_role("button", name="Save").click()
    page.get_by_label("Text").fill(TEXT)
    walk.look("agreements-3-draft")
    page.get_by_role("button", name="Save the draft").click()
    expect(page.get_by_text("The head can approve it.")).to_be_visible()
    walk.look("agreements-4-agreement")
    address = page.url

    _, heads = new_page(chromium, DESKTOP)
    head = Journey(heads, running.url, pictures)
    heads.goto(address)
    sign_in(heads, "hana")
    heads.get_by_role("link", name="Approve…").click()
    head.look("agreements-5-approve")
    heads.get_by_role("button", name="Approve this text").click()
    head.heading("Before you go on")  # the head has an account, too

    _, phone = new_page(chromium, PHONE)
    staff = Journey(phone, running.url, pictures)
    phone.goto(running.url)
    sign_in(phone, "stan")
    staff.heading("Before you go on")
    staff.look("agreements-6-must-sign")
    phone.get_by_role("link", name="Read and sign").click()
    draw(phone)
    phone.get_by_role("button", name="Clear the drawing").click()
    draw(phone)
    staff.look("agreements-7-sign")
    phone.get_by_role("button", name="Sign", exact=True).click()
    expect(phone.get_by_text("There is a problem")).to_be_visible()
    staff.look("agreements-8-not-agreed")
    draw(phone)
    phone.get_by_label("I have read this text and agree to it").check()
    phone.get_by_role("button", name="Sign", exact=True).click()
    expect(phone.get_by_text("You have signed. Thank you.")).to_be_visible()
    staff.look("agreements-9-signed")

    page.goto(running.url + "/agreements/mine")
    page.get_by_role("link", name="Read and sign").click()
    page.get_by_label("I have read this text and agree to it").check()
    page.get_by_role("button", name="Sign", exact=True).click()
    page.goto(f"{address}/missing")
    walk.heading("Who has not signed")
    walk.look("agreements-10-missing")
    page.goto(f"{running.url}/people?q=stan")
    page.get_by_role("link", name="Stan Staff").click()
    page.get_by_role("link", name="Acceptable use of ICT: staff, version 1").click()
    expect(page.get_by_alt_text("The signature as it was drawn")).to_be_visible()
    walk.look("agreements-11-signature")
    assert walk.faults + head.faults + staff.faults == []
