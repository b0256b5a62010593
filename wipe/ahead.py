"""Requests to a drive in order, each prepared ahead of its turn; their shape is chosen from the drive.

A request that is larger than what the drive takes at once is cut by the kernel into commands that are in flight
together, so its length is the depth of the drive's queue too. A disk streams whatever it is asked; for all else the
likely shapes are tried in the first second of a pass, and the fastest stays. Figures: docs/adr/0030.
"""

import os
import time
from collections import deque
from collections.abc import Callable, Generator, Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from typing import TypeVar

from wipe.blocks import CHUNK, Place, aligned
from wipe.facts import Geometry

T = TypeVar("T")

LONGEST = 2 * CHUNK
WORTH_TRYING = 16 << 30  # bytes; a smaller drive is done before a choice pays
TRY_SECONDS = 0.125
ROUNDS = 2  # of trials, since a drive's first moments are not like its next
BETTER = 1.05  # times as fast as the usual shape, or the usual one stays


@dataclass(frozen=True, slots=True)
class Shape:
    """How a drive is asked."""

    length: int  # bytes a request
    threads: int  # that prepare requests, or read, at once


def shapes(geometry: Geometry, cpus: int) -> tuple[Shape, ...]:
    """The shapes worth trying on a drive, the usual one first; `cpus` is how many there are to prepare requests.

    Lengths are multiples of the drive's optimal I/O size where it names one that can be believed.
    """
    threads = min(cpus, 2)
    usual = Shape(_multiple(CHUNK, geometry), threads)
    if geometry.rotational:
        return (usual,)
    others = [Shape(_multiple(length, geometry), threads) for length in (LONGEST, CHUNK // 2)]
    if cpus > threads:
        others.append(Shape(usual.length, min(cpus, 4)))
    return tuple(dict.fromkeys([usual, *others]))


def _multiple(length: int, geometry: Geometry) -> int:
    optimal = geometry.optimal_io_size
    if not 0 < optimal <= LONGEST or optimal % max(geometry.physical_block_size, geometry.logical_block_size):
        return length
    return max(length // optimal, 1) * optimal


class Requests:
    """Cuts places into requests of the shape that was chosen so far, and chooses while they are being made."""

    def __init__(self, geometry: Geometry, places: Iterable[Place], total: int, *, busy: int = 0) -> None:
        """`total` is the bytes of all places; `busy` CPUs have other work to do for these requests."""
        self._candidates = shapes(geometry, max(len(os.sched_getaffinity(0)) - busy, 1))
        self._places = places
        self.shape = self._candidates[0]
        self.longest = max(one.length for one in self._candidates)
        self.most_threads = max(one.threads for one in self._candidates)
        worth = len(self._candidates) > 1 and total >= WORTH_TRYING
        self._to_try = list(self._candidates) * ROUNDS if worth else []
        self._tried = {one: (0, 0.0) for one in self._candidates}
        self._passing, self._bytes, self._since = 0, 0, 0.0

    def __iter__(self) -> Iterator[Place]:
        for offset, length in self._places:
            end = offset + length
            while offset < end:
                following = min(offset - offset % self.shape.length + self.shape.length, end)
                yield offset, following - offset
                offset = following

    def done(self, length: int) -> None:
        """A request of `length` bytes is over: time it while shapes are being tried."""
        if not self._to_try:
            return
        now = time.monotonic()
        if self._passing >= 0:  # requests of the shape before are still among those made ahead
            self._passing, self._bytes, self._since = self._passing - 1, 0, now
            return
        self._bytes += length
        if now - self._since < TRY_SECONDS:
            return
        of, seconds = self._tried[self.shape]
        self._tried[self.shape] = (of + self._bytes, seconds + now - self._since)
        self._passing = self.shape.threads + 1
        self._to_try.pop(0)
        self.shape = self._to_try[0] if self._to_try else self._fastest()

    def _fastest(self) -> Shape:
        rates = {one: of / seconds for one, (of, seconds) in self._tried.items()}
        best = max(rates, key=lambda one: rates[one])
        usual = self._candidates[0]
        return best if rates[best] > rates[usual] * BETTER else usual


def in_order(
    requests: Requests, prepare: Callable[[memoryview, int], T], *, spare: int = 0
) -> Generator[tuple[int, memoryview, T], None, None]:
    """Offset, buffer and what `prepare(buffer, offset)` gave, request by request, prepared on other threads.

    A buffer holds until the next is asked for. `spare` buffers are prepared beyond one a thread. Raises what
    `prepare` raised, in its turn. Close it (contextlib.closing) where it is left early.
    """
    waiting: deque[tuple[int, int, memoryview, Future[T]]] = deque()
    free: list[memoryview] = []
    places = iter(requests)
    pool = ThreadPoolExecutor(max_workers=requests.most_threads)
    try:
        while True:
            while len(waiting) < requests.shape.threads + spare and (place := next(places, None)) is not None:
                offset, length = place
                whole = free.pop() if free else aligned(requests.longest)
                waiting.append((offset, length, whole, pool.submit(prepare, whole[:length], offset)))
            if not waiting:
                return
            offset, length, whole, prepared = waiting.popleft()
            yield offset, whole[:length], prepared.result()
            free.append(whole)
            requests.done(length)
    finally:
        pool.shutdown(cancel_futures=True)
