"""One's own page: what I have, that I still have it, what I state; and the sweep when somebody leaves."""

from uuid import UUID

from flask import flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from tracker import web
from tracker.db import db
from tracker.forms import refuse
from tracker.inventory import service as inventory
from tracker.loans import forms, own, rules, service
from tracker.loans.blueprint import bp
from tracker.loans.rules import AttestationKind
from tracker.people import links
from tracker.people import service as people
from tracker.values import Denied


@bp.get("/mine")
@web.allow(web.EVERYBODY)
def mine() -> ResponseReturnValue:
    """What I have, and what I have stated."""
    actor = web.actor()
    person = links.person_of_user(actor)
    rows = own.held(actor.school_id, person.id, service.today()) if person else []
    stated = own.stated(actor.school_id, person.id) if person else {}
    return render_template("loans/mine.html", rows=rows, stated=stated, kinds=AttestationKind)


@bp.post("/mine/state")
@web.allow(web.EVERYBODY)
def state() -> ResponseReturnValue:
    """State something: that I still have a thing, that I have put my data in order, about private use."""
    kind, item = request.form.get("kind", ""), request.form.get("item", "")
    try:
        made = own.state(web.actor(), AttestationKind(kind), UUID(item) if item else None)
    except ValueError:
        return redirect(url_for("loans.mine"))
    statement = made.statement
    db.session.commit()
    flash(f"Thank you. It is written down: {statement}", "success")
    return redirect(url_for("loans.mine"))


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
            own.sign_off(actor, person_id, form.last_day.data, today)
        except Denied as denied:
            db.session.rollback()
            refuse(form, denied)
            person = people.get_person(actor.school_id, person_id)
        else:
            db.session.commit()
            flash("Nothing is left open. The leaving is signed off.", "success")
            return redirect(url_for("people.person", person_id=person_id))
    left = own.left_behind(person, today)
    tags = "\n".join(one.tag for one in left.loans)
    assets = [(one, inventory.label_of(one)) for one in left.assets]
    page = render_template("loans/leaver.html", form=form, person=person, left=left, assets=assets, tags=tags)
    return page, 422 if form.errors else 200
