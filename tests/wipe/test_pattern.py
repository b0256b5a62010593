"""Patterns: the same bytes from wherever one starts, known answers, and digests that keep the key."""

import hashlib

import pytest
from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes
from hypothesis import given, settings
from hypothesis import strategies as st

from wipe.pattern import STEP, ConstantPattern, Pattern, RandomPattern
from wipe.vocabulary import PatternKind

pytestmark = pytest.mark.pure

KEY = bytes(range(32))


def read(pattern: Pattern, offset: int, length: int) -> bytes:
    buffer = bytearray(length)
    pattern.stream(offset).fill(memoryview(buffer))
    return bytes(buffer)


@pytest.mark.parametrize("value", [0, 0x55, 0xFF])
def test_a_constant_is_the_same_everywhere(value: int) -> None:
    assert read(ConstantPattern(value), 4096, (1 << 20) + 33) == bytes([value]) * ((1 << 20) + 33)


def test_the_random_stream_is_aes_256_ctr_as_another_reading_of_the_standard_has_it() -> None:
    plain = Cipher(algorithms.AES(KEY), modes.ECB()).encryptor()  # noqa: S305 - counter mode built by hand
    expected = b"".join(plain.update(number.to_bytes(16, "big")) for number in range(256, 260))
    assert read(RandomPattern(KEY), 4096, 64) == expected


@given(st.integers(0, 4000), st.integers(0, 300), st.sampled_from([False, True]))
def test_a_stream_started_later_goes_on_with_the_same_bytes(start: int, length: int, complement: bool) -> None:
    pattern = RandomPattern(KEY, complement=complement)
    assert read(pattern, start * 16, length) == read(pattern, 0, start * 16 + length)[start * 16 :]


def test_the_stream_crosses_its_inner_chunks_without_a_seam() -> None:
    whole = read(RandomPattern(KEY), 0, 2 * STEP + 32)
    assert whole[STEP - 16 : STEP + 16] == read(RandomPattern(KEY), STEP - 16, 32)


PATTERNS = [ConstantPattern(0), ConstantPattern(0x55), RandomPattern(KEY), RandomPattern(KEY, complement=True)]


@pytest.mark.parametrize("pattern", PATTERNS)
@given(st.sampled_from([16, 512, STEP - 16, STEP, STEP + 16, 2 * STEP + 48]), st.data())
@settings(max_examples=20, deadline=None)
def test_a_stream_knows_its_own_bytes_and_a_single_bit_that_is_not(
    pattern: Pattern, length: int, data: st.DataObject
) -> None:
    buffer = memoryview(bytearray(read(pattern, 4096, length)))
    stream = pattern.stream(4096 - 16)
    stream.fill(memoryview(bytearray(16)))
    assert stream.holds(buffer)
    buffer[data.draw(st.integers(0, length - 1))] ^= 1 << data.draw(st.integers(0, 7))
    assert not pattern.stream(4096).holds(buffer)


@pytest.mark.parametrize("pattern", PATTERNS)
def test_comparing_leaves_what_was_read_as_it_is(pattern: Pattern) -> None:
    buffer = bytearray(range(256)) * 16
    assert not pattern.stream(0).holds(memoryview(buffer))
    assert buffer == bytearray(range(256)) * 16


def test_the_complement_has_every_bit_inverted() -> None:
    one, other = read(RandomPattern(KEY), 512, 512), read(RandomPattern(KEY, complement=True), 512, 512)
    assert bytes(a ^ b for a, b in zip(one, other, strict=True)) == b"\xff" * 512


def test_kinds_and_digests_tell_patterns_apart_and_do_not_hold_the_key() -> None:
    patterns = [
        ConstantPattern(0),
        ConstantPattern(0x55),
        RandomPattern(KEY),
        RandomPattern(KEY, complement=True),
        RandomPattern(bytes(32)),
    ]
    kinds = [PatternKind.ZERO, PatternKind.CONSTANT, PatternKind.RANDOM, PatternKind.RANDOM_COMPLEMENT]
    assert [pattern.kind for pattern in patterns[:4]] == kinds
    digests = {pattern.digest for pattern in patterns}
    assert len(digests) == len(patterns)
    assert hashlib.sha256(KEY).hexdigest() not in digests
    assert KEY.hex() not in digests


@pytest.mark.parametrize("offset", [-16, 1, 8, 513])
def test_an_offset_inside_a_cipher_block_is_refused(offset: int) -> None:
    with pytest.raises(ValueError, match="multiple of 16"):
        RandomPattern(KEY).stream(offset)
    with pytest.raises(ValueError, match="multiple of 16"):
        ConstantPattern().stream(offset)


@pytest.mark.parametrize("key", [b"", bytes(16), bytes(33)])
def test_a_key_of_another_length_is_refused(key: bytes) -> None:
    with pytest.raises(ValueError, match="32"):
        RandomPattern(key)


@pytest.mark.parametrize("value", [-1, 256])
def test_a_constant_that_is_no_byte_is_refused(value: int) -> None:
    with pytest.raises(ValueError, match="byte"):
        ConstantPattern(value)
