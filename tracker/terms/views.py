"""The school's calendar: school years, their dates as a list and as months, and the files of both."""

from urllib.parse import urlsplit
from uuid import UUID

from flask import Blueprint, Response, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from wtforms.fields.choices import SelectChoice  # type: ignore[attr-defined] # newer than its stubs

from tracker import web
from tracker.db import db
from tracker.forms import refuse
from tracker.spreadsheet import csv_bytes
from tracker.terms import files, forms, rules, service
from tracker.terms.england import bank_holidays
from tracker.terms.models import SchoolYear
from tracker.terms.rules import DateKind, Entry
from tracker.values import Blocker, Conflict, Denied, utc_now

bp = Blueprint("terms", __name__)
UNPROCESSABLE = 422


@bp.route("/terms")
@web.allow(web.EVERYBODY)
def years() -> ResponseReturnValue:
    """All school years, and where we are today."""
    actor, today = web.actor(), service.today()
    known = service.calendar_of(actor.school_id)
    return render_template(
        "terms/years.html",
        rows=[(one, known.school_days(one.year)) for one in service.years(actor.school_id)],
        name=rules.year_name,
        today=today,
        known=known.knows(today),
        term=known.term_of(today),
        why=known.why_closed(today),
        following=known.next_school_day(today),
        keeper=actor.role in rules.KEEPERS,
    )


@bp.route("/terms/<uuid:year_id>")
@web.allow(web.EVERYBODY)
def year(year_id: UUID) -> ResponseReturnValue:
    """One school year: its dates, its bank holidays, its months."""
    actor = web.actor()
    found = service.get_year(actor.school_id, year_id)
    known = service.calendar_of(actor.school_id)
    holidays = bank_holidays(found.year) | bank_holidays(found.year + 1)
    return render_template(
        "terms/year.html",
        year=found,
        name=service.name_of(found),
        rows=service.dates_of(found),
        kinds=DateKind,
        holidays={day: told for day, told in holidays.items() if rules.year_of(day) == found.year},
        months=files.months(known, found.year),
        days=known.school_days(found.year),
        form=forms.SureForm(version=found.version),
        keeper=actor.role in rules.KEEPERS,
    )


@bp.route("/terms/<uuid:year_id>.csv")
@web.allow(web.EVERYBODY)
def year_csv(year_id: UUID) -> ResponseReturnValue:
    """The dates as a file that can be imported again."""
    found = service.get_year(web.actor().school_id, year_id)
    body = csv_bytes(files.HEADER, files.csv_rows(map(service.entry_of, service.dates_of(found))))
    return _file(body, "text/csv; charset=utf-8", f"terms-{found.year}.csv")


@bp.route("/terms/<uuid:year_id>.ics")
@web.allow(web.EVERYBODY)
def year_ics(year_id: UUID) -> ResponseReturnValue:
    """The dates for a calendar program."""
    found = service.get_year(web.actor().school_id, year_id)
    dates = [(one.id, one.version, service.entry_of(one)) for one in service.dates_of(found)]
    host = urlsplit(web.config().base_url).hostname or "caretaker"
    return _file(files.ics(dates, host=host, at=utc_now()), "text/calendar; charset=utf-8", f"terms-{found.year}.ics")


@bp.route("/terms/new", methods=["GET", "POST"])
@web.allow(rules.KEEPERS)
def new_year() -> ResponseReturnValue:
    """Begin a school year."""
    actor, form, now = web.actor(), forms.BeginForm(), rules.year_of(service.today())
    form.year.choices = [SelectChoice(str(one), rules.year_name(one)) for one in range(now - 1, now + 4)]
    if request.method == "GET":
        known = {one.year for one in service.years(actor.school_id)}
        form.year.data = str(next((one for one in range(now, now + 3) if one not in known), now))
    elif form.validate():
        try:
            chosen = int(form.year.data)  # one of the list
            made = service.begin(actor, chosen, _first_dates(form.start.data, chosen))
        except Denied as denied:
            db.session.rollback()
            refuse(form, denied)
        else:
            return _done(made.id, "The school year is in the calendar. Check every date.")
    page = render_template("terms/new.html", form=form)
    return page, UNPROCESSABLE if form.errors else 200


def _first_dates(start: str, chosen: int) -> list[Entry]:
    """What a school year begins with. Raises Denied where there is nothing to begin with."""
    if start == "empty":
        return []
    found = rules.typical(chosen) if start == "typical" else service.copied(web.actor().school_id, chosen)
    if not found:
        what = "no typical calendar for" if start == "typical" else "no earlier school year to copy to"
        message = f"There is {what} {rules.year_name(chosen)}. Choose another way to begin."
        raise Denied((Blocker("start", message),))
    return found


@bp.route("/terms/<uuid:year_id>/add", methods=["GET", "POST"])
@web.allow(rules.KEEPERS)
def new_date(year_id: UUID) -> ResponseReturnValue:
    """Add a date."""
    actor, form = web.actor(), forms.DateForm()
    found = service.get_year(actor.school_id, year_id)
    if form.validate_on_submit():
        try:
            added = service.put(actor, year_id, [form.entry()])
        except Denied as denied:
            db.session.rollback()
            refuse(form, denied)
        else:
            return _done(year_id, "The date is added." if added else "This date stands in the calendar already.")
        found = service.get_year(actor.school_id, year_id)
    return _date_form(form, found, None)


@bp.route("/terms/dates/<uuid:date_id>/edit", methods=["GET", "POST"])
@web.allow(rules.KEEPERS)
def edit_date(date_id: UUID) -> ResponseReturnValue:
    """Change a date."""
    actor, form = web.actor(), forms.EditDateForm()
    found = service.get_date(actor.school_id, date_id)
    if request.method == "GET":
        form.show(service.entry_of(found))
        form.version.data = found.version
    elif form.validate():
        try:
            found = service.edit(actor, date_id, form.entry(), version=form.version.data or 0)
        except (Denied, Conflict) as refused:
            db.session.rollback()
            refuse(form, refused)
            found = service.get_date(actor.school_id, date_id)
            form.go_on_from(found.version)
        else:
            return _done(found.year_id, "The change is saved.")
    return _date_form(form, service.get_year(actor.school_id, found.year_id), date_id)


@bp.route("/terms/dates/<uuid:date_id>/remove", methods=["GET", "POST"])
@web.allow(rules.KEEPERS)
def remove_date(date_id: UUID) -> ResponseReturnValue:
    """Ask, then take a date out."""
    actor, form = web.actor(), forms.SureForm()
    found = service.get_date(actor.school_id, date_id)
    year_id = found.year_id
    if request.method == "GET":
        form.version.data = found.version
    elif form.validate():
        try:
            service.remove(actor, date_id, version=form.version.data or 0)
        except (Denied, Conflict) as refused:
            db.session.rollback()
            refuse(form, refused)
            found = service.get_date(actor.school_id, date_id)
            form.go_on_from(found.version)
        else:
            return _done(year_id, "The date is removed.")
    page = render_template("terms/remove.html", form=form, row=found, year_id=year_id)
    return page, UNPROCESSABLE if form.errors else 200


@bp.route("/terms/<uuid:year_id>/import", methods=["GET", "POST"])
@web.allow(rules.KEEPERS)
def import_dates(year_id: UUID) -> ResponseReturnValue:
    """Add the dates of a file, all or none."""
    actor, form = web.actor(), forms.ImportForm()
    found = service.get_year(actor.school_id, year_id)
    if form.validate_on_submit():
        try:
            added = service.put(actor, year_id, files.read_csv(form.file.data.read(files.BYTES_MOST + 1)))
        except Denied as denied:
            db.session.rollback()
            refuse(form, denied)
        else:
            return _done(year_id, f"{added} date{'' if added == 1 else 's'} added. Check them.")
        found = service.get_year(actor.school_id, year_id)
    page = render_template("terms/import.html", form=form, year=found, name=service.name_of(found), header=files.HEADER)
    return page, UNPROCESSABLE if form.errors else 200


@bp.post("/terms/<uuid:year_id>/confirm")
@web.allow(rules.KEEPERS)
def confirm(year_id: UUID) -> ResponseReturnValue:
    """Say that the dates were checked against the school's own calendar."""
    actor, form = web.actor(), forms.SureForm()
    service.get_year(actor.school_id, year_id)
    if not form.validate():
        raise Denied((Blocker("form", "This form is not whole. Go back, open the calendar again, and repeat it."),))
    service.confirm(actor, year_id, version=form.version.data or 0)
    return _done(year_id, "The dates are confirmed.")


def _file(body: bytes, kind: str, name: str) -> Response:
    return Response(body, mimetype=kind, headers={"Content-Disposition": f'attachment; filename="{name}"'})


def _done(year_id: UUID, message: str) -> ResponseReturnValue:
    db.session.commit()
    flash(message, "success")
    return redirect(url_for("terms.year", year_id=year_id))


def _date_form(form: forms.DateForm, found: SchoolYear, date_id: UUID | None) -> ResponseReturnValue:
    page = render_template("terms/date.html", form=form, year=found, name=service.name_of(found), date_id=date_id)
    return page, UNPROCESSABLE if form.errors else 200
