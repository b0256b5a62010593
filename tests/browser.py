"""Debian's chromium, driven by Playwright, and the application served as in production on a free loopback port."""

import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from axe_playwright_python.sync_playwright import Axe
from flask import Flask
from playwright.sync_api import Browser, Page, sync_playwright
from waitress import create_server

CHROMIUM = "/usr/bin/chromium"
FLAGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]
DESKTOP = {"width": 1280, "height": 900}
PHONE = {"width": 390, "height": 844}
REFLOW = {"width": 320, "height": 640}  # WCAG 2.2, 1.4.10
AXE = {"runOnly": {"type": "tag", "values": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"]}}


def free_port() -> int:
    """A loopback port that was free a moment ago."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port: int = free.getsockname()[1]
        return port


@contextmanager
def served(app: Flask, port: int) -> Iterator[str]:
    """The application behind the production server; its address."""
    server = create_server(app, host="127.0.0.1", port=port, threads=8, ident=None)
    thread = threading.Thread(target=server.run, daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{port}"
    finally:
        server.close()
        thread.join(timeout=10)


@contextmanager
def browser() -> Iterator[Browser]:
    """A browser of the test's own."""
    with sync_playwright() as playwright:
        opened = playwright.chromium.launch(executable_path=CHROMIUM, args=FLAGS)
        try:
            yield opened
        finally:
            opened.close()


def faults(page: Page) -> list[str]:
    """What axe finds against WCAG 2.2 AA, and whether the page needs to be scrolled sideways at 320 pixels."""
    page.emulate_media(reduced_motion="reduce")  # a button that is half-way between two colours is no fault of the page
    page.mouse.move(0, 0)
    found = [
        f"{page.url}: {one['id']}: {one['help']}: {[node['target'] for node in one['nodes']][:3]}"
        for one in Axe().run(page, options=AXE).response["violations"]
    ]
    size = page.viewport_size
    page.set_viewport_size(REFLOW)  # type: ignore[arg-type] # a dict of width and height, as its documentation has it
    if page.evaluate("() => document.documentElement.scrollWidth > document.documentElement.clientWidth"):
        found.append(f"{page.url}: needs to be scrolled sideways at 320 pixels")
    if size is not None:
        page.set_viewport_size(size)
    return found


def picture(page: Page, folder: Path | None, name: str) -> None:
    """Keep a picture of the whole page, where somebody asked for pictures."""
    if folder is not None:
        page.screenshot(path=folder / f"{name}.png", full_page=True)
