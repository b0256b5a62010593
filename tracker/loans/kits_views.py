"""Kits: list, put together, change, retire; and what the pages of a loan ask of them."""

from collections.abc import Iterable, Mapping
from uuid import UUID

from flask import flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from tracker import web
from tracker.db import db
from tracker.forms import refuse
from tracker.inventory import scanning
from tracker.inventory import service as inventory
from tracker.inventory.rules import AssetState
from tracker.loans import kits, kits_forms, kits_rules
from tracker.loans.blueprint import bp
from tracker.values import Conflict, Denied

UNPROCESSABLE = 422


@bp.app_template_global("kits_missing")
def kits_missing(asset_ids: Iterable[UUID], *, out: bool = False) -> list[str]:
    """What a list lacks of the kits that it holds things of."""
    return kits.missing(web.actor().school_id, asset_ids, out=out)


@bp.app_template_global("kits_accessories")
def kits_accessories(asset_ids: Iterable[UUID]) -> Mapping[UUID, str]:
    """What goes with the kits of these things."""
    return kits.accessories_of(web.actor().school_id, asset_ids)


@bp.route("/loans/kits")
@web.allow(web.READERS)
def all_kits() -> ResponseReturnValue:
    """All kits, and how much of each is here."""
    actor, retired = web.actor(), request.args.get("retired") == "1"
    rows = kits.kits(actor.school_id, retired=retired)
    return render_template("loans/kits.html", rows=rows, retired=retired, keeper=actor.role in kits_rules.KEEPERS)


@bp.route("/loans/kits/<uuid:kit_id>")
@web.allow(web.READERS)
def kit(kit_id: UUID) -> ResponseReturnValue:
    """One kit: its things, and where each is."""
    actor = web.actor()
    found = kits.get_kit(actor.school_id, kit_id)
    things = kits.things_of(actor.school_id, kit_id)
    return render_template(
        "loans/kit.html",
        kit=found,
        rows=[(one, inventory.label_of(one), AssetState(one.state)) for one in things],
        tags="\n".join(one.tag for one in things),
        whole=bool(things) and all(one.state == AssetState.IN_STORE.value for one in things),
        keeper=actor.role in kits_rules.KEEPERS,
    )


@bp.route("/loans/kits/new", methods=["GET", "POST"])
@web.allow(kits_rules.KEEPERS)
def new_kit() -> ResponseReturnValue:
    """Put a kit together."""
    actor, form = web.actor(), kits_forms.KitForm()
    if request.method == "GET":
        form.items.data = request.args.get("tags", "")[:10_000]
    elif form.validate():
        try:
            things = scanning.certain(actor.school_id, form.items.data or "")
            made = kits.add_kit(actor, form.details(), [one.id for one in things])
        except Denied as denied:
            db.session.rollback()
            refuse(form, denied)
        else:
            return _done(made.id, f"{made.name} is put together.")
    page = render_template("loans/kit_form.html", form=form, name=None)
    return page, UNPROCESSABLE if form.errors else 200


@bp.route("/loans/kits/<uuid:kit_id>/edit", methods=["GET", "POST"])
@web.allow(kits_rules.KEEPERS)
def edit_kit(kit_id: UUID) -> ResponseReturnValue:
    """Change a kit and what is in it."""
    actor, form = web.actor(), kits_forms.EditKitForm()
    found = kits.get_kit(actor.school_id, kit_id)
    name = found.name
    if request.method == "GET":
        form.name.data, form.accessories.data, form.version.data = name, found.accessories, found.version
        form.items.data = "\n".join(one.tag for one in kits.things_of(actor.school_id, kit_id))
    elif form.validate():
        try:
            things = scanning.certain(actor.school_id, form.items.data or "")
            ids, version = [one.id for one in things], form.version.data or 0
            kits.edit_kit(actor, kit_id, form.details(), ids, version=version)
        except (Denied, Conflict) as refused:
            db.session.rollback()
            refuse(form, refused)
            form.go_on_from(kits.get_kit(actor.school_id, kit_id).version)
        else:
            return _done(kit_id, "The change is saved.")
    page = render_template("loans/kit_form.html", form=form, name=name, kit_id=kit_id)
    return page, UNPROCESSABLE if form.errors else 200


@bp.route("/loans/kits/<uuid:kit_id>/retire", methods=["GET", "POST"])
@web.allow(kits_rules.KEEPERS)
def retire_kit(kit_id: UUID) -> ResponseReturnValue:
    """Ask, then take a kit apart."""
    actor, form = web.actor(), kits_forms.RetireKitForm()
    found = kits.get_kit(actor.school_id, kit_id)
    name = found.name
    if request.method == "GET":
        form.version.data = found.version
    elif form.validate():
        try:
            kits.retire(actor, kit_id, version=form.version.data or 0)
        except (Denied, Conflict) as refused:
            db.session.rollback()
            refuse(form, refused)
            form.go_on_from(kits.get_kit(actor.school_id, kit_id).version)
        else:
            return _done(kit_id, f"{name} is retired. Its things are free for another kit.")
    page = render_template("loans/kit_retire.html", form=form, name=name, kit_id=kit_id)
    return page, UNPROCESSABLE if form.errors else 200


def _done(kit_id: UUID, message: str) -> ResponseReturnValue:
    db.session.commit()
    flash(message, "success")
    return redirect(url_for("loans.kit", kit_id=kit_id))
