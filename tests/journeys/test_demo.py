"""What a newcomer does with `make demo`: sign in, scan, wipe, watch, take the certificate, and come back later."""

import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.browser import DESKTOP, faults, free_port, picture
from tests.station import DEADLINE, wait_until

pytestmark = pytest.mark.browser
PATIENCE = DEADLINE * 1000  # milliseconds
MARKER = b"CARETAKER DEMONSTRATION"
PASSWORD = "demonstration only"


@contextmanager
def demonstration(folder: Path, port: int) -> Iterator[str]:
    """The running demonstration; its address. It ends on SIGTERM, with all its processes."""
    command = [sys.executable, "-m", "tracker.cli.main", "demo", "--port", str(port), "--folder", str(folder)]
    log = folder.with_name("demo.log")
    environment = {**os.environ, "PYTHONUNBUFFERED": "1"}
    with log.open("ab") as out, subprocess.Popen(command, stdout=out, stderr=out, env=environment) as process:
        try:
            said = log.read_bytes().count(b"End with Ctrl-C.")
            wait_until(lambda: log.read_bytes().count(b"End with Ctrl-C.") > said, log.read_text())
            yield f"http://127.0.0.1:{port}"
        finally:
            process.send_signal(signal.SIGTERM)
            assert process.wait(timeout=60) == 0
    assert not (folder / "station.sock").exists()


def sign_in(page: Page, url: str) -> None:
    page.goto(url)
    page.get_by_label("User name").fill("tess")
    page.get_by_label("Password", exact=True).fill(PASSWORD)
    page.get_by_role("button", name="Sign in").click()


def test_a_newcomer_sees_a_drive_wiped_and_holds_its_certificate(
    chromium: Browser, tmp_path: Path, pictures: Path | None
) -> None:
    folder, port = tmp_path / "demo", free_port()
    found: list[str] = []
    with demonstration(folder, port) as url:
        page = chromium.new_context(viewport=DESKTOP, accept_downloads=True).new_page()  # type: ignore[arg-type]
        page.on("pageerror", lambda error: found.append(str(error)))
        sign_in(page, url)
        drive = folder / "drives" / "bay1.img"
        assert MARKER in drive.read_bytes()[:4096]
        page.get_by_role("searchbox").fill("z3tk7q2v")  # the serial number, as it is read off the drive
        page.get_by_role("searchbox").press("Enter")
        page.get_by_role("link", name="Old office computer").or_(page.get_by_role("link", name="Desktop")).first.click()
        page.get_by_role("link", name="Wipe at a station").click()
        expect(page.get_by_role("button", name="Go on to the plan")).to_be_visible(timeout=PATIENCE)
        page.get_by_role("button", name="Go on to the plan").click()
        page.get_by_label("The last four characters").fill("7Q2V")
        page.get_by_label("Your password").fill(PASSWORD)
        page.get_by_role("button", name="Wipe this drive").click()
        expect(page.locator(".progress-words")).to_contain_text("%", timeout=PATIENCE)
        picture(page, pictures, "job")
        expect(page.locator(".outcome")).to_contain_text("Erased, and proved", timeout=PATIENCE)
        paper = page.get_by_role("link", name="Certificate ST-BRIGIDS-E-000001")
        expect(paper).to_be_visible(timeout=PATIENCE)
        found += faults(page)
        paper.click()
        with page.expect_download() as download:
            page.get_by_role("link", name="Download the PDF").click()
        download.value.save_as(tmp_path / "certificate.pdf")
        page.goto(f"{url}/stations")
        page.locator(".tile a").first.click()
        picture(page, pictures, "station")
        unplugged = drive.rename(tmp_path / "bay1.img")
        expect(page.get_by_role("main")).not_to_contain_text("Z3TK7Q2V", timeout=PATIENCE)
    assert found == []
    assert MARKER not in unplugged.read_bytes()
    signature = subprocess.run(["pdfsig", "-nocert", tmp_path / "certificate.pdf"], capture_output=True, text=True)
    assert "Signature is Valid" in signature.stdout
    if pictures is not None:
        paper_picture = ["pdftoppm", "-r", "80", "-png", "-singlefile", tmp_path / "certificate.pdf"]
        subprocess.run([*paper_picture, pictures / "certificate"], check=True)
    with demonstration(folder, port) as url:  # what was done is kept
        page = chromium.new_context().new_page()
        sign_in(page, url)
        page.goto(f"{url}/certificates")
        expect(page.get_by_role("main")).to_contain_text("ST-BRIGIDS-E-000001")
