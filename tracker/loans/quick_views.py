"""Quick mode: lend for the day without a signature, and take a trolley back, all in order."""

from uuid import UUID

from flask import flash, jsonify, redirect, render_template, request, session, url_for
from flask.typing import ResponseReturnValue

from tracker import web
from tracker.db import db
from tracker.forms import refuse
from tracker.inventory import scanning
from tracker.inventory.scan_views import BATCH_BYTES, sent_codes
from tracker.loans import day, forms, rules, service, trolley
from tracker.loans.blueprint import bp
from tracker.loans.kits import missing
from tracker.people import service as people
from tracker.values import Conflict, Denied

UNPROCESSABLE = 422
_DONE = "trolley_done"  # the page that follows forgets the list of scans


@bp.route("/loans/day", methods=["GET", "POST"])
@web.allow(rules.LENDERS)
def day_loan() -> ResponseReturnValue:
    """Scan the things, scan or type the person, done: until the end of the day."""
    actor, form = web.actor(), forms.DayForm()
    if request.method == "GET":
        form.items.data = request.args.get("tags", "")[:10_000]
    elif form.validate():
        try:
            things = scanning.certain(actor.school_id, form.items.data or "")
            ids = [one.id for one in things]
            made = day.lend(
                actor, form.who.data or "", ids, off_site=form.off_site.data, purpose=form.purpose.data or ""
            )
        except (Denied, Conflict) as refused:
            db.session.rollback()
            refuse(form, refused)
        else:
            name = people.get_person(actor.school_id, made.person_id).name
            told = (
                f"{service.label_of(made)}: {len(ids)} thing{'' if len(ids) == 1 else 's'} until this evening, {name}."
            )
            db.session.commit()
            flash(told, "success")
            return redirect(url_for("loans.day_loan"))
    names = [name for _, name in people.choices(actor.school_id)]
    page = render_template("loans/day.html", form=form, names=names, terms=service.terms(actor.school_id))
    return page, UNPROCESSABLE if form.errors else 200


@bp.get("/loans/trolley")
@web.allow(rules.LENDERS)
def trolley_back() -> ResponseReturnValue:
    """Scan a trolley back: all in order, with all accessories."""
    return _trolley_page(_only())


@bp.post("/loans/trolley")
@web.allow(rules.LENDERS)
def take_trolley() -> ResponseReturnValue:
    """Take back all that was scanned; what is left out is told."""
    only, text = _only(), request.form.get("codes", "")
    codes = [line for line in text.splitlines() if line.strip()]
    try:
        back = trolley.take_back(web.actor(), codes, only)
    except Denied as denied:
        db.session.rollback()
        return _trolley_page(only, problem=" ".join(one.message for one in denied.blockers), codes=text)
    count, lacking = len(back.items), missing(web.actor().school_id, [one.asset_id for one in back.items], out=True)
    db.session.commit()
    flash(f"{count} thing{'' if count == 1 else 's'} came back, all in order.", "success")
    for sentence in (*lacking, *(f"Left out: {one}" for one in back.left_out[:20])):
        flash(sentence, "warning")
    if len(back.left_out) > 20:
        flash(f"{len(back.left_out) - 20} more scans were left out.", "warning")
    session[_DONE] = True
    return redirect(url_for("loans.trolley_back", loan=only))


@bp.post("/loans/trolley/batch")
@web.allow(rules.LENDERS)
@web.only_reads
@web.body_limit(BATCH_BYTES)
def trolley_batch() -> ResponseReturnValue:
    """What each of some scans means for the return, as the page's script shows it."""
    rows = trolley.look(web.actor().school_id, sent_codes(), _only())
    shown = [
        {
            "key": one.key,
            "outcome": one.outcome,
            "said": one.said,
            "asset": None,
            "tag": None,
            "html": render_template("loans/_trolley_entry.html", entry=one, times=1),
        }
        for one in rows
    ]
    return jsonify(results=shown)


def _only() -> UUID | None:
    """The loan that comes back, where the page was opened from one. Ends in 404 for what is none of the school."""
    told = request.args.get("loan", "")
    if not told:
        return None
    try:
        return service.get_loan(web.actor().school_id, UUID(told)).id
    except ValueError:
        return None


def _trolley_page(only: UUID | None, *, problem: str = "", codes: str = "") -> ResponseReturnValue:
    loan = service.get_loan(web.actor().school_id, only) if only else None
    lines = [line for line in codes.splitlines() if line.strip()][: scanning.LIST_MOST]
    page = render_template(
        "loans/trolley.html",
        loan=loan,
        label=service.label_of(loan) if loan else "",
        problem=problem,
        codes=codes,
        scanned=trolley.look(web.actor().school_id, lines, only),
        done=session.pop(_DONE, False),
        rows=[],
        together=[],
        editable=False,
        photo_problem="",
    )
    return page, UNPROCESSABLE if problem else 200
