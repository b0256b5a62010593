"""Default deny, endpoint by endpoint: the URL map is walked, so that a new page is tested from its first day.

Each test makes all its requests and reports all its failures together.
"""

import re
import secrets
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any
from uuid import uuid4

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import func, select
from werkzeug.routing import Rule
from werkzeug.test import TestResponse

from labels import code
from tests.cast import CAST, OUTSIDER, Site
from tests.things import things
from tracker import web
from tracker.audit.models import Event
from tracker.db import db
from tracker.values import Role

PUBLIC = {  # said twice on purpose: a new public page needs a second thought
    "static",
    "bootstrap.static",
    "accounts.sign_in",
    "setup.first_start",
    "home.health",
    "certificates.authority",
    "certificates.verify",
    "loans.sign_by_link",
    "incidents.found_this",
    "stations_api.enrol",
}
ROLES = {username: role for username, (_, role) in CAST.items()}
# Arguments that choose a thing of a school; the others (`WORDS`) are words of ours.
WORDS = {"subject_type", "state", "filename"}
TAGS = {"tag", "text"}
# Things that a page is asked for in its query string.
QUERY = {"stations.new_job": {"medium": "medium_id"}}
# Pages that answer for a tag which nobody has; they must answer the same for another school's.
ANSWERS_FOR_ANY_TAG = {"inventory.by_tag"}
# Signing out ends the session that the walk needs, and says nothing of roles: everybody may.
ENDS_SESSION = {"accounts.sign_out", "accounts.sign_out_everywhere"}


@dataclass(frozen=True)
class Page:
    """One endpoint under one rule, with one method."""

    endpoint: str
    rule: Rule
    method: str
    roles: frozenset[Role]
    station_only: bool

    def __str__(self) -> str:
        return f"{self.method} {self.rule.rule}"

    @property
    def public(self) -> bool:
        return self.endpoint in web.PUBLIC

    def address(self, app: Flask, told: dict[str, str]) -> str:
        """Where it is for these things. Fails for an argument that nobody makes in tests/things.py."""
        missing = [name for name in self.rule.arguments if name not in told and name not in WORDS]
        assert not missing, f"{self}: tests/things.py makes nothing for {missing}"
        _, path = self.rule.build({name: _typed(self.rule, name, told) for name in self.rule.arguments}) or ("", "")
        query = "&".join(f"{name}={told[thing]}" for name, thing in QUERY.get(self.endpoint, {}).items())
        return f"{path}?{query}" if query else path


def _typed(rule: Rule, name: str, told: dict[str, str]) -> Any:
    return rule._converters[name].to_python(told[name]) if name in told else "x"


def pages(app: Flask) -> Iterator[Page]:
    """Everything that the application answers."""
    for rule in app.url_map.iter_rules():
        view = app.view_functions[rule.endpoint]
        for method in sorted((rule.methods or set()) - {"HEAD", "OPTIONS"}):
            roles = getattr(view, "roles", frozenset())
            yield Page(rule.endpoint, rule, method, roles, getattr(view, "station_only", False))


def private(app: Flask) -> list[Page]:
    """Those that need a person who is signed in."""
    found = [page for page in pages(app) if not page.public and not page.station_only]
    assert len(found) > 30
    return found


@dataclass
class Walk:
    """The site, the things of both schools, and what went wrong so far."""

    site: Site
    own: dict[str, str]
    other: dict[str, str]
    faults: list[str]

    def events(self) -> int:
        """How many events there are; a refused request leaves none."""
        count = db.session.scalar(select(func.count()).select_from(Event))
        db.session.rollback()
        return count or 0

    def ask(self, client: FlaskClient, page: Page, told: dict[str, str]) -> TestResponse:
        """One request, with an empty form where it is a writing one."""
        data = {} if page.method in ("POST", "PUT", "PATCH", "DELETE") else None
        return client.open(page.address(self.site.app, told), method=page.method, data=data)

    def expect(self, fine: bool, saying: str) -> None:
        """Note a failure, and go on."""
        if not fine:
            self.faults.append(saying)


@pytest.fixture
def walk(site: Site) -> Iterator[Walk]:
    config = site.app.extensions["caretaker"]
    made = []
    for username in ("tess", OUTSIDER):
        made.append(things(site.actor(username), config))
        db.session.commit()
    found = Walk(site, made[0], made[1], [])
    yield found
    assert not found.faults, "\n" + "\n".join(found.faults)


def nowhere(told: dict[str, str]) -> dict[str, str]:
    """Names of things that do not exist in any school."""
    made = {name: str(uuid4()) for name in told if name.endswith("_id")}
    return {**told, **made, **dict.fromkeys(TAGS, code.new(secrets.token_bytes)), "code": "0" * 16}


def seen(response: TestResponse, told: dict[str, str]) -> str:
    """What a page says, without what differs between any two requests."""
    text = re.sub(r'name="csrf_token"[^>]*value="[^"]*"', "", response.get_data(as_text=True))
    for name, value in told.items():
        if name not in WORDS:
            text = text.replace(value, name).replace(code.shown(value) if name in TAGS else value, name)
    return text


def test_every_endpoint_is_public_by_name_or_for_stations_or_names_its_roles(site: Site) -> None:
    assert web.PUBLIC == PUBLIC
    endpoints = {page.endpoint for page in pages(site.app)}
    assert endpoints >= PUBLIC, "a public page that does not exist is a hole for the next one of that name"
    neither = {page.endpoint for page in pages(site.app) if not (page.public or page.station_only or page.roles)}
    assert neither == set()
    both = {page.endpoint for page in pages(site.app) if page.station_only and page.public}
    assert both == set()


def test_nobody_sees_or_changes_anything_without_signing_in(walk: Walk) -> None:
    client, before = walk.site.client(), walk.events()
    for page in private(walk.site.app):
        answer = walk.ask(client, page, walk.own)
        if page.method == "GET" and answer.status_code == 302:
            walk.expect(answer.headers["Location"].startswith("/sign-in"), f"{page} leads to {answer.location}")
        else:
            walk.expect(answer.status_code == 401, f"{page} answers {answer.status_code} to nobody")
        text = answer.get_data(as_text=True)
        for name, value in walk.own.items():
            asked = value in page.address(walk.site.app, walk.own)  # stands in the address that was asked for
            walk.expect(asked or name in WORDS or value not in text, f"{page} shows the {name} to nobody")
        walk.expect(walk.events() == before, f"{page} changed something for nobody")
        before = walk.events()


def test_each_role_gets_exactly_the_pages_that_name_it(walk: Walk) -> None:
    for username, role in ROLES.items():
        client = walk.site.client(username)
        for page in private(walk.site.app):
            if page.endpoint in ENDS_SESSION or (page.method != "GET" and role in page.roles):
                continue  # what a named role changes is tested with its feature
            before = walk.events()
            answer = walk.ask(client, page, walk.own)
            if role in page.roles:
                fine = answer.status_code in (200, 302, 303, 404, 409)
                walk.expect(fine, f"{page} answers {answer.status_code} to the {role.value}")
            else:
                walk.expect(answer.status_code == 403, f"{page} answers {answer.status_code} to the {role.value}")
                walk.expect(walk.events() == before, f"{page} changed something for the {role.value}")


def test_things_of_another_school_do_not_exist(walk: Walk) -> None:
    unknown = nowhere(walk.other)
    for username, role in ROLES.items():
        client = walk.site.client(username)
        for page in private(walk.site.app):
            chosen = (page.rule.arguments - WORDS) | set(QUERY.get(page.endpoint, ()))
            if not chosen or role not in page.roles:
                continue
            before = walk.events()
            theirs, none = walk.ask(client, page, walk.other), walk.ask(client, page, unknown)
            same = seen(theirs, walk.other) == seen(none, unknown)
            walk.expect(
                theirs.status_code == none.status_code, f"{page}: {theirs.status_code}, else {none.status_code}"
            )
            walk.expect(same, f"{page} tells another school's thing from none to the {role.value}")
            if page.endpoint not in ANSWERS_FOR_ANY_TAG:
                walk.expect(theirs.status_code == 404, f"{page} answers {theirs.status_code} for another school's")
            walk.expect(walk.events() == before, f"{page} changed something of another school")


def test_the_station_api_takes_no_cookie_and_no_unknown_token(walk: Walk) -> None:
    pages_of_stations = [page for page in pages(walk.site.app) if page.station_only]
    before = walk.events()
    for client in (walk.site.client(), walk.site.client("tess")):
        for page in pages_of_stations:
            address = page.address(walk.site.app, walk.own)
            for headers in ({}, {"Authorization": "Bearer wrong"}, {"Authorization": "Basic dGVzczp0ZXNz"}):
                answer = client.open(address, method=page.method, json={}, headers=headers)
                walk.expect(answer.status_code == 401, f"{page} answers {answer.status_code} with {headers}")
                walk.expect("error" in (answer.get_json(silent=True) or {}), f"{page} refuses in other words than JSON")
    changed = walk.events() - before
    walk.expect(changed <= 1, f"{changed} events instead of the one sign-in")


def test_a_view_that_forgets_to_say_for_whom_it_is_answers_nobody(site: Site) -> None:
    site.app.add_url_rule("/forgotten", "forgotten", lambda: "secret")
    assert {page.endpoint for page in pages(site.app) if not (page.public or page.roles or page.station_only)} == {
        "forgotten"
    }
    nobody = site.client().get("/forgotten")
    assert (nobody.status_code, b"secret" in nobody.data) == (302, False)
    for username in CAST:
        answer = site.client(username).get("/forgotten")
        assert (answer.status_code, b"secret" in answer.data) == (403, False)


def test_the_walk_fails_loudly_for_an_address_whose_thing_nobody_makes(site: Site) -> None:
    site.app.add_url_rule("/gadgets/<uuid:gadget_id>", "gadget", lambda gadget_id: "")
    (page,) = (page for page in pages(site.app) if page.endpoint == "gadget")
    with pytest.raises(AssertionError, match="makes nothing for"):
        page.address(site.app, {"asset_id": str(uuid4())})
