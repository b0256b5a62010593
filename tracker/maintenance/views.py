"""Maintenance: plans, what is due, results by scan."""

from uuid import UUID

from flask import Blueprint, Response, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from markupsafe import Markup

from tracker import web
from tracker.db import db
from tracker.forms import Form, fill, refuse
from tracker.inventory import kinds, scanning
from tracker.inventory import service as inventory
from tracker.maintenance import forms, rules, service
from tracker.paging import page_number
from tracker.spreadsheet import csv_bytes
from tracker.values import Actor, Blocker, Conflict, Denied

bp = Blueprint("maintenance", __name__)
UNPROCESSABLE = 422


@bp.route("/maintenance")
@web.allow(web.READERS)
def plans() -> ResponseReturnValue:
    """All plans, and how many things need something."""
    actor = web.actor()
    rows = service.plans(actor.school_id)
    return render_template("maintenance/plans.html", rows=rows, keeper=actor.role in rules.KEEPERS)


@bp.route("/maintenance/<uuid:plan_id>")
@web.allow(web.READERS)
def plan(plan_id: UUID) -> ResponseReturnValue:
    """One plan: what is due, or everything."""
    actor, everything = web.actor(), request.args.get("all") == "1"
    found = service.get_plan(actor.school_id, plan_id)
    number = page_number(request.args)
    rows, total = service.listed(found, only_due=not everything, page=number)
    return render_template(
        "maintenance/plan.html",
        plan=found,
        kind=kinds.get_kind(actor.school_id, found.kind_id).name,
        rows=rows,
        total=total,
        number=number,
        last=max(1, -(-total // service.PAGE)),
        everything=everything,
        keeper=actor.role in rules.KEEPERS,
        tags="\n".join(row.tag for row in rows),
    )


@bp.route("/maintenance/<uuid:plan_id>.csv")
@web.allow(web.READERS)
def plan_csv(plan_id: UUID) -> ResponseReturnValue:
    """The same as a file."""
    found = service.get_plan(web.actor().school_id, plan_id)
    rows = [
        (row.tag, row.what, row.state.label, row.last_on, row.next_on, row.due.label, row.note)
        for row in service.everything(found, only_due=request.args.get("all") != "1")
    ]
    body = csv_bytes(("Tag", "What", "State", "Last done", "Next", "Standing", "Note"), rows)
    headers = {"Content-Disposition": 'attachment; filename="maintenance.csv"'}
    return Response(body, mimetype="text/csv; charset=utf-8", headers=headers)


@bp.route("/maintenance/new", methods=["GET", "POST"])
@web.allow(rules.KEEPERS)
def new_plan() -> ResponseReturnValue:
    """Plan something."""
    actor, form = web.actor(), forms.NewPlanForm()
    fill(form.kind_id, [(one.id, one.name) for one in kinds.kinds(actor.school_id)], "Choose a kind")
    if form.validate_on_submit():
        try:
            made = service.add_plan(actor, form.kind_id.data, form.details())
        except Denied as denied:
            db.session.rollback()
            refuse(form, denied)
        else:
            return _done(made.id, f"{made.name} is planned.")
    return _form(form, None)


@bp.route("/maintenance/<uuid:plan_id>/edit", methods=["GET", "POST"])
@web.allow(rules.KEEPERS)
def edit_plan(plan_id: UUID) -> ResponseReturnValue:
    """Change a plan, or retire it."""
    actor, form = web.actor(), forms.EditPlanForm()
    found = service.get_plan(actor.school_id, plan_id)
    name = found.name
    if request.method == "GET":
        form.name.data, form.every_months.data, form.instructions.data = name, found.every_months, found.instructions
        form.version.data, form.retired.data = found.version, found.retired_at is not None
    elif form.validate():
        version, retired = form.version.data or 0, bool(form.retired.data)
        try:
            service.edit_plan(actor, plan_id, form.details(), version=version, retired=retired)
        except (Denied, Conflict) as refused:
            db.session.rollback()
            refuse(form, refused)
            form.go_on_from(service.get_plan(actor.school_id, plan_id).version)
        else:
            return _done(plan_id, "The change is saved.")
    return _form(form, name)


@bp.route("/maintenance/<uuid:plan_id>/record", methods=["GET", "POST"])
@web.allow(rules.KEEPERS)
def record_results(plan_id: UUID) -> ResponseReturnValue:
    """Scan what was looked at, and write down what was found."""
    actor, form = web.actor(), forms.ResultForm()
    found = service.get_plan(actor.school_id, plan_id)
    if request.method == "GET":
        form.items.data = request.args.get("items", "")[:20_000]
        form.done_on.data, form.done_by.data = service.today(), actor.name
    elif form.validate():
        try:
            assets = _assets(actor, form.items.data or "")
            count = service.record_results(actor, plan_id, assets, form.details())
        except Denied as denied:
            db.session.rollback()
            refuse(form, denied)
        else:
            return _done(plan_id, f"Written down for {count} thing{'' if count == 1 else 's'}.")
    page = render_template(
        "maintenance/record.html", form=form, plan=found, kind=kinds.get_kind(actor.school_id, found.kind_id).name
    )
    return page, UNPROCESSABLE if form.errors else 200


@bp.get("/maintenance/due")
@web.allow(web.READERS)
def due_list() -> ResponseReturnValue:
    """Everything that is due by any plan, on one page to print."""
    return render_template("maintenance/due.html", rows=service.due_everywhere(web.actor().school_id))


@bp.get("/maintenance/<uuid:plan_id>/things/<uuid:asset_id>")
@web.allow(web.READERS)
def results(plan_id: UUID, asset_id: UUID) -> ResponseReturnValue:
    """What was written down of one thing by one plan, mistakes and what replaced them, too."""
    actor = web.actor()
    found, asset = service.get_plan(actor.school_id, plan_id), inventory.get_asset(actor.school_id, asset_id)
    rows = service.results(found, asset.id)
    return render_template(
        "maintenance/results.html",
        plan=found,
        asset_id=asset.id,
        label=inventory.label_of(asset),
        rows=rows,
        replaced={one.replaces_id for one in rows if one.replaces_id},
        keeper=actor.role in rules.KEEPERS,
    )


@bp.route("/maintenance/results/<uuid:result_id>/correct", methods=["GET", "POST"])
@web.allow(rules.KEEPERS)
def correct(result_id: UUID) -> ResponseReturnValue:
    """Replace a wrong result by a right one. Nothing is deleted."""
    actor, form = web.actor(), forms.CorrectForm()
    wrong = service.get_result(actor.school_id, result_id)
    plan_id, asset_id = wrong.plan_id, wrong.asset_id
    if request.method == "GET":
        form.result.data = "passed" if wrong.passed else "failed"
        form.done_on.data, form.done_by.data = wrong.done_on, wrong.done_by
    elif form.validate():
        try:
            service.correct(actor, result_id, form.details(), nothing_done=bool(form.nothing_done.data))
        except Denied as denied:
            db.session.rollback()
            refuse(form, denied)
        else:
            db.session.commit()
            flash("The result is replaced. The first one stays to be read.", "success")
            return redirect(url_for("maintenance.results", plan_id=plan_id, asset_id=asset_id))
    plan, asset = service.get_plan(actor.school_id, plan_id), inventory.get_asset(actor.school_id, asset_id)
    page = render_template(
        "maintenance/correct.html", form=form, plan=plan, asset_id=asset_id, label=inventory.label_of(asset)
    )
    return page, UNPROCESSABLE if form.errors else 200


def _assets(actor: Actor, text: str) -> list[UUID]:
    """The things of a list of scans. Raises Denied for a line that leads to none or to several."""
    listed = scanning.listed(actor.school_id, text)
    if listed.unclear:
        faults = (f"{one}: this leads to no thing, or to several." for one in listed.unclear)
        raise Denied(tuple(Blocker("items", fault) for fault in faults))
    return [one.id for one in listed.assets]


def _done(plan_id: UUID, message: str) -> ResponseReturnValue:
    db.session.commit()
    flash(message, "success")
    return redirect(url_for("maintenance.plan", plan_id=plan_id))


def _form(form: Form, name: str | None) -> ResponseReturnValue:
    return render_template("maintenance/form.html", form=form, name=name), UNPROCESSABLE if form.errors else 200


def _asset_panel(actor: Actor, asset_id: UUID) -> Markup | str:
    """Where a thing stands with the plans of its kind."""
    asset = inventory.get_asset(actor.school_id, asset_id)
    rows = service.of_asset(asset)
    if not rows:
        return ""
    page = render_template("maintenance/_asset.html", rows=rows, tag=asset.tag, keeper=actor.role in rules.KEEPERS)
    return Markup(page)  # noqa: S704 - a template made it


ASSET_PANELS = [web.Panel("Maintenance", _asset_panel)]
