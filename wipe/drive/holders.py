"""What uses a drive: look at mounts, swap, partitions, LVM, MD, dm-crypt and openers. Looking only; `guard` judges.

A holder is looked for in sysfs (`holders/` of the disk and of each partition, followed upwards) and in the mount table
of every process, so that a mount in another mount namespace, a container's for instance, is seen too.
"""

import os
import re
import stat
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

import pyudev

from wipe.facts import Holder

SYS = Path("/sys")
PROC = Path("/proc")
SYSTEM_PLACES = frozenset({"/", "/boot", "/boot/efi", "/usr", "/var", "/etc", "/home", "/opt", "/srv"})
_OCTAL = re.compile(r"\\([0-7]{3})")


@dataclass(frozen=True, slots=True)
class Usage:
    """The system's tables, read once: device number "major:minor" -> places where it is mounted; swap devices; pools.

    `pools` are devices that carry the label of a ZFS pool, by number, where this system speaks ZFS: it names nothing in
    sysfs when it uses a device. Without ZFS such a label is old data like any other.
    """

    mounts: dict[str, frozenset[str]]
    swaps: frozenset[str]
    pools: Mapping[str, str] = field(default_factory=dict)


def read_usage(proc: Path = PROC, sys: Path = SYS) -> Usage:
    """Read the mount tables of all processes and the swap table.

    A process may end while it is read; its table is then skipped. Mount points of btrfs and overlay carry a device
    number of their own, so the source device is resolved as well.
    """
    mounts: dict[str, set[str]] = {}
    seen: set[str] = set()
    for table in [proc / "self" / "mountinfo", *proc.glob("[0-9]*/mountinfo")]:
        try:
            namespace = os.readlink(table.parent / "ns" / "mnt")
            if namespace in seen:
                continue
            text = table.read_text(encoding="utf-8", errors="surrogateescape")
        except OSError:
            continue
        seen.add(namespace)
        for line in text.splitlines():
            _note_mount(line, mounts)
    pools = _pools() if (sys / "module" / "zfs").exists() else {}
    return Usage({number: frozenset(places) for number, places in mounts.items()}, _swaps(proc / "swaps"), pools)


def _pools() -> dict[str, str]:
    """Devices that udev knows as members of a ZFS pool, with its name."""
    found = pyudev.Context().list_devices(subsystem="block", ID_FS_TYPE="zfs_member")
    return {
        f"{os.major(one.device_number)}:{os.minor(one.device_number)}": one.properties.get("ID_FS_LABEL", "of no name")
        for one in found
    }


def _note_mount(line: str, mounts: dict[str, set[str]]) -> None:
    before, _, after = line.partition(" - ")
    fields, source = before.split(), after.split()
    if len(fields) < 5:
        return
    place = _plain(fields[4]).encode(errors="surrogateescape").decode(errors="replace")  # for people, and for JSON
    mounts.setdefault(fields[2], set()).add(place)
    if len(source) >= 2 and source[1].startswith("/dev/"):
        number = device_number(Path(_plain(source[1])))
        if number is not None:
            mounts.setdefault(number, set()).add(place)


def _plain(text: str) -> str:
    return _OCTAL.sub(lambda match: chr(int(match[1], 8)), text)


def _swaps(table: Path) -> frozenset[str]:
    try:
        lines = table.read_text(encoding="utf-8", errors="surrogateescape").splitlines()[1:]
    except OSError:
        return frozenset()
    numbers = (device_number(Path(_plain(line.split()[0]))) for line in lines if line.split())
    return frozenset(number for number in numbers if number is not None)


def device_number(path: Path) -> str | None:
    """`major:minor` of a block device; None for anything else."""
    try:
        status = path.stat()
    except OSError:
        return None
    if not stat.S_ISBLK(status.st_mode):
        return None
    return f"{os.major(status.st_rdev)}:{os.minor(status.st_rdev)}"


def look(name: str, usage: Usage, sys: Path = SYS) -> tuple[Holder, ...]:
    """Everything that sits on the block device `name` (as in /sys/class/block), as a tree in a fixed order."""
    folder = sys / "class" / "block" / name
    found = [_partition(folder / part.name, usage, sys) for part in _partitions(folder)]
    return tuple([*_direct(folder, usage), *_stacked(folder, usage, sys), *(one for one in found if one is not None)])


def _partitions(folder: Path) -> list[Path]:
    try:
        return sorted(path for path in folder.resolve().iterdir() if (path / "partition").exists())
    except OSError:
        return []


def _partition(folder: Path, usage: Usage, sys: Path) -> Holder | None:
    """A partition counts only when something uses it: a drive with an old partition table may be wiped."""
    children = look(folder.name, usage, sys)
    if not children:
        return None
    return Holder("partition", f"/dev/{folder.name}", f"/dev/{folder.name} is in use", children)


def _direct(folder: Path, usage: Usage) -> list[Holder]:
    device = f"/dev/{folder.name}"
    number = _read(folder / "dev")
    found = []
    for place in sorted(usage.mounts.get(number, frozenset())):
        kind = "system" if place in SYSTEM_PLACES else "mount"
        found.append(Holder(kind, device, f"{device} is mounted at {place}"))
    if number in usage.swaps:
        found.append(Holder("swap", device, f"{device} is used as swap"))
    if number in usage.pools:
        found.append(Holder("zfs", device, f"{device} belongs to the ZFS pool {usage.pools[number]}"))
    return found


def _stacked(folder: Path, usage: Usage, sys: Path) -> list[Holder]:
    return [_above(folder.name, name, usage, sys) for name in _names_above(folder)]


def _names_above(folder: Path) -> list[str]:
    try:
        return sorted(path.name for path in (folder / "holders").iterdir())
    except OSError:
        return []


def _above(below: str, name: str, usage: Usage, sys: Path) -> Holder:
    folder = sys / "class" / "block" / name
    label, uuid = _read(folder / "dm" / "name"), _read(folder / "dm" / "uuid")
    children = look(name, usage, sys)
    more = ""
    if (folder / "md").is_dir():
        kind, what = "md", f"a member of the RAID array /dev/{name}"
    elif uuid.startswith("LVM-"):
        group, volume = _volume(label)
        kind, what, more = "lvm", f"part of the volume group {group}", f" (logical volume {volume})"
    elif uuid.startswith("CRYPT-"):
        kind, what = "dm-crypt", f"opened as the encrypted device {label}"
    elif label:
        kind, what = "dm", f"part of the mapped device {label}"
    else:
        kind, what = "holder", f"held by /dev/{name}"
    return Holder(kind, f"/dev/{name}", f"/dev/{below} is {what}{_purpose(name, usage, sys) or more}", children)


def _volume(label: str) -> tuple[str, str]:
    """Group and logical volume of a device-mapper name: LVM doubles the hyphens inside either (lvm(8))."""
    group, _, volume = label.replace("--", "\0").partition("-")
    return group.replace("\0", "-"), volume.replace("\0", "-")


def _purpose(name: str, usage: Usage, sys: Path) -> str:
    """What a stacked device is there for, however high above it: " that holds /home"; empty where it is not known."""
    places = _places(name, usage, sys)
    return f" that holds {' and '.join(dict.fromkeys(places))}" if places else ""


def _places(name: str, usage: Usage, sys: Path) -> list[str]:
    folder = sys / "class" / "block" / name
    number = _read(folder / "dev")
    own = sorted(usage.mounts.get(number, frozenset())) + (["swap space"] if number in usage.swaps else [])
    return [*own, *(place for above in _names_above(folder) for place in _places(above, usage, sys))]


def _read(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8", errors="replace").strip()
    except OSError:
        return ""


def flatten(holders: tuple[Holder, ...]) -> list[Holder]:
    """Every holder in the tree, parents first."""
    return [each for holder in holders for each in (holder, *flatten(holder.children))]


def draw(holders: tuple[Holder, ...], depth: int = 0) -> list[str]:
    """The tree as lines for people, two spaces a level."""
    return [
        line for holder in holders for line in ("  " * depth + holder.description, *draw(holder.children, depth + 1))
    ]
