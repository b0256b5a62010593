"""Who a drive is and how big: read from udev, sysfs and, for a virtual drive, the file beside it.

Serials are taken whole from a field that holds nothing else. udev's ID_SERIAL is joined from model and serial, and a
SCSI drive's ID_SERIAL_SHORT is its WWN, so neither is used as a serial there.
"""

import json
import os
import stat
import threading
from functools import cache
from pathlib import Path

import pyudev

from wipe.errors import BadInput
from wipe.facts import Geometry, Identity
from wipe.vocabulary import Medium, Transport

SYS = Path("/sys")
SIDECAR = ".identity.json"
SIDECAR_FIELDS = frozenset({"make", "model", "serial", "wwn", "firmware", "kind"})
SIDECAR_LIMIT = 4096  # bytes
TEXT_LIMIT = 128  # characters; ATA serials have 20, NVMe's 20, SCSI's at most 252 and never seen above 64
VIRTUAL_BLOCK = 512  # bytes; what a virtual drive calls its logical block
_UDEV = threading.Lock()  # libudev serves one thread at a time
_TRANSPORTS = {"ata": Transport.SATA, "scsi": Transport.SCSI, "nvme": Transport.NVME, "usb": Transport.USB}


def of_block(name: str, sys: Path = SYS) -> tuple[Identity, Geometry]:
    """Identity and geometry of the whole block device `name` ("sda"), without opening it.

    Everything that cannot be read is None; a device without a size has capacity 0, and the guard refuses it.
    """
    folder = sys / "class" / "block" / name
    known = _udev(name)
    transport = _transport(name, known, folder)
    rotational = {"0": False, "1": True}.get(_read(folder / "queue" / "rotational") or "")
    serial, source = _serial(known, folder)
    model = _clean(known.get("ID_MODEL_ENC", "").encode().decode("unicode_escape", "replace")) if known else None
    identity = Identity(
        device=f"/dev/{name}",
        kind=_kind(name, transport, rotational),
        transport=transport,
        make=_clean(known.get("ID_VENDOR")) if transport is not Transport.SATA else None,
        model=model or _read(folder / "device" / "model"),
        serial=serial,
        serial_source=source,
        wwn=_clean(known.get("ID_WWN_WITH_EXTENSION") or known.get("ID_WWN")) or _read(folder / "wwid"),
        firmware=_clean(known.get("ID_REVISION")) or _read(folder / "device" / "firmware_rev"),
        bay=_clean(known.get("ID_PATH")),
        virtual=transport is Transport.LOOP,
        bridge=_clean(known.get("ID_USB_MODEL")) if transport is Transport.USB else None,
    )
    return identity, _geometry(folder, rotational)


def _udev(name: str) -> dict[str, str]:
    """udev's database entry; empty where udev does not run or does not know the device."""
    try:
        with _UDEV:
            return dict(pyudev.Devices.from_name(_context(), "block", name).properties)
    except (pyudev.DeviceNotFoundError, OSError, ImportError):
        return {}


@cache
def _context() -> pyudev.Context:
    """Made once: loading the library starts a process, and takes longer than all that is asked of it."""
    return pyudev.Context()


def _transport(name: str, known: dict[str, str], folder: Path) -> Transport:
    if name.startswith("loop"):
        return Transport.LOOP
    if name.startswith("nvme"):
        return Transport.NVME
    if name.startswith("vd"):
        return Transport.VIRTIO
    if name.startswith("mmcblk"):
        return Transport.MMC
    if known.get("ID_USB_DRIVER") or "/usb" in str(folder.resolve()):
        return Transport.USB  # a bridge may call what is behind it ata
    return _TRANSPORTS.get(known.get("ID_BUS", ""), Transport.UNKNOWN)


def _kind(name: str, transport: Transport, rotational: bool | None) -> Medium:
    by_transport = {
        Transport.LOOP: Medium.VIRTUAL,
        Transport.NVME: Medium.NVME,
        Transport.MMC: Medium.EMMC if Path(f"/dev/{name}boot0").exists() else Medium.SD,
    }
    if transport in by_transport:
        return by_transport[transport]
    if name.startswith("sr"):
        return Medium.OPTICAL
    if transport in (Transport.SATA, Transport.SAS, Transport.SCSI) and rotational is not None:
        return Medium.HDD if rotational else Medium.SSD
    return Medium.UNKNOWN  # behind a bridge `rotational` is a guess of the kernel's, and virtio says nothing


def _serial(known: dict[str, str], folder: Path) -> tuple[str | None, str | None]:
    for key in ("ID_SCSI_SERIAL", "ID_SERIAL_SHORT"):
        serial = _clean(known.get(key))
        if serial:
            return serial, "udev"
    for path in (folder / "serial", folder / "device" / "serial"):
        serial = _read(path)
        if serial:
            return serial, "sysfs"
    return None, None


def _geometry(folder: Path, rotational: bool | None) -> Geometry:
    return Geometry(
        capacity_bytes=_number(folder / "size") * 512,  # sysfs counts in 512 bytes whatever the drive's block is
        logical_block_size=_number(folder / "queue" / "logical_block_size") or 512,
        physical_block_size=_number(folder / "queue" / "physical_block_size") or 512,
        optimal_io_size=_number(folder / "queue" / "optimal_io_size"),
        rotational=rotational,
        read_only=_read(folder / "ro") == "1",
    )


def of_file(path: Path) -> tuple[Identity, Geometry]:
    """Identity and geometry of a virtual drive: a regular file, with its identity in `FILE.identity.json` if any.

    Raises BadInput for a sidecar that cannot be used: an identity is taken whole or not at all.
    """
    status = path.lstat()
    known = _sidecar(path.with_name(path.name + SIDECAR))
    kind = known.pop("kind", None)
    try:
        medium = Medium(kind) if kind is not None else Medium.VIRTUAL
    except ValueError:
        raise BadInput(f"{path.name}{SIDECAR}: there is no kind of drive called {kind!r}.", advice=_ADVICE) from None
    size = status.st_size if stat.S_ISREG(status.st_mode) else 0
    identity = Identity(
        device=str(path),
        kind=medium,
        transport=Transport.FILE,
        make=known.get("make"),
        model=known.get("model"),
        serial=known.get("serial"),
        serial_source="sidecar" if known.get("serial") else None,
        wwn=known.get("wwn"),
        firmware=known.get("firmware"),
        bay=None,
        virtual=True,
        bridge=None,
    )
    geometry = Geometry(
        capacity_bytes=size,
        logical_block_size=VIRTUAL_BLOCK,
        physical_block_size=VIRTUAL_BLOCK,
        optimal_io_size=0,
        rotational={Medium.HDD: True, Medium.SSD: False, Medium.NVME: False}.get(medium),
        read_only=not os.access(path, os.W_OK),
    )
    return identity, geometry


def of_nothing(path: Path) -> tuple[Identity, Geometry]:
    """A virtual drive of which nothing can be told but where it is; its capacity is 0, and the guard refuses it."""
    identity = Identity(
        device=str(path),
        kind=Medium.VIRTUAL,
        transport=Transport.FILE,
        make=None,
        model=None,
        serial=None,
        serial_source=None,
        wwn=None,
        firmware=None,
        bay=None,
        virtual=True,
        bridge=None,
    )
    return identity, Geometry(0, VIRTUAL_BLOCK, VIRTUAL_BLOCK, 0, None, False)


_ADVICE = "Mend or remove the file beside the virtual drive."


def _sidecar(path: Path) -> dict[str, str]:
    try:
        with path.open("rb") as file:
            raw = file.read(SIDECAR_LIMIT + 1)
    except FileNotFoundError:
        return {}
    except OSError as error:
        raise BadInput(f"{path.name} cannot be read: {error.strerror}.", advice=_ADVICE) from error
    try:
        known = json.loads(raw) if len(raw) <= SIDECAR_LIMIT else None
    except (ValueError, RecursionError):
        known = None
    if not isinstance(known, dict) or not known.keys() <= SIDECAR_FIELDS:
        raise BadInput(f"{path.name} is not an identity of a virtual drive.", advice=_ADVICE)
    cleaned = {}
    for key, value in known.items():
        if not isinstance(value, str) or len(value) > TEXT_LIMIT or not value.isprintable():
            raise BadInput(f"{path.name}: {key} is not a short text.", advice=_ADVICE)
        if value.strip():
            cleaned[key] = value.strip()
    return cleaned


def _clean(text: str | None) -> str | None:
    """A device's text without padding; anything unprintable or endless is taken for not known."""
    if text is None:
        return None
    text = text.strip().strip("\x00").strip()
    return text if text and len(text) <= TEXT_LIMIT and text.isprintable() else None


def _read(path: Path) -> str | None:
    try:
        return _clean(path.read_text(encoding="utf-8", errors="replace"))
    except OSError:
        return None


def _number(path: Path) -> int:
    text = _read(path) or ""
    return int(text) if text.isdecimal() else 0
