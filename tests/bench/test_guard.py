"""Every kind of thing that can sit on a drive keeps the eraser away from it, and it says which."""

import shlex
import signal
from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from tests.bench.drives import Bays, VirtualDrive
from tests.bench.machine import MIB, Machine

pytestmark = pytest.mark.bench

MKFS = "mkfs.ext4 -q -E nodiscard,lazy_itable_init=0,lazy_journal_init=0"  # a file system that writes nothing later
OPENED_ALONE = """
import os, sys, time
os.open({device!r}, os.O_RDWR | os.O_EXCL)
print("held", flush=True)
time.sleep(1000)
"""
# As much of a pool's label as blkid looks for: the magic number of its uberblocks.
ZFS_LABEL = """
with open({device!r}, "r+b") as file:
    for label in (0, 256):
        for slot in range(128):
            file.seek((label + 128 + slot) * 1024)
            file.write((0x00BAB10C).to_bytes(8, "little"))
"""
# Mounted where only one process sees it: in a mount namespace of its own, as a container's volume is.
IN_ANOTHER_NAMESPACE = """
import ctypes, os, subprocess, time
libc = ctypes.CDLL(None, use_errno=True)
assert libc.unshare(0x00020000) == 0
subprocess.run(["mount", "--make-rprivate", "/"], check=True)
os.makedirs("/run/inner/bound", exist_ok=True)
subprocess.run(["mount", "-t", "tmpfs", "none", "/run/inner"], check=True)
os.makedirs("/run/inner/disk")
os.makedirs("/run/inner/bound")
subprocess.run(["mount", {device!r}, "/run/inner/disk"], check=True)
subprocess.run(["mount", "--bind", "/run/inner/disk", "/run/inner/bound"], check=True)
subprocess.run(["umount", "/run/inner/disk"], check=True)
print("held", flush=True)
time.sleep(1000)
"""
# A system that runs from the drive: a process whose root it is.
AS_ROOT = """
import ctypes, os, subprocess, time
libc = ctypes.CDLL(None, use_errno=True)
assert libc.unshare(0x00020000) == 0
subprocess.run(["mount", "--make-rprivate", "/"], check=True)
os.makedirs("/run/newroot", exist_ok=True)
subprocess.run(["mount", {device!r}, "/run/newroot"], check=True)
os.makedirs("/run/newroot/old", exist_ok=True)
assert libc.syscall(155, b"/run/newroot", b"/run/newroot/old") == 0, ctypes.get_errno()
os.chdir("/")
print("held", flush=True)
time.sleep(1000)
"""


@contextmanager
def made(machine: Machine, up: str, down: str) -> Iterator[None]:
    """What `up` makes is there while the body runs."""
    machine.sh(up)
    try:
        yield
    finally:
        machine.sh(down)


@contextmanager
def running(machine: Machine, script: str) -> Iterator[None]:
    """A process that holds the drive runs while the body does."""
    process = machine.python(script)
    process.wait_line(lambda line: line == "held")
    try:
        yield
    finally:
        process.signal(signal.SIGKILL)
        process.wait()


def refused(machine: Machine, drive: VirtualDrive, *sentences: str) -> None:
    """`wipe` refuses the drive with these sentences, `list` says them too, and nothing was written."""
    before = drive.left()
    done = machine.wipe("erase", drive.device, "--confirm", drive.serial[-4:], "--evidence", "/run/guard.jws")
    assert done.status == 4, done
    for sentence in sentences:
        assert sentence in done.errors, done.errors
    assert "What to do:" in done.errors
    assert drive.left() == before
    assert machine.run("test", "-e", "/run/guard.jws").status == 1


def part(device: str) -> str:
    """The name of the first partition."""
    return f"{device}p1" if device[-1].isdigit() and "nvme" in device else f"{device}1"


@pytest.fixture(params=["scsi"])
def drive(request: pytest.FixtureRequest, bays: Bays) -> VirtualDrive:
    found = bays.make(request.param)
    bays.plug(found)
    return found


@pytest.mark.parametrize("drive", ["nvme", "usb"], indirect=True)
def test_a_mounted_partition(machine: Machine, drive: VirtualDrive) -> None:
    one = part(drive.device)
    machine.sh(f"echo ,, | sfdisk -q {drive.device}; udevadm settle; {MKFS} {one}; mkdir -p /run/mnt")
    with made(machine, f"mount {one} /run/mnt", "umount /run/mnt"):
        refused(machine, drive, f"{one} is mounted at /run/mnt.")
    listed = machine.wipe("list", "--no-health")
    assert f"{one} is mounted" not in listed.output  # and a partition that nobody uses is no hindrance


def test_a_mount_that_only_another_namespace_sees(machine: Machine, drive: VirtualDrive) -> None:
    machine.sh(f"{MKFS} {drive.device}")
    with running(machine, IN_ANOTHER_NAMESPACE.format(device=drive.device)):
        assert drive.device not in machine.sh("cat /proc/mounts")
        refused(machine, drive, f"{drive.device} is mounted at /run/inner/bound.")


def test_swap(machine: Machine, drive: VirtualDrive) -> None:
    machine.sh(f"mkswap -q {drive.device}")
    with made(machine, f"swapon {drive.device}", f"swapoff {drive.device}"):
        refused(machine, drive, f"{drive.device} is used as swap.")


def test_a_member_of_an_md_array(machine: Machine, drive: VirtualDrive) -> None:
    up = f"mdadm --create /dev/md/bench --quiet --run --force --level=1 --raid-devices=1 --metadata=1.2 {drive.device}"
    up += f"; udevadm settle; {MKFS} /dev/md/bench; mkdir -p /run/mnt; mount /dev/md/bench /run/mnt"
    with made(machine, up, "umount /run/mnt; mdadm --stop --quiet /dev/md/bench"):
        array = machine.sh("readlink -f /dev/md/bench")
        refused(machine, drive, f"{drive.device} is a member of the RAID array {array} that holds /run/mnt.")


def test_a_physical_volume_of_the_group_that_holds_a_system(machine: Machine, drive: VirtualDrive) -> None:
    machine.sh(f"echo ,, | sfdisk -q {drive.device}; udevadm settle")
    one = part(drive.device)
    up = f"vgcreate -q -y school-office {one} >&2; lvcreate -q -y -l 50%FREE -n the-root school-office >&2"
    up += f"; {MKFS} /dev/mapper/school--office-the--root"
    with made(machine, up, "udevadm settle; vgchange -q -an school-office >&2"):
        refused(machine, drive, f"{one} is part of the volume group school-office (logical volume the-root).")
        with running(machine, AS_ROOT.format(device="/dev/mapper/school--office-the--root")):
            refused(
                machine,
                drive,
                f"{one} is part of the volume group school-office that holds /.",
                "is mounted at /.",
                "This drive runs the computer you are at.",
            )


def test_an_opened_encrypted_device(machine: Machine, drive: VirtualDrive) -> None:
    up = "head -c 32 /dev/zero | cryptsetup open --type plain --cipher aes-xts-plain64 --key-size 256 --key-file - "
    up += f"{drive.device} secret"
    with made(machine, up, "cryptsetup close secret"):
        refused(machine, drive, f"{drive.device} is opened as the encrypted device secret.")


def test_a_program_that_opened_the_drive_for_itself_alone(machine: Machine, drive: VirtualDrive) -> None:
    with running(machine, OPENED_ALONE.format(device=drive.device)):
        refused(machine, drive, f"Another program holds {drive.device}.")


def test_the_drive_that_a_system_runs_from(machine: Machine, drive: VirtualDrive) -> None:
    machine.sh(f"{MKFS} {drive.device}")
    with running(machine, AS_ROOT.format(device=drive.device)):
        refused(machine, drive, f"{drive.device} is mounted at /.", "It cannot be wiped here.")


def test_a_volume_group_on_an_array_says_what_it_holds_from_the_lowest_drive_on(
    machine: Machine, drive: VirtualDrive
) -> None:
    up = f"mdadm --create /dev/md/low --quiet --run --force --level=1 --raid-devices=1 --metadata=1.2 {drive.device}"
    up += "; udevadm settle; vgcreate -q -y high /dev/md/low >&2; lvcreate -q -y -l 50%FREE -n data high >&2"
    up += f"; {MKFS} /dev/high/data; mkdir -p /run/mnt; mount /dev/high/data /run/mnt"
    down = "umount /run/mnt; udevadm settle; vgchange -q -an high >&2; udevadm settle; mdadm --stop --quiet /dev/md/low"
    with made(machine, up, down):
        array = machine.sh("readlink -f /dev/md/low")
        refused(
            machine,
            drive,
            f"{drive.device} is a member of the RAID array {array} that holds /run/mnt.",
            f"{array} is part of the volume group high that holds /run/mnt.",
        )


def test_a_label_of_a_zfs_pool_is_old_data_where_nothing_here_speaks_zfs(machine: Machine, bays: Bays) -> None:
    """A system with ZFS is judged on a tree in tests/wipe/drive: Debian's kernel comes without it."""
    drive = bays.make("scsi", 80 * MIB)  # blkid looks for a pool on 64 MiB at least
    bays.plug(drive)
    machine.sh(f"python3 -c {shlex.quote(ZFS_LABEL.format(device=drive.device))}; udevadm settle")
    assert "zfs_member" in machine.sh(f"blkid --probe {drive.device}")
    done = machine.wipe("plan", drive.device)
    assert done.status == 0, done.errors


def test_a_loop_device_that_lies_on_the_drive(machine: Machine, drive: VirtualDrive) -> None:
    with made(machine, f"losetup /dev/loop7 {drive.device}", "losetup -d /dev/loop7"):
        refused(machine, drive, "is the backing file of /dev/loop7.")


def test_partitions_and_devices_made_of_others_are_no_drives(machine: Machine, drive: VirtualDrive) -> None:
    machine.sh(f"echo ,, | sfdisk -q {drive.device}; udevadm settle")
    one = part(drive.device)
    with made(machine, f"dmsetup create upper --table '0 8192 linear {one} 0'", "dmsetup remove upper"):
        for path, why in ((one, "is a partition"), ("/dev/mapper/upper", "made of other devices")):
            done = machine.wipe("erase", path, "--confirm", "x", "--evidence", "/run/guard.jws")
            assert done.status == 4
            assert why in done.errors
        refused(machine, drive, f"{one} is part of the mapped device upper.")
