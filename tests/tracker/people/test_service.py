"""People, on both databases."""

from collections.abc import Iterator
from datetime import date, timedelta
from uuid import uuid4

import pytest
from sqlalchemy import Engine

from tracker.accounts import service as accounts
from tracker.audit import chain
from tracker.audit.service import history, links
from tracker.people import service
from tracker.people.rules import Attendance, PersonDetails, PersonKind
from tracker.people.service import Wanted
from tracker.values import Actor, Conflict, Denied, NotFound, Role, utc_now


@pytest.fixture
def actor(database: Engine) -> Iterator[Actor]:
    school = accounts.create_school(accounts.SchoolDetails("st-b", "Saint Brigid's"), origin="tests")
    yield Actor(school.id, uuid4(), "Beth Bursar", Role.BURSAR, "tests")
    assert chain.verify(links(school.id)).broken is None


def test_a_person_is_added_with_an_event(actor: Actor) -> None:
    person = service.add_person(
        actor, PersonDetails("  Zoë  Ní Bhriain ", job="Class teacher", email="Zoe@School.Example")
    )
    assert (person.name, person.email) == ("Zoë Ní Bhriain", "zoe@school.example")
    (event,) = history(actor.school_id, "person", person.id)
    assert (event.kind, event.after["name"], event.actor) == ("person:created", "Zoë Ní Bhriain", "Beth Bursar")


def test_a_change_tells_what_changed_only(actor: Actor) -> None:
    person = service.add_person(actor, PersonDetails("Ruth"))
    last_day = date(2026, 7, 20)
    service.edit(actor, person.id, PersonDetails("Ruth", left_on=last_day), version=person.version)
    event = history(actor.school_id, "person", person.id)[0]
    assert (event.before, event.after) == ({"left": None}, {"left": "2026-07-20"})


def test_leavers_stay_but_are_no_longer_offered(actor: Actor) -> None:
    today = utc_now().date()
    service.add_person(actor, PersonDetails("Ann", left_on=today - timedelta(days=2)))
    last = service.add_person(actor, PersonDetails("Bea", left_on=today + timedelta(days=2)))
    stays = service.add_person(actor, PersonDetails("Cat"))
    assert service.choices(actor.school_id) == [(last.id, "Bea"), (stays.id, "Cat")]
    assert [person.name for person in service.listed(actor.school_id)[0]] == ["Bea", "Cat"]
    assert service.listed(actor.school_id, Wanted(attendance=Attendance.EVERYBODY))[1] == 3


def test_people_are_found_without_regard_to_case_and_accents(actor: Actor) -> None:
    service.add_person(actor, PersonDetails("Zoë Ångström", job="Site manager"))
    for text in ("ZOE", "angstrom zoe", "site", "ÅNG"):
        assert service.listed(actor.school_id, Wanted(text))[1] == 1, text
    for text in ("%", "_", "zoe nobody"):
        assert service.listed(actor.school_id, Wanted(text))[1] == 0, text


def test_the_slower_of_two_is_told(actor: Actor) -> None:
    person = service.add_person(actor, PersonDetails("Ruth"))
    seen = person.version
    service.edit(actor, person.id, PersonDetails("Ruth O'Neill"), version=seen)
    with pytest.raises(Conflict, match="Beth Bursar changed Ruth O'Neill"):
        service.edit(actor, person.id, PersonDetails("R. O'Neill"), version=seen)


@pytest.mark.parametrize(
    "details",
    [
        PersonDetails(""),
        PersonDetails("   "),
        PersonDetails("x" * 201),
        PersonDetails("a\0b"),
        PersonDetails("\u202eevil"),
        PersonDetails("half \udc00"),
        PersonDetails("A", job="x" * 101),
        PersonDetails("A", email="nobody"),
        PersonDetails("A", email="a b@c.d"),
        PersonDetails("A", email="a@b." + "c" * 254),
    ],
)
def test_bad_details_are_refused(actor: Actor, details: PersonDetails) -> None:
    with pytest.raises(Denied):
        service.add_person(actor, details)
    assert service.listed(actor.school_id)[1] == 0


def test_a_person_of_another_school_is_nobody(actor: Actor) -> None:
    person = service.add_person(actor, PersonDetails("Ruth"))
    school = accounts.create_school(accounts.SchoolDetails("other", "Other School"), origin="tests")
    otto = Actor(school.id, uuid4(), "Otto", Role.TECHNICIAN, "tests")
    with pytest.raises(NotFound):
        service.get_person(otto.school_id, person.id)
    with pytest.raises(NotFound):
        service.edit(otto, person.id, PersonDetails("Mine", PersonKind.STAFF), version=1)
    assert service.choices(otto.school_id) == []


def test_that_a_dbs_check_is_current_is_a_day_and_nothing_else(actor: Actor) -> None:
    person, today = service.add_person(actor, PersonDetails("Tess")), utc_now().date()
    confirmed = PersonDetails("Tess", dbs_confirmed_on=today - timedelta(days=3))
    service.edit(actor, person.id, confirmed, version=person.version)
    assert service.details_of(person) == confirmed
    event = history(actor.school_id, "person", person.id)[0]
    assert event.after == {"dbs_confirmed_on": confirmed.dbs_confirmed_on.isoformat()}  # type: ignore[union-attr]


@pytest.mark.parametrize("day", [date(2012, 11, 30), utc_now().date() + timedelta(days=2)])
def test_a_dbs_check_is_confirmed_on_a_day_that_can_be(actor: Actor, day: date) -> None:
    with pytest.raises(Denied, match="from December 2012 to today"):
        service.add_person(actor, PersonDetails("Tess", dbs_confirmed_on=day))


def test_nobody_answers_to_themselves_directly_or_in_a_circle(actor: Actor) -> None:
    ann = service.add_person(actor, PersonDetails("Ann"))
    bea = service.add_person(actor, PersonDetails("Bea", line_manager_id=ann.id))
    cat = service.add_person(actor, PersonDetails("Cat", line_manager_id=bea.id))
    for manager, says in ((ann, "their own line manager"), (bea, "answers to this person"), (cat, "answers to this")):
        with pytest.raises(Denied, match=says):
            service.edit(actor, ann.id, PersonDetails("Ann", line_manager_id=manager.id), version=ann.version)
    assert ann.line_manager_id is None


def test_a_line_manager_is_somebody_of_the_school_who_has_not_left(actor: Actor) -> None:
    gone = service.add_person(actor, PersonDetails("Gone", left_on=date(2020, 1, 1)))
    with pytest.raises(Denied, match="has left the school"):
        service.add_person(actor, PersonDetails("Ann", line_manager_id=gone.id))
    with pytest.raises(NotFound):
        service.add_person(actor, PersonDetails("Ann", line_manager_id=uuid4()))


def test_the_log_names_the_line_manager(actor: Actor) -> None:
    mo = service.add_person(actor, PersonDetails("Mo"))
    ann = service.add_person(actor, PersonDetails("Ann"))
    service.edit(actor, ann.id, PersonDetails("Ann", line_manager_id=mo.id), version=ann.version)
    event = history(actor.school_id, "person", ann.id)[0]
    assert (event.before, event.after) == ({"line_manager": None}, {"line_manager": "Mo"})


def test_first_and_last_days_say_who_is_here_who_comes_and_who_left(actor: Actor) -> None:
    today = utc_now().date()
    soon, gone = today + timedelta(days=20), today - timedelta(days=2)
    service.add_person(actor, PersonDetails("Here", started_on=date(2020, 9, 1)))
    service.add_person(actor, PersonDetails("Coming", PersonKind.GOVERNOR, started_on=soon))
    service.add_person(actor, PersonDetails("Gone", started_on=date(2019, 9, 1), left_on=gone))

    def named(**wanted: object) -> list[str]:
        return [one.name for one in service.everybody(actor.school_id, Wanted(**wanted))]  # type: ignore[arg-type]

    assert named() == ["Coming", "Here"]
    assert named(attendance=Attendance.STARTING) == ["Coming"]
    assert named(attendance=Attendance.LEFT) == ["Gone"]
    assert named(attendance=Attendance.EVERYBODY, kind=PersonKind.STAFF) == ["Gone", "Here"]


def test_a_pupil_has_a_parent_who_signs_and_nobody_else_has(actor: Actor) -> None:
    pupil = PersonDetails("Pip", PersonKind.PUPIL, parent_name=" Pam  Parent ", parent_email="Pam@Home.Example")
    kept = service.add_person(actor, pupil)
    assert (kept.parent_name, kept.parent_email) == ("Pam Parent", "pam@home.example")
    assert service.listed(actor.school_id, Wanted("pam"))[0] == [kept]
    with pytest.raises(Denied, match="Only a pupil has a parent"):
        service.add_person(actor, PersonDetails("Ann", parent_name="Pam Parent"))
    with pytest.raises(Denied, match="name of the parent or carer who has this"):
        service.add_person(actor, PersonDetails("Pat", PersonKind.PUPIL, parent_email="pam@home.example"))


@pytest.mark.parametrize(
    ("told", "says"),
    [
        ({"started_on": date(2026, 9, 1), "left_on": date(2026, 8, 31)}, "before the first"),
        ({"started_on": date(202, 9, 1)}, "from 1930"),
        ({"left_on": date(2206, 9, 1)}, "Correct the year"),
        ({"reference": "x" * 41}, "longer than 40"),
        ({"reference": "a\x1bb"}, "cannot be shown"),
    ],
)
def test_days_and_references_that_cannot_be_are_refused(actor: Actor, told: dict[str, object], says: str) -> None:
    with pytest.raises(Denied, match=says):
        service.add_person(actor, PersonDetails("Ann", **told))  # type: ignore[arg-type]


def test_no_two_have_one_reference(actor: Actor) -> None:
    service.add_person(actor, PersonDetails("Ann", reference="S-17"))
    bea = service.add_person(actor, PersonDetails("Bea"))
    service.add_person(actor, PersonDetails("Cat"))  # many have none
    with pytest.raises(Denied, match="Ann has this number already"):
        service.add_person(actor, PersonDetails("Dot", reference=" S-17 "))
    with pytest.raises(Denied, match="Ann has this number already"):
        service.edit(actor, bea.id, PersonDetails("Bea", reference="S-17"), version=bea.version)
