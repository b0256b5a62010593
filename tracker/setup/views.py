"""The first start. There is no default password anywhere: whoever founds the school chooses one."""

import ipaddress
import time
from urllib.parse import urlsplit

from flask import Blueprint, abort, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from sqlalchemy.exc import IntegrityError

from tracker import web
from tracker.accounts import service as accounts
from tracker.accounts.service import SchoolDetails
from tracker.db import db
from tracker.setup import code, service
from tracker.setup.forms import FirstStartForm
from tracker.throttle import Throttle
from tracker.values import Denied

bp = Blueprint("setup", __name__)
CODES = Throttle(failures=10, seconds=300, clock=time.monotonic)
_OF_PROXIES = ("Forwarded", "X-Forwarded-For", "X-Forwarded-Host", "X-Real-Ip", "Via")


@bp.route("/setup", methods=["GET", "POST"])
def first_start() -> ResponseReturnValue:
    """Found the school, as long as there is none."""
    if accounts.any_school():
        abort(404)
    form, near = FirstStartForm(), _near()
    if form.validate_on_submit():
        if not near and not _right_code(form.code.data or ""):
            form.code.errors = ["This is not the setup code. It stands in the file setup_code in the server's folder."]
        elif form.password.data != form.again.data:
            form.again.errors = ["The two passwords are not the same."]
        elif _founded(form):
            code.forget(web.config().instance)
            flash("The school is founded. Sign in, and add accounts for the others.", "success")
            return redirect(url_for("accounts.sign_in"))
    return render_template("setup/first_start.html", form=form, near=near), 422 if form.errors else 200


def _near() -> bool:
    """Whether somebody sits at the server itself, without a proxy in between that nobody told us of."""
    if web.config().proxies or any(name in request.headers for name in _OF_PROXIES):
        return False
    return _loopback(web.origin()) and _loopback(urlsplit(f"//{request.host}").hostname or "")


def _loopback(name: str) -> bool:
    try:
        return name == "localhost" or ipaddress.ip_address(name).is_loopback
    except ValueError:
        return False


def _right_code(typed: str) -> bool:
    if not CODES.open(web.origin()):
        return False
    right = code.fits(web.config().instance, typed)
    if not right:
        CODES.failed(web.origin())
    return right


def _founded(form: FirstStartForm) -> bool:
    details = SchoolDetails(
        code="school",
        name=form.school_name.data or "",
        address=form.address.data or "",
        postcode=form.postcode.data or "",
        incident_contact=form.incident_contact.data or "",
    )
    first = service.FirstAccount(form.username.data or "", form.name.data or "", form.password.data or "")
    try:
        service.found(details, first, origin=web.origin())
        db.session.commit()
    except Denied as error:
        db.session.rollback()
        form.password.errors = [blocker.message for blocker in error.blockers]
    except IntegrityError:
        db.session.rollback()
        form.school_name.errors = [service.HERE]
    else:
        return True
    return False
