"""The application as people meet it: served for real, with a browser and a real station."""

import os
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest
from playwright.sync_api import Browser

from tests.browser import browser, free_port, served
from tests.cast import Site
from tests.conftest import Databases, site_on
from tests.wipe.conftest import attach as attach  # the fixture
from tracker.db import db
from tracker.inventory import service as inventory

DEADLINE = 60.0  # seconds until a wait fails; nothing is measured by it


@pytest.fixture(scope="session")
def chromium() -> Iterator[Browser]:
    with browser() as opened:
        yield opened


@dataclass
class Running:
    """A served site."""

    site: Site
    url: str
    folder: Path


@pytest.fixture
def running(databases: Databases, tmp_path: Path) -> Iterator[Running]:
    """The application on a free port, on each kind of database."""
    port = free_port()
    with (
        site_on(databases, tmp_path / "instance", f"http://127.0.0.1:{port}") as site,
        served(site.app, port) as url,
    ):
        inventory.create_defaults(site.actor("hana"))
        db.session.commit()
        yield Running(site, url, tmp_path)


def wait_until(what: Callable[[], bool], saying: str) -> None:
    """Wait for a condition, or fail with a sentence."""
    deadline = time.monotonic() + DEADLINE
    while not what():
        if time.monotonic() > deadline:
            pytest.fail(saying)
        time.sleep(0.05)


class Bench:
    """A station in a folder of its own: the real supervisor and agent, each a process."""

    def __init__(self, folder: Path, *, virtual: Path | None = None) -> None:
        self.state, self.agent, self.socket = folder / "station", folder / "agent", folder / "station.sock"
        self.log = (folder / "station.log").open("wb")
        self.processes: list[subprocess.Popen[bytes]] = []
        self.virtual = ["--virtual-dir", str(virtual)] if virtual else []

    def wipe(self, *words: str) -> subprocess.CompletedProcess[str]:
        """Run one `wipe` command to its end."""
        command = [sys.executable, "-m", "wipe.main", *words]
        return subprocess.run(command, capture_output=True, text=True, check=False, timeout=60)

    def start(self, *words: str) -> None:
        """Start one of the station's processes."""
        command = [sys.executable, "-m", "wipe.main", "station", *words, "--socket", str(self.socket)]
        self.processes.append(subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=self.log, stderr=self.log))

    def supervise(self) -> None:
        """The part that may touch drives."""
        self.start("supervise", "--state", str(self.state), *self.virtual)
        wait_until(self.socket.exists, "the supervisor did not come up")

    def enrol(self, url: str, code: str) -> None:
        """Pair with the tracker, as its page says."""
        done = self.wipe(
            "station", "enrol", url, "--code", code, "--state", str(self.agent), "--socket", str(self.socket)
        )
        assert done.returncode == 0, done.stderr

    def run(self) -> None:
        """The part that talks to the tracker."""
        self.start("run", "--state", str(self.agent))

    def public_key(self) -> Path:
        """What an auditor is given."""
        done = self.wipe("station", "key", "--public", "--state", str(self.state))
        assert done.returncode == 0, done.stderr
        path = self.state.parent / "station.pem"
        path.write_text(done.stdout, encoding="ascii")
        return path


@contextmanager
def bench(folder: Path, *, virtual: Path | None = None) -> Iterator[Bench]:
    """A bench whose processes end with the test."""
    made = Bench(folder, virtual=virtual)
    try:
        yield made
    finally:
        for process in reversed(made.processes):
            process.terminate()
        for process in made.processes:
            process.wait(timeout=30)
        made.log.close()


@pytest.fixture
def pictures() -> Path | None:
    """Where pictures are kept, if CARETAKER_PICTURES names a folder."""
    named = os.environ.get("CARETAKER_PICTURES")
    if not named:
        return None
    folder = Path(named)
    folder.mkdir(parents=True, exist_ok=True)
    return folder
