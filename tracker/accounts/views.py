"""Sign in and out, one's own account, the school's accounts, and the school itself."""

import time
from uuid import UUID

from flask import Blueprint, flash, g, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from werkzeug.wrappers import Response

from tracker import web
from tracker.accounts import service, upkeep
from tracker.accounts.forms import ActiveForm, ChangeUserForm, PasswordForm, SchoolForm, SignInForm, UserForm
from tracker.accounts.service import WRONG
from tracker.db import db
from tracker.throttle import Throttle
from tracker.values import Denied, Role

bp = Blueprint("accounts", __name__)
GUESSES = Throttle(failures=30, seconds=300, clock=time.monotonic)
TOO_MANY = "Too many attempts failed from this place. Wait five minutes and try again."


@bp.route("/sign-in", methods=["GET", "POST"])
def sign_in() -> ResponseReturnValue:
    """Ask who it is. Whatever is wrong, the answer is the same."""
    target = web.local_path(request.args.get("next"))
    if g.get("actor") is not None:
        return redirect(target or url_for("home.index"))
    if not service.any_school():
        return redirect(url_for("setup.first_start"))
    form, status = SignInForm(), 200
    if form.validate_on_submit():
        if not GUESSES.open(web.origin()):
            form.username.errors = [TOO_MANY]
            return _sign_in_page(form), 429
        found = service.sign_in(
            form.username.data or "", form.password.data or "", school_code=form.school.data or "", origin=web.origin()
        )
        db.session.commit()
        if found is not None:
            user, token = found
            return _with_cookie(redirect(target or url_for("home.index")), service.cookie_of(user, token))
        GUESSES.failed(web.origin())
        form.username.errors, status = [WRONG.message], 403
    elif form.is_submitted():
        status = 400
    return _sign_in_page(form), status


def _sign_in_page(form: SignInForm) -> str:
    page = {"form": form, "many": service.many_schools(), "label": _label_of(web.local_path(request.args.get("next")))}
    return render_template("accounts/sign_in.html", **page, name=service.name_for_strangers())


def _label_of(target: str | None) -> str:
    """What stands on the label that somebody scanned who is not signed in; empty for another way here."""
    return target[3:].partition("?")[0].strip("/")[:200] if target and target[:3].upper() == "/A/" else ""


def _with_cookie(response: Response, value: str) -> Response:
    """Keep the session in the browser until it is closed; the server ends it earlier."""
    response.set_cookie(
        web.SESSION_COOKIE, value, httponly=True, secure=web.config().secure, samesite="Lax", max_age=None
    )
    return response


@bp.post("/sign-out")
@web.allow(web.EVERYBODY)
def sign_out() -> ResponseReturnValue:
    """End this session."""
    service.sign_out(web.actor(), g.token)
    db.session.commit()
    response = redirect(url_for("accounts.sign_in"))
    response.delete_cookie(web.SESSION_COOKIE, httponly=True, secure=web.config().secure, samesite="Lax")
    flash("You are signed out.", "success")
    return response


@bp.get("/account")
@web.allow(web.EVERYBODY)
def account() -> ResponseReturnValue:
    """One's own account."""
    settings = web.config()
    sessions = upkeep.open_sessions(web.actor(), idle_minutes=settings.idle_minutes, hours=settings.session_hours)
    return render_template("accounts/account.html", sessions=sessions)


@bp.route("/account/password", methods=["GET", "POST"])
@web.allow(web.EVERYBODY)
def password() -> ResponseReturnValue:
    """Choose a new password."""
    form = PasswordForm()
    if form.validate_on_submit():
        if form.new.data != form.again.data:
            form.again.errors = ["The two new passwords are not the same."]
        elif _change_password(form):
            flash("Your password is changed. Other places where you were signed in are signed out.", "success")
            return redirect(url_for("accounts.account"))
    return render_template("accounts/password.html", form=form, must=g.must_change), 400 if form.errors else 200


def _change_password(form: PasswordForm) -> bool:
    try:
        right = upkeep.change_password(web.actor(), g.token, old=form.old.data or "", new=form.new.data or "")
    except Denied as error:
        db.session.commit()  # the old password was right, and the log says that it was asked for
        form.new.errors = [blocker.message for blocker in error.blockers]
        return False
    db.session.commit()
    if not right:
        form.old.errors = ["This is not your password, or your account is locked for a while."]
    return right


@bp.post("/account/sign-out-everywhere")
@web.allow(web.EVERYBODY)
def sign_out_everywhere() -> ResponseReturnValue:
    """End all of one's own sessions."""
    service.sign_out_everywhere(web.actor())
    db.session.commit()
    flash("You are signed out everywhere.", "success")
    return redirect(url_for("accounts.sign_in"))


@bp.get("/users")
@web.allow(web.PEOPLE_IN_CHARGE)
def users() -> ResponseReturnValue:
    """The school's accounts."""
    return render_template("accounts/users.html", users=upkeep.users(web.actor().school_id), Role=Role)


@bp.route("/users/new", methods=["GET", "POST"])
@web.allow(web.PEOPLE_IN_CHARGE)
def new_user() -> ResponseReturnValue:
    """Add an account; its passphrase is shown once."""
    form = UserForm()
    if form.validate_on_submit():
        passphrase, role = upkeep.passphrase_for_once(), Role(form.role.data)
        try:
            upkeep.add_user(
                web.actor(),
                username=form.username.data or "",
                name=form.name.data or "",
                role=role,
                passphrase=passphrase,
                expires_on=form.expires_on.data,
            )
        except Denied as error:
            db.session.rollback()
            form.username.errors = [blocker.message for blocker in error.blockers]
        else:
            db.session.commit()
            return render_template("accounts/passphrase.html", name=form.name.data, passphrase=passphrase)
    return render_template("accounts/new_user.html", form=form), 400 if form.errors else 200


@bp.route("/users/<uuid:user_id>", methods=["GET", "POST"])
@web.allow(web.PEOPLE_IN_CHARGE)
def user(user_id: UUID) -> ResponseReturnValue:
    """One account: role and last day."""
    found = service.get_user(web.actor().school_id, user_id)
    form = ChangeUserForm(role=found.role, expires_on=found.expires_on)
    if form.validate_on_submit():
        try:
            upkeep.change_user(web.actor(), user_id, role=Role(form.role.data), expires_on=form.expires_on.data)
        except Denied as error:
            db.session.rollback()
            form.role.errors = [blocker.message for blocker in error.blockers]
            found = service.get_user(web.actor().school_id, user_id)
        else:
            db.session.commit()
            flash("The account is changed.", "success")
            return redirect(url_for("accounts.user", user_id=user_id))
    page = render_template("accounts/user.html", user=found, form=form, active=ActiveForm(formdata=None), Role=Role)
    return page, 400 if form.errors else 200


@bp.post("/users/<uuid:user_id>/active")
@web.allow(web.PEOPLE_IN_CHARGE)
def active(user_id: UUID) -> ResponseReturnValue:
    """Close or reopen an account."""
    service.get_user(web.actor().school_id, user_id)  # 404 before anything is said of the form
    form, wanted = ActiveForm(), request.form.get("active") == "1"
    if not form.validate_on_submit():
        flash("Say why, so that the log can tell.", "danger")
    else:
        service.set_active(web.actor(), user_id, active=wanted, why=form.why.data or "")
        db.session.commit()
        flash("The account is open again." if wanted else "The account is closed and signed out everywhere.", "success")
    return redirect(url_for("accounts.user", user_id=user_id))


@bp.post("/users/<uuid:user_id>/unlock")
@web.allow(web.PEOPLE_IN_CHARGE)
def unlock(user_id: UUID) -> ResponseReturnValue:
    """Let somebody try again at once."""
    upkeep.unlock(web.actor(), user_id)
    db.session.commit()
    flash("The account is unlocked.", "success")
    return redirect(url_for("accounts.user", user_id=user_id))


@bp.post("/users/<uuid:user_id>/passphrase")
@web.allow(web.PEOPLE_IN_CHARGE)
def passphrase(user_id: UUID) -> ResponseReturnValue:
    """Give a forgetful person a passphrase for once."""
    given = upkeep.reset_password(web.actor(), user_id)
    name = service.get_user(web.actor().school_id, user_id).name
    db.session.commit()
    return render_template("accounts/passphrase.html", name=name, passphrase=given)


@bp.route("/school", methods=["GET", "POST"])
@web.allow(web.PEOPLE_IN_CHARGE)
def school() -> ResponseReturnValue:
    """What the school is called on paper."""
    found = service.school_of(web.actor().school_id)
    form = SchoolForm(obj=found)
    if form.validate_on_submit():
        texts = ("name", "address", "postcode", "dfe_number", "incident_contact", "procedure_version", "policy_version")
        try:
            upkeep.change_school(
                web.actor(),
                {name: form[name].data or "" for name in texts},
                crest=_uploaded(),
                remove_crest=form.remove_crest.data,
            )
        except Denied as error:
            db.session.rollback()
            form.crest.errors = [blocker.message for blocker in error.blockers]
        else:
            db.session.commit()
            flash("The school's data are changed.", "success")
            return redirect(url_for("accounts.school"))
    return render_template("accounts/school.html", form=form, has_crest=found.crest is not None), (
        400 if form.errors else 200
    )


def _uploaded() -> bytes | None:
    """The picture that was sent, one byte more than is allowed at most."""
    upload = request.files.get("crest")
    if not upload:
        return None
    with upload.stream as file:
        return file.read(upkeep.CREST_BYTES + 1)


@bp.get("/school/crest.png")
@web.allow(web.EVERYBODY)
def crest() -> ResponseReturnValue:
    """The school's crest as it stands on certificates."""
    found = service.school_of(web.actor().school_id)
    return Response(found.crest, mimetype="image/png") if found.crest else ("", 404)
