"""A drive in memory that fails in the ways real drives were seen to fail. Its bytes are the ground truth of a test."""

import errno
import time
from dataclasses import dataclass, field

from wipe.facts import Geometry

BLOCK = 512


def geometry(size: int, block: int = BLOCK) -> Geometry:
    """Geometry of a drive of `size` bytes."""
    return Geometry(size, block, block, 0, None, False)


class Clock:
    """A clock that only a drive turns: what `time` is to the writer, where seconds matter."""

    def __init__(self) -> None:
        self.now = time.monotonic()  # the writer's first look at the time may have been at the real one

    def monotonic(self) -> float:
        """Seconds."""
        return self.now


@dataclass
class FaultyDrive:
    """`bad` blocks answer EIO; from byte `gone_at` on the drive behaves as one that was unplugged in good order."""

    size: int
    bad: frozenset[int] = frozenset()
    gone_at: int | None = None
    short_at: int | None = None  # a request over this byte is cut short there, once
    flush_fails: bool = False
    liar: frozenset[int] = frozenset()  # blocks that are "written" without being written
    clock: Clock | None = None  # turned by a millisecond for a request, and by four seconds where it is sluggish
    sluggish: range = range(0)  # blocks
    calls: int = 0
    data: bytearray = field(init=False)

    def __post_init__(self) -> None:
        self.data = bytearray(b"M" * self.size)  # markers

    def _check(self, offset: int, length: int) -> int:
        self.calls += 1
        if any(offset // BLOCK <= block < -(-(offset + length) // BLOCK) for block in self.bad):
            raise OSError(errno.EIO, "Input/output error")
        end = offset + length
        if self.short_at is not None and offset < self.short_at < end:
            end, self.short_at = self.short_at, None
        return end

    def pwrite(self, buffer: memoryview, offset: int) -> int:
        """As write(2): EIO, a short count, or ENOSPC from a drive that has gone."""
        if self.gone_at is not None and offset >= self.gone_at:
            raise OSError(errno.ENOSPC, "No space left on device")
        end = self._check(offset, len(buffer))
        if self.clock is not None:
            touched = max(offset, self.sluggish.start * BLOCK) < min(end, self.sluggish.stop * BLOCK)
            self.clock.now += 4 if touched else 0.001
        if self.gone_at is not None:
            end = min(end, self.gone_at)
        for start in range(offset, end, BLOCK):
            if start // BLOCK not in self.liar:
                self.data[start : start + BLOCK] = buffer[start - offset : start - offset + BLOCK]
        return end - offset

    def pread(self, buffer: memoryview, offset: int) -> int:
        """As read(2): EIO, a short count, or 0 from a drive that has gone."""
        if self.gone_at is not None and offset >= self.gone_at:
            return 0
        end = self._check(offset, len(buffer))
        if self.gone_at is not None:
            end = min(end, self.gone_at)
        buffer[: end - offset] = self.data[offset:end]
        return end - offset

    def flush(self) -> None:
        """Only a flush says that something is wrong."""
        if self.flush_fails:
            raise OSError(errno.EIO, "Input/output error")

    def present(self) -> bool:
        """Until it is pulled."""
        return self.gone_at is None
