"""People: list, add, see, change."""

from urllib.parse import urlencode
from uuid import UUID

from flask import Blueprint, Response, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from tracker import web
from tracker.audit.kinds import EventKind
from tracker.audit.service import record
from tracker.db import db
from tracker.forms import fill
from tracker.paging import page_number
from tracker.people import export, service
from tracker.people.forms import PersonForm
from tracker.people.models import Person
from tracker.people.rules import Attendance, PersonKind
from tracker.people.service import Wanted
from tracker.values import Conflict, Denied, Subject, today, utc_now

bp = Blueprint("people", __name__)


@bp.route("/people")
@web.allow(web.READERS)
def people() -> ResponseReturnValue:
    """Everybody, by name."""
    actor, wanted, number = web.actor(), _wanted(), page_number(request.args)
    rows, total = service.listed(actor.school_id, wanted, page=number)
    return render_template(
        "people/people.html",
        rows=rows,
        total=total,
        number=number,
        last=max(1, -(-total // service.PAGE)),
        wanted=wanted,
        told=_query(wanted),
        query=urlencode(_query(wanted)),
        kind=PersonKind,
        attendance=Attendance,
        today=today(),
        editable=actor.role in web.EDITORS,
        in_charge=actor.role in web.PEOPLE_IN_CHARGE,
    )


def _wanted() -> Wanted:
    """From the address; what cannot be used is left out."""
    kind, attendance = request.args.get("kind", ""), request.args.get("show", "")
    return Wanted(
        request.args.get("q", "").strip()[:200],
        PersonKind(kind) if kind in set(PersonKind) else None,
        Attendance(attendance) if attendance in set(Attendance) else Attendance.HERE,
    )


def _query(wanted: Wanted) -> dict[str, str]:
    kind = wanted.kind.value if wanted.kind else ""
    return {"q": wanted.text, "kind": kind, "show": wanted.attendance.value}


@bp.route("/people.csv")
@web.allow(web.READERS)
def people_csv() -> ResponseReturnValue:
    """Exactly whom the list shows, as CSV."""
    return _exported("csv", "text/csv; charset=utf-8")


@bp.route("/people.xlsx")
@web.allow(web.READERS)
def people_xlsx() -> ResponseReturnValue:
    """The same as a workbook."""
    return _exported("xlsx", "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet")


def _exported(form: str, kind: str) -> Response:
    """A file of people; that it was taken out is in the log."""
    actor, wanted = web.actor(), _wanted()
    rows, names = service.everybody(actor.school_id, wanted), service.names(actor.school_id)
    body = export.as_csv(rows, names) if form == "csv" else export.as_xlsx(rows, names)
    web.writing()
    told = {"what": "people", "form": form, "rows": len(rows), **_query(wanted)}
    record(actor, EventKind.REGISTER_EXPORTED, Subject("school", actor.school_id, "People"), after=told)
    db.session.commit()
    name = f"people-{utc_now():%Y-%m-%d}.{form}"
    return Response(body, mimetype=kind, headers={"Content-Disposition": f'attachment; filename="{name}"'})


@bp.route("/people/<uuid:person_id>")
@web.allow(web.READERS)
def person(person_id: UUID) -> ResponseReturnValue:
    """One person, and what other features know of them."""
    actor = web.actor()
    found = service.get_person(actor.school_id, person_id)
    manager = service.get_person(actor.school_id, found.line_manager_id) if found.line_manager_id else None
    return render_template(
        "people/person.html",
        person=found,
        kind=PersonKind(found.kind),
        manager=manager,
        editable=actor.role in web.EDITORS and found.forgotten_at is None,
    )


@bp.route("/people/new", methods=["GET", "POST"])
@web.allow(web.EDITORS)
def new_person() -> ResponseReturnValue:
    """Add somebody."""
    form = PersonForm()
    _fill(form, None)
    if request.method == "POST" and form.validate():
        try:
            found = service.add_person(web.actor(), form.details())
        except Denied as denied:
            db.session.rollback()
            form.refuse(denied.blockers)
        else:
            return _done(found.id, f"{found.name} is added.")
    return _form_page(form, None)


@bp.route("/people/<uuid:person_id>/edit", methods=["GET", "POST"])
@web.allow(web.EDITORS)
def edit_person(person_id: UUID) -> ResponseReturnValue:
    """Change what is known of somebody, or enter their last day."""
    actor, form = web.actor(), PersonForm()
    found = service.get_person(actor.school_id, person_id)
    name = found.name
    _fill(form, found)
    if request.method == "GET":
        form.show(service.details_of(found))
        form.version.data = found.version
    elif form.validate():
        try:
            service.edit(actor, person_id, form.details(), version=form.seen())
        except Denied as denied:
            db.session.rollback()
            form.refuse(denied.blockers)
        except Conflict as conflict:
            db.session.rollback()
            form.form_errors.append(str(conflict))
            form.version.data = service.get_person(actor.school_id, person_id).version
        else:
            return _done(person_id, "The change is saved.")
    return _form_page(form, name)


def _fill(form: PersonForm, person: Person | None) -> None:
    """Who can be the line manager: everybody who is here, and who it is now, even if they have left."""
    school_id = web.actor().school_id
    rows = [row for row in service.choices(school_id) if person is None or row[0] != person.id]
    now = person.line_manager_id if person else None
    if now is not None and now not in {found for found, _ in rows}:
        rows.append((now, f"{service.get_person(school_id, now).name} (left)"))
    fill(form.line_manager_id, rows, "Nobody")


def _done(person_id: UUID, message: str) -> ResponseReturnValue:
    db.session.commit()
    flash(message, "success")
    return redirect(url_for("people.person", person_id=person_id))


def _form_page(form: PersonForm, name: str | None) -> ResponseReturnValue:
    return render_template("people/person_form.html", form=form, name=name), 422 if form.errors else 200
