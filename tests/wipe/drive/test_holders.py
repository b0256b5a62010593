"""Holders on real devices that are not in plain sight: a partition, another mount namespace, a file system of its own.

Device-mapper, RAID and encryption need kernels that have them: they are judged on the tree in test_guard.py, and tried
in the bench of virtual machines.
"""

import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from tests.station import wait_until
from tests.wipe.conftest import Attach
from wipe.drive import discover, guard, holders
from wipe.errors import Refused
from wipe.vocabulary import RefusalCode

pytestmark = pytest.mark.loop
SIZE = 128 << 20


def run(*words: str) -> None:
    subprocess.run(words, check=True, capture_output=True)


def refused(device: str) -> list[str]:
    """Why it may not be opened; nothing at all when it may."""
    try:
        with guard.open_exclusive(discover.find(device), attested=True):
            return []
    except Refused as error:
        return [refusal.code for refusal in error.refusals]


@contextmanager
def mounted(device: str, place: Path) -> Iterator[None]:
    place.mkdir()
    run("mount", device, str(place))
    try:
        yield
    finally:
        run("umount", str(place))


def test_a_mounted_partition_makes_the_whole_drive_refused_and_says_which(attach: Attach, tmp_path: Path) -> None:
    device = attach(SIZE)
    subprocess.run(["sfdisk", "--quiet", device], input=b"label: dos\n,32MiB\n,\n", check=True, capture_output=True)
    run("partx", "--add", device)  # told to the kernel, whatever tables it reads by itself
    part = f"{device}p2"
    wait_until(Path(part).exists, "the partition did not appear")
    assert refused(device) == []  # an old partition table alone is no use
    run("mkfs.ext4", "-q", part)
    place = tmp_path / "place"
    with mounted(part, place):
        assert RefusalCode.MOUNTED in refused(device)
        drawn = holders.draw(discover.find(device).holders)
        assert drawn == [f"{part} is in use", f"  {part} is mounted at {place}"]
        with pytest.raises(Refused, match="partition"):
            discover.find(part)
    assert refused(device) == []
    run("partx", "--delete", device)


def test_a_mount_in_another_namespace_is_seen(attach: Attach, tmp_path: Path) -> None:
    device = attach(SIZE)
    run("mkfs.ext4", "-q", device)
    place = tmp_path / "inside"
    place.mkdir()
    command = ["unshare", "--mount", "sh", "-c", f"mount {device} {place} && echo ready && exec cat"]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as inside:
        assert inside.stdout is not None
        assert inside.stdout.readline() == b"ready\n"
        assert not place.is_mount()  # nothing of it shows here
        assert RefusalCode.MOUNTED in refused(device)
        assert inside.stdin is not None
        inside.stdin.close()
        inside.wait()
    wait_until(lambda: refused(device) == [], "the device stayed refused")


def test_a_file_system_with_a_device_number_of_its_own_is_seen(attach: Attach, tmp_path: Path) -> None:
    """btrfs: the mount table gives an anonymous number, and the source names one device of perhaps many."""
    device = attach(SIZE)
    run("mkfs.btrfs", "-q", "-f", device)
    with mounted(device, tmp_path / "place"):
        assert RefusalCode.MOUNTED in refused(device)
    assert refused(device) == []


def test_a_device_below_a_loop_device_is_not_free(attach: Attach) -> None:
    device = attach(SIZE)
    done = subprocess.run(["losetup", "--find", "--show", device], check=True, capture_output=True, text=True)
    above = done.stdout.strip()
    try:
        assert refused(device) == [RefusalCode.HELD]
    finally:
        run("losetup", "--detach", above)
    wait_until(lambda: refused(device) == [], "the device stayed refused")
