"""Incidents: report, see, assess, tell, decide, close."""

from collections.abc import Callable
from typing import Any
from uuid import UUID

from flask import flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from markupsafe import Markup

from tracker import web
from tracker.db import db
from tracker.forms import VersionForm, fill, refuse
from tracker.incidents import figures, forms, rules, service
from tracker.incidents import found as finds
from tracker.incidents import found_views as found_views  # registers itself
from tracker.incidents import report_views as report_views  # registers itself
from tracker.incidents.blueprint import bp as bp
from tracker.incidents.models import Incident
from tracker.incidents.rules import DataAtRisk, IncidentKind, IncidentState
from tracker.inventory import service as inventory
from tracker.media import service as media
from tracker.media.models import Medium
from tracker.paging import page_number
from tracker.people import links
from tracker.people import service as people
from tracker.values import LONDON, Actor, Conflict, Denied, NotFound, utc_now

UNPROCESSABLE = 422


@bp.route("/incidents")
@web.allow(web.EVERYBODY)
def incidents() -> ResponseReturnValue:
    """The incidents that one may see: all, or one's own."""
    actor, closed = web.actor(), request.args.get("closed") == "1"
    number = page_number(request.args)
    rows, total = service.listed(actor, closed=closed, page=number)
    return render_template(
        "incidents/incidents.html",
        rows=[(one, service.clock_of(one)) for one in rows],
        total=total,
        number=number,
        last=max(1, -(-total // service.PAGE)),
        closed=closed,
        now=utc_now(),
        kinds=IncidentKind,
        states=IncidentState,
        sees_all=actor.role in rules.SEERS,
        assessor=actor.role in rules.ASSESSORS,
        discreet=actor.role in rules.SEERS - rules.TOLD_WHO,
    )


@bp.route("/incidents/<uuid:incident_id>")
@web.allow(web.EVERYBODY)
def incident(incident_id: UUID) -> ResponseReturnValue:
    """One incident with its clock, and what can be done next."""
    actor = web.actor()
    found = service.get_incident(actor, incident_id)
    facts, clock = service.facts_of(found), service.clock_of(found)
    person = people.get_person(actor.school_id, found.person_id) if found.person_id else None
    return render_template(
        "incidents/incident.html",
        incident=found,
        facts=facts,
        clock=clock,
        left=clock.left(utc_now()),
        person=person if actor.role in rules.TOLD_WHO else None,
        told_who=actor.role in rules.TOLD_WHO or found.reported_by_id == actor.id,
        notices=service.notices(found),
        assessor=actor.role in rules.ASSESSORS,
        decider=actor.role in rules.DECIDERS,
        label=service.label_of(found),
        finds=finds.of_incident(found) if actor.role in rules.ASSESSORS else [],
    )


@bp.route("/incidents/new", methods=["GET", "POST"])
@web.allow(web.EVERYBODY)
def new_incident() -> ResponseReturnValue:
    """Report that something is lost, stolen, damaged, or that data are at risk. One tap leads here from a thing."""
    actor, form = web.actor(), forms.ReportForm()
    sees = actor.role in rules.SEERS
    fill(form.person_id, people.choices(actor.school_id) if sees else [], "Not known")
    if request.method == "GET":
        _begin(form)
    elif form.validate():
        try:
            made = service.report(actor, form.details(), _about(actor, form))
        except (Denied, Conflict) as refused:
            db.session.rollback()
            refuse(form, refused)
        else:
            incident_id = made.id
            db.session.commit()
            flash("The incident is reported. Tell the people below what else you know.", "success")
            return redirect(url_for("incidents.incident", incident_id=incident_id))
    thing = _thing(actor, form) if sees else ""
    page = render_template("incidents/new.html", form=form, sees=sees, chosen=thing)
    return page, UNPROCESSABLE if form.errors else 200


def _begin(form: forms.ReportForm) -> None:
    """What the form begins with: the thing that one came from, and now."""
    now = utc_now().astimezone(LONDON)
    form.day.data, form.at.data = now.date(), now.time()
    form.asset.data, form.medium.data = request.args.get("asset", "")[:36], request.args.get("medium", "")[:36]
    form.thing.data = request.args.get("thing", "")[:200]
    form.person_id.data = _uuid(request.args.get("person"))
    if request.args.get("kind") in set(IncidentKind):
        form.kind.data = request.args["kind"]
    if form.kind.data == IncidentKind.WIPE_FAILED.value and form.medium.data:
        form.what.data = "Its wipe failed, so data may still be on it. It is kept until it is destroyed."
    form.data_at_risk.data = DataAtRisk.UNKNOWN.value


def _about(actor: Actor, form: forms.ReportForm) -> service.About:
    """What it is about: the thing that was chosen, or one found by what was typed, or the words themselves."""
    words, person = form.thing.data or "", form.person_id.data
    if actor.role not in rules.SEERS:
        own = links.person_of_user(actor)
        person = own.id if own else None
    asset_id, medium_id = _uuid(form.asset.data), _uuid(form.medium.data)
    if asset_id is None and medium_id is None and words.strip():
        found = inventory.find(actor.school_id, words).assets
        asset_id = found[0].id if len(found) == 1 else None
    return service.About(asset_id, medium_id, person, words)


def _thing(actor: Actor, form: forms.ReportForm) -> str:
    """The thing that was chosen, in words; empty where none was. Raises NotFound for another school's."""
    asset_id, medium_id = _uuid(form.asset.data), _uuid(form.medium.data)
    if medium_id is not None:
        return media.label_of(media.get_medium(actor.school_id, medium_id))
    return inventory.label_of(inventory.get_asset(actor.school_id, asset_id)) if asset_id is not None else ""


def _uuid(text: str | None) -> UUID | None:
    """An id; None for an empty one. Raises NotFound for what is none."""
    try:
        return UUID(text) if text else None
    except ValueError:
        raise NotFound from None


@bp.get("/incidents/failed-wipes")
@web.allow(rules.ASSESSORS)
def failed_wipes() -> ResponseReturnValue:
    """Storage that may hold data, whose wipe failed, and of which no incident tells: each is one tap from one."""
    rows = db.session.scalars(figures.failed_wipes(web.actor().school_id).limit(service.PAGE))
    return render_template("incidents/failed_wipes.html", rows=[(one, media.label_of(one)) for one in rows])


@bp.route("/incidents/<uuid:incident_id>/assess", methods=["GET", "POST"])
@web.allow(rules.ASSESSORS)
def assess(incident_id: UUID) -> ResponseReturnValue:
    """Write down what is at risk."""
    form = forms.AssessForm()

    def begin(found: Incident) -> None:
        form.data_at_risk.data, form.assessment.data = found.data_at_risk, found.assessment

    def act(version: int) -> object:
        risk = DataAtRisk(form.data_at_risk.data)
        return service.assess(web.actor(), incident_id, risk, form.assessment.data or "", version=version)

    return _step(incident_id, form, "incidents/assess.html", begin, act, "The assessment is saved.")


@bp.route("/incidents/<uuid:incident_id>/tell", methods=["GET", "POST"])
@web.allow(rules.ASSESSORS)
def tell(incident_id: UUID) -> ResponseReturnValue:
    """Write down who was told."""
    form = forms.TellForm()

    def begin(found: Incident) -> None:
        now = utc_now().astimezone(LONDON)
        form.day.data, form.at.data = now.date(), now.time()

    def act(version: int) -> object:
        at = forms.moment(form.day.data, form.at.data)
        return service.tell(web.actor(), incident_id, form.whom.data or "", form.how.data or "", at, version=version)

    return _step(incident_id, form, "incidents/tell.html", begin, act, "It is written down.")


@bp.route("/incidents/<uuid:incident_id>/refer", methods=["GET", "POST"])
@web.allow(rules.ASSESSORS)
def refer(incident_id: UUID) -> ResponseReturnValue:
    """Enter the references of the police and the insurer."""
    form = forms.ReferForm()

    def begin(found: Incident) -> None:
        form.crime.data, form.insurer.data = found.crime_reference, found.insurer_reference

    def act(version: int) -> object:
        told = {"crime": form.crime.data or "", "insurer": form.insurer.data or ""}
        return service.refer(web.actor(), incident_id, **told, version=version)

    return _step(incident_id, form, "incidents/refer.html", begin, act, "The references are saved.")


@bp.route("/incidents/<uuid:incident_id>/decide", methods=["GET", "POST"])
@web.allow(rules.DECIDERS)
def decide(incident_id: UUID) -> ResponseReturnValue:
    """Decide whether the ICO is told."""
    form = forms.DecideForm()

    def act(version: int) -> object:
        told: dict[str, Any] = {"reasons": form.reasons.data or "", "reference": form.reference.data or ""}
        return service.decide(web.actor(), incident_id, notify=form.notify.data == "yes", **told, version=version)

    return _step(incident_id, form, "incidents/decide.html", lambda found: None, act, "The decision is written down.")


@bp.route("/incidents/<uuid:incident_id>/close", methods=["GET", "POST"])
@web.allow(rules.DECIDERS)
def close(incident_id: UUID) -> ResponseReturnValue:
    """Close it."""
    form = forms.CloseForm()

    def act(version: int) -> object:
        return service.close(web.actor(), incident_id, form.note.data or "", version=version)

    return _step(incident_id, form, "incidents/close.html", lambda found: None, act, "The incident is closed.")


def _step(
    incident_id: UUID,
    form: VersionForm,
    template: str,
    begin: Callable[[Incident], None],
    act: Callable[[int], object],
    message: str,
) -> ResponseReturnValue:
    """One step of an incident: show the form, or take the step and say so."""
    found = service.get_incident(web.actor(), incident_id)
    if request.method == "GET":
        begin(found)
        form.version.data = found.version
    elif form.validate():
        try:
            act(form.version.data or 0)
        except (Denied, Conflict) as refused:
            db.session.rollback()
            refuse(form, refused)
            found = service.get_incident(web.actor(), incident_id)
            form.go_on_from(found.version)
        else:
            db.session.commit()
            flash(message, "success")
            return redirect(url_for("incidents.incident", incident_id=incident_id))
    page = render_template(template, form=form, incident=found, label=service.label_of(found))
    return page, UNPROCESSABLE if form.errors else 200


def _proposes(actor: Actor, medium_id: UUID, rows: list[Incident]) -> bool:
    """Whether the wipe of a medium failed and no incident tells of it yet."""
    if any(one.kind == IncidentKind.WIPE_FAILED.value for one in rows):
        return False
    query = figures.failed_wipes(actor.school_id).where(Medium.id == medium_id)
    return db.session.scalar(query) is not None


def _panel(column: Any, argument: str) -> web.Panel:
    """The incidents of one thing on its page, and the button that reports one."""

    def body(actor: Actor, subject_id: UUID) -> Markup | str:
        assessor = argument == "asset" and actor.role in rules.ASSESSORS
        page = render_template(
            "incidents/_panel.html",
            rows=(rows := service.of_thing(actor, column == subject_id)),
            failed=argument == "medium" and _proposes(actor, subject_id, rows),
            finds=finds.of_asset(actor.school_id, subject_id) if assessor else [],
            argument=argument,
            subject_id=subject_id,
            states=IncidentState,
            kinds=IncidentKind,
        )
        return Markup(page)  # noqa: S704 - a template made it

    return web.Panel("Incidents", body)


ASSET_PANELS = [_panel(Incident.asset_id, "asset")]
MEDIUM_PANELS = [_panel(Incident.medium_id, "medium")]
