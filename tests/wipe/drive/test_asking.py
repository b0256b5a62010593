"""A drive at work is compared with what it said first, by the kernel's word and by its own."""

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from tests.wipe.conftest import Attach
from tests.wipe.drive.smart import answering, captured, printed
from tests.wipe.drive.test_bays import drive as virtual_drive
from wipe.drive import asking, discover, health, identity
from wipe.drive.asking import NOTHING, Asker
from wipe.facts import Drive, Geometry, Identity
from wipe.run import Transcript
from wipe.vocabulary import Transport, TriState


class Usb:
    """A dock with a drive in it: what the kernel says, and what the drive says itself."""

    def __init__(self, drive: Drive, monkeypatch: pytest.MonkeyPatch) -> None:
        who = replace(drive.identity, device="/dev/sdz", transport=Transport.USB, virtual=False, firmware="1")
        state = replace(drive.health, smartctl_exit_bits=0, device_type="sat")
        self.drive = replace(drive, identity=who, health=state)
        self.kernel: tuple[Identity, Geometry] = (who, drive.geometry)
        self.told: dict[str, Any] = captured("sata")
        self.asked: list[list[str]] = []
        self.problem: Transcript | None = None
        monkeypatch.setattr(identity, "of_block", lambda name: self.kernel)
        monkeypatch.setattr(health, "run", answering(lambda argv: self.problem or printed(self.told, 0), self.asked))
        self.asker = Asker(self.drive)

    def ask(self) -> asking.Answer:
        return self.asker.ask()


@pytest.fixture
def usb(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Usb:
    return Usb(discover.find(str(virtual_drive(tmp_path))), monkeypatch)


def test_the_same_drive_says_the_same_and_how_warm_it_is(usb: Usb) -> None:
    for _ in range(2):
        found = usb.ask()
        assert (found.held, found.differing, found.temperature_c, found.too_warm) == (TriState.YES, (), 31, False)
    assert usb.asked[0] == ["-i", "-H", "-A", "-j", "-d", "sat", "/dev/sdz"]


@pytest.mark.parametrize(
    ("change", "names"),
    [
        ({"serial_number": "OTHER"}, ("serial",)),
        ({"firmware_version": "9"}, ("firmware",)),
        ({"wwn": {"naa": 5, "oui": 1, "id": 2}, "model_name": "Other"}, ("model", "wwn")),
        ({"user_capacity": {"bytes": 1 << 30}}, ("capacity_bytes",)),
    ],
)
def test_a_drive_that_was_swapped_in_a_dock_is_found_though_the_kernel_noticed_nothing(
    usb: Usb, change: dict[str, Any], names: tuple[str, ...]
) -> None:
    usb.ask()
    usb.told = {**usb.told, **change}
    found = usb.ask()
    assert (found.held, found.differing) == (TriState.NO, names)


def test_the_bridges_serial_is_never_compared_with_the_drives(usb: Usb) -> None:
    assert usb.drive.identity.serial != usb.told["serial_number"]
    assert usb.ask().held is TriState.YES


def test_a_drive_that_stops_to_answer_by_itself_is_still_known_to_the_kernel(usb: Usb) -> None:
    usb.ask()
    usb.problem = Transcript(("smartctl",), None, b"", b"", "smartctl gave no answer within 20 seconds")
    assert usb.ask() == asking.Answer(TriState.YES, (), None, False)


def test_a_drive_that_never_answered_is_not_asked_on(usb: Usb) -> None:
    for bits in (None, 1, 2):
        state = replace(usb.drive.health, smartctl_exit_bits=bits)
        assert Asker(replace(usb.drive, health=state)).ask().held is TriState.YES
    assert usb.asked == []


def test_another_drive_by_the_kernels_word(usb: Usb) -> None:
    who, geometry = usb.kernel
    usb.kernel = (replace(who, serial="VD-9999", wwn="0x5"), geometry)
    assert usb.ask().differing == ("serial",)
    usb.kernel = (who, replace(geometry, capacity_bytes=4096))
    assert usb.ask().differing == ("capacity_bytes",)


def test_a_drive_that_left_or_that_udev_just_looks_at_gives_no_answer(usb: Usb) -> None:
    who, geometry = usb.kernel
    usb.kernel = (who, replace(geometry, capacity_bytes=0))
    assert usb.ask() == NOTHING
    usb.kernel = (replace(who, serial=None), geometry)
    assert usb.ask().held is TriState.UNKNOWN
    usb.kernel = (replace(who, serial=None, firmware="2"), geometry)
    assert usb.ask().differing == ("firmware",)


def test_a_virtual_drive_is_what_the_file_beside_it_says(tmp_path: Path) -> None:
    path = virtual_drive(tmp_path)
    asker = Asker(discover.find(str(path)))
    assert asker.ask().held is TriState.YES
    beside = path.with_name("one.img.identity.json")
    beside.write_text(json.dumps({"serial": "VD-9999", "kind": "ssd"}))
    assert asker.ask().differing == ("serial",)
    beside.write_text("[")
    assert asker.ask() == NOTHING
    path.unlink()
    assert asker.ask() == NOTHING


@pytest.mark.loop
def test_a_real_block_device_is_asked(attach: Attach) -> None:
    assert Asker(discover.find(attach())).ask().held is TriState.YES
