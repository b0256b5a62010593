"""The loans desk at phone width: three things go out with a drawn signature, one comes back damaged."""

import re
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest
from playwright.sync_api import Browser, expect

from tests.browser import PHONE
from tests.conftest import Running
from tests.journeys.walk import Journey, draw, new_page, sign_in
from tests.tracker.loans.desk import HOME, desk
from tests.tracker.loans.test_quick import camera
from tests.tracker.reminders.postoffice import post_office
from tracker.db import db
from tracker.loans import service
from tracker.loans.rules import LoanDetails
from tracker.loans.service import Lent
from tracker.people import service as people

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


def test_a_borrower_signs_by_a_mailed_link_on_their_own_phone(
    running: Running, chromium: Browser, pictures: Path | None
) -> None:
    made = desk(running.site.actor("tess"))
    details = replace(people.details_of(made.ann), email="ann@school.example")
    people.edit(made.actor, made.ann.id, details, version=made.ann.version)
    tags = [made.laptop(*HOME).tag for _ in range(2)]
    db.session.commit()
    with post_office() as office:
        config = running.site.app.extensions["caretaker"]
        running.site.app.extensions["caretaker"] = replace(
            config, mail_server=office.server(), mail_from="caretaker@school.example"
        )
        _, page = new_page(chromium, PHONE)
        walk = Journey(page, running.url, pictures)
        page.goto(running.url + "/loans/new")
        sign_in(page, "tess")
        page.get_by_label("What is lent").type("\n".join(tags))
        page.get_by_label("Who borrows").select_option("Ann Example")
        page.get_by_label("Last day of the loan").fill((service.today() + timedelta(days=30)).isoformat())
        page.get_by_label("It leaves the school").check()
        page.get_by_label("What for").fill("Planning at home")
        page.get_by_role("button", name="Go on to the signature").click()
        page.get_by_label("Accessories").first.fill("Charger and bag")
        expect(page.get_by_label("Their email address")).to_have_value("ann@school.example")
        walk.look("links-1-prepare")
        office.ways = {"rcpt": "451 4.3.0 Try again later"}
        page.get_by_role("button", name="Mail the link").click()
        walk.heading("A loan for Ann Example")
        expect(page.get_by_text("Try again later").first).to_be_visible()
        walk.look("links-2-did-not-go")
        office.ways = {}
        page.get_by_role("button", name="Mail another link").click()
        expect(page.get_by_text("The link is mailed to Ann Example.")).to_be_visible()
        walk.look("links-3-waiting")
        part = office.mails[-1].get_body(("plain",))
        assert part is not None
        (link,) = re.findall(r"http://\S+/sign/\S+", part.get_content())
    _, phone = new_page(chromium, PHONE)  # a borrower who never signed in
    own = Journey(phone, running.url, pictures)
    phone.goto(link)
    own.heading("Sign the loan")
    expect(phone.get_by_text("With Charger and bag")).to_be_visible()
    draw(phone)
    phone.get_by_role("button", name="Sign").click()
    expect(phone.get_by_text("Tick this box to agree.").first).to_be_visible()
    draw(phone)
    phone.get_by_label("read this").check()
    own.look("links-4-sign")
    phone.get_by_role("button", name="Sign").click()
    own.heading("Thank you, it is signed")
    own.look("links-5-signed")
    phone.goto(link)
    own.heading("This link was used")
    own.look("links-6-used")
    page.goto(running.url + "/loans")
    page.get_by_role("link", name="1", exact=True).click()
    walk.heading("Loan 1: Ann Example")
    expect(page.get_by_text("By a link in a mail")).to_be_visible()
    with page.expect_download() as taken:
        page.get_by_role("link", name="L1/1").click()
    assert taken.value.suggested_filename == "loan-1-1.pdf"
    assert Path(taken.value.path()).read_bytes().startswith(b"%PDF-")
    walk.look("links-7-loan")
    assert walk.faults == []
    assert [one for one in own.faults if "410" not in one] == []


def test_a_trolley_of_thirty_comes_back_with_thirty_scans_and_one_button(
    running: Running, chromium: Browser, pictures: Path | None
) -> None:
    made = desk(running.site.actor("tess"))
    laptops = [made.laptop(*HOME) for _ in range(31)]
    tags = [one.tag for one in laptops]
    details = LoanDetails(service.today() + timedelta(days=30), off_site=False)
    service.lend(made.actor, made.ann.id, [Lent(one.id, "Charger") for one in laptops[:30]], details, made.signed())
    db.session.commit()
    _, page = new_page(chromium, PHONE)
    walk = Journey(page, running.url, pictures)
    page.goto(running.url + "/loans/trolley")
    sign_in(page, "tess")
    walk.heading("Take a trolley back")
    box = page.get_by_label("Scan or type here")
    for tag in tags[:29]:
        box.type(f"{tag}\n")  # a wedge types and ends each code with Enter
    expect(page.locator("li.scan-entry")).to_have_count(29)
    expect(page.locator("[data-said]")).to_contain_text("Look for: Charger")
    box.type(f"{tags[30]}\n")  # it never went out
    expect(page.locator("[data-said]")).to_contain_text("Left out")
    expect(page.locator("[data-said]")).to_contain_text("never lent, or back already")
    walk.look("trolley-1-wrong")
    page.get_by_role("button", name="Undo the last scan").click()
    expect(page.locator("li.scan-entry")).to_have_count(29)
    box.type(f"{tags[29]}\n{tags[0]}\n")  # the last, and one again
    expect(page.locator("li.scan-entry")).to_have_count(30)
    expect(page.get_by_text("scanned 2 times", exact=True)).to_be_visible()
    walk.look("trolley-2-thirty")
    page.get_by_role("button", name="Take back what comes back").click()
    expect(page.get_by_text("30 things came back, all in order.")).to_be_visible()
    expect(page.locator("li.scan-entry")).to_have_count(0)
    walk.look("trolley-3-back")
    assert walk.faults == []


def test_a_camera_goes_out_for_the_day_and_comes_back(
    running: Running, chromium: Browser, pictures: Path | None
) -> None:
    made = desk(running.site.actor("tess"))
    asset = camera(made)
    tag = asset.tag
    db.session.commit()
    _, page = new_page(chromium, PHONE)
    walk = Journey(page, running.url, pictures)
    page.goto(running.url + "/loans")
    sign_in(page, "tess")
    page.get_by_role("link", name="Lend for the day").click()
    page.get_by_label("What is lent").type(f"{tag}\n")
    page.get_by_label("Who borrows").fill("Nobody")
    page.get_by_role("button", name="Lend until this evening").click()
    expect(page.get_by_text("Nobody here is called").first).to_be_visible()
    walk.look("day-1-nobody")
    page.get_by_label("Who borrows").fill("Ann")
    page.get_by_role("button", name="Lend until this evening").click()
    expect(page.get_by_text("1 thing until this evening, Ann Example.")).to_be_visible()
    walk.look("day-2-lent")
    page.goto(running.url + "/loans/trolley")
    page.get_by_label("Scan or type here").type(f"{tag}\n")
    expect(page.locator("[data-said]")).to_contain_text("Comes back")
    page.get_by_role("button", name="Take back what comes back").click()
    expect(page.get_by_text("1 thing came back, all in order.")).to_be_visible()
    assert walk.faults == []
