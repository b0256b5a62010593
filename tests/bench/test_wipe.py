"""The real command on real drivers: what it claims, what it leaves as evidence, and what is left on the medium."""

from typing import Any

import pytest

from tests.bench.drives import Bays, VirtualDrive
from tests.bench.machine import MIB, STATION, Machine
from wipe.plan import STANDARDS

pytestmark = pytest.mark.bench

EVIDENCE = "/run/evidence.jws"
# NVMe and SCSI have no areas hidden as on ATA. The SATA drive was not asked for them, and a USB bridge hides what is
# behind it.
CLAIMS = {
    "nvme": (0, "SANITISED_CLEAR"),
    "scsi": (0, "SANITISED_CLEAR"),
    "sata": (8, "CLEARED_WITH_EXCEPTIONS"),
    "usb": (8, "CLEARED_WITH_EXCEPTIONS"),
}


def erase(machine: Machine, drive: VirtualDrive, *more: str) -> tuple[int, dict[str, Any]]:
    """Wipe a drive; the exit status, and the record as `wipe record check` reads it."""
    machine.sh(f"rm -f {EVIDENCE}")
    done = machine.wipe(
        *("erase", drive.device, "--confirm", drive.serial[-4:], "--evidence", EVIDENCE, "--state", STATION, *more)
    )
    return done.status, record(machine, EVIDENCE, done.errors)


def record(machine: Machine, evidence: str, problem: str = "") -> dict[str, Any]:
    """A record that was checked with the station's public key."""
    key = machine.wipe("station", "key", "--public", "--state", STATION)
    machine.run("tee", "/run/station.pem", input=key.output)
    checked = machine.wipe("record", "check", evidence, "--key", "/run/station.pem", "--json")
    assert checked.status == 0, (problem, checked)
    return dict(checked.json())


@pytest.fixture(params=["nvme", "scsi", "usb", "sata"])
def drive(request: pytest.FixtureRequest, bays: Bays) -> VirtualDrive:
    if request.param == "sata":
        found: VirtualDrive = request.getfixturevalue("sata_hdd")
        return found
    made = bays.make(request.param)
    bays.plug(made)
    return made


def test_a_drive_is_overwritten_read_back_and_recorded(machine: Machine, drive: VirtualDrive) -> None:
    assert len(drive.left()) == 32 * MIB // 512
    status, found = erase(machine, drive)
    assert (status, found["outcome"]) == CLAIMS[drive.transport]
    assert drive.left() == []
    assert found["identity"]["serial"] == drive.serial
    assert found["identity"]["transport"] == drive.transport
    assert found["identity_held"] == "yes"
    assert found["geometry"]["capacity_bytes"] == 32 * MIB
    assert found["plan"]["standards"] == list(STANDARDS)
    assert [one["bytes_written"] for one in found["passes"]] == [32 * MIB] * len(found["passes"])
    assert found["verification"]["kind"] == "full"
    assert found["verification"]["bytes_read"] == 32 * MIB
    assert found["verification"]["mismatched"] == found["verification"]["unreadable"] == []
    assert [step["state"] for step in found["steps"]] == ["done"] * len(found["steps"])
    assert machine.wipe("verify", drive.device, "--evidence", EVIDENCE, "--state", STATION).status == 0


def test_what_changes_on_the_medium_behind_our_back_is_found(machine: Machine, bays: Bays) -> None:
    drive = bays.make("scsi")
    bays.plug(drive)
    assert erase(machine, drive)[0] == 0
    with drive.image.open("r+b") as file:
        file.seek(7 * MIB + 512)
        file.write(b"data that came back")
    machine.sh(f"blockdev --flushbufs {drive.device}")
    done = machine.wipe("verify", drive.device, "--evidence", EVIDENCE, "--state", STATION)
    assert done.status == 6, done
    assert "1 blocks" in done.errors


def test_a_sampled_reading_proves_less_and_says_so(machine: Machine, bays: Bays) -> None:
    drive = bays.make("nvme")
    bays.plug(drive)
    status, found = erase(machine, drive, "--verify", "sample", "--method", "zero")
    assert (status, found["outcome"]) == (0, "SANITISED_CLEAR")
    assert found["verification"]["kind"] == "sample"
    assert found["verification"]["sample"]["sections"] >= 1000
    assert 0.1 <= found["verification"]["bytes_read"] / (32 * MIB) < 0.2
    assert not any(drive.image.read_bytes())
