"""A laptop is stolen: reported on a phone by the one who had it, assessed, told, decided and closed."""

from pathlib import Path

import pytest
from playwright.sync_api import Browser, expect

from tests.browser import DESKTOP, PHONE
from tests.conftest import Running
from tests.journeys.walk import Journey, new_page, sign_in
from tests.things import bench
from tracker.db import db

pytestmark = pytest.mark.browser


def test_a_theft_is_reported_on_a_phone_and_closed_by_the_head(
    running: Running, chromium: Browser, pictures: Path | None
) -> None:
    tag = bench(running.site.actor("tess")).asset("Laptop of Year 3").tag
    db.session.commit()
    _, phone = new_page(chromium, PHONE)
    staff = Journey(phone, running.url, pictures)
    phone.goto(running.url + "/incidents")
    sign_in(phone, "stan")
    staff.look("incidents-1-none")
    phone.get_by_role("link", name="Report an incident").click()
    phone.get_by_label("What happened", exact=True).select_option("Stolen")
    phone.get_by_label("What it happened to").fill(f"{tag[:4]} {tag[4:]}".lower())
    phone.get_by_label("Tell what happened").fill("The bag was taken on the train.")
    phone.get_by_label("Where").fill("Train to Hereford")
    staff.look("incidents-2-report")
    phone.get_by_role("button", name="Report it").click()
    staff.heading("Incident 1: stolen")
    staff.look("incidents-3-reported")
    address = phone.url

    _, page = new_page(chromium, DESKTOP)
    tess = Journey(page, running.url, pictures)
    page.goto(address)
    sign_in(page, "tess")
    page.get_by_role("link", name="What is at risk").click()
    page.get_by_label("Are personal data at risk?").select_option("Yes")
    page.get_by_label("Assessment").fill("Reports of one class; the disk was encrypted.")
    tess.look("incidents-4-assess")
    page.get_by_role("button", name="Save").click()
    page.get_by_role("link", name="Who was told").click()
    page.get_by_label("Who was told").fill("Data Protection Officer")
    tess.look("incidents-5-tell")
    page.get_by_role("button", name="Save").click()
    page.get_by_role("link", name="Police and insurer").click()
    page.get_by_label("Crime reference of the police").fill("WM/1234")
    page.get_by_role("button", name="Save").click()
    tess.look("incidents-6-assessed")
    page.get_by_role("link", name="Desktop computer").click()
    expect(page.get_by_text("Missing").first).to_be_visible()
    tess.look("incidents-7-asset")

    _, heads = new_page(chromium, DESKTOP)
    hana = Journey(heads, running.url, pictures)
    heads.goto(address)
    sign_in(heads, "hana")
    heads.get_by_role("link", name="Close", exact=True).click()
    heads.get_by_label("What was learned").fill("Laptops no longer travel in bags.")
    heads.get_by_role("button", name="Close the incident").click()
    expect(heads.get_by_text("first decide whether the ICO is told")).to_be_visible()
    hana.look("incidents-8-not-yet")
    heads.goto(address + "/decide")
    heads.get_by_label("Reasons").fill("The disk was encrypted and the password was not written down.")
    hana.look("incidents-9-decide")
    heads.get_by_role("button", name="Write the decision down").click()
    heads.get_by_role("link", name="Close", exact=True).click()
    heads.get_by_label("What was learned").fill("Laptops no longer travel in bags.")
    heads.get_by_role("button", name="Close the incident").click()
    hana.look("incidents-10-closed")
    heads.goto(running.url + "/incidents/report")
    hana.look("incidents-11-term")
    assert staff.faults + tess.faults + hana.faults == []
