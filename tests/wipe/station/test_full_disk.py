"""Disks that are full: before a job nothing begins, and in the middle of one no evidence is lost."""

import errno
import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from tests.station import bench, wait_until
from tests.wipe.station.test_station import LONG, MARKER, Station
from tests.wipe.station.tracker import CODE, tracker
from wipe.cli import evidence_file
from wipe.errors import BadInput, ExitCode

MIB = 1 << 20
NO_SPACE = OSError(errno.ENOSPC, "No space left on device")


@contextmanager
def small(path: Path, size: int) -> Iterator[Path]:
    """A disk of `size` bytes."""
    path.mkdir(mode=0o700)
    subprocess.run(["mount", "-t", "tmpfs", "-o", f"size={size},mode=0700", "tmpfs", path], check=True)
    try:
        yield path
    finally:
        subprocess.run(["umount", "--lazy", path], check=True)


def fill(disk: Path, leave: int = 0) -> Path:
    """Fill a disk but for `leave` bytes; the file that does it."""
    path = disk / "somebody's film"
    with path.open("wb", buffering=0) as file:
        free = os.statvfs(disk)
        os.posix_fallocate(file.fileno(), 0, max(free.f_bavail * free.f_frsize - leave, 1))
    return path


@pytest.fixture
def station(tmp_path: Path) -> Iterator[Station]:
    """As in test_station, with the supervisor and the agent each on a small disk of its own."""
    drives = tmp_path / "drives"
    drives.mkdir()
    with (
        small(tmp_path / "station", 16 * MIB),
        small(tmp_path / "agent", 4 * MIB),
        tracker() as fake,
        bench(tmp_path, virtual=drives) as made,
    ):
        made.supervise()
        made.enrol(fake.url, CODE)
        yield Station(made, fake, drives)


@pytest.mark.loop
@pytest.mark.parametrize("leave", [0, 2 * MIB])
def test_without_room_nothing_begins_and_the_tracker_hears_why(station: Station, leave: int) -> None:
    path = station.drive()
    before = path.read_bytes()
    station.bench.run()
    station.report(str(path))
    film = fill(station.bench.state, leave)
    order = station.order(str(path))
    station.until(order, "refused")
    (said,) = [one for one in station.tracker.said if one["job_id"] == order["job_id"] and one["refusals"]][:1]
    assert [one["code"] for one in said["refusals"]] == ["no-room"]
    assert "Make room on the station" in said["refusals"][0]["advice"]
    assert path.read_bytes() == before
    station.tracker.orders.clear()
    film.unlink()
    station.until(station.order(str(path)), "ended")
    assert station.delivered().outcome.value == "SANITISED_CLEAR"


@pytest.mark.loop
def test_a_disk_that_fills_up_in_the_middle_of_a_wipe_costs_no_evidence(station: Station) -> None:
    path = station.drive(size=LONG)
    station.bench.run()
    order = station.order(str(path))
    station.until(order, "running")
    fill(station.bench.state)
    wait_until(lambda: any("disk is full" in one["message"] for one in station.tracker.said), "nobody was told")
    told = station.delivered()
    assert (told.job_id, told.outcome.value) == (order["job_id"], "SANITISED_CLEAR")
    station.until(order, "ended")


@pytest.mark.loop
def test_evidence_that_finds_no_room_with_the_agent_stays_with_the_supervisor_until_there_is(station: Station) -> None:
    path = station.drive()
    station.bench.run()
    station.report(str(path))
    film = fill(station.bench.agent)
    order = station.order(str(path))
    station.until(order, "ended")
    wait_until(lambda: station.bench.log_says("stays with the supervisor"), "nobody was told")
    assert station.tracker.evidence == {}
    assert station.bench.status()["supervisor"]["jobs"]  # it is not forgotten while its evidence is nowhere else
    film.unlink()
    assert station.delivered().job_id == order["job_id"]
    wait_until(lambda: not station.bench.status()["supervisor"]["jobs"], "the job was not forgotten")
    assert [len(one) for one in station.tracker.evidence.values()] == [1]


@pytest.mark.loop
@pytest.mark.parametrize(("full", "status"), [("state", ExitCode.BAD_INPUT), ("evidence", ExitCode.REFUSED)])
def test_the_command_touches_no_drive_where_journal_or_evidence_find_no_room(
    tmp_path: Path, full: str, status: ExitCode
) -> None:
    drive = tmp_path / "one.img"
    drive.write_bytes(MARKER * 4096)
    drive.with_name("one.img.identity.json").write_text('{"serial": "VD-0042", "kind": "ssd"}')
    with small(tmp_path / "state", 4 * MIB) as state, small(tmp_path / "evidence", 4 * MIB) as evidence:
        wipe = [sys.executable, "-m", "wipe.main"]
        subprocess.run([*wipe, "station", "key", "--public", "--state", state], check=True, capture_output=True)
        fill(tmp_path / full)
        words = [
            "erase",
            str(drive),
            "--confirm",
            "0042",
            "--evidence",
            str(evidence / "one.jws"),
            "--state",
            str(state),
        ]
        done = subprocess.run([*wipe, *words], capture_output=True, text=True, check=False)
    assert done.returncode == status
    assert "nothing was wiped" in done.stderr
    assert drive.read_bytes() == MARKER * 4096


class Disk:
    """Refuses to be written to for a while."""

    def __init__(self, refusals: int) -> None:
        self.refusals, self.written = refusals, b""

    def __call__(self, data: bytes) -> None:
        self.refusals -= 1
        if self.refusals >= 0:
            raise NO_SPACE
        self.written = data


@pytest.fixture
def nowhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A place where nothing can be written, and no time between two tries."""
    monkeypatch.setattr(evidence_file, "WAIT_SECONDS", 0.0)
    (tmp_path / "file").write_bytes(b"")
    return tmp_path / "file" / "spare"


def test_evidence_that_finds_no_room_anywhere_is_printed_and_kept_until_there_is(
    nowhere: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    disk = Disk(3)
    evidence_file.write_somewhere(disk, Path("one.jws"), b"a.b.c", nowhere, lambda: False)
    assert disk.written == b"a.b.c"
    assert capsys.readouterr().err.count("a.b.c") == 1


def test_who_ends_the_program_before_there_is_room_is_told_where_the_evidence_stands(
    nowhere: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(BadInput, match="nor to"):
        evidence_file.write_somewhere(Disk(1000), Path("one.jws"), b"a.b.c", nowhere, lambda: True)
    assert "a.b.c" in capsys.readouterr().err


@pytest.mark.loop
def test_room_for_the_evidence_is_taken_before_the_wipe(tmp_path: Path) -> None:
    with small(tmp_path / "disk", 4 * MIB) as disk:
        place = disk / "one.jws"
        with evidence_file.claimed(place) as write:
            fill(disk)
            write(b"x" * 100_000)
            assert place.read_bytes() == b"x" * 100_000
        assert [path.name for path in sorted(disk.iterdir())] == ["one.jws", "somebody's film"]
