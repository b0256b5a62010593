"""The tree of places, on both databases."""

import time
from dataclasses import replace
from uuid import UUID, uuid4

import pytest
from flask import current_app
from sqlalchemy import insert

from tests.cast import counted
from tests.together import together
from tests.tracker.inventory.conftest import Register
from tracker.db import db
from tracker.inventory import places, service
from tracker.inventory.details import LocationDetails
from tracker.inventory.models import Location
from tracker.inventory.rules import AssetState, LocationLevel
from tracker.values import Conflict, Denied, NotFound


def codes(denied: pytest.ExceptionInfo[Denied]) -> set[str]:
    return {blocker.code for blocker in denied.value.blockers}


def rename(register: Register, place: Location, **changed: object) -> None:
    details = replace(places.details_of(place), **changed)  # type: ignore[arg-type]
    places.edit_location(register.actor, place.id, details, version=place.version)


@pytest.fixture
def cabinet(register: Register) -> Location:
    building = register.place("Main", level=LocationLevel.BUILDING)
    room = register.place("Office", inside=building)
    return register.place("Safe", level=LocationLevel.CABINET, inside=room, lock=True)


def test_a_renamed_place_takes_the_paths_in_it_along(register: Register, cabinet: Location) -> None:
    rename(register, register.site, name="St. Brigid's")
    assert cabinet.path == "St. Brigid's / Main / Office / Safe"
    assert cabinet.search == "st. brigid's / main / office / safe"
    last = register.events()[-1]
    assert (last.kind, last.before, last.after) == (
        "location:changed",
        {"path": "Saint Brigid's"},
        {"path": "St. Brigid's"},
    )


def test_a_place_moves_with_all_that_lies_in_it(register: Register, cabinet: Location) -> None:
    annexe = register.place("Annexe", level=LocationLevel.BUILDING)
    room = places.get_location(register.school_id, cabinet.parent_id or uuid4())
    asset = register.asset("Projector", location_id=cabinet.id)
    rename(register, room, parent_id=annexe.id)
    assert cabinet.path == "Saint Brigid's / Annexe / Office / Safe"
    counts = {placed.location.path: placed.assets for placed in places.flat(places.tree(register.school_id))}
    assert counts == {
        "Saint Brigid's": 1,
        "Saint Brigid's / Annexe": 1,
        "Saint Brigid's / Annexe / Office": 1,
        "Saint Brigid's / Annexe / Office / Safe": 1,
        "Saint Brigid's / Main": 0,
    }
    assert list(counts) == sorted(counts)
    below = set(db.session.scalars(places.below(register.school_id, annexe.id)))
    assert below == {annexe.id, room.id, cabinet.id}
    assert asset.location_id in below


def test_no_place_lies_in_itself_or_in_what_lies_in_it(register: Register, cabinet: Location) -> None:
    room = places.get_location(register.school_id, cabinet.parent_id or uuid4())
    building = places.get_location(register.school_id, room.parent_id or uuid4())
    for changed in (
        {"parent_id": building.id, "level": LocationLevel.ROOM},
        {"parent_id": room.id, "level": LocationLevel.CABINET},
        {"parent_id": cabinet.id, "level": LocationLevel.SLOT},
        {"parent_id": room.id},
    ):
        with pytest.raises(Denied):
            rename(register, building, **changed)
    assert building.parent_id == register.site.id


@pytest.mark.parametrize(
    ("changed", "expected"),
    [
        ({"name": ""}, {"no_name"}),
        ({"name": " \t "}, {"no_name"}),
        ({"name": "x" * 81}, {"too_long"}),
        ({"name": "bell\x07"}, {"unprintable"}),
        ({"name": "Girls / boys"}, {"joint"}),
        ({"name": "/ boys"}, {"joint"}),
        ({"name": "OFFICE"}, {"place_taken"}),
        ({"level": LocationLevel.SITE}, {"level"}),
        ({"parent_id": None}, {"no_parent"}),
        ({"fire_class": "S" * 21}, {"too_long"}),
    ],
)
def test_bad_places_are_refused_with_their_reason(
    register: Register, changed: dict[str, object], expected: set[str]
) -> None:
    register.place("Office")
    details = replace(LocationDetails("Hall", LocationLevel.ROOM, register.site.id), **changed)  # type: ignore[arg-type]
    before = len(register.events())
    with pytest.raises(Denied) as denied:
        places.add_location(register.actor, details)
    assert codes(denied) == expected
    assert len(register.events()) == before


def test_a_level_stays_above_what_lies_in_the_place(register: Register, cabinet: Location) -> None:
    room = places.get_location(register.school_id, cabinet.parent_id or uuid4())
    with pytest.raises(Denied) as denied:
        rename(register, room, level=LocationLevel.SLOT)
    assert codes(denied) == {"children"}


def test_a_lock_stays_where_a_server_is_in_use(register: Register, cabinet: Location) -> None:
    server = register.asset("Server", location_id=cabinet.id, responsible_id=register.person(dbs=True))
    register.checked(server)
    service.note_media(register.actor, server.id, 2)
    rename(register, cabinet, lockable=False)
    rename(register, cabinet, lockable=True)
    service.change_state(register.actor, server.id, AssetState.IN_USE, version=server.version)
    with pytest.raises(Denied) as denied:
        rename(register, cabinet, lockable=False)
    assert codes(denied) == {"server_here"}


@pytest.mark.parametrize("act", ["put into use", "move"])
def test_a_lock_and_a_server_that_needs_it_are_not_parted_in_the_same_moment(
    register: Register, cabinet: Location, act: str
) -> None:
    actor, cabinet_id = register.actor, cabinet.id
    other = register.place("Server room", lock=True)
    responsible = register.person(dbs=True)
    for _ in range(6):
        rename(register, cabinet, lockable=True)
        server = register.asset("Server", location_id=(cabinet if act == "put into use" else other).id)
        server = service.edit(
            actor, server.id, replace(service.details_of(server), responsible_id=responsible), version=server.version
        )
        register.checked(server)
        service.note_media(actor, server.id, 2)
        if act == "move":
            service.change_state(actor, server.id, AssetState.IN_USE, version=server.version)
        details = replace(places.details_of(cabinet), lockable=False)
        asset_id, asset_version, version = server.id, server.version, cabinet.version
        db.session.commit()

        def use(asset_id: UUID = asset_id, version: int = asset_version) -> None:
            if act == "move":
                service.move(actor, asset_id, cabinet_id, version=version)
            else:
                service.change_state(actor, asset_id, AssetState.IN_USE, version=version)

        def unlock(details: LocationDetails = details, version: int = version) -> None:
            places.edit_location(actor, cabinet_id, details, version=version)

        raised = together(current_app._get_current_object(), [use, unlock])  # type: ignore[attr-defined]
        assert [type(one) for one in raised] == [Denied]
        server = service.get_asset(actor.school_id, asset_id)
        here = server.state == AssetState.IN_USE and server.location_id == cabinet_id
        assert here == places.get_location(actor.school_id, cabinet_id).lockable
        if here:
            service.change_state(actor, asset_id, AssetState.IN_STORE, version=server.version)


def test_paths_stay_within_their_column(register: Register) -> None:
    place = register.site
    levels = [LocationLevel.BUILDING, LocationLevel.ROOM, LocationLevel.CABINET, LocationLevel.SLOT]
    for level in levels:
        place = register.place("x" * 80, level=level, inside=place)
    assert len(place.path) <= 500


def test_two_people_who_change_a_place_at_once_are_told(register: Register, cabinet: Location) -> None:
    seen = cabinet.version
    rename(register, cabinet, name="Strongbox")
    with pytest.raises(Conflict, match="Tess Technician changed"):
        places.edit_location(register.actor, cabinet.id, places.details_of(cabinet), version=seen)


def test_a_place_of_another_school_is_no_place(register: Register, other: Register) -> None:
    theirs = other.place("Office")
    details = LocationDetails("Mine", LocationLevel.CABINET, theirs.id)
    with pytest.raises(NotFound):
        places.add_location(register.actor, details)
    with pytest.raises(NotFound):
        places.edit_location(register.actor, theirs.id, details, version=1)
    assert theirs.id not in {found for found, _ in places.choices(register.school_id)}
    assert list(db.session.scalars(places.below(register.school_id, theirs.id))) == []


def test_the_tree_holds_each_place_in_the_one_around_it(register: Register, cabinet: Location) -> None:
    (root,) = places.tree(register.school_id)
    names = []
    while root.inside:
        (root,) = root.inside
        names.append(root.location.name)
    assert names == ["Main", "Office", "Safe"]
    assert [one.location.name for one in places.inside(register.site)] == ["Main"]
    assert [one.name for one in places.above(cabinet)] == ["Saint Brigid's", "Main", "Office"]
    assert places.inside(cabinet) == []


def test_room_2_comes_before_room_10(register: Register) -> None:
    for name in ("Room 10", "Room 2", "Attic", "10 Downing Street", "Room 2b"):
        register.place(name)
    found = [path.rpartition(" / ")[2] for _, path in places.choices(register.school_id)][1:]
    assert found == ["10 Downing Street", "Attic", "Room 2", "Room 2b", "Room 10"]


def test_a_search_finds_places_by_any_words_of_their_path(register: Register, cabinet: Location) -> None:
    register.asset("Projector", location_id=cabinet.id)
    for text, names in (("main safe", ["Safe"]), ("OFFICE", ["Office", "Safe"]), ("%", []), ("nowhere", [])):
        assert [one.location.name for one in places.matching(register.school_id, text)] == names
    assert [one.assets for one in places.matching(register.school_id, "office")] == [1, 1]


def test_a_large_building_moves_in_a_few_queries(register: Register) -> None:
    building = register.place("Main", level=LocationLevel.BUILDING)
    annexe = register.place("Annexe", level=LocationLevel.BUILDING)
    rooms = [register.place(f"Room {number}", inside=building) for number in range(60)]
    db.session.flush()
    with counted() as seen:
        rename(register, building, name="Old main")
    assert len([one for one in seen if one.lstrip().startswith("SELECT")]) <= 15
    assert {room.path for room in rooms} == {f"Saint Brigid's / Old main / Room {number}" for number in range(60)}
    assert annexe.path == "Saint Brigid's / Annexe"


def test_a_big_school_has_its_lists_of_places_at_once(register: Register) -> None:
    rows = [
        {"school_id": register.school_id, "id": uuid4(), "parent_id": register.site.id, "level": "room",
         "name": f"Room {number}", "path": f"Saint Brigid's / Room {number}",
         "search": f"saint brigid's / room {number}", "lockable": False, "fire_class": "", "version": 1}
        for number in range(2000)
    ]  # fmt: skip
    db.session.execute(insert(Location), rows)
    with counted() as seen:
        began = time.perf_counter()
        found = places.choices(register.school_id)
        took = time.perf_counter() - began
    assert len(found) == 2001
    assert len(seen) == 1
    assert took < 2  # a bound against mistakes, not a measurement
    with counted() as seen:
        places.tree(register.school_id)
    assert len(seen) == 2
