"""Storage media: list, one medium, add, edit, move, change state; evidence as it was received, and the quarantine."""

from uuid import UUID

from flask import flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from markupsafe import Markup
from werkzeug.wrappers import Response
from wtforms.fields.choices import SelectChoice  # type: ignore[attr-defined] # newer than its stubs

from tracker import web
from tracker.db import db
from tracker.inventory import service as inventory
from tracker.inventory.lookup import facts_of
from tracker.media import evidence, list_views, rules, service
from tracker.media.blueprint import bp as bp
from tracker.media.forms import AttachForm, MediumForm, StateForm, version_of
from tracker.media.models import Medium
from tracker.media.rules import MediumState
from tracker.values import Actor, Conflict, Denied, Role
from wipe.vocabulary import DataClass

_ROUTES = (list_views,)  # importing it adds its routes to the blueprint
OVERSEERS = frozenset({Role.TECHNICIAN, Role.HEAD, Role.AUDITOR})


@bp.app_context_processor
def _words() -> dict[str, object]:
    """Words that templates of this and of higher features show media with."""
    return {
        "MediumState": MediumState,
        "MEDIUM_KINDS": {kind.value: label for kind, label in service.KIND_LABELS.items()},
    }


@bp.app_template_filter("capacity")
def capacity(count: int | None) -> str:
    """Bytes as the label on a drive has them: powers of ten; a dash for not known."""
    if not count:
        return "–"
    amount, unit = float(count), "bytes"
    for larger in ("kB", "MB", "GB", "TB", "PB"):
        if amount < 1000:
            break
        amount, unit = amount / 1000, larger
    return f"{count} bytes" if unit == "bytes" else f"{amount:.1f} {unit}"


@bp.route("/media/new", methods=["GET", "POST"])
@web.allow(web.EDITORS)
def new_medium() -> ResponseReturnValue:
    """Add a medium, to an asset or loose; what a station read off a drive may come along."""
    form, asset_id = MediumForm(), _uuid(request.args.get("asset"))
    asset = inventory.get_asset(web.actor().school_id, asset_id) if asset_id else None
    if request.method == "GET":
        form.data_class.data = DataClass.PERSONAL.value
        for name in ("kind", "make", "model", "serial", "wwn"):
            form[name].data = request.args.get(name, form[name].data or "")[:120]
        size = request.args.get("capacity", "")
        form.capacity.data = int(size) if size.isascii() and size.isdecimal() and len(size) < 16 else None
    elif form.validate():
        try:
            medium = service.add_medium(web.actor(), form.details(asset_id))
        except Denied as error:
            db.session.rollback()
            form.serial.errors = [blocker.message for blocker in error.blockers]
        else:
            db.session.commit()
            flash(f"{service.label_of(medium)} is in the register.", "success")
            return redirect(url_for("media.medium", medium_id=medium.id))
    asset = inventory.get_asset(web.actor().school_id, asset_id) if asset_id else None
    label = inventory.label_of(asset) if asset else ""
    page = render_template("media/new_medium.html", form=form, asset=asset, label=label)
    return page, 422 if form.errors else 200


@bp.get("/media/<uuid:medium_id>")
@web.allow(web.READERS)
def medium(medium_id: UUID) -> ResponseReturnValue:
    """One medium: what it is, where, its evidence and history."""
    return _page(service.get_medium(web.actor().school_id, medium_id))


def _page(found: Medium, status: int = 200, state: StateForm | None = None, move: AttachForm | None = None) -> Response:
    at = MediumState(found.state)
    state_form = state or StateForm(formdata=None, version=str(found.version))
    targets = [to for to in MediumState if to in rules.BY_HAND.get(at, ())]
    state_form.to.choices = [SelectChoice(to.value, to.label) for to in targets]
    asset = inventory.get_asset(found.school_id, found.asset_id) if found.asset_id else None
    page = render_template(
        "media/medium.html",
        medium=found,
        label=service.label_of(found),
        asset=asset,
        asset_label=inventory.label_of(asset) if asset else "",
        state=at,
        evidence=evidence.evidence_of(found.school_id, found.id),
        reasons_of=evidence.reasons_of,
        state_form=state_form,
        targets=targets,
        move=move or AttachForm(formdata=None, version=str(found.version)),
        classes={one.value: label for one, label in _CLASS_WORDS.items()},
    )
    return Response(page, status=status, mimetype="text/html")


_CLASS_WORDS = {
    DataClass.PERSONAL: "Personal data, or not known",
    DataClass.SPECIAL: "Special category data",
    DataClass.NOT_PERSONAL: "Never held personal data",
}


@bp.route("/media/<uuid:medium_id>/edit", methods=["GET", "POST"])
@web.allow(web.EDITORS)
def edit(medium_id: UUID) -> ResponseReturnValue:
    """Change what is known of a medium."""
    found = service.get_medium(web.actor().school_id, medium_id)
    form = MediumForm(obj=found, capacity=found.capacity_bytes)
    if form.validate_on_submit():
        try:
            service.edit(web.actor(), medium_id, form.details(found.asset_id), version=version_of(form))
        except (Denied, Conflict) as error:
            db.session.rollback()
            form.serial.errors = [str(error)]
        else:
            db.session.commit()
            flash("The change is kept.", "success")
            return redirect(url_for("media.medium", medium_id=medium_id))
    found = service.get_medium(web.actor().school_id, medium_id)
    page = render_template("media/edit.html", form=form, medium=found, label=service.label_of(found))
    return page, 422 if form.errors else 200


@bp.post("/media/<uuid:medium_id>/state")
@web.allow(frozenset({Role.TECHNICIAN, Role.HEAD}))
def change_state(medium_id: UUID) -> ResponseReturnValue:
    """Move a medium on by hand; never to sanitised."""
    form = StateForm()
    if form.validate_on_submit():
        to = MediumState(form.to.data)
        try:
            service.change_state(web.actor(), medium_id, to, version=version_of(form), reason=form.why.data or "")
        except (Denied, Conflict) as error:
            db.session.rollback()
            form.why.errors = [str(error)]
        else:
            db.session.commit()
            flash(f"The medium is now: {to.label}.", "success")
            return redirect(url_for("media.medium", medium_id=medium_id))
    return _page(service.get_medium(web.actor().school_id, medium_id), 422, state=form)


@bp.post("/media/<uuid:medium_id>/asset")
@web.allow(web.EDITORS)
def attach(medium_id: UUID) -> ResponseReturnValue:
    """Put a medium into another asset, or take it out."""
    form, actor = AttachForm(), web.actor()
    if form.validate_on_submit():
        text = (form.tag.data or "").strip()
        target = inventory.find(actor.school_id, text).assets if text else ()
        if text and len(target) != 1:
            form.tag.errors = ["There is no asset with this tag. Scan its label, or leave it empty to take it out."]
        else:
            try:
                service.attach(actor, medium_id, target[0].id if target else None, version=version_of(form))
            except (Denied, Conflict) as error:
                db.session.rollback()
                form.tag.errors = [str(error)]
            else:
                db.session.commit()
                flash("The medium was moved." if target else "The medium lies loose now.", "success")
                return redirect(url_for("media.medium", medium_id=medium_id))
    return _page(service.get_medium(actor.school_id, medium_id), 422, move=form)


@bp.get("/evidence/<uuid:evidence_id>.jws")
@web.allow(web.READERS)
def evidence_file(evidence_id: UUID) -> ResponseReturnValue:
    """The signed record, byte for byte as it was received."""
    found = evidence.get_evidence(web.actor().school_id, evidence_id)
    return Response(
        found.signed,
        mimetype="application/jose",
        headers={"Content-Disposition": f'attachment; filename="{found.id}.jws"'},
    )


@bp.get("/media/quarantine")
@web.allow(OVERSEERS)
def quarantine() -> ResponseReturnValue:
    """Evidence that was received and does not count, with every reason."""
    rows = evidence.quarantined(web.actor().school_id)
    return render_template("media/quarantine.html", rows=rows, reasons_of=evidence.reasons_of)


def _storage(actor: Actor, asset_id: UUID) -> Markup | str:
    """What is in an asset, on the asset's page."""
    asset = inventory.get_asset(actor.school_id, asset_id)
    facts = facts_of(asset)
    rows = service.media_of(actor.school_id, asset_id)
    return Markup(  # noqa: S704 - a template made it
        render_template(
            "media/_storage.html",
            rows=rows,
            asset=asset,
            facts=facts,
            label_of=service.label_of,
            wipeable={one.id for one in rows if MediumState(one.state) in rules.WIPEABLE},
        )
    )


def _uuid(text: str | None) -> UUID | None:
    try:
        return UUID(text) if text else None
    except ValueError:
        return None


ASSET_PANELS = [web.Panel("Storage", _storage)]
