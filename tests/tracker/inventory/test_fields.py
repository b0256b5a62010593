"""Custom fields and kinds in the register, on both databases: kept, found, told in the log by name, and retired."""

from dataclasses import replace
from uuid import UUID, uuid4

import pytest

from tests.tracker.inventory.conftest import Register
from tracker.db import db
from tracker.inventory import fields, kinds, service
from tracker.inventory.details import AssetDetails
from tracker.inventory.fields_rules import FieldDetails
from tracker.inventory.models import Asset, CustomField
from tracker.inventory.rules import AssetState, CustomType
from tracker.values import Conflict, Denied, NotFound

REASON = "Opened it and looked: no drive bay."


def codes(denied: pytest.ExceptionInfo[Denied]) -> set[str]:
    return {blocker.code for blocker in denied.value.blockers}


def field(
    register: Register, name: str, kind: CustomType = CustomType.TEXT, of: str | None = "Projector", **told: object
) -> CustomField:
    kind_id = None if of is None else register.kind(of)
    return fields.add_field(register.actor, FieldDetails(name, kind, kind_id, **told))  # type: ignore[arg-type]


def change(register: Register, asset: Asset, **told: object) -> Asset:
    details = replace(service.details_of(asset), **told)  # type: ignore[arg-type]
    return service.edit(register.actor, asset.id, details, version=asset.version)


def test_values_are_kept_and_told_by_the_name_of_their_field(register: Register) -> None:
    hours = field(register, "Lamp hours", CustomType.NUMBER)
    price = field(register, "Lamp price", CustomType.MONEY)
    asset = register.asset("Projector", custom={hours.id: "1200", price.id: 8999})
    db.session.commit()
    db.session.expire_all()
    assert asset.custom == {str(hours.id): "1200", str(price.id): 8999}
    assert service.details_of(asset).custom == {hours.id: "1200", price.id: 8999}
    created = next(event for event in register.events() if event.kind == "asset:created")
    assert (created.after["Lamp hours"], created.after["Lamp price"]) == ("1200", "£89.99")
    change(register, asset, custom={hours.id: "1300"})
    last = register.events()[-1]
    assert (last.before, last.after) == (
        {"Lamp hours": "1200", "Lamp price": "£89.99"},
        {"Lamp hours": "1300", "Lamp price": ""},
    )


def test_all_that_a_school_knows_is_kept_told_and_found(register: Register) -> None:
    mac = field(register, "MAC address", of=None)
    told = {
        "description": "Grey, red dot",
        "department": "Year 3",
        "supplier": "Misco",
        "order_number": "PO-1182",
        "funding_source": "Devolved capital",
        "owner": "Lease Ltd",
        "security_marking": "Engraved WR1",
        "notes": "Lamp by the door",
        "custom": {mac.id: "Ä0:1B"},
    }
    asset = register.asset("Projector", insurance_pence=100, life_months=60, **told)
    for part in ("red dot", "year 3", "misco", "po-1182", "devolved", "lease ltd", "engraved", "by the door", "a0:1b"):
        assert part in asset.search
    created = next(event for event in register.events() if event.kind == "asset:created")
    assert {"description", "department", "supplier", "owner", "insurance_pence", "life_months"} <= set(created.after)


def test_a_value_of_another_school_a_retired_field_or_another_kind_is_refused(
    register: Register, other: Register
) -> None:
    theirs = field(other, "MAC address")
    laptops = field(register, "BIOS", of="Laptop")
    old = field(register, "Old number")
    fields.retire_field(register.actor, old.id, version=old.version)
    before = len(register.events())
    for foreign, code in ((theirs, "custom_unknown"), (laptops, "custom_unknown"), (old, "custom_retired")):
        with pytest.raises(Denied) as denied:
            register.asset("Projector", custom={foreign.id: "x"})
        assert codes(denied) == {code}
    with pytest.raises(Denied) as denied:
        register.asset("Projector", custom={uuid4(): "x"})
    assert codes(denied) == {"custom_unknown"}
    assert len(register.events()) == before


@pytest.mark.parametrize(
    "value", ["x" * 10_001, 7, True, "bell\x07", float("nan"), ["a"], "0001-01-01", "2026-11-31", "9999-01-01"]
)
def test_a_value_of_the_wrong_type_changes_nothing(register: Register, value: object) -> None:
    day = field(register, "Lamp changed", CustomType.DATE)
    asset = register.asset("Projector", custom={day.id: "2026-11-01"})
    db.session.commit()
    with pytest.raises(Denied):
        change(register, asset, custom={day.id: value})
    db.session.rollback()
    assert asset.custom == {str(day.id): "2026-11-01"}


def test_a_retired_field_keeps_its_values_and_is_asked_for_no_more(register: Register) -> None:
    old = field(register, "Old number")
    asset = register.asset("Projector", custom={old.id: "0771"})
    fields.retire_field(register.actor, old.id, version=old.version)
    assert fields.fields_of(register.school_id, asset.kind_id) == []
    change(register, asset, name="Hall")
    assert asset.custom == {str(old.id): "0771"}
    assert "0771" in asset.search
    fields.restore_field(register.actor, old.id, version=old.version)
    assert fields.fields_of(register.school_id, asset.kind_id) == [old]
    assert [event.after for event in register.events()[-1:]] == [{"retired": False}]


def test_another_kind_leaves_the_fields_of_the_old_one_behind_and_the_log_tells_it(register: Register) -> None:
    hours, mac = field(register, "Lamp hours", CustomType.NUMBER), field(register, "MAC address", of=None)
    asset = register.asset("Projector", custom={hours.id: "5", mac.id: "00:1A"})
    change(register, asset, kind_id=register.kind("Monitor"))
    assert asset.custom == {str(mac.id): "00:1A"}
    last = register.events()[-1]
    assert (last.before, last.after) == (
        {"kind": "Projector", "Lamp hours": "5"},
        {"kind": "Monitor", "Lamp hours": ""},
    )


def test_a_choice_that_left_the_list_stays_where_it_was_chosen(register: Register) -> None:
    lock = field(register, "Lock", CustomType.CHOICE, choices=("None", "Chain"))
    asset = register.asset("Projector", custom={lock.id: "Chain"})
    details = replace(fields.details_of(lock), choices=("None", "Nano"))
    fields.edit_field(register.actor, lock.id, details, version=lock.version)
    change(register, asset, name="Hall")
    assert asset.custom == {str(lock.id): "Chain"}
    other = register.asset("Projector")
    with pytest.raises(Denied):
        change(register, other, custom={lock.id: "Chain"})


def test_a_used_field_keeps_its_type_and_an_unused_one_may_change(register: Register) -> None:
    hours = field(register, "Lamp hours")
    as_number = replace(fields.details_of(hours), type=CustomType.NUMBER)
    asset = register.asset("Projector", custom={hours.id: "many"})
    assert fields.used(register.school_id, [hours]) == {hours.id: 1}
    with pytest.raises(Denied) as denied:
        fields.edit_field(register.actor, hours.id, as_number, version=hours.version)
    assert codes(denied) == {"type"}
    change(register, asset, custom={})
    assert fields.used(register.school_id, [hours]) == {hours.id: 0}
    fields.edit_field(register.actor, hours.id, as_number, version=hours.version)
    assert hours.type == "number"


def test_the_id_of_a_field_inside_a_text_counts_as_no_use(register: Register) -> None:
    one, two = field(register, "One"), field(register, "Two")
    register.asset("Projector", custom={two.id: f'"{one.id}": 1'})
    assert fields.used(register.school_id, [one, two]) == {one.id: 0, two.id: 1}


def test_fields_stand_in_their_order_and_move(register: Register) -> None:
    made = [field(register, name) for name in ("A", "B", "C")]
    everywhere = field(register, "Z", of=None)

    def order() -> list[str]:
        return [one.name for one in fields.fields_of(register.school_id, register.kind("Projector"))]

    assert order() == ["Z", "A", "B", "C"]
    fields.shift_field(register.actor, made[2].id, -1)
    fields.shift_field(register.actor, made[0].id, -1)  # is the first already
    fields.shift_field(register.actor, everywhere.id, 1)
    assert order() == ["Z", "A", "C", "B"]


def test_two_people_who_edit_a_field_or_a_kind_are_told_who_was_faster(register: Register) -> None:
    one = field(register, "Lamp hours")
    fields.edit_field(register.actor, one.id, replace(fields.details_of(one), hint="Menu, Info"), version=1)
    with pytest.raises(Conflict, match="Tess Technician changed Lamp hours on"):
        fields.edit_field(register.actor, one.id, fields.details_of(one), version=1)
    with pytest.raises(Conflict):
        fields.retire_field(register.actor, one.id, version=1)
    kind_id = register.kind("Projector")
    kinds.edit_kind(register.actor, kind_id, replace(kinds.DEFAULTS[11], portable=True), version=1)
    with pytest.raises(Conflict, match="Tess Technician changed Projector on"):
        kinds.edit_kind(register.actor, kind_id, kinds.DEFAULTS[11], version=1)


def test_fields_and_kinds_of_another_school_are_not_found(register: Register, other: Register) -> None:
    theirs, kind_id = field(other, "MAC address"), other.kind("Laptop")
    attempts = [
        lambda: fields.edit_field(register.actor, theirs.id, fields.details_of(theirs), version=1),
        lambda: fields.retire_field(register.actor, theirs.id, version=1),
        lambda: fields.restore_field(register.actor, theirs.id, version=1),
        lambda: fields.shift_field(register.actor, theirs.id, 1),
        lambda: fields.add_field(register.actor, FieldDetails("X", CustomType.TEXT, kind_id)),
        lambda: kinds.edit_kind(register.actor, kind_id, kinds.DEFAULTS[0], version=1),
        lambda: kinds.retire_kind(register.actor, kind_id, version=1),
    ]
    for attempt in attempts:
        with pytest.raises(NotFound):
            attempt()


def edit_kind(register: Register, of: str, **told: object) -> None:
    kind = kinds.get_kind(register.school_id, register.kind(of))
    details = replace(kinds.details_of(kind), **told)  # type: ignore[arg-type]
    kinds.edit_kind(register.actor, kind.id, details, version=kind.version)


def test_a_kind_without_data_is_no_way_around_the_statement_for_each_thing(register: Register) -> None:
    asset = register.asset("Laptop")
    with pytest.raises(Denied, match="1 asset of this kind may hold data") as denied:
        edit_kind(register, "Laptop", data_bearing=False)
    assert codes(denied) == {"kind_hides_storage"}
    service.assert_no_storage(register.actor, asset.id, REASON)
    edit_kind(register, "Laptop", data_bearing=False)
    assert register.events()[-1].after == {"data_bearing": False}


def test_the_disks_of_a_server_stay_a_servers(register: Register) -> None:
    asset = register.asset("Server", location_id=register.place("Rack", lock=True).id)
    service.note_media(register.actor, asset.id, 2)
    with pytest.raises(Denied) as denied:
        edit_kind(register, "Server", server=False)
    assert codes(denied) == {"server"}
    with pytest.raises(Denied) as denied:
        edit_kind(register, "Server", name="laptop")
    assert codes(denied) == {"kind_taken"}


def test_what_is_in_use_in_the_open_makes_no_server(register: Register) -> None:
    asset = register.asset("Monitor", location_id=register.place("Hall").id)
    asset.state = AssetState.IN_USE.value
    db.session.flush()
    with pytest.raises(Denied) as denied:
        edit_kind(register, "Monitor", data_bearing=True, server=True)
    assert codes(denied) == {"server"}


def test_a_retired_kind_is_for_nothing_new_and_what_is_of_it_stays(register: Register) -> None:
    asset = register.asset("Projector")
    kind_id = register.kind("Projector")
    kinds.retire_kind(register.actor, kind_id, version=1)
    assert kind_id not in dict(kinds.choices(register.school_id))
    assert kind_id in dict(kinds.choices(register.school_id, kind_id))
    with pytest.raises(Denied) as denied:
        register.asset("Projector")
    assert codes(denied) == {"kind_retired"}
    change(register, asset, name="Still here")
    monitor = register.asset("Monitor")
    with pytest.raises(Denied):
        change(register, monitor, kind_id=kind_id)
    kinds.restore_kind(register.actor, kind_id, version=2)
    assert register.asset("Projector").kind_id == kind_id


def test_there_is_an_end_to_the_number_of_fields(register: Register, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("tracker.inventory.fields_rules.FIELDS_MOST", 1)
    field(register, "One")
    with pytest.raises(Denied) as denied:
        field(register, "Two")
    assert codes(denied) == {"too_many"}


def test_details_with_everything_survive_the_way_there_and_back(register: Register) -> None:
    seen = field(register, "Seen", CustomType.YES_NO)
    told = AssetDetails(register.kind("Projector"), serial="X1", life_months=60, owner="LA", custom={seen.id: False})
    asset = service.register(register.actor, told)
    db.session.commit()
    assert service.details_of(asset) == replace(told, tag=asset.tag)
    assert UUID(next(iter(asset.custom))) == seen.id
