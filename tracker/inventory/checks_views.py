"""Checks: what lacks one, write one down, and what stands on the page of an asset."""

from urllib.parse import urlencode
from uuid import UUID

from flask import Response, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from markupsafe import Markup

from labels import code
from tracker import web
from tracker.accounts.service import school_of
from tracker.audit.kinds import EventKind
from tracker.audit.service import record
from tracker.db import db
from tracker.inventory import checks, lookup, repairs
from tracker.inventory.blueprint import bp
from tracker.inventory.checks_forms import WHAT, CheckForm
from tracker.inventory.facts import worth
from tracker.inventory.form_pages import form_page
from tracker.inventory.forms import refuse
from tracker.inventory.many import chosen_ids, tags_given
from tracker.inventory.rules import IN_HANDS, AssetState, CheckKind, may_edit
from tracker.inventory.settings import settings_of
from tracker.paging import page_number
from tracker.spreadsheet import csv_bytes
from tracker.values import Actor, Denied, Subject, utc_now

HEADER = ("tag", "what", "location", "responsible", "standing", "latest on", "by", "note")
_SHOWN = (*checks.WANTED[:3], CheckKind.INSTALLATION, CheckKind.RESET, CheckKind.IDENTIFICATION)


@bp.route("/checks")
@web.allow(web.READERS)
def asset_checks() -> ResponseReturnValue:
    """The assets that lack a check of one kind."""
    school_id, told = web.actor().school_id, _told()
    kind, number = CheckKind(told["about"]), page_number(request.args)
    counts = checks.numbers_lacking(school_id)
    last = max(1, -(-counts[kind] // checks.PAGE))
    rows = checks.lacking(
        school_id, kind, sort=told["sort"], descending=told["order"] == "down", page=min(number, last)
    )
    return render_template(
        "inventory/checks.html",
        rows=rows,
        kind=kind,
        what=WHAT,
        counts=counts,
        number=min(number, last),
        last=last,
        told=told,
        links=_links(told, min(number, last)),
        days=settings_of(school_id).check_days,
        overdue=repairs.overdue(school_id, checks.today()),
        editable=web.actor().role in web.EDITORS,
    )


@bp.route("/checks.csv")
@web.allow(web.READERS)
def asset_checks_csv() -> ResponseReturnValue:
    """All of them as a file; that it was taken out is in the log."""
    actor, told = web.actor(), _told()
    kind = CheckKind(told["about"])
    found = checks.lacking(actor.school_id, kind, sort=told["sort"], descending=told["order"] == "down", page=None)
    rows = [
        (code.shown(one.tag), one.what, one.place, one.person, one.standing.label, one.done_on, one.done_by, one.note)
        for one in found
    ]
    body = csv_bytes(HEADER, rows)
    web.writing()
    school = school_of(actor.school_id)
    after = {"rows": len(rows), "filter": f"checks: {kind.value}"}
    record(actor, EventKind.REGISTER_EXPORTED, Subject("school", school.id, school.name), after=after)
    db.session.commit()
    name = f"{kind.value}-{school.code}-{utc_now():%Y-%m-%d}.csv"
    headers = {"Content-Disposition": f'attachment; filename="{name}"'}
    return Response(body, mimetype="text/csv; charset=utf-8", headers=headers)


@bp.route("/checks/new", methods=["GET", "POST"])
@web.allow(web.EDITORS)
def new_asset_check() -> ResponseReturnValue:
    """Write a check down; `id` (repeated), `tags` and `kind` may come from another page."""
    actor, form = web.actor(), CheckForm()
    if request.method == "GET":
        form.tags.data = tags_given(actor)
        form.kind.data = _kind(request.args.get("kind"), CheckKind.ENCRYPTION).value
        form.result.data, form.done_on.data, form.done_by.data = "yes", checks.today(), actor.name
    elif form.validate():
        asset_ids = chosen_ids(actor, form)
        if not form.errors:
            try:
                number = checks.record_checks(actor, asset_ids, form.details())
            except Denied as denied:
                db.session.rollback()
                refuse(form, denied)
            else:
                return _recorded(form, asset_ids, number)
    return form_page("inventory/checks_new.html", form)


def _recorded(form: CheckForm, asset_ids: list[UUID], number: int) -> ResponseReturnValue:
    kind = str(form.kind.data)
    db.session.commit()
    flash("The check is recorded." if number == 1 else f"The check is recorded for {number:,} assets.", "success")
    if number == 1:
        return redirect(url_for("inventory.asset", asset_id=asset_ids[0]))
    about = kind if kind in checks.WANTED else None
    return redirect(url_for("inventory.asset_checks", about=about))


def _told() -> dict[str, str]:
    """What list is asked for; what cannot be read is left out."""
    sort, about = request.args.get("sort", ""), _kind(request.args.get("about"), CheckKind.ENCRYPTION)
    return {
        "about": about.value if about in checks.WANTED else CheckKind.ENCRYPTION.value,
        "sort": sort if sort in checks.SORTS else "tag",
        "order": "down" if request.args.get("order") == "down" else "up",
    }


def _kind(text: str | None, otherwise: CheckKind) -> CheckKind:
    return CheckKind(text) if text in set(CheckKind) else otherwise


def _links(told: dict[str, str], number: int) -> dict[str, str]:
    """Query strings: `self`, the pages beside it, and one a column that turns it."""
    found = {
        "self": urlencode(told),
        "previous": urlencode({**told, "page": number - 1}),
        "next": urlencode({**told, "page": number + 1}),
    }
    for sort in checks.SORTS:
        down = sort == told["sort"] and told["order"] == "up"
        found[sort] = urlencode({**told, "sort": sort, "order": "down" if down else "up"})
    return found


def _panel(actor: Actor, asset_id: UUID) -> Markup | str:
    """The latest of each kind, all of them, and the repairs, on the asset's page."""
    asset = lookup.get_asset(actor.school_id, asset_id)
    facts, days, now = lookup.facts_of(asset), settings_of(actor.school_id).check_days, checks.today()
    latest = checks.latest(asset)
    asked = {CheckKind.INSTALLATION} if facts.fixed else set[CheckKind]()
    asked |= set(checks.WANTED[:3]) if facts.data_bearing and not facts.no_storage else set()
    shown = [
        (kind, latest.get(kind), worth(asset, latest.get(kind), now, days))
        for kind in _SHOWN
        if kind in asked or kind in latest
    ]
    page = render_template(
        "inventory/_checks.html",
        asset=asset,
        facts=facts,
        shown=shown,
        what=WHAT,
        history=checks.history(asset),
        repairs=repairs.repairs_of(asset),
        today=now,
        used=facts.use_ended and AssetState(asset.state) not in IN_HANDS,
        editable=actor.role in web.EDITORS and may_edit(facts.state).allowed,
        technician=actor.role in web.TECHNICIANS,
    )
    return Markup(page)  # noqa: S704 - our own template


CHECK_PANELS = [web.Panel("Checks and repairs", _panel)]
