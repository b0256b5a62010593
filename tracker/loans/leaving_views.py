"""The sweep when somebody leaves, to be signed off and printed, and what the school asks of leavers."""

from uuid import UUID

from flask import flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from tracker import web
from tracker.accounts.service import school_of
from tracker.db import db
from tracker.forms import refuse
from tracker.inventory import service as inventory
from tracker.loans import forms, leaving, rules, service
from tracker.loans.blueprint import bp
from tracker.people import service as people
from tracker.values import Conflict, Denied

UNPROCESSABLE = 422


@bp.route("/loans/leavers/<uuid:person_id>", methods=["GET", "POST"])
@web.allow(rules.LENDERS)
def leaver(person_id: UUID) -> ResponseReturnValue:
    """All that somebody has, answers for and can still open, to be signed off when they leave."""
    actor, form, today = web.actor(), forms.LeaverForm(), service.today()
    person = people.get_person(actor.school_id, person_id)
    if request.method == "GET":
        form.last_day.data = person.left_on or today
    elif form.validate() and form.last_day.data:
        try:
            leaving.sign_off(actor, person_id, form.last_day.data, today)
        except Denied as denied:
            db.session.rollback()
            refuse(form, denied)
        else:
            db.session.commit()
            flash("Nothing is left open. The leaving is signed off; print this page for the file.", "success")
            return redirect(url_for("loans.leaver", person_id=person_id))
    return _page(person_id, form)


def _page(person_id: UUID, form: forms.LeaverForm) -> ResponseReturnValue:
    actor, today = web.actor(), service.today()
    person = people.get_person(actor.school_id, person_id)
    left = leaving.left_behind(person, today)
    page = render_template(
        "loans/leaver.html",
        form=form,
        person=person,
        left=left,
        assets=[(one, inventory.label_of(one)) for one in left.assets],
        tags="\n".join(one.tag for one in left.loans),
        signed=leaving.sign_offs(person),
        about=school_of(actor.school_id),
        today=today,
    )
    return page, UNPROCESSABLE if form.errors else 200


@bp.post("/loans/leavers/<uuid:person_id>/mark")
@web.allow(rules.LENDERS)
def mark_leaver(person_id: UUID) -> ResponseReturnValue:
    """Say of one line that it is settled, or is not after all."""
    told = request.form
    leaving.mark(web.actor(), person_id, told.get("line", ""), done=told.get("done") == "1", note=told.get("note", ""))
    db.session.commit()
    flash("It is written down.", "success")
    return redirect(url_for("loans.leaver", person_id=person_id, _anchor="lines"))


@bp.route("/loans/leavers/list", methods=["GET", "POST"])
@web.allow(rules.LENDERS)
def leaving_list() -> ResponseReturnValue:
    """What the school asks of everybody who leaves, beside what the register knows."""
    actor, form = web.actor(), forms.LeavingListForm()
    if request.method == "GET":
        form.lines.data = "\n".join(leaving.lines_of(actor.school_id))
        form.version.data = _version(actor.school_id)
    elif form.validate():
        try:
            leaving.set_lines(actor, form.lines.data or "", version=form.version.data or 0)
        except (Denied, Conflict) as refused:
            db.session.rollback()
            refuse(form, refused)
            form.go_on_from(_version(actor.school_id))
        else:
            db.session.commit()
            flash("The list is saved. It holds for everybody who leaves from now on.", "success")
            return redirect(url_for("people.people"))
    page = render_template("loans/leaving_list.html", form=form)
    return page, UNPROCESSABLE if form.errors else 200


def _version(school_id: UUID) -> int:
    found = leaving.list_of(school_id)
    return found.version if found else 0
