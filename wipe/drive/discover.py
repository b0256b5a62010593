"""Find drives: every whole block device, dead ones included, and files that stand for drives."""

import os
import stat
from pathlib import Path

from wipe.drive import health, holders, identity
from wipe.errors import Refusal, Refused
from wipe.facts import Capabilities, Drive, HiddenArea, Holder, Identity
from wipe.vocabulary import HiddenAreaKind, RefusalCode, Transport, TriState

SKIPPED = ("ram", "zram", "dm-", "md", "fd")  # not drives: memory, and devices made of other devices
_UNKNOWN_AREAS = tuple(HiddenArea(kind, TriState.UNKNOWN, None) for kind in HiddenAreaKind)


def list_drives(*, with_health: bool = True) -> list[Drive]:
    """Every whole block device in the order of its name; loop devices only when they have a backing file.

    Nothing is left out because it does not answer: a dead drive has a row with capacity 0. Raises nothing for what a
    drive or a tool does.
    """
    usage = holders.read_usage()
    found = []
    for folder in sorted((holders.SYS / "block").iterdir()):
        backed = (folder / "loop" / "backing_file").exists()
        if folder.name.startswith(SKIPPED) or (folder.name.startswith("loop") and not backed):
            continue
        found.append(_block(folder.name, usage, with_health=with_health))
    return found


def list_virtual(directory: Path) -> list[Drive]:
    """The virtual drives of a folder: its regular files `*.img`, in the order of their names."""
    return [_file(path) for path in sorted(directory.glob("*.img")) if stat.S_ISREG(path.lstat().st_mode)]


def find(device: str) -> Drive:
    """Look one drive up by path: a whole block device, or a regular file, which is then a virtual drive.

    Raises Refused for anything that is not a drive: a partition, a device made of other devices, a symbolic link to
    a file, a folder, a character device, a name that does not exist.
    """
    path = Path(device)
    try:
        status = path.stat()
    except OSError as error:
        raise _no_drive(f"{device}: {error.strerror}.") from error
    if stat.S_ISREG(status.st_mode):
        if path.is_symlink():
            raise _no_drive(f"{device} is a symbolic link; name the file itself.")
        if status.st_nlink != 1:
            raise _no_drive(f"{device} has {status.st_nlink} names; a virtual drive has one.")
        return _file(path.absolute())
    if not stat.S_ISBLK(status.st_mode):
        raise _no_drive(f"{device} is neither a drive nor a file.")
    node = holders.SYS / "dev" / "block" / f"{os.major(status.st_rdev)}:{os.minor(status.st_rdev)}"
    folder = node.resolve()
    if (folder / "partition").exists():
        raise _no_drive(f"{device} is a partition; wipe the whole drive /dev/{folder.parent.name}.")
    if folder.name.startswith(SKIPPED):
        raise _no_drive(f"{device} is not a drive but made of other devices; wipe the drives below it.")
    return _block(folder.name, holders.read_usage(), with_health=True)


def _no_drive(message: str) -> Refused:
    return Refused([Refusal(RefusalCode.NOT_A_DRIVE.value, message, "Look the drive up in `wipe list`.")])


def _block(name: str, usage: holders.Usage, *, with_health: bool) -> Drive:
    who, geometry = identity.of_block(name)
    state = health.of_block(who) if with_health else health.unknown("not asked")
    return Drive(who, geometry, state, Capabilities(), _hidden(who), holders.look(name, usage), ())


def _hidden(who: Identity) -> tuple[HiddenArea, ...]:
    """Only ATA drives have such areas; what speaks to the host through a bridge or unknown may be one."""
    return _UNKNOWN_AREAS if who.transport in (Transport.SATA, Transport.USB, Transport.UNKNOWN) else ()


def _file(path: Path) -> Drive:
    who, geometry = identity.of_file(path)
    state = health.unknown("a virtual drive has no SMART data")
    return Drive(who, geometry, state, Capabilities(), (), _backing(path), ())


def _backing(path: Path) -> tuple[Holder, ...]:
    """A file that already is a loop device's drive belongs to the kernel."""
    found = []
    for entry in sorted((holders.SYS / "block").glob("loop*/loop/backing_file")):
        try:
            same = Path(entry.read_text(encoding="utf-8").strip()).samefile(path)
        except OSError:
            continue
        if same:
            loop = entry.parent.parent.name
            found.append(Holder("loop", f"/dev/{loop}", f"{path.name} is the backing file of /dev/{loop}"))
    return tuple(found)
