"""When an eraser counts as hung, and which bays are left alone: with a clock of the test's own."""

from dataclasses import replace
from pathlib import Path

import pytest

from wipe.drive import identity
from wipe.facts import Identity
from wipe.station.hang import KILL_SHARE, SILENT_SECONDS, Patience, Quarantine, Step, asleep, signs_of

pytestmark = pytest.mark.pure


class Clock:
    """Stands still until it is told."""

    def __init__(self) -> None:
        self.now = 1000.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


def silent(clock: Clock) -> Patience:
    """One that has seen nothing new for as long as is allowed, and a moment more."""
    made = Patience(clock=clock)
    made.look("signs", asleep=True)
    clock.now += SILENT_SECONDS
    assert made.look("signs", asleep=True) is Step.WAIT
    clock.now += 1
    return made


def test_an_eraser_that_gets_on_is_left_alone_however_slow_it_is(clock: Clock) -> None:
    patience = Patience(clock=clock)
    for number in range(100):
        clock.now += SILENT_SECONDS
        assert patience.look(number, asleep=True) is Step.WAIT


def test_an_eraser_whose_drive_is_silent_is_killed_once_and_then_counts_as_hung(clock: Clock) -> None:
    patience = silent(clock)
    assert patience.look("signs", asleep=True) is Step.KILL
    assert patience.look("signs", asleep=True) is Step.WAIT
    clock.now += SILENT_SECONDS * KILL_SHARE
    assert patience.look("signs", asleep=True) is Step.WAIT
    clock.now += 1
    assert patience.look("signs", asleep=False) is Step.HUNG
    assert patience.silent > SILENT_SECONDS


def test_an_eraser_that_waits_for_something_else_is_not_killed(clock: Clock) -> None:
    assert silent(clock).look("signs", asleep=False) is Step.WAIT


def test_one_sign_of_life_is_enough_to_begin_to_wait_anew(clock: Clock) -> None:
    patience = silent(clock)
    assert patience.look("other signs", asleep=True) is Step.WAIT
    clock.now += SILENT_SECONDS
    assert patience.look("other signs", asleep=True) is Step.WAIT


@pytest.mark.parametrize(
    ("stats", "found"),
    [
        (["1 (python3) S 0 0"], False),
        (["1 (python3) D 0 0"], True),
        (["1 (python3) S 0 0", "2 (python3) D 0 0"], True),
        (["1 (a) D name) S 0 0"], False),  # a program may call itself what it likes
        ([""], False),
        ([], False),
    ],
)
def test_who_sleeps_in_the_kernel_is_read_from_its_threads(tmp_path: Path, stats: list[str], found: bool) -> None:
    for number, stat in enumerate(stats):
        folder = tmp_path / "7" / "task" / str(number)
        folder.mkdir(parents=True)
        (folder / "stat").write_text(stat)
    assert asleep([7], tmp_path) is found


def test_what_an_eraser_prints_is_a_sign_and_what_is_not_there_is_none(tmp_path: Path) -> None:
    output = tmp_path / "output"
    before = signs_of([], output)
    assert signs_of([], output) == before
    output.write_text("{}\n")
    assert signs_of([], output) != before


@pytest.fixture
def drive(tmp_path: Path) -> Identity:
    path = tmp_path / "one.img"
    path.write_bytes(bytes(512))
    found, _ = identity.of_file(path)
    return replace(found, device="/dev/sdb", bay="pci-0000:00:1f.2-ata-3", serial="S1")


def test_a_bay_whose_drive_hangs_is_barred_under_every_name_until_the_drive_is_gone(drive: Identity) -> None:
    quarantine = Quarantine()
    assert quarantine.refusal(drive) is None
    quarantine.put("job", drive)
    renamed, other = replace(drive, device="/dev/sdq"), replace(drive, device="/dev/sdc", bay="another", serial="S2")
    for who in (drive, renamed):
        refusal = quarantine.refusal(who)
        assert refusal is not None
        assert refusal.code == "hung"
    assert quarantine.refusal(other) is None
    quarantine.renew([other, drive])
    assert quarantine.refusal(drive) is not None
    quarantine.renew([other])
    assert quarantine.refusal(drive) is None
    quarantine.put("job", drive)  # the job hangs on, but its drive has been pulled
    assert quarantine.refusal(drive) is None


def test_a_drive_without_a_physical_path_is_barred_by_its_name(drive: Identity) -> None:
    quarantine, nowhere = Quarantine(), replace(drive, bay=None)
    quarantine.put("job", nowhere)
    assert quarantine.refusal(nowhere) is not None
    assert quarantine.refusal(replace(nowhere, device="/dev/sdc")) is None


def test_another_drive_in_the_bay_shows_that_the_one_that_hung_is_gone(drive: Identity) -> None:
    quarantine = Quarantine()
    quarantine.put("job", drive)
    quarantine.renew([replace(drive, serial="S2")])
    assert quarantine.refusal(replace(drive, serial="S2")) is None
