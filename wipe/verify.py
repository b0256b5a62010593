"""Read a drive back and compare every block with the pattern that belongs there.

Never imports the writer: the bytes that belong at an offset are computed anew, and the caller gives a descriptor of
its own, opened after the caches were dropped (`wipe.drive.guard.open_fresh`), since a cached read proves nothing.
"""

import hashlib
import random
import time
from collections.abc import Callable, Iterable
from contextlib import closing
from dataclasses import dataclass, field
from functools import partial

from wipe import blocks, clock
from wipe.ahead import Requests, in_order
from wipe.blocks import LIMITS, PIECE, BlockIo, Ending, Place, RangeList, aligned, cut
from wipe.facts import BlockRange, ErrorLimits, Geometry, Progress, Sample, VerifyResult
from wipe.pattern import Pattern
from wipe.vocabulary import Phase, VerificationKind

SECTIONS = 1000  # equal subsections at least, NIST SP 800-88r1 section 4.7.2
SHARE = 20  # each sample reads a twentieth of its subsection, so two read a tenth of the drive
PROGRESS_SECONDS = 0.25

Report = Callable[[Progress], None]
Cancelled = Callable[[], bool]


@dataclass(frozen=True, slots=True)
class Verified:
    """What was read, and how it ended. Only COMPLETE with nothing mismatched or unreadable proves the pattern."""

    result: VerifyResult
    ending: Ending


@dataclass
class _Run:
    io: BlockIo
    geometry: Geometry
    pattern: Pattern
    passes: int
    expected: int
    report: Report
    limits: ErrorLimits
    mismatched: RangeList = field(init=False)
    unreadable: RangeList = field(init=False)
    read: int = 0
    errors_took: float = 0.0
    _began: float = field(default_factory=time.monotonic)
    _reported: float = 0.0

    def __post_init__(self) -> None:
        self.mismatched = RangeList(self.geometry.logical_block_size)
        self.unreadable = RangeList(self.geometry.logical_block_size)

    def advance(self, done: int) -> None:
        """Tell progress now and then; `done` is in bytes of what has to be read."""
        now = time.monotonic()
        if now - self._reported < PROGRESS_SECONDS and done < self.expected:
            return
        self._reported = now
        rate = int(done / max(now - self._began, 1e-9))
        errors = len(self.mismatched) + len(self.unreadable)
        self.report(Progress(Phase.VERIFY, self.passes, self.passes, done, self.expected, errors, rate, None))


def run_full(
    io: BlockIo,
    geometry: Geometry,
    pattern: Pattern,
    *,
    passes: int,
    report: Report,
    cancelled: Cancelled,
    limits: ErrorLimits = LIMITS,
) -> Verified:
    """Compare every block of the drive. `passes` is how many overwriting passes went before, for the progress."""
    run = _Run(io, geometry, pattern, passes, geometry.capacity_bytes, report, limits)
    return _run(run, VerificationKind.FULL, [(0, geometry.capacity_bytes)], None, cancelled)


def run_sampled(
    io: BlockIo,
    geometry: Geometry,
    pattern: Pattern,
    *,
    seed: bytes,
    passes: int,
    report: Report,
    cancelled: Cancelled,
    limits: ErrorLimits = LIMITS,
) -> Verified:
    """Compare the first and the last block and two random places in each of at least a thousand subsections.

    `seed` decides the places (see `places`), so that anybody can read the same ones again. Drives too small for a
    thousand subsections are read whole, which the result then calls by its name.
    """
    chosen = places(geometry, seed)
    if chosen is None:
        return run_full(io, geometry, pattern, passes=passes, report=report, cancelled=cancelled, limits=limits)
    listing = "".join(f"{offset} {length}\n" for offset, length in chosen)
    sample = Sample(seed.hex(), SECTIONS, len(chosen), hashlib.sha256(listing.encode()).hexdigest())
    run = _Run(io, geometry, pattern, passes, sum(length for _, length in chosen), report, limits)
    return _run(run, VerificationKind.SAMPLE, chosen, sample, cancelled)


def spot_check(io: BlockIo, geometry: Geometry, pattern: Pattern, written: int, faulty: Iterable[BlockRange]) -> bool:
    """Whether a drive holds the pattern at its start and just before byte `written`, apart from its faulty blocks."""
    block, buffer = geometry.logical_block_size, aligned(PIECE)
    spoilt = [(one.start_lba * block, (one.start_lba + one.blocks) * block) for one in faulty]
    for offset in {0, max((written - PIECE) // PIECE * PIECE, 0)}:
        length = min(PIECE, written - offset)
        if length <= 0 or any(start < offset + length and end > offset for start, end in spoilt):
            continue
        try:
            if io.pread(buffer[:length], offset) != length or not pattern.stream(offset).holds(buffer[:length]):
                return False
        except OSError:
            return False
    return True


def places(geometry: Geometry, seed: bytes) -> list[Place] | None:
    """The places of a sampled verification in rising order: never overlapping, at block edges, whole blocks.

    None where a subsection has fewer than 2 * SHARE blocks: a sample would then miss its share.
    """
    block = geometry.logical_block_size
    blocks = geometry.capacity_bytes // block
    if blocks // SECTIONS < 2 * SHARE:
        return None
    source = random.Random(seed)  # noqa: S311 - repeatable on purpose; the seed itself comes from the system
    chosen: list[Place] = [(0, block)]
    for section in range(SECTIONS):
        start, end = 1 + section * (blocks - 2) // SECTIONS, 1 + (section + 1) * (blocks - 2) // SECTIONS
        length = -(-(end - start) // SHARE)
        middle = (start + end) // 2
        for low, high in ((start, middle), (middle, end)):
            chosen.append((source.randrange(low, high - length + 1) * block, length * block))
    return [*chosen, ((blocks - 1) * block, block)]


def _run(
    run: _Run, kind: VerificationKind, listed: list[Place], sample: Sample | None, cancelled: Cancelled
) -> Verified:
    started = clock.now()
    digest = None if sample is None else hashlib.sha256()
    ending = _compare_all(run, listed, digest, cancelled)
    result = VerifyResult(
        kind=kind,
        pattern=run.pattern.kind,
        pattern_digest=run.pattern.digest,
        bytes_expected=run.expected,
        bytes_read=run.read,
        mismatched=run.mismatched.result(),
        unreadable=run.unreadable.result(),
        sample=sample,
        sha256=None if digest is None else digest.hexdigest(),
        started=started,
        ended=clock.now(),
    )
    return Verified(result, ending)


def _compare_all(run: _Run, listed: list[Place], digest: "hashlib._Hash | None", cancelled: Cancelled) -> Ending:
    """Read ahead on other threads, which compare too; what is not as it should be is gone into on this one."""
    requests, done = Requests(run.geometry, listed, run.expected), 0
    with closing(in_order(requests, partial(_look, run))) as seen:
        for offset, found, look in seen:
            if cancelled():
                return Ending.CANCELLED
            try:
                tried = _tried(run, found, offset, look)
            except _GivenUp:
                return Ending.GIVEN_UP
            if not look.holds:
                _judge(run, found[:tried], offset)
            if digest is not None:
                digest.update(found[:tried])
            if tried < len(found):
                return Ending.GONE
            done += len(found)
            run.advance(done)
    return Ending.COMPLETE


@dataclass(frozen=True, slots=True)
class _Look:
    """What one request gave: how many bytes, or what error; `holds` where all were read and are the pattern."""

    count: int
    error: OSError | None
    holds: bool


def _look(run: _Run, buffer: memoryview, offset: int) -> _Look:
    """Read and compare, on any thread: it changes nothing but the buffer."""
    try:
        count = run.io.pread(buffer, offset)
    except OSError as error:
        return _Look(0, error, False)
    return _Look(count, None, count == len(buffer) and run.pattern.stream(offset).holds(buffer))


def _tried(run: _Run, buffer: memoryview, offset: int, look: _Look) -> int:
    """Take over what was read ahead, and go on where that stopped; as `_read`. Raises _GivenUp."""
    if look.error is not None:
        return _around(run, buffer, offset, look.error)
    whole = look.count - look.count % run.geometry.logical_block_size
    run.read += whole
    return whole + _read(run, buffer[whole:], offset + whole) if whole else 0


class _GivenUp(Exception):
    """Errors took longer than the plan allows."""


def _read(run: _Run, buffer: memoryview, offset: int) -> int:
    """Read one piece, in smaller ones around bad places; the bytes tried before the drive went, all if it is there.

    Raises _GivenUp.
    """
    block, done = run.geometry.logical_block_size, 0
    while done < len(buffer):
        try:
            count = run.io.pread(buffer[done:], offset + done)
        except OSError as error:
            return done + _around(run, buffer[done:], offset + done, error)
        whole = count - count % block
        if whole == 0:  # inside the size read before: not the end of the drive, the drive has gone
            return done
        run.read += whole
        done += whole
    return done


def _around(run: _Run, buffer: memoryview, offset: int, error: OSError) -> int:
    problem = blocks.of_medium(error)
    if not problem or not run.io.present():
        return 0
    return _read_smaller(run, buffer, offset, problem)


def _read_smaller(run: _Run, buffer: memoryview, offset: int, problem: str) -> int:
    geometry = run.geometry
    steps = (PIECE, max(geometry.physical_block_size, geometry.logical_block_size), geometry.logical_block_size)
    step = next((one for one in steps if one < len(buffer)), None)
    if step is None:
        buffer[:] = bytes(len(buffer))  # what an earlier read left here must not pass for this block
        run.unreadable.add(offset, len(buffer), problem)
        return len(buffer)
    for start, length in cut(offset, len(buffer), step):
        if run.errors_took > run.limits.drive_seconds:
            raise _GivenUp
        before, took = run.errors_took, time.monotonic()
        done = _read(run, buffer[start - offset : start - offset + length], start)
        run.errors_took = before + time.monotonic() - took
        if done < length:
            return start - offset + done
    return len(buffer)


def _judge(run: _Run, found: memoryview, offset: int) -> None:
    """Note every block that differs, unless it could not be read at all."""
    length = len(found)
    wanted = bytearray(length)
    run.pattern.stream(offset).fill(memoryview(wanted))
    block = run.geometry.logical_block_size
    bad = _unreadable_blocks(run.unreadable.since(offset), offset // block, length // block)
    for start in range(0, length, block):
        same = wanted[start : start + block] == found[start : start + block]
        if not same and (offset + start) // block not in bad:
            run.mismatched.add(offset + start, block, "mismatch")


def _unreadable_blocks(ranges: Iterable[BlockRange], start: int, blocks: int) -> frozenset[int]:
    return frozenset(
        block
        for one in ranges
        for block in range(max(one.start_lba, start), min(one.start_lba + one.blocks, start + blocks))
    )
