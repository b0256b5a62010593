"""The kinds of equipment, and the fields that a school adds to them."""

from collections.abc import Callable
from typing import TypeVar
from uuid import UUID

from flask import flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from tracker import web
from tracker.db import db
from tracker.forms import VersionForm, fill, maybe_uuid, refuse
from tracker.inventory import fields, kind_forms, kinds
from tracker.inventory.asset_forms import Difference
from tracker.inventory.blueprint import bp
from tracker.inventory.details import KindDetails
from tracker.inventory.fields_rules import FieldDetails
from tracker.inventory.form_pages import form_page, stale
from tracker.inventory.models import CustomField
from tracker.inventory.rules import CustomType
from tracker.values import Conflict, Denied

F = TypeVar("F", bound=VersionForm)
_ACTS: dict[str, Callable[..., object]] = {"retire": kinds.retire_kind, "restore": kinds.restore_kind}
_FIELD_ACTS: dict[str, Callable[..., object]] = {"retire": fields.retire_field, "restore": fields.restore_field}


@bp.route("/kinds", endpoint="kinds")
@web.allow(web.READERS)
def kinds_page() -> ResponseReturnValue:
    """The kinds of equipment, with how many assets are of each and how many fields it has."""
    actor = web.actor()
    own = [field.kind_id for field in fields.all_fields(actor.school_id) if field.retired_at is None]
    return render_template(
        "inventory/kinds.html",
        rows=kinds.counted(actor.school_id),
        own={kind_id: own.count(kind_id) for kind_id in own},
        editable=actor.role in web.EDITORS,
    )


@bp.route("/kinds/<uuid:kind_id>")
@web.allow(web.READERS)
def kind(kind_id: UUID) -> ResponseReturnValue:
    """One kind: what it means, its fields, its history."""
    actor = web.actor()
    found = kinds.get_kind(actor.school_id, kind_id)
    asked = [field for field in fields.all_fields(actor.school_id) if field.kind_id in (None, kind_id)]
    return render_template(
        "inventory/kind.html",
        kind=found,
        use=kinds.use_of(found),
        fields=asked,
        used=fields.used(actor.school_id, asked),
        types=CustomType,
        editable=actor.role in web.EDITORS,
    )


@bp.route("/kinds/new", methods=["GET", "POST"])
@web.allow(web.EDITORS)
def new_kind() -> ResponseReturnValue:
    """Add a kind."""
    form = kind_forms.KindForm()
    if request.method == "POST" and form.validate():
        try:
            made = kinds.add_kind(web.actor(), form.details())
        except Denied as denied:
            db.session.rollback()
            refuse(form, denied)
        else:
            return _done("inventory.kinds", f"{made.name} is added.")
    return form_page("inventory/kind_form.html", form, kind=None, differences=[])


@bp.route("/kinds/<uuid:kind_id>/edit", methods=["GET", "POST"])
@web.allow(web.EDITORS)
def edit_kind(kind_id: UUID) -> ResponseReturnValue:
    """Rename a kind, or change what it means."""
    actor, form, differences = web.actor(), kind_forms.EditKindForm(), list[Difference]()
    found = kinds.get_kind(actor.school_id, kind_id)
    if request.method == "GET":
        _show(form, kinds.details_of(found))
        form.version.data = found.version
    elif form.validate():
        try:
            kinds.edit_kind(actor, kind_id, form.details(), version=form.version.data or 0)
        except (Denied, Conflict) as why:
            db.session.rollback()
            found = kinds.get_kind(actor.school_id, kind_id)
            saved = _show(kind_forms.EditKindForm(formdata=None), kinds.details_of(found))
            differences = stale(form, why, saved, found.version)
        else:
            return _done("inventory.kind", "The change is saved.", kind_id=kind_id)
    return form_page("inventory/kind_form.html", form, kind=found, differences=differences)


@bp.route("/kinds/<uuid:kind_id>/<any(retire, restore):act>", methods=["POST"])
@web.allow(web.EDITORS)
def retire_kind(kind_id: UUID, act: str) -> ResponseReturnValue:
    """Offer a kind for new assets no longer, or again."""
    kinds.get_kind(web.actor().school_id, kind_id)  # another school's does not exist, before the form is looked at
    _ACTS[act](web.actor(), kind_id, version=_version())
    told = "is no longer offered for new assets" if act == "retire" else "is offered again"
    return _done("inventory.kind", f"{kinds.get_kind(web.actor().school_id, kind_id).name} {told}.", kind_id=kind_id)


@bp.route("/fields", endpoint="fields")
@web.allow(web.READERS)
def fields_page() -> ResponseReturnValue:
    """Every field that the school added, by kind."""
    actor = web.actor()
    found = fields.all_fields(actor.school_id)
    names: dict[UUID | None, str] = {kind.id: kind.name for kind in kinds.kinds(actor.school_id)}
    groups = {kind_id: names.get(kind_id, "Every kind") for kind_id in dict.fromkeys(one.kind_id for one in found)}
    return render_template(
        "inventory/fields.html",
        groups=[(name, [field for field in found if field.kind_id == kind_id]) for kind_id, name in groups.items()],
        used=fields.used(actor.school_id, found),
        types=CustomType,
        editable=actor.role in web.EDITORS,
    )


@bp.route("/fields/new", methods=["GET", "POST"])
@web.allow(web.EDITORS)
def new_field() -> ResponseReturnValue:
    """Add a field to a kind, or to all."""
    actor, form = web.actor(), kind_forms.FieldForm()
    fill(form.kind_id, kinds.choices(actor.school_id), "Every kind")
    if request.method == "GET":
        form.type.data, form.kind_id.data = CustomType.TEXT.value, _given("kind")
    elif form.validate():
        try:
            made = fields.add_field(actor, form.details())
        except Denied as denied:
            db.session.rollback()
            refuse(form, denied)
        else:
            return _done("inventory.fields", f"The field {made.name} is added.")
    return form_page("inventory/field_form.html", form, one=None, used=0, differences=[])


@bp.route("/fields/<uuid:field_id>/edit", methods=["GET", "POST"])
@web.allow(web.EDITORS)
def edit_field(field_id: UUID) -> ResponseReturnValue:
    """Rename a field, change its list, its help, or for which kind it is."""
    actor, differences = web.actor(), list[Difference]()
    found = fields.get_field(actor.school_id, field_id)
    form = _field_form(found)
    if request.method == "GET":
        _show(form, fields.details_of(found))
        form.version.data = found.version
    elif form.validate():
        try:
            fields.edit_field(actor, field_id, form.details(), version=form.version.data or 0)
        except (Denied, Conflict) as why:
            db.session.rollback()
            found = fields.get_field(actor.school_id, field_id)
            saved = _show(_field_form(found, empty=True), fields.details_of(found))
            differences = stale(form, why, saved, found.version)
        else:
            return _done("inventory.fields", "The change is saved.")
    number = fields.used(actor.school_id, [found])[field_id]
    return form_page("inventory/field_form.html", form, one=found, used=number, differences=differences)


def _field_form(field: CustomField, *, empty: bool = False) -> kind_forms.EditFieldForm:
    form = kind_forms.EditFieldForm(formdata=None) if empty else kind_forms.EditFieldForm()
    fill(form.kind_id, kinds.choices(web.actor().school_id, field.kind_id), "Every kind")
    return form


def _show(form: F, details: KindDetails | FieldDetails) -> F:
    """Fill a form with what is known."""
    for name, value in vars(details).items():
        form[name].data = "\n".join(value) if isinstance(value, tuple) else getattr(value, "value", value)
    return form


@bp.route("/fields/<uuid:field_id>/<any(retire, restore, up, down):act>", methods=["POST"])
@web.allow(web.EDITORS)
def retire_field(field_id: UUID, act: str) -> ResponseReturnValue:
    """Ask for a field no longer, or again; or move it up or down in the form."""
    actor = web.actor()
    fields.get_field(actor.school_id, field_id)  # as above
    if act in _FIELD_ACTS:
        _FIELD_ACTS[act](actor, field_id, version=_version())
    else:
        fields.shift_field(actor, field_id, -1 if act == "up" else 1)
    name = fields.get_field(actor.school_id, field_id).name
    told = {"retire": "is no longer asked for; its values stay", "restore": "is asked for again"}
    return _done("inventory.fields", f"{name} {told.get(act, f'is moved {act}')}.")


def _version() -> int:
    """The version that a form without fields was shown with. Raises Conflict for none."""
    form = VersionForm()
    if not form.validate():
        raise Conflict("This form is not whole.")
    return form.version.data or 0


def _given(name: str) -> UUID | None:
    try:
        return maybe_uuid(request.args.get(name))
    except ValueError:
        return None


def _done(endpoint: str, message: str, **ids: object) -> ResponseReturnValue:
    db.session.commit()
    flash(message, "success")
    return redirect(url_for(endpoint, **ids))  # type: ignore[arg-type] # ids of the address
