"""What may be attached to a thing: which types, how large, how many, under which name. Pure."""

import re
import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum

from tracker.values import Blocker, Decision, one_line, unprintable

FILE_LIMIT = 20 << 20  # bytes of one file as it comes
TEXT_LIMIT = 1 << 20  # bytes of a plain text
TOGETHER = 10  # files in one go
SUBJECT_LIMIT = 60  # files that one thing has; removed ones do not count
PIXELS = 50_000_000  # of a picture as it comes: what phones make, not what fills the memory
EDGE = 2560  # pixels of the longer edge of a photo as it is kept
THUMBNAIL = 320  # pixels of the longer edge
PNG_LIMIT = 8 << 20  # bytes; a larger drawing without loss is kept as JPEG
PDF_OBJECTS = 300_000  # parts of a PDF that are looked at; one with more is refused
CAPTION_LIMIT, NAME_LIMIT = 200, 120  # characters
REASON_LEAST, REASON_LIMIT = 10, 1000  # characters of a reason


class Kind(StrEnum):
    """A photo is shown in the page, a document is downloaded."""

    PHOTO = "photo"
    DOCUMENT = "document"


class MediaType(StrEnum):
    """What is kept, told by its content. Everything else is refused."""

    JPEG = "image/jpeg"
    PNG = "image/png"
    WEBP = "image/webp"
    PDF = "application/pdf"
    TEXT = "text/plain"

    @property
    def kind(self) -> Kind:
        """How it is shown."""
        return Kind.PHOTO if self.value.startswith("image/") else Kind.DOCUMENT

    @property
    def suffix(self) -> str:
        """What its name ends with."""
        return {"image/jpeg": ".jpg", "text/plain": ".txt"}.get(self.value, "." + self.value.partition("/")[2])

    @property
    def label(self) -> str:
        """The words on the screen."""
        return _LABELS[self]


_LABELS = {
    MediaType.JPEG: "Photo (JPEG)",
    MediaType.PNG: "Picture (PNG)",
    MediaType.WEBP: "Picture (WebP)",
    MediaType.PDF: "PDF document",
    MediaType.TEXT: "Plain text",
}
_PRINT = "Open it, print it to PDF, and add the PDF."
# Why a file is not taken, by the code of the blocker. Each begins with the file's name.
WHY: Mapping[str, str] = {
    "empty": "is empty. Choose it again, or another file.",
    "too_large": f"is larger than {FILE_LIMIT >> 20} MB. Take the photo with fewer pixels, or scan in black and white.",
    "long_text": f"is a text of more than {TEXT_LIMIT >> 20} MB. {_PRINT}",
    "heic": "is a HEIC photo, which only some devices can show. On an iPhone choose Settings, Camera, Formats, Most "
    "Compatible, and take it again; or open it, export it as JPEG, and add that.",
    "other_image": "is a picture of a type that is not kept. Save it as JPEG or PNG and add that.",
    "drawing": f"is a web page or a drawing that can hold programs. {_PRINT}",
    "office": f"is an Office file or an archive, which can hold programs. {_PRINT}",
    "unknown": "is none of the types that are kept: photos (JPEG, PNG, WebP), PDF and plain text. " + _PRINT,
    "damaged_photo": "is damaged or cut off, and cannot be shown. Take the photo again, or copy the file again.",
    "pixels": f"has more than {PIXELS // 1_000_000} million pixels. Make it smaller and add it again.",
    "deep": "has more shades than a screen shows, as scientific pictures do. Save it as JPEG and add that.",
    "damaged_pdf": f"is damaged or cut off. {_PRINT}",
    "encrypted_pdf": "is protected by a password or against changes, so it could not be read for certain in some "
    f"years. {_PRINT}",
    "scripted_pdf": f"holds a program (JavaScript), which may show another thing each time. {_PRINT}",
    "carrying_pdf": f"carries other files inside, which nobody would see or check. {_PRINT}",
    "starting_pdf": f"can start programs, send data or play media. {_PRINT}",
    "form_pdf": f"is a form of a kind (XFA) that most programs cannot show. {_PRINT}",
    "complicated_pdf": f"is too complicated to be checked. {_PRINT}",
    "archive_in_pdf": f"is a PDF and an archive at the same time. {_PRINT}",
}


def refusal(name: str, code: str) -> Blocker:
    """The blocker with its sentence about the file of that name."""
    return Blocker(code, f"{shown_name(name)} {WHY[code]}")


_HEIF = frozenset({b"heic", b"heix", b"hevc", b"heim", b"heis", b"hevm", b"mif1", b"msf1"})
_IMAGES = (b"GIF8", b"BM", b"II*\0", b"MM\0*", b"\xff\x0a", b"\0\0\0\x0cJXL ", b"\0\0\0\x0cjP  ", b"8BPS", b"\0\0\1\0")
_OFFICE = (b"PK\3\4", b"PK\5\6", b"\xd0\xcf\x11\xe0", b"Rar!", b"7z\xbc\xaf\x27\x1c", b"\x1f\x8b", b"{\\rtf")
_MARKUP = re.compile(
    r"<(?:!doctype|\?xml|\?php|(?:html|head|body|svg|script|iframe|object|embed|math|style|link|meta|img)\b)", re.I
)


def recognise(head: bytes) -> MediaType | str:
    """The type that the first bytes of a file tell, or the code of why it is not taken. Names play no part."""
    if not head:
        return "empty"
    if head.startswith(b"\xff\xd8\xff"):
        return MediaType.JPEG
    if head.startswith(b"\x89PNG\r\n\x1a\n"):
        return MediaType.PNG
    if head.startswith(b"RIFF") and head[8:12] == b"WEBP":
        return MediaType.WEBP
    if head.startswith(b"%PDF-"):
        return MediaType.PDF
    if head[4:8] == b"ftyp":
        return "heic" if head[8:12] in _HEIF else "other_image" if head[8:12].startswith(b"avi") else "unknown"
    if head.startswith(_IMAGES):
        return "other_image"
    return "office" if head.startswith(_OFFICE) else MediaType.TEXT


def text_refusal(data: bytes) -> str | None:
    """Why bytes are no plain text that can be kept, as a code; None if they are."""
    if len(data) > TEXT_LIMIT:
        return "unknown" if b"\0" in data[:TEXT_LIMIT] else "long_text"
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError:
        return "unknown"
    if unprintable(text.replace("\f", "\n")):
        return "unknown"
    if not text.strip():
        return "empty"
    return "drawing" if _MARKUP.search(text) else None


@dataclass(frozen=True)
class PdfFacts:
    """What was found in a PDF."""

    encrypted: bool = False
    scripts: bool = False  # JavaScript
    files: bool = False  # embedded files, also as a portfolio or an annotation
    starts: bool = False  # launches programs, sends forms, plays media
    xfa: bool = False
    archive: bool = False  # is a ZIP as well
    pages: int = 0


def pdf_refusal(facts: PdfFacts) -> str | None:
    """Why a PDF is not taken, as a code; None if it is. Nothing is stripped: what is kept is what was signed."""
    reasons = {
        "encrypted_pdf": facts.encrypted,
        "scripted_pdf": facts.scripts,
        "carrying_pdf": facts.files,
        "starting_pdf": facts.starts,
        "form_pdf": facts.xfa,
        "archive_in_pdf": facts.archive,
        "damaged_pdf": facts.pages < 1,
    }
    return next((code for code, found in reasons.items() if found), None)


@dataclass(frozen=True)
class Present:
    """What a thing has already."""

    count: int  # files that are not removed
    same: str = ""  # the name of the one with the same content, if there is one


def may_attach(present: Present, name: str, caption: str) -> Decision:
    """May one more file be added to a thing."""
    found = list(may_caption(caption).blockers)
    if present.count >= SUBJECT_LIMIT:
        message = f"There are {present.count} files here already, which is the most. Remove one that is not needed."
        found.append(Blocker("too_many", message))
    if present.same:
        message = f"{shown_name(name)} is here already, as {present.same}. Nothing needs to be added."
        found.append(Blocker("same_file", message))
    return Decision(tuple(found))


def may_add(count: int) -> Decision:
    """May so many files be added in one go."""
    if count < 1:
        return Decision((Blocker("no_file", "Choose a photo or a document."),))
    if count > TOGETHER:
        message = f"These are {count} files. Add at most {TOGETHER} at a time."
        return Decision((Blocker("many_files", message),))
    return Decision(())


def may_change(*, removed: bool, caption: str) -> Decision:
    """May what a file is said to show be changed."""
    return Decision((*_gone(removed), *may_caption(caption).blockers))


def may_caption(caption: str) -> Decision:
    """Is this a caption."""
    found = []
    if len(caption) > CAPTION_LIMIT:
        found.append(Blocker("long_caption", f"The caption is longer than {CAPTION_LIMIT} characters. Shorten it."))
    if unprintable(caption):
        found.append(Blocker("caption", "The caption holds characters that cannot be shown. Type it again."))
    return Decision(tuple(found))


def may_remove(*, removed: bool, reason: str) -> Decision:
    """May a file be taken away. It is still kept, out of sight."""
    return Decision((*_gone(removed), *_reason(reason)))


def may_erase(*, removed: bool, erased: bool, reason: str) -> Decision:
    """May a removed file be erased for good, which nothing brings back."""
    found = []
    if not removed:
        found.append(Blocker("not_removed", "Remove it first. Only what is removed can be erased."))
    if erased:
        found.append(Blocker("erased", "It is erased already."))
    return Decision((*found, *_reason(reason)))


def _gone(removed: bool) -> tuple[Blocker, ...]:
    return (Blocker("removed", "It is removed already."),) if removed else ()


def _reason(reason: str) -> tuple[Blocker, ...]:
    text = one_line(reason)
    if len(text) < REASON_LEAST:
        return (Blocker("reason", f"Say why, in at least {REASON_LEAST} characters."),)
    if len(text) > REASON_LIMIT:
        return (Blocker("long_reason", f"The reason is longer than {REASON_LIMIT} characters. Shorten it."),)
    if unprintable(text):
        return (Blocker("odd_reason", "The reason holds characters that cannot be shown. Type it again."),)
    return ()


# Names that Windows gives to devices, whatever follows the dot
_DEVICES = re.compile(r"(?:con|prn|aux|nul|com[0-9¹²³]|lpt[0-9¹²³])(?:\..*)?", re.IGNORECASE)
_SUFFIX = re.compile(r"\.(?:jpe?g|jfif|png|webp|pdf|te?xt|csv|tsv|log|md|json)", re.IGNORECASE)


def shown_name(name: str) -> str:
    """A file's name as it can be shown: the last part of a path, one line, nothing invisible, not too long."""
    return _visible(name) or "The file"


def kept_name(name: str, media_type: MediaType) -> str:
    """The name under which a file is kept and downloaded: safe on every system, its ending told by the content."""
    safe = re.sub(r'[<>:"/\\|?*%;]', "_", _visible(name))
    stem, dot, ending = safe.rpartition(".")
    if dot and _SUFFIX.fullmatch(dot + ending):
        safe = stem
    stem = safe.rstrip(". ") or media_type.kind.value
    if _DEVICES.fullmatch(stem):
        stem = f"_{stem}"
    return stem[: NAME_LIMIT - len(media_type.suffix)].rstrip(". ") + media_type.suffix


def _visible(name: str) -> str:
    text = one_line(name).replace("\\", "/").rpartition("/")[2]
    seen = "".join(c for c in text if unicodedata.category(c)[0] not in "CZ" or c == " ")
    return one_line(seen)[:NAME_LIMIT].strip(". ")
