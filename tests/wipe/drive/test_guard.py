"""The guard refuses every drive that is somebody's, and nothing talks it out of that."""

import json
import os
import subprocess
from dataclasses import replace
from pathlib import Path

import pytest

from tests.wipe.conftest import Attach
from wipe.blocks import aligned
from wipe.drive import discover, guard, holders
from wipe.errors import Refused
from wipe.facts import Drive, Holder
from wipe.vocabulary import RefusalCode, Transport


@pytest.fixture
def virtual(tmp_path: Path) -> Path:
    path = tmp_path / "one.img"
    path.write_bytes(b"M" * 8192)
    path.with_name("one.img.identity.json").write_text(json.dumps({"serial": "VD0001", "model": "Test"}))
    return path


def codes(drive: Drive, *, attested: bool = True) -> list[str]:
    return [refusal.code for refusal in guard.refusals(drive, attested=attested)]


def refused_codes(drive: Drive, *, attested: bool = True) -> list[str]:
    with pytest.raises(Refused) as caught, guard.open_exclusive(drive, attested=attested):
        pass
    return [refusal.code for refusal in caught.value.refusals]


def test_a_free_virtual_drive_with_a_serial_may_be_opened_and_written(virtual: Path) -> None:
    drive = discover.find(str(virtual))
    assert codes(drive, attested=False) == []
    with guard.open_exclusive(drive, attested=False) as opened:
        assert opened.pwrite(aligned(4096), 0) == 4096
        opened.flush()
    assert virtual.read_bytes() == bytes(4096) + b"M" * 4096


def test_no_serial_needs_a_person_who_vouches(virtual: Path) -> None:
    virtual.with_name("one.img.identity.json").unlink()
    drive = discover.find(str(virtual))
    assert refused_codes(drive, attested=False) == [RefusalCode.NO_SERIAL]
    assert codes(drive, attested=True) == []


@pytest.mark.parametrize(
    ("kind", "code"),
    [("system", "system-disk"), ("mount", "mounted"), ("swap", "swap"), ("lvm", "held"), ("md", "held")],
)
def test_every_holder_refuses_however_deep(virtual: Path, kind: str, code: str) -> None:
    deep = Holder("partition", "/dev/x1", "in use", (Holder("dm", "/dev/dm-0", "mapped", (Holder(kind, "d", "t"),)),))
    drive = replace(discover.find(str(virtual)), holders=(deep,))
    assert codes(drive) == ["held", code]
    assert refused_codes(drive) == ["held", code]
    assert virtual.read_bytes() == b"M" * 8192


@pytest.mark.parametrize("size", [0, 8191])
def test_a_size_of_nothing_or_of_half_a_block_is_refused(virtual: Path, size: int) -> None:
    os.truncate(virtual, size)
    assert refused_codes(discover.find(str(virtual))) == [RefusalCode.NO_CAPACITY]


@pytest.mark.parametrize("change", [{"serial": "VD0002"}, {"model": "Other"}, {}])
def test_a_drive_swapped_since_it_was_looked_at_is_refused(virtual: Path, change: dict[str, str]) -> None:
    drive = discover.find(str(virtual))
    virtual.with_name("one.img.identity.json").write_text(json.dumps(change and {"serial": "VD0001", **change}))
    assert refused_codes(drive) == [RefusalCode.IDENTITY_CHANGED]


def test_a_drive_that_changed_its_size_is_refused(virtual: Path) -> None:
    drive = discover.find(str(virtual))
    os.truncate(virtual, 4096)
    assert refused_codes(drive) == [RefusalCode.IDENTITY_CHANGED]


def test_a_drive_in_another_erasers_hands_is_refused(virtual: Path) -> None:
    drive = discover.find(str(virtual))
    with guard.open_exclusive(drive, attested=False):
        assert refused_codes(drive) == [RefusalCode.IN_USE]


def test_links_folders_and_other_things_are_no_drives(virtual: Path, tmp_path: Path) -> None:
    (tmp_path / "link.img").symlink_to(virtual)
    os.mkfifo(tmp_path / "pipe")
    for path in (tmp_path / "link.img", tmp_path, tmp_path / "pipe", tmp_path / "nothing", Path("/dev/null")):
        with pytest.raises(Refused) as caught:
            discover.find(str(path))
        assert caught.value.refusals[0].code == RefusalCode.NOT_A_DRIVE
    os.link(virtual, tmp_path / "second")
    with pytest.raises(Refused, match="2 names"):
        discover.find(str(virtual))


@pytest.mark.loop
def test_a_loop_device_is_found_opened_alone_and_read_past_the_cache(attach: Attach) -> None:
    device = attach()
    drive = discover.find(device)
    assert drive.identity.transport is Transport.LOOP
    assert drive.geometry.capacity_bytes == 8 << 20
    with guard.open_exclusive(drive, attested=True) as opened:
        assert refused_codes(drive) == [RefusalCode.IN_USE]
        assert opened.pwrite(aligned(1 << 20), 0) == 1 << 20
        opened.flush()
    with guard.open_fresh(drive) as opened:
        buffer = aligned(2 << 20)
        assert opened.pread(buffer, 0) == 2 << 20
        assert bytes(buffer[: 1 << 20]) == bytes(1 << 20)
        assert bytes(buffer[1 << 20 :]) == b"SECRET-MARKER---" * (1 << 16)
    with pytest.raises(OSError, match="Bad file descriptor"):
        os.fstat(opened.descriptor)


@pytest.mark.loop
def test_udev_that_looks_at_a_drive_for_a_moment_is_waited_for(attach: Attach) -> None:
    """It holds a shared lock meanwhile; a reading back must not be given up for that."""
    drive = discover.find(attach())
    command = ["flock", "--shared", drive.identity.device, "-c", "echo held; sleep 1"]
    with subprocess.Popen(command, stdout=subprocess.PIPE) as looker:
        assert looker.stdout is not None
        assert looker.stdout.readline() == b"held\n"
        with guard.open_fresh(drive) as opened:
            assert opened.geometry.capacity_bytes == 8 << 20


@pytest.mark.loop
def test_a_read_only_device_is_refused(attach: Attach) -> None:
    assert refused_codes(discover.find(attach(8 << 20, "--read-only"))) == [RefusalCode.READ_ONLY]


@pytest.mark.loop
def test_the_file_behind_a_loop_device_is_refused(attach: Attach, tmp_path: Path) -> None:
    attach()
    assert refused_codes(discover.find(str(tmp_path / "drive-0.raw"))) == [RefusalCode.HELD]


@pytest.mark.loop
def test_swap_is_refused(attach: Attach) -> None:
    device = attach()
    subprocess.run(["mkswap", device], check=True, capture_output=True)
    subprocess.run(["swapon", device], check=True)
    try:
        assert RefusalCode.SWAP in refused_codes(discover.find(device))
    finally:
        subprocess.run(["swapoff", device], check=True)


@pytest.mark.loop
def test_a_mounted_device_is_refused_and_named(attach: Attach, tmp_path: Path) -> None:
    device = attach(32 << 20)
    subprocess.run(["mkfs.ext4", "-q", device], check=True)
    place = tmp_path / "place with space"
    place.mkdir()
    subprocess.run(["mount", device, str(place)], check=True)
    try:
        drive = discover.find(device)
        assert RefusalCode.MOUNTED in refused_codes(drive)
        assert holders.draw(drive.holders) == [f"{device} is mounted at {place}"]
    finally:
        subprocess.run(["umount", str(place)], check=True)
    assert codes(discover.find(device)) == []


def test_the_drive_that_runs_this_machine_is_refused() -> None:
    """Looks only: nothing is opened. Where / lies on no drive of its own (a container), no drive may claim it."""
    number = os.stat("/").st_dev
    on_a_drive = (holders.SYS / "dev" / "block" / f"{os.major(number)}:{os.minor(number)}").exists()
    refused = [RefusalCode.SYSTEM_DISK in codes(drive) for drive in discover.list_drives(with_health=False)]
    assert any(refused) == on_a_drive
