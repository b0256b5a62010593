"""Every drive has a row, dead ones too, and many drives are asked together."""

import threading
from pathlib import Path

import pytest

from tests.wipe.drive.test_bays import drive as virtual_drive
from tests.wipe.drive.test_bays import wipe
from wipe import codec
from wipe.cli import describe
from wipe.drive import discover, guard, health, holders
from wipe.facts import Drive, DriveReport, Health, Identity
from wipe.station import reports
from wipe.vocabulary import RefusalCode, TriState

pytestmark = pytest.mark.pure


def shown(sys: Path, name: str, **files: str) -> None:
    """A block device in a sysfs of the test's own."""
    for folder in (sys / "block" / name, sys / "class" / "block" / name):
        folder.mkdir(parents=True)
        for file, text in files.items():
            (folder / file).write_text(f"{text}\n")


@pytest.fixture
def sys(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setattr(holders, "SYS", tmp_path)
    return tmp_path


def test_a_dead_drive_has_a_row_in_the_list_and_in_the_stations_report(
    sys: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It says neither who it is nor how large, and every tool that asks it fails."""
    shown(sys, "sdzz", size="0")
    shown(sys, "sdzy")  # and of this one not even that can be read
    monkeypatch.setattr(health, "of_block", lambda who: health.unknown("smartctl gave no answer within 20 seconds"))
    found = discover.list_drives()
    assert [one.identity.device for one in found] == ["/dev/sdzy", "/dev/sdzz"]
    for one in found:
        assert (one.identity.serial, one.geometry.capacity_bytes) == (None, 0)
        codes = [refusal.code for refusal in guard.refusals(one, attested=True)]
        assert codes == [RefusalCode.NO_CAPACITY.value]
        lines = describe.lines(one)
        assert "serial none" in lines[0]
        assert any("reports no capacity" in line for line in lines)
        assert "no answer within 20 seconds" in "".join(lines)
        told = reports.report(one)
        assert told.plans == ()
        assert codec.decode(DriveReport, codec.encode(told), "report") == told


def test_two_dozen_drives_are_asked_at_once(sys: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Asked one after the other they would never come together at the barrier."""
    together = threading.Barrier(24, timeout=60)
    for number in range(24):
        shown(sys, f"sdz{chr(ord('a') + number)}", size="2048")

    def ask(who: Identity) -> Health:
        together.wait()
        return health.unknown(who.device)

    monkeypatch.setattr(health, "of_block", ask)
    found = discover.list_drives()
    assert [one.health.messages for one in found] == [(f"/dev/sdz{chr(ord('a') + n)}",) for n in range(24)]


def test_a_list_without_health_asks_no_drive(sys: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    shown(sys, "sdza", size="2048")
    monkeypatch.setattr(health, "of_block", lambda who: pytest.fail("it was asked"))
    (found,) = discover.list_drives(with_health=False)
    assert found.health.passed is TriState.UNKNOWN
    assert discover.list_drives(ask=lambda who: health.unknown("mine"))[0].health.messages == ("mine",)


def test_two_drives_with_one_serial_are_both_shown_and_both_refused(tmp_path: Path) -> None:
    one, other = virtual_drive(tmp_path, "one.img", "TWIN"), virtual_drive(tmp_path, "two.img", "TWIN ")
    found: list[Drive] = discover.list_virtual(tmp_path)
    for drive, twin in zip(found, (other, one), strict=True):
        (refusal,) = guard.refusals(drive, attested=True)
        assert refusal.code == RefusalCode.DUPLICATE_SERIAL.value
        assert str(twin) in refusal.message
        assert reports.report(drive).plans == ()
    for path in (one, other):
        done = wipe("erase", path, "--confirm", "TWIN", "--evidence", tmp_path / "e", "--state", tmp_path / "state")
        assert done.returncode == 4
        assert path.read_bytes() == b"M" * 8192
