"""Repairs: send an asset, and see what is away and overdue."""

from uuid import UUID

from flask import render_template, request
from flask.typing import ResponseReturnValue

from tracker import web
from tracker.inventory import checks, lifecycle, lookup, repairs
from tracker.inventory.blueprint import bp
from tracker.inventory.form_pages import done, form_page, refused
from tracker.inventory.repairs_forms import RepairForm
from tracker.inventory.rules import TRANSITIONS, AssetState
from tracker.paging import page_number
from tracker.values import Conflict, Denied


@bp.route("/repairs")
@web.allow(web.READERS)
def asset_repairs() -> ResponseReturnValue:
    """What is in repair, the longest overdue first, or what was."""
    school_id, over = web.actor().school_id, request.args.get("over") == "1"
    number = page_number(request.args)
    rows, total = repairs.listed(school_id, over=over, page=number)
    return render_template(
        "inventory/repairs.html",
        rows=rows,
        total=total,
        over=over,
        number=number,
        last=max(1, -(-total // repairs.PAGE)),
        today=checks.today(),
    )


@bp.route("/assets/<uuid:asset_id>/repair", methods=["GET", "POST"])
@web.allow(web.TECHNICIANS)
def repair_asset(asset_id: UUID) -> ResponseReturnValue:
    """Send an asset to repair (gate G4)."""
    actor, form = web.actor(), RepairForm()
    found = lookup.get_asset(actor.school_id, asset_id)
    if request.method == "GET":
        form.version.data, form.where.data = found.version, "own"
    elif form.validate():
        try:
            lifecycle.send_to_repair(
                actor, asset_id, form.details(), version=form.version.data or 0, reason=form.reason.data or ""
            )
        except (Denied, Conflict) as why:
            found = refused(form, why, asset_id)
        else:
            return done(asset_id, "It is now in repair.")
    facts = lookup.facts_of(found)
    possible = (facts.state, AssetState.IN_REPAIR) in TRANSITIONS
    return form_page("inventory/repair.html", form, asset=found, facts=facts, possible=possible)
