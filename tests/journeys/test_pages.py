"""Every page as people see it: nothing that axe knows of against WCAG 2.2 AA, and nothing to scroll sideways."""

from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page

from tests.browser import DESKTOP, PHONE, faults, picture
from tests.cast import PASSWORD
from tests.conftest import Running
from tests.things import things
from tracker.db import db

pytestmark = pytest.mark.browser
# Addresses that give no page: files, parts of pages, what a program reads, and what only sends elsewhere.
FILES = ("/file", "/thumbnail", ".csv", ".xlsx", ".ics", ".pdf", ".pem", ".jws", ".png", "/live", "/static")
ELSEWHERE = ("/bootstrap", "/A/", "/a/", "/v", "/V", "/sign-in", "/setup", "/scan", "/jobs/confirm", "/jobs/new")
NO_PAGE = (*FILES, *ELSEWHERE, "/health", "/api/")


def addresses(running: Running, ids: dict[str, str]) -> list[str]:
    """Every page that can be asked for, filled with the things of the school."""
    found = []
    with running.site.app.test_request_context():
        adapter = running.site.app.url_map.bind("127.0.0.1")
        for rule in running.site.app.url_map.iter_rules():
            if "GET" not in (rule.methods or ()) or any(part in rule.rule for part in NO_PAGE):
                continue
            found.append(adapter.build(rule.endpoint, {name: ids[name] for name in rule.arguments}))
    return sorted(
        {one.partition("127.0.0.1")[2] or one for one in found}
        | {f"/V/{ids['code']}", f"/jobs/new?medium={ids['medium_id']}"}
    )


def sign_in(page: Page, url: str, username: str) -> None:
    page.goto(url + "/sign-in")
    page.get_by_label("School code").fill("st-b")
    page.get_by_label("User name").fill(username)
    page.get_by_label("Password", exact=True).fill(PASSWORD)
    page.get_by_role("button", name="Sign in").click()


@pytest.mark.parametrize(("username", "size"), [("tess", DESKTOP), ("hana", DESKTOP), ("beth", PHONE)])
def test_every_page_is_for_everybody(
    running: Running, username: str, size: dict[str, int], pictures: Path | None, request: pytest.FixtureRequest
) -> None:
    ids = things(running.site.actor("tess"), running.site.app.extensions["caretaker"])
    db.session.commit()
    chromium: Browser = request.getfixturevalue("chromium")  # not before: certificates are signed in this thread, too
    page = chromium.new_context(viewport=size).new_page()  # type: ignore[arg-type] # a plain dict will do
    found: list[str] = []
    page.on("pageerror", lambda error: found.append(f"{page.url}: {error}"))
    sign_in(page, running.url, username)
    seen = 0
    for address in addresses(running, ids):
        answer = page.goto(running.url + address)
        assert answer is not None
        assert answer.status in (200, 403), f"{address}: {answer.status}"
        if answer.status == 200:
            seen += 1
            found += faults(page)
            assert page.get_by_role("heading", level=1).count() == 1, address
            picture(page, pictures, f"{username}{address.partition('?')[0].replace('/', '-')}"[:60])
    assert seen >= 15
    assert found == []
