"""Signing by a mailed link, without an account. The token is the key: whoever does not hold it learns nothing.

Opening the link changes nothing, since mail servers open links to look for viruses; only the signature uses it up.
"""

import time
from http import HTTPStatus

from flask import Response, abort, render_template, request
from flask.typing import ResponseReturnValue

from tracker import web
from tracker.accounts.service import school_of
from tracker.db import db
from tracker.forms import refuse
from tracker.loans import forms, links, papers
from tracker.loans.blueprint import bp
from tracker.loans.links_rules import LinkState, Purpose
from tracker.loans.models import SigningRequest
from tracker.throttle import Throttle
from tracker.values import Conflict, Denied

GUESSES = Throttle(failures=20, seconds=300, clock=time.monotonic)
_CLOSED = {
    LinkState.SIGNED: ("This link was used", "It was signed already, and works once only."),
    LinkState.REVOKED: ("This link was taken back", "The school does not ask for this signature any more."),
    LinkState.EXPIRED: ("This link has expired", "It was open for some days only. Ask the school for another one."),
}
_NOWHERE = (
    "This link leads nowhere",
    "Perhaps a part of it is missing, or the school mailed a newer one. Open the newest mail, or ask the school.",
)


@bp.route("/sign/<token>", methods=["GET", "POST"])
def sign_by_link(token: str) -> ResponseReturnValue:
    """What is to be signed, and the signature."""
    found = _found(token)
    state = links.state_of(found)
    if state is not LinkState.WAITING:
        return _closed(state)
    shown, form = links.shown(found), forms.DocumentForm()
    status, blocked = 200, links.blockers(found)
    if request.method != "POST":
        form.text_sha256.data = shown.text.text_sha256 if shown.text else ""
        form.signatory.data = found.name
    elif form.validate():
        try:
            who, signed = form.who(parent=shown.parent), form.by_link()
            actor = links.by_link(found, signed.signatory, web.origin())
            done = links.sign(found.school_id, found.id, signed, who, actor, token=token)
            if done.loan_id is not None:
                papers.try_issue(actor, done.loan_id, web.config())  # without a key the desk is told on the loan's page
        except (Denied, Conflict) as refused:
            return _refused(token, form, refused)
        return _thanks(found)
    else:
        status = HTTPStatus.UNPROCESSABLE_ENTITY
    return _page(found, shown, form, blocked), HTTPStatus.CONFLICT if blocked and status != 200 else status


def _refused(token: str, form: forms.DocumentForm, refused: Denied | Conflict) -> ResponseReturnValue:
    """It cannot be signed: since another was faster, or a gate is closed now, or the form is not whole."""
    db.session.rollback()
    found = _found(token)
    if links.state_of(found) is not LinkState.WAITING:
        return _closed(links.state_of(found))
    blocked = links.blockers(found)
    if not blocked:
        refuse(form, refused)
    status = HTTPStatus.CONFLICT if blocked else HTTPStatus.UNPROCESSABLE_ENTITY
    return _page(found, links.shown(found), form, blocked), status


def _found(token: str) -> SigningRequest:
    """What the link opens. Ends in one and the same 404 for whatever is none, and slows down who guesses."""
    if not GUESSES.open(web.origin()):
        abort(HTTPStatus.TOO_MANY_REQUESTS, "Too many wrong links came from this place. Wait five minutes.")
    found = links.of_token(token)
    if found is None:
        GUESSES.failed(web.origin())
        page = render_template("loans/link_closed.html", title=_NOWHERE[0], message=_NOWHERE[1])
        abort(Response(page, HTTPStatus.NOT_FOUND))
    return found


def _closed(state: LinkState) -> ResponseReturnValue:
    """A link that once was good. The page says so, and nothing of what it was for."""
    db.session.rollback()
    title, message = _CLOSED[state]
    return render_template("loans/link_closed.html", title=title, message=message), HTTPStatus.GONE


def _thanks(found: SigningRequest) -> ResponseReturnValue:
    purpose = Purpose(found.purpose)
    db.session.commit()
    return render_template("loans/link_signed.html", purpose=purpose, purposes=Purpose)


def _page(found: SigningRequest, shown: links.Shown, form: forms.DocumentForm, blocked: tuple[object, ...]) -> str:
    return render_template(
        "loans/link.html",
        asked=found,
        shown=shown,
        form=form,
        blocked=blocked,
        issuer=school_of(found.school_id).name,
        purposes=Purpose,
    )
