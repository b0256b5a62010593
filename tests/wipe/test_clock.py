"""A clock that is set in the middle of a run: the record keeps its order and its durations, and says so."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from wipe import clock, codec, journal, plan, record
from wipe.clock import Clock
from wipe.drive import discover
from wipe.facts import Progress
from wipe.journal import Intent
from wipe.session import Context, Session
from wipe.vocabulary import Method, Phase, VerificationKind

pytestmark = pytest.mark.pure

NOW = datetime(2026, 11, 24, 9, 0, tzinfo=UTC)
YEARS_BACK, HOURS_ON = timedelta(days=-5 * 365), timedelta(hours=3)


class Wall:
    """The station's clock, which somebody sets, and the one that nobody can."""

    def __init__(self) -> None:
        self.shift, self.steady = timedelta(), 0.0

    def wall(self) -> datetime:
        return NOW + timedelta(seconds=self.steady) + self.shift

    def monotonic(self) -> float:
        self.steady += 0.25
        return self.steady


def test_time_goes_on_evenly_however_the_clock_is_set() -> None:
    wall = Wall()
    made = Clock(wall=wall.wall, steady=wall.monotonic)
    seen = []
    for shift in (timedelta(), YEARS_BACK, HOURS_ON):
        wall.shift = shift
        seen.append(made.now())
    assert [later - sooner for sooner, later in zip(seen, seen[1:], strict=False)] == [timedelta(seconds=0.25)] * 2
    assert made.moved_seconds == HOURS_ON.total_seconds()
    wall.shift = YEARS_BACK
    assert made.moved_seconds == YEARS_BACK.total_seconds()


def test_a_clock_that_drifts_by_a_second_did_not_jump() -> None:
    wall = Wall()
    made = Clock(wall=wall.wall, steady=wall.monotonic)
    wall.shift = timedelta(seconds=1)
    assert made.moved_seconds == 0


def test_a_clock_that_says_less_than_what_was_written_down_was_set_back() -> None:
    wall = Wall()
    made = Clock(NOW + HOURS_ON, wall=wall.wall, steady=wall.monotonic)
    assert made.now() >= NOW + HOURS_ON
    assert made.moved_seconds == -HOURS_ON.total_seconds()


def run(folder: Path, tell: list[timedelta], wall: Wall, since: datetime | None = None) -> record.Record:
    """Wipe a virtual drive; the clock is set when the overwriting is told of, and when the reading back is."""
    path = folder / "one.img"
    path.write_bytes(b"SECRET-MARKER---" * 4096)
    path.with_name("one.img.identity.json").write_text('{"serial": "VD-0042", "kind": "ssd"}')
    drive = discover.find(str(path))
    made = plan.make(drive, Method.NIST_CLEAR, VerificationKind.FULL, None)

    def report(progress: Progress) -> None:
        wall.shift = tell[progress.phase is Phase.VERIFY]

    session = Session(drive, made, report, lambda: False, since=since)
    session.erase()
    session.verify()
    return session.finish(Ed25519PrivateKey.generate(), Context()).record


@pytest.mark.parametrize("moves", [[YEARS_BACK, YEARS_BACK], [HOURS_ON, HOURS_ON], [HOURS_ON, YEARS_BACK]])
def test_the_record_of_a_run_keeps_its_order_and_says_how_far_the_clock_moved(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, moves: list[timedelta]
) -> None:
    wall = Wall()
    monkeypatch.setattr(clock, "_wall", wall.wall)
    monkeypatch.setattr(clock, "_steady", wall.monotonic)
    found = run(tmp_path, moves, wall)
    (done,), read = found.passes, found.verification
    assert read is not None
    times = [found.started, done.started, done.ended, read.started, read.ended, found.ended]
    assert times == sorted(times)
    assert found.ended - found.started < timedelta(minutes=1)
    assert found.clock_moved_seconds == moves[1].total_seconds()
    assert found.outcome.value == "SANITISED_CLEAR"


def test_a_run_that_begins_before_what_the_station_wrote_down_is_dated_after_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    wall = Wall()
    monkeypatch.setattr(clock, "_wall", wall.wall)
    monkeypatch.setattr(clock, "_steady", wall.monotonic)
    found = run(tmp_path, [timedelta()] * 2, wall, since=NOW + HOURS_ON)
    assert found.started >= NOW + HOURS_ON
    assert found.clock_moved_seconds == -HOURS_ON.total_seconds()


def test_a_clock_that_nobody_set_leaves_no_word_in_the_record(tmp_path: Path) -> None:
    found = run(tmp_path, [timedelta()] * 2, Wall())
    assert found.clock_moved_seconds == 0
    assert "clock_moved_seconds" not in codec.encode(found)


def test_the_latest_run_is_known_by_its_number_whatever_its_clock_said(tmp_path: Path) -> None:
    path = tmp_path / "one.img"
    path.write_bytes(bytes(4096))
    path.with_name("one.img.identity.json").write_text('{"serial": "VD-0042", "kind": "ssd"}')
    made = plan.make(discover.find(str(path)), Method.NIST_CLEAR, VerificationKind.FULL, None)
    job = "0190cf2e-0000-7000-8000-00000000000f"
    first = Intent("0190cf2e-0000-7000-8000-000000000002", NOW, made, job, number=1)
    second = replace(first, record_id="0190cf2e-0000-7000-8000-000000000001", number=2)  # by its clock the earlier one
    for one in (first, second):
        journal.Entry(tmp_path, one).close(forget=False)
    assert journal.cut_off(tmp_path, made) == (first, second)
    assert journal.of_job(tmp_path, job) == second
