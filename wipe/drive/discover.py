"""Find drives: every whole block device, dead ones included, and files that stand for drives."""

import os
import re
import stat
from collections.abc import Callable, Iterable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path

from wipe.drive import health, holders, identity
from wipe.errors import BadInput, Refusal, Refused
from wipe.facts import Capabilities, Drive, Health, HiddenArea, Holder, Identity, has_serial
from wipe.vocabulary import HiddenAreaKind, RefusalCode, Transport, TriState

SKIPPED = ("ram", "zram", "dm-", "md", "fd")  # not drives: memory, and devices made of other devices
AT_ONCE = 32  # drives asked for their health at the same time
_PART_OF_A_CARD = re.compile(r"mmcblk\d+(boot\d|gp\d|rpmb)")  # areas of an eMMC that the kernel shows as disks
Loops = Mapping[tuple[int, int], Sequence[str]]  # file by device and number -> names of loop devices
_UNKNOWN_AREAS = tuple(HiddenArea(kind, TriState.UNKNOWN, None) for kind in HiddenAreaKind)


def list_drives(*, with_health: bool = True, ask: Callable[[Identity], Health] | None = None) -> list[Drive]:
    """Every whole block device in the order of its name; loop devices only when they have a backing file.

    Nothing is left out because it does not answer: a dead drive has a row with capacity 0. Raises nothing for what a
    drive or a tool does. `ask` answers for the health of a drive at once; without it, all drives are asked together.
    """
    usage, loops = holders.read_usage(), _loops()
    found = [_block(name, usage, loops, ask or _not_asked) for name in block_names()]
    if with_health and ask is None:
        found = _asked_together(found)
    return _same_serials(found)


def _asked_together(drives: list[Drive]) -> list[Drive]:
    """With the health of each. A drive that takes its time keeps nobody waiting but the list itself."""
    with ThreadPoolExecutor(max_workers=max(1, min(len(drives), AT_ONCE))) as pool:
        answers = pool.map(health.of_block, [drive.identity for drive in drives])
        return [replace(drive, health=answer) for drive, answer in zip(drives, answers, strict=True)]


def block_names() -> list[str]:
    """The names of all whole block devices that may be drives, in order."""
    found = []
    for folder in sorted((holders.SYS / "block").iterdir()):
        backed = (folder / "loop" / "backing_file").exists()
        if not _made_of_others(folder.name) and (backed or not folder.name.startswith("loop")):
            found.append(folder.name)
    return found


def list_virtual(directory: Path) -> list[Drive]:
    """The virtual drives of a folder: its regular files `*.img`, in the order of their names.

    Raises BadInput for a file beside one that is no identity.
    """
    loops = _loops()
    return _same_serials(_file(path, loops) for path in image_paths(directory))


def list_virtual_whole(directory: Path) -> list[Drive]:
    """As `list_virtual`, for one who must go on: a drive whose identity cannot be read has none, and is not hidden."""
    found, loops = [], _loops()
    for path in image_paths(directory):
        try:
            found.append(_file(path, loops))
        except (BadInput, OSError):
            who, geometry = identity.of_nothing(path)
            found.append(
                Drive(who, geometry, health.unknown("its identity cannot be read"), Capabilities(), (), (), ())
            )
    return _same_serials(found)


def image_paths(directory: Path) -> list[Path]:
    """The files of a folder that are virtual drives: `*.img`, regular, with one name each that a record can hold."""
    found = []
    for path in sorted(directory.absolute().glob("*.img")):
        try:
            status = path.lstat()
        except OSError:  # pulled a moment ago
            continue
        if stat.S_ISREG(status.st_mode) and status.st_nlink == 1 and str(path).isprintable():
            found.append(path)
    return found


def _made_of_others(name: str) -> bool:
    return name.startswith(SKIPPED) or _PART_OF_A_CARD.fullmatch(name) is not None


def _not_asked(who: Identity) -> Health:
    return health.unknown("not asked")


def _same_serials(drives: Iterable[Drive]) -> list[Drive]:
    """All drives, each with a refusal when another one here has its serial: a certificate could name the wrong one."""
    listed = list(drives)
    return [_against(drive, [other.identity for other in listed]) for drive in listed]


def _against(drive: Drive, others: Iterable[Identity]) -> Drive:
    who = drive.identity
    twins = [
        other.device
        for other in others
        if other.device != who.device and has_serial(who) and (other.serial or "").strip() == (who.serial or "").strip()
    ]
    if not twins:
        return drive
    refusal = Refusal(
        RefusalCode.DUPLICATE_SERIAL.value,
        f"{who.device} has the same serial number as {', '.join(twins)}.",
        "Unplug all but the one you mean, so that the evidence can mean no other.",
    )
    return replace(drive, refusals=(*drive.refusals, refusal))


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
        if not str(path.absolute()).isprintable():
            raise _no_drive(f"{device!r} has a name that evidence cannot hold.")
        if status.st_nlink != 1:
            raise _no_drive(f"{device} has {status.st_nlink} names; a virtual drive has one.")
        others = (identity.of_file(other)[0] for other in image_paths(path.absolute().parent) if _readable(other))
        return _against(_file(path.absolute(), _loops()), others)
    if not stat.S_ISBLK(status.st_mode):
        raise _no_drive(f"{device} is neither a drive nor a file.")
    node = holders.SYS / "dev" / "block" / f"{os.major(status.st_rdev)}:{os.minor(status.st_rdev)}"
    folder = node.resolve()
    if (folder / "partition").exists():
        raise _no_drive(f"{device} is a partition; wipe the whole drive /dev/{folder.parent.name}.")
    if _made_of_others(folder.name):
        raise _no_drive(f"{device} is not a drive but made of other devices; wipe the drives below it.")
    found = _block(folder.name, holders.read_usage(), _loops(), health.of_block)
    return _against(found, (identity.of_block(name)[0] for name in block_names()))


def _readable(path: Path) -> bool:
    """Whether a virtual drive's identity can be read; a broken one beside it is no reason to refuse this one."""
    try:
        identity.of_file(path)
    except (BadInput, OSError):
        return False
    return True


def _no_drive(message: str) -> Refused:
    return Refused([Refusal(RefusalCode.NOT_A_DRIVE.value, message, "Look the drive up in `wipe list`.")])


def _block(name: str, usage: holders.Usage, loops: Loops, ask: Callable[[Identity], Health]) -> Drive:
    who, geometry = identity.of_block(name, holders.SYS)
    held = (*holders.look(name, usage, holders.SYS), *_backing(Path(who.device), loops))
    return Drive(who, geometry, ask(who), Capabilities(), _hidden(who), held, ())


def _hidden(who: Identity) -> tuple[HiddenArea, ...]:
    """Only ATA drives have such areas; what speaks to the host through a bridge or unknown may be one."""
    return _UNKNOWN_AREAS if who.transport in (Transport.SATA, Transport.USB, Transport.UNKNOWN) else ()


def _file(path: Path, loops: Loops) -> Drive:
    who, geometry = identity.of_file(path)
    state = health.unknown("a virtual drive has no SMART data")
    return Drive(who, geometry, state, Capabilities(), (), _backing(path, loops), ())


def _loops() -> Loops:
    """The loop devices that each file or device is the drive of."""
    found: dict[tuple[int, int], list[str]] = {}
    for entry in sorted((holders.SYS / "block").glob("loop*/loop/backing_file")):
        try:
            status = os.stat(entry.read_text(encoding="utf-8", errors="surrogateescape").strip())
        except OSError:
            continue
        found.setdefault((status.st_dev, status.st_ino), []).append(entry.parent.parent.name)
    return found


def _backing(path: Path, loops: Loops) -> tuple[Holder, ...]:
    """A file that already is a loop device's drive belongs to the kernel."""
    try:
        status = path.stat()
    except OSError:
        return ()
    names = loops.get((status.st_dev, status.st_ino), ())
    return tuple(Holder("loop", f"/dev/{one}", f"{path.name} is the backing file of /dev/{one}") for one in names)
