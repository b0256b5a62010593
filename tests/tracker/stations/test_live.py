"""The live page of a wipe in a browser: it follows the station, keeps the focus, and waits for whoever is typing."""

import os
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.browser import DESKTOP, PHONE, faults, picture
from tests.cast import PASSWORD
from tests.conftest import Running
from tests.tracker.stations.bench import ready

pytestmark = pytest.mark.browser


def progress(done: int) -> dict[str, object]:
    told = {"phase": "overwrite", "pass_number": 1, "passes": 1, "bytes_done": done, "bytes_total": 100}
    return {**told, "errors": 0, "rate_bytes_per_s": 10, "temperature_c": None}


def opened(chromium: Browser, address: str) -> Page:
    """A page, by Tess, on a desktop."""
    page = chromium.new_context(viewport=DESKTOP).new_page()  # type: ignore[arg-type] # a plain dict will do
    page.goto(address)
    for label, text in (("School code", "st-b"), ("User name", "tess"), ("Password", PASSWORD)):
        page.get_by_label(label, exact=label == "Password").fill(text)
    page.get_by_role("button", name="Sign in").click()
    return page


def test_a_wipe_is_followed_without_taking_the_focus_away(running: Running, tmp_path: Path, chromium: Browser) -> None:
    running.site.app.config.update(WTF_CSRF_ENABLED=False)
    bench, medium, path, station_id = ready(running.site, tmp_path / "drives")
    address, fields = bench.form(medium, path, station_id)
    job = running.site.client("tess").post(address, data=fields).headers["Location"]
    (order,) = bench.exchange()["orders"]
    page = opened(chromium, running.url + job)
    expect(page.locator(".outcome")).to_contain_text("Waiting for the station")

    link = page.get_by_role("link", name="The medium")
    link.focus()
    bench.tell(order["job_id"], "running", progress=progress(25))
    expect(page.locator(".progress-words")).to_contain_text("25 %")
    expect(link).to_be_focused()
    expect(page.get_by_role("status").filter(has_text="Running").first).to_be_attached()
    assert faults(page) == []

    page.get_by_text("Stop this wipe").click()
    bench.tell(order["job_id"], "running", progress=progress(50))
    expect(page.get_by_role("button", name="Yes, stop it")).to_be_visible()
    page.get_by_text("Stop this wipe").click()
    expect(page.locator(".progress-words")).to_contain_text("50 %")

    page.route("**/live", lambda route: route.abort())
    expect(page.get_by_text("The connection is lost.")).to_be_visible()
    page.unroute("**/live")
    bench.tell(order["job_id"], "running", progress=progress(75))
    expect(page.locator(".progress-words")).to_contain_text("75 %")
    expect(page.get_by_text("The connection is lost.")).to_be_hidden()


def test_a_wipe_that_hangs_and_one_that_is_lost_are_told_in_words_that_everybody_can_read(
    running: Running, tmp_path: Path, chromium: Browser
) -> None:
    running.site.app.config.update(WTF_CSRF_ENABLED=False)
    bench, medium, path, station_id = ready(running.site, tmp_path / "drives")
    address, fields = bench.form(medium, path, station_id)
    job = running.site.client("tess").post(address, data=fields).headers["Location"]
    (order,) = bench.exchange()["orders"]
    page = opened(chromium, running.url + job)
    named = os.environ.get("CARETAKER_PICTURES")
    pictures = Path(named) if named else None

    def seen(name: str) -> None:
        assert faults(page) == []
        for width, viewport in (("desktop", DESKTOP), ("phone", PHONE)):
            page.set_viewport_size(viewport)  # type: ignore[arg-type] # a plain dict will do
            picture(page, pictures, f"{name}-{width}")
        page.set_viewport_size(DESKTOP)  # type: ignore[arg-type] # a plain dict will do

    bench.tell(order["job_id"], "running", progress=progress(40))
    bench.tell(order["job_id"], "hung", message="The drive does not answer, and the program that wipes it hangs.")
    expect(page.locator(".outcome")).to_contain_text("The drive hangs")
    expect(page.get_by_text("Unplug the drive")).to_be_visible()
    seen("job-hung")
    page.goto(f"{running.url}/stations/{station_id}")
    expect(page.get_by_text("The drive hangs")).to_be_visible()
    seen("station-hung")
    page.goto(running.url + job)
    bench.tell(order["job_id"], "unknown", message="The station has no memory of this wipe.")
    expect(page.locator(".outcome")).to_contain_text("Lost")
    seen("job-lost")
    page.get_by_role("link", name="Wipe it again").click()
    expect(page.get_by_role("heading", name="This drive is at Bench")).to_be_visible()
    page.goto(running.url + "/")
    expect(page.get_by_text("of which nobody knows what became")).to_be_visible()
