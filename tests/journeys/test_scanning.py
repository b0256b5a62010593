"""Scanning as people do it: a hand scanner at machine speed, the page's camera before our own label, a telephone."""

import secrets
from collections.abc import Iterator
from dataclasses import dataclass
from io import BytesIO
from pathlib import Path
from uuid import UUID

import pytest
from PIL import Image
from playwright.sync_api import Browser, BrowserContext, Page, expect, sync_playwright

from labels import code
from labels.pdf import Label, Options, label_sheets
from labels.qr import asset_url
from labels.sheet import STOCKS
from tests.browser import CHROMIUM, DESKTOP, FLAGS, PHONE, faults, picture
from tests.cast import PASSWORD
from tests.conftest import Running
from tests.labels import raster
from tests.tracker.inventory.test_views import make
from tracker.db import db

pytestmark = pytest.mark.browser


def sign_in(page: Page, address: str, username: str = "tess") -> None:
    """Open an address, and sign in where it asks for that."""
    page.goto(address)
    if page.locator("[name=school]").count():
        page.fill("[name=school]", "st-b")
    page.fill("[name=username]", username)
    page.fill("[name=password]", PASSWORD)
    page.press("[name=password]", "Enter")


def opened(browser: Browser, *, size: dict[str, int] = DESKTOP, scripts: bool = True) -> Page:
    return browser.new_context(viewport=size, java_script_enabled=scripts).new_page()  # type: ignore[arg-type]


@dataclass(frozen=True)
class Thing:
    """An asset of the register, as plain values: the test keeps no transaction open."""

    id: UUID
    tag: str
    serial: str
    name: str


def made(running: Running, count: int) -> list[Thing]:
    assets = [make(running.site.actor("tess"), name=f"Thing {number}") for number in range(count)]
    found = [Thing(one.id, one.tag, one.serial, one.name) for one in assets]
    db.session.rollback()
    return found


def printed(running: Running, asset: Thing) -> Image.Image:
    """The first label of the sheet that prints this asset's label, in grey, as a printer of 300 dpi makes it."""
    stock = STOCKS["L7160"]
    label = Label(asset.tag, asset.name)
    pdf = label_sheets([label], stock, base_url=running.url, school="Saint Brigid's", options=Options())
    (page,) = raster.pages(pdf, 300)
    x, y, width, height = (round(one / 25.4 * 300) for one in (7.2, 15.15, 63.5, 38.1))
    return page.crop((x, y, x + width, y + height))


def before_the_camera(label: Image.Image, path: Path) -> Path:
    """Pictures of a label that is moved into sight, as the browser's false camera plays them."""
    frames = []
    for number in range(20):
        desk = Image.new("RGB", (1280, 720), (150, 140, 128))
        if number >= 5:  # nothing to see at first
            desk.paste(label.resize((600, 360)).convert("RGB").rotate(3), (300 + 2 * number, 170))
        out = BytesIO()
        desk.save(out, "JPEG", quality=85)
        frames.append(out.getvalue())
    path.write_bytes(b"".join(frames))
    return path


@pytest.fixture(autouse=True)
def patient() -> Iterator[None]:
    """Wait longer than usual for what must come: other tests use this machine, too."""
    expect.set_options(timeout=20_000)
    yield
    expect.set_options(timeout=None)


class Cameras:
    """Browsers whose camera sees a file, or none; closed at the end."""

    def __init__(self) -> None:
        self.playwright = sync_playwright().start()
        self.open: list[Browser] = []

    def seeing(self, film: Path) -> BrowserContext:
        flags = ["--use-fake-device-for-media-stream", "--use-fake-ui-for-media-stream"]
        flags.append(f"--use-file-for-fake-video-capture={film}")
        self.open.append(self.playwright.chromium.launch(executable_path=CHROMIUM, args=[*FLAGS, *flags]))
        return self.open[-1].new_context(viewport=DESKTOP)  # type: ignore[arg-type] # a plain dict will do

    def close(self) -> None:
        for browser in self.open:
            browser.close()
        self.playwright.stop()


@pytest.fixture
def cameras() -> Iterator[Cameras]:
    found = Cameras()
    yield found
    found.close()


def test_the_camera_finds_our_printed_label_and_shows_the_asset(
    running: Running, cameras: Cameras, pictures: Path | None
) -> None:
    (asset,) = made(running, 1)
    film = before_the_camera(printed(running, asset), running.folder / "label.mjpeg")
    page = cameras.seeing(film).new_page()
    said: list[str] = []
    page.on("console", lambda message: said.append(message.text) if message.type == "error" else None)
    page.on("pageerror", lambda error: said.append(str(error)))
    sign_in(page, running.url + "/sign-in?next=/scan")
    page.get_by_role("button", name="Use the camera").click()
    link = page.locator("[data-list]").get_by_role("link", name=code.shown(asset.tag))
    expect(link).to_be_visible()
    expect(page.get_by_role("status").filter(has_text="Found")).to_contain_text(code.shown(asset.tag))
    expect(page.get_by_role("button", name="Stop the camera")).to_be_focused()
    assert (
        page.evaluate("() => document.querySelector('video').srcObject.getVideoTracks()[0].getSettings().width") == 1280
    )
    assert faults(page) == []
    picture(page, pictures, "scan-camera")
    page.get_by_role("button", name="Stop the camera").click()
    assert page.evaluate("() => document.querySelector('video').srcObject") is None
    expect(page.locator("video")).to_be_hidden()
    assert page.locator("[data-list] > li").count() == 1
    link.click()
    expect(page.get_by_role("heading", level=1)).to_contain_text("Thing 0")
    assert said == []


def test_a_label_that_stays_before_the_camera_counts_once(running: Running, cameras: Cameras) -> None:
    (asset,) = made(running, 1)
    film = running.folder / "still.mjpeg"
    before_the_camera(printed(running, asset), film)
    shown = Image.open(BytesIO(film.read_bytes()[film.read_bytes().rindex(b"\xff\xd8") :]))
    out = BytesIO()
    shown.save(out, "JPEG")
    film.write_bytes(out.getvalue() * 3)
    page = cameras.seeing(film).new_page()
    sign_in(page, running.url + "/sign-in?next=/scan")
    answered: list[int] = []
    page.on("response", lambda one: answered.append(one.status) if one.url.endswith("/scan/frame") else None)
    page.get_by_role("button", name="Use the camera").click()
    expect(page.locator("[data-list] > li")).to_have_count(1)
    while len(answered) < 8:
        page.wait_for_event("response")
    assert set(answered) == {200}
    expect(page.locator("[data-times]")).to_be_hidden()


def test_twenty_scans_at_machine_speed_are_twenty_on_the_list(
    running: Running, chromium: Browser, pictures: Path | None
) -> None:
    assets = made(running, 20)
    page = opened(chromium)
    sign_in(page, running.url + "/sign-in?next=/scan")
    page.wait_for_selector("[data-sound]:not([hidden])")
    forms = []
    for number, asset in enumerate(assets):
        url = asset_url("https://old.example:8443", asset.tag)
        forms.append((code.shown(asset.tag), url, asset.serial, asset.tag.lower())[number % 4])
    scan(page, *forms)
    expect(page.locator("[data-list] > li")).to_have_count(20)
    shown = page.locator("[data-list] > li .tag").all_inner_texts()
    assert shown == [code.shown(asset.tag) for asset in reversed(assets)]
    assert page.locator("[data-list] .status-good").count() == 20
    assert page.input_value("#codes") == ""
    expect(page.locator("#codes")).to_be_focused()
    edit = page.get_by_role("link", name="Edit or move 20 assets together")
    assert edit.get_attribute("href") == "/assets/bulk?" + "&".join(f"id={asset.id}" for asset in assets)
    assert faults(page) == []
    picture(page, pictures, "scan-list")


def test_twenty_scans_in_the_header_are_twenty_on_the_list_and_one_opens_its_thing(
    running: Running, chromium: Browser
) -> None:
    assets = made(running, 20)
    page = opened(chromium)
    sign_in(page, running.url + "/sign-in?next=/assets")
    page.wait_for_url("**/assets")
    page.wait_for_load_state()
    scan(page, *(code.shown(asset.tag) for asset in assets))
    page.wait_for_url("**/scan")
    expect(page.locator("[data-list] > li")).to_have_count(20)
    assert page.locator("[data-list] .status-good").count() == 20
    page.goto(running.url + "/assets")
    scan(page, assets[3].tag, assets[3].tag)  # a finger that slipped
    page.wait_for_url(f"**/assets/{assets[3].id}")


def scan(page: Page, *texts: str) -> None:
    """As a hand scanner does it, wherever the cursor is."""
    page.keyboard.type("".join(f"{text}\n" for text in texts), delay=0)


def test_repeats_are_counted_and_the_last_scan_is_taken_back_by_keyboard_alone(
    running: Running, chromium: Browser
) -> None:
    asset, other = made(running, 2)
    page = opened(chromium)
    sign_in(page, running.url + "/sign-in?next=/scan")
    page.wait_for_selector("[data-sound]:not([hidden])")
    scan(page, asset.tag, other.tag, asset_url("http://x.example", asset.tag))
    rows = page.locator("[data-list] > li")
    expect(rows).to_have_count(2)
    expect(rows.first).to_contain_text("scanned 2 times")
    expect(page.locator("[data-said]")).to_contain_text("Scanned 2 times.")
    undo = page.get_by_role("button", name="Undo the last scan")
    undo.focus()
    page.keyboard.press("Enter")
    expect(undo).to_be_focused()
    expect(rows).to_have_count(2)
    expect(page.locator("[data-times]:visible")).to_have_count(0)
    page.keyboard.press("Enter")
    expect(rows).to_have_count(1)
    expect(page.locator("[data-said]")).to_contain_text("Taken back")
    page.keyboard.press("Enter")
    expect(rows).to_have_count(0)
    expect(page.locator("#codes")).to_be_focused()
    expect(page.get_by_text("Nothing is scanned yet")).to_be_visible()


def test_the_list_outlives_a_reload_and_ends_when_somebody_says_so(running: Running, chromium: Browser) -> None:
    asset, other = made(running, 2)
    page = opened(chromium)
    sign_in(page, running.url + "/sign-in?next=/scan")
    page.wait_for_selector("[data-sound]:not([hidden])")
    scan(page, asset.tag, "no such", other.tag)
    rows = page.locator("[data-list] > li")
    expect(rows).to_have_count(3)
    page.reload()
    expect(rows).to_have_count(3)
    expect(rows.first).to_contain_text(code.shown(other.tag))
    page.on("dialog", lambda dialog: dialog.accept())
    page.get_by_role("button", name="Start a new list").click()
    expect(rows).to_have_count(0)
    page.reload()
    expect(page.get_by_text("Nothing is scanned yet")).to_be_visible()


def test_scans_wait_while_the_server_is_away_and_none_is_lost(running: Running, chromium: Browser) -> None:
    assets = made(running, 20)
    page = opened(chromium)
    answers: list[int] = []
    page.on("response", lambda one: answers.append(one.status) if one.url.endswith("/scan/batch") else None)
    sign_in(page, running.url + "/sign-in?next=/scan")
    page.wait_for_selector("[data-sound]:not([hidden])")
    page.context.set_offline(True)
    scan(page, *(asset.tag for asset in assets))
    expect(page.get_by_role("alert")).to_contain_text("The connection is lost")
    assert page.locator("[data-list] > li").count() == 0
    page.context.set_offline(False)
    expect(page.locator("[data-list] > li")).to_have_count(20)
    expect(page.locator("[data-trouble]")).to_be_hidden()
    assert len(answers) <= 2, "what waited goes in one batch"


def test_scans_wait_for_whoever_was_signed_out(running: Running, chromium: Browser) -> None:
    asset, other = made(running, 2)
    page = opened(chromium)
    sign_in(page, running.url + "/sign-in?next=/scan")
    page.wait_for_selector("[data-sound]:not([hidden])")
    page.context.clear_cookies(name="caretaker_session")
    scan(page, asset.tag)
    expect(page.get_by_role("alert")).to_contain_text("You are signed out")
    scan(page, other.tag)
    sign_in(page.context.new_page(), running.url + "/sign-in")
    expect(page.locator("[data-list] > li")).to_have_count(2)
    expect(page.locator("[data-trouble]")).to_be_hidden()


LISTEN = """
  window.tones = [];
  const start = OscillatorNode.prototype.start;
  OscillatorNode.prototype.start = function (at) {
    window.tones.push(this.frequency.value);
    return start.call(this, at);
  };
"""


def test_each_outcome_sounds_different_and_the_sound_can_be_switched_off(running: Running, chromium: Browser) -> None:
    (asset,) = made(running, 1)
    tess = running.site.actor("tess")
    make(tess, serial="DUP-1")
    make(tess, serial="DUP1", same_serial=True)
    db.session.rollback()
    page = opened(chromium)
    page.add_init_script(LISTEN)
    sign_in(page, running.url + "/sign-in?next=/scan")
    page.wait_for_selector("[data-sound]:not([hidden])")
    for text, said, tones in (
        (asset.tag, "Found", [1320]),
        ("no such", "Not known", [220]),
        ("dup1", "Look again", [660, 660]),
        (asset.tag, "2 times", [1320, 990]),
    ):
        page.evaluate("() => { window.tones = []; }")
        scan(page, text)
        expect(page.locator("[data-said]")).to_contain_text(said)
        assert page.evaluate("() => window.tones") == tones
    page.get_by_role("button", name="Sound: on").click()
    page.reload()
    expect(page.get_by_role("button", name="Sound: off")).to_be_visible()
    page.evaluate("() => { window.tones = []; }")
    scan(page, "no such either")
    expect(page.locator("[data-said]")).to_contain_text("no such either")
    assert page.evaluate("() => window.tones") == []


def test_an_unknown_code_is_registered_and_the_label_is_its_own(
    running: Running, chromium: Browser, pictures: Path | None
) -> None:
    free = code.new(secrets.token_bytes)
    page = opened(chromium, size=PHONE)
    sign_in(page, running.url + "/sign-in?next=/scan")
    page.wait_for_selector("[data-sound]:not([hidden])")
    page.fill("#codes", f"{asset_url(running.url, free)}\nP/N:20L7;S/N:PF3K9X2L\n4006381333931\n")
    expect(page.locator("[data-list] > li")).to_have_count(3)
    expect(page.locator("[data-list] > li").first).to_contain_text("the same on every piece of its kind")
    expect(page.get_by_role("link", name="Register an asset with serial number PF3K9X2L")).to_be_visible()
    assert faults(page) == []
    picture(page, pictures, "scan-unknown")
    page.get_by_role("link", name="Register an asset with this tag").click()
    page.get_by_label("Kind").select_option(label="Projector")
    page.fill("[name=serial]", "SN-FREE-1")
    page.get_by_role("button", name="Register", exact=True).click()
    expect(page.get_by_role("heading", level=1)).to_contain_text(code.shown(free))
    page.goto(running.url + "/scan")
    expect(page.locator("[data-list] > li").last).to_contain_text("Found")
    expect(page.locator("[data-list] > li").last).to_contain_text(code.shown(free))


def test_a_telephones_own_camera_opens_the_address_and_comes_back_after_signing_in(
    running: Running, chromium: Browser
) -> None:
    (asset,) = made(running, 1)
    page = opened(chromium, size=PHONE)
    address = asset_url(running.url, asset.tag)
    sign_in(page, address.replace(running.url.upper(), running.url))
    page.wait_for_url(f"**/assets/{asset.id}")
    expect(page.get_by_role("heading", level=1)).to_contain_text(code.shown(asset.tag))


def photographed(running: Running, asset: Thing) -> Path:
    """A photo of twelve million pixels, turned as a telephone notes it."""
    photo = Image.new("RGB", (4032, 3024), (150, 140, 128))
    photo.paste(printed(running, asset).convert("RGB").resize((1500, 900)), (900, 800))
    exif = Image.Exif()
    exif[0x0112] = 6
    path = running.folder / "IMG_0001.jpg"
    photo.rotate(90, expand=True).save(path, quality=88, exif=exif)
    return path


@pytest.mark.parametrize("scripts", [True, False])
def test_a_photo_does_where_the_page_gets_no_camera(running: Running, chromium: Browser, scripts: bool) -> None:
    asset, before = made(running, 2)
    page = opened(chromium, size=PHONE, scripts=scripts)
    sign_in(page, running.url + "/sign-in?next=/scan")
    if scripts:
        page.wait_for_selector("[data-sound]:not([hidden])")  # the page is ready
        scan(page, before.tag)
    page.set_input_files("#photo", photographed(running, asset))
    page.get_by_role("button", name="Read the photo").click()
    expect(page.locator("[data-list]").get_by_role("link", name=code.shown(asset.tag))).to_be_visible()
    expect(page.locator("[data-list] > li")).to_have_count(
        2 if scripts else 1
    )  # the earlier scans come back a moment later
    page.set_input_files("#photo", {"name": "x.jpg", "mimeType": "image/jpeg", "buffer": b"\xff\xd8 no picture"})
    page.get_by_role("button", name="Read the photo").click()
    expect(page.get_by_text("This is no whole JPEG, PNG or WebP picture. Take it again.")).to_be_visible()


def test_without_a_safe_address_the_page_says_why_there_is_no_camera(
    running: Running, chromium: Browser, pictures: Path | None
) -> None:
    page = opened(chromium)
    page.add_init_script("Object.defineProperty(window, 'isSecureContext', { value: false });")
    sign_in(page, running.url + "/sign-in?next=/scan")
    expect(page.get_by_text("an address that begins with https, and this one does not")).to_be_visible()
    expect(page.get_by_role("button", name="Use the camera")).to_be_hidden()
    expect(page.get_by_label("Or take a photo of a label")).to_be_visible()
    assert faults(page) == []
    picture(page, pictures, "scan-insecure")


def test_without_scripts_the_page_is_a_form(running: Running, chromium: Browser, pictures: Path | None) -> None:
    asset, other = made(running, 2)
    page = opened(chromium, scripts=False)
    sign_in(page, running.url + "/sign-in?next=/scan")
    page.fill("#codes", f"{asset.tag}\n{other.serial}\nno such")
    page.get_by_role("button", name="Look up").click()
    expect(page.locator("[data-list] > li")).to_have_count(3)
    page.locator("[data-list]").get_by_role("link", name=code.shown(asset.tag)).click()
    page.wait_for_url(f"**/assets/{asset.id}")


def test_a_choice_and_a_retired_label_are_told_in_words(
    running: Running, chromium: Browser, pictures: Path | None
) -> None:
    tess = running.site.actor("tess")
    make(tess, serial="DUP-1", name="Hall")
    make(tess, serial="DUP1", name="Library", same_serial=True)
    page = opened(chromium)
    sign_in(page, running.url + "/sign-in?next=/scan")
    page.goto(running.url + "/scan?q=dup1")
    expect(page.get_by_role("heading", level=1)).to_have_text("2 things fit this code")
    assert faults(page) == []
    picture(page, pictures, "scan-choice")
    page.goto(running.url + "/scan?q=1S20L7CTO1WWPF3K9X2L")
    assert faults(page) == []
    picture(page, pictures, "scan-nothing")


def test_the_new_things_on_the_page_stand_out(running: Running, chromium: Browser) -> None:
    """What axe does not look at: the borders of fields and of the camera's picture, WCAG 2.2, 1.4.11."""
    if db.engine.dialect.name != "sqlite":
        pytest.skip("the page is the same on both databases")
    page = opened(chromium)
    sign_in(page, running.url + "/sign-in?next=/scan")
    page.wait_for_selector("[data-sound]:not([hidden])")
    page.evaluate(
        "() => { document.querySelector('[data-camera-box]').hidden = false; document.activeElement.blur(); }"
    )
    for selector in ("#codes", "#photo", "video"):
        colour = page.locator(selector).evaluate("(one) => getComputedStyle(one).borderTopColor")
        red, green, blue = (int(part) for part in colour.removeprefix("rgb(").removesuffix(")").split(","))
        linear = [((c / 255 + 0.055) / 1.055) ** 2.4 for c in (red, green, blue)]
        light = 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]
        assert 1.05 / (light + 0.05) >= 3, f"{selector}: {colour}"
