"""What a drive says of its health, on real drivers and through the real smartctl: temperature, self-tests, errors."""

import json
from typing import Any

import pytest

from tests.bench.drives import Bays, VirtualDrive
from tests.bench.machine import MIB, STATION, Machine
from tests.bench.test_identity import listed
from tests.bench.test_wipe import EVIDENCE, record

pytestmark = pytest.mark.bench


def health(machine: Machine, device: str) -> dict[str, Any]:
    done = machine.wipe("list", "--json")
    assert done.status == 0, done.errors
    (found,) = (one["health"] for one in done.json() if one["identity"]["device"] == device)
    return dict(found)


def test_the_drives_own_limit_is_known(machine: Machine, bays: Bays) -> None:
    """QEMU's NVMe drive warns from 343 kelvin on; smartctl 7.3 does not say so, but the kernel does."""
    drive = bays.make("nvme")
    found = health(machine, bays.plug(drive))
    assert (found["temperature_c"], found["limit_c"], found["device_type"]) == (50, 70, "nvme")
    bays.warm(drive, True)
    assert health(machine, drive.device)["too_warm"]


def test_a_wipe_stands_still_while_the_drive_is_too_warm_and_goes_on_when_it_has_cooled(
    machine: Machine, bays: Bays
) -> None:
    drive = bays.make("nvme", 64 * MIB)
    bays.plug(drive, bytes_per_second=MIB)
    machine.sh(f"rm -f {EVIDENCE}")
    running = machine.start_wipe(
        *("erase", drive.device, "--confirm", drive.serial[-4:], "--evidence", EVIDENCE, "--state", STATION),
        *("--method", "zero", "--verify", "sample", "--json"),
    )
    running.wait_line(lambda line: "bytes_done" in line)
    bays.warm(drive, True)
    line = json.loads(running.wait_line(lambda line: '"holding": true' in line))["progress"]
    assert (line["temperature_c"], line["rate_bytes_per_s"]) == (50, 0)
    assert 0 < line["bytes_done"] < 64 * MIB
    bays.warm(drive, False)
    bays.let_run(drive)
    done = running.wait()
    assert done.status == 0, done
    found = record(machine, EVIDENCE)
    (hold,) = found["holds"]
    assert (hold["temperature_c"], hold["ended_c"], hold["limit_c"], hold["own_limit"]) == (50, 50, 70, True)
    assert found["started"] < hold["started"] < hold["ended"] < found["ended"]
    assert hold["bytes_done"] == line["bytes_done"]
    assert found["outcome"] == "SANITISED_CLEAR"
    assert drive.left() == []


def test_a_sata_drive_tests_itself(machine: Machine, sata_hdd: VirtualDrive) -> None:
    for words, kind in (((), "Short offline"), (("--long",), "Extended offline")):
        done = machine.wipe("selftest", sata_hdd.device, "--json", *words)
        assert done.status == 0, done
        result = json.loads(done.output.splitlines()[-1])["result"]
        assert (result["passed"], result["kind"]) == ("yes", kind)


def test_a_test_that_smartctl_accepts_and_the_drive_never_begins_is_not_passed(machine: Machine, bays: Bays) -> None:
    drive = bays.make("nvme")
    bays.plug(drive)
    done = machine.wipe("selftest", drive.device)
    assert done.status == 6, done
    assert "was not tested" in done.errors


def test_a_drive_on_which_every_read_fails_has_a_row(machine: Machine, bays: Bays) -> None:
    for transport in ("scsi", "nvme"):
        drive = bays.make(transport)
        device = bays.plug(drive, [-1])  # QEMU's word for every block
        assert machine.run("dd", f"if={device}", "of=/dev/null", "count=1", "iflag=direct").status != 0
        assert listed(machine, device)["identity"]["serial"] == drive.serial


def test_health_before_and_after_stand_in_the_evidence(machine: Machine, sata_ssd: VirtualDrive) -> None:
    machine.sh(f"rm -f {EVIDENCE}")
    done = machine.wipe(
        *("erase", sata_ssd.device, "--confirm", sata_ssd.serial[-4:], "--evidence", EVIDENCE, "--state", STATION),
        *("--method", "zero"),
    )
    assert done.status == 8, done
    found = record(machine, EVIDENCE)
    for name in ("health_before", "health_after"):
        told = found[name]
        assert (told["passed"], told["device_type"], told["temperature_c"]) == ("yes", "sat", 31)
        assert told["reallocated"] == 0
    assert {one["held"] for one in found["readings"]} == {"yes"}
    assert {one["temperature_c"] for one in found["readings"]} == {31}
