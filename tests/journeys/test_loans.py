"""The loans desk at phone width: three things go out with a drawn signature, one comes back damaged."""

from datetime import timedelta
from pathlib import Path

import pytest
from playwright.sync_api import Browser, expect

from tests.browser import PHONE
from tests.conftest import Running
from tests.journeys.walk import Journey, draw, new_page, sign_in
from tests.tracker.loans.desk import HOME, desk
from tracker.db import db
from tracker.loans import service

pytestmark = pytest.mark.browser


def test_three_things_are_lent_extended_and_one_comes_back_damaged(
    running: Running, chromium: Browser, pictures: Path | None
) -> None:
    made = desk(running.site.actor("tess"))
    tags = [made.laptop(*HOME).tag for _ in range(3)]
    db.session.commit()
    due = service.today() + timedelta(days=30)
    _, page = new_page(chromium, PHONE)
    walk = Journey(page, running.url, pictures)
    page.goto(running.url + "/loans")
    sign_in(page, "tess")
    walk.look("loans-1-none")
    page.get_by_role("link", name="Lend", exact=True).click()
    page.get_by_label("What is lent").type("\n".join(tags))  # a wedge types and ends each code with Enter
    page.get_by_label("Who borrows").select_option("Ann Example")
    page.get_by_label("Last day of the loan").fill(due.isoformat())
    page.get_by_label("It leaves the school").check()
    page.get_by_role("button", name="Go on to the signature").click()
    expect(page.get_by_text("say what for")).to_be_visible()
    walk.look("loans-2-not-yet")
    page.get_by_role("link", name="Back, and change the list").click()
    page.get_by_label("What for").fill("Planning at home")
    walk.look("loans-3-lend")
    page.get_by_role("button", name="Go on to the signature").click()
    page.get_by_label("Accessories").first.fill("Charger and bag")
    draw(page)
    page.get_by_label("I have read this text").or_(page.get_by_label("The person who signs has read")).check()
    walk.look("loans-4-sign")
    page.get_by_role("button", name="Sign and hand out").click()
    walk.heading("Loan 1: Ann Example")
    expect(page.get_by_alt_text("The signature with which it went out")).to_be_visible()
    walk.look("loans-5-out")
    page.get_by_role("link", name="Extend").click()
    page.get_by_label("New last day of the loan").fill((due + timedelta(days=14)).isoformat())
    walk.look("loans-6-extend")
    page.get_by_role("button", name="Extend").click()
    page.get_by_role("link", name="Take all back").click()
    page.get_by_label("Condition").nth(1).select_option("Damaged")
    page.get_by_label("What is missing or damaged").nth(1).fill("The screen is cracked")
    draw(page)
    walk.look("loans-7-back")
    page.get_by_role("button", name="Take all 3 back").click()
    expect(page.get_by_text("3 things came back.")).to_be_visible()
    walk.look("loans-8-returned")
    page.goto(running.url + "/loans/off-site")
    walk.heading("Off-site register")
    walk.look("loans-9-off-site")
    assert walk.faults == []
