"""The people of every test: one of each role at Saint Brigid's, and Otto, a technician of another school."""

import contextvars
import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date
from typing import Any
from uuid import UUID

from argon2 import PasswordHasher
from flask import Flask, has_app_context
from flask.testing import FlaskClient
from sqlalchemy import event, select
from werkzeug.test import TestResponse

from tracker.accounts import service as accounts
from tracker.accounts.models import School, User
from tracker.db import db
from tracker.values import Actor, Role

PASSWORD = "three random words"
CAST = {
    "tess": ("Tess Technician", Role.TECHNICIAN),
    "beth": ("Beth Bursar", Role.BURSAR),
    "hana": ("Hana Head", Role.HEAD),
    "gwen": ("Gwen Governor", Role.GOVERNOR),
    "adam": ("Adam Auditor", Role.AUDITOR),
    "stan": ("Stan Staff", Role.STAFF),
}
OUTSIDER = "otto"
QUICK = PasswordHasher(time_cost=1, memory_cost=8, parallelism=1)  # a weak hash on purpose: tests hash thousands


@contextmanager
def quick_hashes() -> Iterator[None]:
    """Hash weakly while the body runs."""
    strong, accounts.HASHER = accounts.HASHER, QUICK
    try:
        yield
    finally:
        accounts.HASHER = strong


def found_schools() -> None:
    """Make both schools and all people. The caller commits."""
    for code, name in (("st-b", "Saint Brigid's Catholic Primary School"), ("other", "Other School")):
        school = accounts.create_school(
            accounts.SchoolDetails(
                code=code,
                name=name,
                address="1 Cathedral Walk\nWorcester",
                postcode="WR1 2AA",
                dfe_number="885/3300",
                incident_contact="the school office, 01905 000000",
            ),
            origin="tests",
        )
        system = Actor(school.id, None, "Caretaker", None, "tests")
        people = CAST if code == "st-b" else {OUTSIDER: ("Otto Outsider", Role.TECHNICIAN)}
        for username, (shown, role) in people.items():
            accounts.create_user(
                system,
                username=username,
                name=shown,
                role=role,
                password=PASSWORD,
                expires_on=date(2099, 12, 31) if role is Role.AUDITOR else None,
            )


@contextmanager
def counted() -> Iterator[list[str]]:
    """The statements that the database is asked while the body runs."""
    seen: list[str] = []

    def note(connection: object, cursor: object, statement: str, *rest: object) -> None:
        seen.append(statement)

    event.listen(db.engine, "before_cursor_execute", note)
    try:
        yield seen
    finally:
        event.remove(db.engine, "before_cursor_execute", note)


def body(answer: TestResponse) -> str:
    """The page of an answer."""
    return answer.get_data(as_text=True)


def hidden(page: str, name: str) -> str:
    """The value of a hidden field of a page."""
    found = re.search(rf'name="{name}" value="([^"]*)"', page)
    assert found, f"no field {name}"
    return found[1]


def version_of(client: FlaskClient, address: str) -> str:
    """The version that the form at an address was filled from."""
    return hidden(body(client.get(address)), "version")


class Client(FlaskClient):
    """A browser whose requests run as in production: each with a context and a database session of its own."""

    def open(self, *args: Any, **kwargs: Any) -> TestResponse:
        """Send a request; what the test itself wrote is committed first, so that the request can see it."""
        if not has_app_context():  # a redirect that is followed, inside such a context already
            return super().open(*args, **kwargs)
        db.session.commit()
        return contextvars.Context().run(super().open, *args, **kwargs)


@dataclass
class Site:
    """A running application with the cast. Its CSRF check is off unless a test turns it on."""

    app: Flask

    def school_id(self, code: str = "st-b") -> UUID:
        """Saint Brigid's, or the other school."""
        found = db.session.scalars(select(School.id).where(School.code == code)).one()
        db.session.rollback()
        return found

    def actor(self, username: str = "tess") -> Actor:
        """One of the cast, to call services with."""
        user = db.session.scalars(select(User).where(User.username == username)).one()
        found = Actor(user.school_id, user.id, user.name, Role(user.role), "tests")
        db.session.rollback()
        return found

    def client(self, username: str | None = None) -> FlaskClient:
        """A browser, signed in as one of the cast, or as nobody."""
        client = self.app.test_client()
        if username is not None:
            code = "other" if username == OUTSIDER else "st-b"
            form = {"school": code, "username": username, "password": PASSWORD}
            answer = client.post("/sign-in", data=form)
            assert answer.status_code == 302, answer.get_data(as_text=True)
        return client
