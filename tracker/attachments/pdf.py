"""Look into a PDF with qpdf: whether it is whole, and whether it does more than show pages. It is never changed."""

import zipfile
from collections.abc import Iterator
from io import BytesIO

import pikepdf
from pikepdf import Array, Dictionary, Object, Stream

from tracker.attachments.rules import PDF_OBJECTS, PdfFacts

# Against a few bytes that unpack to gigabytes. For the whole process, so set before a thread opens a PDF; streams of
# objects are the only ones that are unpacked here, and the certificates' own are far smaller.
_UNPACKED = 128 << 20
pikepdf.settings.set_qpdf_limits(
    doc_max_warnings=200,
    flate_max_memory=_UNPACKED,
    png_max_memory=_UNPACKED,
    tiff_max_memory=_UNPACKED,
    run_length_max_memory=_UNPACKED,
)
# ISO 32000-2, table 201 (actions) and 12.5.6 (annotations)
_SCRIPT_KEYS = frozenset({"/JS", "/JavaScript"})
_FILE_KEYS = frozenset({"/EmbeddedFiles", "/EF", "/Collection"})
_STARTING_ACTIONS = frozenset(
    {"/Launch", "/SubmitForm", "/ImportData", "/GoToR", "/GoToE", "/Sound", "/Movie", "/Rendition", "/RichMediaExecute"}
)
_PLAYING = frozenset({"/Movie", "/Sound", "/Screen", "/RichMedia", "/3D"})
_TAIL = 1024  # bytes after which the end of the file must be marked


class NotTaken(Exception):
    """The PDF cannot be looked at; `str()` is the code of tracker.attachments.rules.WHY."""


def look(data: bytes) -> PdfFacts:
    """What is in a PDF. Raises NotTaken for one that is damaged or too complicated."""
    if b"%%EOF" not in data[-_TAIL:]:
        raise NotTaken("damaged_pdf")
    try:
        with pikepdf.open(BytesIO(data), attempt_recovery=False) as opened:
            if opened.is_encrypted:
                return PdfFacts(encrypted=True)
            facts = _facts(opened, archive=zipfile.is_zipfile(BytesIO(data)))
            # what qpdf cannot read, or not unpack within the limits, others may; what a page lacks is no harm
            if any(not warning.endswith("repairing") for warning in map(str, opened.get_warnings())):
                raise NotTaken("damaged_pdf")
            return facts
    except pikepdf.PasswordError:
        return PdfFacts(encrypted=True)
    except (pikepdf.PdfError, ValueError, RuntimeError, NotImplementedError, LookupError, TypeError) as error:
        raise NotTaken("damaged_pdf") from error


def _facts(opened: pikepdf.Pdf, *, archive: bool) -> PdfFacts:
    keys, actions, shown = set(), set(), set()
    for seen, one in enumerate(_dictionaries(opened)):
        if seen >= PDF_OBJECTS:
            raise NotTaken("complicated_pdf")
        keys |= one.keys() & (_SCRIPT_KEYS | _FILE_KEYS | {"/XFA"})
        actions.add(_word(one, "/S"))
        shown.add(_word(one, "/Subtype"))
    return PdfFacts(
        scripts=bool(keys & _SCRIPT_KEYS) or "/JavaScript" in actions,
        files=bool(keys & _FILE_KEYS) or "/FileAttachment" in shown,
        starts=bool(actions & _STARTING_ACTIONS or shown & _PLAYING),
        xfa="/XFA" in keys,
        archive=archive,
        pages=len(opened.pages),
    )


def _dictionaries(opened: pikepdf.Pdf) -> Iterator[Object]:
    """Every dictionary of every object, those inside others too; what is not reachable from a page as well."""
    for indirect in opened.objects:
        waiting: list[Object] = [indirect]
        while waiting:
            one = waiting.pop()
            if isinstance(one, Array):
                inside = list(one)
            elif isinstance(one, Dictionary | Stream):
                yield one
                inside = [value for _, value in one.items()]
            else:
                continue
            # an indirect one comes by itself
            waiting += [value for value in inside if isinstance(value, Object) and not value.is_indirect]


def _word(one: Object, key: str) -> str:
    found = one.get(key)
    return str(found) if isinstance(found, pikepdf.Name) else ""
