"""Which bytes belong at an offset of a drive. Pure, and shared by the writer and the verifier.

A pattern answers for any offset without having seen the bytes before it, so that a single block can be written
again, a sample verified, and a run resumed.
"""

import hashlib
from collections.abc import Iterator
from typing import Protocol

import rfc8785

from wipe.counter import AES_BLOCK, WINDOW, Begin, fastest
from wipe.vocabulary import PatternKind

KEY_BYTES = 32  # AES-256
STEP = 256 << 10  # bytes made or compared at once: few enough to stay in a processor's own cache


class Stream(Protocol):
    """A pattern read from one offset on, without gaps."""

    @property
    def constant(self) -> bool:
        """Whether every byte is the same: a buffer that was filled once stays right for every offset."""

    def fill(self, buffer: memoryview) -> None:
        """Write the next `len(buffer)` bytes of the pattern into `buffer`."""

    def holds(self, buffer: memoryview) -> bool:
        """Whether `buffer` holds the next `len(buffer)` bytes of the pattern."""


class Pattern(Protocol):
    """The bytes of one overwriting pass."""

    @property
    def kind(self) -> PatternKind:
        """What the record calls it."""

    @property
    def digest(self) -> str:
        """SHA-256, hex, that identifies the pattern without revealing a key."""

    def stream(self, offset: int) -> Stream:
        """The pattern from `offset` on. Raises ValueError for an offset that is negative or no multiple of 16."""


def _checked(offset: int) -> int:
    if offset < 0 or offset % AES_BLOCK:
        raise ValueError(f"offset {offset} is not a multiple of {AES_BLOCK}")
    return offset


def _parts(buffer: memoryview, offset: int = 0) -> Iterator[memoryview]:
    """Cut a buffer that stands for the bytes from `offset` on at multiples of STEP."""
    start, end = 0, STEP - offset % STEP
    while start < len(buffer):
        yield buffer[start:end]
        start, end = end, end + STEP


def _digest(description: dict[str, str]) -> str:
    return hashlib.sha256(rfc8785.dumps(description)).hexdigest()


class ConstantPattern:
    """One byte value everywhere; zero is the commonest."""

    def __init__(self, value: int = 0) -> None:
        """Raises ValueError unless `value` fits in a byte."""
        if not 0 <= value <= 255:
            raise ValueError(f"{value} does not fit in a byte")
        self.value = value
        self._chunk = bytearray([value]) * STEP  # compares with any buffer at memory speed, which bytes do not

    @property
    def kind(self) -> PatternKind:
        """Zero has a word of its own."""
        return PatternKind.ZERO if self.value == 0 else PatternKind.CONSTANT

    @property
    def digest(self) -> str:
        """Over the kind and the value, which is no secret."""
        return _digest({"kind": self.kind.value, "value": f"{self.value:02x}"})

    def stream(self, offset: int) -> Stream:
        """The same from everywhere."""
        _checked(offset)
        return _ConstantStream(self._chunk)


class _ConstantStream:
    constant = True

    def __init__(self, chunk: bytearray) -> None:
        self._chunk = chunk

    def fill(self, buffer: memoryview) -> None:
        for part in _parts(buffer):
            part[:] = memoryview(self._chunk)[: len(part)]

    def holds(self, buffer: memoryview) -> bool:
        return all((self._chunk if len(part) == STEP else self._chunk[: len(part)]) == part for part in _parts(buffer))


class RandomPattern:
    """AES-256 in counter mode over zeros (NIST SP 800-38A); the counter is the offset in 16-byte blocks.

    The key is made afresh for every pass by `wipe.session` and never leaves the station. The complement has every
    bit inverted, for methods that ask for a pattern and its complement.
    """

    def __init__(self, key: bytes, *, complement: bool = False) -> None:
        """Raises ValueError unless the key has 32 bytes."""
        if len(key) != KEY_BYTES:
            raise ValueError(f"the key has {len(key)} bytes instead of {KEY_BYTES}")
        self._key = key
        self._begin = fastest(key)
        self._input = bytes([0xFF if complement else 0x00]) * STEP
        self.kind = PatternKind.RANDOM_COMPLEMENT if complement else PatternKind.RANDOM

    @property
    def digest(self) -> str:
        """Over the kind and the key's own SHA-256: two passes with one key are seen, the key is not."""
        return _digest({"kind": self.kind.value, "key_sha256": hashlib.sha256(self._key).hexdigest()})

    def stream(self, offset: int) -> Stream:
        """Start the counter at the offset."""
        return _RandomStream(self._begin, _checked(offset), self._input)


class _RandomStream:
    constant = False

    def __init__(self, begin: Begin, offset: int, given: bytes) -> None:
        self._begin = begin
        self._offset = offset
        self._given = given
        self._context = begin(offset // AES_BLOCK)

    def _enciphered(self, data: memoryview | bytes, into: memoryview | bytearray) -> None:
        self._context.update_into(data, into)
        self._offset += len(data)
        if self._offset % WINDOW == 0:
            self._context = self._begin(self._offset // AES_BLOCK)

    def fill(self, buffer: memoryview) -> None:
        for part in _parts(buffer, self._offset):
            self._enciphered(self._given[: len(part)], part)

    def holds(self, buffer: memoryview) -> bool:
        """Decipher: what was made of the input gives the input again."""
        found = bytearray()
        for part in _parts(buffer, self._offset):
            if len(found) != len(part):
                found = bytearray(len(part))
            self._enciphered(part, found)
            if found != self._given[: len(part)]:
                return False
        return True
