"""Reservations: the calendar, reserve, cancel, collect; what a thing's and a person's page tell of them."""

from datetime import date, datetime, time, timedelta
from urllib.parse import urlencode
from uuid import UUID

from flask import flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from markupsafe import Markup

from tracker import web
from tracker.db import db
from tracker.forms import fill, refuse
from tracker.inventory import kinds, scanning
from tracker.inventory import service as inventory
from tracker.inventory.models import Asset
from tracker.inventory.rules import AssetState
from tracker.loans import kits, reservations, reservations_days
from tracker.loans import reservations_forms as forms
from tracker.loans import reservations_rules as rules
from tracker.loans.blueprint import bp
from tracker.people import links
from tracker.people import service as people
from tracker.terms.service import calendar_of
from tracker.values import LONDON, Actor, Blocker, Conflict, Denied, today

UNPROCESSABLE = 422


@bp.route("/loans/reservations")
@web.allow(web.EVERYBODY)
def all_reservations() -> ResponseReturnValue:
    """A week or a month of reservations; on a phone a list of days."""
    actor, month = web.actor(), request.args.get("view") == "month"
    day = _day(request.args.get("day", ""))
    first, last = reservations_days.bounds(day, month=month)
    span = rules.Span(_midnight(first), _midnight(last + timedelta(days=1)))
    found = reservations.between(actor.school_id, span)
    before, after = reservations_days.neighbours(day, month=month)
    return render_template(
        "loans/reservations.html",
        weeks=reservations_days.weeks(first, last, found, calendar_of(actor.school_id)),
        rows=found,
        month=month,
        day=day,
        before=before,
        after=after,
        today=today(),
        may=actor.role in rules.RESERVERS,
    )


@bp.route("/loans/reservations/new", methods=["GET", "POST"])
@web.allow(rules.RESERVERS)
def reserve() -> ResponseReturnValue:
    """Reserve a kit, things, or so many of a kind."""
    actor, desk = web.actor(), web.actor().role in rules.DESK
    form = forms.ReserveForm(request.form if request.method == "POST" else request.args)
    _fill(form, actor, desk=desk)
    if request.method == "POST" and form.validate():
        try:
            things = scanning.certain(actor.school_id, form.items.data or "")
            asked = form.asked([one.id for one in things])
            made = reservations.reserve(actor, _for_whom(actor, form, desk=desk), asked)
        except Denied as denied:
            db.session.rollback()
            refuse(form, denied)
        else:
            return _done(made.id, "It is reserved.")
        _fill(form, actor, desk=desk)
    page = render_template("loans/reservation_form.html", form=form, desk=desk)
    return page, UNPROCESSABLE if form.errors else 200


def _fill(form: forms.ReserveForm, actor: Actor, *, desk: bool) -> None:
    fill(form.person, people.choices(actor.school_id) if desk else [], "Choose a person" if desk else "Myself")
    fill(form.kit, kits.choices(actor.school_id), "None")
    lent = [
        (one.id, one.name) for one in kinds.kinds(actor.school_id) if not (one.fixed or one.server or one.retired_at)
    ]
    fill(form.kind, lent, "None")


def _for_whom(actor: Actor, form: forms.ReserveForm, *, desk: bool) -> UUID:
    """The person who was chosen, else whoever asks. Raises Denied where the desk chose nobody."""
    if not desk:
        return links.person_for_user(actor).id
    if not form.person.data:
        raise Denied((Blocker("left", "Choose for whom it is."),))
    chosen: UUID = form.person.data
    return chosen


@bp.route("/loans/reservations/<uuid:reservation_id>")
@web.allow(web.EVERYBODY)
def reservation(reservation_id: UUID) -> ResponseReturnValue:
    """One reservation: what, for whom, when; and the way to hand it out."""
    actor = web.actor()
    found = reservations.get_reservation(actor.school_id, reservation_id)
    state, mine = reservations.state_of(found), links.person_of_user(actor)
    standing = state is rules.ReservationState.OPEN
    things = reservations.to_collect(found) if standing else reservations.things_of(found)
    ready = [one for one in things if one.state == AssetState.IN_STORE.value]
    return render_template(
        "loans/reservation.html",
        row=found,
        label=reservations.label_of(found),
        person=people.get_person(actor.school_id, found.person_id),
        span=reservations.span_of(found),
        state=state,
        standing=standing,
        things=[(one, inventory.label_of(one)) for one in things],
        problems=reservations.problems(found),
        collect=_collect(ready, found.person_id, found.ends_at) if standing and ready else "",
        desk=actor.role in rules.DESK,
        reader=actor.role in web.READERS,
        own=mine is not None and mine.id == found.person_id,
    )


@bp.route("/loans/reservations/<uuid:reservation_id>/cancel", methods=["GET", "POST"])
@web.allow(rules.RESERVERS)
def cancel_reservation(reservation_id: UUID) -> ResponseReturnValue:
    """Ask, then give a reservation up."""
    actor, form = web.actor(), forms.CancelForm()
    found = reservations.get_reservation(actor.school_id, reservation_id)
    if request.method == "GET":
        form.version.data = found.version
    elif form.validate():
        try:
            reservations.cancel(actor, reservation_id, version=form.version.data or 0)
        except (Denied, Conflict) as refused:
            db.session.rollback()
            refuse(form, refused)
            found = reservations.get_reservation(actor.school_id, reservation_id)
            form.go_on_from(found.version)
        else:
            return _done(reservation_id, "The reservation is cancelled.")
    page = render_template("loans/reservation_cancel.html", form=form, row=found, label=reservations.label_of(found))
    return page, UNPROCESSABLE if form.errors else 200


def _collect(things: list[Asset], person_id: UUID, ends_at: datetime) -> str:
    """The address of the page that lends these things, filled in."""
    last = (ends_at - timedelta(seconds=1)).astimezone(LONDON).date()
    told = {"items": "\n".join(one.tag for one in things), "person": person_id, "due_on": max(last, today())}
    return f"{url_for('loans.new_loan')}?{urlencode(told)}"


def _done(reservation_id: UUID, message: str) -> ResponseReturnValue:
    db.session.commit()
    flash(message, "success")
    return redirect(url_for("loans.reservation", reservation_id=reservation_id))


def _day(text: str) -> date:
    """The day that an address names; today for one that names none."""
    try:
        day = date.fromisoformat(text)
    except ValueError:
        return today()
    return day if 2000 <= day.year <= 2100 else today()


def _midnight(day: date) -> datetime:
    return datetime.combine(day, time(), LONDON)


def _asset_panel(actor: Actor, asset_id: UUID) -> Markup | str:
    """For whom a thing is reserved, and the kit that it is in."""
    rows, kit = reservations.of_asset(actor.school_id, asset_id), kits.kit_of(actor.school_id, asset_id)
    asset = inventory.get_asset(actor.school_id, asset_id)
    may = actor.role in rules.RESERVERS and asset.state in (AssetState.IN_STORE.value, AssetState.ON_LOAN.value)
    if not (rows or kit or may):
        return ""
    page = render_template("loans/_reservations.html", rows=rows, kit=kit, tag=asset.tag, may=may)
    return Markup(page)  # noqa: S704 - a template made it


def _person_panel(actor: Actor, person_id: UUID) -> Markup | str:
    """What somebody has reserved."""
    rows = reservations.of_person(actor.school_id, person_id)
    page = render_template("loans/_reservations.html", rows=rows, kit=None, may=False) if rows else ""
    return Markup(page)  # noqa: S704 - a template made it


ASSET_PANELS = [web.Panel("Reserved", _asset_panel)]
PERSON_PANELS = [web.Panel("Reserved", _person_panel)]
