"""Labels: choose assets and sheet, see where they will lie, print, and measure the printer."""

from urllib.parse import parse_qsl, urlencode

from flask import Response, render_template, request
from flask.typing import ResponseReturnValue

from labels import code
from labels.calibration import calibration_page
from labels.pdf import Nudge, Options, label_sheets
from labels.sheet import STOCKS, places
from tracker import web
from tracker.accounts.service import school_of
from tracker.db import db
from tracker.inventory import labelling, search
from tracker.inventory.blueprint import bp
from tracker.inventory.label_forms import LabelForm
from tracker.inventory.labelling import Chosen
from tracker.inventory.query import filters_from, query_of
from tracker.inventory.search import Filters

UNPRINTED = Filters(unlabelled=True)


@bp.route("/labels", methods=["GET", "POST"])
@web.allow(web.EDITORS)
def labels() -> ResponseReturnValue:
    """Choose what to print; after POST, see where the labels will lie."""
    form = LabelForm()
    if request.method == "POST":
        chosen = _chosen(form) if form.validate() else None
        return _page(form, chosen)
    given = query_of(filters_from(request.args)[0])
    form.filter.data = urlencode(given)
    form.tags.data = request.args.get("tags", "")[:2000]
    form.source.data = "tags" if form.tags.data else "filter" if given else "unprinted"
    return _page(form, None)


@bp.route("/labels/pdf", methods=["POST"])
@web.allow(web.EDITORS)
def labels_pdf() -> ResponseReturnValue:
    """The sheets. What was printed is in the log."""
    actor, form = web.actor(), LabelForm()
    chosen = _chosen(form) if form.validate() else None
    if chosen is None or form.errors:
        return _page(form, chosen)
    try:
        pdf = label_sheets(
            labelling.labels_for(actor, chosen.assets),
            STOCKS[form.stock.data],
            base_url=web.config().base_url,
            school=school_of(actor.school_id).name,
            options=_options(form),
        )
    except ValueError as error:  # its text is made to be shown
        form.form_errors.append(str(error))
        return _page(form, chosen)
    labelling.printed(actor, chosen.assets, stock=form.stock.data, copies=form.copies.data or 1)
    db.session.commit()
    return _pdf(pdf, f"labels-{form.stock.data}.pdf")


@bp.route("/labels/calibration.pdf")
@web.allow(web.EDITORS)
def calibration() -> ResponseReturnValue:
    """A page with rulers, to see how far a printer is off."""
    form = LabelForm(request.args, meta={"csrf": False})
    form.source.data = "unprinted"
    stock = STOCKS.get(form.stock.data or "", STOCKS["L7160"])
    right, down = form.right.data or 0, form.down.data or 0
    nudge = Nudge(right / 10, down / 10) if max(abs(right), abs(down)) <= 100 else Nudge()
    return _pdf(calibration_page(stock, nudge), f"calibration-{stock.name}.pdf")


def _chosen(form: LabelForm) -> Chosen:
    """The assets; what is wrong with the choice is shown at the form."""
    actor, source = web.actor(), form.source.data
    if source == "tags":
        chosen = labelling.of_texts(actor, form.tags.data or "")
        if chosen.unknown:
            listed = ", ".join(chosen.unknown[:10]) + (" …" if len(chosen.unknown) > 10 else "")
            form.add_error("tags", f"Not in the register: {listed}. Take it out, or register it first.")
    elif source == "filter":
        chosen = labelling.of_filters(actor, filters_from(dict(parse_qsl(form.filter.data or "")))[0])
    else:
        chosen = labelling.of_filters(actor, UNPRINTED)
    if not chosen.assets and not form.errors:
        form.add_error("tags" if source == "tags" else "source", "There is no asset to print a label for.")
    if len(chosen.assets) > labelling.MOST:
        message = f"Print at most {labelling.MOST:,} labels at a time. Choose fewer assets."
        form.add_error("tags" if source == "tags" else "source", message)
    if (form.start.data or 0) > STOCKS[form.stock.data].per_page:
        form.add_error("start", f"This sheet has {STOCKS[form.stock.data].per_page} labels. Start at one of them.")
    return chosen


def _options(form: LabelForm) -> Options:
    nudge = Nudge((form.right.data or 0) / 10, (form.down.data or 0) / 10)
    return Options(form.start.data or 1, form.copies.data or 1, nudge, bool(form.outline.data))


def _page(form: LabelForm, chosen: Chosen | None) -> ResponseReturnValue:
    actor = web.actor()
    stock = STOCKS.get(form.stock.data or "", STOCKS["L7160"])
    cells, sheets = [], 0
    if chosen is not None and not form.errors:
        copies, start = form.copies.data or 1, form.start.data or 1
        first = [one for one in labelling.labels_for(actor, chosen.assets[: stock.per_page]) for _ in range(copies)]
        for number, place in enumerate(places(stock, 1, stock.per_page), 1):
            index = number - start
            label = first[index] if 0 <= index < len(first) else None
            cells.append((place, number, code.shown(label.tag) if label else "", label.name if label else ""))
        sheets = -(-(start - 1 + len(chosen.assets) * copies) // stock.per_page)
    page = render_template(
        "inventory/labels.html",
        form=form,
        stock=stock,
        cells=cells,
        sheets=sheets,
        chosen=chosen,
        unprinted=search.count(actor.school_id, UNPRINTED),
    )
    return page, 422 if form.errors else 200


def _pdf(body: bytes, name: str) -> Response:
    return Response(body, mimetype="application/pdf", headers={"Content-Disposition": f'inline; filename="{name}"'})
