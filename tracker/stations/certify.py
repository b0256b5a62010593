"""What came of a run, and the certificate as soon as evidence proves it, in a transaction of its own.

Whatever goes wrong here leaves the evidence as it is; the page of the job then offers to issue the certificate.
"""

import logging
from dataclasses import dataclass
from datetime import timedelta
from uuid import UUID

from tracker.certificates import proof
from tracker.certificates import service as certificates
from tracker.config import Config
from tracker.db import db
from tracker.media.evidence import get_evidence, reasons_of
from tracker.media.models import Evidence
from tracker.media.rules import EvidenceState, MediumState
from tracker.media.service import get_medium
from tracker.stations.jobs import get_job
from tracker.values import Actor, Denied, Role, utc_now
from wipe.vocabulary import Outcome

OUTCOMES: dict[str, tuple[str, str]] = {  # words and tone for people
    Outcome.SANITISED_PURGE.value: ("Erased, and proved", "good"),
    Outcome.SANITISED_CLEAR.value: ("Erased, and proved", "good"),
    Outcome.CLEARED_WITH_EXCEPTIONS.value: ("Erased, with exceptions", "warn"),
    Outcome.FAILED.value: ("Not erased: the run failed", "bad"),
    Outcome.INTERRUPTED.value: ("Not erased: stopped before its end", "bad"),
    Outcome.INDETERMINATE.value: ("Not proved", "bad"),
}
CERTIFIED = frozenset({MediumState.SANITISED, MediumState.WIPED_UNVERIFIED})
SETTLING = timedelta(seconds=5)
DAMAGED = "The signature of the kept record does not hold any more. Find out who changed it, and restore a backup."
_log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Shown:
    """What came of a run, in words: outcome, tone, and every reason why it is not better."""

    words: str
    tone: str
    reasons: tuple[str, ...]


def outcome_of(evidence: Evidence) -> Shown:
    """What evidence says, for people. Evidence that does not count says nothing."""
    if evidence.state != EvidenceState.ACCEPTED.value:
        return Shown("Its evidence is in quarantine and does not count", "bad", tuple(reasons_of(evidence)))
    verified = proof.proved(evidence)
    if verified is None:
        return Shown("Its evidence is damaged and proves nothing", "bad", (DAMAGED,))
    words, tone = OUTCOMES[evidence.outcome]
    return Shown(words, tone, verified.record.reasons)


def settled(evidence: Evidence | None) -> bool:
    """Whether nothing more is to come by itself: the evidence is here, and so is its certificate, if there will be one.

    It follows the evidence within a moment; after that moment only a person can bring it about.
    """
    if evidence is None or evidence.medium_id is None:
        return evidence is not None
    issued = certificates.current_for(evidence.school_id, evidence.medium_id) is not None
    return issued or utc_now() - evidence.received_at > SETTLING


def try_issue(school_id: UUID, evidence_id: UUID, config: Config) -> None:
    """Issue it in the name of the operator who confirmed the job; commits, or rolls back and says why in the log."""
    try:
        evidence = get_evidence(school_id, evidence_id)
        if evidence.job_id is None:
            return
        job = get_job(school_id, evidence.job_id)
        if MediumState(get_medium(school_id, job.medium_id).state) not in CERTIFIED:
            _log.info("no certificate for record %s: it proves nothing of what the medium holds now", evidence_id)
            return
        actor = Actor(school_id, job.operator_id, job.operator, Role(job.operator_role), "the evidence's arrival")
        certificates.issue(actor, evidence_id, config)
        db.session.commit()
    except Denied as refusal:
        db.session.rollback()
        _log.info("no certificate for record %s: %s", evidence_id, refusal)
    except Exception:  # the evidence is safe; a fault in drawing or signing must not make the station send it again
        db.session.rollback()
        _log.exception("the certificate for record %s could not be issued", evidence_id)
