"""What strangers found: the public page of a label, and the list of what was told there."""

import time
from uuid import UUID

from flask import flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from tracker import web
from tracker.accounts.service import name_for_strangers
from tracker.db import db
from tracker.forms import refuse
from tracker.incidents import forms, found, rules, service
from tracker.incidents.blueprint import bp
from tracker.incidents.found_rules import FoundState
from tracker.paging import page_number
from tracker.throttle import Throttle
from tracker.values import Conflict, Denied

REPORTS = Throttle(failures=10, seconds=3600, clock=time.monotonic)  # every report counts, wrong or right
LIMIT = 1 << 14  # bytes of the form of somebody whom nobody knows
UNPROCESSABLE, TOO_MANY = 422, 429
WAIT = "Many reports came from this place. Wait an hour, or telephone the school."


@bp.route("/found/<path:text>", methods=["GET", "POST"])
@web.body_limit(LIMIT)
def found_this(text: str) -> ResponseReturnValue:
    """Tell the school that one found its thing. Public; the same for every label, whether it is known or not."""
    form, sent = forms.FoundForm(), request.args.get("sent") == "1"
    status = 200
    if request.method == "POST":
        if not REPORTS.open(web.origin()):
            form.form_errors.append(WAIT)
            status = TOO_MANY
        else:
            REPORTS.failed(web.origin())
            if form.validate() and _told(form, text):
                return redirect(url_for("incidents.found_this", text=text, sent=1))
            status = UNPROCESSABLE
    page = render_template("incidents/found_this.html", form=form, sent=sent, name=name_for_strangers())
    return page, status


def _told(form: forms.FoundForm, text: str) -> bool:
    """Keep it; a machine that filled the hidden field is thanked like a person, and nothing is kept."""
    if form.more.data:
        return True
    try:
        found.tell(text, form.details())
    except Denied as denied:
        db.session.rollback()
        refuse(form, denied)
        return False
    db.session.commit()
    return True


@bp.get("/incidents/found")
@web.allow(rules.ASSESSORS)
def found_reports() -> ResponseReturnValue:
    """What strangers told, the newest first."""
    school_id, settled = web.actor().school_id, request.args.get("settled") == "1"
    number = page_number(request.args)
    rows, total = found.listed(school_id, settled=settled, page=number)
    return render_template(
        "incidents/found_reports.html",
        rows=rows,
        total=total,
        number=number,
        last=max(1, -(-total // found.PAGE)),
        settled=settled,
        states=FoundState,
    )


@bp.get("/incidents/found/<uuid:found_id>")
@web.allow(rules.ASSESSORS)
def found_report(found_id: UUID) -> ResponseReturnValue:
    """One report, and what can be done with it."""
    return _report_page(found_id, forms.SettleForm(formdata=None))


def _report_page(found_id: UUID, form: forms.SettleForm) -> ResponseReturnValue:
    actor = web.actor()
    report = found.get_report(actor.school_id, found_id)
    form.go_on_from(report.version)
    other = found.open_incident_of(report) if report.state == FoundState.NEW.value else None
    incident = service.incident_of_school(actor.school_id, report.incident_id) if report.incident_id else None
    page = render_template(
        "incidents/found_report.html",
        report=report,
        state=FoundState(report.state),
        form=form,
        other=service.label_of(other) if other else "",
        incident=service.label_of(incident) if incident else "",
    )
    return page, UNPROCESSABLE if form.errors else 200


@bp.post("/incidents/found/<uuid:found_id>/link")
@web.allow(rules.ASSESSORS)
def link_found(found_id: UUID) -> ResponseReturnValue:
    """Make an incident of it, or add it to the one that is open about the same thing: one tap."""
    found.get_report(web.actor().school_id, found_id)
    incident = found.link(web.actor(), found_id, version=_version())
    incident_id, label = incident.id, service.label_of(incident)
    db.session.commit()
    flash(f"It stands with {label} now. Thank the finder and fetch the thing, then say what became of it.", "success")
    return redirect(url_for("incidents.incident", incident_id=incident_id))


@bp.post("/incidents/found/<uuid:found_id>/settle")
@web.allow(rules.ASSESSORS)
def settle_found(found_id: UUID) -> ResponseReturnValue:
    """Say what became of it."""
    found.get_report(web.actor().school_id, found_id)
    form = forms.SettleForm()
    if form.validate():
        try:
            found.settle(web.actor(), found_id, form.outcome.data or "", version=form.version.data or 0)
        except (Denied, Conflict) as refused:
            db.session.rollback()
            refuse(form, refused)
        else:
            db.session.commit()
            flash("It is settled. How to reach the finder is erased.", "success")
            return redirect(url_for("incidents.found_reports"))
    return _report_page(found_id, form)


def _version() -> int:
    """The version that the page showed. Raises Conflict for none."""
    text = request.form.get("version", "")
    if not text.isascii() or not text.isdecimal() or len(text) > 9:
        raise Conflict("This page is not whole.")
    return int(text)
