"""The page of reminders, the test mail, and the line manager of a person; on both databases."""

from collections.abc import Iterator
from dataclasses import replace
from functools import partial

import pytest
from icalendar import Calendar
from sqlalchemy import select

from tests.cast import Site
from tests.tracker.reminders.borrowers import HEAD, SENDER, Borrowers, Clock, borrowers, change
from tests.tracker.reminders.postoffice import PostOffice, post_office
from tracker import mail
from tracker.audit.models import Event
from tracker.audit.service import entry_of
from tracker.db import db
from tracker.people import service as people
from tracker.reminders import work
from tracker.values import utc_now


@pytest.fixture
def office() -> Iterator[PostOffice]:
    with post_office() as opened:
        yield opened


@pytest.fixture
def made(site: Site, office: PostOffice) -> Borrowers:
    config = site.app.extensions["caretaker"]
    site.app.extensions["caretaker"] = replace(config, mail_server=office.server(), mail_from=SENDER)
    found = borrowers(site)
    db.session.commit()
    return found


def page(site: Site, username: str = "beth", query: str = "") -> str:
    answer = site.client(username).get(f"/reminders{query}")
    assert answer.status_code == 200
    return " ".join(answer.get_data(as_text=True).split())


@pytest.mark.parametrize(
    ("username", "status"), [("tess", 200), ("beth", 200), ("hana", 200), ("gwen", 403), ("stan", 403)]
)
def test_it_is_for_the_head_the_bursar_and_the_technician(
    site: Site, made: Borrowers, username: str, status: int
) -> None:
    assert site.client(username).get("/reminders").status_code == status


def test_it_shows_what_went_what_did_not_and_who_is_not_reached(
    site: Site, made: Borrowers, office: PostOffice
) -> None:
    due = made.lend().due_on
    made.lend(made.mo)
    db.session.commit()
    change(made.desk.actor, people.get_person(made.actor.school_id, made.mo), email="")
    db.session.commit()
    empty = page(site)
    assert "No mail was sent yet" in empty
    assert "1 mail goes out: Ann Example" in empty
    assert "Has no email address that can be used" in empty
    clock, post = Clock(utc_now()).at(due, 8), partial(mail.send, office.server(), seconds=10)
    office.ways = {"data": "drop"}
    list(work.run(made.actor, HEAD, SENDER, post, clock))
    assert "the next run of today sends it once more" in page(site)
    office.ways = {"data": "550 5.7.1 <b>no</b>"}
    list(work.run(made.actor, HEAD, SENDER, post, clock.at(due, 9)))
    shown = page(site, query="?state=failed")
    assert "550 5.7.1 &lt;b&gt;no&lt;/b&gt;" in shown
    assert "ann@school.example" in shown
    assert "No mail fits this choice" in page(site, query="?state=sent")
    assert ">1 mail</p>" in page(site, query="?state=nonsense&page=x")


def test_another_schools_mails_are_not_shown(site: Site, made: Borrowers, office: PostOffice) -> None:
    due = made.lend().due_on
    db.session.commit()
    list(work.run(made.actor, HEAD, SENDER, partial(mail.send, office.server()), Clock(utc_now()).at(due)))
    assert "0 mails" in page(site, "otto")
    assert "Ann Example" not in page(site, "otto")


def test_a_test_mail_goes_to_whoever_asks_and_is_in_the_log(site: Site, made: Borrowers, office: PostOffice) -> None:
    answer = site.client("hana").post("/reminders/test", follow_redirects=True)
    assert "on its way to hana@school.example" in answer.get_data(as_text=True)
    assert office.readers == ["hana@school.example"]
    event = db.session.scalars(select(Event).where(Event.kind == "mail:tested")).one()
    assert entry_of(event).after == {"address": "hana@school.example", "sent": True}


def test_a_test_mail_that_cannot_go_says_why(site: Site, made: Borrowers, office: PostOffice) -> None:
    assert "Tess Technician has no email address under People yet" in said(site, "tess")
    office.ways = {"rcpt": "550 5.1.1 no such mailbox"}
    assert "550 5.1.1 no such mailbox" in said(site, "hana")
    config = site.app.extensions["caretaker"]
    site.app.extensions["caretaker"] = replace(config, mail_server=None, mail_from="")
    assert "No mail server is set" in said(site, "hana")
    assert not office.mails


def said(site: Site, username: str) -> str:
    return site.client(username).post("/reminders/test", follow_redirects=True).get_data(as_text=True)


def test_a_test_mail_needs_the_token_of_its_form(site: Site, made: Borrowers, office: PostOffice) -> None:
    client = site.client("hana")
    site.app.config["WTF_CSRF_ENABLED"] = True
    assert client.post("/reminders/test").status_code == 400
    assert not office.mails


def test_a_slow_mail_server_keeps_nobody_from_writing(site: Site, made: Borrowers, office: PostOffice) -> None:
    class Writing(Exception):
        pass

    def post(*_: object) -> None:  # in place of the server's answer: somebody else writes
        with db.engine.begin() as other:
            other.exec_driver_sql("UPDATE people SET job = 'Nurse' WHERE name = 'Ann Example'")
        raise Writing

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(mail, "send", post)
        patch.setitem(site.app.config, "PROPAGATE_EXCEPTIONS", True)
        answer = site.client("hana").post("/reminders/test")
    assert answer.status_code == 500
    assert people.get_person(made.actor.school_id, made.ann).job == "Nurse"


def test_a_line_manager_is_chosen_shown_and_kept_when_they_leave(site: Site, made: Borrowers) -> None:
    client, address = site.client("beth"), f"/people/{made.ann}"
    assert "Mo Manager" in client.get(address).get_data(as_text=True)
    mo = people.get_person(made.actor.school_id, made.mo)
    change(made.desk.actor, mo, left_on=utc_now().date().replace(year=2025))
    db.session.commit()
    form = client.get(f"{address}/edit").get_data(as_text=True)
    assert "Mo Manager (left)" in form
    told = {"name": "Ann Example", "kind": "staff", "job": "Teacher", "line_manager_id": str(made.mo)}
    version = people.get_person(made.actor.school_id, made.ann).version
    assert client.post(f"{address}/edit", data={**told, "version": version}).status_code == 302
    assert people.get_person(made.actor.school_id, made.ann).line_manager_id == made.mo
    assert f'value="{made.ann}"' not in form  # nobody is offered as their own
    faulty = client.post(f"{address}/edit", data={**told, "version": version + 1, "line_manager_id": str(made.ann)})
    assert faulty.status_code == 422


def test_everybody_takes_their_own_due_dates_into_their_calendar(site: Site, made: Borrowers) -> None:
    client = site.client("hana")
    assert client.get("/mine/due-dates.ics").status_code == 302
    loan = made.lend(made.hana, days=5)
    due, loan_id = loan.due_on, loan.id
    other = made.lend(days=5).id
    db.session.commit()
    answer = client.get("/mine/due-dates.ics")
    assert answer.mimetype == "text/calendar"
    calendar = Calendar.from_ical(answer.data)
    (event,) = calendar.walk("VEVENT")
    assert (event["uid"], event.decoded("dtstart")) == (f"loan-{loan_id}@school.example", due)
    assert str(other) not in answer.get_data(as_text=True)
    assert "Due dates for my calendar" in client.get("/mine").get_data(as_text=True)
    assert site.client("stan").get("/mine/due-dates.ics").status_code == 302
