"""Pages of retention: how long names are kept, whose are due, and the act itself."""

from http import HTTPStatus
from uuid import UUID

from flask import Blueprint, current_app, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from tracker import web
from tracker.attachments import service as attachments
from tracker.db import db
from tracker.forms import refuse
from tracker.people.rules import PersonKind
from tracker.retention import columns, forgetting, rules, service
from tracker.retention.forms import ForgetForm, PeriodsForm
from tracker.values import Conflict, Denied, Role, today

bp = Blueprint("retention", __name__)


@bp.route("/retention", methods=["GET", "POST"])
@web.allow(web.PEOPLE_IN_CHARGE)
def retention() -> ResponseReturnValue:
    """How long names are kept, and whose are due."""
    actor, form = web.actor(), PeriodsForm()
    if request.method == "GET":
        form.show(service.periods_of(actor.school_id), service.version_of(actor.school_id))
    elif form.validate():
        try:
            service.change(actor, form.periods(), version=form.version.data or 0)
        except (Denied, Conflict) as refused:
            db.session.rollback()
            refuse(form, refused)
        else:
            db.session.commit()
            flash("The periods are saved.", "success")
            return redirect(url_for("retention.retention"))
    everybody, day = service.leavers(actor.school_id), today()
    page = render_template(
        "retention/retention.html",
        form=form,
        due=[one for one in everybody if one.due_on <= day][: rules.TOGETHER],
        later=[one for one in everybody if one.due_on > day][: rules.TOGETHER],
        total=sum(one.due_on <= day for one in everybody),
        most=rules.TOGETHER,
        kind=PersonKind,
        head=actor.role is Role.HEAD,
    )
    return page, HTTPStatus.UNPROCESSABLE_ENTITY if form.errors else HTTPStatus.OK


@bp.route("/retention/forget", methods=["GET", "POST"])
@web.allow(rules.FORGETTERS)
def forget() -> ResponseReturnValue:
    """Look at what would be done for the chosen people, and do it."""
    actor, form, ids = web.actor(), ForgetForm(), _ids()
    if not ids:
        flash("Tick the people first whose names are to become pseudonyms.", "warning")
        return redirect(url_for("retention.retention"))
    if request.method == "POST" and form.validate():
        try:
            done = forgetting.forget(actor, ids)
        except Denied as denied:
            db.session.rollback()
            refuse(form, denied)
        else:
            db.session.commit()
            _sweep(actor.school_id, [one for each in done for one in each.contents])
            flash(f"{', '.join(one.pseudonym for one in done)}: the pseudonym stands everywhere now.", "success")
            return redirect(url_for("retention.retention"))
    found = service.chosen(actor.school_id, ids)
    page = render_template(
        "retention/forget.html",
        form=form,
        found=found,
        allowed=all(one.decision.allowed for one in found),
        shared={one.person.id: forgetting.shared_names(one.person) for one in found},
        grounds=sorted(set(columns.KEPT.values()) - {columns.NO_NAMES}),
        kind=PersonKind,
    )
    return page, HTTPStatus.UNPROCESSABLE_ENTITY if form.errors else HTTPStatus.OK


def _ids() -> list[UUID]:
    """The people of the address or the form; what is no id is left out."""
    found = []
    for text in request.values.getlist("person")[: rules.TOGETHER]:
        try:
            found.append(UUID(text))
        except ValueError:
            continue
    return list(dict.fromkeys(found))


def _sweep(school_id: UUID, contents: list[str]) -> None:
    """Remove the files of scans that are erased; what fails is found by `tracker attachments check --sweep`."""
    if not contents:
        return
    try:
        attachments.sweep(school_id, contents, instance=web.config().instance)
        db.session.commit()
    except OSError:
        db.session.rollback()
        current_app.logger.exception("Scans could not be erased")
        flash("A scan could not be erased. On the server run: tracker attachments check --sweep", "danger")
