"""Block ranges and the buffers for direct I/O, shared by the writer and the verifier."""

import mmap
from collections.abc import Iterable
from enum import StrEnum
from typing import Protocol

from wipe.facts import BlockRange, Geometry

CHUNK = 4 << 20  # bytes a request; measured in docs/adr/0011
GONE = "not attempted: the drive left"
CANCELLED = "not attempted: cancelled"


class Ending(StrEnum):
    """How a pass over a drive ended. Only COMPLETE means that every block was tried."""

    COMPLETE = "complete"
    CANCELLED = "cancelled"
    GONE = "gone"


class BlockIo(Protocol):
    """An open drive. Offsets and lengths are multiples of the logical block; buffers are page-aligned."""

    def pwrite(self, buffer: memoryview, offset: int) -> int:
        """Bytes written; raises OSError."""

    def pread(self, buffer: memoryview, offset: int) -> int:
        """Bytes read into `buffer`; 0 at the end of a file, or when the drive has gone; raises OSError."""

    def flush(self) -> None:
        """Wait until everything written is on the medium; raises OSError."""


def aligned(length: int = CHUNK) -> memoryview:
    """A zeroed buffer that begins at a page, as O_DIRECT wants it. `length` is in bytes."""
    return memoryview(mmap.mmap(-1, length))


def chunks(geometry: Geometry) -> Iterable[tuple[int, int]]:
    """(offset, length) of every request over the whole drive, in order, without gap or overlap."""
    for offset in range(0, geometry.capacity_bytes, CHUNK):
        yield offset, min(CHUNK, geometry.capacity_bytes - offset)


class RangeList:
    """Collects faulty blocks in rising order and joins neighbours with the same reason."""

    def __init__(self, block: int) -> None:
        self._block = block
        self._ranges: list[BlockRange] = []

    def add(self, offset: int, length: int, reason: str) -> None:
        """Add `length` bytes from `offset` on, rounded outwards to whole logical blocks."""
        start = offset // self._block
        end = -(-(offset + length) // self._block)
        if end <= start:
            return
        last = self._ranges[-1] if self._ranges else None
        if last is not None and last.reason == reason and last.start_lba + last.blocks == start:
            self._ranges[-1] = BlockRange(last.start_lba, end - last.start_lba, reason)
        else:
            self._ranges.append(BlockRange(start, end - start, reason))

    def __len__(self) -> int:
        return len(self._ranges)

    def result(self) -> tuple[BlockRange, ...]:
        """The ranges, ready for the record."""
        return tuple(self._ranges)


def halves(offset: int, length: int, block: int) -> tuple[tuple[int, int], tuple[int, int]]:
    """Cut a range of more than one block in two at a block's edge."""
    first = (length // block // 2) * block
    return (offset, first), (offset + first, length - first)
