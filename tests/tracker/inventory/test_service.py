"""Register, edit, move, change state, and "no storage", on both databases; each write with its event."""

from dataclasses import replace
from datetime import date, timedelta
from uuid import uuid4

import pytest

from labels import code
from tests.tracker.inventory.conftest import Register
from tracker.db import db
from tracker.inventory import service
from tracker.inventory.details import AssetDetails
from tracker.inventory.rules import DISPOSAL, AssetState, Ownership
from tracker.people import service as people
from tracker.values import Conflict, Denied, NotFound, Role, utc_now
from wipe.vocabulary import DataClass

REASON = "Opened it and looked: no drive bay."


def codes(denied: pytest.ExceptionInfo[Denied]) -> set[str]:
    return {blocker.code for blocker in denied.value.blockers}


def test_a_laptop_is_incoming_until_its_storage_is_told(register: Register) -> None:
    asset = register.asset("Laptop", make="Dell", model="Latitude 3320")
    assert asset.state == "incoming"
    service.note_media(register.actor, asset.id, 1)
    assert (asset.state, asset.media_count) == ("in_store", 1)
    last = register.events()[-1]
    assert (last.kind, last.before, last.after) == (
        "asset:state_changed",
        {"state": "incoming"},
        {"state": "in_store"},
    )


def test_a_projector_goes_straight_into_store(register: Register) -> None:
    assert register.asset("Projector").state == "in_store"


def test_a_thing_without_serial_waits_for_a_reason(register: Register) -> None:
    asset = register.asset("Projector", serial="")
    assert asset.state == "incoming"
    details = replace(service.details_of(asset), serial_reason="The label has been torn off")
    service.edit(register.actor, asset.id, details, version=asset.version)
    assert asset.state == "in_store"


def test_the_event_of_registering_tells_all_that_is_known_in_words(register: Register) -> None:
    room = register.place("Office")
    person = people.add_person(register.actor, people.PersonDetails("Ruth O'Neill"))
    told = {"location_id": room.id, "responsible_id": person.id, "cost_pence": 45_000}
    asset = register.asset("Projector", serial="X1", acquired_on=date(2024, 9, 1), **told)
    event = next(event for event in register.events() if event.kind == "asset:created")
    assert event.after == {
        "tag": asset.tag,
        "kind": "Projector",
        "serial": "X1",
        "ownership": "school",
        "location": "Saint Brigid's / Office",
        "responsible": "Ruth O'Neill",
        "data_class": "P",
        "cost_pence": 45_000,
        "acquired_on": "2024-09-01",
    }
    assert event.label == f"{code.shown(asset.tag)} Projector"


def test_an_edit_tells_what_changed_only(register: Register) -> None:
    asset = register.asset("Projector", make="Epson", model="EB-L200")
    details = replace(service.details_of(asset), model=" EB-L210W ", notes="Lamp replaced\r\nin May")
    service.edit(register.actor, asset.id, details, version=asset.version)
    last = register.events()[-1]
    assert (last.kind, last.before, last.after) == (
        "asset:changed",
        {"model": "EB-L200", "notes": ""},
        {"model": "EB-L210W", "notes": "Lamp replaced\nin May"},
    )


def test_an_edit_that_changes_nothing_leaves_no_event(register: Register) -> None:
    asset = register.asset()
    before = len(register.events())
    service.edit(register.actor, asset.id, service.details_of(asset), version=asset.version)
    assert len(register.events()) == before


def test_two_people_who_edit_at_once_are_told_who_was_faster(register: Register) -> None:
    asset = register.asset()
    seen = asset.version
    service.edit(register.actor, asset.id, replace(service.details_of(asset), name="Hall"), version=seen)
    with pytest.raises(Conflict, match="Tess Technician changed .* on .* Nothing of yours was saved"):
        service.edit(register.actor, asset.id, replace(service.details_of(asset), name="Gym"), version=seen)
    assert asset.name == "Hall"
    for stale in (
        lambda: service.move(register.actor, asset.id, None, version=seen),
        lambda: service.change_state(register.actor, asset.id, AssetState.REDUNDANT, version=seen, reason=REASON),
    ):
        with pytest.raises(Conflict):
            stale()


@pytest.mark.parametrize(
    ("told", "expected"),
    [
        ({"name": "x" * 121}, {"too_long"}),
        ({"serial": "x" * 121}, {"too_long"}),
        ({"notes": "x" * 10_001}, {"too_long"}),
        ({"model": "nothing\0here"}, {"unprintable"}),
        ({"notes": "\x1b[2J"}, {"unprintable"}),
        ({"name": "half \ud800 pair"}, {"unprintable"}),
        ({"name": "\u202egnp.exe"}, {"unprintable"}),
        ({"serial": "A", "serial_reason": "none"}, {"serial_and_reason"}),
        ({"cost_pence": -1}, {"cost"}),
        ({"cost_pence": 2**31}, {"cost"}),
        ({"acquired_on": date(1066, 10, 14)}, {"acquired_on"}),
        ({"acquired_on": utc_now().date() + timedelta(days=2)}, {"acquired_on"}),
        ({"tag": "ABCD-EFG0"}, {"tag"}),
        ({"tag": "no tag at all"}, {"tag"}),
    ],
)
def test_bad_details_are_refused_with_their_reasons(
    register: Register, told: dict[str, object], expected: set[str]
) -> None:
    before = len(register.events())
    with pytest.raises(Denied) as denied:
        register.asset("Projector", **told)
    assert codes(denied) == expected
    assert len(register.events()) == before


def test_markup_and_formulas_are_only_text(register: Register) -> None:
    asset = register.asset("Projector", name="<script>alert(1)</script>", make="=cmd|'/c calc'!A1", serial="'; DROP")
    assert (asset.name, asset.make) == ("<script>alert(1)</script>", "=cmd|'/c calc'!A1")


def test_nothing_of_another_school_can_be_used_or_seen(register: Register, other: Register) -> None:
    theirs = other.asset("Projector", serial="THEIRS-1")
    place, kind = other.place("Office"), other.kind("Laptop")
    person = people.add_person(other.actor, people.PersonDetails("Somebody"))
    mine = register.asset("Projector")
    told = service.details_of(mine)
    for foreign in (
        replace(told, kind_id=kind),
        replace(told, location_id=place.id),
        replace(told, responsible_id=person.id),
    ):
        with pytest.raises(NotFound):
            service.edit(register.actor, mine.id, foreign, version=mine.version)
        with pytest.raises(NotFound):
            service.register(register.actor, foreign)
    attempts = [
        lambda: service.get_asset(register.school_id, theirs.id),
        lambda: service.edit(register.actor, theirs.id, told, version=1),
        lambda: service.move(register.actor, theirs.id, None, version=1),
        lambda: service.move(register.actor, mine.id, place.id, version=mine.version),
        lambda: service.change_state(register.actor, theirs.id, AssetState.REDUNDANT, version=1, reason=REASON),
        lambda: service.assert_no_storage(register.actor, theirs.id, REASON),
        lambda: service.withdraw_no_storage(register.actor, theirs.id, REASON),
        lambda: service.note_media(register.actor, theirs.id, 1),
        lambda: service.get_asset(register.school_id, uuid4()),
    ]
    for attempt in attempts:
        with pytest.raises(NotFound):
            attempt()
    assert service.asset_by_tag(register.school_id, theirs.tag) is None
    assert service.find(register.school_id, theirs.serial).assets == ()


def test_a_serial_that_is_there_already_needs_a_second_look(register: Register) -> None:
    first = register.asset("Projector", serial="PF3K-9X2L")
    with pytest.raises(Denied, match=code.shown(first.tag)) as denied:
        register.asset("Projector", serial="pf3k 9x2l")
    assert codes(denied) == {"same_serial"}
    second = register.asset("Projector", serial="pf3k 9x2l", same_serial=True)
    found = service.find(register.school_id, "PF3K9X2L")
    assert {asset.id for asset in found.assets} == {first.id, second.id}


def test_a_printed_label_is_claimed_once(register: Register) -> None:
    tag = code.new(lambda count: b"\x05" * count)
    asset = register.asset("Projector", tag=code.shown(tag).lower())
    assert asset.tag == tag
    assert asset.label_printed_at is not None  # gate G2 asks for no second one
    with pytest.raises(Denied) as denied:
        register.asset("Projector", tag=tag)
    assert codes(denied) == {"tag_taken"}


def test_a_tag_that_is_taken_is_drawn_again(register: Register, monkeypatch: pytest.MonkeyPatch) -> None:
    one, two = (code.new(lambda count, byte=byte: bytes([byte] * count)) for byte in (1, 2))
    draws = [one, one, one, two]
    monkeypatch.setattr(code, "new", lambda random_bytes: draws.pop(0))
    first, second = register.asset(), register.asset()
    assert (first.tag, second.tag, draws) == (one, two, [])


@pytest.mark.parametrize(
    "form", ["{0}", "{1}", "https://anything.example/A/{0}", "HTTP://OLD-HOST:5000/A/{0}", " {2} "]
)
def test_a_tag_is_found_in_every_form(register: Register, form: str) -> None:
    asset = register.asset()
    text = form.format(asset.tag, code.shown(asset.tag), asset.tag.lower())
    assert service.find(register.school_id, text).assets == (asset,)


def test_a_move_tells_from_where_and_to_where(register: Register) -> None:
    office, hall = register.place("Office"), register.place("Hall")
    asset = register.asset("Projector", location_id=office.id)
    service.move(register.actor, asset.id, hall.id, version=asset.version)
    last = register.events()[-1]
    assert (last.kind, last.before, last.after) == (
        "asset:moved",
        {"location": "Saint Brigid's / Office"},
        {"location": "Saint Brigid's / Hall"},
    )


def test_a_thing_in_use_stays_somewhere(register: Register) -> None:
    room = register.place("Office")
    asset = register.used(register.asset("Projector", location_id=room.id))
    db.session.commit()
    with pytest.raises(Denied) as denied:
        service.move(register.actor, asset.id, None, version=asset.version)
    assert codes(denied) == {"no_location"}
    db.session.rollback()
    details = replace(service.details_of(asset), serial="", location_id=None)
    with pytest.raises(Denied) as denied:
        service.edit(register.actor, asset.id, details, version=asset.version)
    assert codes(denied) == {"no_location", "no_serial"}
    db.session.rollback()
    assert asset.location_id == room.id


def test_a_server_in_use_stays_behind_a_lock(register: Register) -> None:
    server_room, hall = register.place("Server room", lock=True), register.place("Hall")
    asset = register.asset("Server", location_id=hall.id, responsible_id=register.person(dbs=True))
    service.note_media(register.actor, asset.id, 4)
    register.checked(asset)
    with pytest.raises(Denied) as denied:
        service.change_state(register.actor, asset.id, AssetState.IN_USE, version=asset.version)
    assert codes(denied) == {"not_lockable"}
    service.move(register.actor, asset.id, server_room.id, version=asset.version)
    service.change_state(register.actor, asset.id, AssetState.IN_USE, version=asset.version)
    with pytest.raises(Denied) as denied:
        service.move(register.actor, asset.id, hall.id, version=asset.version)
    assert codes(denied) == {"not_lockable"}


def test_a_state_changes_with_role_reason_and_event(register: Register) -> None:
    asset = register.asset()
    governor = replace(register.actor, role=Role.GOVERNOR)
    with pytest.raises(Denied):
        service.change_state(governor, asset.id, AssetState.REDUNDANT, version=asset.version, reason=REASON)
    service.change_state(register.actor, asset.id, AssetState.REDUNDANT, version=asset.version, reason=REASON)
    last = register.events()[-1]
    assert (last.kind, last.before, last.after, last.why) == (
        "asset:state_changed",
        {"state": "in_store"},
        {"state": "redundant"},
        REASON,
    )


def test_no_storage_is_a_named_dated_statement_that_moves_the_asset_on(register: Register) -> None:
    asset = register.asset("Desktop computer")
    before = utc_now()
    stands = service.assert_no_storage(register.actor, asset.id, f" {REASON} ")
    assert (stands.asserted_by, stands.asserted_by_id, stands.reason) == (
        "Tess Technician",
        register.actor.id,
        REASON,
    )
    assert before <= stands.asserted_at <= utc_now()
    assert asset.state == "in_store"
    kinds = [event.kind for event in register.events()[-2:]]
    assert kinds == ["asset:no_storage_asserted", "asset:state_changed"]


def test_no_storage_cannot_be_stated_by_nobody(register: Register) -> None:
    asset = register.asset("Desktop computer")
    with pytest.raises(Denied):
        service.assert_no_storage(replace(register.actor, id=None), asset.id, REASON)


def test_no_storage_is_refused_while_media_are_in_it(register: Register) -> None:
    asset = register.asset("Desktop computer")
    service.note_media(register.actor, asset.id, 1)
    with pytest.raises(Denied) as denied:
        service.assert_no_storage(register.actor, asset.id, REASON)
    assert codes(denied) == {"media"}


def test_a_medium_that_turns_up_withdraws_the_statement(register: Register) -> None:
    asset = register.asset("Desktop computer")
    stands = service.assert_no_storage(register.actor, asset.id, REASON)
    service.note_media(register.actor, asset.id, 1)
    assert stands.withdrawn_at is not None
    assert register.events()[-1].kind == "asset:no_storage_withdrawn"


def test_a_statement_is_taken_back_with_a_reason_and_its_storage_is_untold_again(register: Register) -> None:
    asset = register.asset("Desktop computer", location_id=register.place("Office").id)
    service.assert_no_storage(register.actor, asset.id, REASON)
    with pytest.raises(Denied) as denied:
        service.withdraw_no_storage(register.actor, asset.id, "oops")
    assert codes(denied) == {"reason"}
    service.withdraw_no_storage(register.actor, asset.id, "An M.2 drive was under the shield.")
    with pytest.raises(Denied) as denied:
        service.withdraw_no_storage(register.actor, asset.id, "An M.2 drive was under the shield.")
    assert codes(denied) == {"not_asserted"}
    register.checked(asset)
    with pytest.raises(Denied) as denied:
        service.change_state(register.actor, asset.id, AssetState.IN_USE, version=asset.version)
    assert codes(denied) == {"storage_not_told"}


def test_more_media_cannot_leave_than_came(register: Register) -> None:
    asset = register.asset("Laptop")
    with pytest.raises(ValueError, match="more media"):
        service.note_media(register.actor, asset.id, -1)


def test_a_laptop_cannot_become_a_thing_without_storage_unnoticed(register: Register) -> None:
    asset = register.asset("Laptop")
    details = replace(service.details_of(asset), kind_id=register.kind("Monitor"))
    with pytest.raises(Denied) as denied:
        service.edit(register.actor, asset.id, details, version=asset.version)
    assert codes(denied) == {"kind_hides_storage"}


@pytest.mark.parametrize("state", sorted(DISPOSAL))
def test_nothing_is_changed_once_disposal_is_authorised(register: Register, state: AssetState) -> None:
    asset = register.asset("Laptop")
    asset.state = state.value  # only the disposal feature can do this; here by hand
    db.session.flush()
    attempts = [
        lambda: service.edit(register.actor, asset.id, service.details_of(asset), version=asset.version),
        lambda: service.move(register.actor, asset.id, None, version=asset.version),
        lambda: service.note_media(register.actor, asset.id, 1),
        lambda: service.assert_no_storage(register.actor, asset.id, REASON),
        *(
            lambda to=to: service.change_state(register.actor, asset.id, to, version=asset.version, reason=REASON)  # type: ignore[misc]
            for to in AssetState
        ),
    ]
    for attempt in attempts:
        with pytest.raises(Denied):
            attempt()
    assert asset.state == state.value


def test_the_defaults_are_made_once(register: Register) -> None:
    before = len(register.events())
    service.create_defaults(register.actor)
    assert len(register.events()) == before


def test_details_survive_the_way_there_and_back(register: Register) -> None:
    told = AssetDetails(
        register.kind("Projector"),
        Ownership.LEASED,
        name="Hall projector",
        make="Epson",
        model="EB-L200",
        serial="X4-1",
        location_id=register.place("Hall").id,
        data_class=DataClass.NOT_PERSONAL,
        acquired_on=date(2023, 1, 9),
        cost_pence=0,
        notes="Above the stage",
    )
    asset = service.register(register.actor, told)
    db.session.commit()
    assert service.details_of(asset) == replace(told, tag=asset.tag)
