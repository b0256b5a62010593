"""The writer accounts for every block, whatever the drive does."""

from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.wipe.faulty import BLOCK, FaultyDrive, geometry
from wipe.blocks import CANCELLED, CHUNK, GONE, Ending
from wipe.facts import BlockRange, Progress
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
