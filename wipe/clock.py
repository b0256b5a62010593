"""The time of a run: one look at the station's clock, and from there on by a clock that nobody can set.

A station's clock jumps when it finds a time server, and begins in another year when its battery is flat. What happened
first stands first in the record all the same, and how long it took is true; how far the clock moved is recorded.
"""

import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta

NOTICED = 2.0  # seconds; less is no jump


def _wall() -> datetime:
    return datetime.now(UTC)


def _steady() -> float:
    """Seconds that only ever grow, also while the computer sleeps (CLOCK_BOOTTIME of clock_gettime(2))."""
    return time.clock_gettime(time.CLOCK_BOOTTIME)


class Clock:
    """The time since one look at the station's clock."""

    def __init__(
        self,
        since: datetime | None = None,
        wall: Callable[[], datetime] | None = None,
        steady: Callable[[], float] | None = None,
    ) -> None:
        """`since` is a time that is certainly past: a clock that says less was set back."""
        self._wall, self._steady = wall or _wall, steady or _steady
        looked = self._wall()
        self._began = looked if since is None else max(looked, since)
        self._at = self._steady()

    def now(self) -> datetime:
        """The time, never less than before."""
        return self._began + timedelta(seconds=self._steady() - self._at)

    @property
    def moved_seconds(self) -> int:
        """How far the station's clock was set meanwhile: forward, or back (negative); 0 where it was not."""
        moved = (self._wall() - self.now()).total_seconds()
        return round(moved) if abs(moved) >= NOTICED else 0


_run = [Clock()]  # of this process: an eraser makes one run


def begin(since: datetime | None = None) -> None:
    """Begin a run: look at the station's clock for the only time. See Clock."""
    _run[0] = Clock(since)


def now() -> datetime:
    """The time of the run."""
    return _run[0].now()


def moved_seconds() -> int:
    """How far the station's clock was set since the run began."""
    return _run[0].moved_seconds
