"""Write a pattern over a whole drive. The only module that writes to a drive.

The size is the one read before the first write: a drive that leaves looks like its own end (write fails with ENOSPC
or is short, nothing says "unplugged"), so every block up to that size is accounted for, written or named.
"""

import errno
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime

from wipe.blocks import CANCELLED, CHUNK, GONE, BlockIo, Ending, RangeList, aligned, chunks, halves
from wipe.facts import Geometry, PassResult, Progress, ThroughputPoint
from wipe.pattern import Pattern, Stream
from wipe.vocabulary import Phase

# Errors of one place on the medium; any other error means that the drive as a whole cannot be used any more.
MEDIUM_ERRORS = frozenset({errno.EIO, errno.EILSEQ, errno.ENODATA, errno.EREMOTEIO})
PROFILE_POINTS = 64  # stretches of the throughput profile
PROGRESS_SECONDS = 0.25

Report = Callable[[Progress], None]
Cancelled = Callable[[], bool]


@dataclass(frozen=True, slots=True)
class Overwritten:
    """A pass and how it ended. The result accounts for every block either way."""

    result: PassResult
    ending: Ending


@dataclass
class _Run:
    io: BlockIo
    geometry: Geometry
    pattern: Pattern
    number: int
    passes: int
    report: Report
    unwritten: RangeList = field(init=False)
    written: int = 0
    profile: list[ThroughputPoint] = field(default_factory=list)
    _mark: tuple[int, float] = (0, 0.0)
    _reported: float = 0.0

    def __post_init__(self) -> None:
        self.unwritten = RangeList(self.geometry.logical_block_size)
        self._mark = (0, time.monotonic())

    def advance(self, done: int) -> None:
        """Keep the profile and tell progress now and then, not for every request."""
        now = time.monotonic()
        stretch = max(self.geometry.capacity_bytes // PROFILE_POINTS, CHUNK)
        offset, since = self._mark
        rate = int((done - offset) / max(now - since, 1e-9))
        if done - offset >= stretch or (done >= self.geometry.capacity_bytes > offset):
            self.profile.append(ThroughputPoint(done, rate))
            self._mark = (done, now)
        if now - self._reported >= PROGRESS_SECONDS or done >= self.geometry.capacity_bytes:
            self._reported = now
            total, errors = self.geometry.capacity_bytes, len(self.unwritten)
            self.report(Progress(Phase.OVERWRITE, self.number, self.passes, done, total, errors, rate, None))


def run_pass(
    io: BlockIo,
    geometry: Geometry,
    pattern: Pattern,
    *,
    number: int,
    passes: int,
    report: Report,
    cancelled: Cancelled,
) -> Overwritten:
    """Overwrite the whole drive once with `pattern`; `number` counts from 1 to `passes`.

    An error of the medium is halved down to the logical block, so that no good block beside a bad one stays
    unwritten. Ends early only when `cancelled()` says so or the drive has gone; what was not tried is then listed as
    unwritten. A flush that fails leaves no block proved, and is reported as a drive that has gone.
    """
    run = _Run(io, geometry, pattern, number, passes, report)
    started = datetime.now(UTC)
    ending, reached = _write_all(run, cancelled)
    if ending is not Ending.COMPLETE:
        reason = CANCELLED if ending is Ending.CANCELLED else GONE
        run.unwritten.add(reached, geometry.capacity_bytes - reached, reason)
    if not _flushed(io):
        ending, run.written = Ending.GONE, 0
        run.unwritten = RangeList(geometry.logical_block_size)
        run.unwritten.add(0, geometry.capacity_bytes, "not flushed to the medium")
    result = PassResult(
        number=number,
        pattern=pattern.kind,
        pattern_digest=pattern.digest,
        bytes_expected=geometry.capacity_bytes,
        bytes_written=run.written,
        unwritten=run.unwritten.result(),
        started=started,
        ended=datetime.now(UTC),
        throughput=tuple(run.profile),
    )
    return Overwritten(result, ending)


def _flushed(io: BlockIo) -> bool:
    try:
        io.flush()
    except OSError:
        return False
    return True


def _write_all(run: _Run, cancelled: Cancelled) -> tuple[Ending, int]:
    """Try every block; returns how it ended and the offset up to which every block was tried."""
    with _filled(run.pattern.stream(0), run.geometry) as buffers:
        for offset, buffer in buffers:
            if cancelled():
                return Ending.CANCELLED, offset
            tried = _write(run, buffer, offset)
            if tried < len(buffer):
                return Ending.GONE, offset + tried
            run.advance(offset + len(buffer))
    return Ending.COMPLETE, run.geometry.capacity_bytes


@contextmanager
def _filled(stream: Stream, geometry: Geometry) -> Iterator[Iterator[tuple[int, memoryview]]]:
    """Buffers of the pattern in order; the next is filled on a second thread while this one is written.

    A constant pattern fills one buffer once: at the speed of memory, filling it again would take from the writing.
    """
    if stream.constant:
        buffer = aligned()
        stream.fill(buffer)
        yield ((offset, buffer[:length]) for offset, length in chunks(geometry))
        return
    pair = (aligned(), aligned())

    def fill(slot: int, length: int) -> memoryview:
        view = pair[slot][:length]
        stream.fill(view)
        return view

    with ThreadPoolExecutor(max_workers=1) as pool:

        def produce() -> Iterator[tuple[int, memoryview]]:
            waiting = None
            for index, (offset, length) in enumerate(chunks(geometry)):
                following = (offset, pool.submit(fill, index % 2, length))
                if waiting is not None:
                    yield waiting[0], waiting[1].result()
                waiting = following
            if waiting is not None:
                yield waiting[0], waiting[1].result()

        yield produce()


def _write(run: _Run, buffer: memoryview, offset: int) -> int:
    """Write one buffer; returns how many bytes from its start were tried before the drive went, all if it is there."""
    block = run.geometry.logical_block_size
    try:
        count = run.io.pwrite(buffer, offset)
    except OSError as error:
        if error.errno not in MEDIUM_ERRORS:
            return 0
        if len(buffer) <= block:
            run.unwritten.add(offset, len(buffer), errno.errorcode[error.errno])
            return len(buffer)
        tried = 0
        for start, length in halves(0, len(buffer), block):
            done = _write(run, buffer[start : start + length], offset + start)
            tried += done
            if done < length:
                break
        return tried
    whole = count - count % block
    run.written += whole
    if whole == len(buffer):
        return whole
    if whole == 0:  # inside the size read before: not the end of the drive, the drive has gone
        return 0
    return whole + _write(run, buffer[whole:], offset + whole)
