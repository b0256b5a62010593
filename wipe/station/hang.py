"""When an eraser hangs with its drive, what is done about it, and which bays are left alone afterwards.

A drive may never answer a request. Whoever made it then sleeps in the kernel, where no signal reaches (state D of
proc(5)): nobody can end that process, and only pulling the drive or restarting the computer may. The station can see
it, say it, let everything else go on, and begin nothing more in that bay.
"""

import os
import threading
import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from enum import Enum
from pathlib import Path

from wipe.errors import Refusal
from wipe.facts import Identity
from wipe.vocabulary import RefusalCode

SILENT_SECONDS = 300.0  # Linux gives a SCSI request six tries of 30 seconds, and then resets the drive
KILL_SHARE = 0.2  # of that, how long a kill may take to show effect
PROC = Path("/proc")


class Step(Enum):
    """What is to be done now."""

    WAIT = "wait"
    KILL = "kill"  # once
    HUNG = "hung"  # nothing helps


class Patience:
    """How long an eraser may show no sign of life. Monotonic time only."""

    def __init__(self, seconds: float = SILENT_SECONDS, clock: Callable[[], float] = time.monotonic) -> None:
        self._seconds, self._clock = seconds, clock
        self._signs: object = None
        self._since = clock()
        self._killed: float | None = None

    @property
    def silent(self) -> float:
        """Seconds without a sign of life."""
        return self._clock() - self._since

    def look(self, signs: object, *, asleep: bool) -> Step:
        """What to do about an eraser with these signs, which are another value whenever it did something.

        It is killed only while it sleeps in the kernel: one that waits for something else can be told to end.
        """
        now = self._clock()
        if self._killed is not None:
            return Step.HUNG if now - self._killed > self._seconds * KILL_SHARE else Step.WAIT
        if signs != self._signs:
            self._signs, self._since = signs, now
        if now - self._since <= self._seconds or not asleep:
            return Step.WAIT
        self._killed = now
        return Step.KILL


def signs_of(pids: Sequence[int], output: Path) -> object:
    """What changes whenever an eraser gets on: what it printed, and what it moved to and from drives (proc(5), io).

    A full disk silences the first of them, so neither is enough alone.
    """
    try:
        status = output.stat()
        printed = (status.st_size, status.st_mtime_ns)
    except OSError:
        printed = (0, 0)
    moved = [line for pid in pids for line in _read(PROC / str(pid) / "io").splitlines() if "_bytes:" in line]
    return printed, tuple(moved)


def asleep(pids: Sequence[int], proc: Path = PROC) -> bool:
    """Whether a thread of these processes sleeps in the kernel, out of reach of any signal."""
    stats = [_read(path) for pid in pids for path in (proc / str(pid)).glob("task/*/stat")]
    return any(stat.rpartition(")")[2].split()[:1] == ["D"] for stat in stats)


def _read(path: Path) -> str:
    try:
        return path.read_text(encoding="ascii", errors="replace")
    except OSError:
        return ""


def kill(pids: Iterable[int], number: int) -> None:
    """Send a signal; who is gone needs none."""
    for pid in pids:
        try:
            os.kill(pid, number)
        except OSError:
            continue


@dataclass(frozen=True, slots=True)
class _Bay:
    bay: str | None
    device: str
    serial: str

    def holds(self, who: Identity) -> bool:
        """Whether a drive is plugged in there: by its physical path, else by its name."""
        return self.bay == who.bay if self.bay is not None and who.bay is not None else self.device == who.device


class Quarantine:
    """Bays in which a drive hangs. Nothing begins there until that drive was seen gone, or the station is restarted."""

    def __init__(self) -> None:
        self._bays: Mapping[str, _Bay] = {}  # by job; never changed in place, since another thread reads it
        self._known: set[str] = set()
        self._changing = threading.Lock()

    def put(self, job_id: str, who: Identity) -> None:
        """The drive of this job hangs. Said again, it changes nothing, not even after the drive was seen gone."""
        with self._changing:
            if job_id not in self._known:
                self._known.add(job_id)
                self._bays = {**self._bays, job_id: _Bay(who.bay, who.device, (who.serial or "").strip())}

    def renew(self, present: Sequence[Identity]) -> None:
        """Let bays go from which the drive that hung is gone; `present` are the drives that are plugged in."""
        with self._changing:
            self._bays = {
                job_id: bay
                for job_id, bay in self._bays.items()
                if any(bay.holds(who) and (who.serial or "").strip() == bay.serial for who in present)
            }

    def refusal(self, who: Identity) -> Refusal | None:
        """Why nothing may begin on a drive; None where something may."""
        if not any(bay.holds(who) for bay in self._bays.values()):
            return None
        return Refusal(
            RefusalCode.HUNG.value,
            f"The drive at {who.device} hung in the middle of a wipe, and the program that wiped it cannot be stopped.",
            "Unplug it, then plug it in anew, in another bay if you can. If it stays like this, restart the station.",
        )
