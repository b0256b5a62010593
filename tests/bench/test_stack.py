"""The whole of it in one machine: tracker, station and eraser, and a drive that is pulled in the middle."""

import json
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest

from tests.bench.drives import Bays
from tests.bench.guest import STATE
from tests.bench.machine import MIB, Machine, Running

pytestmark = pytest.mark.bench

SIZE = 64 * MIB
SLOW = 3 * MIB
URL = "http://127.0.0.1:5000"
SOCKET = "/run/supervisor.sock"


class Stack:
    """The processes of tracker and station in the machine."""

    def __init__(self, machine: Machine) -> None:
        self.machine = machine
        self.tracker = machine.start(sys.executable, "-P", "-m", "tests.bench.stack", f"{STATE}/tracker")
        self.code = self.told("code")["code"]
        self.supervisor = machine.start_wipe(
            *("station", "supervise", "--state", f"{STATE}/supervisor", "--socket", SOCKET)
        )
        self.supervisor.wait_line(lambda line: "listens" in line)

    def enrol(self) -> None:
        """Pair the station."""
        done = self.machine.wipe("station", "enrol", URL, "--code", self.code, *self._agent)
        assert done.status == 0, done.errors

    def run_agent(self) -> Running:
        """Start the part that talks to the tracker."""
        return self.machine.start_wipe("station", "run", *self._agent)

    _agent = ("--state", f"{STATE}/agent", "--socket", SOCKET)

    def order(self, serial: str) -> None:
        """Order a wipe, as a person does."""
        self.machine.run("sh", "-c", f"echo {serial} > {STATE}/tracker/orders")

    def told(self, name: str, value: object = None, *, seconds: float = 300) -> dict[str, Any]:
        """The next line of the tracker in which a member is there, or has this value."""

        def fits(line: str) -> bool:
            found = json.loads(line)
            return name in found and (value is None or found[name] == value)

        line = self.tracker.wait_line(fits, seconds)
        found: dict[str, Any] = json.loads(line)
        return found


@contextmanager
def stack(machine: Machine) -> Iterator[Stack]:
    """Everything, ended afterwards."""
    made = Stack(machine)
    try:
        yield made
    finally:
        if machine.is_on:
            machine.run("pkill", "-9", "-f", "tests.bench.stack|wipe.main erase")
            machine.run("sh", "-c", f"kill -9 {made.supervisor.pid}; rm -rf {STATE}/supervisor {STATE}/agent")


def test_a_drive_that_is_pulled_and_power_that_is_cut_and_still_its_evidence_arrives_once(
    machine: Machine, bays: Bays
) -> None:
    drive, decoy = bays.make("scsi", SIZE), bays.make("scsi", MIB)
    first = bays.plug(drive, bytes_per_second=SLOW)
    machine.sh(f"rm -rf {STATE}/tracker")
    with stack(machine) as made:
        made.enrol()
        made.run_agent()
        made.order(drive.serial)
        made.told("state", "running")
        machine.run("sh", "-c", f"until grep -q '\"reached\"' {STATE}/supervisor/journal/*.json; do sleep 0.2; done")
        bays.pull(drive)
        waiting = made.tracker.wait_line(lambda line: "Plug it in again" in line)
        assert json.loads(waiting)["state"] == "running"
        bays.plug(decoy)
        assert bays.plug(drive, bay=1, bytes_per_second=SLOW) != first
        made.tracker.lines.clear()
        machine.run("sh", "-c", f"until grep -l . {STATE}/supervisor/jobs/*/attempts; do sleep 0.2; done")
        machine.run("sh", "-c", "until pgrep -f 'wipe.main erase'; do sleep 0.2; done; sleep 6")
        machine.cut()
    bays.power_was_cut()
    assert drive.left()
    machine.boot()
    bays.plug(drive)
    with stack(machine) as made:
        made.run_agent()
        ended = made.told("state", "ended")
        assert (ended["outcome"], ended["evidence"]) == ("SANITISED_CLEAR", "accepted")
        assert ended["medium"] == "sanitised"
    assert drive.left() == []
