"""The web application: settings, the default-deny gate, blueprints, headers and error pages."""

from dataclasses import replace
from http import HTTPStatus
from typing import Any

from flask import (
    Blueprint,
    Flask,
    Response,
    abort,
    current_app,
    g,
    jsonify,
    redirect,
    render_template,
    request,
    url_for,
)
from flask.typing import ResponseReturnValue
from flask_bootstrap import Bootstrap5
from flask_wtf import CSRFProtect
from sqlalchemy.exc import IntegrityError, OperationalError
from sqlalchemy.orm.exc import StaleDataError
from werkzeug.exceptions import HTTPException
from werkzeug.middleware.proxy_fix import ProxyFix

from tracker import web
from tracker.accounts import service as accounts
from tracker.accounts import views as accounts_views
from tracker.agreements import service as agreements
from tracker.agreements import views as agreements_views
from tracker.attachments import subjects
from tracker.attachments import views as attachments_views
from tracker.attachments.views import panel_of
from tracker.audit import views as audit_views
from tracker.certificates import service as certificates
from tracker.certificates import views as certificates_views
from tracker.config import Config, from_environment
from tracker.db import db
from tracker.home import views as home_views
from tracker.imports import views as imports_views
from tracker.incidents import rules as incidents_rules
from tracker.incidents import service as incidents
from tracker.incidents import views as incidents_views
from tracker.inventory import places
from tracker.inventory import service as inventory
from tracker.inventory import views as inventory_views
from tracker.loans import kits_views as kits_views
from tracker.loans import reservations_views
from tracker.loans import service as loans
from tracker.loans import views as loans_views
from tracker.maintenance import views as maintenance_views
from tracker.media import scanning as media_scanning
from tracker.media import search as media_search
from tracker.media import service as media
from tracker.media import views as media_views
from tracker.people import service as people
from tracker.people import views as people_views
from tracker.reminders import rules as reminders_rules
from tracker.reminders import views as reminders_views
from tracker.retention import views as retention_views
from tracker.setup import views as setup_views
from tracker.stations import api as stations_api
from tracker.stations import jobs
from tracker.stations import service as stations
from tracker.stations import views as stations_views
from tracker.terms import views as terms_views
from tracker.values import Conflict, Denied, NotFound, Role, london, pounds

BLUEPRINTS: tuple[Blueprint, ...] = (
    home_views.bp,
    setup_views.bp,
    accounts_views.bp,
    audit_views.bp,
    people_views.bp,
    terms_views.bp,
    agreements_views.bp,
    attachments_views.bp,
    inventory_views.bp,
    media_views.bp,
    certificates_views.bp,
    loans_views.bp,
    maintenance_views.bp,
    incidents_views.bp,
    imports_views.bp,
    reminders_views.bp,
    retention_views.bp,
    stations_views.bp,
    stations_api.bp,
)
# Parts of a thing's page, by the type of its subject; upper features hang into the pages of lower ones.
PANELS: dict[str, list[web.Panel]] = {
    "asset": [
        *media_views.ASSET_PANELS,
        *loans_views.ASSET_PANELS,
        *reservations_views.ASSET_PANELS,
        *incidents_views.ASSET_PANELS,
        *inventory_views.CHECK_PANELS,
        *maintenance_views.ASSET_PANELS,
        *inventory_views.LABEL_PANELS,
        *panel_of("asset"),
        *audit_views.history_of("asset"),
    ],
    "medium": [
        *stations_views.MEDIUM_PANELS,
        *certificates_views.MEDIUM_PANELS,
        *incidents_views.MEDIUM_PANELS,
        *panel_of("medium"),
        *audit_views.history_of("medium"),
    ],
    "job": [*certificates_views.JOB_PANELS, *panel_of("job"), *audit_views.history_of("job")],
    "station": [*panel_of("station"), *audit_views.history_of("station")],
    "person": [
        *loans_views.PERSON_PANELS,
        *reservations_views.PERSON_PANELS,
        *agreements_views.PERSON_PANELS,
        *inventory_views.PERSON_PANELS,
        *panel_of("person"),
        *audit_views.history_of("person"),
    ],
    "location": [*panel_of("location"), *audit_views.history_of("location")],
    "kind": audit_views.history_of("kind"),
    "plan": audit_views.history_of("plan"),
    "school_year": audit_views.history_of("school_year"),
    "kit": audit_views.history_of("kit"),
    "reservation": audit_views.history_of("reservation"),
    "loan": [*panel_of("loan"), *audit_views.history_of("loan")],
    "signature": panel_of("signature"),
    "incident": [*panel_of("incident"), *audit_views.history_of("incident")],
    "found": audit_views.history_of("found"),
    "agreement": audit_views.history_of("agreement"),
    "import": audit_views.history_of("import"),
    "user": audit_views.history_of("user"),
    "certificate": [*panel_of("certificate"), *audit_views.history_of("certificate")],
    "school": audit_views.history_of("school"),
}
# Things that photos and documents can be attached to, by the type of the subject.
ATTACHABLE: dict[str, subjects.Attachable] = {
    "asset": subjects.of_school(inventory.get_asset, inventory.subject_of, "inventory.asset", "asset_id"),
    "medium": subjects.of_school(media.get_medium, media.subject_of, "media.medium", "medium_id"),
    "job": subjects.of_school(jobs.get_job, jobs.subject_of, "stations.job", "job_id"),
    "station": subjects.of_school(stations.get_station, stations.subject_of, "stations.station", "station_id"),
    "person": subjects.of_school(people.get_person, people.subject_of, "people.person", "person_id"),
    "location": subjects.of_school(places.get_location, places.subject_of, "inventory.location", "location_id"),
    "incident": replace(
        subjects.of_school(incidents.incident_of_school, incidents.subject_of, "incidents.incident", "incident_id"),
        readers=incidents_rules.TOLD_WHO,
    ),
    "loan": subjects.of_school(loans.get_loan, loans.subject_of, "loans.loan", "loan_id"),
    "signature": subjects.of_school(
        agreements.get_signature, agreements.signature_subject, "agreements.signature", "signature_id"
    ),
    "certificate": subjects.of_school(
        certificates.get_certificate, certificates.subject_of, "certificates.certificate", "certificate_id"
    ),
}
# The menu: words, endpoint, and who sees it.
NAVIGATION: tuple[tuple[str, str, frozenset[Role]], ...] = (
    ("Start", "home.index", web.EVERYBODY),
    ("Scan", "inventory.scan", web.READERS),
    ("Assets", "inventory.assets", web.READERS),
    ("Storage media", "media.media", web.READERS),
    ("Wiping stations", "stations.stations", web.READERS),
    ("Certificates", "certificates.certificates", web.READERS),
    ("Loans", "loans.loans", web.READERS),
    ("Reservations", "loans.all_reservations", web.EVERYBODY),
    ("Incidents", "incidents.incidents", web.EVERYBODY),
    ("Labels", "inventory.labels", web.EDITORS),
    ("Import a spreadsheet", "imports.imports", web.EDITORS),
    ("Checks and repairs", "inventory.asset_checks", web.READERS),
    ("Maintenance", "maintenance.plans", web.READERS),
    ("School calendar", "terms.years", web.EVERYBODY),
    ("Locations", "inventory.locations", web.READERS),
    ("People", "people.people", web.READERS),
    ("Agreements", "agreements.agreements", web.READERS),
    ("Reminders", "reminders.reminders", reminders_rules.READERS),
    ("What I have", "loans.mine", web.EVERYBODY),
    ("Log", "audit.log", web.READERS),
    ("School and accounts", "accounts.users", web.PEOPLE_IN_CHARGE),
    ("My account", "accounts.account", web.EVERYBODY),
)
# What somebody can do who has not signed the acceptable use agreement yet (clause AG2, gate G3).
BEFORE_SIGNING = frozenset(
    {"agreements.mine", "agreements.sign", "agreements.version", "accounts.password", "accounts.sign_out"}
)
CSP = (
    "default-src 'self'; img-src 'self' data:; object-src 'none'; base-uri 'none'; "
    "frame-ancestors 'none'; form-action 'self'"
)
FORM_LIMIT = 1 << 20  # bytes of a request body; views for larger ones raise it for themselves


def create_app(config: Config | None = None) -> Flask:
    """Build the application. Raises config.BadSetting."""
    settings = config or from_environment()
    app = Flask("tracker", template_folder="templates", static_folder="static")
    app.config.update(
        SECRET_KEY=settings.secret_key,
        SQLALCHEMY_DATABASE_URI=settings.database_url,
        SQLALCHEMY_ENGINE_OPTIONS={"pool_pre_ping": True},
        MAX_CONTENT_LENGTH=FORM_LIMIT,
        MAX_FORM_MEMORY_SIZE=FORM_LIMIT,
        SESSION_COOKIE_HTTPONLY=True,
        SESSION_COOKIE_SAMESITE="Lax",
        SESSION_COOKIE_SECURE=settings.secure,
        WTF_CSRF_TIME_LIMIT=settings.session_hours * 3600,
        BOOTSTRAP_SERVE_LOCAL=True,
    )
    app.extensions["caretaker"] = settings
    app.extensions["caretaker_panels"] = PANELS
    app.extensions[subjects.EXTENSION] = ATTACHABLE
    app.extensions["caretaker_drives"] = media_search.drives_of
    app.extensions["caretaker_finders"] = [media_scanning.find]
    if settings.proxies:
        app.wsgi_app = ProxyFix(  # type: ignore[method-assign] # as its own documentation has it
            app.wsgi_app, x_for=settings.proxies, x_proto=settings.proxies, x_host=settings.proxies
        )
    db.init_app(app)
    Bootstrap5(app)
    csrf = CSRFProtect(app)
    csrf.exempt(stations_api.bp)  # no cookie is looked at there
    for blueprint in BLUEPRINTS:
        app.register_blueprint(blueprint)
    app.url_value_preprocessor(_limit_body)
    app.before_request(_gate)
    app.after_request(_headers)
    _errors(app)
    app.jinja_env.filters.update(london=london, pounds=pounds)
    app.jinja_env.globals.update(panels=web.panels, navigation=lambda: NAVIGATION)
    app.context_processor(lambda: {"actor": g.get("actor"), "school": g.get("school"), "settings": settings})
    return app


def _limit_body(endpoint: str | None, values: dict[str, Any] | None) -> None:
    """How much a view takes, before anything, the CSRF check included, reads the request."""
    view = current_app.view_functions.get(endpoint or "")
    request.max_content_length = getattr(view, "body_limit", FORM_LIMIT)


def _gate() -> ResponseReturnValue | None:
    """Nobody comes through by omission: public, station, or a session whose role the view names."""
    if _only_reads():
        web.reading()
    if _holds_nul():
        abort(HTTPStatus.BAD_REQUEST, "A text in this request holds a character that cannot be kept. Type it again.")
    if request.endpoint is None:
        return None  # 404 or 405, which tell nothing
    view = current_app.view_functions.get(request.endpoint)
    if request.endpoint in ("static", "bootstrap.static") or getattr(view, "station_only", False):
        return None
    _resume(used=not getattr(view, "unattended", False))
    if request.endpoint in web.PUBLIC:
        return None
    if g.get("actor") is None:
        return _sign_in_first()
    if g.must_change and request.endpoint not in ("accounts.password", "accounts.sign_out"):
        return redirect(url_for("accounts.password"))
    g.must_sign = not g.must_change and agreements.must_sign(g.actor)
    if g.must_sign and request.endpoint not in BEFORE_SIGNING:
        return _sign_agreement_first()
    if g.actor.role not in getattr(view, "roles", frozenset()):
        return _page(
            HTTPStatus.FORBIDDEN, "You may not do this", [f"Your role ({g.actor.role.label}) does not allow it."]
        )
    return None


def _only_reads() -> bool:
    view = current_app.view_functions.get(request.endpoint or "")
    return request.method in ("GET", "HEAD") or getattr(view, "only_reads", False)


def _holds_nul() -> bool:
    """Whether a text is sent that PostgreSQL cannot keep, nor any keyboard type."""
    texts = [*request.args.items(multi=True), *request.form.items(multi=True)]
    return "\0" in request.path or any("\0" in name or "\0" in text for name, text in texts)


def _resume(*, used: bool) -> None:
    """Find out who asks. `used`: a person did, so the session is not idle."""
    settings = web.config()
    found = accounts.resume_cookie(
        request.cookies.get(web.SESSION_COOKIE, ""),
        origin=web.origin(),
        idle_minutes=settings.idle_minutes,
        hours=settings.session_hours,
    )
    if found is None:
        return
    if found.touch and used:
        web.writing()
        accounts.touch(found)
        db.session.commit()
        if _only_reads():
            web.reading()
    g.actor, g.school, g.token = found.actor, accounts.school_of(found.actor.school_id), found.token
    g.must_change = found.must_change


def _sign_in_first() -> ResponseReturnValue:
    if web.wants_json() or request.method not in ("GET", "HEAD"):
        return _page(
            HTTPStatus.UNAUTHORIZED,
            "Sign in first",
            ["You were signed out because the page was left alone for a while. Nothing was saved."],
        )
    if not accounts.any_school():
        return redirect(url_for("setup.first_start"))
    asked = request.full_path.rstrip("?")
    return redirect(url_for("accounts.sign_in", next=None if asked == "/" else asked))


def _sign_agreement_first() -> ResponseReturnValue:
    """Nobody uses an account without a current signature. What a form was sent for is not done."""
    if web.wants_json() or request.method not in ("GET", "HEAD"):
        message = "Sign the acceptable use agreement first: open Start. Nothing was saved."
        return _page(HTTPStatus.FORBIDDEN, "Sign the agreement first", [message])
    return redirect(url_for("agreements.mine"))


def _headers(response: Response) -> Response:
    response.headers.setdefault("Content-Security-Policy", CSP)
    response.headers["X-Content-Type-Options"] = "nosniff"
    response.headers["Referrer-Policy"] = "same-origin"
    response.headers["Cross-Origin-Opener-Policy"] = "same-origin"
    response.headers["Permissions-Policy"] = "camera=(self), microphone=(), geolocation=()"
    if web.config().secure:
        response.headers["Strict-Transport-Security"] = "max-age=31536000"
    if request.endpoint not in ("static", "bootstrap.static"):
        response.headers.setdefault("Cache-Control", "no-store")  # a shared computer's back button shows nothing
    return response


def _errors(app: Flask) -> None:
    @app.errorhandler(Denied)
    def denied(error: Denied) -> ResponseReturnValue:
        db.session.rollback()
        return _page(HTTPStatus.CONFLICT, "This cannot be done", [blocker.message for blocker in error.blockers])

    @app.errorhandler(NotFound)
    def not_found(error: NotFound) -> ResponseReturnValue:
        db.session.rollback()
        return _page(HTTPStatus.NOT_FOUND, "Not found", ["There is no such thing in this school's register."])

    @app.errorhandler(Conflict)
    @app.errorhandler(StaleDataError)
    def conflict(error: Exception) -> ResponseReturnValue:
        db.session.rollback()
        message = str(error) if isinstance(error, Conflict) else "Somebody else changed this at the same moment."
        return _page(
            HTTPStatus.CONFLICT, "Somebody was faster", [message, "Go back, look again, and repeat your change."]
        )

    @app.errorhandler(IntegrityError)
    def twice(error: IntegrityError) -> ResponseReturnValue:
        """A unique index refused: two people gave the same name at once. Any other refusal is a fault."""
        if getattr(error.orig, "sqlstate", "") != "23505" and "UNIQUE constraint" not in str(error.orig):
            return bug(error)
        db.session.rollback()
        app.logger.warning("Given twice at %s %s: %s", request.method, request.path, error.orig)
        messages = ["Somebody else saved the same name or number a moment ago. Nothing of yours was saved."]
        return _page(HTTPStatus.CONFLICT, "Somebody was faster", [*messages, "Go back, look at it, and try again."])

    @app.errorhandler(OperationalError)
    def busy(error: OperationalError) -> ResponseReturnValue:
        """The database gave up: two changes waited for each other, or one waited too long. Nothing was saved."""
        db.session.rollback()
        app.logger.warning("The database gave up at %s %s: %s", request.method, request.path, error.orig)
        messages = ["The database is busy, or does not answer. Nothing was saved.", "Wait a moment and try again."]
        return _page(HTTPStatus.SERVICE_UNAVAILABLE, "Try again in a moment", messages)

    @app.errorhandler(HTTPException)
    def http(error: HTTPException) -> ResponseReturnValue:
        db.session.rollback()
        status = HTTPStatus(error.code or 500)
        return _page(status, _TITLES.get(status, status.phrase), [_TEXTS.get(status, error.description or "")])

    @app.errorhandler(Exception)
    def bug(error: Exception) -> ResponseReturnValue:
        db.session.rollback()
        app.logger.exception("Unexpected error at %s %s", request.method, request.path)
        return _page(
            HTTPStatus.INTERNAL_SERVER_ERROR,
            "Something went wrong",
            ["This is a fault in Caretaker, not yours. Nothing was saved. The server's log tells more."],
        )


_TITLES = {HTTPStatus.REQUEST_ENTITY_TOO_LARGE: "Too large", HTTPStatus.BAD_REQUEST: "This could not be understood"}
_TEXTS = {
    HTTPStatus.NOT_FOUND: "There is no page at this address.",
    HTTPStatus.REQUEST_ENTITY_TOO_LARGE: "What was sent is larger than anything that belongs here.",
    HTTPStatus.METHOD_NOT_ALLOWED: "This address does not take that kind of request.",
}


def _page(status: HTTPStatus, title: str, messages: list[str]) -> ResponseReturnValue:
    """An error for people or for programs, the same words for both."""
    if web.wants_json():
        body = {"code": status.phrase.lower().replace(" ", "_"), "message": " ".join(messages), "advice": title}
        return jsonify(error=body), status
    return render_template("error.html", title=title, messages=messages, status=status), status
