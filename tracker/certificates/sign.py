"""Sign a certificate (PAdES B-B, as a certification that allows no change), and say what a signature proves."""

import logging
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from io import BytesIO

from asn1crypto import x509
from pyhanko.keys import load_certs_from_pemder_data, load_private_key_from_pemder_data
from pyhanko.pdf_utils.incremental_writer import IncrementalPdfFileWriter
from pyhanko.pdf_utils.reader import PdfFileReader
from pyhanko.sign import signers
from pyhanko.sign.fields import MDPPerm, SigSeedSubFilter
from pyhanko.sign.validation import validate_pdf_signature
from pyhanko.sign.validation.status import SignatureCoverageLevel
from pyhanko_certvalidator import ValidationContext
from pyhanko_certvalidator.registry import SimpleCertificateStore

from tracker.certificates.authority import Signer

logging.getLogger("pyhanko.sign.validation").setLevel(logging.CRITICAL)  # what it would log is in the Status

FIELD = "School"
RESERVED = 7168  # hexadecimal characters for the signature: two certificates, with names as long as they can be
LIMIT = 16 << 20  # bytes of a PDF that is looked at; ours are under 100 kB without a crest


@dataclass(frozen=True, slots=True)
class Status:
    """What a PDF's signature proves. Each field stands alone; only `good` is all of them."""

    intact: bool
    """The signed bytes hash to what was signed. Says nothing of who signed, nor of bytes outside."""
    valid: bool
    """The signature holds under the certificate in the file. Anybody can make such a certificate."""
    known: bool
    """That certificate comes from one of the authorities asked about, was in force, and may sign documents."""
    whole: bool
    """The one signature covers the whole file: nothing was added after it."""
    signer: str
    """The name in the signer's certificate; only worth something where `known`."""
    problem: str
    """A finished sentence where something is wrong, else empty."""

    @property
    def good(self) -> bool:
        """Intact, valid, known and whole."""
        return self.intact and self.valid and self.known and self.whole


def sign(pdf: bytes, signer: Signer) -> bytes:
    """The PDF with the school's signature. ECDSA is randomised: the same certificate signs to other bytes each time."""
    store = SimpleCertificateStore.from_certs([_certificate(signer.authority)])  # type: ignore[no-untyped-call]
    simple = signers.SimpleSigner(
        signing_cert=_certificate(signer.certificate),
        signing_key=load_private_key_from_pemder_data(signer.key, passphrase=None),
        cert_registry=store,
    )
    described = signers.PdfSignatureMetadata(
        field_name=FIELD,
        md_algorithm="sha256",
        subfilter=SigSeedSubFilter.PADES,
        certify=True,
        docmdp_permissions=MDPPerm.NO_CHANGES,
        reason="Issued by the school",
    )
    output = BytesIO()
    signers.PdfSigner(described, simple).sign_pdf(
        IncrementalPdfFileWriter(BytesIO(pdf)), bytes_reserved=RESERVED, output=output
    )
    return output.getvalue()


def check(pdf: bytes, trusted: Sequence[bytes], at: datetime) -> Status:
    """What the signature of a PDF proves, under the authorities (PEM) in `trusted`, as of the time `at`. Never raises.

    `at` is when the certificate was issued, by the register: without a time-stamp the file's own word proves nothing.
    """
    if len(pdf) > LIMIT:
        return _unread("The file is larger than any certificate.")
    try:
        return _checked(pdf, trusted, at)
    except Exception:  # whatever a hostile file does to the reader, the answer is no
        return _unread("The file is no certificate that can be read, or it is damaged.")


def _unread(problem: str) -> Status:
    return Status(intact=False, valid=False, known=False, whole=False, signer="", problem=problem)


def _checked(pdf: bytes, trusted: Sequence[bytes], at: datetime) -> Status:
    found = PdfFileReader(BytesIO(pdf), strict=True).embedded_signatures
    if len(found) != 1:
        return _unread("The file does not carry exactly one signature.")
    context = ValidationContext(trust_roots=[_certificate(pem) for pem in trusted], moment=at, allow_fetching=False)
    status = validate_pdf_signature(found[0], signer_validation_context=context)
    whole = status.coverage is SignatureCoverageLevel.ENTIRE_FILE and bool(status.docmdp_ok)
    result = Status(
        intact=bool(status.intact),
        valid=bool(status.valid),
        known=bool(trusted) and bool(status.trusted),
        whole=whole,
        signer=str(status.signing_cert.subject.human_friendly),
        problem="",
    )
    return replace(result, problem=_problem(result))


def _certificate(pem: bytes) -> x509.Certificate:
    (found,) = load_certs_from_pemder_data(pem)
    return found


def _problem(status: Status) -> str:
    if not status.intact:
        return "The file was changed after it was signed."
    if not status.valid:
        return "The signature does not belong to this file."
    if not status.whole:
        return "Something was added to the file after it was signed."
    if not status.known:
        return "The file is signed, but not by this school."
    return ""
