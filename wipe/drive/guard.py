"""May this drive be wiped, and the one door through which it is opened. No refusal here has an override.

`refusals` judges what was looked up before; `open_exclusive` then opens the drive and reads its identity once more on
the open descriptor, since a drive can be swapped between the two.
"""

import errno
import fcntl
import os
import stat
import struct
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from wipe.drive import holders, identity
from wipe.errors import Refusal, Refused
from wipe.facts import Drive, Geometry, Holder, Identity, has_serial, match
from wipe.vocabulary import RefusalCode, Transport

BLKGETSIZE64 = 0x80081272  # linux/fs.h, x86 and arm64
BLKROGET = 0x125E
BLKFLSBUF = 0x1261
LOCK_SECONDS = 5.0  # udev looks anew whenever a drive that was open for writing is closed, as before every verification
_HOLDER_CODES = {
    "system": RefusalCode.SYSTEM_DISK,
    "mount": RefusalCode.MOUNTED,
    "swap": RefusalCode.SWAP,
}


def refusals(drive: Drive, *, attested: bool) -> tuple[Refusal, ...]:
    """Every reason why this drive may not be wiped; pure. `attested`: a person vouched for a drive without serial."""
    found = [_refusal_for(holder) for holder in holders.flatten(drive.holders) if holder.kind != "partition"]
    found += drive.refusals  # what was seen when it was looked up
    if drive.geometry.capacity_bytes <= 0:
        found.append(
            _refuse(
                RefusalCode.NO_CAPACITY,
                f"{drive.identity.device} reports no capacity.",
                "Try another port once; a drive that stays dead goes to physical destruction.",
            )
        )
    elif drive.geometry.capacity_bytes % drive.geometry.logical_block_size:
        found.append(
            _refuse(
                RefusalCode.NO_CAPACITY,
                f"{drive.identity.device} does not end at a whole block of {drive.geometry.logical_block_size} bytes.",
                "Give a virtual drive a size in whole blocks.",
            )
        )
    if drive.geometry.read_only:
        found.append(
            _refuse(
                RefusalCode.READ_ONLY,
                f"{drive.identity.device} is read-only.",
                "Look for a write-protect switch; a drive that turned read-only goes to physical destruction.",
            )
        )
    if not has_serial(drive.identity) and not attested:
        found.append(
            _refuse(
                RefusalCode.NO_SERIAL,
                f"{drive.identity.device} gives no serial number.",
                "Say with --attest how you know that this is the right drive.",
            )
        )
    return tuple(dict.fromkeys(found))


def _refuse(code: RefusalCode, message: str, advice: str) -> Refusal:
    return Refusal(code.value, message, advice)


def _refusal_for(holder: Holder) -> Refusal:
    code = _HOLDER_CODES.get(holder.kind, RefusalCode.HELD)
    if holder.kind == "zfs":
        advice = (
            "Take the drive out of the pool first (zpool export, zpool labelclear), if it really is the one you mean."
        )
        return _refuse(code, holder.description + ".", advice)
    advice = {
        RefusalCode.SYSTEM_DISK: "This drive runs the computer you are at. It cannot be wiped here.",
        RefusalCode.MOUNTED: "Unmount it first, if it really is the drive you mean.",
        RefusalCode.SWAP: "Turn the swap off first (swapoff), if it really is the drive you mean.",
    }.get(code, "Take it out of what uses it first, if it really is the drive you mean.")
    return _refuse(code, holder.description + ".", advice)


@dataclass(frozen=True, slots=True)
class OpenDrive:
    """A drive opened by this process. `geometry` is what was read on the open descriptor."""

    descriptor: int
    geometry: Geometry

    def pwrite(self, buffer: memoryview, offset: int) -> int:
        """See wipe.blocks.BlockIo."""
        return os.pwrite(self.descriptor, buffer, offset)

    def pread(self, buffer: memoryview, offset: int) -> int:
        """See wipe.blocks.BlockIo."""
        return os.preadv(self.descriptor, [buffer], offset)

    def flush(self) -> None:
        """See wipe.blocks.BlockIo. On a block device this also asks the drive to empty its write cache."""
        os.fsync(self.descriptor)

    def present(self) -> bool:
        """See wipe.blocks.BlockIo. The kernel takes the size from a device that left, before or after its name."""
        status = os.fstat(self.descriptor)
        if not stat.S_ISBLK(status.st_mode):
            return True
        try:
            size = struct.unpack("Q", fcntl.ioctl(self.descriptor, BLKGETSIZE64, bytes(8)))[0]
        except OSError:
            return False
        named = holders.SYS / "dev" / "block" / f"{os.major(status.st_rdev)}:{os.minor(status.st_rdev)}"
        return size == self.geometry.capacity_bytes and named.exists()


@contextmanager
def open_exclusive(drive: Drive, *, attested: bool) -> Iterator[OpenDrive]:
    """Open the drive for writing, alone.

    Raises Refused with every reason: those of `refusals`, another process that holds it, a path that is no drive, or
    an identity on the open descriptor that is not the one in `drive`.
    """
    found = refusals(drive, attested=attested)
    if found:
        raise Refused(found)
    descriptor = _open(drive.identity, os.O_RDWR | os.O_EXCL)
    try:
        yield OpenDrive(descriptor, _confirm(descriptor, drive))
    finally:
        os.close(descriptor)


@contextmanager
def open_fresh(drive: Drive) -> Iterator[OpenDrive]:
    """Open the drive for reading past every cache, on a descriptor that never wrote.

    Raises Refused as `open_exclusive` does. Dirty and cached pages are dropped first, and O_DIRECT reads past what
    might come back, so that what is compared was read from the medium as far as the host can tell.
    """
    descriptor = _open(drive.identity, os.O_RDONLY | os.O_EXCL)
    try:
        geometry = _confirm(descriptor, drive)
        if drive.identity.transport is not Transport.FILE:
            fcntl.ioctl(descriptor, BLKFLSBUF)
        os.posix_fadvise(descriptor, 0, 0, os.POSIX_FADV_DONTNEED)
        yield OpenDrive(descriptor, geometry)
    finally:
        os.close(descriptor)


def _open(who: Identity, flags: int) -> int:
    if who.transport is Transport.FILE:
        flags &= ~os.O_EXCL  # means something else on files; flock below keeps other erasers out
    try:
        descriptor = _open_direct(who.device, flags | os.O_NOFOLLOW | os.O_CLOEXEC)
    except OSError as error:
        raise Refused([_cannot_open(who.device, error)]) from error
    try:
        _lock(descriptor, LOCK_SECONDS if who.transport is not Transport.FILE else 0.0)
    except OSError as error:
        os.close(descriptor)
        raise Refused([_cannot_open(who.device, error)]) from error
    return descriptor


def _lock(descriptor: int, seconds: float) -> None:
    """Lock the open drive alone, waiting for udev, which locks a block device while it looks at it. Raises OSError."""
    until = time.monotonic() + seconds
    while True:
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
            return
        except BlockingIOError:
            if time.monotonic() >= until:
                raise
            time.sleep(0.05)


def _open_direct(path: str, flags: int) -> int:
    try:
        return os.open(path, flags | os.O_DIRECT)
    except OSError as error:
        if error.errno != errno.EINVAL:
            raise
    return os.open(path, flags)  # a file system without direct I/O, tmpfs for one: only virtual drives lie there


def _cannot_open(device: str, error: OSError) -> Refusal:
    if error.errno in (errno.EBUSY, errno.EWOULDBLOCK):
        return _refuse(
            RefusalCode.IN_USE,
            f"Another program holds {device}.",
            "Find out which (lsblk, fuser) and end it, if this really is the drive you mean.",
        )
    if error.errno in (errno.EACCES, errno.EPERM):
        return _refuse(
            RefusalCode.NOT_PERMITTED,
            f"You may not open {device}.",
            "Drives are wiped as root; without root only virtual drives (files of your own) can be.",
        )
    if error.errno == errno.EROFS:
        return _refuse(RefusalCode.READ_ONLY, f"{device} is read-only.", "Look for a write-protect switch.")
    return _refuse(
        RefusalCode.NOT_A_DRIVE,
        f"{device} cannot be opened as a drive: {error.strerror}.",
        "Look it up in `wipe list`.",
    )


def _confirm(descriptor: int, drive: Drive) -> Geometry:
    """Read identity and size again, on what is open now. Raises Refused where anything changed."""
    status = os.fstat(descriptor)
    if stat.S_ISBLK(status.st_mode):
        name = (holders.SYS / "dev" / "block" / f"{os.major(status.st_rdev)}:{os.minor(status.st_rdev)}").resolve().name
        found, geometry = identity.of_block(name)
        size = struct.unpack("Q", fcntl.ioctl(descriptor, BLKGETSIZE64, bytes(8)))[0]
        read_only = struct.unpack("i", fcntl.ioctl(descriptor, BLKROGET, bytes(4)))[0] != 0
    else:
        found, geometry = identity.of_file(Path(drive.identity.device))
        size, read_only = status.st_size, False
        if not _same_file(status, drive.identity.device):
            raise Refused([_changed(drive, ("device",))])
    differing = match(drive.identity, drive.geometry.capacity_bytes, found, size)
    if differing:
        raise Refused([_changed(drive, differing)])
    if read_only:
        raise Refused([_cannot_open(drive.identity.device, OSError(errno.EROFS, "Read-only"))])
    return geometry


def _same_file(status: os.stat_result, path: str) -> bool:
    now = os.lstat(path)
    one_name = status.st_nlink == 1  # a second name could be another drive's, or somebody's document
    return stat.S_ISREG(status.st_mode) and one_name and (now.st_dev, now.st_ino) == (status.st_dev, status.st_ino)


def _changed(drive: Drive, differing: tuple[str, ...]) -> Refusal:
    return _refuse(
        RefusalCode.IDENTITY_CHANGED,
        f"{drive.identity.device} is no longer the drive that was planned: {', '.join(differing)} differ.",
        "Look at `wipe list` again and make a new plan.",
    )
