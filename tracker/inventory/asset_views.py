"""One asset: see, register, edit."""

from collections.abc import Sequence
from dataclasses import replace
from uuid import UUID

from flask import flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from labels import code
from tracker import web
from tracker.db import db
from tracker.forms import maybe_uuid
from tracker.inventory import (
    asset_forms,
    asset_page,
    fields,
    forms,
    intake,
    kinds,
    lookup,
    places,
    rules,
    service,
    telling,
)
from tracker.inventory.blueprint import bp
from tracker.inventory.details import AssetDetails
from tracker.inventory.form_pages import done, form_page, refused
from tracker.inventory.models import Asset, CustomField
from tracker.people import service as people
from tracker.values import NIL_UUID, Conflict, Denied, NotFound


@bp.route("/assets/new", methods=["GET", "POST"])
@web.allow(web.EDITORS)
def new_asset() -> ResponseReturnValue:
    """Register something; `tag` and `serial` may come from a scan, `like` is an asset to copy from."""
    school_id, like = web.actor().school_id, _like()
    chosen = _uuid(request.values.get("kind_id")) or (like.kind_id if like else _uuid(request.args.get("kind")))
    asked = fields.fields_of(school_id, chosen)
    form = asset_forms.with_fields(asset_forms.NewAssetForm, asked)()
    _lists(form, None, chosen if like else None)
    if request.method == "GET":
        form.show(_alike(like) if like else AssetDetails(chosen or NIL_UUID))
        form.tag.data = request.args.get("tag", "")[:40]
        form.serial.data = request.args.get("serial", "")[:120]
    elif "show" not in request.form and form.validate() and not _more_to_ask(form, chosen, asked):
        try:
            made = _register(form)
        except Denied as denied:
            db.session.rollback()
            forms.refuse(form, denied)
        except ValueError as error:
            form.serials.errors = [*form.serials.errors, str(error)]
        else:
            return made
    return form_page("inventory/asset_new.html", form, like=like, chosen=chosen)


def _register(form: asset_forms.NewAssetForm) -> ResponseReturnValue:
    """Put what was typed into the register. Raises Denied, and ValueError where several do not fit together."""
    several = form.several()
    if len(several) == 1:
        asset = service.register(web.actor(), several[0])
        return done(asset.id, f"{service.label_of(asset)} is in the register.")
    made = intake.register_many(web.actor(), several)
    db.session.commit()
    flash(f"{len(made)} assets are in the register. Print their labels next.", "success")
    return redirect(url_for("inventory.labels", tags="\n".join(code.shown(asset.tag) for asset in made)))


def _more_to_ask(form: asset_forms.AssetForm, chosen: UUID | None, asked: Sequence[CustomField]) -> bool:
    """Whether the kind was changed to one with fields of its own since they were shown; then they are asked for."""
    shown = request.form.get("fields_for")
    if shown is None or shown == str(chosen or "") or not any(field.kind_id for field in asked):
        return False
    form.form_errors.append("This kind of equipment has fields of its own. Look through them, then save.")
    return True


def _like() -> Asset | None:
    """The asset that a new one is to be like. Raises NotFound."""
    told = request.args.get("like")
    if not told:
        return None
    found = _uuid(told)
    if found is None:
        raise NotFound
    return service.get_asset(web.actor().school_id, found)


def _alike(asset: Asset) -> AssetDetails:
    """What another one has in common with it: all but what is each one's own."""
    own = dict.fromkeys(("tag", "serial", "serial_reason", "security_marking", "notes"), "")
    return replace(service.details_of(asset), **own, security_marked_on=None)  # type: ignore[arg-type]


def _uuid(text: str | None) -> UUID | None:
    try:
        return maybe_uuid(text)
    except ValueError:
        return None


@bp.route("/assets/<uuid:asset_id>")
@web.allow(web.READERS)
def asset(asset_id: UUID) -> ResponseReturnValue:
    """One asset, what can be done with it, and what other features know of it."""
    actor = web.actor()
    found = service.get_asset(actor.school_id, asset_id)
    facts = lookup.facts_of(found)
    steps = [
        (to, step, [one.message for one in rules.gates(facts, to)])
        for to, step in rules.steps_from(facts.state)
        if actor.role in step.roles
    ]
    return render_template(
        "inventory/asset.html",
        asset=found,
        facts=facts,
        steps=steps,
        sections=asset_page.sections(found, facts),
        no_storage=lookup.no_storage(found),
        editable=actor.role in web.EDITORS and rules.may_edit(facts.state).allowed,
        editor=actor.role in web.EDITORS,
        technician=actor.role in web.TECHNICIANS,
    )


@bp.route("/assets/<uuid:asset_id>/edit", methods=["GET", "POST"])
@web.allow(web.EDITORS)
def edit_asset(asset_id: UUID) -> ResponseReturnValue:
    """Change what is known of an asset."""
    school_id = web.actor().school_id
    found = service.get_asset(school_id, asset_id)
    chosen = _uuid(request.form.get("kind_id")) or found.kind_id
    asked = fields.fields_of(school_id, chosen)
    shape = asset_forms.with_fields(asset_forms.EditAssetForm, asked, telling.custom_of(found))
    form, differences = shape(), list[asset_forms.Difference]()
    _lists(form, found.responsible_id, found.kind_id)
    if request.method == "GET":
        form.show(service.details_of(found))
        form.version.data = found.version
    elif "show" not in request.form and form.validate() and not _more_to_ask(form, chosen, asked):
        try:
            service.edit(web.actor(), asset_id, form.details(), version=form.version.data or 0)
        except (Denied, Conflict) as why:
            found = refused(form, why, asset_id)
            differences = _differences(form, found) if isinstance(why, Conflict) else []
        else:
            return done(asset_id, "The change is saved.")
    return form_page("inventory/asset_edit.html", form, asset=found, differences=differences, chosen=chosen)


def _differences(form: asset_forms.EditAssetForm, found: Asset) -> list[asset_forms.Difference]:
    saved = type(form)(formdata=None)
    _lists(saved, found.responsible_id, found.kind_id)
    saved.show(service.details_of(found))
    return asset_forms.differences(form, saved)


def _lists(form: asset_forms.AssetForm, responsible_id: UUID | None, kind_id: UUID | None) -> None:
    """Fill the lists; what was retired and who left stay in them while the asset has them."""
    school_id = web.actor().school_id
    persons = people.choices(school_id)
    if responsible_id is not None and responsible_id not in {found for found, _ in persons}:
        persons.append((responsible_id, f"{people.get_person(school_id, responsible_id).name} (left)"))
    form.fill(kinds.choices(school_id, kind_id), places.choices(school_id), persons)
