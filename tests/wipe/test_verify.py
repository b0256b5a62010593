"""The reader finds every block that does not hold its pattern, and proves nothing it has not read."""

from collections.abc import Callable

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.wipe.faulty import BLOCK, FaultyDrive, geometry
from wipe.blocks import CHUNK, Ending
from wipe.facts import BlockRange
from wipe.overwrite import run_pass
from wipe.pattern import ConstantPattern, Pattern, RandomPattern
from wipe.verify import SECTIONS, SHARE, Verified, places, run_full, run_sampled
from wipe.vocabulary import VerificationKind

pytestmark = pytest.mark.pure

SIZE = 2 * CHUNK + 3 * BLOCK
PATTERNS = [ConstantPattern(0), RandomPattern(bytes(range(32)))]
SEED = b"seed"


def wiped(size: int, pattern: Pattern, liar: frozenset[int] = frozenset()) -> FaultyDrive:
    drive = FaultyDrive(size, liar=liar)
    run_pass(
        drive,
        geometry(size),
        pattern,
        number=1,
        passes=1,
        report=lambda progress: None,
        cancelled=lambda: False,
    )
    return drive


def full(drive: FaultyDrive, pattern: Pattern, cancelled: Callable[[], bool] = lambda: False) -> Verified:
    return run_full(drive, geometry(drive.size), pattern, passes=1, report=lambda progress: None, cancelled=cancelled)


def sampled(drive: FaultyDrive, pattern: Pattern) -> Verified:
    return run_sampled(
        drive,
        geometry(drive.size),
        pattern,
        seed=SEED,
        passes=1,
        report=lambda progress: None,
        cancelled=lambda: False,
    )


@pytest.mark.parametrize("pattern", PATTERNS)
def test_a_wiped_drive_agrees_in_every_byte(pattern: Pattern) -> None:
    seen = full(wiped(SIZE, pattern), pattern)
    assert seen.ending is Ending.COMPLETE
    assert seen.result.bytes_read == seen.result.bytes_expected == SIZE
    assert (seen.result.mismatched, seen.result.unreadable) == ((), ())


@pytest.mark.parametrize("pattern", PATTERNS)
def test_a_drive_that_lied_about_some_blocks_is_caught_to_the_block(pattern: Pattern) -> None:
    drive = wiped(SIZE, pattern, liar=frozenset({3, 4, CHUNK // BLOCK, SIZE // BLOCK - 1}))
    assert full(drive, pattern).result.mismatched == (
        BlockRange(3, 2, "mismatch"),
        BlockRange(CHUNK // BLOCK, 1, "mismatch"),
        BlockRange(SIZE // BLOCK - 1, 1, "mismatch"),
    )


def test_one_flipped_bit_is_found() -> None:
    drive = wiped(SIZE, PATTERNS[1])
    drive.data[CHUNK + 100] ^= 1
    assert full(drive, PATTERNS[1]).result.mismatched == (BlockRange(CHUNK // BLOCK, 1, "mismatch"),)


def test_the_pattern_of_another_key_matches_nowhere() -> None:
    drive = wiped(64 * BLOCK, RandomPattern(bytes(32)))
    assert full(drive, PATTERNS[1]).result.mismatched == (BlockRange(0, 64, "mismatch"),)


@pytest.mark.parametrize("pattern", PATTERNS)
def test_an_unreadable_block_is_unproved_even_where_zeros_belong(pattern: Pattern) -> None:
    drive = wiped(SIZE, pattern)
    drive.bad = frozenset({5, SIZE // BLOCK - 1})
    seen = full(drive, pattern).result
    assert seen.unreadable == (BlockRange(5, 1, "EIO"), BlockRange(SIZE // BLOCK - 1, 1, "EIO"))
    assert seen.mismatched == ()
    assert seen.bytes_read == SIZE - 2 * BLOCK


@pytest.mark.parametrize("gone_at", [0, BLOCK, CHUNK, SIZE - BLOCK])
def test_a_drive_that_leaves_is_never_verified(gone_at: int) -> None:
    drive = wiped(SIZE, PATTERNS[0])
    drive.gone_at = gone_at
    seen = full(drive, PATTERNS[0])
    assert seen.ending is Ending.GONE
    assert seen.result.bytes_read == gone_at


def test_cancel_is_not_a_proof() -> None:
    drive = wiped(SIZE, PATTERNS[0])
    seen = full(drive, PATTERNS[0], cancelled=lambda: True)
    assert seen.ending is Ending.CANCELLED
    assert seen.result.bytes_read == 0


def test_what_was_read_ahead_of_a_cancel_is_not_counted() -> None:
    answers = iter([False, True])
    seen = full(wiped(4 * CHUNK, PATTERNS[1]), PATTERNS[1], cancelled=lambda: next(answers))
    assert seen.ending is Ending.CANCELLED
    assert seen.result.bytes_read == CHUNK


def test_a_reading_cut_short_goes_on_where_it_stopped() -> None:
    drive = wiped(SIZE, PATTERNS[1])
    drive.short_at = CHUNK + 2 * BLOCK
    seen = full(drive, PATTERNS[1])
    assert seen.ending is Ending.COMPLETE
    assert seen.result.bytes_read == SIZE
    assert seen.result.mismatched == ()


@settings(max_examples=30)
@given(st.integers(SECTIONS * 2 * SHARE + 2, 500_000), st.binary(min_size=1, max_size=16))
def test_samples_cover_a_tenth_touch_both_ends_and_never_overlap(blocks: int, seed: bytes) -> None:
    chosen = places(geometry(blocks * BLOCK), seed)
    assert chosen is not None
    assert len(chosen) == 2 * SECTIONS + 2
    assert chosen[0] == (0, BLOCK)
    assert sum(chosen[-1]) == blocks * BLOCK
    assert all(one[0] + one[1] <= other[0] for one, other in zip(chosen, chosen[1:], strict=False))
    assert all(offset % BLOCK == 0 and length % BLOCK == 0 for offset, length in chosen)
    assert sum(length for _, length in chosen) * 10 >= (blocks - 2) * BLOCK
    assert chosen == places(geometry(blocks * BLOCK), seed)


def test_a_sample_reads_only_its_places_and_says_which() -> None:
    size = (SECTIONS * 2 * SHARE + 2) * BLOCK
    seen = sampled(wiped(size, PATTERNS[1]), PATTERNS[1])
    assert seen.result.kind is VerificationKind.SAMPLE
    assert seen.result.sample is not None
    assert seen.result.sample.samples == 2 * SECTIONS + 2
    assert size // 10 <= seen.result.bytes_read == seen.result.bytes_expected < size // 9
    assert seen.result.mismatched == ()


def test_a_sample_finds_a_drive_that_was_never_wiped() -> None:
    size = (SECTIONS * 2 * SHARE + 2) * BLOCK
    seen = sampled(FaultyDrive(size), PATTERNS[0])
    assert sum(one.blocks for one in seen.result.mismatched) * BLOCK == seen.result.bytes_expected


def test_a_drive_too_small_to_sample_is_read_whole_and_says_so() -> None:
    seen = sampled(wiped(SIZE, PATTERNS[0]), PATTERNS[0])
    assert seen.result.kind is VerificationKind.FULL
    assert seen.result.bytes_read == SIZE
