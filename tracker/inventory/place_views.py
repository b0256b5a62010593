"""The tree of places."""

from uuid import UUID

from flask import flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from tracker import web
from tracker.db import db
from tracker.forms import maybe_uuid
from tracker.inventory import forms, places
from tracker.inventory.blueprint import bp
from tracker.inventory.rules import LocationLevel
from tracker.values import Conflict, Denied


@bp.route("/locations")
@web.allow(web.READERS)
def locations() -> ResponseReturnValue:
    """The tree of places with the number of assets in each."""
    actor = web.actor()
    return render_template(
        "inventory/locations.html",
        tree=places.tree(actor.school_id),
        level=LocationLevel,
        editable=actor.role in web.EDITORS,
    )


@bp.route("/locations/<uuid:location_id>")
@web.allow(web.READERS)
def location(location_id: UUID) -> ResponseReturnValue:
    """One place and its history."""
    actor = web.actor()
    found = places.get_location(actor.school_id, location_id)
    return render_template(
        "inventory/location.html",
        location=found,
        level=LocationLevel(found.level),
        editable=actor.role in web.EDITORS,
    )


@bp.route("/locations/new", methods=["GET", "POST"])
@web.allow(web.EDITORS)
def new_location() -> ResponseReturnValue:
    """Add a place."""
    actor, form = web.actor(), forms.LocationForm()
    forms.fill(form.parent_id, places.choices(actor.school_id), "Nothing (only a site)")
    if request.method == "GET":
        form.level.data = LocationLevel.ROOM.value
        form.parent_id.data = _inside(request.args.get("in", ""))
    elif form.validate():
        try:
            found = places.add_location(actor, form.details())
        except Denied as denied:
            db.session.rollback()
            forms.refuse(form, denied)
        else:
            return _done("inventory.locations", f"{found.path} is added.")
    return _form_page("inventory/location_form.html", form, location=None)


@bp.route("/locations/<uuid:location_id>/edit", methods=["GET", "POST"])
@web.allow(web.EDITORS)
def edit_location(location_id: UUID) -> ResponseReturnValue:
    """Rename a place, move it, or change what it is fit for."""
    actor, form = web.actor(), forms.EditLocationForm()
    found = places.get_location(actor.school_id, location_id)
    forms.fill(form.parent_id, places.choices(actor.school_id), "Nothing (only a site)")
    if request.method == "GET":
        for name, value in vars(places.details_of(found)).items():
            form[name].data = getattr(value, "value", value)
        form.version.data = found.version
    elif form.validate():
        try:
            found = places.edit_location(actor, location_id, form.details(), version=form.version.data or 0)
        except (Denied, Conflict) as refused:
            db.session.rollback()
            forms.refuse(form, refused)
            found = places.get_location(actor.school_id, location_id)
        else:
            return _done("inventory.locations", f"{found.path} is changed.")
    return _form_page("inventory/location_form.html", form, location=found)


def _inside(text: str) -> UUID | None:
    try:
        return maybe_uuid(text)
    except ValueError:
        return None


def _done(endpoint: str, message: str) -> ResponseReturnValue:
    db.session.commit()
    flash(message, "success")
    return redirect(url_for(endpoint))


def _form_page(template: str, form: forms.Form, **told: object) -> ResponseReturnValue:
    return render_template(template, form=form, **told), 422 if form.errors else 200
