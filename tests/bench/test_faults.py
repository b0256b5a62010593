"""Drives with bad and slow places: what is left unwritten is exactly what cannot be written, and the record says so."""

from typing import Any

import pytest

from tests.bench.drives import Bays
from tests.bench.machine import MIB, STATION, Machine
from tests.bench.test_wipe import EVIDENCE, erase, record

pytestmark = pytest.mark.bench

SIZE = 32 * MIB
LAST = SIZE // 512 - 1
BAD = [0, 1, 4097, 20_000, LAST]  # the first block, two neighbours, the middle of a request, the last block


def blocks(ranges: list[dict[str, Any]]) -> list[int]:
    return [block for one in ranges for block in range(one["start_lba"], one["start_lba"] + one["blocks"])]


@pytest.mark.parametrize("transport", ["nvme", "scsi", "usb"])
def test_blocks_that_take_no_write_are_named_and_all_others_are_written(
    machine: Machine, bays: Bays, transport: str
) -> None:
    drive = bays.make(transport)
    bays.plug(drive, BAD, failing="write")
    status, found = erase(machine, drive, "--method", "zero")
    assert (status, found["outcome"]) == (5, "FAILED")
    (done,) = found["passes"]
    assert blocks(done["unwritten"]) == BAD
    assert done["bytes_written"] == SIZE - len(BAD) * 512
    assert drive.left() == BAD  # read on the medium: no good block beside a bad one holds a marker
    assert blocks(found["verification"]["mismatched"]) == BAD
    assert found["plan"]["limits"] == {"block_tries": 3, "region_seconds": 60, "drive_seconds": 3600}


@pytest.mark.parametrize("transport", ["nvme", "scsi"])
def test_blocks_that_cannot_be_read_back_are_named(machine: Machine, bays: Bays, transport: str) -> None:
    drive = bays.make(transport)
    bays.plug(drive, BAD, failing="read")
    status, found = erase(machine, drive)
    assert (status, found["outcome"]) == (5, "FAILED")
    assert blocks(found["verification"]["unreadable"]) == BAD
    assert found["verification"]["mismatched"] == []
    assert found["verification"]["bytes_read"] == SIZE - len(BAD) * 512
    assert drive.left() == []


def test_a_drive_that_writes_nothing_has_failed_and_holds_everything(machine: Machine, bays: Bays) -> None:
    drive = bays.make("nvme", MIB // 4)
    bays.plug(drive, range(MIB // 4 // 512), failing="write")
    status, found = erase(machine, drive)
    assert (status, found["outcome"]) == (5, "FAILED")
    assert found["passes"][0]["bytes_written"] == 0
    assert len(drive.left()) == MIB // 4 // 512


def test_bad_and_slow_regions_of_device_mapper(machine: Machine) -> None:
    """A loop device over a map of good, dead and sluggish regions, as the kernel itself makes them."""
    size = 256 * MIB
    sectors = size // 512
    table = (
        "0 200000 linear /dev/loop6 0\n"
        "200000 3 error\n"
        "200003 99997 linear /dev/loop6 200003\n"
        "300000 8192 delay /dev/loop6 300000 0 /dev/loop6 300000 4000\n"
        f"308192 {sectors - 308192} linear /dev/loop6 308192\n"
    )
    machine.sh(f"truncate -s {size} /run/below; losetup --direct-io=off /dev/loop6 /run/below")
    machine.run("dmsetup", "create", "faulty", input=table)
    machine.sh("losetup --direct-io=on /dev/loop5 /dev/mapper/faulty")
    try:
        machine.sh(f"rm -f {EVIDENCE}")
        done = machine.wipe(
            *("erase", "/dev/loop5", "--method", "zero", "--confirm", "loop5", "--attest", "made by the test"),
            *("--evidence", EVIDENCE, "--state", STATION),
        )
        assert done.status == 5, done
        found = record(machine, EVIDENCE)
    finally:
        machine.sh("losetup -d /dev/loop5; dmsetup remove faulty; losetup -d /dev/loop6; rm /run/below")
    (pass_,) = found["passes"]
    assert blocks(pass_["unwritten"]) == [200000, 200001, 200002]
    # That nothing else is named is shown with a clock of the test's own (tests/wipe): here, the host may stall.
    assert set(blocks(pass_["slow"])) & set(range(300000, 308192))
    assert found["outcome"] == "FAILED"
