"""Labels: choose things and paper, see the real sheet, print; blank ones; and retire an old one."""

from urllib.parse import parse_qsl, urlencode
from uuid import UUID

from flask import Response, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from markupsafe import Markup

from labels import code
from labels.layout import Label, carries_address
from labels.pdf import Options, label_sheets
from labels.preview import first_page
from labels.sheet import Stock
from tracker import web
from tracker.accounts.service import school_of
from tracker.db import db
from tracker.inventory import label_rules, labelling, printers, rules, search, service
from tracker.inventory.blueprint import bp
from tracker.inventory.form_pages import done, form_page, refused
from tracker.inventory.forms import refuse
from tracker.inventory.label_forms import BlankForm, LabelForm, PaperForm, RetireForm
from tracker.inventory.labelling import MOST, Chosen
from tracker.inventory.models import Printer
from tracker.inventory.query import filters_from, query_of
from tracker.inventory.rules import AssetState
from tracker.inventory.search import Filters
from tracker.values import Actor, Conflict, Denied

UNPRINTED = Filters(unlabelled=True, sort="location")  # room by room, as somebody sticks them on
_SHOWN = 3  # labels of a roll in a preview
_ADDRESS = 20_000  # characters of tags in an address; a server takes no longer ones


@bp.route("/labels", methods=["GET", "POST"])
@web.allow(web.EDITORS)
def labels() -> ResponseReturnValue:
    """Choose what to print; after POST, see the sheet as it will be."""
    _only_read()
    form = LabelForm()
    known = _prepare(form)
    if request.method == "POST":
        chosen = _chosen(form) if form.validate() else None
        return _page(form, chosen)
    given = query_of(filters_from(request.args)[0])
    form.filter.data = urlencode(given)
    form.tags.data = request.args.get("tags", "")[:_ADDRESS]
    form.source.data = "tags" if form.tags.data else "filter" if given else "unprinted"
    _usual(form, known)
    return _page(form, None)


@bp.route("/labels/pdf", methods=["POST"])
@web.allow(web.EDITORS)
def labels_pdf() -> ResponseReturnValue:
    """The labels. What was printed is in the log.

    The file is made in a transaction that only reads, since thousands of labels take seconds in which others write;
    then what was printed is checked again and written down.
    """
    _only_read()
    actor, form = web.actor(), LabelForm()
    _prepare(form)
    chosen = _chosen(form) if form.validate() else None
    if chosen is None or form.errors:
        return _page(form, chosen)
    on, reason, copies = form.on(), form.reprint, form.copies.data or 1
    pdf = _made(actor, [one.label for one in chosen.wanted], on, form.options(_printer(form), copies))
    web.writing()
    try:
        labelling.printed(actor, chosen.wanted, stock=on.name, copies=copies, reason=reason)
    except (Denied, Conflict) as why:
        db.session.rollback()
        refuse(form, why)
        return _page(form, None)
    db.session.commit()
    return pdf_answer(pdf, f"labels-{on.name}.pdf")


@bp.route("/labels/blank", methods=["GET", "POST"])
@web.allow(web.EDITORS)
def blank_labels() -> ResponseReturnValue:
    """Labels with new tags and without a thing: stick them on, and register the thing at the first scan."""
    _only_read()
    actor, form = web.actor(), BlankForm()
    known = _prepare(form)
    if request.method == "GET":
        _usual(form, known)
    elif form.validate():
        form.check_start()
        if not form.errors:
            return _blanks(actor, form)
    return form_page("inventory/labels_blank.html", form)


@bp.route("/assets/<uuid:asset_id>/label/retire", methods=["GET", "POST"])
@web.allow(web.EDITORS)
def retire_label(asset_id: UUID) -> ResponseReturnValue:
    """Give an asset a new tag, since its label can no longer be trusted. Asked about first."""
    actor, form = web.actor(), RetireForm()
    found = service.get_asset(actor.school_id, asset_id)
    if request.method == "POST" and form.validate():
        stuck = (form.tag.data or "").strip()
        try:
            new = labelling.retire(actor, asset_id, form.told(), tag=stuck)
        except Denied as why:
            found = refused(form, why, asset_id)
        else:
            message = f"The new tag is {code.shown(new)}. The old label now leads here with a warning."
            if stuck:
                return done(asset_id, message)
            db.session.commit()
            flash(f"{message} Print the new label now.", "success")
            return redirect(url_for("inventory.labels", tags=code.shown(new)))
    return form_page("inventory/label_retire.html", form, asset=found)


def label_panel(actor: Actor, asset_id: UUID) -> Markup:
    """The label on an asset's page: when it was printed, and which it had before."""
    found = service.get_asset(actor.school_id, asset_id)
    editable = actor.role in web.EDITORS and rules.may_edit(AssetState(found.state)).allowed
    old = labelling.retired_of(found)
    page = render_template("inventory/_label.html", asset=found, retired=old, editable=editable)
    return Markup(page)  # noqa: S704 - our own template


LABEL_PANELS = [web.Panel("Label", label_panel)]


def pdf_answer(body: bytes, name: str) -> Response:
    """A file that the browser shows."""
    return Response(body, mimetype="application/pdf", headers={"Content-Disposition": f'inline; filename="{name}"'})


def _only_read() -> None:
    """Let others write while this request looks and draws."""
    db.session.rollback()
    web.reading()


def _blanks(actor: Actor, form: BlankForm) -> ResponseReturnValue:
    on = form.on()
    made = labelling.blanks(actor, form.count.data or 1)
    try:
        pdf = _made(actor, made, on, form.options(_printer(form)))
    except ValueError as error:  # its text is made to be shown
        form.form_errors.append(str(error))
        return form_page("inventory/labels_blank.html", form)
    web.writing()
    labelling.blanks_printed(actor, made, stock=on.name)
    db.session.commit()
    return pdf_answer(pdf, f"blank-labels-{on.name}.pdf")


def _made(actor: Actor, made: list[Label], on: Stock, options: Options) -> bytes:
    school = school_of(actor.school_id).name
    return label_sheets(made, on, base_url=web.config().base_url, school=school, options=options)


def _prepare(form: PaperForm) -> list[Printer]:
    known = printers.printers(web.actor().school_id)
    form.fill(known)
    return known


def _usual(form: PaperForm, known: list[Printer]) -> None:
    """Begin with the printer that the address names, else with the only one, and with what lies in it."""
    asked = next((one for one in known if str(one.id) == request.args.get("printer")), None)
    usual = asked or (known[0] if len(known) == 1 else None)
    if usual is not None:
        form.printer_id.data = usual.id
        form.stock.data = usual.stock or form.stock.data


def _printer(form: PaperForm) -> Printer | None:
    chosen: UUID | None = form.printer_id.data
    return None if chosen is None else printers.get_printer(web.actor().school_id, chosen)


def _chosen(form: LabelForm) -> Chosen:
    """The things; what is wrong with the choice is shown at the form."""
    actor, source = web.actor(), form.source.data
    at = "tags" if source == "tags" else "source"
    if source == "tags":
        chosen = labelling.of_texts(actor, form.tags.data or "")
        if chosen.unknown:
            form.add_error(
                "tags", f"Not in the register: {_listed(chosen.unknown)}. Take it out, or register it first."
            )
        if chosen.unclear:
            message = f"More than one thing has this serial number: {_listed(chosen.unclear)}. Enter the tag instead."
            form.add_error("tags", message)
    elif source == "filter":
        chosen = labelling.of_filters(actor, filters_from(dict(parse_qsl(form.filter.data or "")))[0])
    else:
        chosen = labelling.of_filters(actor, UNPRINTED)
    if form.fresh.data:
        chosen = chosen.fresh
    if not chosen.total and not form.errors:
        form.add_error(at, "There is nothing to print a label for. Choose other things.")
    if chosen.total * (form.copies.data or 1) > MOST:
        form.add_error(at, f"One file holds at most {MOST:,} labels. Choose fewer things, or fewer copies.")
    if source != "tags" and (form.tags.data or "").strip():
        form.add_error("source", "You typed tags or serial numbers. Choose those, or empty that field.")
    again = label_rules.may_print_again(chosen.before, form.reprint)
    if not again.allowed:
        refuse(form, Denied(again.blockers))
    form.check_start()
    return chosen


def _listed(texts: tuple[str, ...]) -> str:
    return ", ".join(texts[:10]) + (" …" if len(texts) > 10 else "")


def _page(form: LabelForm, chosen: Chosen | None) -> ResponseReturnValue:
    """The form; above it the first sheet, where there is one to show."""
    actor, told = web.actor(), {}
    if chosen is not None and not form.errors:
        told = _preview(actor, form, chosen)
    return form_page(
        "inventory/labels.html",
        form,
        chosen=chosen,
        unprinted=search.count(actor.school_id, UNPRINTED),
        listed=search.count(actor.school_id, filters_from(dict(parse_qsl(form.filter.data or "")))[0]),
        **told,
    )


def _preview(actor: Actor, form: LabelForm, chosen: Chosen) -> dict[str, object]:
    on, copies = form.on(), form.copies.data or 1
    start, pictures = form.options(None).start, []
    made = [one.label for one in chosen.wanted[: on.per_page] for _ in range(copies)]
    how = {"base_url": web.config().base_url, "school": school_of(actor.school_id).name}
    if on.roll:
        some = [one.label for one in chosen.wanted[:_SHOWN]]
        pictures = [first_page([one], on, start=1, **how) for one in some]
    else:
        pictures = [first_page(made, on, start=start, **how)]
    number = len(chosen.wanted) * copies
    return {
        "stock": on,
        "number": number,
        "sheets": -(-(start - 1 + number) // on.per_page),
        "free": (start - 1 + number) % on.per_page + 1,
        "pictures": [Markup(one) for one in pictures],  # noqa: S704 - made of numbers and escaped texts
        "tag_only": not carries_address(on, how["base_url"]),
        "printer": _printer(form),
    }
