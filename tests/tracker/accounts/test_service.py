"""Sign-in, lock-out and sessions, on both databases. Every answer that is no tells nothing of which accounts exist."""

from collections.abc import Iterator
from datetime import date, timedelta
from unittest import mock

import pytest
from sqlalchemy import Engine, select

from tracker.accounts import rules, service
from tracker.accounts.models import School, User
from tracker.audit import chain
from tracker.audit.models import Event
from tracker.audit.service import links
from tracker.db import db
from tracker.values import Actor, Denied, NotFound, Role, utc_now

PASSWORD = "three random words"
ORIGIN = "127.0.0.1"


@pytest.fixture
def school(database: Engine) -> School:
    return service.create_school(service.SchoolDetails("ST-B", "Saint Brigid's"), origin=ORIGIN)


@pytest.fixture
def system(school: School) -> Actor:
    return Actor(school.id, None, "Caretaker", None, ORIGIN)


@pytest.fixture
def tess(system: Actor) -> Iterator[User]:
    yield service.create_user(system, username="Tess ", name="Tess Technician", role=Role.TECHNICIAN, password=PASSWORD)
    assert chain.verify(links(system.school_id)).broken is None


def attempt(password: str = PASSWORD, username: str = "tess", code: str = "") -> tuple[User, str] | None:
    return service.sign_in(username, password, school_code=code, origin=ORIGIN)


def resume(user: User, token: str) -> Actor | None:
    found = service.resume(user.school_id, token, origin=ORIGIN, idle_minutes=15, hours=10)
    return found.actor if found else None


def kinds(school_id: object) -> list[str]:
    return list(db.session.scalars(select(Event.kind).where(Event.school_id == school_id).order_by(Event.seq)))


def test_the_right_password_opens_a_session_that_names_the_person(tess: User) -> None:
    found = attempt(username=" TESS ")
    assert found is not None
    actor = resume(tess, found[1])
    assert actor is not None
    assert (actor.id, actor.role, actor.name) == (tess.id, Role.TECHNICIAN, "Tess Technician")
    assert kinds(tess.school_id)[-1] == "user:signed_in"
    assert PASSWORD not in tess.password_hash


@pytest.mark.parametrize(("username", "password"), [("nobody", PASSWORD), ("tess", "wrong"), ("tess", "x" * 10**6)])
def test_every_wrong_answer_is_the_same_answer(tess: User, username: str, password: str) -> None:
    assert attempt(password, username) is None


def test_too_many_wrong_passwords_lock_even_the_right_one_out_and_time_unlocks(tess: User) -> None:
    for _ in range(rules.LOCK_AFTER):
        assert attempt("wrong") is None
    assert attempt() is None
    assert "user:locked" in kinds(tess.school_id)
    with mock.patch.object(service, "utc_now", return_value=utc_now() + rules.LOCK_FOR):
        assert attempt() is not None
    assert tess.failures == 0


def test_a_closed_account_cannot_sign_in_and_its_session_ends(tess: User, system: Actor) -> None:
    found = attempt()
    assert found is not None
    service.set_active(system, tess.id, active=False, why="left")
    assert resume(tess, found[1]) is None
    assert attempt() is None
    service.set_active(system, tess.id, active=True, why="came back")
    assert resume(tess, found[1]) is None
    assert attempt() is not None


@pytest.mark.parametrize("later", [timedelta(minutes=15), timedelta(hours=10)])
def test_an_idle_session_ends(tess: User, later: timedelta) -> None:
    found = attempt()
    assert found is not None
    with mock.patch.object(service, "utc_now", return_value=utc_now() + later):
        assert resume(tess, found[1]) is None
    assert resume(tess, found[1]) is not None


def test_signing_out_ends_one_session_and_everywhere_ends_all(tess: User) -> None:
    first, second = attempt(), attempt()
    assert first is not None
    assert second is not None
    actor = resume(tess, first[1])
    assert actor is not None
    service.sign_out(actor, first[1])
    assert resume(tess, first[1]) is None
    assert resume(tess, second[1]) is not None
    service.sign_out_everywhere(actor)
    db.session.expire_all()
    assert resume(tess, second[1]) is None


def test_a_token_of_one_school_opens_nothing_in_another(tess: User) -> None:
    other = service.create_school(service.SchoolDetails("other", "Other"), origin=ORIGIN)
    found = attempt(code="st-b")
    assert found is not None
    assert service.resume(other.id, found[1], origin=ORIGIN, idle_minutes=15, hours=10) is None
    assert attempt() is None  # without a code it is not clear which school is meant
    assert attempt(code="other") is None
    stranger = Actor(other.id, None, "Caretaker", None, ORIGIN)
    with pytest.raises(NotFound):
        service.set_active(stranger, tess.id, active=False, why="")


def test_a_guest_account_ends_after_its_last_day(system: Actor, school: School) -> None:
    with pytest.raises(Denied, match="last day"):
        service.create_user(system, username="aud", name="Aud", role=Role.AUDITOR, password=PASSWORD)
    service.create_user(
        system, username="aud", name="Aud", role=Role.AUDITOR, password=PASSWORD, expires_on=date(2020, 1, 1)
    )
    assert attempt(username="aud") is None


@pytest.mark.parametrize("password", ["", "short", "aaaaaaaaaaaaaaaa", "password1234567", "x" * 257, "tess12345678"])
def test_a_password_that_is_easily_guessed_is_refused(system: Actor, password: str) -> None:
    with pytest.raises(Denied):
        service.create_user(system, username="tess", name="Tess", role=Role.STAFF, password=password)
    assert db.session.scalar(select(User.id)) is None


def test_names_and_codes_are_taken_once(tess: User, system: Actor) -> None:
    with pytest.raises(Denied, match="tess already"):
        service.create_user(system, username="TESS", name="Other", role=Role.STAFF, password=PASSWORD)
    with pytest.raises(Denied, match="st-b already"):
        service.create_school(service.SchoolDetails(" ST-B ", "Again"), origin=ORIGIN)


def test_asking_again_before_something_dangerous_counts_wrong_answers(tess: User) -> None:
    actor = Actor(tess.school_id, tess.id, tess.name, Role.TECHNICIAN, ORIGIN)
    assert service.reauthenticate(actor, PASSWORD)
    for _ in range(rules.LOCK_AFTER):
        assert not service.reauthenticate(actor, "wrong")
    assert not service.reauthenticate(actor, PASSWORD)
    assert kinds(tess.school_id).count("user:reauthentication_failed") == rules.LOCK_AFTER + 1


def test_nobody_closes_the_own_account(tess: User) -> None:
    actor = Actor(tess.school_id, tess.id, tess.name, Role.TECHNICIAN, ORIGIN)
    with pytest.raises(Denied, match="own account"):
        service.set_active(actor, tess.id, active=False, why="")
