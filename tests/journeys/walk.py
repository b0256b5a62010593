"""What journeys share: a window, signing in, and a way through the pages that looks at each."""

from pathlib import Path

from playwright.sync_api import Browser, BrowserContext, ConsoleMessage, Page, expect

from tests.browser import faults, picture
from tests.cast import PASSWORD


def sign_in(page: Page, username: str) -> None:
    """Sign in where the page asks for it."""
    page.get_by_label("School code").fill("st-b")
    page.get_by_label("User name").fill(username)
    page.get_by_label("Password", exact=True).fill(PASSWORD)
    page.get_by_role("button", name="Sign in").click()


def new_page(chromium: Browser, size: dict[str, int]) -> tuple[BrowserContext, Page]:
    """A browser window that has never been here."""
    context = chromium.new_context(viewport=size, accept_downloads=True)  # type: ignore[arg-type] # a plain dict will do
    return context, context.new_page()


def draw(page: Page) -> None:
    """A signature, with a finger that moves like a mouse."""
    page.locator("canvas").scroll_into_view_if_needed()
    box = page.locator("canvas").bounding_box()
    assert box is not None
    page.mouse.move(box["x"] + 20, box["y"] + 20)
    page.mouse.down()
    for step in range(1, 9):
        page.mouse.move(box["x"] + 20 + 30 * step, box["y"] + (60 if step % 2 else 20))
    page.mouse.up()
    expect(page.get_by_text("The signature is drawn.")).to_be_visible()


def _is_fault(said: ConsoleMessage) -> bool:
    """Errors on the console, but for a form that was refused on purpose."""
    return said.type == "error" and "status of 422" not in said.text


class Journey:
    """One way through the pages, with what was found wrong on the way."""

    def __init__(self, page: Page, url: str, pictures: Path | None) -> None:
        self.page, self.url, self.pictures = page, url, pictures
        self.faults: list[str] = []
        page.on("pageerror", lambda error: self.faults.append(f"script: {error}"))
        page.on("console", lambda said: self.faults.append(said.text) if _is_fault(said) else None)

    def look(self, name: str) -> None:
        """Check the page that is shown, and keep a picture of it."""
        self.faults += faults(self.page)
        picture(self.page, self.pictures, name)

    def heading(self, text: str) -> None:
        """The page has this heading."""
        expect(self.page.get_by_role("heading", level=1)).to_contain_text(text)
