"""What the code on a manufacturer's label may hold: guesses at serial numbers, to be looked up, never facts.

Whoever asks compares the guesses with the register. A guess that the register does not know is shown to nobody as more
than "the code may hold this". Sources: GS1 General Specifications (element strings, table of predefined lengths),
ISO/IEC 15434 (envelope `[)>`), ANSI MH10.8.2 (data identifiers), and labels of Apple, Dell, HP, Lenovo and of drives.
"""

import re
import string
from collections.abc import Iterator
from dataclasses import dataclass
from urllib.parse import parse_qsl, unquote, urlsplit

from labels.code import SCAN_LIMIT, plain

MOST = 24  # guesses of one code; a label holds fewer fields
LEAST = 4  # characters of a guess: shorter ones fit everything

GROUP = "\x1d"  # FNC1 inside of a GS1 string, and between the fields of ISO/IEC 15434
RECORD = "\x1e"
_AIM = re.compile(r"\](C1|e0|d2|Q3|J1)")  # ISO/IEC 15424: what follows is a GS1 element string
_ANY_AIM = re.compile(r"^\][A-Za-z][0-9A-Za-z]")
_SPELT = str.maketrans({"\u241d": GROUP, "\u241e": RECORD})  # how some scanners type what has no key
_NAMED = re.compile(r"<GS>|\{GS\}|<FNC1>|\{FNC1\}", re.IGNORECASE)
_SHOWN_AI = re.compile(r"\((\d{2,4})\)([^()]+)")
_ENVELOPE = re.compile(r"\[\)>[\x1e ]?0[56][\x1d ]?|\[\)>[\x1e ]?12[\x1d ]?")
_AI_SERIALS = frozenset({"21", "250", "251", "8002", "8003", "8004"})
# Digits of an application identifier by its first two; two where they are not named here
_AI_DIGITS = {
    **dict.fromkeys(("23", "24", "25", "40", "41", "42", "71"), 3),
    **dict.fromkeys(("31", "32", "33", "34", "35", "36", "39", "43", "70", "72", "80", "81", "82"), 4),
}
# Characters of the whole element string, its identifier included, where they are predefined
_AI_FIXED = {
    "00": 20, "01": 16, "02": 16, "03": 16, "04": 18, "11": 8, "12": 8, "13": 8, "14": 8, "15": 8, "16": 8, "17": 8,
    "18": 8, "19": 8, "20": 4, "31": 10, "32": 10, "33": 10, "34": 10, "35": 10, "36": 10, "41": 16,
}  # fmt: skip
_VALUE = r"([A-Z0-9][A-Z0-9._/+-]{3,39})"
_LABELLED = re.compile(
    r"(?<![A-Z0-9])(?:S\s?/\s?N|SN|S\.N\.|SNID|SERIAL|SER)(?:\s?(?:NO|NR|NUMBER|NUM)\b)?\.?\s*[:=#)\s]\s*[:#]?\s*"
    + _VALUE
    + r"|(?<![A-Z0-9])(?:SERVICE\s?TAG|SVC\s?TAG|SERIALNUMBER)\s*[:=#(\s]\s*" + _VALUE
    + r"|\(S\)\s*(?:SERIAL\s?(?:NO|NUMBER)?\.?\s*:?\s*)?" + _VALUE,
    re.IGNORECASE,
)  # fmt: skip
_WWN = re.compile(r"(?:WWN|WWID|EUI-?64|EUI|NAA|NGUID|LU)[\s.:=#]*((?:[0-9A-F][\s:-]?){15,31}[0-9A-F])", re.IGNORECASE)
_GAPS = re.compile(r"[\s:.-]")
_FIELDS = re.compile(r"[;,|\t\n\r\x1d\x1e]+")
_DIGITS = re.compile(r"\d[\d\s-]*")
_BASE_36 = string.digits + string.ascii_uppercase


@dataclass(frozen=True, slots=True)
class Reading:
    """A code, read. `guesses` come the likeliest first, without the whole text itself."""

    whole: str  # what any keyboard could type, without the scanner's own prefix
    guesses: tuple[str, ...]
    article: bool  # an article number (EAN, UPC, GTIN): the same on every piece of its kind


def read(raw: str) -> Reading:
    """What a code may hold. Never raises: any text will do, and is looked at as far as SCAN_LIMIT."""
    text = _NAMED.sub(GROUP, raw[:SCAN_LIMIT].translate(_SPELT)).strip(" \t\r\n")
    whole = _ANY_AIM.sub("", plain(text)).strip().strip("*")  # Code 39 begins and ends with a star
    found: dict[str, None] = {}
    for guess in _guesses(text, whole):
        tidy = plain(guess).strip(" *")
        if len(tidy) >= LEAST and any(one.isalnum() for one in tidy) and tidy.upper() != whole.upper():
            found[tidy] = None
        if len(found) == MOST:
            break
    return Reading(whole, tuple(found), _gtin(whole))


def _guesses(text: str, whole: str) -> Iterator[str]:
    yield from _gs1(text, whole)
    yield from _envelope(text)
    for groups in _LABELLED.findall(whole):
        yield from (value.rstrip(".-/") for value in groups if value)
    yield from _wwn(whole)
    if re.match(r"[a-z][a-z0-9+.-]*://", whole, re.IGNORECASE):
        yield from _address(whole)
    elif " " not in whole:
        yield from _prefixed(whole)
    yield from _dell(whole)
    if len(fields := _FIELDS.split(text)) > 1 or re.search(r"[:=]", whole):
        for field in fields:
            yield from _field(field)


def _gs1(text: str, whole: str) -> Iterator[str]:
    """Serial numbers of a GS1 element string, as it is printed or as it is sent."""
    for identifier, value in _SHOWN_AI.findall(whole):
        if identifier in _AI_SERIALS:
            yield value.strip()
    marked = _AIM.match(text)
    rest = text[3:] if marked else text.lstrip(GROUP)
    if not marked and rest == text and not (re.match(r"01\d{14}21.", rest) and _gtin(rest[2:16])):
        return
    while len(rest) > 2:
        digits = _AI_DIGITS.get(rest[:2], 2)
        end = _AI_FIXED.get(rest[:2])
        if end is None:
            end = rest.find(GROUP)
            end = len(rest) if end < 0 else end
        if rest[:digits] in _AI_SERIALS:
            yield rest[digits:end]
        rest = rest[max(end, 1) :].lstrip(GROUP)


def _envelope(text: str) -> Iterator[str]:
    """Serial numbers of an ISO/IEC 15434 message: formats 05 (GS1), 06 (data identifiers) and 12 (text)."""
    opened = _ENVELOPE.search(text)
    if opened is None:
        return
    for field in re.split(f"[{GROUP}{RECORD}\x04]", text[opened.end() :]):
        found = re.fullmatch(r"(?:\d{0,3}S|SER\s|21)(.{4,60})", field)
        if found:
            yield found[1]


def _wwn(whole: str) -> Iterator[str]:
    """The world wide name, EUI-64 or NGUID of a drive, as 16 or 32 hexadecimal digits."""
    for found in [*_WWN.findall(whole), whole.lower().removeprefix("naa.").removeprefix("eui.").removeprefix("0x")]:
        digits = _GAPS.sub("", found)
        if len(digits) in (16, 32) and all(one in string.hexdigits for one in digits):
            yield digits


def _prefixed(whole: str) -> Iterator[str]:
    """One word with a data identifier or a maker's prefix before the serial number."""
    word = whole.upper()
    if found := re.fullmatch(r"1S([A-Z0-9]{10})([A-Z0-9]{8})|1S([A-Z0-9]{7})([A-Z0-9]{7,8})", word):
        yield found[2] or found[4]  # Lenovo: 1S, machine type and model, serial number
    if re.fullmatch(r"(?:1S|8S|11S)[A-Z0-9]{12,}", word):
        yield from (word[-8:], word[-7:])
    if found := re.fullmatch(r"(?:S/?N|\d{0,2}S)[:=-]?([A-Z0-9].{4,})", word):
        yield found[1]
    if found := re.fullmatch(r"(?:\d{0,2}P|P/?N)[:=-]?([A-Z0-9].{4,})", word):
        yield found[1]


def _dell(whole: str) -> Iterator[str]:
    """The service tag that an express service code stands for: the same number, in base 36."""
    if not _DIGITS.fullmatch(whole):
        return
    number = int(_GAPS.sub("", whole)[:40])
    if not 36**6 <= number < 36**7:
        return
    tag = ""
    while number:
        number, digit = divmod(number, 36)
        tag = _BASE_36[digit] + tag
    yield tag


def _address(whole: str) -> Iterator[str]:
    """Parts of a maker's address that could be a serial number."""
    try:
        parts = urlsplit(whole)
    except ValueError:
        return
    values = [value for _, value in parse_qsl(parts.query, max_num_fields=SCAN_LIMIT)]
    for value in [*values, *(unquote(part) for part in reversed(parts.path.split("/")))]:
        if len(value) > LEAST and any(one.isdigit() for one in value):
            yield value


def _field(field: str) -> Iterator[str]:
    """One of several fields, with and without its name."""
    value = re.split(r"[:=]", field, maxsplit=1)[-1].strip()
    if len(value) > LEAST and any(one.isdigit() for one in value) and " " not in value:
        yield value
        yield from _prefixed(value)


def _gtin(text: str) -> bool:
    """Whether it has the length and the check digit of a GTIN (8, 12, 13 or 14 digits)."""
    if len(text) not in (8, 12, 13, 14) or not (text.isascii() and text.isdecimal()):
        return False
    weighted = sum(int(digit) * (3 if place % 2 else 1) for place, digit in enumerate(reversed(text)))
    return weighted % 10 == 0
