"""What views share: who is asking, who may ask, and the parts of a page that other features hang into it.

Default deny: a view answers only if `allow` names roles for it, if `station_only` marks it for stations, or if its
endpoint stands in PUBLIC. tracker.app enforces it and a test walks the URL map.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any, TypeVar
from uuid import UUID

from flask import Request, abort, current_app, g, request
from markupsafe import Markup

from tracker.config import Config
from tracker.db import db
from tracker.values import Actor, Role

View = TypeVar("View", bound=Callable[..., Any])

# The whole list of pages that need no sign-in. Everything else is refused by default.
PUBLIC = frozenset(
    {
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
)

EVERYBODY = frozenset(Role)
READERS = frozenset({Role.TECHNICIAN, Role.BURSAR, Role.HEAD, Role.GOVERNOR, Role.AUDITOR})
EDITORS = frozenset({Role.TECHNICIAN, Role.BURSAR})
TECHNICIANS = frozenset({Role.TECHNICIAN})
PEOPLE_IN_CHARGE = frozenset({Role.HEAD, Role.BURSAR})

SESSION_COOKIE = "caretaker_session"


def allow(roles: Iterable[Role]) -> Callable[[View], View]:
    """Mark a view for these roles. Put it below the route decorator."""

    def mark(view: View) -> View:
        view.roles = frozenset(roles)  # type: ignore[attr-defined] # functions take attributes
        return view

    return mark


def station_only(view: View) -> View:
    """Mark a view for stations, which bring a token of their own; tracker.stations.api checks it."""
    view.station_only = True  # type: ignore[attr-defined] # functions take attributes
    return view


def body_limit(most: int) -> Callable[[View], View]:
    """Mark a view that takes more, or less, than a form: `most` bytes. The gate sets it before anything is read."""

    def mark(view: View) -> View:
        view.body_limit = most  # type: ignore[attr-defined] # functions take attributes
        return view

    return mark


def unattended(view: View) -> View:
    """Mark a view that a page asks by itself, again and again: that is no use of a session, which ends when idle."""
    view.unattended = True  # type: ignore[attr-defined] # functions take attributes
    return view


def only_reads(view: View) -> View:
    """Mark a view that takes what is posted and changes nothing: as a GET, it never waits for SQLite's one writer."""
    view.only_reads = True  # type: ignore[attr-defined] # functions take attributes
    return view


def actor() -> Actor:
    """Who is asking. Aborts with 401 where nobody is signed in."""
    found: Actor | None = g.get("actor")
    if found is None:
        abort(401)
    return found


def config() -> Config:
    """The tracker's settings."""
    settings: Config = current_app.extensions["caretaker"]
    return settings


def origin(asked: Request | None = None) -> str:
    """Where the request comes from, for the log."""
    return (asked or request).remote_addr or "unknown"


def reading() -> None:
    """Begin a transaction that only reads, so that readers never wait for SQLite's one writer."""
    db.session.connection(execution_options={"read_only": True})


def writing() -> None:
    """Turn a reading request (GET) into a writing one: what was read so far is read again."""
    db.session.rollback()


@dataclass(frozen=True)
class Panel:
    """A part of a thing's page that a higher feature contributes: a heading and what stands below it."""

    title: str
    body: Callable[[Actor, UUID], Markup | str]  # empty text: the panel is left out


def panels(subject_type: str, subject_id: UUID) -> list[tuple[str, Markup]]:
    """The panels for a thing's page, in the order of registration, empty ones left out."""
    registered: dict[str, list[Panel]] = current_app.extensions["caretaker_panels"]
    rendered = ((panel.title, panel.body(actor(), subject_id)) for panel in registered.get(subject_type, []))
    return [(title, Markup(body)) for title, body in rendered if body]  # noqa: S704 - templates made it


def wants_json() -> bool:
    """Whether the client is a program: an API path, or JSON preferred over HTML."""
    return request.path.startswith("/api/") or request.accept_mimetypes.best == "application/json"


def local_path(target: str | None) -> str | None:
    """A path on this server to go back to, or None: no open redirect.

    Only a path that begins with one slash; a backslash, a control character or a second slash could lead elsewhere.
    """
    if not target or not target.startswith("/") or target.startswith("//") or "\\" in target:
        return None
    return target if target.isprintable() and len(target) <= 2000 else None
