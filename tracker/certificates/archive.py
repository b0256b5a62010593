"""Make a drawn certificate fit to keep: PDF/A-3b (ISO 19005-3), with the evidence and the content inside.

Deterministic: dates are the certificate's, the document's id follows from its bytes. What was written is checked before
it is handed out; signing comes after, since pyHanko raises the version that the checker accepts.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from io import BytesIO

import pikepdf
from pikepdf import AttachedFileSpec, Dictionary, Name, pdfa

from labels import fonts
from tracker.certificates.paper import Content, canonical

FLAVOUR = "3b"
EVIDENCE, CONTENT = "evidence.jws", "content.json"


def archived(drawn: bytes, content: Content, evidence: bytes) -> bytes:
    """The drawn pages as PDF/A-3b with `evidence.jws` (byte for byte) and `content.json` attached.

    Raises RuntimeError where the result is not PDF/A: a certificate that cannot be kept must not be issued.
    """
    files = (
        Inside(EVIDENCE, evidence, "application/jose", "Source", "The station's signed record"),
        Inside(CONTENT, canonical(content), "application/json", "Data", "All that this certificate says"),
    )
    return kept(drawn, f"{content.title} {content.number}", content.issued_at, files)


@dataclass(frozen=True, slots=True)
class Inside:
    """A file inside the document. `relation`: as ISO 19005-3 names it, Source or Data."""

    name: str
    data: bytes
    mime: str
    relation: str
    description: str


def kept(drawn: bytes, title: str, issued_at: datetime, files: Sequence[Inside]) -> bytes:
    """Any drawn pages as PDF/A-3b with files inside. Raises RuntimeError where the result is not PDF/A."""
    with pikepdf.open(BytesIO(drawn)) as pdf:
        for page in pdf.pages:
            if Name.Trans in page.obj:  # reportlab writes it; PDF/A forbids transitions
                del page.obj[Name.Trans]
        at = issued_at.astimezone(UTC)
        _describe(pdf, title, at)
        for one in files:
            _attach(pdf, one.name, one.data, one.mime, one.relation, one.description, at)
        pdfa.prepare(pdf, FLAVOUR)
        _settle(pdf, at)
        return _saved(pdf)


def _describe(pdf: pikepdf.Pdf, title: str, at: datetime) -> None:
    stamp = at.strftime("D:%Y%m%d%H%M%SZ")
    pdf.docinfo[Name.CreationDate] = stamp
    pdf.docinfo[Name.ModDate] = stamp
    pdf.docinfo[Name.Producer] = "Caretaker"
    pdf.docinfo[Name.Title] = fonts.printable(title)
    pdf.Root[Name.Lang] = "en-GB"
    pdf.Root[Name.ViewerPreferences] = Dictionary(DisplayDocTitle=True)


def _attach(pdf: pikepdf.Pdf, name: str, data: bytes, mime: str, relation: str, description: str, at: datetime) -> None:
    stamp = at.strftime("D:%Y%m%d%H%M%SZ")
    pdf.attachments[name] = AttachedFileSpec(
        pdf,
        data,
        filename=name,
        description=description,
        mime_type=mime,
        relationship=Name(f"/{relation}"),
        creation_date=stamp,
        mod_date=stamp,
    )


def _settle(pdf: pikepdf.Pdf, at: datetime) -> None:
    """Put the certificate's time where `prepare` wrote the clock's, and no other."""
    stamp = at.strftime("%Y-%m-%dT%H:%M:%SZ").encode()
    packet = pdf.Root[Name.Metadata].read_bytes()
    settled, count = re.subn(rb"(<xmp:MetadataDate>)[^<]*", rb"\g<1>" + stamp, packet)
    if count != 1:
        raise RuntimeError("the metadata has no date of its own to settle")
    pdf.Root[Name.Metadata].write(settled)
    pdf.Root[Name.Metadata].Type, pdf.Root[Name.Metadata].Subtype = Name.Metadata, Name.XML


def _saved(pdf: pikepdf.Pdf) -> bytes:
    output = BytesIO()
    settings = pdfa.resolve_save_kwargs(FLAVOUR, deterministic_id=True)
    pdf.save(output, **settings)
    report = pdfa.validate_written(BytesIO(output.getvalue()), FLAVOUR, settings)
    if not report.passed:
        raise RuntimeError(f"the certificate would not be PDF/A: {report.findings}")
    return output.getvalue()
