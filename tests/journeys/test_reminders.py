"""The page of reminders at both widths, with a mail that went, one that did not, and one that nobody knows of."""

from dataclasses import replace
from functools import partial
from pathlib import Path

import pytest
from playwright.sync_api import Browser, expect

from tests.browser import DESKTOP, PHONE
from tests.conftest import Running
from tests.journeys.walk import Journey, new_page, sign_in
from tests.tracker.reminders.borrowers import HEAD, SENDER, borrowers, change
from tests.tracker.reminders.postoffice import post_office
from tracker import mail
from tracker.db import db
from tracker.people import service as people
from tracker.people.rules import PersonDetails
from tracker.reminders import work
from tracker.values import utc_now

pytestmark = pytest.mark.browser


@pytest.mark.parametrize(("name", "size"), [("phone", PHONE), ("desk", DESKTOP)])
def test_the_head_sees_what_went_and_tries_the_mail_server(
    running: Running, chromium: Browser, pictures: Path | None, name: str, size: dict[str, int]
) -> None:
    with post_office() as office:
        config = running.site.app.extensions["caretaker"]
        running.site.app.extensions["caretaker"] = replace(config, mail_server=office.server(), mail_from=SENDER)
        made = borrowers(running.site)
        post = partial(mail.send, office.server(), seconds=10)
        for number, way in enumerate(("", "drop", "550 5.7.1 Message rejected as spam by content scanning")):
            somebody = people.add_person(
                made.desk.actor, PersonDetails(f"Borrower {number}", email=f"b{number}@school.example")
            )
            made.lend(somebody.id)
            db.session.commit()
            office.ways = {"data": way} if way else {}
            list(work.run(made.actor, HEAD, SENDER, post, utc_now))
        made.lend(days=2)
        made.lend(made.mo)
        change(made.desk.actor, people.get_person(made.actor.school_id, made.mo), email="")
        db.session.commit()
        office.ways = {}
        _, page = new_page(chromium, size)
        walk = Journey(page, running.url, pictures)
        page.goto(running.url + "/reminders")
        sign_in(page, "hana")
        walk.heading("Reminders")
        expect(page.get_by_text("no answer is known")).to_be_visible()
        page.locator("details").filter(has_text="of the mail to").first.locator("summary").click()
        walk.look(f"reminders-{name}-1")
        page.get_by_role("button", name="Send a test mail to me").click()
        expect(page.get_by_text("on its way to hana@school.example")).to_be_visible()
        walk.look(f"reminders-{name}-2")
        page.goto(f"{running.url}/people/{made.ann}")
        expect(page.get_by_text("Line manager:")).to_be_visible()
        walk.look(f"reminders-{name}-3")
        assert not walk.faults, walk.faults
