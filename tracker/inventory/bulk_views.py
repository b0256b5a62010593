"""One change to many assets: choose what to change, check what it would do, and do it all or not at all."""

from uuid import UUID

from flask import flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from tracker import web
from tracker.audit.words import changes as in_words
from tracker.db import db
from tracker.forms import refuse
from tracker.inventory import bulk, bulk_forms, kinds, places
from tracker.inventory.blueprint import bp
from tracker.inventory.models import Asset
from tracker.inventory.query import filters_from, query_of
from tracker.people import service as people
from tracker.values import Denied

BODY_LIMIT = 2 << 20  # bytes: the ids and versions of MOST assets, and a note of the longest


@bp.route("/assets/bulk", methods=["GET", "POST"])
@web.allow(web.EDITORS)
@web.body_limit(BODY_LIMIT)
def bulk_edit() -> ResponseReturnValue:
    """Change the assets that are ticked (`id`), or all that the list's own address leaves."""
    assets = bulk.chosen(web.actor().school_id, _ids(), filters_from(request.args)[0])
    form = _form(assets)
    if request.method == "GET" or "back" in request.form:
        return _page(form, assets)
    if not form.validate():
        return _page(form, assets)
    if "save" in request.form:
        return _save(form, assets)
    return _check(form, assets)


def _form(assets: list[Asset]) -> bulk_forms.BulkForm:
    school_id = web.actor().school_id
    asked = bulk.offered(school_id, assets)
    of = {asset.kind_id for asset in assets}
    names = {kind.id: kind.name for kind in kinds.kinds(school_id) if kind.id in of}
    form = bulk_forms.bulk_form(asked, bulk.titles(asked, names))()
    form.fill(kinds.choices(school_id), places.choices(school_id), people.choices(school_id))
    return form


def _page(form: bulk_forms.BulkForm, assets: list[Asset]) -> ResponseReturnValue:
    """The form itself."""
    own = [("Fields of your own", tuple(form.CUSTOM))] if form.CUSTOM else []
    return render_template(
        "inventory/bulk.html", form=form, assets=assets, sections=[*bulk_forms.SECTIONS, *own], back=_list()
    ), 422 if form.errors else 200


def _check(form: bulk_forms.BulkForm, assets: list[Asset]) -> ResponseReturnValue:
    """What would change, tried out and undone: what is refused is said before anything is."""
    actor = web.actor()
    told = bulk.changes(assets, form.edit())
    form.seen.data = ",".join(f"{one.asset_id.hex}:{one.version}" for one in told)
    shown = [(one.tag, one.name, in_words(one.before, one.after)) for one in bulk.samples(assets, told)]
    number = len(assets)
    try:
        bulk.save(actor, [one.asset_id for one in told], form.edit())
    except Denied as denied:
        db.session.rollback()
        refuse(form, denied)
        return _page(form, bulk.chosen(actor.school_id, _ids(), filters_from(request.args)[0]))
    db.session.rollback()
    return render_template("inventory/bulk_check.html", form=form, samples=shown, changed=len(told), number=number)


def _save(form: bulk_forms.BulkForm, assets: list[Asset]) -> ResponseReturnValue:
    """Do what the check showed, unless somebody changed one of them since."""
    actor = web.actor()
    try:
        seen = form.versions()
    except ValueError:
        form.form_errors.append("This form is not whole. Check your change again.")
        return _page(form, assets)
    late = bulk.meanwhile(actor, seen)
    if late.ids:
        form.seen.data = ",".join(f"{found.hex}:{version}" for found, version in seen.items() if found not in late.ids)
        left = len(seen) - len(late.ids)
        db.session.rollback()
        return render_template("inventory/bulk_conflict.html", form=form, late=late, left=left), 409
    try:
        number = bulk.save(actor, seen, form.edit())
    except Denied as denied:
        db.session.rollback()
        refuse(form, denied)
        return _page(form, bulk.chosen(actor.school_id, _ids(), filters_from(request.args)[0]))
    db.session.commit()
    flash(
        f"{number:,} asset{' is' if number == 1 else 's are'} changed. The history of each says what it was before; "
        "to undo the change, select them again and set that.",
        "success",
    )
    return redirect(_list())


def _ids() -> list[UUID] | None:
    """The ids that were ticked; None where the list's own filters say which. What is no id is left out."""
    found = []
    for text in request.args.getlist("id"):
        try:
            found.append(UUID(text))
        except ValueError:
            continue
    return found if "id" in request.args else None


def _list() -> str:
    return url_for("inventory.assets", **query_of(filters_from(request.args)[0]))  # type: ignore[arg-type] # texts
