"""QR codes of our addresses: the smallest that fits, as a matrix of dark and light."""

from functools import lru_cache

from qrcode.constants import ERROR_CORRECT_H, ERROR_CORRECT_L, ERROR_CORRECT_M, ERROR_CORRECT_Q
from qrcode.exceptions import DataOverflowError
from qrcode.main import QRCode
from qrcode.util import MODE_ALPHA_NUM, MODE_NUMBER, optimal_mode

Matrix = tuple[tuple[bool, ...], ...]  # rows from the top; True is dark; without the quiet zone

QUIET = 4  # modules of white that ISO/IEC 18004 wants on every side
MASK = 2  # one fixed pattern: trying all eight takes eight times as long, and a reader takes any


def asset_url(base_url: str, tag: str) -> str:
    """What an asset's code says, in upper case: a QR code packs capitals and digits closer than any other text."""
    return f"{base_url.rstrip('/')}/A/{tag}".upper()


def certificate_url(base_url: str, code: str) -> str:
    """What a certificate's code says: the public address that checks it."""
    return f"{base_url.rstrip('/')}/V/{code}".upper()


def matrix(text: str, *, tight: bool = False) -> Matrix:
    """The code of a text: the smallest size that holds it at level M, then the highest level in that size.

    Size decides how large a module can be printed, and that decides more than error correction whether it is read;
    so `tight` starts at level L, for labels on which the next size would have modules that are too small.
    Raises ValueError for a text that no code holds.
    """
    version, level = _chosen(text, tight)
    code = _code(text, version, level)
    code.make(fit=False)
    return tuple(tuple(map(bool, row)) for row in code.modules)


def modules(text: str, *, tight: bool = False) -> int:
    """How many modules wide `matrix` makes the code. Raises ValueError as it does."""
    return 17 + 4 * _chosen(text, tight)[0]


def _chosen(text: str, tight: bool) -> tuple[int, int]:
    if not text:
        raise ValueError("A code needs a text.")
    data = text.encode()
    return _smallest(len(data), optimal_mode(data), tight)


def _code(text: str, version: int | None, level: int) -> QRCode:
    code = QRCode(version=version, error_correction=level, border=0, mask_pattern=MASK)
    code.add_data(text, optimize=0)
    return code


@lru_cache(maxsize=512)
def _smallest(length: int, mode: int, tight: bool) -> tuple[int, int]:
    """Version and level for every text of this many bytes in this mode of the code."""
    stand_in = {MODE_NUMBER: "1", MODE_ALPHA_NUM: "A"}.get(mode, "a") * length
    levels = [ERROR_CORRECT_H, ERROR_CORRECT_Q, ERROR_CORRECT_M, *([ERROR_CORRECT_L] if tight else [])]
    least = levels.pop()
    version = _fit(stand_in, least)
    if version is None:
        raise ValueError("The text is too long for a code.")
    for level in levels:
        if _fit(stand_in, level) == version:
            return version, level
    return version, least


def _fit(text: str, level: int) -> int | None:
    try:
        return int(_code(text, None, level).best_fit())
    except (DataOverflowError, ValueError):  # the library checks the version 41 in vain before it says overflow
        return None
