"""The loans desk: take back with a signature, extend, suspend; the lists and the off-site register."""

from collections.abc import Sequence
from uuid import UUID

from flask import Response, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from markupsafe import Markup

from tracker import web
from tracker.accounts.service import school_of
from tracker.db import db
from tracker.forms import refuse
from tracker.inventory import scanning
from tracker.inventory import service as inventory
from tracker.inventory.models import Asset
from tracker.inventory.scanning import Listed
from tracker.loans import due_views as due_views
from tracker.loans import forms, own, papers, rules, search, service
from tracker.loans import links_public as links_public  # these register themselves
from tracker.loans import links_views as links_views
from tracker.loans import own_views as own_views
from tracker.loans import quick_views as quick_views
from tracker.loans.blueprint import bp as bp
from tracker.loans.kits import missing
from tracker.loans.models import LoanItem
from tracker.loans.paper_views import freeze
from tracker.loans.rules import Condition, LoanState
from tracker.loans.service import Back
from tracker.paging import page_number
from tracker.people import service as people
from tracker.spreadsheet import csv_bytes
from tracker.values import Actor, Blocker, Conflict, Denied

UNPROCESSABLE = 422


@bp.route("/loans")
@web.allow(web.READERS)
def loans() -> ResponseReturnValue:
    """What is out, what is overdue, what came back."""
    actor, text = web.actor(), request.args.get("q", "").strip()[:200]
    state = request.args.get("state", "")
    state = state if state in {*LoanState, "all"} else LoanState.OUT.value
    number = page_number(request.args)
    rows, total = search.listed(actor.school_id, text=text, state=state, page=number, today=service.today())
    return render_template(
        "loans/loans.html",
        rows=rows,
        total=total,
        number=number,
        last=max(1, -(-total // search.PAGE)),
        text=text,
        state=state,
        desk=actor.role in rules.LENDERS,
        terms=service.terms(actor.school_id),
    )


@bp.route("/loans/<uuid:loan_id>")
@web.allow(web.READERS)
def loan(loan_id: UUID) -> ResponseReturnValue:
    """One loan: who, what, until when, and what came back how. It prints as the agreement."""
    actor = web.actor()
    found = service.get_loan(actor.school_id, loan_id)
    items = service.items_of(actor.school_id, loan_id)
    return render_template(
        "loans/loan.html",
        loan=found,
        items=items,
        open_items=[one for one in items if one.returned_at is None],
        state=rules.state_of(open_items=found.open_items, due_on=found.due_on, today=service.today()),
        person=people.get_person(actor.school_id, found.person_id),
        unsigned=[one for one in items if one.returned_at is not None and not one.returned_by],
        conditions=Condition,
        means=rules.Means,
        papers=papers.papers_of(actor.school_id, loan_id),
        desk=actor.role in rules.LENDERS,
        label=service.label_of(found),
        tags=_tags(actor.school_id, [one.asset_id for one in items if one.returned_at is None]),
    )


@bp.route("/loans/<uuid:loan_id>/signature.png")
@web.allow(web.READERS)
def signature_png(loan_id: UUID) -> ResponseReturnValue:
    """The signature with which it went out."""
    drawn = service.get_loan(web.actor().school_id, loan_id).drawn
    return Response(drawn or b"", mimetype="image/png", status=200 if drawn else 404)


@bp.route("/loans/return", methods=["GET"])
@web.allow(rules.LENDERS)
def return_items() -> ResponseReturnValue:
    """Scan what comes back: one thing or a trolley of thirty."""
    form = forms.BackForm(request.args)
    if "tags" in request.args:
        form.items.data = request.args["tags"][:10_000]
    return render_template("loans/return.html", form=form)


@bp.route("/loans/receive", methods=["GET", "POST"])
@web.allow(rules.LENDERS)
def receive() -> ResponseReturnValue:
    """How each thing comes back, and the signature of who brings it."""
    actor = web.actor()
    form = forms.SignInForm(request.form if request.method == "POST" else request.args)
    if request.method == "GET" and not forms.BackForm(request.args).validate():
        return redirect(url_for("loans.return_items"))
    if request.method == "POST" and form.validate():
        try:
            things = scanning.certain(actor.school_id, form.items.data or "")
            back = service.take_back(actor, _back(things), form.signed())
        except (Denied, Conflict) as refused:
            db.session.rollback()
            refuse(form, refused)
        else:
            return _received(back)
    return _receive_page(actor, form, scanning.listed(actor.school_id, form.items.data or ""))


def _received(back: list[LoanItem]) -> ResponseReturnValue:
    """Say what is back; what is damaged is one tap from an incident, and needs a reset before another gets it."""
    count, loan_ids = len(back), {one.loan_id for one in back}
    freeze(web.actor(), sorted({one.loan_id for one in back if one.returned_by}))
    damaged = [one.label for one in back if one.condition_in == Condition.DAMAGED.value]
    db.session.commit()
    flash(f"{count} thing{'' if count == 1 else 's'} came back.", "success")
    if damaged:
        flash(f"Damaged: {', '.join(damaged)}. Report it on its page, or send it to repair.", "warning")
    for lacking in missing(web.actor().school_id, [one.asset_id for one in back], out=True):
        flash(lacking, "warning")
    target = url_for("loans.loan", loan_id=next(iter(loan_ids))) if len(loan_ids) == 1 else url_for("loans.loans")
    return redirect(target)


def _receive_page(actor: Actor, form: forms.SignInForm, things: Listed) -> ResponseReturnValue:
    out = service.open_of(actor.school_id, [one.id for one in things.assets])
    loans_of = {one.id: one for one in (service.get_loan(actor.school_id, item.loan_id) for item in out.values())}
    names = {one.id: people.get_person(actor.school_id, one.person_id).name for one in loans_of.values()}
    if request.method == "GET" and len(set(names.values())) == 1:
        form.signatory.data = next(iter(names.values()))
    rows = [(one, inventory.label_of(one), out.get(one.id)) for one in things.assets]
    page = render_template(
        "loans/receive.html",
        form=form,
        rows=rows,
        names=names,
        unknown=things.unclear,
        conditions=Condition,
        told=request.form if request.method == "POST" else {},
    )
    return page, UNPROCESSABLE if form.errors else 200


@bp.route("/loans/<uuid:loan_id>/extend", methods=["GET", "POST"])
@web.allow(rules.LENDERS)
def extend(loan_id: UUID) -> ResponseReturnValue:
    """Move the due date."""
    actor, form = web.actor(), forms.ExtendForm()
    found = service.get_loan(actor.school_id, loan_id)
    if request.method == "GET":
        form.version.data = found.version
    elif form.validate() and form.due_on.data:
        try:
            service.extend(actor, loan_id, form.due_on.data, version=form.version.data or 0)
        except (Denied, Conflict) as refused:
            db.session.rollback()
            refuse(form, refused)
            found = service.get_loan(actor.school_id, loan_id)
            form.go_on_from(found.version)
        else:
            db.session.commit()
            flash("The loan is extended.", "success")
            return redirect(url_for("loans.loan", loan_id=loan_id))
    page = render_template("loans/extend.html", form=form, loan=found, label=service.label_of(found))
    return page, UNPROCESSABLE if form.errors else 200


@bp.route("/loans/off-site")
@web.allow(web.READERS)
def off_site() -> ResponseReturnValue:
    """Everything outside the school, with whom, since when, until when: one print-out."""
    actor = web.actor()
    rows = search.off_site(actor.school_id, service.today())
    return render_template(
        "loans/off_site.html",
        rows=rows,
        confirmed=own.last_confirmed(actor.school_id, [row.item.id for row in rows]),
        about=school_of(actor.school_id),
        today=service.today(),
    )


@bp.route("/loans/off-site.csv")
@web.allow(web.READERS)
def off_site_csv() -> ResponseReturnValue:
    """The same as a file."""
    rows = [
        (row.item.label, row.borrower, row.loan.lent_at, row.loan.due_on, row.loan.purpose, row.loan.place)
        for row in search.off_site(web.actor().school_id, service.today())
    ]
    body = csv_bytes(("Thing", "With", "Since", "Until", "What for", "Where"), rows)
    headers = {"Content-Disposition": 'attachment; filename="off-site.csv"'}
    return Response(body, mimetype="text/csv; charset=utf-8", headers=headers)


@bp.route("/loans/borrowers/<uuid:person_id>/suspend", methods=["GET", "POST"])
@web.allow(rules.LENDERS)
def suspend(person_id: UUID) -> ResponseReturnValue:
    """Somebody may not borrow for now."""
    actor, form = web.actor(), forms.SuspendForm()
    name = people.get_person(actor.school_id, person_id).name
    if form.validate_on_submit():
        try:
            service.suspend(actor, person_id, form.reason.data or "")
        except Denied as denied:
            db.session.rollback()
            refuse(form, denied)
        else:
            db.session.commit()
            flash(f"{name} may not borrow for now.", "success")
            return redirect(url_for("people.person", person_id=person_id))
    page = render_template("loans/suspend.html", form=form, name=name, person_id=person_id)
    return page, UNPROCESSABLE if form.errors else 200


@bp.post("/loans/borrowers/<uuid:person_id>/lift")
@web.allow(rules.LENDERS)
def lift(person_id: UUID) -> ResponseReturnValue:
    """Somebody may borrow again."""
    service.lift(web.actor(), person_id)
    db.session.commit()
    flash("This person may borrow again.", "success")
    return redirect(url_for("people.person", person_id=person_id))


def _back(assets: Sequence[Asset]) -> list[Back]:
    """Each thing with how it came back; a word that is none of ours is refused, never taken for `as lent`."""
    made = []
    for one in assets:
        told = request.form.get(f"condition-{one.id}", "")
        if told not in set(Condition):
            raise Denied((Blocker("condition", "Say for each thing how it comes back."),))
        made.append(Back(one.id, Condition(told), request.form.get(f"note-{one.id}", "")))
    return made


def _tags(school_id: UUID, asset_ids: list[UUID]) -> str:
    return "\n".join(inventory.get_asset(school_id, one).tag for one in asset_ids)


def _person_panel(actor: Actor, person_id: UUID) -> Markup | str:
    """What a person has and had."""
    person = people.get_person(actor.school_id, person_id)
    page = render_template(
        "loans/_person.html",
        rows=search.of_person(actor.school_id, person_id, service.today()),
        person=person,
        suspension=service.suspension_of(person),
        desk=actor.role in rules.LENDERS,
    )
    return Markup(page)  # noqa: S704 - a template made it


def _asset_panel(actor: Actor, asset_id: UUID) -> Markup | str:
    """Who had a thing, and who has it."""
    rows = search.of_asset(actor.school_id, asset_id)
    asset = inventory.get_asset(actor.school_id, asset_id)
    lendable = actor.role in rules.LENDERS and asset.state == "in_store"
    if not rows and not lendable:
        return ""
    page = render_template(
        "loans/_asset.html",
        rows=rows,
        tag=asset.tag,
        lendable=lendable,
        conditions=Condition,
        desk=actor.role in rules.LENDERS,
    )
    return Markup(page)  # noqa: S704 - a template made it


PERSON_PANELS = [web.Panel("Loans", _person_panel)]
ASSET_PANELS = [web.Panel("Loans", _asset_panel)]
