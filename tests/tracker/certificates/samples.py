"""Records of runs that went wrong in their own ways, as an eraser writes them: what their papers are looked at with."""

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta

from tests.tracker.certificates.cast import CAPACITY, HEALTH, START, make
from wipe.blocks import CANCELLED, Ending
from wipe.facts import Bay, BlockRange, Hold, PassResult, Reading
from wipe.record import Interruption, Record
from wipe.vocabulary import Cut, Method, Phase, TriState

BLOCK = 512
_CLEAN = make()
_DIP = (310 << 30) // BLOCK  # a block in the middle of the medium


def _pass(record: Record, **changes: object) -> tuple[PassResult, ...]:
    return (replace(record.passes[0], **changes),)  # type: ignore[arg-type]


def _lost(*ranges: BlockRange) -> int:
    return CAPACITY - sum(one.blocks for one in ranges) * BLOCK


def bad_sectors() -> Record:
    """Three places that could not be written, and two that could not be read back: failed."""
    lost = (BlockRange(1_953_125, 1, "EIO"), BlockRange(1_953_200, 16, "EIO"), BlockRange(_DIP, 2048, "EIO"))
    unreadable = tuple(replace(one, reason="EIO when read") for one in lost[:2])
    assert _CLEAN.verification is not None
    return make(
        passes=_pass(_CLEAN, unwritten=lost, bytes_written=_lost(*lost)),
        verification=replace(_CLEAN.verification, unreadable=unreadable, bytes_read=CAPACITY - 17 * BLOCK),
        health_before=replace(HEALTH, reallocated=4, pending=9),
        health_after=replace(HEALTH, passed=TriState.NO, reallocated=21, pending=2065, messages=("Reallocated: 21",)),
    )


def many_ranges(count: int = 200) -> Record:
    """So many places that could not be written that their table is longer than a page."""
    lost = tuple(BlockRange(n * 4_882_813 // (count // 200), 8 * (n % 5 + 1), "EIO") for n in range(count))
    return make(passes=_pass(_CLEAN, unwritten=lost, bytes_written=_lost(*lost)), verification=None)


def resumed() -> Record:
    """Cut off twice: once it went on from where it was, once it had to begin anew."""
    first = Interruption(
        record_id="01938c5e-7a3b-7d52-9c11-4be07f3a6d11",
        method=Method.NIST_CLEAR,
        started=START - timedelta(hours=5),
        cause=Cut.DRIVE_LEFT,
        ended=START - timedelta(hours=4),
        why_anew="The drive does not hold any more what that run wrote.",
    )
    second = replace(
        first,
        started=START - timedelta(hours=3),
        ended=START - timedelta(hours=2, minutes=11),
        cause=Cut.CUT_OFF,
        pass_number=1,
        offset=162_529_280_000,
        why_anew="",
        device="/dev/sdd",
        bay="pci-0000:00:1f.2-ata-4",
    )
    return make(interruptions=(first, second))


def resumed_with_a_hold() -> Record:
    """Went on after a power cut, stood still once until it had cooled, and the station's clock was set back."""
    at = [START + timedelta(minutes=n) for n in (10, 14, 20, 30)]
    return replace(
        make(interruptions=resumed().interruptions[1:]),
        bay=Bay("pci-0000:00:1f.2-ata-4", "bay 3", "upper row"),
        holds=(Hold(list(Phase)[0], 1, CAPACITY // 2, at[0], at[1], 61, 50, 60, own_limit=True),),
        readings=tuple(Reading(one, list(Phase)[0], 1, CAPACITY // 2, TriState.YES, (), 50) for one in at[2:]),
        clock_moved_seconds=-90,
    )


def cancelled() -> Record:
    """Stopped by a person after a quarter."""
    written = CAPACITY // 4 // 4096 * 4096
    rest = BlockRange(written // BLOCK, (CAPACITY - written) // BLOCK, CANCELLED)
    points = _CLEAN.passes[0].throughput[:16]
    one = _pass(_CLEAN, unwritten=(rest,), bytes_written=written, throughput=points)
    return make(passes=one, verification=None, ending=Ending.CANCELLED, ended=START + timedelta(minutes=20))


def slow_regions() -> Record:
    """Erased, but three regions were many times slower than the rest."""
    slow = tuple(BlockRange(start, 262_144, "slow") for start in (_DIP, _DIP + 20_000_000, 900_000_000))
    return make(passes=_pass(_CLEAN, slow=slow))


def exceptions() -> Record:
    """Written and read back whole, on a drive that has moved sectors aside."""
    return make(health_after=replace(HEALTH, reallocated=12), health_before=replace(HEALTH, reallocated=12))


def three_passes() -> Record:
    """A method of former times, with a chart for each of its passes."""
    return make(method=Method.DOD_5220_22_M)


SAMPLES: dict[str, Callable[[], Record]] = {
    one.__name__: one
    for one in (
        bad_sectors,
        many_ranges,
        resumed,
        resumed_with_a_hold,
        cancelled,
        slow_regions,
        exceptions,
        three_passes,
    )
}
