"""The writer accounts for every block, whatever the drive does."""

from collections.abc import Callable
from datetime import UTC, datetime

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.wipe.faulty import BLOCK, Clock, FaultyDrive, geometry
from wipe.blocks import CANCELLED, CHUNK, GIVEN_UP, GONE, LIMITS, NOT_FLUSHED, PIECE, Ending
from wipe.facts import BlockRange, ErrorLimits, Progress, Reached
from wipe.overwrite import Overwritten, run_pass
from wipe.pattern import ConstantPattern, Pattern, RandomPattern

pytestmark = pytest.mark.pure

SIZE = 2 * CHUNK + 3 * BLOCK  # the last request is a short one
KEY = bytes(range(32))


def go(
    drive: FaultyDrive,
    pattern: Pattern | None = None,
    cancelled: Callable[[], bool] = lambda: False,
    report: Callable[[Progress], None] = lambda progress: None,
) -> Overwritten:
    done = run_pass(
        drive,
        geometry(drive.size),
        pattern or ConstantPattern(0),
        number=1,
        passes=1,
        report=report,
        cancelled=cancelled,
    )
    accounted = done.result.bytes_written + sum(one.blocks for one in done.result.unwritten) * BLOCK
    assert accounted == drive.size
    return done


@pytest.mark.parametrize("pattern", [ConstantPattern(0), ConstantPattern(0x55), RandomPattern(KEY)])
def test_a_sound_drive_holds_the_pattern_in_every_byte(pattern: Pattern) -> None:
    drive = FaultyDrive(SIZE)
    done = go(drive, pattern)
    wanted = bytearray(SIZE)
    pattern.stream(0).fill(memoryview(wanted))
    assert drive.data == wanted
    assert done.ending is Ending.COMPLETE
    assert done.result.bytes_written == done.result.bytes_expected == SIZE
    assert done.result.unwritten == ()
    assert done.result.throughput[-1].offset == SIZE


def test_bad_blocks_are_named_to_the_block_and_their_neighbours_are_written() -> None:
    bad = frozenset({0, 7, 8, CHUNK // BLOCK, SIZE // BLOCK - 1})
    drive = FaultyDrive(SIZE, bad=bad)
    done = go(drive)
    assert done.ending is Ending.COMPLETE
    assert done.result.unwritten == (
        BlockRange(0, 1, "EIO"),
        BlockRange(7, 2, "EIO"),
        BlockRange(CHUNK // BLOCK, 1, "EIO"),
        BlockRange(SIZE // BLOCK - 1, 1, "EIO"),
    )
    left = {block for block in range(SIZE // BLOCK) if b"M" in drive.data[block * BLOCK : (block + 1) * BLOCK]}
    assert left == bad


@given(st.sets(st.integers(0, 63), max_size=20))
def test_any_set_of_bad_blocks_is_exactly_what_is_left(bad: set[int]) -> None:
    drive = FaultyDrive(64 * BLOCK, bad=frozenset(bad))
    done = go(drive)
    named = {lba for one in done.result.unwritten for lba in range(one.start_lba, one.start_lba + one.blocks)}
    assert named == bad
    assert {block for block in range(64) if b"M" in drive.data[block * BLOCK : (block + 1) * BLOCK]} == bad


def test_a_slow_region_is_left_for_later_and_named_to_the_request(monkeypatch: pytest.MonkeyPatch) -> None:
    clock, request = Clock(), CHUNK // BLOCK
    monkeypatch.setattr("wipe.overwrite.time", clock)
    drive = FaultyDrive(48 * CHUNK, clock=clock, sluggish=range(20 * request + 5, 23 * request))
    done = go(drive)
    assert done.ending is Ending.COMPLETE
    assert done.result.slow == (BlockRange(20 * request, 3 * request, "slow"),)
    assert done.result.unwritten == ()
    assert set(drive.data) == {0}


def test_a_drive_that_is_slow_everywhere_has_no_slow_region(monkeypatch: pytest.MonkeyPatch) -> None:
    clock = Clock()
    monkeypatch.setattr("wipe.overwrite.time", clock)
    drive = FaultyDrive(24 * CHUNK, clock=clock, sluggish=range(24 * CHUNK // BLOCK))
    assert go(drive).result.slow == ()


@pytest.mark.parametrize("gone_at", [0, BLOCK, CHUNK, CHUNK + 5 * BLOCK, SIZE - BLOCK])
def test_a_drive_that_leaves_is_never_taken_for_its_own_end(gone_at: int) -> None:
    done = go(FaultyDrive(SIZE, gone_at=gone_at))
    assert done.ending is Ending.GONE
    assert done.result.bytes_written == gone_at
    assert done.result.unwritten == (BlockRange(gone_at // BLOCK, (SIZE - gone_at) // BLOCK, GONE),)


def test_a_request_cut_short_goes_on_where_it_stopped() -> None:
    drive = FaultyDrive(SIZE, short_at=CHUNK + 2 * BLOCK)
    assert go(drive).ending is Ending.COMPLETE
    assert b"M" not in drive.data


def test_a_failed_flush_leaves_nothing_proved() -> None:
    done = go(FaultyDrive(SIZE, flush_fails=True))
    assert done.ending is Ending.GONE
    assert done.result.bytes_written == 0
    assert done.result.unwritten == (BlockRange(0, SIZE // BLOCK, "not flushed to the medium"),)


def test_cancel_stops_at_the_next_request_and_names_the_rest() -> None:
    answers = iter([False, True])
    done = go(FaultyDrive(SIZE), cancelled=lambda: next(answers))
    assert done.ending is Ending.CANCELLED
    assert done.result.bytes_written == CHUNK
    assert done.result.unwritten == (BlockRange(CHUNK // BLOCK, (SIZE - CHUNK) // BLOCK, CANCELLED),)


def test_progress_ends_at_the_size_and_never_runs_backwards() -> None:
    seen: list[Progress] = []
    go(FaultyDrive(SIZE), report=seen.append)
    assert [one.bytes_done for one in seen] == sorted(one.bytes_done for one in seen)
    assert seen[-1].bytes_done == seen[-1].bytes_total == SIZE


def test_a_request_that_fails_is_worked_on_only_after_the_rest_of_the_drive() -> None:
    drive = FaultyDrive(SIZE, bad=frozenset({3}))
    order: list[int] = []
    write = drive.pwrite

    def noted(buffer: memoryview, offset: int) -> int:
        order.append(offset)
        return write(buffer, offset)

    drive.pwrite = noted  # type: ignore[method-assign]
    assert go(drive).result.unwritten == (BlockRange(3, 1, "EIO"),)
    forward = [0, CHUNK, 2 * CHUNK]
    assert order[:3] == forward
    pieces = order[3 : 3 + CHUNK // PIECE]
    assert pieces == sorted(pieces, reverse=True)  # from the end of the region to its start
    assert order[3 + CHUNK // PIECE :].count(3 * BLOCK) == LIMITS.block_tries


def test_time_for_errors_runs_out_and_all_that_is_left_is_named() -> None:
    drive = FaultyDrive(SIZE, bad=frozenset({0, 9000}))
    limits = ErrorLimits(block_tries=1, region_seconds=60, drive_seconds=-1)
    done = run_pass(
        drive,
        geometry(SIZE),
        ConstantPattern(0),
        number=1,
        passes=1,
        report=lambda progress: None,
        cancelled=lambda: False,
        limits=limits,
    )
    assert done.ending is Ending.GIVEN_UP
    assert {one.reason for one in done.result.unwritten} == {GIVEN_UP}
    assert done.result.bytes_written + sum(one.blocks for one in done.result.unwritten) * BLOCK == SIZE


def test_a_region_may_not_take_for_ever_and_what_it_lost_is_named() -> None:
    drive = FaultyDrive(SIZE, bad=frozenset({0}))
    limits = ErrorLimits(block_tries=1, region_seconds=-1, drive_seconds=60)
    done = run_pass(
        drive,
        geometry(SIZE),
        ConstantPattern(0),
        number=1,
        passes=1,
        report=lambda progress: None,
        cancelled=lambda: False,
        limits=limits,
    )
    assert done.ending is Ending.COMPLETE
    assert done.result.unwritten == (BlockRange(0, CHUNK // BLOCK, GIVEN_UP),)


@given(st.integers(0, 2), st.sets(st.integers(0, SIZE // BLOCK - 1), max_size=5))
@settings(max_examples=20, deadline=None)
def test_a_pass_that_goes_on_from_what_is_durable_leaves_the_same_drive(requests: int, bad: set[int]) -> None:
    whole, drive = FaultyDrive(SIZE, bad=frozenset(bad)), FaultyDrive(SIZE, bad=frozenset(bad))
    wanted = go(whole, RandomPattern(KEY))
    noted: list[Reached] = []
    answers = iter([False] * requests + [True])
    common = {"number": 1, "passes": 1, "report": lambda progress: None, "durable": noted.append}
    first = run_pass(drive, geometry(SIZE), RandomPattern(KEY), cancelled=lambda: next(answers), **common)  # type: ignore[arg-type]
    assert first.ending is Ending.CANCELLED
    second = run_pass(
        drive,
        geometry(SIZE),
        RandomPattern(KEY),
        cancelled=lambda: False,
        begun=noted[-1],
        **common,  # type: ignore[arg-type]
    )
    assert second.ending is Ending.COMPLETE
    assert second.result.unwritten == wanted.result.unwritten
    assert second.result.started == first.result.started
    assert drive.data == whole.data


def test_what_was_not_flushed_since_the_last_place_that_is_sure_counts_as_unwritten() -> None:
    begun = Reached(1, CHUNK, (), (), (), datetime(2026, 11, 24, tzinfo=UTC))
    done = run_pass(
        FaultyDrive(SIZE, flush_fails=True),
        geometry(SIZE),
        ConstantPattern(0),
        number=1,
        passes=1,
        report=lambda progress: None,
        cancelled=lambda: False,
        begun=begun,
    )
    assert done.ending is Ending.GONE
    assert done.result.bytes_written == CHUNK
    assert done.result.unwritten == (BlockRange(CHUNK // BLOCK, (SIZE - CHUNK) // BLOCK, NOT_FLUSHED),)


def test_time_that_it_was_kept_waiting_is_no_fault_of_the_blocks(monkeypatch: pytest.MonkeyPatch) -> None:
    """A drive that must cool amid its bad blocks: an hour of that costs no block beside them."""
    clock = Clock()
    monkeypatch.setattr("wipe.overwrite.time", clock)
    drive = FaultyDrive(SIZE, bad=frozenset({3, 9000}), clock=clock)

    def waits() -> bool:
        clock.now += LIMITS.drive_seconds / 100
        return False

    done = go(drive, cancelled=waits)
    assert done.ending is Ending.COMPLETE
    assert [(one.start_lba, one.blocks) for one in done.result.unwritten] == [(3, 1), (9000, 1)]
