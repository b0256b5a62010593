"""Slow down whoever guesses: so many failures from one address in a while, then a pause. Kept in this process only.

A restart forgets; the lock of an account, which is a row, does not. Only failures count, so that a school behind one
address signs in as usual.
"""

import threading
from collections import OrderedDict, deque
from collections.abc import Callable

ADDRESSES = 10_000  # remembered at most; the one that failed longest ago is forgotten first


class Throttle:
    """At most `failures` in `seconds` for each address."""

    def __init__(self, failures: int, seconds: float, clock: Callable[[], float]) -> None:
        self._failures, self._seconds, self._clock = failures, seconds, clock
        self._seen: OrderedDict[str, deque[float]] = OrderedDict()
        self._lock = threading.Lock()

    def open(self, address: str) -> bool:
        """Whether this address may try."""
        with self._lock:
            return len(self._recent(address)) < self._failures

    def failed(self, address: str) -> None:
        """Count one failure."""
        with self._lock:
            self._recent(address).append(self._clock())
            self._seen.move_to_end(address)
            while len(self._seen) > ADDRESSES:
                self._seen.popitem(last=False)

    def _recent(self, address: str) -> deque[float]:
        times = self._seen.setdefault(address, deque(maxlen=self._failures))
        while times and times[0] <= self._clock() - self._seconds:
            times.popleft()
        return times
