"""Issue, replace and withdraw certificates of data erasure and reports of failed runs, and find them. Never commits.

A certificate is content, signed PDF, their hashes and an event, all in one transaction; none of it changes afterwards.
"""

import hashlib
from pathlib import Path
from uuid import UUID

from sqlalchemy import ColumnElement, exists, select
from sqlalchemy.orm import aliased

from tracker.accounts.models import School
from tracker.accounts.service import school_of
from tracker.audit.kinds import EventKind
from tracker.audit.service import record as record_event
from tracker.certificates import authority, filling, numbers, paper, proof, render, rights, rules, sign
from tracker.certificates.archive import archived
from tracker.certificates.models import Certificate, CertificateSeries, Withdrawal
from tracker.config import Config
from tracker.db import add, db, row_of
from tracker.media import service as media
from tracker.media.evidence import evidence_of, get_evidence
from tracker.media.models import Evidence, Medium
from tracker.media.rules import EvidenceState, MediumState
from tracker.values import Actor, Blocker, Decision, Denied, Subject, utc_now
from wipe.record import Verified

UNPROVED = Blocker("key_unknown", "The evidence is not signed by a station of this school. Wipe at a paired station.")
QUARANTINED = Blocker("quarantined", "The evidence is in quarantine. Look at its reasons, then wipe again.")


def issue(actor: Actor, evidence_id: UUID, config: Config) -> Certificate:
    """Issue a certificate from evidence. Raises NotFound, and Denied with every reason why not.

    Raises authority.NotReady where the school's signing key cannot be used.
    """
    series = numbers.locked_series(actor.school_id, numbers.ERASURE)  # two at once: the second sees the first's
    return _issue(actor, get_evidence(actor.school_id, evidence_id), config, series, None)


def report(actor: Actor, evidence_id: UUID, config: Config) -> Certificate:
    """Issue a report of a run that did not erase. It is numbered in a series of its own. Raises as `issue`."""
    series = _locked(actor.school_id, numbers.REPORT)
    return _issue(actor, get_evidence(actor.school_id, evidence_id), config, series, None)


def reports(evidence: Evidence) -> bool:
    """Whether the run did not erase, so that a report tells of it and no certificate."""
    return evidence.outcome in {outcome.value for outcome in rules.REPORT_TITLE}


def supersede(actor: Actor, certificate_id: UUID, reason: str, config: Config) -> Certificate:
    """Replace a certificate in force by a new one from the latest run on its medium. Raises as `issue`.

    A report is replaced by one of the same run: it tells of that, whatever came later.
    """
    kind = get_certificate(actor.school_id, certificate_id).kind
    series = _locked(actor.school_id, kind)
    old = get_certificate(actor.school_id, certificate_id)
    _ask(_may_correct(actor, old, reason))
    same = kind == numbers.REPORT
    new = _issue(actor, get_evidence(actor.school_id, old.evidence_id) if same else _latest(old), config, series, old)
    told = {"replaced_by": new.number}
    record_event(actor, EventKind.CERTIFICATE_SUPERSEDED, subject_of(old), after=told, why=reason.strip())
    return new


def withdraw(actor: Actor, certificate_id: UUID, reason: str) -> Withdrawal:
    """Take a certificate back: it proves nothing any more. Raises NotFound, and Denied with every reason why not."""
    numbers.locked_series(actor.school_id, numbers.ERASURE)
    certificate = get_certificate(actor.school_id, certificate_id)
    _ask(_may_correct(actor, certificate, reason))
    withdrawal = Withdrawal(
        school_id=actor.school_id, id=certificate.id, at=utc_now(), by=actor.name, reason=reason.strip()
    )
    add(withdrawal)
    told = {"withdrawn": True}
    record_event(actor, EventKind.CERTIFICATE_WITHDRAWN, subject_of(certificate), after=told, why=reason.strip())
    return withdrawal


def may_issue(actor: Actor, evidence: Evidence) -> Decision:
    """Whether this person could issue a certificate from this evidence now, with every reason why not."""
    return _decide(actor, evidence, numbers.ERASURE, None)[0]


def may_report(actor: Actor, evidence: Evidence) -> Decision:
    """Whether this person could issue a report of the run now, with every reason why not."""
    return _decide(actor, evidence, numbers.REPORT, None)[0]


def get_certificate(school_id: UUID, certificate_id: UUID) -> Certificate:
    """The certificate. Raises NotFound, also for another school's."""
    return row_of(Certificate, school_id, certificate_id)


def by_code(code: str) -> Certificate | None:
    """The certificate with this verification code, of whatever school: the one look-up that needs no sign-in."""
    return db.session.scalar(select(Certificate).where(Certificate.code == code))


def current_for(school_id: UUID, medium_id: UUID) -> Certificate | None:
    """The certificate of erasure in force about a medium: neither replaced nor withdrawn. There is one at most."""
    return _in_force(school_id, Certificate.medium_id == medium_id, Certificate.kind == numbers.ERASURE)


def report_of(evidence: Evidence) -> Certificate | None:
    """The report in force about a run. There is one at most."""
    mine = Certificate.evidence_id == evidence.id
    return _in_force(evidence.school_id, mine, Certificate.kind == numbers.REPORT)


def _in_force(school_id: UUID, *narrowed: ColumnElement[bool]) -> Certificate | None:
    later = aliased(Certificate)
    replaced = exists().where(later.school_id == school_id, later.supersedes_id == Certificate.id)
    taken_back = exists().where(Withdrawal.school_id == school_id, Withdrawal.id == Certificate.id)
    query = select(Certificate).where(Certificate.school_id == school_id, *narrowed, ~replaced, ~taken_back)
    return db.session.scalars(query.order_by(Certificate.issued_at.desc()).limit(1)).first()


def withdrawal_of(certificate: Certificate) -> Withdrawal | None:
    """Whether and why it was taken back."""
    return db.session.get(Withdrawal, (certificate.school_id, certificate.id))


def successor_of(certificate: Certificate) -> Certificate | None:
    """The certificate that replaced it."""
    query = select(Certificate).where(
        Certificate.school_id == certificate.school_id, Certificate.supersedes_id == certificate.id
    )
    return db.session.scalar(query)


def from_evidence(evidence: Evidence) -> list[Certificate]:
    """All certificates from this evidence, the newest first."""
    query = select(Certificate).where(
        Certificate.school_id == evidence.school_id, Certificate.evidence_id == evidence.id
    )
    return list(db.session.scalars(query.order_by(Certificate.issued_at.desc())))


def note_download(actor: Actor, certificate: Certificate) -> None:
    """Somebody took the PDF out; the log has it."""
    record_event(actor, EventKind.CERTIFICATE_DOWNLOADED, subject_of(certificate))


def content_of(certificate: Certificate) -> paper.Content:
    """All that stands on it. Raises ValueError where the stored text was damaged."""
    return paper.parse(certificate.content.encode())


def readable(certificate: Certificate) -> paper.Content | None:
    """As `content_of`, or None: a damaged text must not hide the page that says so."""
    try:
        return content_of(certificate)
    except ValueError:
        return None


def subject_of(certificate: Certificate) -> Subject:
    """The certificate as the log knows it."""
    return Subject("certificate", certificate.id, certificate.number)


def signing_folder(config: Config, school_id: UUID) -> Path:
    """Where a school's signing key is kept."""
    return config.instance / "signing" / school_id.hex


def authority_pem(config: Config, school_id: UUID) -> bytes | None:
    """The school's certificate authority, for those who check; None before the first certificate."""
    try:
        return (signing_folder(config, school_id) / authority.CA).read_bytes()
    except OSError:
        return None


def _locked(school_id: UUID, kind: str) -> CertificateSeries:
    """The series of that kind. The one of erasures is held in any case: whoever issues is alone in the school."""
    first = numbers.locked_series(school_id, numbers.ERASURE)
    return first if kind == numbers.ERASURE else numbers.locked_series(school_id, kind)


def _ask(decision: Decision) -> None:
    if not decision.allowed:
        raise Denied(decision.blockers)


def _issue(
    actor: Actor, evidence: Evidence, config: Config, series: CertificateSeries, old: Certificate | None
) -> Certificate:
    if evidence.medium_id is not None:
        media.locked(actor.school_id, evidence.medium_id)  # no evidence about it arrives meanwhile
    decision, verified, medium = _decide(actor, evidence, series.kind, old)
    _ask(decision)
    if verified is None or medium is None:
        raise RuntimeError("allowed without evidence: rules.may_issue was not asked")
    school = school_of(actor.school_id)
    signer = _signer(config, school, first=not _any(actor.school_id))
    sources = filling.Sources(actor, school, medium, evidence, verified, old)
    told = filling.register(sources, numbers.take(series, school.code), numbers.new_code(), config.base_url)
    content = paper.content_of(verified, told)
    pdf = sign.sign(archived(render.render(content, school.crest), content, evidence.signed), signer)
    status = sign.check(pdf, [signer.public_pem], content.issued_at)
    if not status.good:
        raise RuntimeError(f"the new certificate does not verify: {status.problem}")
    certificate = _store(sources, content, pdf, series.kind)
    hashes = {"content_sha256": certificate.content_sha256, "pdf_sha256": certificate.pdf_sha256}
    about = {"number": content.number, "medium": media.label_of(medium), "evidence_sha256": evidence.sha256}
    record_event(actor, EventKind.CERTIFICATE_ISSUED, subject_of(certificate), after={**about, **hashes})
    return certificate


def _decide(
    actor: Actor, evidence: Evidence, kind: str, old: Certificate | None
) -> tuple[Decision, Verified | None, Medium | None]:
    """What the rules say, and what they looked at. Without evidence that can be read nothing else is asked."""
    blockers = [] if evidence.state == EvidenceState.ACCEPTED.value else [QUARANTINED]
    verified = proof.proved(evidence)
    if verified is None or evidence.medium_id is None:
        return Decision((*(blockers or [UNPROVED]),)), None, None
    medium = media.get_medium(evidence.school_id, evidence.medium_id)
    reporting = kind == numbers.REPORT
    current = report_of(evidence) if reporting else current_for(evidence.school_id, medium.id)
    facts = proof.facts(
        evidence,
        verified,
        medium,
        current=current.number if current else None,
        superseding=old.number if old else None,
    )
    withdrawn = next((one.number for one in from_evidence(evidence) if withdrawal_of(one)), None)
    asked = rights.Asked(
        role=actor.role,
        withdrawn=withdrawn,
        wiping=not reporting and MediumState(medium.state) is MediumState.WIPING,
        # a correction is about the past, and so is a report
        used_since=not reporting and old is None and media.served_since(medium, verified.record.ended),
        failed=not reporting and media.failed_once(medium),
    )
    may = rules.may_report(facts) if reporting else rules.may_issue(facts)
    return Decision((*may.blockers, *rights.may_issue(asked).blockers)), verified, medium


def _any(school_id: UUID) -> bool:
    """Whether the school has issued anything under its key."""
    return db.session.scalar(select(Certificate.id).where(Certificate.school_id == school_id).limit(1)) is not None


def _latest(old: Certificate) -> Evidence:
    """The accepted evidence of the run on the medium that ended last; the old one where no other can be read."""
    accepted = [
        (read.record.ended, one)
        for one in evidence_of(old.school_id, old.medium_id)
        if one.state == EvidenceState.ACCEPTED.value and (read := proof.proved(one)) is not None
    ]
    if not accepted:
        return get_evidence(old.school_id, old.evidence_id)
    return max(accepted, key=lambda found: found[0])[1]


def _may_correct(actor: Actor, certificate: Certificate, reason: str) -> Decision:
    successor = successor_of(certificate)
    return rights.may_correct(
        rights.Correction(
            role=actor.role,
            wiped_it=wiped_by(actor, certificate),
            withdrawn=withdrawal_of(certificate) is not None,
            superseded_by=successor.number if successor else None,
            reason=reason,
        )
    )


def wiped_by(actor: Actor, certificate: Certificate) -> bool:
    """Whether this person ran the wipe: by the evidence, or by name where the evidence cannot be read any more."""
    verified = proof.proved(get_evidence(certificate.school_id, certificate.evidence_id))
    if verified is not None and verified.record.operator is not None:
        return verified.record.operator.id == str(actor.id)
    content = readable(certificate)
    return content is None or content.operator.name == actor.name  # in doubt somebody else must do it


def _signer(config: Config, school: School, *, first: bool) -> authority.Signer:
    folder = signing_folder(config, school.id)
    if not first and not (folder / authority.CA).exists():  # a new key would make the issued ones look forged
        raise authority.NotReady(f"The school's signing key is missing. Restore {folder} from a backup.")
    folder.parent.mkdir(mode=0o700, exist_ok=True)
    return authority.ready(folder, school.name, utc_now())


def _store(sources: filling.Sources, content: paper.Content, pdf: bytes, kind: str) -> Certificate:
    stored = paper.canonical(content)
    certificate = Certificate(
        school_id=sources.school.id,
        kind=kind,
        number=content.number,
        code=content.code,
        medium_id=sources.medium.id,
        evidence_id=sources.evidence.id,
        supersedes_id=sources.supersedes.id if sources.supersedes else None,
        issued_at=content.issued_at,
        issued_by=sources.issuer.name,
        content=stored.decode(),
        content_sha256=hashlib.sha256(stored).hexdigest(),
        pdf=pdf,
        pdf_sha256=hashlib.sha256(pdf).hexdigest(),
    )
    add(certificate)
    return certificate
