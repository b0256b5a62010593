"""A school year is set up, a kit put together and reserved, a clash told, the kit collected and brought back."""

from datetime import timedelta
from pathlib import Path

import pytest
from playwright.sync_api import Browser, expect

from tests.browser import DESKTOP, PHONE
from tests.conftest import Running
from tests.journeys.walk import Journey, draw, new_page, sign_in
from tests.tracker.loans.desk import HOME, desk
from tracker.db import db
from tracker.loans import service
from tracker.people import service as people
from tracker.people.rules import PersonDetails
from tracker.terms.rules import year_name, year_of

pytestmark = pytest.mark.browser


@pytest.mark.parametrize(("size", "name"), [(PHONE, "phone"), (DESKTOP, "desktop")])
def test_a_year_a_kit_a_clash_a_loan_and_a_return(
    running: Running, chromium: Browser, pictures: Path | None, size: dict[str, int], name: str
) -> None:
    made = desk(running.site.actor("tess"))
    tags = [made.laptop(*HOME).tag for _ in range(2)]
    spare = made.laptop(*HOME).tag
    people.add_person(made.actor, PersonDetails("Bob Borrower"))
    db.session.commit()
    day, year = service.today(), year_of(service.today())
    _, page = new_page(chromium, size)
    walk = Journey(page, running.url, pictures)
    page.goto(running.url + "/terms")
    sign_in(page, "tess")
    walk.look(f"terms-1-none-{name}")
    page.get_by_role("link", name="Begin a school year").click()
    page.get_by_label("School year").select_option(year_name(year))
    page.get_by_label("Begin with").select_option("empty")
    walk.look(f"terms-2-begin-{name}")
    page.get_by_role("button", name="Begin").click()
    for kind, what, first, last in (
        ("Term", "Autumn term", f"{year}-09-01", f"{year}-12-18"),
        ("Half-term", "October half-term", f"{year}-10-26", f"{year}-10-30"),
        ("Term", "Spring term", f"{year + 1}-01-04", f"{year + 1}-03-25"),
        ("Term", "Summer term", f"{year + 1}-04-12", f"{year + 1}-07-21"),
    ):
        page.get_by_role("link", name="Add a date").click()
        page.get_by_label("What it is").select_option(kind)
        page.get_by_label("Name").fill(what)
        page.get_by_label("First day").fill(first)
        page.get_by_label("Last day").fill(last)
        page.get_by_role("button", name="Save").click()
    expect(page.get_by_text("These dates are not checked yet.")).to_be_visible()
    walk.look(f"terms-3-year-{name}")
    page.get_by_role("button", name="I have checked them all").click()
    expect(page.get_by_text("Checked by Tess Technician").first).to_be_visible()
    page.goto(running.url + "/loans/kits")
    walk.look(f"kits-1-none-{name}")
    page.get_by_role("link", name="Put a kit together").click()
    page.get_by_label("Name").fill("Pair of laptops")
    page.get_by_label("Its things").fill("\n".join(tags))
    page.get_by_label("What goes with it").fill("Two chargers")
    page.get_by_role("button", name="Save").click()
    walk.heading("Pair of laptops")
    walk.look(f"kits-2-kit-{name}")
    page.get_by_role("link", name="Reserve it").click()
    page.get_by_label("For whom").select_option("Ann Example")
    page.get_by_label("From").fill(day.isoformat())
    page.get_by_label("To", exact=False).last.fill((day + timedelta(days=2)).isoformat())
    walk.look(f"reservations-1-form-{name}")
    page.get_by_role("button", name="Reserve").click()
    walk.heading("Reservation 1: Pair of laptops")
    walk.look(f"reservations-2-made-{name}")
    page.goto(running.url + f"/loans/reservations/new?items={tags[0]}")
    page.get_by_label("For whom").select_option("Bob Borrower")
    page.get_by_label("From").fill((day + timedelta(days=1)).isoformat())
    page.get_by_role("button", name="Reserve").click()
    expect(page.locator(".error-summary")).to_contain_text("reserved for Ann Example (reservation 1)")
    expect(page.locator(".error-summary")).to_contain_text(f"Free then: {spare[:4]}-{spare[4:]}.")
    walk.look(f"reservations-3-clash-{name}")
    page.goto(running.url + "/loans/reservations")
    walk.look(f"reservations-4-week-{name}")
    page.get_by_role("link", name="Month").click()
    walk.look(f"reservations-5-month-{name}")
    page.get_by_role("link", name="Pair of laptops").first.click()
    page.get_by_role("link", name="Hand it out").click()
    walk.look(f"reservations-6-lend-{name}")
    page.get_by_role("button", name="Go on to the signature").click()
    expect(page.get_by_label("Accessories").first).to_have_value("Two chargers")
    draw(page)
    page.get_by_label("The person who signs has read").check()
    walk.look(f"reservations-7-sign-{name}")
    page.get_by_role("button", name="Sign and hand out").click()
    walk.heading("Loan 1: Ann Example")
    page.goto(running.url + f"/loans/receive?items={tags[0]}")
    expect(page.get_by_text("Pair of laptops is not complete, still out:")).to_be_visible()
    page.goto(running.url + f"/loans/receive?items={'%0A'.join(tags)}")
    draw(page)
    walk.look(f"reservations-8-back-{name}")
    page.get_by_role("button", name="back").click()
    expect(page.get_by_text("2 things came back.")).to_be_visible()
    page.goto(running.url + "/loans/reservations")
    expect(page.get_by_text("Nothing is reserved in this week.")).to_be_visible()
    walk.look(f"reservations-9-empty-{name}")
    assert walk.faults == []
