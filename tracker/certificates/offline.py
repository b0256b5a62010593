"""Check a certificate or a signed record with nothing but the file and the keys one trusts: no database, no network."""

import base64
import hashlib
import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass, fields
from io import BytesIO
from typing import Any

import pikepdf
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from cryptography.hazmat.primitives.serialization import load_pem_public_key

from tracker.certificates import archive, paper, sign
from wipe import record
from wipe.errors import BadRecord


class Unreadable(Exception):
    """The file is neither a certificate nor a signed record; the message says what it lacks."""


@dataclass(frozen=True, slots=True)
class Point:
    """One thing that was looked at. `good` is None where it could not be, for want of a key."""

    name: str
    good: bool | None
    says: str


@dataclass(frozen=True, slots=True)
class Report:
    """What was found. There is no verdict without every point."""

    points: tuple[Point, ...]
    about: dict[str, str]

    @property
    def genuine(self) -> bool | None:
        """True: every point was looked at and is good. False: one is wrong. None: nothing wrong, but not all seen."""
        if not self.points or any(point.good is False for point in self.points):
            return False
        return True if all(point.good is True for point in self.points) else None

    def as_json(self) -> dict[str, Any]:
        """For programs."""
        return {"genuine": self.genuine, "points": [asdict(point) for point in self.points], "about": self.about}


def check_record(signed: bytes, keys: Sequence[Ed25519PublicKey]) -> Report:
    """A signed record by itself."""
    point, verified = _record(signed, keys)
    return Report((point,), _about_record(verified.record) if verified else {})


def check_certificate(pdf: bytes, authorities: Sequence[bytes], keys: Sequence[Ed25519PublicKey]) -> Report:
    """A certificate: its signature, the record and the content inside, and whether they agree.

    `authorities` are PEM. Raises Unreadable for a file without the parts that every certificate has.
    """
    signed, text = _parts(pdf)
    try:
        content = paper.parse(text)
    except (ValueError, RecursionError) as error:
        raise Unreadable(f"The content in the file cannot be read: {error}.") from error
    evidence, verified = _record(signed, keys)
    points = (
        *_signature(pdf, authorities, content),
        evidence,
        _named(content, signed),
        _agreement(content, text, verified),
    )
    return Report(points, _about(content))


def _parts(pdf: bytes) -> tuple[bytes, bytes]:
    """The record and the content attached to a certificate."""
    if len(pdf) > sign.LIMIT:
        raise Unreadable("The file is larger than any certificate.")
    try:
        with pikepdf.open(BytesIO(pdf)) as opened:
            found = {
                name: opened.attachments[name].get_file().read_bytes()
                for name in (archive.EVIDENCE, archive.CONTENT)
                if name in opened.attachments
            }
    except (pikepdf.PdfError, ValueError, RuntimeError, NotImplementedError) as error:
        raise Unreadable("The file is no PDF that can be read.") from error
    missing = [name for name in (archive.EVIDENCE, archive.CONTENT) if name not in found]
    if missing:
        raise Unreadable(f"The PDF is no certificate of Caretaker: it lacks {' and '.join(missing)}.")
    return found[archive.EVIDENCE], found[archive.CONTENT]


def _signature(pdf: bytes, authorities: Sequence[bytes], content: paper.Content) -> tuple[Point, Point]:
    """Whether the file is as it was signed, and whether the school signed it."""
    status = sign.check(pdf, authorities, content.issued_at)
    sound = status.intact and status.valid and status.whole
    says = "Nothing was changed since it was signed." if sound else status.problem
    whole = Point("file", sound, says)
    if not authorities:
        says = "Who signed was not looked at: name the school's authority with --ca."
        return whole, Point("signer", None, says)
    says = f"Signed by the school: {status.signer}." if status.good else status.problem
    return whole, Point("signer", status.good, says)


def _record(signed: bytes, keys: Sequence[Ed25519PublicKey]) -> tuple[Point, record.Verified | None]:
    if not keys:
        return Point("record", None, "The station's record was not looked at: name its key with --key."), None
    try:
        verified = record.verify(signed, {record.key_id(key): key for key in keys})
    except BadRecord as error:
        return Point("record", False, error.message), None
    return Point(
        "record", True, f"The record is signed by the station with the key {verified.record.key_id}."
    ), verified


def _named(content: paper.Content, signed: bytes) -> Point:
    same = content.evidence_sha256 == hashlib.sha256(signed).hexdigest()
    says = "The record is the one that the certificate names." if same else "The certificate names another record."
    return Point("named", same, says)


def _agreement(content: paper.Content, text: bytes, verified: record.Verified | None) -> Point:
    """Whether all that the certificate says of the wipe follows from the record, by filling it in anew."""
    if verified is None:
        return Point("agreement", None, "Certificate and record were not compared, since the record was not proved.")
    told: dict[str, Any] = {field.name: getattr(content, field.name, None) for field in fields(paper.Register)}
    told["medium"] = content.registered
    try:
        anew = paper.canonical(paper.content_of(verified, paper.Register(**told), content.template))
    except RuntimeError:
        return Point("agreement", False, "The record proves nothing that a certificate could say.")
    if content.template not in paper.TEMPLATES:
        says = f"This program words certificates as {paper.TEMPLATE}, not {content.template}. Use the newer of the two."
        return Point("agreement", None, says)
    if anew != text or not _same_names(content, verified.record):
        return Point("agreement", False, "Something that the certificate says of the wipe is not in the record.")
    return Point("agreement", True, "All that the certificate says of the wipe follows from the record.")


def _same_names(content: paper.Content, found: record.Record) -> bool:
    """Whether operator and asset are the record's; their other particulars are the register's to say."""
    operator = found.operator is not None and found.operator.name == content.operator.name
    return operator and (found.asset_tag is None or content.asset is None or content.asset.tag == found.asset_tag)


def _about(content: paper.Content) -> dict[str, str]:
    return {
        "number": content.number,
        "school": content.school.name,
        "issued": content.issued_at.isoformat(),
        "drive": " ".join(part for part in (content.device.make, content.device.model) if part),
        "serial": content.device.serial or "",
        "outcome": content.outcome.value,
        "level": content.level.value,
    }


def _about_record(found: record.Record) -> dict[str, str]:
    who = found.identity
    return {
        "record": found.record_id,
        "drive": " ".join(part for part in (who.make, who.model) if part),
        "serial": who.serial or "",
        "outcome": found.outcome.value,
        "level": found.level.value,
    }


def load_key(data: bytes) -> Ed25519PublicKey:
    """A station's public key, PEM or JWK. Raises Unreadable."""
    try:
        if data.lstrip().startswith(b"{"):
            jwk = json.loads(data)
            if (jwk.get("kty"), jwk.get("crv")) != ("OKP", "Ed25519"):
                raise ValueError("another kind of key")
            return Ed25519PublicKey.from_public_bytes(base64.urlsafe_b64decode(jwk["x"] + "="))
        key = load_pem_public_key(data)
    except Exception as error:
        raise Unreadable("The key is no public key that can be read (PEM or JWK).") from error
    if not isinstance(key, Ed25519PublicKey):
        raise Unreadable("The key is no Ed25519 public key, so it is no station's.")
    return key
