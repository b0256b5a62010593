"""Certificates for those who are signed in: list, one certificate, downloads, issue, replace, withdraw."""

from collections.abc import Callable
from uuid import UUID

from flask import Response, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from tracker import web
from tracker.accounts.service import school_of
from tracker.audit.kinds import EventKind
from tracker.audit.service import record
from tracker.certificates import authority, details, panels, public_views, rights, search, service, status
from tracker.certificates.blueprint import bp as bp
from tracker.certificates.forms import ReasonForm
from tracker.certificates.models import Certificate
from tracker.db import db
from tracker.inventory.export import csv_bytes
from tracker.media.evidence import get_evidence
from tracker.media.service import get_medium, label_of
from tracker.values import Blocker, Denied, Subject, utc_now

MEDIUM_PANELS = panels.MEDIUM_PANELS
JOB_PANELS = panels.JOB_PANELS
verify = public_views.verify  # the pages that need no sign-in
HEADER = (
    "number", "issued at", "issued by", "status", "replaced by", "serial", "make and model", "tag", "outcome", "level",
    "method", "wiped at",
)  # fmt: skip


@bp.get("/certificates")
@web.allow(web.READERS)
def certificates() -> ResponseReturnValue:
    """The list, searched and filtered, one page of it."""
    school_id = web.actor().school_id
    filters, number = search.filters_from(request.args)
    total = search.count(school_id, filters)
    last = max(1, -(-total // search.PAGE))
    number = min(number, last)
    return render_template(
        "certificates/certificates.html",
        rows=[(row, _outcome(row)) for row in search.page(school_id, filters, number)],
        total=total,
        number=number,
        last=last,
        filters=filters,
        links=search.links(filters, number),
        years=range(utc_now().year, search.FIRST_YEAR - 1, -1),
        standings=search.Standing,
        outcomes=search.OUTCOMES,
    )


@bp.get("/certificates.csv")
@web.allow(web.READERS)
def certificates_csv() -> ResponseReturnValue:
    """Exactly what is filtered, as a file; that it was taken out is in the log."""
    actor = web.actor()
    filters, _ = search.filters_from(request.args)
    rows = [_cells(row) for row in search.everything(actor.school_id, filters)]
    body = csv_bytes(HEADER, rows)
    web.writing()
    school = school_of(actor.school_id)
    told = {"certificates": len(rows), "filter": search.links(filters, 1)["self"]}
    record(actor, EventKind.REGISTER_EXPORTED, Subject("school", school.id, school.name), after=told)
    db.session.commit()
    return _file(body, "text/csv; charset=utf-8", f"certificates-{school.code}-{utc_now():%Y-%m-%d}.csv")


def _outcome(row: search.Row) -> tuple[str, str]:
    return details.verdict(row.content) if row.content else ("Damaged", "bad")


def _cells(row: search.Row) -> tuple[object, ...]:
    if row.content is None:
        return (row.number, row.issued_at, row.issued_by, "Damaged", row.successor, *[""] * (len(HEADER) - 5))
    device = row.content.device
    name = " ".join(part for part in (device.make, device.model) if part)
    start = (row.number, row.issued_at, row.issued_by, row.standing.label, row.successor, device.serial, name)
    return (*start, *details.cells(row.content))


@bp.get("/certificates/<uuid:certificate_id>")
@web.allow(web.READERS)
def certificate(certificate_id: UUID) -> ResponseReturnValue:
    """One certificate as a page, with what it is worth today."""
    actor = web.actor()
    found = service.get_certificate(actor.school_id, certificate_id)
    content = service.readable(found)
    return render_template(
        "certificates/certificate.html",
        certificate=found,
        content=content,
        verdict=details.verdict(content) if content else None,
        sections=details.sections(content) if content else (),
        status=status.of(found, web.config()),
        medium=label_of(get_medium(actor.school_id, found.medium_id)),
        successor=service.successor_of(found),
        withdrawal=service.withdrawal_of(found),
        may_download=actor.role in rights.ISSUERS,
        may_correct=actor.role in rights.CORRECTORS and not service.wiped_by(actor, found),
    )


@bp.get("/certificates/<uuid:certificate_id>.pdf")
@web.allow(rights.ISSUERS)
def pdf(certificate_id: UUID) -> ResponseReturnValue:
    """The signed file, the same bytes every time; each download is in the log."""
    found = service.get_certificate(web.actor().school_id, certificate_id)
    body, etag, number = found.pdf, found.pdf_sha256, found.number
    if request.if_none_match.contains(etag):
        response = Response(status=304)
    else:
        _note_download(certificate_id)
        response = _file(body, "application/pdf", f"{number}.pdf")
    response.set_etag(etag)
    return response


def _note_download(certificate_id: UUID) -> None:
    if request.method == "HEAD":  # nothing was taken out
        return
    web.writing()
    actor = web.actor()
    service.note_download(actor, service.get_certificate(actor.school_id, certificate_id))
    db.session.commit()


def _file(body: bytes, mime: str, name: str) -> Response:
    plain = "".join(c if c.isascii() and (c.isalnum() or c in "-._") else "-" for c in name)
    return Response(body, content_type=mime, headers={"Content-Disposition": f'attachment; filename="{plain}"'})


@bp.post("/certificates/issue/<uuid:evidence_id>")
@web.allow(rights.ISSUERS)
def issue(evidence_id: UUID) -> ResponseReturnValue:
    """Issue a certificate from evidence, or the report of a run that did not erase."""
    failed = service.reports(get_evidence(web.actor().school_id, evidence_id))
    try:
        made = (service.report if failed else service.issue)(web.actor(), evidence_id, web.config())
    except authority.NotReady as error:
        raise Denied((Blocker("not_ready", str(error)),)) from error
    return _done(made, f"{'Report' if failed else 'Certificate'} {made.number} is issued.")


@bp.route("/certificates/<uuid:certificate_id>/supersede", methods=["GET", "POST"])
@web.allow(rights.CORRECTORS)
def supersede(certificate_id: UUID) -> ResponseReturnValue:
    """Replace a certificate by a new one."""
    return _correct(
        certificate_id,
        "certificates/supersede.html",
        lambda reason: service.supersede(web.actor(), certificate_id, reason, web.config()),
        "This certificate replaces the former one.",
    )


@bp.route("/certificates/<uuid:certificate_id>/withdraw", methods=["GET", "POST"])
@web.allow(rights.CORRECTORS)
def withdraw(certificate_id: UUID) -> ResponseReturnValue:
    """Take a certificate back."""
    return _correct(
        certificate_id,
        "certificates/withdraw.html",
        lambda reason: service.withdraw(web.actor(), certificate_id, reason),
        "The certificate is withdrawn.",
    )


def _correct(certificate_id: UUID, template: str, act: Callable[[str], object], done: str) -> ResponseReturnValue:
    found, form = service.get_certificate(web.actor().school_id, certificate_id), ReasonForm()
    if form.validate_on_submit():
        try:
            made = act(form.reason.data or "")
        except (Denied, authority.NotReady) as refused:
            db.session.rollback()
            _refuse(form, refused)
            found = service.get_certificate(web.actor().school_id, certificate_id)
        else:
            return _done(made if isinstance(made, Certificate) else found, done)
    answer = render_template(template, certificate=found, form=form)
    return answer, 422 if form.errors else 200


def _refuse(form: ReasonForm, refused: Denied | authority.NotReady) -> None:
    blockers = refused.blockers if isinstance(refused, Denied) else (Blocker("not_ready", str(refused)),)
    form.reason.errors = [one.message for one in blockers if one.code == "reason"]
    form.form_errors = [one.message for one in blockers if one.code != "reason"]


def _done(made: Certificate, message: str) -> ResponseReturnValue:
    certificate_id = made.id
    db.session.commit()
    flash(message, "success")
    return redirect(url_for("certificates.certificate", certificate_id=certificate_id))
