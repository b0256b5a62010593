"""Many assets at once are kept by the same rules as one, and with a constant number of queries."""

from dataclasses import replace
from datetime import date
from uuid import uuid4

import pytest
from sqlalchemy import select

from labels import code
from tests.cast import counted
from tests.tracker.inventory.conftest import Register
from tracker.db import db
from tracker.inventory import service
from tracker.inventory.details import AssetDetails
from tracker.inventory.intake import Change, change_many, register_many
from tracker.inventory.intake_storage import assert_no_storage_many
from tracker.inventory.models import Asset, NoStorageAssertion
from tracker.inventory.rules import AssetState, Ownership
from tracker.media.intake import add_many
from tracker.media.models import Medium
from tracker.media.service import MediumDetails
from tracker.values import Conflict, Denied, NotFound, Role
from wipe.vocabulary import Medium as MediumKind


def details(register: Register, number: int, kind: str = "Laptop", **told: object) -> AssetDetails:
    told.setdefault("serial", f"SN-{number:05}")
    return AssetDetails(register.kind(kind), make="Dell", model="Latitude", **told)  # type: ignore[arg-type]


def kept(asset: Asset) -> dict[str, object]:
    """All that is kept of an asset but what is drawn or counted."""
    drawn = {"id", "tag", "created_at", "search", "version"}
    return {column.name: getattr(asset, column.name) for column in Asset.__table__.columns if column.name not in drawn}


def test_many_are_kept_and_told_of_exactly_like_one(register: Register) -> None:
    told = {"name": "Trolley 1", "acquired_on": date(2024, 9, 1), "cost_pence": 64900, "serial": "A-1", "notes": "a\nb"}
    one = service.register(register.actor, details(register, 1, "Projector", **told))
    db.session.refresh(one)
    (many,) = register_many(register.actor, [details(register, 2, "Projector", **{**told, "serial": "A-2"})])
    same = kept(one) | {"serial": "A-2", "serial_key": "A2"}
    assert kept(many) == same
    assert many.search == one.search.replace("a-1", "a-2").replace("a1", "a2").replace(
        f"{one.tag} {code.shown(one.tag)}".casefold(), f"{many.tag} {code.shown(many.tag)}".casefold()
    )
    of_one, of_many = register.events()[-4:-2], register.events()[-2:]
    assert [event.kind for event in of_many] == [event.kind for event in of_one]
    for mine, other in zip(of_many, of_one, strict=True):
        fixed = {"tag": None, "serial": None}
        assert (mine.before, {**mine.after, **fixed}, mine.why) == (other.before, {**other.after, **fixed}, other.why)
        assert mine.label.partition(" ")[2] == other.label.partition(" ")[2]


def test_the_number_of_queries_does_not_grow_with_the_number_of_assets(register: Register) -> None:
    seen = []
    for first, number in ((0, 2), (1000, 200)):
        told = [details(register, first + one) for one in range(number)]
        with counted() as queries:
            made = register_many(register.actor, told)
            changes = [Change(one.id, replace(service.details_of(one), name="New"), one.version) for one in made]
            assert change_many(register.actor, changes) == number
            assert_no_storage_many(register.actor, {one.id: "Its drive was taken out." for one in made[: number // 2]})
            media = [MediumDetails(MediumKind.SSD, serial=f"D{first}{one.tag}", asset_id=one.id) for one in made]
            assert len(add_many(register.actor, media)) == number
        seen.append(len(queries))
    assert seen[0] == seen[1] < 70


def test_what_is_new_goes_into_store_by_gate_g1_and_stays_incoming_without(register: Register) -> None:
    projector, laptop = register_many(register.actor, [details(register, 1, "Projector"), details(register, 2)])
    assert (projector.state, laptop.state) == (AssetState.IN_STORE, AssetState.INCOMING)
    add_many(register.actor, [MediumDetails(MediumKind.NVME, serial="NV1", asset_id=laptop.id)])
    db.session.expire_all()
    assert (laptop.state, laptop.media_count, laptop.media_holding) == (AssetState.IN_STORE, 1, 1)


def test_one_faulty_thing_refuses_all_of_them_and_is_named(register: Register) -> None:
    register.asset(serial="KNOWN-1")
    bad = [
        details(register, 1),
        details(register, 2, name="Twin", serial="known 1"),
        details(register, 3, cost_pence=-1),
    ]
    with pytest.raises(Denied) as refused:
        register_many(register.actor, bad[:2])
    assert "Twin" in str(refused.value)
    assert "has this serial number already" in str(refused.value)
    with pytest.raises(Denied, match="cost"):
        register_many(register.actor, bad[2:])
    assert len(db.session.scalars(select(Asset)).all()) == 1


def test_two_of_them_with_one_serial_number_or_one_tag_are_refused(register: Register) -> None:
    with pytest.raises(Denied, match="serial number"):
        register_many(register.actor, [details(register, 1, serial="X 1"), details(register, 2, serial="x1")])
    tag = register.asset().tag
    for wanted in (tag, "ABCDEFGH"):
        with pytest.raises(Denied, match="tag"):
            register_many(register.actor, [details(register, 3, tag=wanted)])


def test_a_printed_tag_is_taken(register: Register) -> None:
    tag = code.new(lambda count: bytes(range(count)))
    (asset,) = register_many(register.actor, [details(register, 1, tag=code.shown(tag).lower())])
    assert asset.tag == tag


def test_a_change_tells_before_and_after_and_counts_the_version(register: Register) -> None:
    asset, other = register.asset(serial="S1"), register.asset(serial="S2")
    change = Change(asset.id, replace(service.details_of(asset), name="Hall", ownership=Ownership.DFE), asset.version)
    same = Change(other.id, service.details_of(other), other.version)
    before = asset.version
    assert change_many(register.actor, [change, same]) == 1
    db.session.expire_all()
    assert (asset.name, asset.ownership, asset.version, other.version) == ("Hall", "dfe", before + 1, other.version)
    assert "hall" in asset.search
    event = register.events()[-1]
    assert (event.before, event.after) == ({"name": "", "ownership": "school"}, {"name": "Hall", "ownership": "dfe"})


def test_a_change_from_an_old_version_changes_nothing(register: Register) -> None:
    asset, other = register.asset(serial="S1"), register.asset(serial="S2")
    changes = [
        Change(other.id, replace(service.details_of(other), name="A"), other.version),
        Change(asset.id, replace(service.details_of(asset), name="B"), asset.version - 1),
    ]
    with pytest.raises(Conflict):
        change_many(register.actor, changes)
    db.session.expire_all()
    assert other.name == ""


def test_a_change_cannot_take_the_serial_number_of_another(register: Register) -> None:
    asset, other = register.asset(serial="S1"), register.asset(serial="S2")
    change = Change(asset.id, replace(service.details_of(asset), serial="s-2"), asset.version)
    with pytest.raises(Denied, match=code.shown(other.tag)):
        change_many(register.actor, [change])


def test_a_kind_without_storage_is_no_way_around_the_statement(register: Register) -> None:
    (laptop,) = register_many(register.actor, [details(register, 1)])
    hidden = replace(service.details_of(laptop), kind_id=register.kind("Monitor"))
    with pytest.raises(Denied, match="no storage"):
        change_many(register.actor, [Change(laptop.id, hidden, laptop.version)])


def test_things_of_another_school_do_not_exist(register: Register, other: Register) -> None:
    theirs = other.asset()
    with pytest.raises(NotFound):
        register_many(register.actor, [AssetDetails(other.kind("Laptop"))])
    with pytest.raises(NotFound):
        change_many(register.actor, [Change(theirs.id, details(register, 1), theirs.version)])
    with pytest.raises(NotFound):
        add_many(register.actor, [MediumDetails(MediumKind.SSD, asset_id=theirs.id)])
    with pytest.raises(NotFound):
        assert_no_storage_many(register.actor, {uuid4(): "There is nothing in it."})


def test_statements_are_a_technicians_own_and_media_withdraw_them(register: Register) -> None:
    (laptop,) = register_many(register.actor, [details(register, 1)])
    with pytest.raises(Denied, match="technician"):
        assert_no_storage_many(replace(register.actor, role=Role.BURSAR), {laptop.id: "Its drive was taken out."})
    with pytest.raises(Denied, match="reason"):
        assert_no_storage_many(register.actor, {laptop.id: "n/a"})
    assert_no_storage_many(register.actor, {laptop.id: "Its drive was taken out."})
    assert laptop.state == AssetState.IN_STORE
    add_many(register.actor, [MediumDetails(MediumKind.SSD, serial="D1", asset_id=laptop.id)])
    statement = db.session.scalars(select(NoStorageAssertion)).one()
    assert (statement.asserted_by, statement.withdrawn_at is None) == ("Tess Technician", False)


def test_one_faulty_medium_refuses_all_of_them(register: Register) -> None:
    (laptop,) = register_many(register.actor, [details(register, 1)])
    known = MediumDetails(MediumKind.SSD, serial="D-1")
    add_many(register.actor, [known])
    for second in (
        known,
        MediumDetails(MediumKind.HDD, capacity_bytes=-1),
        MediumDetails(MediumKind.HDD, make="x" * 81),
    ):
        with pytest.raises(Denied):
            add_many(register.actor, [MediumDetails(MediumKind.SSD, serial="D-9", asset_id=laptop.id), second])
    assert [one.serial for one in db.session.scalars(select(Medium))] == ["D-1"]
    assert laptop.media_count == 0
