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
