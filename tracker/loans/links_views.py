"""The desk's side of signing by a link: prepare and mail, see what waits, mail again, take back, sign here."""

from collections.abc import Callable
from uuid import UUID

from flask import flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from tracker import web
from tracker.accounts.service import school_of
from tracker.agreements import service as agreements
from tracker.db import db
from tracker.forms import fill, refuse
from tracker.inventory import scanning
from tracker.loans import forms, links, links_mail, rules, service
from tracker.loans.blueprint import bp
from tracker.loans.links import Asked
from tracker.loans.links_rules import LinkState, Purpose
from tracker.loans.out_views import lent_of, sign_page
from tracker.loans.paper_views import freeze
from tracker.paging import page_number
from tracker.people import service as people
from tracker.values import Conflict, Denied

UNPROCESSABLE = 422


@bp.get("/loans/signing")
@web.allow(web.READERS)
def requests() -> ResponseReturnValue:
    """What waits for a signature by a link, and what was signed."""
    number, waiting = page_number(request.args), request.args.get("state") != "all"
    rows, total = links.listed(web.actor().school_id, waiting=waiting, page=number)
    last = max(1, -(-total // links.PAGE))
    return render_template(
        "loans/requests.html", rows=rows, total=total, number=number, last=last, waiting=waiting, purposes=Purpose
    )


@bp.get("/loans/signing/<uuid:request_id>")
@web.allow(web.READERS)
def signing(request_id: UUID) -> ResponseReturnValue:
    """One request: what is to be signed, whether the mail went, and what can be done."""
    return _request_page(request_id, forms.AskAgainForm(formdata=None))


@bp.post("/loans/signing/loan")
@web.allow(rules.LENDERS)
def ask_for_loan() -> ResponseReturnValue:
    """Prepare a loan, and mail a link to sign it by."""
    actor, form, ask = web.actor(), forms.SignOutForm(request.form), forms.AskForm(request.form)
    fill(form.person, people.choices(actor.school_id), "Choose a person")
    chosen = forms.ChooseForm(request.form)
    fill(chosen.person, people.choices(actor.school_id), "Choose a person")
    if not chosen.validate():
        return render_template("loans/new.html", form=chosen, terms=service.terms(actor.school_id)), UNPROCESSABLE
    if ask.validate():
        try:
            things = scanning.certain(actor.school_id, form.items.data or "")
            items, to = lent_of(things), ask.to()
            asked = links.ask_for_loan(actor, form.person.data, items, form.details(), to, web.config().link_days)
        except Denied as denied:
            db.session.rollback()
            refuse(ask, denied)
        else:
            return _mailed(asked)
    return sign_page(actor, form, scanning.listed(actor.school_id, form.items.data or ""), ask)


@bp.route("/loans/<uuid:loan_id>/ask", methods=["GET", "POST"])
@web.allow(rules.LENDERS)
def ask_for_return(loan_id: UUID) -> ResponseReturnValue:
    """Mail a link to sign for what came back."""
    actor = web.actor()
    found = service.get_loan(actor.school_id, loan_id)
    about = f"What came back of {service.label_of(found).lower()}"
    act = lambda to: links.ask_for_return(actor, loan_id, to, web.config().link_days)  # noqa: E731
    return _ask_page(found.person_id, about, url_for("loans.loan", loan_id=loan_id), act)


@bp.route("/loans/signing/agreement/<uuid:agreement_id>/<uuid:person_id>", methods=["GET", "POST"])
@web.allow(rules.LENDERS)
def ask_for_agreement(agreement_id: UUID, person_id: UUID) -> ResponseReturnValue:
    """Mail a link to sign an agreement."""
    actor = web.actor()
    found = agreements.get_agreement(actor.school_id, agreement_id)
    act = lambda to: links.ask_for_agreement(actor, agreement_id, person_id, to, web.config().link_days)  # noqa: E731
    return _ask_page(person_id, found.title, url_for("agreements.missing", agreement_id=agreement_id), act)


@bp.post("/loans/signing/<uuid:request_id>/again")
@web.allow(rules.LENDERS)
def ask_again(request_id: UUID) -> ResponseReturnValue:
    """Mail another link; the one before opens nothing any more."""
    actor, form = web.actor(), forms.AskAgainForm()
    if form.validate():
        days, version = web.config().link_days, form.version.data or 0
        try:
            asked = links.renew(actor, request_id, form.to(), days, version=version)
        except (Denied, Conflict) as refused:
            db.session.rollback()
            refuse(form, refused)
        else:
            return _mailed(asked)
    return _request_page(request_id, form)


@bp.post("/loans/signing/<uuid:request_id>/revoke")
@web.allow(rules.LENDERS)
def revoke(request_id: UUID) -> ResponseReturnValue:
    """The link opens nothing any more."""
    told = request.form.get("version", "")
    links.revoke(web.actor(), request_id, version=int(told) if told.isdecimal() and len(told) < 9 else 0)
    db.session.commit()
    flash("The link opens nothing any more.", "success")
    return redirect(url_for("loans.signing", request_id=request_id))


@bp.route("/loans/signing/<uuid:request_id>/sign", methods=["GET", "POST"])
@web.allow(rules.LENDERS)
def sign_here(request_id: UUID) -> ResponseReturnValue:
    """Take the signature at the desk, where the mail did not go or somebody came by."""
    actor, form = web.actor(), forms.DocumentForm()
    found = links.get_request(actor.school_id, request_id)
    shown = links.shown(found)
    if request.method == "GET":
        form.text_sha256.data = shown.text.text_sha256 if shown.text else ""
        form.signatory.data = found.name
    elif form.validate():
        try:
            who = form.who(parent=shown.parent)
            signed = links.sign(actor.school_id, request_id, form.at_desk(), who, actor)
        except (Denied, Conflict) as refused:
            db.session.rollback()
            refuse(form, refused)
            found = links.get_request(actor.school_id, request_id)
            shown = links.shown(found)
        else:
            return _signed(signed.loan_id, request_id)
    page = render_template(
        "loans/sign_here.html",
        form=form,
        asked=found,
        shown=shown,
        blocked=links.blockers(found) if links.state_of(found) in (LinkState.WAITING, LinkState.EXPIRED) else (),
        state=links.state_of(found),
        purposes=Purpose,
    )
    return page, UNPROCESSABLE if form.errors else 200


def _signed(loan_id: UUID | None, request_id: UUID) -> ResponseReturnValue:
    freeze(web.actor(), [loan_id] if loan_id else [])
    db.session.commit()
    flash("It is signed.", "success")
    if loan_id is None:
        return redirect(url_for("loans.signing", request_id=request_id))
    return redirect(url_for("loans.loan", loan_id=loan_id))


def _ask_page(person_id: UUID, about: str, back: str, act: Callable[[links.Receiver], Asked]) -> ResponseReturnValue:
    """Ask to whom the link goes, and mail it."""
    form = forms.AskForm()
    person = people.get_person(web.actor().school_id, person_id)
    if request.method == "GET":
        form.show(links.receiver_of(person))
    elif form.validate():
        try:
            asked = act(form.to())
        except Denied as denied:
            db.session.rollback()
            refuse(form, denied)
            person = people.get_person(web.actor().school_id, person_id)
        else:
            return _mailed(asked)
    page = render_template(
        "loans/ask.html", form=form, person=person, about=about, back=back, parent=service.needs_parent(person)
    )
    return page, UNPROCESSABLE if form.errors else 200


def _mailed(asked: Asked) -> ResponseReturnValue:
    """Keep the request, then mail its link, then keep what became of it: no transaction waits for the mail server."""
    actor, config, request_id = web.actor(), web.config(), asked.request.id
    name = asked.request.name
    made = links_mail.letter(config, asked.request, asked.token, school_of(actor.school_id).name)
    db.session.commit()
    problem = links_mail.deliver(config, made)
    links.note_mailed(actor, request_id, asked.token, problem)
    db.session.commit()
    if problem:
        flash(f"The mail did not go, or is not known to have: {problem} It waits for the signature.", "warning")
    else:
        flash(f"The link is mailed to {name}. It waits for the signature.", "success")
    return redirect(url_for("loans.signing", request_id=request_id))


def _request_page(request_id: UUID, form: forms.AskAgainForm) -> ResponseReturnValue:
    actor = web.actor()
    found = links.get_request(actor.school_id, request_id)
    if not form.is_submitted() or not form.errors:
        form.show(links.Receiver(found.name, found.address))
    form.go_on_from(found.version)
    state = links.state_of(found)
    page = render_template(
        "loans/request.html",
        asked=found,
        shown=links.shown(found),
        state=state,
        open=state in (LinkState.WAITING, LinkState.EXPIRED),
        blocked=links.blockers(found) if state is LinkState.WAITING else (),
        form=form,
        purpose=Purpose(found.purpose),
        desk=actor.role in rules.LENDERS,
    )
    return page, UNPROCESSABLE if form.errors else 200
