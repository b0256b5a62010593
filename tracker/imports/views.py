"""Pages of imports: bring a spreadsheet, match its columns, look at the dry run, apply it."""

from http import HTTPStatus
from uuid import UUID

from flask import Blueprint, Flask, Response, current_app, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from tracker import web
from tracker.db import db
from tracker.forms import fill, refuse
from tracker.imports import applying, faults, rules, sample, service, tables, worker
from tracker.imports.forms import (
    ROW,
    AssetChoicesForm,
    ChoicesForm,
    PeopleChoicesForm,
    TableForm,
    UploadForm,
    mapping_from,
)
from tracker.imports.models import Import
from tracker.imports.rules import RUNNING, ImportState, ListOf, Verdict
from tracker.imports.tables import Unreadable
from tracker.imports.targets import Field
from tracker.inventory import kinds, places
from tracker.paging import page_number
from tracker.values import Conflict, Denied, Role, utc_now

bp = Blueprint("imports", __name__)
BODY_LIMIT = tables.FILE_MOST + (1 << 20)  # bytes: the file and what a form has around it
UNPROCESSABLE = HTTPStatus.UNPROCESSABLE_ENTITY
CSV = "text/csv; charset=utf-8"
XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
SHOWN = 20  # rows of each kind that the result begins with


@bp.route("/imports", methods=["GET", "POST"])
@web.body_limit(BODY_LIMIT)
@web.allow(web.EDITORS)
def imports() -> ResponseReturnValue:
    """All imports, and a form for the next spreadsheet."""
    actor, form = web.actor(), UploadForm()
    if request.method == "POST" and form.validate():
        file = form.file.data
        try:
            data, list_of = file.stream.read(tables.FILE_MOST + 1), ListOf(form.list_of.data)
            found = service.upload(actor, file.filename or "", data, list_of)
        except Unreadable as refused:
            db.session.rollback()
            form.file.errors = [str(refused)]
        else:
            db.session.commit()
            return redirect(url_for("imports.columns", import_id=found.id))
    if request.method == "GET":
        form.list_of.data = _list_of().value
    page = page_number(request.args)
    rows, total = service.listed(actor.school_id, page)
    pages = max(1, -(-total // service.PAGE))
    shown = render_template(
        "imports/imports.html",
        form=form,
        rows=rows,
        total=total,
        number=page,
        pages=pages,
        state=ImportState,
        list_of=ListOf,
        limits=tables,
    )
    return shown, UNPROCESSABLE if form.errors else HTTPStatus.OK


@bp.route("/imports/<uuid:import_id>")
@web.allow(web.EDITORS)
def one(import_id: UUID) -> ResponseReturnValue:
    """How far an import is, and what it would do or did."""
    found = service.get_import(web.actor().school_id, import_id)
    state = ImportState(found.state)
    if state is ImportState.UPLOADED:
        return redirect(url_for("imports.columns", import_id=found.id))
    _wake(found)
    return render_template("imports/import.html", **_told(found))


@bp.route("/imports/<uuid:import_id>/live")
@web.unattended
@web.allow(web.EDITORS)
def live(import_id: UUID) -> ResponseReturnValue:
    """The part of the page that changes while the work goes on."""
    found = service.get_import(web.actor().school_id, import_id)
    _wake(found)
    return render_template("imports/_progress.html", **_progress(found))


@bp.route("/imports/<uuid:import_id>/columns", methods=["GET", "POST"])
@web.allow(web.EDITORS)
def columns(import_id: UUID) -> ResponseReturnValue:
    """Say what each column means, and ask for the dry run."""
    actor = web.actor()
    found = service.get_import(actor.school_id, import_id)
    if not rules.may_match(ImportState(found.state)).allowed:
        return redirect(url_for("imports.one", import_id=found.id))
    form = _choices_form(found)
    mapping = {int(column): word for column, word in found.mapping.items()}
    if request.method == "GET":
        form.show(service.choices_of(found))
        form.version.data = found.version
    else:
        mapping = mapping_from(request.form)
        if form.validate():
            try:
                service.match(actor, import_id, mapping, form.choices(), version=form.version.data or 0)
            except (Denied, Conflict) as refused:
                db.session.rollback()
                refuse(form, refused)
                found = service.get_import(actor.school_id, import_id)
            else:
                db.session.commit()
                worker.wake(_app())
                return redirect(url_for("imports.one", import_id=import_id))
    return _columns_page(found, form, mapping)


def _choices_form(found: Import) -> ChoicesForm:
    if found.list_of == ListOf.PEOPLE.value:
        return PeopleChoicesForm()
    form = AssetChoicesForm()
    usable = [(kind.id, kind.name) for kind in kinds.kinds(found.school_id) if not kind.retired_at]
    fill(form.kind, usable, "None: say so")
    fill(form.place, places.choices(found.school_id), "The site, where there is only one")
    return form


@bp.route("/imports/<uuid:import_id>/table", methods=["POST"])
@web.allow(web.EDITORS)
def table(import_id: UUID) -> ResponseReturnValue:
    """Read another sheet, or other headings."""
    service.get_import(web.actor().school_id, import_id)  # another school's does not exist, whatever was typed
    form = TableForm()
    if not form.validate():
        flash(ROW if form.heading_row.errors else "This form is not whole. Send it again.", "warning")
        return redirect(url_for("imports.columns", import_id=import_id))
    try:
        found = service.choose_table(web.actor(), import_id, form.sheet.data or "", form.heading_row.data or 0)
    except Unreadable as refused:
        db.session.rollback()
        flash(str(refused), "warning")
    else:
        db.session.commit()
        flash(f"The headings were read from row {found.heading_row}.", "success")
    return redirect(url_for("imports.columns", import_id=import_id))


@bp.route("/imports/<uuid:import_id>/again", methods=["POST"])
@web.allow(web.EDITORS)
def again(import_id: UUID) -> ResponseReturnValue:
    """Have the dry run look again."""
    service.try_again(web.actor(), import_id)
    db.session.commit()
    worker.wake(_app())
    return redirect(url_for("imports.one", import_id=import_id))


@bp.route("/imports/<uuid:import_id>/apply", methods=["POST"])
@web.allow(web.EDITORS)
def apply(import_id: UUID) -> ResponseReturnValue:
    """Put all of it into the register."""
    try:
        service.apply(web.actor(), import_id, request.form.get("digest", ""))
    except (Denied, Conflict) as refused:
        db.session.rollback()
        flash(str(refused), "warning")
    else:
        db.session.commit()
        worker.wake(_app())
    return redirect(url_for("imports.one", import_id=import_id))


@bp.route("/imports/<uuid:import_id>/discard", methods=["POST"])
@web.allow(web.EDITORS)
def discard(import_id: UUID) -> ResponseReturnValue:
    """Throw the spreadsheet away."""
    found = service.discard(web.actor(), import_id)
    db.session.commit()
    flash(f"{found.name} is thrown away. Nothing of it is in the register.", "success")
    return redirect(url_for("imports.imports"))


@bp.route("/imports/<uuid:import_id>/rows")
@web.allow(web.EDITORS)
def rows(import_id: UUID) -> ResponseReturnValue:
    """The rows of one verdict, or those with remarks, page by page."""
    found = service.get_import(web.actor().school_id, import_id)
    asked = request.args.get("verdict", "")
    remarks = asked == "remarks"
    verdict = Verdict(asked) if asked in set(Verdict) else None
    after = request.args.get("after", "")
    start = int(after) if after.isascii() and after.isdigit() and len(after) < 10 else 0
    told = service.rows(found, verdict, start, limit=service.PAGE + 1, remarks=remarks)
    return render_template(
        "imports/rows.html",
        found=found,
        rows=told[: service.PAGE],
        more=len(told) > service.PAGE,
        verdict=verdict,
        remarks=remarks,
        asked=asked,
        start=start,
        applied=found.state == ImportState.APPLIED,
        people=found.list_of == ListOf.PEOPLE.value,
    )


@bp.route("/imports/<uuid:import_id>/faulty.csv")
@web.allow(web.EDITORS)
def faulty_csv(import_id: UUID) -> ResponseReturnValue:
    """The faulty rows as they came, with the reasons, to correct and to upload again."""
    return _file(faults.as_csv(service.get_import(web.actor().school_id, import_id)), CSV, "faulty-rows.csv")


@bp.route("/imports/<uuid:import_id>/faulty.xlsx")
@web.allow(web.EDITORS)
def faulty_xlsx(import_id: UUID) -> ResponseReturnValue:
    """The same as a workbook."""
    return _file(faults.as_xlsx(service.get_import(web.actor().school_id, import_id)), XLSX, "faulty-rows.xlsx")


@bp.route("/imports/sample.csv")
@web.allow(web.EDITORS)
def sample_csv() -> ResponseReturnValue:
    """A spreadsheet with every column that an import knows."""
    return _file(sample.as_csv(_list_of(), _own_fields()), CSV, f"caretaker-{_list_of().value}.csv")


@bp.route("/imports/sample.xlsx")
@web.allow(web.EDITORS)
def sample_xlsx() -> ResponseReturnValue:
    """The same as a workbook."""
    return _file(sample.as_xlsx(_list_of(), _own_fields()), XLSX, f"caretaker-{_list_of().value}.xlsx")


@bp.route("/imports/explained")
@web.allow(web.EDITORS)
def explained() -> ResponseReturnValue:
    """Every column that an import knows, and how its cells are read."""
    list_of = _list_of()
    groups = service.VOCABULARIES[list_of].groups
    return render_template("imports/explained.html", groups=groups, limits=tables, list_of=list_of)


def _list_of() -> ListOf:
    """What the address asks about: things, unless it says people."""
    return ListOf.PEOPLE if request.args.get("of") == ListOf.PEOPLE.value else ListOf.ASSETS


def _own_fields() -> list[Field]:
    return service.fields_of(web.actor().school_id, _list_of())


def _file(body: bytes, kind: str, name: str) -> Response:
    return Response(body, mimetype=kind, headers={"Content-Disposition": f'attachment; filename="{name}"'})


def _app() -> Flask:
    """The application itself: the worker outlives the request."""
    found: Flask = current_app._get_current_object()  # type: ignore[attr-defined] # a proxy's own way to say it
    return found


def _wake(found: Import) -> None:
    """What waits, and what a dead process left, goes on."""
    state = ImportState(found.state)
    if state is ImportState.WAITING or (state in RUNNING and rules.abandoned(found.heartbeat_at, utc_now())):
        worker.wake(_app())


def _progress(found: Import) -> dict[str, object]:
    state = ImportState(found.state)
    counts = service.counts_of(found)
    total = max(found.rows_total, found.rows_done, 1)
    done = applying.PROGRESS.get(found.id, 0) if state is ImportState.APPLYING else found.rows_done
    return {
        "found": found,
        "state": state,
        "over": state not in RUNNING,
        "percent": min(99, done * 100 // total),
        "counts": counts,
        "again": found.apply_next and state is not ImportState.APPLYING,
    }


def _told(found: Import) -> dict[str, object]:
    """All that the page of an import shows."""
    progress = _progress(found)
    counts = service.counts_of(found)
    shown = ImportState(found.state) in (ImportState.TRIED, ImportState.APPLIED)
    verdicts = (Verdict.FAULTY, Verdict.CHANGED, Verdict.NEW)
    told = {one.value: service.rows(found, one, 0, limit=SHOWN) if shown else [] for one in verdicts}
    creates = {
        what: [one.get("path") or one["name"] for one in found.creates.values() if one["what"] == what]
        for what in ("kind", "place", "person")
    }
    return {
        **progress,
        "rows": told,
        "creates": {what: sorted(names, key=str) for what, names in creates.items()},
        "may_apply": rules.may_apply(ImportState(found.state), counts),
        "may_discard": rules.may_discard(ImportState(found.state)).allowed,
        "columns": service.columns_of(found),
        "unused": [
            heading or f"Column {number + 1}"
            for number, heading in enumerate(found.headings)
            if str(number) not in found.mapping
        ],
        "labels": service.labels_of(found),
        "people": found.list_of == ListOf.PEOPLE.value,
        "technician": web.actor().role is Role.TECHNICIAN,
        "shown": SHOWN,
        "applied": ImportState(found.state) is ImportState.APPLIED,
    }


def _columns_page(found: Import, form: ChoicesForm, mapping: dict[int, str]) -> ResponseReturnValue:
    table_form = TableForm(formdata=None)
    table_form.sheet.choices = [(name, f"{name} (hidden)" if name in found.hidden else name) for name in found.sheets]
    table_form.sheet.data, table_form.heading_row.data = found.sheet, found.heading_row
    page = render_template(
        "imports/columns.html",
        found=found,
        form=form,
        table_form=table_form,
        mapping=mapping,
        groups=service.vocabulary_of(found).groups,
        fields=service.fields_of(found.school_id, ListOf(found.list_of)),
        people=found.list_of == ListOf.PEOPLE.value,
        remembered=service.remembered(found),
        technician=web.actor().role is Role.TECHNICIAN,
    )
    return page, UNPROCESSABLE if form.errors else HTTPStatus.OK
