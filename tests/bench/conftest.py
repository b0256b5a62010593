"""One machine for all tests of the bench, and a row of bays that every test finds empty."""

import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.bench.drives import Bays, VirtualDrive, new_image
from tests.bench.machine import MIB, Machine

SATA = {  # QEMU cannot hot-plug SATA, so these two are there from the start: serial, model, revolutions a minute
    "hdd": ("SATA9001", "BENCH-HDD", 7200),
    "ssd": ("SATA9002", "BENCH-SSD", 1),
}


def sata_options(folder: Path, size: int = 32 * MIB) -> tuple[str, ...]:
    """QEMU's options for the SATA drives."""
    found = []
    for number, (name, (serial, model, rate)) in enumerate(SATA.items()):
        path = new_image(folder, name, size)
        found.append(
            f"-drive file={path},if=none,id={name},format=raw -device ide-hd,drive={name},bus=a.{number},"
            f"serial={serial},model={model},wwn={0x5000C5000000A000 + number:#x},rotation_rate={rate}"
        )
    return tuple(found)


@pytest.fixture(scope="session")
def machine() -> Iterator[Machine]:
    """Booted once; a test that cuts its power boots it again."""
    folder = Path(tempfile.mkdtemp(prefix="bench-", dir="/tmp"))
    made = Machine(folder, sata_options(folder))
    made.boot()
    yield made
    if made.is_on:
        made.cut()
    shutil.rmtree(folder)


@pytest.fixture
def bays(machine: Machine) -> Iterator[Bays]:
    """Empty bays, emptied again afterwards."""
    made = Bays(machine)
    yield made
    made.empty()


@pytest.fixture
def sata_hdd(machine: Machine) -> VirtualDrive:
    """The hard disk that is there from the start."""
    return _sata(machine, "hdd")


@pytest.fixture
def sata_ssd(machine: Machine) -> VirtualDrive:
    """The SSD that is there from the start."""
    return _sata(machine, "ssd")


def _sata(machine: Machine, name: str) -> VirtualDrive:
    serial = SATA[name][0]
    (device,) = (one["DEVNAME"] for one in machine.disks() if one.get("ID_SERIAL_SHORT") == serial)
    return VirtualDrive("sata", machine.folder / f"{name}.img", serial, device)
