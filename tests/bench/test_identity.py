"""Who a drive is, read by us and by tools that are not ours, on real drivers."""

import json
from typing import Any

import pytest

from tests.bench.drives import Bays, VirtualDrive
from tests.bench.machine import MIB, STATION, Machine
from tests.bench.test_wipe import EVIDENCE, record

pytestmark = pytest.mark.bench


def listed(machine: Machine, device: str) -> dict[str, Any]:
    done = machine.wipe("list", "--json", "--no-health")
    assert done.status == 0, done.errors
    (found,) = (one for one in done.json() if one["identity"]["device"] == device)
    return dict(found)


def lsblk(machine: Machine, device: str) -> dict[str, Any]:
    columns = "NAME,SERIAL,WWN,MODEL,SIZE,ROTA,TRAN,LOG-SEC,PHY-SEC,RO"
    (found,) = json.loads(machine.sh(f"lsblk --json --bytes --nodeps -o {columns} {device}"))["blockdevices"]
    return dict(found)


def agrees(machine: Machine, device: str, transport: str) -> dict[str, Any]:
    """Compare all that both tell; what we found."""
    ours, theirs = listed(machine, device), lsblk(machine, device)
    who, shape = ours["identity"], ours["geometry"]
    assert who["serial"] == theirs["serial"]
    assert who["model"].strip() == theirs["model"].strip()
    assert (who["wwn"] or "") == (theirs["wwn"] or "")
    assert who["transport"] == transport
    assert shape["capacity_bytes"] == theirs["size"]
    assert shape["logical_block_size"] == theirs["log-sec"]
    assert shape["physical_block_size"] == theirs["phy-sec"]
    assert shape["rotational"] == theirs["rota"]
    assert shape["read_only"] == theirs["ro"]
    assert who["bay"]
    return ours


@pytest.mark.parametrize("transport", ["nvme", "scsi", "usb"])
def test_a_drive_that_was_plugged_in_is_who_other_tools_say(machine: Machine, bays: Bays, transport: str) -> None:
    drive = bays.make(transport, 48 * MIB)
    device = bays.plug(drive)
    ours = agrees(machine, device, transport)
    assert ours["identity"]["serial"] == drive.serial
    assert ours["geometry"]["capacity_bytes"] == 48 * MIB
    assert ours["refusals"] == []


def test_hard_disk_and_ssd_on_sata_are_told_apart(
    machine: Machine, sata_hdd: VirtualDrive, sata_ssd: VirtualDrive
) -> None:
    assert agrees(machine, sata_hdd.device, "sata")["identity"]["kind"] == "hdd"
    assert agrees(machine, sata_ssd.device, "sata")["identity"]["kind"] == "ssd"


def test_smartctl_reads_the_same_serial_and_firmware_and_health(machine: Machine, sata_hdd: VirtualDrive) -> None:
    done = machine.run("smartctl", "-i", "-H", "-j", sata_hdd.device)
    theirs = json.loads(done.output)
    done = machine.wipe("list", "--json")
    assert done.status == 0, done.errors
    (ours,) = (one for one in done.json() if one["identity"]["device"] == sata_hdd.device)
    assert ours["identity"]["serial"] == theirs["serial_number"]
    assert ours["identity"]["firmware"] == theirs["firmware_version"]
    assert ours["geometry"]["capacity_bytes"] == theirs["user_capacity"]["bytes"]
    assert (ours["health"]["passed"] == "yes") == theirs["smart_status"]["passed"]


def test_two_drives_with_one_serial_are_both_shown_and_both_refused(machine: Machine, bays: Bays) -> None:
    one, other = bays.make("scsi", serial="TWIN0001"), bays.make("usb", serial="TWIN0001")
    bays.plug(one)
    bays.plug(other)
    for mine, twin in ((one, other), (other, one)):
        (refusal,) = listed(machine, mine.device)["refusals"]
        assert refusal["code"] == "duplicate-serial"
        assert twin.device in refusal["message"]
        done = machine.wipe("erase", mine.device, "--confirm", "0001", "--evidence", "/run/twin.jws")
        assert done.status == 4, done
        assert twin.device in done.errors
        assert len(mine.left()) == 32 * MIB // 512


def test_a_drive_that_was_pulled_is_no_longer_listed(machine: Machine, bays: Bays) -> None:
    drive = bays.make("usb")
    device = bays.plug(drive)
    bays.pull(drive)
    done = machine.wipe("list", "--json", "--no-health")
    assert device not in [one["identity"]["device"] for one in done.json()]


def test_bay_3_stays_bay_3_whatever_is_plugged_in_there(machine: Machine, bays: Bays) -> None:
    one, other = bays.make("scsi"), bays.make("scsi")
    bays.plug(one, bay=3)
    place = listed(machine, one.device)["identity"]["bay"]
    text = f"[[bays]]\npath = '{place}'\nname = 'bay 3'\nhint = 'green light'\n"
    machine.sh("mkdir -p /run/named")
    machine.run("tee", "/run/named/bays.toml", input=text)

    def bay(drive: VirtualDrive) -> Any:
        done = machine.wipe("list", "--json", "--no-health", "--state", "/run/named")
        assert done.status == 0, done.errors
        (found,) = (one for one in done.json() if one["identity"]["device"] == drive.device)
        return found.get("bay") and found["bay"]["name"]

    assert bay(one) == "bay 3"
    first = one.device
    bays.pull(one)
    bays.plug(one, bay=1)  # the same drive elsewhere
    bays.plug(other, bay=3)  # another drive there, under another name
    assert other.device != first
    assert (bay(one), bay(other)) == (None, "bay 3")
    shown = machine.wipe("bays", "--state", "/run/named").output
    assert f"bay 3 (green light)\n  path {place}\n  {other.device}, serial {other.serial}" in shown
    assert machine.wipe("bays", "--write", "--state", "/run/named").status == 3
    assert machine.wipe("bays", "--write", "--state", "/run/named2").status == 0
    assert machine.wipe("bays", "--json", "--state", "/run/named2").json()["bays"]


@pytest.mark.parametrize("transport", ["nvme", "scsi", "usb"])
def test_a_drive_is_asked_who_it_is_in_the_middle_and_at_the_end_of_every_pass(
    machine: Machine, bays: Bays, transport: str
) -> None:
    drive = bays.make(transport)
    bays.plug(drive)
    machine.sh(f"rm -f {EVIDENCE}")
    done = machine.wipe(
        *("erase", drive.device, "--confirm", drive.serial[-4:], "--evidence", EVIDENCE, "--state", STATION),
        *("--method", "pattern-complement"),
    )
    assert done.status in (0, 8), done
    found = record(machine, EVIDENCE)
    asked = [(one["phase"], one["pass_number"]) for one in found["readings"]]
    assert {("overwrite", 1), ("overwrite", 2), ("verify", 2)} <= set(asked)
    assert {one["held"] for one in found["readings"]} == {"yes"}
    assert found["identity_held"] == "yes"
