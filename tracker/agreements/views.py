"""Agreements: write, approve, read, sign, and who has not signed."""

from collections.abc import Callable
from typing import TypeVar
from uuid import UUID

from flask import Blueprint, Response, flash, g, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from markupsafe import Markup

from tracker import web
from tracker.agreements import forms, report, rules, service
from tracker.agreements.models import Agreement, AgreementVersion
from tracker.agreements.rules import AgreementKind, Means, Relation, Standing
from tracker.db import db
from tracker.forms import Form, fill, refuse
from tracker.people import links
from tracker.people import service as people
from tracker.people.rules import PersonKind
from tracker.spreadsheet import csv_bytes
from tracker.values import Actor, Conflict, Denied

bp = Blueprint("agreements", __name__)
KEEPERS = web.EDITORS | web.PEOPLE_IN_CHARGE
UNPROCESSABLE = 422
T = TypeVar("T")


@bp.route("/agreements")
@web.allow(web.READERS)
def agreements() -> ResponseReturnValue:
    """All agreements, and how many have still to sign each."""
    school_id, retired = web.actor().school_id, request.args.get("retired") == "1"
    return render_template(
        "agreements/agreements.html",
        rows=report.overview(school_id, retired=retired),
        retired=retired,
        keeper=web.actor().role in KEEPERS,
        kinds=AgreementKind,
        today=service.today(),
    )


@bp.route("/agreements/<uuid:agreement_id>")
@web.allow(web.READERS)
def agreement(agreement_id: UUID) -> ResponseReturnValue:
    """One agreement, its versions and its draft."""
    actor = web.actor()
    found = service.get_agreement(actor.school_id, agreement_id)
    return render_template(
        "agreements/agreement.html",
        agreement=found,
        details=service.details_of(found),
        versions=service.versions_of(actor.school_id, agreement_id),
        current=service.version_in_force(actor.school_id, agreement_id),
        groups=[one.label for one in PersonKind if one in service.audience_of(found)],
        keeper=actor.role in KEEPERS,
        head=actor.role in rules.APPROVERS,
        today=service.today(),
    )


@bp.route("/agreements/new", methods=["GET", "POST"])
@web.allow(KEEPERS)
def new_agreement() -> ResponseReturnValue:
    """Add an agreement."""
    form = forms.AgreementForm()
    if form.validate_on_submit():
        made = _kept(form, lambda: service.add_agreement(web.actor(), form.details()))
        if made is not None:
            return _done(made, f"{made.title} is added. Now write its text.", "agreements.draft")
    return _form("agreements/form.html", form, None)


@bp.route("/agreements/<uuid:agreement_id>/edit", methods=["GET", "POST"])
@web.allow(KEEPERS)
def edit_agreement(agreement_id: UUID) -> ResponseReturnValue:
    """Change what an agreement is."""
    found, form = service.get_agreement(web.actor().school_id, agreement_id), forms.EditAgreementForm()
    if request.method == "GET":
        form.show(service.details_of(found))
        form.version.data = found.version
    elif form.validate():
        version = form.version.data or 0
        act = lambda: service.edit_agreement(web.actor(), agreement_id, form.details(), version=version)  # noqa: E731
        made = _kept(form, act)
        if made is not None:
            return _done(made, "The change is saved.")
    return _form("agreements/form.html", form, agreement_id)


@bp.route("/agreements/<uuid:agreement_id>/draft", methods=["GET", "POST"])
@web.allow(KEEPERS)
def draft(agreement_id: UUID) -> ResponseReturnValue:
    """Write the text of the next version."""
    actor, form = web.actor(), forms.DraftForm()
    found = service.get_agreement(actor.school_id, agreement_id)
    if request.method == "GET":
        newest = next(iter(service.versions_of(actor.school_id, agreement_id)), None)
        form.text.data = found.draft or (newest.text if newest else "")
        form.version.data = found.version
    elif form.validate():
        text, version = form.text.data or "", form.version.data or 0
        made = _kept(form, lambda: service.write_draft(actor, agreement_id, text, version=version))
        if made is not None:
            return _done(made, "The draft is saved. The head can approve it.")
    return _form("agreements/draft.html", form, agreement_id)


@bp.route("/agreements/<uuid:agreement_id>/approve", methods=["GET", "POST"])
@web.allow(rules.APPROVERS)
def approve(agreement_id: UUID) -> ResponseReturnValue:
    """Make the draft a version."""
    actor, form = web.actor(), forms.ApproveForm()
    found = service.get_agreement(actor.school_id, agreement_id)
    if request.method == "GET":
        form.version.data, form.in_force_on.data, form.sign_again.data = found.version, service.today(), True
    elif form.validate():
        told = {
            "version": form.version.data or 0,
            "minute_ref": form.minute_ref.data or "",
            "in_force_on": form.in_force_on.data or service.today(),
            "sign_again": bool(form.sign_again.data),
        }
        made = _kept(form, lambda: service.approve(actor, agreement_id, **told))  # type: ignore[arg-type] # as above
        if made is not None:
            number = made.number
            db.session.commit()
            flash(f"Version {number} is approved.", "success")
            return redirect(url_for("agreements.agreement", agreement_id=agreement_id))
    return _form("agreements/approve.html", form, agreement_id)


@bp.route("/agreements/<uuid:agreement_id>/retire", methods=["GET", "POST"])
@web.allow(web.PEOPLE_IN_CHARGE)
def retire(agreement_id: UUID) -> ResponseReturnValue:
    """Ask nobody to sign it any more, or ask again."""
    actor, form = web.actor(), forms.RetireForm()
    found = service.get_agreement(actor.school_id, agreement_id)
    if request.method == "GET":
        form.version.data = found.version
    elif form.validate():
        version, reason, retired = form.version.data or 0, form.reason.data or "", found.retired_at is None

        def act() -> Agreement:
            service.retire(actor, agreement_id, version=version, reason=reason, retired=retired)
            return service.get_agreement(actor.school_id, agreement_id)

        made = _kept(form, act)
        if made is not None:
            return _done(made, "Nobody is asked to sign it any more." if retired else "It is asked for again.")
    return _form("agreements/retire.html", form, agreement_id)


@bp.route("/agreements/versions/<uuid:agreement_version_id>")
@web.allow(web.EVERYBODY)
def version(agreement_version_id: UUID) -> ResponseReturnValue:
    """One version as it was approved; old ones stay readable. It prints with lines to sign on."""
    school_id = web.actor().school_id
    found = service.get_version(school_id, agreement_version_id)
    return render_template(
        "agreements/version.html", version=found, agreement=service.get_agreement(school_id, found.agreement_id)
    )


@bp.route("/agreements/<uuid:agreement_id>/missing")
@web.allow(web.READERS)
def missing(agreement_id: UUID) -> ResponseReturnValue:
    """Who has not signed the version that is in force (clause AG1)."""
    school_id = web.actor().school_id
    found = service.get_agreement(school_id, agreement_id)
    return render_template(
        "agreements/missing.html",
        agreement=found,
        rows=report.unsigned(school_id, found),
        current=service.version_in_force(school_id, agreement_id),
        keeper=web.actor().role in KEEPERS,
        mails=web.actor().role in web.EDITORS,
    )


@bp.route("/agreements/<uuid:agreement_id>/missing.csv")
@web.allow(web.READERS)
def missing_csv(agreement_id: UUID) -> ResponseReturnValue:
    """The same as a file."""
    found = service.get_agreement(web.actor().school_id, agreement_id)
    rows = [
        (one.person.name, PersonKind(one.person.kind).label, one.person.job, one.person.email, one.standing.label)
        for one in report.unsigned(web.actor().school_id, found)
    ]
    body = csv_bytes(("Name", "Group", "Job", "Email", "Signature"), rows)
    headers = {"Content-Disposition": 'attachment; filename="not-signed.csv"'}
    return Response(body, mimetype="text/csv; charset=utf-8", headers=headers)


@bp.route("/agreements/<uuid:agreement_id>/record", methods=["GET", "POST"])
@web.allow(KEEPERS)
def record_signature(agreement_id: UUID) -> ResponseReturnValue:
    """Record a signature: given at the desk on this screen, or on paper."""
    actor, form = web.actor(), forms.RecordForm()
    found = service.get_agreement(actor.school_id, agreement_id)
    current = service.version_in_force(actor.school_id, agreement_id)
    fill(form.person_id, report.signers(actor.school_id, service.audience_of(found)), "Choose a person")
    if request.method == "GET":
        _first(form, actor, current)
    elif current is not None and form.validate():
        made = _kept(form, lambda: service.sign(actor, current.id, *form.recorded()))
        if made is not None:
            db.session.commit()
            flash("The signature is recorded.", "success")
            return redirect(url_for("agreements.missing", agreement_id=agreement_id))
    return _sign_page("agreements/record.html", form, found, current)


@bp.route("/agreements/mine")
@web.allow(web.EVERYBODY)
def mine() -> ResponseReturnValue:
    """What I have signed, and what I have still to sign."""
    person = links.person_of_user(web.actor())
    if person is None:
        web.writing()
        person = links.person_for_user(web.actor())
        db.session.commit()
    return render_template(
        "agreements/mine.html", rows=service.standing_of(person), standing=Standing, must=g.get("must_sign", False)
    )


@bp.route("/agreements/<uuid:agreement_id>/sign", methods=["GET", "POST"])
@web.allow(web.EVERYBODY)
def sign(agreement_id: UUID) -> ResponseReturnValue:
    """Sign for myself."""
    actor, form = web.actor(), forms.SignForm()
    found = service.get_agreement(actor.school_id, agreement_id)
    current = service.version_in_force(actor.school_id, agreement_id)
    if request.method == "GET":
        form.text_sha256.data = current.text_sha256 if current else ""
        form.signatory.data = actor.name
    elif current is not None and form.validate():
        person_id = links.person_for_user(actor).id
        day = service.today()
        made = _kept(form, lambda: service.sign(actor, current.id, person_id, form.signing(day)))
        if made is not None:
            db.session.commit()
            flash("You have signed. Thank you.", "success")
            return redirect(url_for("agreements.mine"))
    return _sign_page("agreements/sign.html", form, found, current)


@bp.route("/signatures/<uuid:signature_id>")
@web.allow(web.READERS)
def signature(signature_id: UUID) -> ResponseReturnValue:
    """One signature: who, when, how, and under which text."""
    school_id = web.actor().school_id
    return render_template(
        "agreements/signature.html",
        found=report.signature(school_id, signature_id),
        keeper=web.actor().role in KEEPERS,
        relation=Relation,
        means=Means,
    )


@bp.route("/signatures/<uuid:signature_id>.png")
@web.allow(web.READERS)
def signature_png(signature_id: UUID) -> ResponseReturnValue:
    """The drawn signature."""
    found = service.get_signature(web.actor().school_id, signature_id)
    return Response(found.drawn or b"", mimetype="image/png", status=200 if found.drawn else 404)


@bp.route("/signatures/<uuid:signature_id>/withdraw", methods=["GET", "POST"])
@web.allow(KEEPERS)
def withdraw(signature_id: UUID) -> ResponseReturnValue:
    """A signature was recorded by mistake, or is taken back."""
    actor, form = web.actor(), forms.ReasonForm()
    found = report.signature(actor.school_id, signature_id)
    if form.validate_on_submit():
        try:
            service.withdraw(actor, signature_id, form.reason.data or "")
        except Denied as denied:
            db.session.rollback()
            refuse(form, denied)
            found = report.signature(actor.school_id, signature_id)
        else:
            db.session.commit()
            flash("The signature counts no more.", "success")
            return redirect(url_for("agreements.signature", signature_id=signature_id))
    page = render_template("agreements/withdraw.html", form=form, found=found)
    return page, UNPROCESSABLE if form.errors else 200


def _first(form: forms.RecordForm, actor: Actor, current: AgreementVersion | None) -> None:
    """What the form begins with; the person may come from a list."""
    form.text_sha256.data = current.text_sha256 if current else ""
    form.signed_on.data, form.means.data = service.today(), Means.SCREEN.value
    try:
        person = people.get_person(actor.school_id, UUID(request.args.get("person", "")))
    except ValueError:
        return
    form.person_id.data = person.id
    pupil = person.kind == PersonKind.PUPIL.value
    form.relation.data = (Relation.PARENT if pupil else Relation.SELF).value
    form.signatory.data = person.parent_name if pupil else person.name


def _sign_page(template: str, form: Form, found: Agreement, current: AgreementVersion | None) -> ResponseReturnValue:
    page = render_template(template, form=form, agreement=found, current=current)
    return page, UNPROCESSABLE if form.errors else 200


def _kept(form: Form, act: Callable[[], T]) -> T | None:
    """Do it; where it is refused, say why at the form and give None."""
    try:
        return act()
    except (Denied, Conflict) as refused:
        db.session.rollback()
        refuse(form, refused)
        return None


def _done(found: Agreement, message: str, endpoint: str = "agreements.agreement") -> ResponseReturnValue:
    agreement_id = found.id
    db.session.commit()
    flash(message, "success")
    return redirect(url_for(endpoint, agreement_id=agreement_id))


def _form(template: str, form: Form, agreement_id: UUID | None) -> ResponseReturnValue:
    """The page of a form; after a conflict it carries the version that is there now."""
    found = None if agreement_id is None else service.get_agreement(web.actor().school_id, agreement_id)
    if found is not None and form.form_errors and "version" in form:
        form["version"].data = found.version
        form["version"].raw_data = None
    page = render_template(template, form=form, agreement=found, today=service.today())
    return page, UNPROCESSABLE if form.errors else 200


def _person_panel(actor: Actor, person_id: UUID) -> Markup | str:
    """Where a person stands with every agreement meant for them."""
    person = people.get_person(actor.school_id, person_id)
    rows, signed = service.standing_of(person), report.given(actor.school_id, person_id)
    if not rows and not signed:
        return ""
    page = render_template(
        "agreements/_person.html", rows=rows, signed=signed, person=person, keeper=actor.role in KEEPERS
    )
    return Markup(page)  # noqa: S704 - a template made it


PERSON_PANELS = [web.Panel("Agreements", _person_panel)]
