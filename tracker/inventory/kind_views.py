"""The kinds of equipment, and the fields that a school adds to them."""

from collections.abc import Callable
from uuid import UUID

from flask import flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from tracker import web
from tracker.db import db
from tracker.forms import Form, VersionForm, fill, maybe_uuid, refuse
from tracker.inventory import fields, kind_forms, kinds
from tracker.inventory.blueprint import bp
from tracker.inventory.rules import CustomType
from tracker.values import Conflict, Denied

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
    return _form_page("inventory/kind_form.html", form, kind=None)


@bp.route("/kinds/<uuid:kind_id>/edit", methods=["GET", "POST"])
@web.allow(web.EDITORS)
def edit_kind(kind_id: UUID) -> ResponseReturnValue:
    """Rename a kind, or change what it means."""
    actor, form = web.actor(), kind_forms.EditKindForm()
    found = kinds.get_kind(actor.school_id, kind_id)
    if request.method == "GET":
        for name, value in vars(kinds.details_of(found)).items():
            form[name].data = value
        form.version.data = found.version
    elif form.validate():
        try:
            kinds.edit_kind(actor, kind_id, form.details(), version=form.version.data or 0)
        except (Denied, Conflict) as why:
            _refused(form, why, lambda: kinds.get_kind(actor.school_id, kind_id).version)
        else:
            return _done("inventory.kind", "The change is saved.", kind_id=kind_id)
    return _form_page("inventory/kind_form.html", form, kind=kinds.get_kind(actor.school_id, kind_id))


@bp.route("/kinds/<uuid:kind_id>/<any(retire, restore):act>", methods=["POST"])
@web.allow(web.EDITORS)
def retire_kind(kind_id: UUID, act: str) -> ResponseReturnValue:
    """Offer a kind for new assets no longer, or again."""
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
    return _form_page("inventory/field_form.html", form, one=None, used=0)


@bp.route("/fields/<uuid:field_id>/edit", methods=["GET", "POST"])
@web.allow(web.EDITORS)
def edit_field(field_id: UUID) -> ResponseReturnValue:
    """Rename a field, change its list, its help, or for which kind it is."""
    actor, form = web.actor(), kind_forms.EditFieldForm()
    found = fields.get_field(actor.school_id, field_id)
    fill(form.kind_id, kinds.choices(actor.school_id, found.kind_id), "Every kind")
    if request.method == "GET":
        for name, value in vars(fields.details_of(found)).items():
            form[name].data = "\n".join(value) if name == "choices" else getattr(value, "value", value)
        form.version.data = found.version
    elif form.validate():
        try:
            fields.edit_field(actor, field_id, form.details(), version=form.version.data or 0)
        except (Denied, Conflict) as why:
            _refused(form, why, lambda: fields.get_field(actor.school_id, field_id).version)
        else:
            return _done("inventory.fields", "The change is saved.")
    found = fields.get_field(actor.school_id, field_id)
    number = fields.used(actor.school_id, [found])[field_id]
    return _form_page("inventory/field_form.html", form, one=found, used=number)


@bp.route("/fields/<uuid:field_id>/<any(retire, restore, up, down):act>", methods=["POST"])
@web.allow(web.EDITORS)
def retire_field(field_id: UUID, act: str) -> ResponseReturnValue:
    """Ask for a field no longer, or again; or move it up or down in the form."""
    actor = web.actor()
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


def _refused(form: VersionForm, why: Denied | Conflict, version: Callable[[], int]) -> None:
    """Undo and say why; saving again keeps what was typed."""
    db.session.rollback()
    refuse(form, why)
    if isinstance(why, Conflict):
        form.version.process_data(version())
        form.version.raw_data = None


def _given(name: str) -> UUID | None:
    try:
        return maybe_uuid(request.args.get(name))
    except ValueError:
        return None


def _done(endpoint: str, message: str, **ids: object) -> ResponseReturnValue:
    db.session.commit()
    flash(message, "success")
    return redirect(url_for(endpoint, **ids))  # type: ignore[arg-type] # ids of the address


def _form_page(template: str, form: Form, **told: object) -> ResponseReturnValue:
    return render_template(template, form=form, **told), 422 if form.errors else 200
