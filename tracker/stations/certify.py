"""Issue the certificate as soon as evidence proves a wipe, in a transaction of its own.

Whatever goes wrong here leaves the evidence as it is; the page of the job then offers to issue the certificate.
"""

import logging
from uuid import UUID

from tracker.certificates import service as certificates
from tracker.db import db
from tracker.media.evidence import get_evidence
from tracker.stations.jobs import get_job
from tracker.values import Actor, Denied, Role

_log = logging.getLogger(__name__)


def try_issue(school_id: UUID, evidence_id: UUID) -> None:
    """Issue it in the name of the operator who confirmed the job; commits, or rolls back and says why in the log."""
    try:
        evidence = get_evidence(school_id, evidence_id)
        if evidence.job_id is None:
            return
        job = get_job(school_id, evidence.job_id)
        actor = Actor(school_id, job.operator_id, job.operator, Role(job.operator_role), "the evidence's arrival")
        certificates.issue(actor, evidence_id)
        db.session.commit()
    except Denied as refusal:
        db.session.rollback()
        _log.info("no certificate for record %s: %s", evidence_id, refusal)
    except Exception:  # the evidence is safe; a fault in drawing or signing must not make the station send it again
        db.session.rollback()
        _log.exception("the certificate for record %s could not be issued", evidence_id)
