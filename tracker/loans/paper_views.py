"""The papers of a loan: freeze one by hand, and download one."""

from collections.abc import Iterable
from uuid import UUID

from flask import Response, flash, redirect, request, url_for
from flask.typing import ResponseReturnValue

from tracker import web
from tracker.certificates import authority
from tracker.db import db
from tracker.loans import papers, rules, service
from tracker.loans.blueprint import bp
from tracker.values import Actor


@bp.get("/loans/papers/<uuid:paper_id>.pdf")
@web.allow(web.READERS)
def paper_pdf(paper_id: UUID) -> ResponseReturnValue:
    """The signed file, the same bytes every time."""
    school_id = web.actor().school_id
    found = papers.get_paper(school_id, paper_id)
    name = papers.filename(service.get_loan(school_id, found.loan_id), found)
    response = Response(found.pdf, content_type="application/pdf")
    response.headers["Content-Disposition"] = f'attachment; filename="{name}"'
    response.set_etag(found.pdf_sha256)
    return response.make_conditional(request)


@bp.post("/loans/<uuid:loan_id>/papers")
@web.allow(rules.LENDERS)
def make_paper(loan_id: UUID) -> ResponseReturnValue:
    """Freeze the loan as it stands now."""
    try:
        papers.ask(web.actor(), loan_id, web.config())
    except authority.NotReady as error:
        db.session.rollback()
        flash(str(error), "danger")
    else:
        db.session.commit()
        flash("The PDF is made. It never changes.", "success")
    return redirect(url_for("loans.loan", loan_id=loan_id))


def freeze(actor: Actor, loan_ids: Iterable[UUID]) -> None:
    """Make the papers of loans about which something was signed, in the transaction; tell where the key is missing."""
    problems = {papers.try_issue(actor, one, web.config()) for one in loan_ids}
    for problem in sorted(problems - {""}):
        flash(f"There is no PDF of it yet. {problem}", "warning")
