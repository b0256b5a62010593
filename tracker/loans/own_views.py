"""One's own page: what I have, what I signed, that I still have it, what I state."""

from uuid import UUID

from flask import flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from tracker import web
from tracker.db import db
from tracker.loans import leaving_views as leaving_views  # registers itself
from tracker.loans import own, search, service
from tracker.loans.blueprint import bp
from tracker.loans.rules import AttestationKind
from tracker.people import links
from tracker.values import LONDON, months_later

YEAR = 12  # months between two statements of housekeeping (clause DS11)


@bp.get("/mine")
@web.allow(web.EVERYBODY)
def mine() -> ResponseReturnValue:
    """What I have, and what I have stated."""
    actor = web.actor()
    person = links.person_of_user(actor)
    rows = own.held(actor.school_id, person.id, service.today()) if person else []
    stated = own.stated(actor.school_id, person.id) if person else {}
    housekeeping = stated.get(AttestationKind.HOUSEKEEPING)
    return render_template(
        "loans/mine.html",
        rows=rows,
        stated=stated,
        kinds=AttestationKind,
        loans=search.of_person(actor.school_id, person.id, service.today()) if person else [],
        due=housekeeping is None or months_later(housekeeping.astimezone(LONDON).date(), YEAR) <= service.today(),
    )


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
