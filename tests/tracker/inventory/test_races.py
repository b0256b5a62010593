"""Two people at the same moment: one serial number stays one thing, and a path never tells of a name that is gone."""

import threading
from collections.abc import Callable

import pytest
from sqlalchemy import select

from tests.cast import Site
from tracker.db import db
from tracker.inventory import intake, kinds, places, service
from tracker.inventory.details import AssetDetails, KindDetails, LocationDetails
from tracker.inventory.models import Asset, Location
from tracker.inventory.rules import LocationLevel
from tracker.media import service as media
from tracker.media.intake import add_many
from tracker.media.models import Medium
from tracker.media.service import MediumDetails
from tracker.values import Actor, Denied
from wipe.vocabulary import Medium as MediumKind


class Desk:
    """A school, and somebody who does something while somebody else is not yet done."""

    def __init__(self, site: Site) -> None:
        self.site, self.actor = site, site.actor("tess")
        service.create_defaults(self.actor)
        self.kind = next(one.id for one in kinds.kinds(self.actor.school_id) if one.name == "Projector")
        db.session.commit()

    def details(self, serial: str = "S-1") -> AssetDetails:
        return AssetDetails(self.kind, name="Projector", serial=serial)

    def while_open(self, first: Callable[[Actor], object], second: Callable[[Actor], object]) -> list[Exception]:
        """Do `first` and leave it open, begin `second`, then commit the first; what the second raised."""
        raised: list[Exception] = []
        first(self.actor)

        def run() -> None:
            with self.site.app.app_context():
                try:
                    second(self.actor)
                    db.session.commit()
                except Exception as error:
                    db.session.rollback()
                    raised.append(error)
                finally:
                    db.session.remove()

        thread = threading.Thread(target=run)
        thread.start()
        thread.join(timeout=0.7)  # as far as it comes; it waits for the first, in one place or another
        db.session.commit()
        thread.join(timeout=30)
        assert not thread.is_alive()
        return raised


@pytest.fixture
def desk(site: Site) -> Desk:
    return Desk(site)


def _drive(serial: str) -> MediumDetails:
    return MediumDetails(MediumKind.HDD, make="WD", model="Blue", serial=serial)


Act = Callable[[Desk], Callable[[Actor], object]]
REGISTERS: list[Act] = [
    lambda desk: lambda actor: service.register(actor, desk.details()),
    lambda desk: lambda actor: intake.register_many(actor, [desk.details("S-0"), desk.details()]),
]
ADDS: list[Callable[[Actor], object]] = [
    lambda actor: media.add_medium(actor, _drive("WD-1")),
    lambda actor: add_many(actor, [_drive("WD-0"), _drive("WD-1")]),
]


@pytest.mark.parametrize("first", REGISTERS)
@pytest.mark.parametrize("second", REGISTERS)
def test_one_serial_number_is_registered_once(desk: Desk, first: Act, second: Act) -> None:
    (error,) = desk.while_open(first(desk), second(desk))
    assert isinstance(error, Denied)
    assert "serial number already" in str(error)
    assert len(db.session.scalars(select(Asset).where(Asset.serial_key == "S1")).all()) == 1


def test_one_serial_number_is_given_to_one_of_two_things(desk: Desk) -> None:
    one, other = (service.register(desk.actor, desk.details(f"S-{number}")) for number in (8, 9))
    ids, versions = (one.id, other.id), (one.version, other.version)
    db.session.commit()
    raised = desk.while_open(
        lambda actor: service.edit(actor, ids[0], desk.details(), version=versions[0]),
        lambda actor: service.edit(actor, ids[1], desk.details(), version=versions[1]),
    )
    assert [type(error) for error in raised] == [Denied]
    again = desk.while_open(
        lambda actor: service.edit(actor, ids[0], desk.details("S-2"), version=versions[0] + 1),
        lambda actor: intake.change_many(actor, [intake.Change(ids[1], desk.details("S-2"), versions[1])]),
    )
    assert [type(error) for error in again] == [Denied]


@pytest.mark.parametrize("first", ADDS)
@pytest.mark.parametrize("second", ADDS)
def test_one_drive_is_added_once(
    desk: Desk, first: Callable[[Actor], object], second: Callable[[Actor], object]
) -> None:
    (error,) = desk.while_open(first, second)
    assert isinstance(error, Denied)
    assert len(db.session.scalars(select(Medium).where(Medium.serial_key == "WD1")).all()) == 1


def test_a_room_added_while_its_building_is_renamed_has_the_new_name_in_its_path(desk: Desk) -> None:
    site_id = places.choices(desk.actor.school_id)[0][0]
    house = places.add_location(desk.actor, LocationDetails("Old", LocationLevel.BUILDING, site_id))
    house_id, version = house.id, house.version
    db.session.commit()
    renamed = LocationDetails("New", LocationLevel.BUILDING, site_id)
    raised = desk.while_open(
        lambda actor: places.edit_location(actor, house_id, renamed, version=version),
        lambda actor: places.add_location(actor, LocationDetails("Room 1", LocationLevel.ROOM, house_id)),
    )
    assert raised == []
    room = db.session.scalars(select(Location).where(Location.name == "Room 1")).one()
    assert room.path.endswith("/ New / Room 1")
    assert "new" in room.search


def test_a_name_that_two_give_at_once_is_no_fault_of_the_program(desk: Desk) -> None:
    beth, answers = desk.site.client("beth"), list[int]()
    desk.while_open(
        lambda actor: kinds.add_kind(actor, KindDetails("3D printer")),
        lambda actor: answers.append(beth.post("/kinds/new", data={"name": "3D printer"}).status_code),
    )
    assert answers in ([409], [422])  # told by the database, or by the rule where it came after
    names = [kind.name for kind in kinds.kinds(desk.actor.school_id)]
    assert names.count("3D printer") == 1
