"""Requests come in order whatever the threads do, cover every byte once, and keep the shape that was fastest."""

import threading
from collections.abc import Iterator
from contextlib import closing

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.wipe.faulty import BLOCK, Clock
from wipe.ahead import LONGEST, WORTH_TRYING, Requests, Shape, in_order, shapes
from wipe.blocks import CHUNK, HUGE, Place, aligned
from wipe.facts import Geometry

pytestmark = pytest.mark.pure


def geometry(optimal: int = 0, rotational: bool | None = None, physical: int = BLOCK) -> Geometry:
    return Geometry(WORTH_TRYING, BLOCK, physical, optimal, rotational, False)


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    clock = Clock()
    monkeypatch.setattr("wipe.ahead.time", clock)
    return clock


def test_a_disk_is_asked_in_one_way_and_anything_else_may_be_faster_in_another() -> None:
    assert shapes(geometry(rotational=True), 8) == (Shape(CHUNK, 2),)
    assert shapes(geometry(rotational=False), 2) == (Shape(CHUNK, 2), Shape(LONGEST, 2), Shape(CHUNK // 2, 2))
    assert shapes(geometry(), 8)[-1] == Shape(CHUNK, 4)
    assert {one.threads for one in shapes(geometry(), 1)} == {1}


@pytest.mark.parametrize("optimal", [65536, 3 * 65536, 1 << 20, 5 << 20, LONGEST])
def test_requests_are_multiples_of_what_the_drive_takes_best(optimal: int) -> None:
    for one in shapes(geometry(optimal), 2):
        assert one.length % optimal == 0
        assert 0 < one.length <= LONGEST


@pytest.mark.parametrize("optimal", [33553920, 1000, 512 * 7, 1 << 30])
def test_a_size_that_cannot_be_meant_is_not_believed(optimal: int) -> None:
    assert shapes(geometry(optimal, physical=4096), 2) == shapes(geometry(physical=4096), 2)


@given(st.lists(st.tuples(st.integers(0, 40), st.integers(1, 40)), max_size=4), st.integers(0, 4))
def test_every_byte_of_every_place_is_asked_once_and_in_order(listed: list[Place], step: int) -> None:
    places = [(first * (CHUNK // 4), length * (CHUNK // 4)) for first, length in listed]
    asked = list(Requests(geometry(optimal=step << 20), places, 0))
    wanted = [(first + at, BLOCK) for first, length in places for at in range(0, length, CHUNK // 4)]
    assert [(first + at, BLOCK) for first, length in asked for at in range(0, length, CHUNK // 4)] == wanted
    assert all(length <= LONGEST for _, length in asked)


def test_what_is_prepared_last_in_time_still_comes_in_its_turn() -> None:
    second = threading.Event()

    def prepare(buffer: memoryview, offset: int) -> int:
        if offset == 0:
            assert second.wait(60)  # the first is ready only after the second
        if offset == CHUNK:
            second.set()
        buffer[:1] = bytes([offset // CHUNK])
        return offset

    requests = Requests(geometry(), [(0, 5 * CHUNK)], 5 * CHUNK)
    requests.shape, requests.most_threads = Shape(CHUNK, 2), 2
    with closing(in_order(requests, prepare)) as seen:
        for turn, (offset, buffer, found) in enumerate(seen):
            assert (offset, found, buffer[0], len(buffer)) == (turn * CHUNK, offset, turn, CHUNK)


def test_what_goes_wrong_ahead_is_raised_in_its_turn() -> None:
    def prepare(buffer: memoryview, offset: int) -> None:
        if offset == 2 * CHUNK:
            raise ValueError("no")

    with closing(in_order(Requests(geometry(), [(0, 9 * CHUNK)], 0), prepare, spare=1)) as seen:
        assert [next(seen)[0], next(seen)[0]] == [0, CHUNK]
        with pytest.raises(ValueError, match="no"):
            next(seen)


def test_leaving_early_ends_the_threads() -> None:
    before = threading.active_count()
    with closing(in_order(Requests(geometry(), [(0, 9 * CHUNK)], 0), lambda buffer, offset: None)) as seen:
        next(seen)
    assert threading.active_count() == before


def made(requests: Requests, clock: Clock, rates: dict[int, float]) -> Iterator[int]:
    """The lengths of requests that take as long as `rates`, bytes a second, say."""
    for _, length in requests:
        clock.now += length / rates[length]
        yield length
        requests.done(length)


@pytest.mark.parametrize("best", [CHUNK, LONGEST, CHUNK // 2])
def test_the_shape_that_was_fastest_in_the_first_second_stays(clock: Clock, best: int) -> None:
    requests = Requests(geometry(), [(0, WORTH_TRYING)], WORTH_TRYING)
    rates = {length: 2e9 if length == best else 1e9 for length in (CHUNK, LONGEST, CHUNK // 2)}
    began, lengths = clock.now, []
    for length in made(requests, clock, rates):
        lengths.append(length)
        if clock.now - began > 2:
            break
    assert set(lengths) == set(rates)  # each was tried
    assert requests.shape.length == lengths[-1] == best


def test_a_small_advantage_does_not_change_the_usual_shape(clock: Clock) -> None:
    requests = Requests(geometry(), [(0, WORTH_TRYING)], WORTH_TRYING)
    for _ in made(requests, clock, {CHUNK: 1e9, LONGEST: 1.04e9, CHUNK // 2: 1e9}):
        pass
    assert requests.shape.length == CHUNK


@pytest.mark.parametrize("total", [WORTH_TRYING - 1, 1 << 20])
def test_on_a_small_drive_nothing_is_tried(clock: Clock, total: int) -> None:
    requests = Requests(geometry(), [(0, total)], total)
    assert {length for _, length in requests if length != total % CHUNK} <= {CHUNK}


@pytest.mark.parametrize("length", [BLOCK, CHUNK // 4, HUGE, CHUNK, CHUNK + BLOCK])
def test_a_buffer_is_zeroed_and_of_the_length_that_was_asked(length: int) -> None:
    buffer = aligned(length)
    assert buffer == bytes(length)
    buffer[-1:] = b"x"
