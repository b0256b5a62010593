"""Counter mode by way of GCM gives the very bytes of counter mode, from whichever block it begins."""

from collections.abc import Callable

import pytest
from cryptography.hazmat.primitives.ciphers import CipherContext
from hypothesis import given, settings
from hypothesis import strategies as st

from wipe import counter
from wipe.counter import AES_BLOCK, WINDOW, fastest, plain, within_gcm
from wipe.pattern import STEP, RandomPattern

pytestmark = pytest.mark.pure

KEY = bytes(range(32))
TURN = 1 << 32  # blocks; GCM counts no further
SOME = 64 * AES_BLOCK  # bytes


@given(st.binary(min_size=32, max_size=32), st.integers(0, 1 << 60))
@settings(max_examples=30, deadline=None)
def test_both_ways_give_the_same_bytes_from_any_block(key: bytes, block: int) -> None:
    block -= max(block % TURN - (TURN - 64), 0)  # not across a turn
    assert within_gcm(key)(block).update(bytes(SOME)) == plain(key)(block).update(bytes(SOME))


@pytest.mark.parametrize("block", [0, 1, 2, TURN - 64, TURN, TURN + 1, 5 * TURN, (1 << 128) - 64])
def test_both_ways_agree_at_the_edges_of_what_gcm_counts(block: int) -> None:
    assert within_gcm(KEY)(block).update(bytes(SOME)) == plain(KEY)(block).update(bytes(SOME))


def test_a_way_that_gives_other_bytes_is_never_taken(monkeypatch: pytest.MonkeyPatch) -> None:
    def wrong(key: bytes) -> counter.Begin:
        def begin(block: int) -> CipherContext:
            return within_gcm(key)(block + 1)

        return begin

    monkeypatch.setattr(counter, "within_gcm", wrong)
    assert fastest(KEY)(7).update(bytes(SOME)) == plain(KEY)(7).update(bytes(SOME))


@pytest.mark.parametrize("way", [plain, within_gcm])
@pytest.mark.parametrize("edge", [WINDOW, 2 * WINDOW, 3 * WINDOW])  # the second is where GCM would begin again
@pytest.mark.parametrize("before", [AES_BLOCK, STEP, STEP + AES_BLOCK])
def test_a_stream_runs_on_over_the_edge_of_a_context(
    monkeypatch: pytest.MonkeyPatch, way: Callable[[bytes], counter.Begin], edge: int, before: int
) -> None:
    monkeypatch.setattr("wipe.pattern.fastest", way)
    made = bytearray(before + STEP + 48)
    RandomPattern(KEY).stream(edge - before).fill(memoryview(made))
    assert made == plain(KEY)((edge - before) // AES_BLOCK).update(bytes(len(made)))
    assert RandomPattern(KEY).stream(edge - before).holds(memoryview(made))
