"""What certificates add to the pages of media and jobs: the certificate, or why there is none."""

from uuid import UUID

from flask import render_template
from sqlalchemy import select

from tracker import web
from tracker.certificates import details, proof, rights, service
from tracker.certificates.forms import PressForm
from tracker.db import db
from tracker.media.evidence import evidence_of
from tracker.media.models import Evidence
from tracker.values import Actor


def _of_medium(actor: Actor, medium_id: UUID) -> str:
    found = evidence_of(actor.school_id, medium_id)
    return _panel(actor, found[0] if found else None, medium_id)


def _of_job(actor: Actor, job_id: UUID) -> str:
    evidence = _evidence_of_job(actor, job_id)
    return _panel(actor, evidence, None) if evidence else ""


def _run_of_job(actor: Actor, job_id: UUID) -> str:
    """What its record tells, whether or not it proves anything; nothing where its signature does not hold."""
    evidence = _evidence_of_job(actor, job_id)
    verified = proof.proved(evidence) if evidence else None
    return render_template("certificates/_run.html", sections=details.run(verified.record)) if verified else ""


def _evidence_of_job(actor: Actor, job_id: UUID) -> Evidence | None:
    query = select(Evidence).where(Evidence.school_id == actor.school_id, Evidence.job_id == job_id)
    return db.session.scalars(query.order_by(Evidence.received_at.desc()).limit(1)).first()


def _panel(actor: Actor, evidence: Evidence | None, medium_id: UUID | None) -> str:
    """`evidence` is the latest about it."""
    medium_id = evidence.medium_id if evidence else medium_id
    current = service.current_for(actor.school_id, medium_id) if medium_id else None
    failed = evidence is not None and service.reports(evidence)
    report = service.report_of(evidence) if evidence is not None and failed else None
    mine = current is not None and evidence is not None and current.evidence_id == evidence.id
    may = service.may_report if failed else service.may_issue
    decision = None if evidence is None or mine or report else may(actor, evidence)
    return render_template(
        "certificates/_panel.html",
        evidence=evidence,
        current=current,
        mine=mine,
        failed=failed,
        report=report,
        decision=decision,
        may_correct=actor.role in rights.CORRECTORS,
        form=PressForm(),
    )


MEDIUM_PANELS = [web.Panel("Certificate", _of_medium)]
JOB_PANELS = [web.Panel("Certificate", _of_job), web.Panel("What the record tells", _run_of_job)]
