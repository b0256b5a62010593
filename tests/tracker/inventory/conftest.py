"""A school with kinds, places and people, to register things in."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from uuid import UUID

import pytest
from flask.testing import FlaskClient
from sqlalchemy import Engine, select

from tests.cast import Site
from tracker.accounts import service as accounts
from tracker.audit import chain
from tracker.audit.models import Event
from tracker.audit.service import Entry, entry_of, links
from tracker.db import db
from tracker.inventory import checks, kinds, places, service
from tracker.inventory.checks_rules import CheckDetails
from tracker.inventory.details import AssetDetails, LocationDetails
from tracker.inventory.models import Asset, Location
from tracker.inventory.rules import AssetState, CheckKind, LocationLevel
from tracker.people import service as people
from tracker.values import Actor, Role


class Register:
    """A school's register with shortcuts for tests."""

    def __init__(self, code: str = "st-b", name: str = "Saint Brigid's") -> None:
        school = accounts.create_school(accounts.SchoolDetails(code, name), origin="tests")
        system = Actor(school.id, None, "Caretaker", None, "tests")
        user = accounts.create_user(
            system, username="tess", name="Tess Technician", role=Role.TECHNICIAN, password="three random words"
        )
        self.school_id = school.id
        self.actor = Actor(school.id, user.id, user.name, Role.TECHNICIAN, "tests")
        service.create_defaults(system)
        self.site = db.session.scalars(select(Location).where(Location.school_id == school.id)).one()

    def kind(self, name: str) -> UUID:
        return next(kind.id for kind in kinds.kinds(self.school_id) if kind.name == name)

    def place(
        self,
        name: str,
        *,
        level: LocationLevel = LocationLevel.ROOM,
        inside: Location | None = None,
        lock: bool = False,
    ) -> Location:
        parent = (inside or self.site).id
        return places.add_location(self.actor, LocationDetails(name, level, parent, lockable=lock))

    def asset(self, kind: str = "Projector", **told: object) -> Asset:
        told.setdefault("serial", f"SN-{len(self.events())}")
        return service.register(self.actor, AssetDetails(self.kind(kind), **told))  # type: ignore[arg-type]

    def checked(self, asset: Asset, *kinds: CheckKind, passed: bool = True, days_ago: int = 0) -> None:
        """Somebody looked at it; without a kind: it carries a mark, and is installed, as gate G2 asks."""
        for kind in kinds or (CheckKind.IDENTIFICATION, CheckKind.INSTALLATION):
            done_on = checks.today() - timedelta(days=days_ago)
            details = CheckDetails(kind, passed, done_on, "Tess Technician", "Looked at it", "As it should be")
            checks.record_check(self.actor, asset.id, details)

    def person(self, name: str = "Ann Other", *, dbs: bool = False) -> UUID:
        """Somebody of the school."""
        day = checks.today() if dbs else None
        return people.add_person(self.actor, people.PersonDetails(name, dbs_confirmed_on=day)).id

    def used(self, asset: Asset, person: UUID | None = None) -> Asset:
        """The asset in use, with what gate G2 asks for; `person` answers for it."""
        self.checked(asset)
        office = asset.location_id or self.place(f"Room {len(self.events())}").id
        details = replace(service.details_of(asset), responsible_id=person, location_id=office)
        service.edit(self.actor, asset.id, details, version=asset.version)
        return service.change_state(self.actor, asset.id, AssetState.IN_USE, version=asset.version)

    def events(self) -> list[Entry]:
        query = select(Event).where(Event.school_id == self.school_id).order_by(Event.seq)
        return [entry_of(event) for event in db.session.scalars(query)]


@pytest.fixture
def register(database: Engine) -> Iterator[Register]:
    found = Register()
    yield found
    assert chain.verify(links(found.school_id)).broken is None


@pytest.fixture
def other(database: Engine) -> Register:
    return Register("other", "Other School")


@pytest.fixture
def actor(site: Site) -> Actor:
    """Tess, at a school with kinds and a site."""
    tess = site.actor("tess")
    service.create_defaults(tess)
    db.session.commit()
    return tess


@pytest.fixture
def tess(site: Site, actor: Actor) -> FlaskClient:
    return site.client("tess")


def kind_id(actor: Actor, name: str = "Projector") -> UUID:
    return next(kind.id for kind in kinds.kinds(actor.school_id) if kind.name == name)
