"""Read the codes in a picture that a camera took. Pure: bytes in, texts out, nothing is kept.

The picture comes from outside. Only three formats are opened, its size is looked at before a pixel is decoded, and
whatever the decoder says about rubbish becomes one kind of error.
"""

import struct
from dataclasses import dataclass
from io import BytesIO

import zxingcpp
from PIL import Image

from labels.code import SCAN_LIMIT

PIXELS = 16_000_000  # at most; a telephone's usual photo has 12 million
QUICK = 2016  # pixels of the longer side that a large photo is tried at first
MOST = 20  # codes of one picture
LEAST_39 = 5  # characters: Code 39 has no check character, and short ones are read where there are none
_OPENED = ("JPEG", "PNG", "WEBP")
_BROKEN = (OSError, SyntaxError, ValueError, TypeError, ArithmeticError, LookupError, EOFError, struct.error)
_KINDS = zxingcpp.BarcodeFormats(
    [
        zxingcpp.BarcodeFormat.QRCodeModel2,
        zxingcpp.BarcodeFormat.DataMatrix,
        zxingcpp.BarcodeFormat.Code128,
        zxingcpp.BarcodeFormat.Code39,
    ]
)
_UNCHECKED = zxingcpp.BarcodeFormat.Code39


class BadPicture(ValueError):
    """It cannot be read; the text says what to do, made to be shown."""


@dataclass(frozen=True, slots=True)
class Code:
    """One code as a scanner would send it: a GS1 code begins with its symbology identifier."""

    text: str
    sure: bool  # it has a check character; what has none is worth a second look


def codes(picture: bytes) -> list[Code]:
    """Every code in it, each once. A large photo is tried at a smaller size first. Raises BadPicture."""
    grey, reduced = _grey(picture, quick=True)
    found = _read(grey)
    return found if found or not reduced else _read(_grey(picture, quick=False)[0])


def _grey(picture: bytes, *, quick: bool) -> tuple[Image.Image, bool]:
    """The picture in grey, and whether it is smaller than what was sent."""
    try:
        with Image.open(BytesIO(picture), formats=_OPENED) as opened:
            sent = opened.size
            if sent[0] * sent[1] > PIXELS:
                raise _too_large()
            if quick and max(sent) > QUICK:  # JPEG only: decoded at a half, a quarter or an eighth, never below this
                opened.draft("L", (sent[0] * QUICK // max(sent), sent[1] * QUICK // max(sent)))
            return opened.convert("L"), opened.size != sent
    except BadPicture:
        raise
    except (Image.DecompressionBombError, Image.DecompressionBombWarning) as error:
        raise _too_large() from error
    except _BROKEN as error:
        raise BadPicture("This is no whole JPEG, PNG or WebP picture. Take it again.") from error


def _too_large() -> BadPicture:
    return BadPicture("This picture has more than 16 million pixels. Choose a lower resolution.")


def _read(grey: Image.Image) -> list[Code]:
    found: dict[str, Code] = {}
    for one in zxingcpp.read_barcodes(grey, formats=_KINDS, text_mode=zxingcpp.TextMode.Plain):
        unchecked = one.format == _UNCHECKED
        if unchecked and len(one.text) < LEAST_39:
            continue
        prefix = one.symbology_identifier if one.content_type == zxingcpp.ContentType.GS1 else ""
        text = (prefix + one.text)[: SCAN_LIMIT + 1]  # one more, so that it is seen to be too long
        found.setdefault(text, Code(text, not unchecked))
    return list(found.values())[:MOST]
