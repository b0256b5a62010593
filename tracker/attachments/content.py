"""From the bytes that somebody sends to the content that is kept. What a file is called says nothing of what it is."""

import hashlib
from dataclasses import dataclass
from typing import BinaryIO

from tracker.attachments import pdf, photo, rules
from tracker.attachments.rules import MediaType
from tracker.values import Denied


@dataclass(frozen=True)
class Content:
    """A file that was looked at and is fit to be kept."""

    name: str  # as it is kept
    media_type: MediaType
    data: bytes
    width: int | None = None  # pixels of a photo
    height: int | None = None
    thumbnail: bytes = b""  # JPEG; empty for a document

    @property
    def sha256(self) -> str:
        """Hex, of the bytes that are kept."""
        return hashlib.sha256(self.data).hexdigest()


def examine(file: BinaryIO, name: str) -> Content:
    """Read a file to its end and make it fit to be kept. Raises Denied with the reason why it is not taken.

    Touches no database: it takes seconds for a large photo, and SQLite has one writer.
    """
    data = file.read(rules.FILE_LIMIT + 1)
    if len(data) > rules.FILE_LIMIT:
        raise _refused(name, "too_large")
    found = rules.recognise(data[:64])
    if not isinstance(found, MediaType):
        raise _refused(name, found)
    if found.kind is rules.Kind.PHOTO:
        return _photo(data, name, found)
    code = rules.text_refusal(data) if found is MediaType.TEXT else _pdf_refusal(data)
    if code is not None:
        raise _refused(name, code)
    return Content(rules.kept_name(name, found), found, data)


def _photo(data: bytes, name: str, found: MediaType) -> Content:
    try:
        drawn = photo.redraw(data, found)
    except photo.NotTaken as error:
        raise _refused(name, str(error)) from error
    kept = rules.kept_name(name, drawn.media_type)
    return Content(kept, drawn.media_type, drawn.data, drawn.width, drawn.height, drawn.thumbnail)


def _pdf_refusal(data: bytes) -> str | None:
    try:
        return rules.pdf_refusal(pdf.look(data))
    except pdf.NotTaken as error:
        return str(error)


def _refused(name: str, code: str) -> Denied:
    return Denied((rules.refusal(name, code),))
