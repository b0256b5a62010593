"""Stations and jobs: pair, see drives live, order a wipe, watch it, stop it."""

import json
from dataclasses import dataclass
from urllib.parse import urlencode
from uuid import UUID

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from markupsafe import Markup

from tracker import web
from tracker.accounts import service as accounts
from tracker.db import db
from tracker.inventory import service as inventory
from tracker.media import evidence, rules
from tracker.media import service as media
from tracker.media.rules import MediumState
from tracker.paging import links_of, turn_from
from tracker.stations import certify, drives, jobs, search
from tracker.stations import service as stations
from tracker.stations.forms import ConfirmForm, PairForm, ReasonForm
from tracker.stations.models import Job, Station
from tracker.stations.rules import OPEN, JobState, confirmation_for
from tracker.values import Actor, Denied, NotFound, Role
from wipe import codec
from wipe.facts import Progress
from wipe.vocabulary import LEGACY_METHODS, Method, VerificationKind

bp = Blueprint("stations", __name__)
STOPPERS = frozenset({Role.TECHNICIAN, Role.HEAD})
WRONG_PASSWORD = "This is not your password, or your account is locked for a while."  # noqa: S105 - a sentence


bp.add_app_template_filter(drives.device_name, "device")


@bp.app_context_processor
def _words() -> dict[str, object]:
    """Words that templates show jobs and methods with."""
    return {"JobState": JobState, "METHOD_WORDS": drives.METHOD_WORDS, "VERIFICATION_WORDS": drives.VERIFICATION_WORDS}


@bp.get("/stations", endpoint="stations")
@web.allow(web.READERS)
def station_list() -> ResponseReturnValue:
    """All stations, and whether they answer."""
    rows = stations.stations_of(web.actor().school_id)
    return render_template("stations/stations.html", rows=rows, alive=drives.alive, pairing=PairForm(formdata=None))


@bp.route("/stations/new", methods=["GET", "POST"])
@web.allow(web.TECHNICIANS)
def pair() -> ResponseReturnValue:
    """Make a pairing code; it is shown once, with the command to type at the station."""
    form, code = PairForm(), ""
    if form.validate_on_submit():
        try:
            code = stations.issue_code(web.actor(), name=form.name.data or "", place=form.place.data or "")
        except Denied as error:
            db.session.rollback()
            form.name.errors = [str(error)]
        else:
            db.session.commit()
    page = render_template("stations/pair.html", form=form, code=code, url=web.config().base_url)
    return page, 422 if form.errors else 200


@bp.get("/stations/<uuid:station_id>")
@web.allow(web.READERS)
def station(station_id: UUID) -> ResponseReturnValue:
    """One station with its drives, live."""
    return _station_page(stations.get_station(web.actor().school_id, station_id), "stations/station.html")


@bp.get("/stations/<uuid:station_id>/live")
@web.allow(web.READERS)
@web.unattended
def station_live(station_id: UUID) -> ResponseReturnValue:
    """The part of that page that changes."""
    return _station_page(stations.get_station(web.actor().school_id, station_id), "stations/_drives.html")


def _station_page(found: Station, template: str) -> str:
    return render_template(
        template,
        station=found,
        alive=drives.alive(found),
        shown=drives.shown_at(found),
        offered=drives.offered,
        progress_of=progress_of,
        revoking=ReasonForm(formdata=None),
        MediumState=MediumState,
        wipeable={state.value for state in rules.WIPEABLE},
    )


@bp.post("/stations/<uuid:station_id>/revoke")
@web.allow(STOPPERS)
def revoke(station_id: UUID) -> ResponseReturnValue:
    """Shut a station out."""
    stations.get_station(web.actor().school_id, station_id)  # 404 before anything is said of the form
    form = ReasonForm()
    if form.validate_on_submit():
        stations.revoke(web.actor(), station_id, form.why.data or "")
        db.session.commit()
        flash("The station is shut out. What it sends from now on does not count.", "success")
    else:
        flash("Say why, so that the log can tell.", "danger")
    return redirect(url_for("stations.station", station_id=station_id))


@bp.get("/jobs", endpoint="jobs")
@web.allow(web.READERS)
def job_list() -> ResponseReturnValue:
    """The jobs, the newest first, one page of them."""
    wanted = request.args.get("state", "")
    state = JobState(wanted) if wanted in set(JobState) else None
    page = search.page(web.actor().school_id, state, turn_from(request.args))
    links = links_of(page, {"state": state.value} if state else {}, urlencode)
    return render_template("stations/jobs.html", page=page, state=state, links=links)


@dataclass(frozen=True)
class _Choice:
    """A drive at a station that may be the medium in question."""

    station: Station
    shown: drives.Shown


def _choices(actor: Actor, medium_id: UUID) -> list[_Choice]:
    """The drives of all answering stations: that of the medium first, then those without a serial number."""
    found = [
        _Choice(one, shown)
        for one in stations.stations_of(actor.school_id)
        if drives.alive(one)
        for shown in drives.shown_at(one)
        if (shown.medium is not None and shown.medium.id == medium_id) or shown.attestable
    ]
    return sorted(found, key=lambda one: one.shown.medium is None)


@bp.get("/jobs/new")
@web.allow(web.TECHNICIANS)
def new_job() -> ResponseReturnValue:
    """Choose the drive and how it is wiped."""
    medium = media.get_medium(web.actor().school_id, _uuid(request.args.get("medium")))
    return render_template(
        "stations/new_job.html",
        medium=medium,
        label=media.label_of(medium),
        may=media.may_wipe(medium),
        choices=_choices(web.actor(), medium.id),
        any_alive=any(drives.alive(one) for one in stations.stations_of(web.actor().school_id)),
        offered=drives.offered,
        LEGACY_METHODS=LEGACY_METHODS,
    )


@bp.route("/jobs/confirm", methods=["GET", "POST"])
@web.allow(web.TECHNICIANS)
def confirm() -> ResponseReturnValue:
    """Show the plan, ask for the serial number and the password, and order the wipe."""
    actor, form = web.actor(), ConfirmForm()
    asked = _asked()
    if form.validate_on_submit():
        right = accounts.reauthenticate(actor, form.password.data or "")
        db.session.commit()
        if not right:
            form.password.errors = [WRONG_PASSWORD]
        else:
            job = _ordered(actor, asked, form)
            if job is not None:
                return redirect(url_for("stations.job", job_id=job))
    return _confirm_page(actor, asked, form)


@dataclass(frozen=True)
class _Asked:
    """What the page before chose."""

    station_id: UUID
    medium_id: UUID
    device: str
    method: Method
    verification: VerificationKind


def _asked() -> _Asked:
    """From the address. Raises NotFound for anything that the page before cannot have sent."""
    method, _, verification = request.args.get("way", "").partition("+")
    if method not in set(Method) or verification not in set(VerificationKind):
        raise NotFound
    return _Asked(
        _uuid(request.args.get("station")),
        _uuid(request.args.get("medium")),
        request.args.get("device", "")[:300],
        Method(method),
        VerificationKind(verification),
    )


def _ordered(actor: Actor, asked: _Asked, form: ConfirmForm) -> UUID | None:
    order = jobs.Order(
        **{name: getattr(asked, name) for name in _Asked.__dataclass_fields__},
        digest=form.digest.data or "",
        confirmation=form.confirmation.data or "",
        attestation=form.attestation.data or "",
    )
    try:
        job = jobs.order_job(actor, order)
    except Denied as error:
        db.session.rollback()
        form.confirmation.errors = [blocker.message for blocker in error.blockers]
        return None
    job_id = job.id
    db.session.commit()
    return job_id


def _confirm_page(actor: Actor, asked: _Asked, form: ConfirmForm) -> ResponseReturnValue:
    station = stations.get_station(actor.school_id, asked.station_id)
    medium = media.get_medium(actor.school_id, asked.medium_id)
    report = jobs.report_for(station, asked.device)
    plan = drives.plan_for(report, asked.method, asked.verification) if report else None
    if report is None or plan is None:
        flash("The drive is not at the station any more, or cannot be wiped that way. Choose again.", "warning")
        return redirect(url_for("stations.new_job", medium=medium.id))
    serial = report.drive.identity.serial or ""
    form.confirmation.label.text = (
        "The last four characters of the drive's serial number" if serial else "The name of the device"
    )
    form.digest.data, form.password.data = codec.digest(plan), ""
    page = render_template(
        "stations/confirm.html",
        form=form,
        station=station,
        medium=medium,
        label=media.label_of(medium),
        asset=inventory.get_asset(actor.school_id, medium.asset_id) if medium.asset_id else None,
        label_of=inventory.label_of,
        drive=report.drive,
        plan=plan,
        digest=codec.digest(plan),
        device_name=confirmation_for("", asked.device),
    )
    return page, 422 if form.errors else 200


@bp.get("/jobs/<uuid:job_id>")
@web.allow(web.READERS)
def job(job_id: UUID) -> ResponseReturnValue:
    """One job, live."""
    return _job_page(jobs.get_job(web.actor().school_id, job_id), "stations/job.html")


@bp.get("/jobs/<uuid:job_id>/live")
@web.allow(web.READERS)
@web.unattended
def job_live(job_id: UUID) -> ResponseReturnValue:
    """The part of that page that changes."""
    return _job_page(jobs.get_job(web.actor().school_id, job_id), "stations/_job.html")


def _job_page(found: Job, template: str) -> str:
    record = jobs.evidence_of(found)
    station = stations.get_station(found.school_id, found.station_id)
    medium = media.get_medium(found.school_id, found.medium_id)
    state = JobState(found.state)
    return render_template(
        template,
        job=found,
        state=state,
        over=state not in OPEN and (state is not JobState.ENDED or certify.settled(record)),
        station=station,
        alive=drives.alive(station),
        medium=medium,
        label=media.label_of(medium),
        asset=inventory.get_asset(found.school_id, found.asset_id) if found.asset_id else None,
        label_of=inventory.label_of,
        plan=drives.plan_of(found),
        progress=progress_of(found),
        refusals=json.loads(found.refusals),
        evidence=record,
        reasons=evidence.reasons_of(record) if record else [],
        outcome=certify.outcome_of(record) if record else None,
        giving_up=ReasonForm(formdata=None),
        may_wipe=media.may_wipe(medium).allowed,
    )


def progress_of(found: Job) -> Progress | None:
    """How far the station said it was."""
    return codec.decode(Progress, json.loads(found.progress), "progress") if found.progress else None


@bp.post("/jobs/<uuid:job_id>/cancel")
@web.allow(STOPPERS)
def cancel(job_id: UUID) -> ResponseReturnValue:
    """Stop a job."""
    jobs.cancel_job(web.actor(), job_id)
    db.session.commit()
    flash("The job is told to stop. What was written until then stands in its evidence.", "warning")
    return redirect(url_for("stations.job", job_id=job_id))


@bp.post("/jobs/<uuid:job_id>/give-up")
@web.allow(STOPPERS)
def give_up(job_id: UUID) -> ResponseReturnValue:
    """Close a job whose station will not come back."""
    jobs.get_job(web.actor().school_id, job_id)  # 404 before anything is said of the form
    form = ReasonForm()
    if form.validate_on_submit():
        jobs.give_up(web.actor(), job_id, form.why.data or "")
        db.session.commit()
        flash("The job is closed. Nothing is proved: the medium is held.", "warning")
    else:
        flash("Say why, so that the log can tell.", "danger")
    return redirect(url_for("stations.job", job_id=job_id))


def _jobs_panel(actor: Actor, medium_id: UUID) -> Markup | str:
    """The jobs on a medium, on its page."""
    rows = jobs.jobs_of(actor.school_id, medium_id)
    medium = media.get_medium(actor.school_id, medium_id)
    may = media.may_wipe(medium).allowed
    return Markup(render_template("stations/_jobs.html", rows=rows, medium=medium, may=may))  # noqa: S704 - a template


def _uuid(text: str | None) -> UUID:
    """Raises NotFound."""
    try:
        return UUID(text or "")
    except ValueError:
        raise NotFound from None


MEDIUM_PANELS = [web.Panel("Wipes", _jobs_panel)]
