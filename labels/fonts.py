"""The two typefaces on our paper, embedded, and text made safe for them.

Fira Sans covers the names of people in Latin, Greek and Cyrillic letters; IBM Plex Mono tells 0 from O and 1 from l,
which matters for tags and serial numbers. Both come as packages and are under the SIL Open Font License.
"""

import unicodedata
from importlib.resources import as_file, files
from io import BytesIO
from threading import Lock

from fontTools.ttLib import TTFont as FontFile
from reportlab.pdfbase import pdfmetrics
from reportlab.pdfbase.ttfonts import TTFont

REGULAR, BOLD, ITALIC = "FiraSans", "FiraSans-SemiBold", "FiraSans-Italic"
MONO, MONO_BOLD = "PlexMono", "PlexMono-SemiBold"
MISSING = "¤"  # stands for what no font here can show; both have it, and nobody's name does

_FILES = {
    REGULAR: ("fontpkg_fira_sans", "FiraSans-Regular.ttf"),
    BOLD: ("fontpkg_fira_sans", "FiraSans-SemiBold.ttf"),
    ITALIC: ("fontpkg_fira_sans", "FiraSans-Italic.ttf"),
    MONO: ("fontpkg_ibm_plex_mono", "IBMPlexMono-Regular.ttf"),
    MONO_BOLD: ("fontpkg_ibm_plex_mono", "IBMPlexMono-SemiBold.ttf"),
}
_lock = Lock()


def font(name: str) -> TTFont:
    """The font of one of the names above, read at its first use."""
    with _lock:
        if name not in pdfmetrics.getRegisteredFontNames():
            pdfmetrics.registerFont(TTFont(name, BytesIO(_unhinted(*_FILES[name]))))
    return pdfmetrics.getFont(name)


def _unhinted(package: str, file: str) -> bytes:
    """The font without its hints for coarse screens: on paper they do nothing, and they are half of the bytes."""
    with as_file(files(package) / "files" / file) as path, FontFile(path, recalcTimestamp=False) as font_file:
        for table in ("fpgm", "prep", "cvt ", "gasp"):
            if table in font_file:
                del font_file[table]
        outlines = font_file["glyf"]
        for glyph in font_file.getGlyphOrder():
            outlines[glyph].removeHinting()
        output = BytesIO()
        font_file.save(output)
        return output.getvalue()


def printable(text: str, name: str = REGULAR) -> str:
    """The text as this font can show it: one line, composed letters, no control or direction marks.

    What the font has no letter for becomes MISSING, so that it is seen to be missing.
    """
    covered = font(name).face.charToGlyph
    composed = unicodedata.normalize("NFC", text)
    spaced = (" " if c.isspace() else c for c in composed if c.isspace() or unicodedata.category(c) not in ("Cc", "Cf"))
    return "".join(c if ord(c) in covered else MISSING for c in " ".join("".join(spaced).split()))


def width(text: str, name: str, size: float) -> float:
    """Width in points of printable text."""
    return float(font(name).stringWidth(text, size))


def fitted(text: str, name: str, size: float, room: float) -> str:
    """Printable text cut to `room` points, with an ellipsis if anything was cut."""
    if width(text, name, size) <= room:
        return text
    low, high = 0, len(text)
    while low < high:  # the longest start that still fits with its ellipsis
        middle = (low + high + 1) // 2
        if width(text[:middle].rstrip() + "…", name, size) <= room:
            low = middle
        else:
            high = middle - 1
    return text[:low].rstrip() + "…" if low else ""


def wrapped(text: str, name: str, size: float, room: float, lines: int) -> list[str]:
    """Printable text in at most `lines` lines of `room` points; the last one is cut with an ellipsis.

    Breaks at spaces; a word that is longer than a line is broken where it must be.
    """
    found: list[str] = []
    rest = text if lines > 0 else ""
    while rest:
        if len(found) == lines - 1 or width(rest, name, size) <= room:
            found.append(fitted(rest, name, size, room))
            break
        start = _start(rest, name, size, room)
        found.append(rest[:start].rstrip())
        rest = rest[start:].lstrip()
    return found


def _start(text: str, name: str, size: float, room: float) -> int:
    """How many characters make a line; at least one, so that it always goes on."""
    low, high = 1, len(text)
    while low < high:
        middle = (low + high + 1) // 2
        if width(text[:middle].rstrip(), name, size) <= room:
            low = middle
        else:
            high = middle - 1
    space = text.rfind(" ", 0, low + 1)
    return space if space > 0 else low
