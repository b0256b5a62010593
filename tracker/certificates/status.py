"""What a certificate is worth today: every point looked at by itself, with what it does not prove. Only reads."""

import hashlib
from dataclasses import dataclass, fields

from tracker.certificates import numbers, paper, proof, rules, service, sign
from tracker.certificates.models import Certificate
from tracker.config import Config
from tracker.media.evidence import get_evidence
from tracker.media.service import failed_once, get_medium
from tracker.values import london
from wipe.record import Verified
from wipe.vocabulary import Medium as MediumKind


@dataclass(frozen=True, slots=True)
class Answer:
    """One point. `good` is None where it could not be looked at, which is never read as yes."""

    good: bool | None
    says: str
    limits: str  # what it does not prove

    @property
    def word(self) -> str:
        """Never by colour alone."""
        return {True: "Good", False: "Wrong", None: "Not looked at"}[self.good]


@dataclass(frozen=True, slots=True)
class Status:
    """All points. There is no default for any of them."""

    bytes_intact: Answer
    signature: Answer
    evidence: Answer
    medium: Answer
    not_superseded: Answer
    not_withdrawn: Answer

    @property
    def answers(self) -> tuple[Answer, ...]:
        """In the order in which they are shown."""
        return tuple(getattr(self, field.name) for field in fields(self))

    @property
    def good(self) -> bool:
        """Every point was looked at, and every one is good."""
        return all(answer.good is True for answer in self.answers)


def of(certificate: Certificate, config: Config) -> Status:
    """Look at everything now."""
    verified = proof.proved(get_evidence(certificate.school_id, certificate.evidence_id))
    return Status(
        bytes_intact=_bytes(certificate),
        signature=_signature(certificate, config),
        evidence=_evidence(certificate, verified),
        medium=_medium(certificate, verified),
        not_superseded=_superseded(certificate),
        not_withdrawn=_withdrawn(certificate),
    )


def _bytes(certificate: Certificate) -> Answer:
    same = hashlib.sha256(certificate.pdf).hexdigest() == certificate.pdf_sha256
    text = hashlib.sha256(certificate.content.encode()).hexdigest() == certificate.content_sha256
    good = same and text and _content(certificate) is not None
    says = "The stored file and text are the ones that were issued." if good else "The stored file or text was changed."
    return Answer(
        good, says, "Somebody who can change both the file and its sum is found by the signature, not by this."
    )


def _content(certificate: Certificate) -> paper.Content | None:
    """The content, if it is one and about this certificate."""
    content = service.readable(certificate)
    if content is None:
        return None
    named = (content.number, content.code, content.issued_at, content.record_id)
    kept = (certificate.number, certificate.code, certificate.issued_at, str(certificate.evidence_id))
    return content if named == kept else None


def _signature(certificate: Certificate, config: Config) -> Answer:
    limits = "It says that the school issued this file, not that what stands in it is true."
    pem = service.authority_pem(config, certificate.school_id)
    if pem is None:
        return Answer(None, "The school's authority is missing on this server, so nobody can tell who signed.", limits)
    found = sign.check(certificate.pdf, [pem], certificate.issued_at)
    return Answer(found.good, found.problem or "The file carries the school's signature, over all of it.", limits)


def _evidence(certificate: Certificate, verified: Verified | None) -> Answer:
    limits = "It says what the station's program saw. A drive that lies about what it stores can deceive any program."
    if verified is None:
        return Answer(False, "The station's record does not verify any more.", limits)
    content = _content(certificate)
    if content is None or content.evidence_sha256 != hashlib.sha256(verified.signed).hexdigest():
        return Answer(False, "The record that is kept is not the one that the certificate names.", limits)
    return Answer(
        True, "The station's record is signed by a known key, and is the one that the certificate names.", limits
    )


def _medium(certificate: Certificate, verified: Verified | None) -> Answer:
    limits = "It compares what the drive said of itself with the register. The drive in your hand may be another: read "
    limits += "its serial number."
    evidence = get_evidence(certificate.school_id, certificate.evidence_id)
    if verified is None:
        return Answer(None, "Without the station's record this cannot be compared.", limits)
    kept = proof.registered(get_medium(certificate.school_id, certificate.medium_id))
    identity, record = verified.record.identity, verified.record
    kind = MediumKind.UNKNOWN if identity.virtual else identity.kind
    device = rules.Known(kind, identity.serial or "", identity.wwn or "", record.geometry.capacity_bytes)
    register = rules.Known(kept.kind, kept.serial, kept.wwn, kept.capacity_bytes)
    differing = rules.differing(register, device, attested=bool((record.attestation or "").strip()))
    if evidence.medium_id != certificate.medium_id or differing:
        names = ", ".join(differing) or "another medium"
        return Answer(False, f"Register and record do not name the same medium ({names}).", limits)
    if certificate.kind != numbers.REPORT and proof.later_run(evidence, verified):
        return Answer(False, "A later run on this medium is on record. What it held after that is not covered.", limits)
    if certificate.kind == numbers.REPORT:
        return Answer(True, "The record is about the medium in the register. It tells of one run alone.", limits)
    if failed_once(get_medium(certificate.school_id, certificate.medium_id)):
        return Answer(False, "A wipe of this medium failed. Whatever else is on record, destroy it.", limits)
    return Answer(True, "The record is about the medium in the register, and no later run is on record.", limits)


def _superseded(certificate: Certificate) -> Answer:
    successor = service.successor_of(certificate)
    limits = "A certificate that will be replaced tomorrow is still in force today."
    if successor is not None:
        return Answer(False, f"It was replaced on {london(successor.issued_at)} by another certificate.", limits)
    return Answer(True, "It was not replaced.", limits)


def _withdrawn(certificate: Certificate) -> Answer:
    withdrawal = service.withdrawal_of(certificate)
    limits = "Only the school can withdraw a certificate; a doubt that nobody reported does not show here."
    if withdrawal is not None:
        return Answer(False, f"The school withdrew it on {london(withdrawal.at)}.", limits)
    return Answer(True, "It was not withdrawn.", limits)
