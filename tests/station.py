"""A real station for tests: supervisor and agent, each a process, in a folder of their own."""

import json
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

Process = subprocess.Popen[bytes]
DEADLINE = 180.0  # seconds until a wait fails; nothing is measured by it


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
        self.processes: list[Process] = []
        self.virtual = ["--virtual-dir", str(virtual)] if virtual else []

    def wipe(self, *words: str) -> subprocess.CompletedProcess[str]:
        """Run one `wipe` command to its end."""
        command = [sys.executable, "-m", "wipe.main", *words]
        return subprocess.run(command, capture_output=True, text=True, check=False, timeout=60)

    def start(self, *words: str) -> Process:
        """Start one of the station's processes."""
        command = [sys.executable, "-m", "wipe.main", "station", *words, "--socket", str(self.socket)]
        process = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=self.log, stderr=self.log)
        self.processes.append(process)
        return process

    def supervise(self) -> Process:
        """The part that may touch drives."""
        process = self.start("supervise", "--state", str(self.state), *self.virtual)
        wait_until(lambda: self.status()["supervisor"]["reachable"], "the supervisor did not come up")
        return process

    def status(self) -> dict[str, Any]:
        """What `wipe station status` says."""
        done = self.wipe("station", "status", "--json", "--state", str(self.agent), "--socket", str(self.socket))
        found: dict[str, Any] = json.loads(done.stdout)
        return found

    def enrol(self, url: str, code: str) -> None:
        """Pair with the tracker, as its page says."""
        done = self.wipe(
            "station", "enrol", url, "--code", code, "--state", str(self.agent), "--socket", str(self.socket)
        )
        assert done.returncode == 0, done.stderr

    def run(self) -> Process:
        """The part that talks to the tracker."""
        return self.start("run", "--state", str(self.agent))

    def log_says(self, words: str) -> bool:
        """Whether a process printed this."""
        return words.encode() in Path(self.log.name).read_bytes()

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
