"""Reminders: what was mailed to whom, what did not go and why, and whom no mail reaches."""

from email.utils import make_msgid

from flask import Blueprint, Response, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from tracker import mail, web
from tracker.accounts.service import school_of
from tracker.db import db
from tracker.paging import page_number
from tracker.people import links
from tracker.people import service as people
from tracker.reminders import calendar, rules, service, words
from tracker.reminders.rules import SendState
from tracker.values import utc_now

bp = Blueprint("reminders", __name__)
TONES = {SendState.SENT: "good", SendState.FAILED: "bad", SendState.CLAIMED: "warn"}
LABELS = {SendState.SENT: "Sent", SendState.FAILED: "Not sent", SendState.CLAIMED: "Not known"}


@bp.get("/reminders")
@web.allow(rules.READERS)
def reminders() -> ResponseReturnValue:
    """What was mailed, what did not go, and whom no mail reaches."""
    school_id, state = web.actor().school_id, request.args.get("state", "")
    state = state if state in set(SendState) else ""
    number = page_number(request.args)
    rows, total = service.listed(school_id, state=state, page=number)
    return render_template(
        "reminders/reminders.html",
        rows=rows,
        total=total,
        number=number,
        last=max(1, -(-total // service.PAGE)),
        state=state,
        states=SendState,
        labels=LABELS,
        tones=TONES,
        plan=service.plan(school_id, utc_now()),
        today=service.day_of(utc_now()),
        mail_from=web.config().mail_from,
        own=people.email_of(links.person_of_user(web.actor())),
    )


@bp.get("/mine/due-dates.ics")
@web.allow(web.EVERYBODY)
def due_dates() -> ResponseReturnValue:
    """The last days of what I have, for my calendar; the same events as in the mails."""
    actor, person = web.actor(), links.person_of_user(web.actor())
    now, head = utc_now(), service.letterhead("", web.config())
    lines = service.due_dates(actor.school_id, person.id, now) if person else []
    body = calendar.ics(lines, host=head.host, at=now)
    if not body:
        flash("Nothing that you have is due later.", "info")
        return redirect(url_for("loans.mine"))
    headers = {"Content-Disposition": 'attachment; filename="due-dates.ics"'}
    return Response(body, mimetype="text/calendar; charset=utf-8", headers=headers)


@bp.post("/reminders/test")
@web.allow(rules.READERS)
def test() -> ResponseReturnValue:
    """Send a test mail to whoever asks for it, and to nobody else."""
    actor, config, person = web.actor(), web.config(), links.person_for_user(web.actor())
    address, school, subject = person.email, school_of(actor.school_id).name, people.subject_of(person)
    db.session.commit()  # nothing waits for the database while the mail is on its way
    target = redirect(url_for("reminders.reminders"))
    if config.mail_server is None:
        flash("No mail server is set. docs/deployment.md says how.", "danger")
        return target
    if not address:
        flash(f"{subject.label} has no email address under People yet. Enter it there first.", "danger")
        return target
    told, problem = words.test_mail(actor.name, school=school), ""
    try:
        message = mail.compose(
            sender=(school, config.mail_from),
            to=(actor.name, address),
            subject=told.subject,
            text=told.text,
            html=told.html,
            message_id=make_msgid("test", domain=config.mail_from.rpartition("@")[2]),
            at=utc_now(),
        )
        mail.send(config.mail_server, message)
    except ValueError:
        problem = f"{address} is no address that can be used. Correct it under People."
    except (mail.NotSent, mail.Unsure) as error:
        problem = str(error)
    service.note_test(actor, subject, address, problem)
    db.session.commit()
    if problem:
        flash(f"The test mail did not go. {problem}", "danger")
    else:
        flash(f"The test mail is on its way to {address}.", "success")
    return target
