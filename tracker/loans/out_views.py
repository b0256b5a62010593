"""Hand out with a signature at the desk: who borrows what, what keeps it here, the terms."""

from collections.abc import Sequence

from flask import flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from tracker import web
from tracker.db import db
from tracker.forms import fill, refuse
from tracker.inventory import scanning
from tracker.inventory import service as inventory
from tracker.inventory.models import Asset
from tracker.inventory.scanning import Listed
from tracker.loans import forms, links, reservations, rules, service
from tracker.loans.blueprint import bp
from tracker.loans.paper_views import freeze
from tracker.loans.service import Lent
from tracker.people import service as people
from tracker.values import Actor, Blocker, Conflict, Denied

UNPROCESSABLE = 422


@bp.route("/loans/new")
@web.allow(rules.LENDERS)
def new_loan() -> ResponseReturnValue:
    """Scan the things, choose the person: the next page asks for the signature."""
    actor, form = web.actor(), forms.ChooseForm(request.args)
    fill(form.person, people.choices(actor.school_id), "Choose a person")
    if "tags" in request.args and not form.items.data:
        form.items.data = request.args["tags"][:10_000]
    return render_template("loans/new.html", form=form, terms=service.terms(actor.school_id))


@bp.route("/loans/sign", methods=["GET", "POST"])
@web.allow(rules.LENDERS)
def sign_out() -> ResponseReturnValue:
    """What goes out, what keeps it here, the terms, and the signature."""
    actor = web.actor()
    if request.method == "GET" and not request.args:
        return redirect(url_for("loans.new_loan"))
    form = forms.SignOutForm(request.form if request.method == "POST" else request.args)
    fill(form.person, people.choices(actor.school_id), "Choose a person")
    if request.method == "GET":
        chosen = forms.ChooseForm(request.args)
        fill(chosen.person, people.choices(actor.school_id), "Choose a person")
        if not chosen.validate():
            return render_template("loans/new.html", form=chosen, terms=service.terms(actor.school_id)), UNPROCESSABLE
    if request.method == "POST" and form.validate():
        try:
            things = scanning.certain(actor.school_id, form.items.data or "")
            made = service.lend(actor, form.person.data, lent_of(things), form.details(), form.signed())
        except (Denied, Conflict) as refused:
            db.session.rollback()
            refuse(form, refused)
        else:
            loan_id = made.id
            freeze(actor, [loan_id])
            db.session.commit()
            flash("The loan is signed. Hand the things over.", "success")
            return redirect(url_for("loans.loan", loan_id=loan_id))
    return sign_page(actor, form, scanning.listed(actor.school_id, form.items.data or ""))


def sign_page(
    actor: Actor, form: forms.SignOutForm, things: Listed, ask: forms.AskForm | None = None
) -> ResponseReturnValue:
    """The page of the signature, with everything that keeps a thing or the person back. `ask`: for a mailed link."""
    version, asked = service.terms(actor.school_id), request.method == "GET"
    blocked: tuple[Blocker, ...] = ()
    parent, ask = False, ask or forms.AskForm(formdata=None)
    if form.person.data:
        person = people.get_person(actor.school_id, form.person.data)
        parent = service.needs_parent(person)
        if not ask.is_submitted() or not ask.errors:
            ask.show(links.receiver_of(person))
        if asked:
            form.signatory.data = person.parent_name if parent else person.name
            form.text_sha256.data = version.text_sha256 if version else ""
            facts = [service.item_facts(one) for one in things.assets]
            decision = rules.may_lend(
                form.details(), service.borrower_facts(person), facts, actor.role, service.today()
            )
            ids, details = [one.id for one in things.assets], form.details()
            reserved = reservations.keeps(actor, person.id, ids, details.due_on, details.over)
            blocked = (*decision.blockers, *reserved)
    page = render_template(
        "loans/sign.html",
        form=form,
        things=[(one, inventory.label_of(one)) for one in things.assets],
        unknown=things.unclear,
        blocked=blocked,
        terms=version,
        parent=parent,
        ask=ask,
        told=request.form if not asked else {},
    )
    return page, UNPROCESSABLE if form.errors or ask.errors else 200


def lent_of(assets: Sequence[Asset]) -> list[Lent]:
    """Each thing with what was typed beside it."""
    told = request.form
    return [Lent(one.id, told.get(f"accessories-{one.id}", ""), told.get(f"condition-{one.id}", "")) for one in assets]
