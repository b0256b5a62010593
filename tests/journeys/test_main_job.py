"""The main job as a new user does it: label, scan, wipe, certificate. On a real block device, wiped by the root eraser.

The device is a loop device that the test made over a file of its own. Afterwards the test reads the device itself.
"""

import re
import subprocess
from pathlib import Path

import pytest
import zxingcpp
from PIL import Image
from playwright.sync_api import Browser, expect

from tests.browser import DESKTOP, PHONE
from tests.cast import PASSWORD
from tests.conftest import Running
from tests.journeys.walk import Journey, new_page, sign_in
from tests.station import DEADLINE, Bench, bench
from tests.wipe.conftest import Attach

pytestmark = [pytest.mark.browser, pytest.mark.loop]

MARKER = b"SECRET-MARKER---"  # what the loop device is full of, see tests/wipe/conftest.py
ATTESTED = "The test made this device and plugged it in itself."
PATIENCE = DEADLINE * 1000  # milliseconds


def pair(journey: Journey, made: Bench) -> None:
    """Pair the station from the page, as it says there."""
    page = journey.page
    page.goto(f"{journey.url}/stations")
    journey.look("stations-empty")
    page.get_by_role("link", name="Pair a station").first.click()
    page.get_by_label("Name of the station").fill("IT office bench")
    page.get_by_label("Where it stands").fill("IT office")
    page.get_by_role("button", name="Make a pairing code").click()
    made.supervise()
    made.enrol(journey.url, page.locator("#pairing-code").inner_text())
    made.run()


def register(journey: Journey, size: int) -> None:
    """Register a laptop, and the medium that the loop device stands for."""
    page = journey.page
    page.goto(f"{journey.url}/assets/new")
    page.get_by_label("Kind").select_option(label="Laptop")
    page.get_by_label("Make").fill("Dell")
    page.get_by_label("Model").fill("Latitude 5400")
    page.get_by_label(re.compile("^Serial number")).fill("5CG9012AB")
    page.get_by_role("button", name="Register").click()
    journey.look("asset-incoming")
    page.get_by_role("link", name="Add a drive").click()
    page.get_by_label("Kind").select_option(label="Virtual drive (a file)")
    page.get_by_label("Capacity").fill(str(size))
    page.get_by_role("button", name="Add the medium").click()
    journey.look("medium")


def printed_label(journey: Journey, folder: Path) -> str:
    """Print the label and read it back off the paper, as a scanner would: the address on it."""
    page = journey.page
    page.goto(f"{journey.url}/labels")
    journey.look("labels")
    typed = page.locator("main form").first.evaluate("form => Object.fromEntries(new FormData(form))")
    answer = page.request.post(f"{journey.url}/labels/pdf", form=typed)  # as its button does; shown, not downloaded
    assert answer.status == 200, answer.text()[:2000]
    sheet = folder / "labels.pdf"
    sheet.write_bytes(answer.body())
    subprocess.run(["pdftoppm", "-r", "300", "-png", "-singlefile", sheet, folder / "label"], check=True)
    (found,) = zxingcpp.read_barcodes(Image.open(folder / "label.png"))
    return found.text


def order(journey: Journey, device: str) -> None:
    """From the asset's page to a running job, with the device's name and how one knows it."""
    page = journey.page
    page.get_by_role("link", name="Wipe at a station").click()
    drive = page.locator("section", has_text=re.compile(rf"{device}(?![0-9])"))
    expect(drive).to_have_count(1, timeout=PATIENCE)
    journey.look("choose")
    drive.get_by_role("button", name="Go on to the plan").click()
    journey.heading("Look, then confirm")
    journey.look("confirm")
    page.get_by_label("The name of the device").fill(device.rpartition("/")[2])
    page.get_by_label("How do you know").fill(ATTESTED)
    page.get_by_label("Your password").fill(PASSWORD)
    page.get_by_role("button", name="Wipe this drive").click()
    journey.heading("Wipe of")


def test_a_label_is_scanned_a_real_device_wiped_and_the_certificate_holds(
    running: Running, chromium: Browser, attach: Attach, tmp_path: Path, pictures: Path | None
) -> None:
    size = 64 << 20
    device = attach(size)
    assert MARKER in Path(device).read_bytes()
    with bench(tmp_path) as made:
        context, page = new_page(chromium, DESKTOP)
        journey = Journey(page, running.url, pictures)
        page.goto(running.url)
        sign_in(page, "tess")
        pair(journey, made)
        register(journey, size)
        label = printed_label(journey, tmp_path)
        assert label.startswith(f"{running.url.upper()}/A/")
        context.close()

        context, page = new_page(chromium, PHONE)  # the phone's own camera opened the address
        journey.page = page
        page.goto(label)
        journey.heading("Sign in")
        journey.look("sign-in-phone")
        sign_in(page, "tess")
        journey.heading("Laptop")
        journey.look("asset-phone")
        order(journey, device)
        expect(page.locator(".outcome")).to_contain_text("Erased, and proved", timeout=PATIENCE)
        expect(page.get_by_role("link", name=re.compile("Certificate|certificate")).first).to_be_visible(
            timeout=PATIENCE
        )
        journey.look("job-over-phone")
        downloaded(journey, made, tmp_path)
        checked_in_public(journey, tmp_path)
        context.close()
    assert journey.faults == []
    assert MARKER not in Path(device).read_bytes()


def downloaded(journey: Journey, made: Bench, folder: Path) -> None:
    """Take certificate and record out, and check both with tools that are not ours."""
    page = journey.page
    with page.expect_download() as download:
        page.get_by_role("link", name="Download the signed record").click()
    record = folder / "record.jws"
    download.value.save_as(record)
    checked = made.wipe("record", "check", str(record), "--key", str(made.public_key()))
    assert checked.returncode == 0, checked.stderr
    assert "SANITISED_CLEAR" in checked.stdout
    page.get_by_role("link", name=re.compile("certificate", re.IGNORECASE)).first.click()
    journey.look("certificate-phone")
    with page.expect_download() as download:
        page.get_by_role("link", name="Download the PDF").click()
    paper = folder / "certificate.pdf"
    download.value.save_as(paper)
    signature = subprocess.run(["pdfsig", "-nocert", paper], capture_output=True, text=True, check=False).stdout
    assert "Signature is Valid" in signature
    assert "Total document signed" in signature
    subprocess.run(["pdftoppm", "-r", "60", "-png", paper, folder / "paper"], check=True)
    if journey.pictures is not None:
        subprocess.run(["pdftoppm", "-r", "100", "-png", "-singlefile", paper, journey.pictures / "paper"], check=True)


def checked_in_public(journey: Journey, folder: Path) -> None:
    """Scan the code on the paper as somebody from outside, who sees the state and no name."""
    subprocess.run(
        ["pdftoppm", "-r", "200", "-png", "-singlefile", folder / "certificate.pdf", folder / "first"], check=True
    )
    (found,) = zxingcpp.read_barcodes(Image.open(folder / "first.png"))
    outside = journey.page.context.browser
    assert outside is not None
    context, page = new_page(outside, DESKTOP)
    page.goto(found.text)
    expect(page.get_by_role("main")).to_contain_text("Every point was looked at and is good")
    expect(page.get_by_role("main")).not_to_contain_text("Tess")
    stranger = Journey(page, journey.url, journey.pictures)
    stranger.look("public-check")
    journey.faults += stranger.faults
    page.get_by_label("Certificate as a PDF file").set_input_files(folder / "certificate.pdf")
    page.get_by_role("button", name="Compare").click()
    expect(page.get_by_role("main")).to_contain_text("Your file is the issued certificate, byte for byte")
    changed = bytearray((folder / "certificate.pdf").read_bytes())
    changed[len(changed) // 2] ^= 1
    (folder / "changed.pdf").write_bytes(changed)
    page.get_by_label("Certificate as a PDF file").set_input_files(folder / "changed.pdf")
    page.get_by_role("button", name="Compare").click()
    expect(page.get_by_role("main")).to_contain_text(
        re.compile("not the file|not the issued|changed|differ", re.IGNORECASE)
    )
    context.close()
