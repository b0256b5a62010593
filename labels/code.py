"""The asset tag: seven random characters and a check character, and what a scanner may give for it.

Alphabet: Crockford base 32, each character a number of GF(32), built on x^5 + x^2 + 1. The check is a weighted sum:
the weights are the powers x^7 .. x^0, all different and none zero, and the sum over the whole tag is zero. So one wrong
character changes the sum by (weight x difference), and two swapped ones by (difference of weights x difference of
characters): neither can be zero. See docs/adr/0008-tag-check-character.md.
"""

import re
import unicodedata
from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum

ALPHABET = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
LENGTH = 8  # characters, the check character among them
SCAN_LIMIT = 512  # characters of one scan; a QR code holds more, nothing that we look for does

_POLYNOMIAL = 0b100101
_VALUE = {character: value for value, character in enumerate(ALPHABET)}
_READ_AS = str.maketrans({"O": "0", "I": "1", "L": "1"})
_GAPS = re.compile("[ \t\u00a0\u2010-\u2015-]")  # a telephone types its own hyphens and spaces
_URL = re.compile(r"[a-z][a-z0-9+.-]*://[^/?#\s]+(?:/[^?#\s]*)?/a/([^/?#\s]*)/?(?:[?#]\S*)?", re.IGNORECASE)
_AIM = re.compile(r"^\][A-Za-z][0-9A-Za-z]")  # ISO/IEC 15424 symbology identifier, which some scanners send first


def _double(value: int) -> int:
    value <<= 1
    return value ^ _POLYNOMIAL if value & 32 else value


def _sum(characters: str) -> int:
    """The weighted sum in GF(32) by Horner's rule: the last character has weight 1, the one before it x, and so on."""
    total = 0
    for character in characters:
        total = _double(total) ^ _VALUE[character]
    return total


def _check(body: str) -> str:
    return ALPHABET[_double(_sum(body))]


def new(random_bytes: Callable[[int], bytes]) -> str:
    """A new tag from `random_bytes(count)`, for instance secrets.token_bytes. Raises ValueError if it gives too few.

    35 bits: among 10,000 assets of a school a new one collides once in three million, so the caller asks the register.
    """
    drawn = random_bytes(5)
    if len(drawn) != 5:
        raise ValueError("A new tag needs five random bytes.")
    number = int.from_bytes(drawn, "big")
    body = "".join(ALPHABET[(number >> (5 * place)) & 31] for place in range(LENGTH - 1))
    return body + _check(body)


def normalise(text: str) -> str | None:
    """The tag that a person or a scanner meant; None if it is none, or its check character is wrong.

    Any case, with or without hyphens and spaces; O is read as 0, I and L as 1.
    """
    if len(text) > SCAN_LIMIT:
        return None
    joined = _GAPS.sub("", text.strip())
    if not joined.isascii():
        return None
    tag = joined.upper().translate(_READ_AS)
    if len(tag) != LENGTH or any(character not in _VALUE for character in tag):
        return None
    return tag if _sum(tag) == 0 else None


def shown(tag: str) -> str:
    """The tag in groups, `ABCD-EFGH`, as it is printed and shown."""
    return f"{tag[:4]}-{tag[4:]}"


class ScanKind(StrEnum):
    """What a scan turned out to be."""

    TAG = "tag"
    OTHER = "other"
    INVALID = "invalid"


@dataclass(frozen=True, slots=True)
class Scan:
    """One scan, read. A serial number of eight characters can look like a tag: if no asset has it, try `text` too."""

    kind: ScanKind
    tag: str | None  # only for TAG
    text: str  # as scanned, trimmed, without control characters; at most SCAN_LIMIT characters
    problem: str  # only for INVALID: a sentence for the person who scans


def scanned(raw: str) -> Scan:
    """Read what a scanner or a person gave: our address on whatever host, a bare tag, or any other barcode."""
    if len(raw) > SCAN_LIMIT:
        text = plain(raw[:SCAN_LIMIT])
        return Scan(ScanKind.INVALID, None, text, "This code is too long for a label. Scan the asset's own label.")
    text = _AIM.sub("", plain(raw)).strip()
    if not text:
        return Scan(ScanKind.INVALID, None, "", "Nothing was scanned. Scan again, or type the tag.")
    address = _URL.fullmatch(text)
    tag = normalise(text if address is None else address[1])
    if tag is not None:
        return Scan(ScanKind.TAG, tag, text, "")
    if address is not None:
        return Scan(
            ScanKind.INVALID, None, text, "The tag in this code is damaged. Scan again, or type the tag from the label."
        )
    return Scan(ScanKind.OTHER, None, text, "")


def plain(text: str) -> str:
    """The text without control, format, private and unassigned characters; each run of white space is one space."""
    kept = (c for c in text if c in "\t\n\r" or not unicodedata.category(c).startswith("C"))
    return " ".join("".join(kept).split())
