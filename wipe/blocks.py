"""Block ranges and the buffers for direct I/O, shared by the writer and the verifier."""

import ctypes
import errno
import mmap
import statistics
from collections import deque
from collections.abc import Iterable, Iterator
from contextlib import suppress
from enum import StrEnum
from typing import Protocol

from wipe.facts import BlockRange, ErrorLimits

Place = tuple[int, int]  # offset and length, bytes

CHUNK = 4 << 20  # bytes a request where nothing better is known of a drive; measured in docs/adr/0011 and 0030
HUGE = 2 << 20  # bytes of a huge page
PIECE = 64 << 10  # bytes of the pieces in which a faulty request is gone through before single blocks are
# Errors of one place on the medium; any other error means that the drive as a whole cannot be used any more.
MEDIUM_ERRORS = frozenset({errno.EIO, errno.EILSEQ, errno.ENODATA, errno.EREMOTEIO, errno.ETIMEDOUT})
SLOW_SECONDS, SLOW_TIMES = 0.5, 20  # a request is slow that takes this long, and so many times as long as is usual
SLOW_SAMPLES = 16  # requests until it is known what is usual
SKIP_MOST = 64  # requests left out at once after slow ones, at most
LIMITS = ErrorLimits(block_tries=3, region_seconds=60, drive_seconds=3600)
GIVEN_UP = "given up: errors took longer than the plan allows"
GONE = "not attempted: the drive left"
NOT_FLUSHED = "not flushed to the medium"
CANCELLED = "not attempted: cancelled"


class Ending(StrEnum):
    """How a pass over a drive ended. Only COMPLETE means that every block was tried."""

    COMPLETE = "complete"
    CANCELLED = "cancelled"
    GONE = "gone"
    GIVEN_UP = "given-up"  # from version 2 on: the drive's errors took longer than the plan allows
    CHANGED = "changed"  # from version 3 on: another drive answered, and the run was stopped


class BlockIo(Protocol):
    """An open drive. Offsets and lengths are multiples of the logical block; buffers are page-aligned."""

    def pwrite(self, buffer: memoryview, offset: int) -> int:
        """Bytes written; raises OSError."""

    def pread(self, buffer: memoryview, offset: int) -> int:
        """Bytes read into `buffer`; 0 at the end of a file, or when the drive has gone; raises OSError."""

    def flush(self) -> None:
        """Wait until everything written is on the medium; raises OSError."""

    def present(self) -> bool:
        """Whether the drive is still there: an error of a drive that was pulled can look like one of the medium."""


def aligned(length: int = CHUNK) -> memoryview:
    """A zeroed buffer that begins at a page, as O_DIRECT wants it, and at a huge one if it is long: in bytes.

    The kernel pins the pages of every request, and cuts requests where pages do not follow one another in memory: of
    huge pages there are a few instead of a thousand. Where it has none to give, ordinary pages serve.
    """
    if length < HUGE:
        return memoryview(mmap.mmap(-1, length))
    memory = mmap.mmap(-1, length + HUGE, flags=mmap.MAP_PRIVATE | mmap.MAP_ANONYMOUS)
    with suppress(OSError):
        memory.madvise(mmap.MADV_HUGEPAGE)
    start = -ctypes.addressof(ctypes.c_char.from_buffer(memory)) % HUGE
    return memoryview(memory)[start : start + length]


class RangeList:
    """Collects blocks with a reason, in any order; neighbours with the same reason are joined."""

    def __init__(self, block: int, known: Iterable[BlockRange] = ()) -> None:
        self._block = block
        self._ranges: list[BlockRange] = []
        self.bytes = 0
        for one in known:
            self.add(one.start_lba * block, one.blocks * block, one.reason)

    def add(self, offset: int, length: int, reason: str) -> None:
        """Add `length` bytes from `offset` on, rounded outwards to whole logical blocks. Nothing is added twice."""
        start = offset // self._block
        end = -(-(offset + length) // self._block)
        if end <= start:
            return
        self.bytes += (end - start) * self._block
        last = self._ranges[-1] if self._ranges else None
        if last is not None and last.reason == reason and last.start_lba + last.blocks == start:
            self._ranges[-1] = BlockRange(last.start_lba, end - last.start_lba, reason)
        else:
            self._ranges.append(BlockRange(start, end - start, reason))

    def __len__(self) -> int:
        return len(self._ranges)

    def since(self, offset: int) -> Iterator[BlockRange]:
        """The ranges that were added last and do not end before `offset`, last first; those added in rising order."""
        for one in reversed(self._ranges):
            if (one.start_lba + one.blocks) * self._block <= offset:
                return
            yield one

    def result(self) -> tuple[BlockRange, ...]:
        """The ranges in rising order, ready for the record."""
        joined = RangeList.__new__(RangeList)
        joined._block, joined._ranges, joined.bytes = 1, [], 0
        for one in sorted(self._ranges, key=lambda one: one.start_lba):
            joined.add(one.start_lba, one.blocks, one.reason)
        return tuple(joined._ranges)


def cut(offset: int, length: int, step: int) -> Iterator[Place]:
    """Cut a range into pieces of at most `step` bytes, at multiples of it."""
    end = offset + length
    while offset < end:
        following = min(offset - offset % step + step, end)
        yield offset, following - offset
        offset = following


def of_medium(error: OSError) -> str | None:
    """The name of an error of one place on the medium; None for one of the drive as a whole."""
    return errno.errorcode[error.errno] if error.errno is not None and error.errno in MEDIUM_ERRORS else None


class Pace:
    """What is usual on this drive, and how much is left out after requests that took far longer."""

    def __init__(self) -> None:
        self._usual: deque[float] = deque(maxlen=4 * SLOW_SAMPLES)
        self._skip, self._next = 0, 1

    def leave_out(self) -> bool:
        """Whether the next request is left for later."""
        self._skip -= 1
        return self._skip >= 0

    def is_slow(self, took: float) -> bool:
        """Judge a request of the usual size by its seconds; after each slow one in a row, more is left out."""
        usual = statistics.median(self._usual) if len(self._usual) >= SLOW_SAMPLES and took > SLOW_SECONDS else took
        if took <= SLOW_SECONDS or took <= usual * SLOW_TIMES:
            self._usual.append(took)
            self._skip, self._next = 0, 1
            return False
        self._skip, self._next = self._next, min(self._next * 2, SKIP_MOST)
        return True
