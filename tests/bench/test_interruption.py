"""Runs that are cut off: what is remembered, what goes on, and what may not."""

import signal
from typing import Any

import pytest

from tests.bench.drives import Bays, VirtualDrive
from tests.bench.machine import MIB, STATION, Machine, Running
from tests.bench.test_wipe import EVIDENCE, erase, record

pytestmark = pytest.mark.bench

SIZE = 64 * MIB
SLOW = 3 * MIB  # bytes a second that the drive takes, so that there is a middle to interrupt


@pytest.fixture(autouse=True)
def _nothing_left(machine: Machine) -> None:
    """Runs of other tests are forgotten."""
    machine.sh(f"rm -rf {STATION}/journal {EVIDENCE}*")


def start(machine: Machine, drive: VirtualDrive, evidence: str = EVIDENCE) -> Running:
    """Start a wipe, and wait until some of it is on the medium and noted in the journal."""
    machine.sh(f"rm -f {evidence}")
    running = machine.start_wipe(
        *("erase", drive.device, "--confirm", drive.serial[-4:], "--evidence", evidence, "--state", STATION, "--json")
    )
    running.wait_line(lambda line: '"started"' in line)
    machine.run("sh", "-c", f"until grep -q '\"reached\"' {STATION}/journal/*.json; do sleep 0.2; done")
    return running


def journal(machine: Machine) -> list[str]:
    return machine.sh(f"ls {STATION}/journal").split()


def went_on(found: dict[str, Any], cause: str) -> dict[str, Any]:
    """The one interruption of a record, from which the run went on."""
    (told,) = found["interruptions"]
    assert told["cause"] == cause
    assert told["pass_number"] == 1
    assert 0 < told["offset"] < SIZE
    assert "why_anew" not in told
    return dict(told)


def finished(machine: Machine, drive: VirtualDrive) -> None:
    """The medium holds no marker, and its evidence verifies, which takes the key of the stream."""
    assert drive.left() == []
    assert machine.wipe("verify", drive.device, "--evidence", EVIDENCE, "--state", STATION).status == 0
    assert journal(machine) == []


def test_an_eraser_that_was_killed_leaves_its_place_and_the_next_goes_on_there(machine: Machine, bays: Bays) -> None:
    drive = bays.make("scsi", SIZE)
    bays.plug(drive, bytes_per_second=SLOW)
    running = start(machine, drive)
    running.signal(signal.SIGKILL)
    assert running.wait().status == -signal.SIGKILL
    assert drive.left()
    bays.let_run(drive)
    status, found = erase(machine, drive)
    assert (status, found["outcome"]) == (0, "SANITISED_CLEAR")
    went_on(found, "cut-off")
    assert found["passes"][0]["bytes_written"] == SIZE
    finished(machine, drive)


@pytest.mark.parametrize("transport", ["scsi", "usb", "nvme"])
def test_a_drive_that_is_pulled_is_not_at_its_end_and_goes_on_in_another_bay(
    machine: Machine, bays: Bays, transport: str
) -> None:
    drive, other = bays.make(transport, SIZE), bays.make("scsi", MIB)
    first = bays.plug(drive, bytes_per_second=SLOW)
    running = start(machine, drive)
    bays.pull(drive)
    assert running.wait().status == 7
    found = record(machine, EVIDENCE)
    assert (found["outcome"], found["ending"]) == ("INTERRUPTED", "gone")
    assert found["passes"][0]["bytes_written"] < SIZE
    assert drive.left()
    bays.plug(other)  # takes the name that became free
    second = bays.plug(drive, bay=1)
    if transport != "nvme":
        assert second != first
    status, found = erase(machine, drive)
    assert found["outcome"] in ("SANITISED_CLEAR", "CLEARED_WITH_EXCEPTIONS"), found["reasons"]
    told = went_on(found, "drive-left")
    assert (told["device"], found["identity"]["device"]) == (second, first)
    finished(machine, drive)


def test_a_drive_that_was_used_since_is_begun_anew(machine: Machine, bays: Bays) -> None:
    drive = bays.make("nvme", SIZE)
    bays.plug(drive, bytes_per_second=SLOW)
    running = start(machine, drive)
    running.signal(signal.SIGKILL)
    running.wait()
    bays.let_run(drive)
    machine.sh(f"mkswap -q {drive.device}")
    status, found = erase(machine, drive)
    assert (status, found["outcome"]) == (0, "SANITISED_CLEAR")
    (told,) = found["interruptions"]
    assert told["why_anew"] == "The drive does not hold any more what that run wrote."
    assert "offset" not in told
    finished(machine, drive)


def test_another_method_begins_anew(machine: Machine, bays: Bays) -> None:
    drive = bays.make("nvme", SIZE)
    bays.plug(drive, bytes_per_second=SLOW)
    running = start(machine, drive)
    running.signal(signal.SIGKILL)
    running.wait()
    bays.let_run(drive)
    _, found = erase(machine, drive, "--method", "zero", "--verify", "sample")
    (told,) = found["interruptions"]
    assert told["why_anew"] == "It was to overwrite the drive in another way."
    assert not any(drive.image.read_bytes())


def test_a_cancelled_run_stops_soon_and_says_how_far_it_was(machine: Machine, bays: Bays) -> None:
    drive = bays.make("scsi", SIZE)
    bays.plug(drive, bytes_per_second=SLOW)
    running = start(machine, drive)
    running.signal(signal.SIGTERM)
    assert running.wait().status == 7
    found = record(machine, EVIDENCE)
    assert (found["outcome"], found["ending"]) == ("INTERRUPTED", "cancelled")
    (done,) = found["passes"]
    assert 0 < done["bytes_written"] < SIZE
    (rest,) = done["unwritten"]
    assert rest["start_lba"] * 512 == done["bytes_written"]
    assert min(drive.left()) == rest["start_lba"]
    assert journal(machine) == []


def test_a_power_cut_in_the_middle_is_gone_on_from_after_the_next_boot(machine: Machine, bays: Bays) -> None:
    drive = bays.make("nvme", SIZE)
    bays.plug(drive, bytes_per_second=SLOW)
    start(machine, drive)
    machine.cut()
    bays.power_was_cut()
    assert drive.left()
    machine.boot()
    bays.plug(drive)
    status, found = erase(machine, drive)
    assert (status, found["outcome"]) == (0, "SANITISED_CLEAR")
    went_on(found, "cut-off")
    finished(machine, drive)
