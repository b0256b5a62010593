"""Write a pattern over a whole drive. The only module that writes to a drive.

The size is the one read before the first write: a drive that leaves looks like its own end (write fails with ENOSPC
or is short, nothing says "unplugged"), so every block up to that size is accounted for, written or named.

Order of work: forward in large requests, leaving out what fails and what is very slow; then what was left out, from
the end to the start in small pieces; then single blocks. A dying drive so gives up most of itself before its worst
places are touched again.
"""

import time
from collections.abc import Callable, Generator
from contextlib import closing
from dataclasses import dataclass, field
from datetime import datetime
from functools import partial

from wipe import blocks, clock
from wipe.ahead import Requests, in_order
from wipe.blocks import CHUNK, LIMITS, PIECE, BlockIo, Ending, Pace, Place, RangeList, aligned, cut
from wipe.facts import ErrorLimits, Geometry, PassResult, Progress, Reached, ThroughputPoint
from wipe.pattern import Pattern
from wipe.vocabulary import Phase

PROFILE_POINTS = 64  # stretches of the throughput profile
PROGRESS_SECONDS = 0.25
DURABLE_SECONDS = 5.0  # between two places that are known to be on the medium; a resumed run begins at one
SLOW = "slow"
LEFT = "left"  # instead of an error's name: the drive has gone

Report = Callable[[Progress], None]
Cancelled = Callable[[], bool]


Durable = Callable[[Reached], None]


@dataclass(frozen=True, slots=True)
class Overwritten:
    """A pass and how it ended. The result accounts for every block either way."""

    result: PassResult
    ending: Ending


class _Ended(Exception):
    """The pass ends here, before every block was tried."""

    def __init__(self, ending: Ending) -> None:
        self.ending = ending


@dataclass
class _Run:
    io: BlockIo
    geometry: Geometry
    pattern: Pattern
    number: int
    passes: int
    limits: ErrorLimits
    report: Report
    durable: Durable
    cancelled: Cancelled
    position: int = 0  # where the forward pass is
    untried: list[Place] = field(default_factory=list)  # passed over after slow requests
    left_out: list[Place] = field(default_factory=list)  # failed in large requests
    single: list[Place] = field(default_factory=list)  # pieces to be gone through block by block
    unwritten: RangeList = field(init=False)
    slow: RangeList = field(init=False)
    started: datetime = field(default_factory=clock.now)
    profile: list[ThroughputPoint] = field(default_factory=list)
    errors_took: float = 0.0
    stood_still: float = 0.0  # seconds that it was kept waiting, such as for a drive to cool
    pace: Pace = field(default_factory=Pace)
    kept: Reached | None = None  # what is known to be on the medium
    _mark: tuple[int, float] = (0, 0.0)
    _reported: float = 0.0
    _kept_at: float = field(default_factory=time.monotonic)

    def __post_init__(self) -> None:
        self.unwritten = RangeList(self.geometry.logical_block_size)
        self.slow = RangeList(self.geometry.logical_block_size)
        self._mark = (0, time.monotonic())

    def go_on_from(self, begun: Reached) -> None:
        """Take over what an earlier run did of this pass."""
        block = self.geometry.logical_block_size
        self.position, self.started, self.kept = begun.offset, begun.started, begun
        self.left_out = [(one.start_lba * block, one.blocks * block) for one in begun.left_out]
        self.unwritten, self.slow = RangeList(block, begun.unwritten), RangeList(block, begun.slow)
        self._mark = (self.position, time.monotonic())

    @property
    def later(self) -> list[Place]:
        """Everything behind the forward pass that is neither written nor given up."""
        return [*self.untried, *self.left_out, *self.single]

    @property
    def settled(self) -> int:
        """Bytes that were written or given up."""
        return self.position - sum(length for _, length in self.later)

    def advance(self) -> None:
        """Keep the profile, tell progress, and make sure of what is on the medium: now and then, not every time."""
        now, capacity = time.monotonic(), self.geometry.capacity_bytes
        stretch = max(capacity // PROFILE_POINTS, CHUNK)
        offset, since = self._mark
        rate = int((self.position - offset) / max(now - since, 1e-9))
        if self.position - offset >= stretch or (self.position >= capacity > offset):
            self.profile.append(ThroughputPoint(self.position, rate))
            self._mark = (self.position, now)
        over = self.position >= capacity and not self.later
        if now - self._reported >= PROGRESS_SECONDS or over:
            self._reported, settled = now, self.settled
            errors = len(self.unwritten) + len(self.later)
            self.report(Progress(Phase.OVERWRITE, self.number, self.passes, settled, capacity, errors, rate, None))
        if now - self._kept_at >= DURABLE_SECONDS:
            self.keep()

    def keep(self) -> None:
        """Bring everything to the medium, then tell how far that is. Raises _Ended where the drive does not do it."""
        try:
            self.io.flush()
        except OSError:
            raise _Ended(Ending.GONE) from None
        self.kept = self.reached()
        self.durable(self.kept)
        self._kept_at = time.monotonic()

    def reached(self) -> Reached:
        """How far the pass is, whether on the medium or not."""
        rest = RangeList(self.geometry.logical_block_size)
        for offset, length in self.later:
            rest.add(offset, length, blocks.GIVEN_UP)
        return Reached(
            self.number, self.position, rest.result(), self.unwritten.result(), self.slow.result(), self.started
        )

    def stopped(self) -> bool:
        """Whether to end now. The answer may take its time, which is no fault of any block."""
        asked = time.monotonic()
        found = self.cancelled()
        self.stood_still += time.monotonic() - asked
        return found

    def clock(self) -> float:
        """Seconds of work, as time.monotonic counts them."""
        return time.monotonic() - self.stood_still

    def must_go_on(self) -> None:
        """Raises _Ended when cancelled, and when errors took longer than the plan allows."""
        if self.stopped():
            raise _Ended(Ending.CANCELLED)
        if self.errors_took > self.limits.drive_seconds:
            raise _Ended(Ending.GIVEN_UP)


def run_pass(
    io: BlockIo,
    geometry: Geometry,
    pattern: Pattern,
    *,
    number: int,
    passes: int,
    report: Report,
    cancelled: Cancelled,
    limits: ErrorLimits = LIMITS,
    begun: Reached | None = None,
    durable: Durable = lambda reached: None,
) -> Overwritten:
    """Overwrite the whole drive once with `pattern`; `number` counts from 1 to `passes`.

    Every block that the drive takes is written, and no good block beside a bad one stays unwritten. Ends early only
    when `cancelled()` says so, the drive has gone, or its errors took longer than `limits` allow; what was not tried is
    then listed as unwritten. `durable` is told how far the pass is whenever that much is on the medium, and `begun` is
    what it was told last: the pass then goes on from there.
    """
    run = _Run(io, geometry, pattern, number, passes, limits, report, durable, cancelled)
    if begun is not None:
        run.go_on_from(begun)
    try:
        _forward(run)
        _backwards(run)
        _blocks(run)
        run.keep()
        ending = Ending.COMPLETE
    except _Ended as ended:
        ending = _close(run, ended.ending)
    result = PassResult(
        number=number,
        pattern=pattern.kind,
        pattern_digest=pattern.digest,
        bytes_expected=geometry.capacity_bytes,
        bytes_written=geometry.capacity_bytes - run.unwritten.bytes,
        unwritten=run.unwritten.result(),
        started=run.started,
        ended=clock.now(),
        throughput=tuple(run.profile),
        slow=run.slow.result(),
    )
    return Overwritten(result, ending)


def _close(run: _Run, ending: Ending) -> Ending:
    """Name all that the pass did not do. After a drive that left, only what was known to be on its medium counts."""
    reason = {Ending.CANCELLED: blocks.CANCELLED, Ending.GIVEN_UP: blocks.GIVEN_UP}.get(ending, blocks.GONE)
    if ending is not Ending.GONE:
        try:
            run.keep()
        except _Ended as ended:
            return _close(run, ended.ending)
    else:
        gone_at, sound = run.position, _flushed(run.io)
        if not sound:
            kept, at = run.kept, run.started
            run.go_on_from(kept or Reached(run.number, 0, (), (), (), at))
            run.single, run.untried = [], []
            run.unwritten.add(run.position, gone_at - run.position, blocks.NOT_FLUSHED)
            run.position = gone_at
    for offset, length in run.later:
        run.unwritten.add(offset, length, reason)
    run.unwritten.add(run.position, run.geometry.capacity_bytes - run.position, reason)
    return ending


def _flushed(io: BlockIo) -> bool:
    try:
        io.flush()
    except OSError:
        return False
    return True


def _forward(run: _Run) -> None:
    """Write everything once in large requests; what fails is left out, and so is what follows very slow requests."""
    with closing(_filled(run)) as buffers:
        for offset, buffer in buffers:
            run.must_go_on()
            if run.pace.leave_out():
                _join(run.untried, offset, len(buffer))
                run.position = offset + len(buffer)
            else:
                began = time.monotonic()
                done, problem = _write(run, buffer, offset)
                took = time.monotonic() - began
                run.position = offset + (done if problem == LEFT else len(buffer))
                if problem == LEFT:
                    raise _Ended(Ending.GONE)
                if problem:
                    run.errors_took += took
                    _join(run.left_out, offset + done, len(buffer) - done)
                elif run.pace.is_slow(took):
                    run.slow.add(offset, len(buffer), SLOW)
            run.advance()


def _join(later: list[Place], offset: int, length: int) -> None:
    """Leave a region for later, as one with the last where they touch."""
    before, extent = later[-1] if later else (0, -1)
    if before + extent == offset:
        later[-1] = (before, extent + length)
    else:
        later.append((offset, length))


def _backwards(run: _Run) -> None:
    """Go through what was left out, last first and each from its end: untried regions whole, failed ones in pieces."""
    buffer = aligned()
    while run.untried:
        first, length = run.untried[-1]
        for start, size in reversed(list(cut(first, length, CHUNK))):
            run.must_go_on()
            _untried(run, start, _fill(run, buffer[:size], start))
            run.untried[-1] = (first, start - first)
            run.advance()
        run.untried.pop()
    run.left_out.sort()
    while run.left_out:
        first, length = run.left_out[-1]
        for start, size in reversed(list(cut(first, length, CHUNK))):
            _region(run, start, _fill(run, buffer[:size], start))
            run.advance()
        run.left_out.pop()


def _fill(run: _Run, view: memoryview, offset: int) -> memoryview:
    run.pattern.stream(offset).fill(view)
    return view


def _untried(run: _Run, offset: int, view: memoryview) -> None:
    began = time.monotonic()
    done, problem = _write(run, view, offset)
    if problem == LEFT:
        raise _Ended(Ending.GONE)
    if problem:
        run.left_out.append((offset + done, len(view) - done))
        run.errors_took += time.monotonic() - began
    elif run.pace.is_slow(time.monotonic() - began):
        run.slow.add(offset, len(view), SLOW)


def _region(run: _Run, offset: int, view: memoryview) -> None:
    """One region in pieces from its end; pieces that fail are left for the single blocks."""
    began = run.clock()
    for start, size in reversed(list(cut(offset, len(view), PIECE))):
        run.must_go_on()
        took = run.clock()
        if took - began > run.limits.region_seconds:
            run.unwritten.add(offset, start + size - offset, blocks.GIVEN_UP)
            run.left_out[-1] = (run.left_out[-1][0], offset - run.left_out[-1][0])
            break
        piece = view[start - offset : start - offset + size]
        done, problem = _write(run, piece, start)
        if problem == LEFT:
            raise _Ended(Ending.GONE)
        if problem:
            run.single.append((start + done, size - done))
        run.errors_took += run.clock() - took
        run.left_out[-1] = (run.left_out[-1][0], start - run.left_out[-1][0])


def _blocks(run: _Run) -> None:
    """Go through the pieces that failed in physical, then in logical blocks, each tried a bounded number of times."""
    buffer = aligned(PIECE)
    run.single.sort()
    while run.single:
        run.must_go_on()
        offset, length = run.single[0]
        began = run.clock()
        failing = _failing(run, offset, _fill(run, buffer[:length], offset), began)
        run.single.pop(0)
        for start, size, problem in failing:
            run.unwritten.add(start, size, problem)
        run.errors_took += run.clock() - began
        run.advance()


def _failing(run: _Run, offset: int, view: memoryview, began: float) -> list[tuple[int, int, str]]:
    """Write a piece block by block; the blocks that stay unwritten, with the reason."""
    logical, physical = run.geometry.logical_block_size, run.geometry.physical_block_size
    waiting = [(start, size, "") for start, size in cut(offset, len(view), max(physical, logical))]
    if physical > logical:
        waiting = _tried(run, offset, view, waiting, began)
        waiting = [(start, size, "") for one in waiting for start, size in cut(one[0], one[1], logical)]
    for _ in range(run.limits.block_tries):
        waiting = _tried(run, offset, view, waiting, began)
    return waiting


def _tried(
    run: _Run, offset: int, view: memoryview, waiting: list[tuple[int, int, str]], began: float
) -> list[tuple[int, int, str]]:
    failing = []
    for start, size, before in waiting:
        if run.clock() - began > run.limits.region_seconds:
            failing.append((start, size, before or blocks.GIVEN_UP))
            continue
        if run.stopped():
            raise _Ended(Ending.CANCELLED)
        problem = _write(run, view[start - offset : start - offset + size], start)[1]
        if problem == LEFT:
            raise _Ended(Ending.GONE)
        if problem:
            failing.append((start, size, problem))
    return failing


def _filled(run: _Run) -> Generator[tuple[int, memoryview], None, None]:
    """Buffers of the pattern in order from where the pass is; each is filled while the one before is written."""
    rest = run.geometry.capacity_bytes - run.position
    requests = Requests(run.geometry, [(run.position, rest)], rest, busy=1)  # with the writing
    stream = run.pattern.stream(run.position)
    if stream.constant:  # one buffer is right for every offset
        buffer = aligned(requests.longest)
        stream.fill(buffer)
        for offset, length in requests:
            yield offset, buffer[:length]
            requests.done(length)
        return
    with closing(in_order(requests, partial(_fill, run), spare=1)) as filled:
        for offset, view, _ in filled:
            yield offset, view


def _write(run: _Run, buffer: memoryview, offset: int) -> tuple[int, str]:
    """Write one buffer; how many bytes from its start went through, and what stopped it: nothing, an error, LEFT."""
    block, done = run.geometry.logical_block_size, 0
    while done < len(buffer):
        try:
            count = run.io.pwrite(buffer[done:], offset + done)
        except OSError as error:
            problem = blocks.of_medium(error)
            return done, problem if problem and run.io.present() else LEFT
        whole = count - count % block
        if whole == 0:  # inside the size read before: not the end of the drive, the drive has gone
            return done, LEFT
        done += whole
    return done, ""
