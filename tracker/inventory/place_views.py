"""The tree of places: see it, search it, add to it, change and move what is there."""

from uuid import UUID

from flask import flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from tracker import web
from tracker.db import db
from tracker.forms import fill, maybe_uuid, refuse
from tracker.inventory import place_forms, places
from tracker.inventory.asset_forms import Difference
from tracker.inventory.blueprint import bp
from tracker.inventory.form_pages import form_page, stale
from tracker.inventory.models import Location
from tracker.inventory.rules import LocationLevel
from tracker.values import Conflict, Denied

OPEN_MOST = 40  # places that a page shows unfolded; in a larger tree, what lies in a building waits for a click
_NOTHING = "Nothing (only a site)"


@bp.route("/locations")
@web.allow(web.READERS)
def locations() -> ResponseReturnValue:
    """The tree of places with the number of assets in each, or those that a search finds."""
    actor, text = web.actor(), request.args.get("q", "").strip()[:200]
    tree = [] if text else places.tree(actor.school_id)
    return render_template(
        "inventory/locations.html",
        text=text,
        found=places.matching(actor.school_id, text) if text else [],
        tree=tree,
        unfolded=sum(1 for _ in places.flat(tree)) <= OPEN_MOST,
        level=LocationLevel,
        editable=actor.role in web.EDITORS,
    )


@bp.route("/locations/<uuid:location_id>")
@web.allow(web.READERS)
def location(location_id: UUID) -> ResponseReturnValue:
    """One place, what lies in it, and its history."""
    actor = web.actor()
    found = places.get_location(actor.school_id, location_id)
    inside = places.inside(found)
    return render_template(
        "inventory/location.html",
        location=found,
        above=places.above(found),
        placed=inside,
        unfolded=sum(1 for _ in places.flat(inside)) <= OPEN_MOST,
        level=LocationLevel,
        editable=actor.role in web.EDITORS,
    )


@bp.route("/locations/new", methods=["GET", "POST"])
@web.allow(web.EDITORS)
def new_location() -> ResponseReturnValue:
    """Add a place, or several of the same level."""
    actor, form = web.actor(), place_forms.NewLocationForm()
    known = places.choices(actor.school_id)
    fill(form.parent_id, known, _NOTHING)
    if request.method == "GET":
        holder = _inside(request.args.get("in", ""))
        form.parent_id.data = holder if holder in dict(known) else None
        form.level.data = _next_level(form.parent_id.data).value
    elif form.validate():
        try:
            made = [places.add_location(actor, details) for details in form.several()]
        except Denied as denied:
            db.session.rollback()
            refuse(form, denied)
        except ValueError as error:
            form.more.errors = [str(error)]
        else:
            told = f"{made[0].path} is added." if len(made) == 1 else f"{len(made)} places are added."
            return _done(told, made[0].parent_id or made[0].id)
    return form_page("inventory/location_form.html", form, location=None, differences=[])


@bp.route("/locations/<uuid:location_id>/edit", methods=["GET", "POST"])
@web.allow(web.EDITORS)
def edit_location(location_id: UUID) -> ResponseReturnValue:
    """Rename a place, move it, or change what it is fit for."""
    actor = web.actor()
    found = places.get_location(actor.school_id, location_id)
    form, differences = _form(), list[Difference]()
    if request.method == "GET":
        _show(form, found)
        form.version.data = found.version
    elif form.validate():
        try:
            found = places.edit_location(actor, location_id, form.details(), version=form.version.data or 0)
        except (Denied, Conflict) as why:
            db.session.rollback()
            found = places.get_location(actor.school_id, location_id)
            differences = stale(form, why, _show(_form(empty=True), found), found.version)
        else:
            return _done(f"{found.path} is changed.", location_id)
    return form_page("inventory/location_form.html", form, location=found, differences=differences)


def _form(*, empty: bool = False) -> place_forms.EditLocationForm:
    form = place_forms.EditLocationForm(formdata=None) if empty else place_forms.EditLocationForm()
    fill(form.parent_id, places.choices(web.actor().school_id), _NOTHING)
    return form


def _show(form: place_forms.EditLocationForm, location: Location) -> place_forms.EditLocationForm:
    for name, value in vars(places.details_of(location)).items():
        form[name].data = getattr(value, "value", value)
    return form


def _inside(text: str) -> UUID | None:
    try:
        return maybe_uuid(text)
    except ValueError:
        return None


def _next_level(parent_id: UUID | None) -> LocationLevel:
    """What most often lies in that place."""
    if parent_id is None:
        return LocationLevel.ROOM
    levels = list(LocationLevel)
    level = LocationLevel(places.get_location(web.actor().school_id, parent_id).level)
    return levels[min(level.depth + 1, len(levels) - 1)]


def _done(message: str, location_id: UUID) -> ResponseReturnValue:
    db.session.commit()
    flash(message, "success")
    return redirect(url_for("inventory.location", location_id=location_id))
