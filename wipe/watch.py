"""Looks after one drive while it is worked on: it must stay the same drive, and not become too warm.

It stands between a run and its two callbacks: asked whether the run is cancelled, it looks whether an answer of the
drive is there; told the progress, it adds the temperature. The drive is asked by a thread of its own, so that a slow
answer costs nothing and a hanging one does not keep a cancel waiting.
"""

import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, replace

from wipe import clock
from wipe.drive.asking import NOTHING, Answer
from wipe.facts import Drive, Hold, Progress, Reading
from wipe.vocabulary import Medium, Phase, TriState

ASK_SECONDS = 30.0  # between two questions to a drive at work
KEEP_SECONDS = 600.0  # between two answers that the evidence keeps, beside those of the middle and the end of each pass
HOLD_ASK_SECONDS = 10.0  # between two questions while the work stands still
TURN_SECONDS = 0.2  # how soon a cancel is noticed meanwhile
TELL_SECONDS = 1.0  # between two lines of progress meanwhile
COOL_BY_C = 5  # the work goes on when the drive is so much below its limit
SILENT_MOST = 3  # answers without a temperature until a hold ends: the drive cannot be known to be warm any more
# Where a drive names no limit: what makers commonly allow, for hard disks and for all others.
COMMON_LIMIT_C = {Medium.HDD: 60}
OTHER_LIMIT_C = 70


@dataclass
class _Question:
    """One question to the drive, asked in progress `of`."""

    of: Progress
    keep: bool  # the answer belongs into the evidence whatever it is
    answer: Answer | None = None

    def put(self, ask: Callable[[], Answer]) -> None:
        found = NOTHING
        try:
            found = ask()
        finally:
            self.answer = found


def _by_a_thread(work: Callable[[], None]) -> None:
    threading.Thread(target=work, daemon=True).start()  # the end of the program does not wait for a drive


class Watch:
    """The watch over one run. It is the run's `cancelled`, and its `report` the run's `report`."""

    def __init__(
        self,
        drive: Drive,
        passes: int,
        ask: Callable[[], Answer],
        report: Callable[[Progress], None],
        cancelled: Callable[[], bool],
        *,
        clock: Callable[[], float] = time.monotonic,
        pause: Callable[[float], None] = time.sleep,
        spawn: Callable[[Callable[[], None]], None] = _by_a_thread,
    ) -> None:
        """`clock` and `pause` count in seconds; `spawn` lets a question be asked, and need not wait for its answer."""
        self._ask, self._tell, self._cancelled = ask, report, cancelled
        self._clock, self._pause, self._spawn = clock, pause, spawn
        self.own_limit = drive.health.limit_c is not None
        common = COMMON_LIMIT_C.get(drive.identity.kind, OTHER_LIMIT_C)
        self.limit_c = drive.health.limit_c if drive.health.limit_c is not None else common
        self._lock = threading.Lock()
        self._asking: _Question | None = None
        self._asked_at = self._kept_at = clock()
        self._latest, self._answers = NOTHING, 0
        self._progress = Progress(Phase.OVERWRITE, 1, passes, 0, drive.geometry.capacity_bytes, 0, 0, None)
        self._halved: tuple[Phase, int] | None = None
        self._half_due = False
        self.changed = False
        self.readings: list[Reading] = []
        self.holds: list[Hold] = []

    def __call__(self) -> bool:
        """Whether the run is to end now. Returns late where the drive must cool first."""
        with self._lock:
            self._turn(ASK_SECONDS)
            if self._warm(self._latest) and not self._over():
                self._hold()
            return self._over()

    def report(self, progress: Progress) -> None:
        """Pass progress on, with the temperature; from the middle of a pass on, the drive is asked once more."""
        part = (progress.phase, progress.pass_number)
        self._progress = progress
        if progress.bytes_done * 2 >= progress.bytes_total and self._halved != part:
            self._halved, self._half_due = part, True
        self._tell(replace(progress, temperature_c=self._latest.temperature_c))

    def ask_now(self, *, keep: bool = True) -> None:
        """Ask and wait for the answer: before the first pass, and after each. Returns at once when cancelled."""
        with self._lock:
            self._await()
            self._start(keep=keep)
            self._await()

    def _over(self) -> bool:
        return self.changed or self._cancelled()

    def _turn(self, seconds: float) -> None:
        """Take an answer that is there; ask when it is time."""
        self._take()
        if self._asking is None and (self._half_due or self._clock() - self._asked_at >= seconds):
            self._start(keep=self._half_due)
            self._half_due = False

    def _start(self, *, keep: bool) -> None:
        if self._asking is None:
            asking = self._asking = _Question(self._progress, keep)
            self._asked_at = self._clock()
            self._spawn(lambda: asking.put(self._ask))

    def _await(self) -> None:
        self._take()
        while self._asking is not None and not self._over():
            self._pause(TURN_SECONDS / 10)
            self._take()

    def _take(self) -> None:
        """Take the answer, if it is there."""
        asked = self._asking
        if asked is None or asked.answer is None:
            return
        self._asking, self._latest, self._answers = None, asked.answer, self._answers + 1
        found, of = asked.answer, asked.of
        self.changed = self.changed or found.held is TriState.NO
        if asked.keep or found.held is TriState.NO or self._clock() - self._kept_at >= KEEP_SECONDS:
            self._kept_at = self._clock()
            place = (of.phase, of.pass_number, of.bytes_done)
            self.readings.append(Reading(clock.now(), *place, found.held, found.differing, found.temperature_c))

    def _warm(self, found: Answer) -> bool:
        return found.too_warm or (found.temperature_c is not None and found.temperature_c >= self.limit_c)

    def _cool(self, found: Answer) -> bool:
        known = found.temperature_c
        return not found.too_warm and known is not None and known <= self.limit_c - COOL_BY_C

    def _hold(self) -> None:
        """Stand still until the drive has cooled, however long that takes: a person sees it, and can cancel."""
        began, warmth, silent, told = clock.now(), self._latest.temperature_c, 0, self._clock() - TELL_SECONDS
        of = self._progress
        while not self._over() and not self._cool(self._latest) and silent < SILENT_MOST:
            if self._clock() - told >= TELL_SECONDS:
                told = self._clock()
                known = self._latest.temperature_c
                self._tell(replace(of, rate_bytes_per_s=0, temperature_c=known, holding=True))
            self._pause(TURN_SECONDS)
            answers = self._answers
            self._turn(HOLD_ASK_SECONDS)
            if self._answers > answers:
                silent = silent + 1 if self._latest.temperature_c is None and not self._latest.too_warm else 0
        ended, ended_c = clock.now(), self._latest.temperature_c
        where = (of.phase, of.pass_number, of.bytes_done)
        self.holds.append(Hold(*where, began, ended, warmth, ended_c, self.limit_c, self.own_limit))
