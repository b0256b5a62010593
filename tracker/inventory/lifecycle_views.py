"""What becomes of an asset: move it, change its state, state that there is no storage in it."""

from collections.abc import Callable
from uuid import UUID

from flask import abort, flash, redirect, request, url_for
from flask.typing import ResponseReturnValue

from tracker import web
from tracker.db import db
from tracker.inventory import forms, lifecycle, lifecycle_forms, lookup, places, rules, service, steps
from tracker.inventory.blueprint import bp
from tracker.inventory.form_pages import done, form_page, refused
from tracker.inventory.many import chosen_ids, tags_given
from tracker.inventory.rules import AssetState
from tracker.values import Actor, Conflict, Denied


@bp.route("/assets/<uuid:asset_id>/move", methods=["GET", "POST"])
@web.allow(web.EDITORS)
def move_asset(asset_id: UUID) -> ResponseReturnValue:
    """Put an asset elsewhere."""
    actor, form = web.actor(), lifecycle_forms.MoveForm()
    found = service.get_asset(actor.school_id, asset_id)
    forms.fill(form.location_id, places.choices(actor.school_id), "Nowhere in particular")
    if request.method == "GET":
        form.location_id.data, form.version.data = found.location_id, found.version
    elif form.validate():
        try:
            service.move(actor, asset_id, form.location_id.data, version=form.version.data or 0)
        except (Denied, Conflict) as why:
            found = refused(form, why, asset_id)
        else:
            return done(asset_id, "The new location is saved.")
    return form_page("inventory/asset_move.html", form, asset=found)


@bp.route("/assets/<uuid:asset_id>/state/<state>", methods=["GET", "POST"])
@web.allow(web.READERS)
def change_state(asset_id: UUID, state: str) -> ResponseReturnValue:
    """One step in the asset's life; a harmful one is asked about first. The table says who may."""
    actor, form = web.actor(), lifecycle_forms.StateForm()
    found = service.get_asset(actor.school_id, asset_id)
    try:
        to = AssetState(state)
    except ValueError:
        abort(404)
    step = rules.TRANSITIONS.get((AssetState(found.state), to))
    if to is AssetState.IN_REPAIR and step is not None:  # it asks where, by whom and until when
        return redirect(url_for("inventory.repair_asset", asset_id=asset_id))
    form.reason.flags.required = step is not None and step.needs_reason
    if step is not None and step.asks:
        form.reason.label.text = step.asks
    if request.method == "GET":
        form.version.data = found.version
    elif form.validate():
        try:
            service.change_state(actor, asset_id, to, version=form.version.data or 0, reason=form.reason.data or "")
        except (Denied, Conflict) as why:
            found = refused(form, why, asset_id)
        else:
            return done(asset_id, f"It is now {to.label.lower()}.")
    return form_page("inventory/asset_state.html", form, asset=found, to=to, step=step, facts=lookup.facts_of(found))


@bp.route("/assets/<uuid:asset_id>/no-storage", methods=["GET", "POST"])
@web.allow(web.TECHNICIANS)
def no_storage(asset_id: UUID) -> ResponseReturnValue:
    """State by name that an asset holds no storage."""
    return _reason_page(
        asset_id, "inventory/no_storage.html", service.assert_no_storage, "Your statement is in the register."
    )


@bp.route("/assets/<uuid:asset_id>/no-storage/withdraw", methods=["GET", "POST"])
@web.allow(web.TECHNICIANS)
def withdraw_no_storage(asset_id: UUID) -> ResponseReturnValue:
    """Take that statement back."""
    return _reason_page(
        asset_id, "inventory/no_storage_withdraw.html", service.withdraw_no_storage, "The statement is withdrawn."
    )


@bp.route("/assets/<uuid:asset_id>/unused", methods=["GET", "POST"])
@web.allow(web.TECHNICIANS)
def declare_unused(asset_id: UUID) -> ResponseReturnValue:
    """State by name that nobody used it after all."""
    return _reason_page(
        asset_id, "inventory/unused.html", lifecycle.declare_unused, "Your statement is in the register."
    )


@bp.route("/assets/steps", methods=["GET", "POST"])
@web.allow(web.TECHNICIANS)
def asset_steps() -> ResponseReturnValue:
    """Take the same step with many: all or none, or those that may."""
    actor, form = web.actor(), lifecycle_forms.StepsForm()
    taken = steps.Taken(0, ())
    if request.method == "GET":
        form.tags.data = tags_given(actor)
    elif form.validate():
        taken = _take(actor, form)
        if not form.errors:
            db.session.commit()
            left = f" {len(taken.refused):,} were left out." if taken.refused else ""
            flash(f"{taken.number:,} {'is' if taken.number == 1 else 'are'} now {_state(form).label.lower()}.{left}")
            return redirect(url_for("inventory.assets", state=_state(form).value))
    return form_page("inventory/asset_steps.html", form, refused=taken.refused)


def _take(actor: Actor, form: lifecycle_forms.StepsForm) -> steps.Taken:
    """Take the step; what is wrong is shown at the form, and nothing is done then."""
    asset_ids = chosen_ids(actor, form)
    taken = steps.Taken(0, ())
    if form.errors:
        return taken
    reason, leave_out = form.reason.data or "", bool(form.leave_out.data)
    try:
        taken = steps.take_together(actor, asset_ids, _state(form), reason=reason, leave_out=leave_out)
    except Denied as denied:
        forms.refuse(form, denied)
    if taken.refused and not taken.number:
        form.form_errors.append(f"{len(taken.refused):,} of {len(asset_ids):,} cannot take this step. See why below.")
    if form.errors:
        db.session.rollback()
    return taken


def _state(form: lifecycle_forms.StepsForm) -> AssetState:
    return AssetState(form.to.data)


def _reason_page(asset_id: UUID, template: str, act: Callable[..., object], told: str) -> ResponseReturnValue:
    actor, form = web.actor(), lifecycle_forms.ReasonForm()
    found = service.get_asset(actor.school_id, asset_id)
    if request.method == "POST" and form.validate():
        try:
            act(actor, asset_id, form.reason.data or "")
        except Denied as denied:
            found = refused(form, denied, asset_id)
        else:
            return done(asset_id, told)
    return form_page(template, form, asset=found, assertion=lookup.no_storage(found))
