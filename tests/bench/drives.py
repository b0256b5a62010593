"""Drives for the machine: a file on the host, and how QEMU shows it."""

import itertools
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tests.bench.machine import MARKER, MIB, ROOT_PORTS, SECONDS, Machine

_numbers = itertools.count(1)


@dataclass
class VirtualDrive:
    """One drive: where its bytes lie on the host, and what it says of itself."""

    transport: str
    image: Path
    serial: str
    device: str = ""  # its name in the machine while it is plugged in
    firmware: str = "7.1"

    def left(self) -> list[int]:
        """The 512-byte blocks that still hold a marker, read on the host, behind the machine's back."""
        data = self.image.read_bytes()
        return [start // 512 for start in range(0, len(data), 512) if MARKER in data[start : start + 512]]


def new_image(folder: Path, name: str, size: int) -> Path:
    """A file full of markers."""
    path = folder / f"{name}.img"
    path.write_bytes(MARKER * (size // len(MARKER)))
    return path


class Bays:
    """Plugs drives into a machine and pulls them out."""

    def __init__(self, machine: Machine) -> None:
        self.machine = machine
        self._plugged: dict[str, VirtualDrive] = {}  # by QEMU's name of the device
        self._root_ports: dict[str, int] = {}

    def make(self, transport: str, size: int = 32 * MIB, serial: str | None = None) -> VirtualDrive:
        """A drive that is not plugged in yet."""
        number = next(_numbers)
        serial = serial or f"{transport.upper()}{number:04}"
        return VirtualDrive(transport, new_image(self.machine.folder, f"drive{number}", size), serial)

    def plug(
        self,
        drive: VirtualDrive,
        bad: Sequence[int] = (),
        *,
        failing: str | None = None,
        bay: int = 0,
        bytes_per_second: int = 0,
    ) -> str:
        """Plug a drive in, and wait for udev to know it; its name in the machine.

        `bad` are 512-byte blocks of the medium that answer with an error, to "read", to "write", or to both.
        `bytes_per_second` is what it can take; 0: what it likes.
        """
        before = {disk["DEVNAME"] for disk in self.machine.disks()}
        name = f"d{next(_numbers)}"
        medium = _medium(drive.image, bad, failing)
        if bytes_per_second:
            limits = {"bps-total": bytes_per_second}
            self.machine.monitor("object-add", qom_type="throttle-group", id=f"t{name}", limits=limits)
            medium = {"driver": "throttle", "throttle-group": f"t{name}", "file": medium}
        self.machine.monitor("blockdev-add", driver="raw", node_name=f"n{name}", file=medium)
        self.machine.monitor("device_add", **self._device(drive, name, bay))
        self._plugged[name] = drive
        until = time.monotonic() + SECONDS
        while time.monotonic() < until:
            for disk in self.machine.disks():
                known = disk.get("ID_SCSI_SERIAL") or disk.get("ID_SERIAL_SHORT")
                if known == drive.serial and disk["DEVNAME"] not in before:
                    drive.device = disk["DEVNAME"]
                    return drive.device
            time.sleep(0.2)
        raise TimeoutError(f"the machine does not see {drive.serial}: {self.machine.disks()}")

    def _device(self, drive: VirtualDrive, name: str, bay: int) -> dict[str, Any]:
        plain = {"id": name, "drive": f"n{name}", "serial": drive.serial}
        if drive.transport == "nvme":
            free = [n for n in range(1, ROOT_PORTS + 1) if n not in self._root_ports.values()]
            self._root_ports[name] = free[bay]
            return {**plain, "driver": "nvme", "bus": f"rp{free[bay]}"}
        if drive.transport == "scsi":
            wwn = 0x5000C50000000000 + int(drive.serial[-4:])
            return {**plain, "driver": "scsi-hd", "bus": "s.0", "scsi-id": bay, "wwn": wwn, "ver": drive.firmware}
        return {**plain, "driver": "usb-storage", "bus": "x.0", "port": str(bay + 1)}

    def hang(self, drive: VirtualDrive) -> None:
        """Let a drive that was plugged in with a limit answer nothing for minutes, neither with data nor an error."""
        for name in [name for name, one in self._plugged.items() if one is drive]:
            self.machine.monitor("qom-set", path=f"/objects/t{name}", property="limits", value={"bps-total": 15_000})

    def let_run(self, drive: VirtualDrive) -> None:
        """Take the limit off a drive that was plugged in with one."""
        for name in [name for name, one in self._plugged.items() if one is drive]:
            self.machine.monitor("qom-set", path=f"/objects/t{name}", property="limits", value={"bps-total": 0})

    def warm(self, drive: VirtualDrive, too_warm: bool) -> None:
        """Let an NVMe drive say that it is too warm, or not any more (critical warning, bit 1)."""
        for name in [name for name, one in self._plugged.items() if one is drive]:
            path = f"/machine/peripheral/{name}"
            self.machine.monitor("qom-set", path=path, property="smart_critical_warning", value=2 if too_warm else 0)

    def pull(self, drive: VirtualDrive) -> None:
        """Pull a drive out, in use or not."""
        for name in [name for name, one in self._plugged.items() if one is drive]:
            self.machine.monitor("device_del", id=name)
            self.machine.monitor.wait_deleted(name)
            self.machine.monitor("blockdev-del", node_name=f"n{name}")
            del self._plugged[name]
            self._root_ports.pop(name, None)

    def empty(self) -> None:
        """Pull everything out, and throw the drives away."""
        for drive in list(self._plugged.values()):
            self.pull(drive)
            drive.image.unlink(missing_ok=True)

    def power_was_cut(self) -> None:
        """Nothing is plugged in any more."""
        self._plugged.clear()
        self._root_ports.clear()


def _medium(image: Path, bad: Sequence[int], failing: str | None) -> dict[str, Any]:
    file: dict[str, Any] = {"driver": "file", "filename": str(image)}
    if not bad:
        return file
    rule: dict[str, Any] = {"event": "none", "errno": 5}
    if failing is not None:
        rule["iotype"] = failing
    return {"driver": "blkdebug", "image": file, "inject-error": [{**rule, "sector": block} for block in bad]}
