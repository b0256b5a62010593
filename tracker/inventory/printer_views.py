"""Printers of labels: measure how far one is off, and keep it."""

from uuid import UUID

from flask import flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from labels.calibration import calibration_page
from labels.sheet import STOCKS, stock
from tracker import web
from tracker.db import db
from tracker.inventory import printers
from tracker.inventory.blueprint import bp
from tracker.inventory.form_pages import form_page
from tracker.inventory.forms import refuse
from tracker.inventory.label_forms import STOCK_CHOICES, EditPrinterForm, PrinterForm
from tracker.inventory.label_views import pdf_answer
from tracker.values import Conflict, Denied


@bp.route("/labels/printers")
@web.allow(web.EDITORS)
def label_printers() -> ResponseReturnValue:
    """All printers, with their corrections."""
    return render_template("inventory/printers.html", printers=printers.printers(web.actor().school_id), stocks=STOCKS)


@bp.route("/labels/printers/new", methods=["GET", "POST"])
@web.allow(web.EDITORS)
def new_label_printer() -> ResponseReturnValue:
    """Add a printer."""
    form = PrinterForm()
    if request.method == "POST" and form.validate():
        try:
            made = printers.add_printer(web.actor(), form.details())
        except Denied as denied:
            db.session.rollback()
            refuse(form, denied)
        else:
            db.session.commit()
            flash("The printer is saved. Print the calibration page with its correction, to check it.", "success")
            return redirect(url_for("inventory.label_printer", printer_id=made.id))
    return form_page("inventory/printer_form.html", form, printer=None, stocks=STOCK_CHOICES)


@bp.route("/labels/printers/<uuid:printer_id>", methods=["GET", "POST"])
@web.allow(web.EDITORS)
def label_printer(printer_id: UUID) -> ResponseReturnValue:
    """Measure a printer, and change its correction."""
    actor, form = web.actor(), EditPrinterForm()
    found = printers.get_printer(actor.school_id, printer_id)
    if request.method == "GET":
        form.show(found)
        form.version.data = found.version
    elif form.validate():
        try:
            printers.change_printer(actor, printer_id, form.details(), version=form.version.data or 0)
        except (Denied, Conflict) as why:
            db.session.rollback()
            refuse(form, why)
            found = printers.get_printer(actor.school_id, printer_id)
            if isinstance(why, Conflict):  # saving again keeps what was typed, now that it was said
                form.version.process_data(found.version)
                form.version.raw_data = None
        else:
            db.session.commit()
            flash("The correction is saved.", "success")
            return redirect(url_for("inventory.label_printer", printer_id=printer_id))
    return form_page("inventory/printer_form.html", form, printer=found, stocks=STOCK_CHOICES)


@bp.route("/labels/printers/<uuid:printer_id>/remove", methods=["POST"])
@web.allow(web.EDITORS)
def remove_label_printer(printer_id: UUID) -> ResponseReturnValue:
    """Forget a printer that is gone."""
    version = request.form.get("version", "")
    number = int(version) if version.isascii() and version.isdigit() and len(version) < 10 else 0
    printers.remove_printer(web.actor(), printer_id, version=number)
    db.session.commit()
    flash("The printer is removed.", "success")
    return redirect(url_for("inventory.label_printers"))


@bp.route("/labels/calibration.pdf")
@web.allow(web.EDITORS)
def calibration() -> ResponseReturnValue:
    """A page with rulers, to see how far a printer is off; with a printer's correction, to see that it is right."""
    name, asked = request.args.get("stock", ""), request.args.get("printer", "")
    try:
        on = stock(name)
    except ValueError:
        on = STOCKS["L7160"]
    known = printers.printers(web.actor().school_id)
    nudge = printers.nudge_of(next((one for one in known if str(one.id) == asked), None))
    return pdf_answer(calibration_page(on, nudge), f"calibration-{on.name}.pdf")
