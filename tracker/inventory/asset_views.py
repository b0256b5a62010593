"""The list of assets, and one asset: see, register, edit."""

from uuid import UUID

from flask import Response, render_template, request
from flask.typing import ResponseReturnValue

from tracker import web
from tracker.accounts.service import school_of
from tracker.audit.kinds import EventKind
from tracker.audit.service import record
from tracker.db import db
from tracker.inventory import export, forms, kinds, lookup, places, rules, search, service
from tracker.inventory.blueprint import bp
from tracker.inventory.form_pages import done, form_page, refused
from tracker.inventory.models import Asset
from tracker.inventory.query import filters_from, links
from tracker.inventory.rules import AssetState, Ownership
from tracker.people import service as people
from tracker.values import Conflict, Denied, Subject, utc_now


@bp.route("/assets")
@web.allow(web.READERS)
def assets() -> ResponseReturnValue:
    """The list, searched, filtered, sorted, one page of it."""
    school_id = web.actor().school_id
    filters, number = filters_from(request.args)
    page = search.page(school_id, filters, number)
    return render_template(
        "inventory/assets.html",
        page=page,
        filters=filters,
        links=links(filters, page.number),
        kinds=[(kind.id, kind.name) for kind in kinds.kinds(school_id)],
        places=places.choices(school_id),
        states=AssetState,
        ownerships=Ownership,
        person=people.get_person(school_id, filters.person_id).name if filters.person_id else "",
        editable=web.actor().role in web.EDITORS,
    )


@bp.route("/assets.csv")
@web.allow(web.READERS)
def assets_csv() -> ResponseReturnValue:
    """Exactly what is filtered, as a file; that it was taken out is in the log."""
    actor = web.actor()
    filters, _ = filters_from(request.args)
    rows = [export.cells(row) for row in search.everything(actor.school_id, filters)]
    body = export.csv_bytes(export.HEADER, rows)
    web.writing()
    school = school_of(actor.school_id)
    told = {"rows": len(rows), "filter": links(filters, 1)["self"]}
    record(actor, EventKind.REGISTER_EXPORTED, Subject("school", school.id, school.name), after=told)
    db.session.commit()
    name = f"assets-{school.code}-{utc_now():%Y-%m-%d}.csv"
    return Response(
        body, mimetype="text/csv; charset=utf-8", headers={"Content-Disposition": f'attachment; filename="{name}"'}
    )


@bp.route("/assets/new", methods=["GET", "POST"])
@web.allow(web.EDITORS)
def new_asset() -> ResponseReturnValue:
    """Register something; `tag` and `serial` may come from a scan."""
    form = forms.NewAssetForm()
    _lists(form, None)
    if request.method == "GET":
        form.tag.data = request.args.get("tag", "")[:40]
        form.serial.data = request.args.get("serial", "")[:120]
        form.ownership.data, form.data_class.data = Ownership.SCHOOL.value, "P"
    elif form.validate():
        try:
            asset = service.register(web.actor(), form.details())
        except Denied as denied:
            db.session.rollback()
            forms.refuse(form, denied)
        else:
            return done(asset.id, f"{service.label_of(asset)} is in the register.")
    return form_page("inventory/asset_new.html", form)


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
    person = people.get_person(actor.school_id, found.responsible_id) if found.responsible_id else None
    return render_template(
        "inventory/asset.html",
        asset=found,
        facts=facts,
        steps=steps,
        person=person,
        ownership=Ownership(found.ownership),
        data_class=dict(forms.DATA_CLASSES)[found.data_class],
        no_storage=lookup.no_storage(found),
        editable=actor.role in web.EDITORS and rules.may_edit(facts.state).allowed,
        technician=actor.role in web.TECHNICIANS,
    )


@bp.route("/assets/<uuid:asset_id>/edit", methods=["GET", "POST"])
@web.allow(web.EDITORS)
def edit_asset(asset_id: UUID) -> ResponseReturnValue:
    """Change what is known of an asset."""
    found = service.get_asset(web.actor().school_id, asset_id)
    form, differences = forms.EditAssetForm(), list[forms.Difference]()
    _lists(form, found.responsible_id)
    if request.method == "GET":
        form.show(service.details_of(found))
        form.version.data = found.version
    elif form.validate():
        try:
            service.edit(web.actor(), asset_id, form.details(), version=form.version.data or 0)
        except (Denied, Conflict) as why:
            found = refused(form, why, asset_id)
            differences = _differences(form, found) if isinstance(why, Conflict) else []
        else:
            return done(asset_id, "The change is saved.")
    return form_page("inventory/asset_edit.html", form, asset=found, differences=differences)


def _differences(form: forms.EditAssetForm, found: Asset) -> list[forms.Difference]:
    saved = forms.EditAssetForm(formdata=None)
    _lists(saved, found.responsible_id)
    saved.show(service.details_of(found))
    return forms.differences(form, saved)


def _lists(form: forms.AssetForm, responsible_id: UUID | None) -> None:
    """Fill the lists; somebody who left stays in it while they are responsible."""
    school_id = web.actor().school_id
    persons = people.choices(school_id)
    if responsible_id is not None and responsible_id not in {found for found, _ in persons}:
        persons.append((responsible_id, f"{people.get_person(school_id, responsible_id).name} (left)"))
    form.fill([(kind.id, kind.name) for kind in kinds.kinds(school_id)], places.choices(school_id), persons)
