"""From a spreadsheet to the register: what a dry run says, and what applying does."""

from dataclasses import replace
from datetime import date

import pytest
from sqlalchemy import func, select

from labels import code
from tests.tracker.imports.conftest import HEADINGS, Desk, csv_of, laptop
from tracker.audit.kinds import EventKind
from tracker.db import db
from tracker.imports import service
from tracker.imports.rules import Verdict
from tracker.inventory import fields, labelling, places
from tracker.inventory import service as inventory
from tracker.inventory.details import LocationDetails
from tracker.inventory.fields_rules import FieldDetails
from tracker.inventory.kinds import kinds
from tracker.inventory.models import Asset, Location, NoStorageAssertion
from tracker.inventory.rules import AssetState, CustomType, LocationLevel, Ownership
from tracker.media import service as media
from tracker.media.models import Medium
from tracker.people.models import Person
from tracker.people.rules import PersonDetails
from tracker.people.service import add_person
from tracker.values import Denied, Role


def test_a_spreadsheet_becomes_a_register(desk: Desk) -> None:
    found = desk.tried(csv_of(laptop(number) for number in range(3)))
    counts = desk.counts(found)
    assert found.state == "tried"
    assert (counts.new, counts.faulty, counts.drives, counts.places, counts.incoming) == (3, 0, 3, 1, 0)
    assert desk.assets() == []
    desk.apply(found)
    assert found.state == "applied"
    assets = desk.assets()
    assert [(one.make, one.model, one.serial, one.state) for one in assets] == [
        ("Dell", "Latitude 5420", f"5CG{number:05}", "in_store") for number in range(3)
    ]
    one = assets[0]
    assert (one.acquired_on, one.cost_pence, one.media_count) == (date(2023, 9, 1), 64900, 1)
    assert [row.asset_id for row in desk.rows(found)] == [one.id for one in assets]
    assert {one.serial for one in db.session.scalars(select(Medium))} == {f"S5Y{number:05}" for number in range(3)}


def test_everything_is_told_in_the_log_in_the_name_of_who_applied_it(desk: Desk) -> None:
    desk.imported(csv_of([laptop(1)]))
    told = [(event.kind, event.actor) for event in desk.register.events()][-7:]
    assert told == [
        (kind, "Tess Technician")
        for kind in (
            EventKind.IMPORT_UPLOADED, EventKind.IMPORT_TRIED, EventKind.IMPORT_APPLIED, EventKind.LOCATION_CREATED,
            EventKind.ASSET_CREATED, EventKind.MEDIUM_CREATED, EventKind.ASSET_STATE_CHANGED,
        )
    ]  # fmt: skip


def test_the_same_file_twice_changes_nothing(desk: Desk) -> None:
    rows = [laptop(1), laptop(2), laptop(3, **{"Serial No": "", "Hard drive serial": ""})]
    rows.append(rows[-1])  # two equal things without a number
    desk.imported(csv_of(rows), no_serial="Not written down in the old list")
    found = desk.tried(csv_of(rows))
    counts = desk.counts(found)
    assert (counts.new, counts.changed, counts.unchanged, counts.faulty) == (0, 0, 4, 0)
    assert db.session.scalar(select(func.count()).select_from(Asset)) == 4


def test_a_changed_row_shows_each_field_before_and_after_and_an_empty_cell_leaves_it(desk: Desk) -> None:
    desk.imported(csv_of([laptop(1), laptop(2)]))
    again = [laptop(1, Room="Year 5", **{"Cost (£)": "£700", "Make": ""}), laptop(2)]
    found = desk.tried(csv_of(again))
    (row,) = desk.rows(found, Verdict.CHANGED)
    assert row.changes == [
        ["Room or place", "Saint Brigid's / Year 4", "Saint Brigid's / Year 5"],
        ["Cost without VAT", "£649.00", "£700.00"],
    ]
    desk.apply(found)
    first, second = desk.assets()
    assert (first.cost_pence, first.make, second.cost_pence) == (70000, "Dell", 64900)
    assert places.get_location(first.school_id, first.location_id).path.endswith("Year 5")  # type: ignore[arg-type] # set
    last = desk.register.events()[-1]
    assert (last.kind, last.before["cost_pence"], last.after["cost_pence"]) == (EventKind.ASSET_CHANGED, 64900, 70000)


def test_notes_are_added_to_and_never_replaced(desk: Desk) -> None:
    headings = ("Type", "Serial No", "Asset No", "Comments")
    desk.imported(csv_of([("Monitor", "M1", "SB001", "Scratched")], headings))
    asset = desk.assets()[0]
    assert asset.notes == "Scratched\nAsset No: SB001"
    inventory.edit(
        desk.actor, asset.id, replace(inventory.details_of(asset), notes="Kept.\n" + asset.notes), version=asset.version
    )
    db.session.commit()
    assert desk.counts(desk.tried(csv_of([("Monitor", "M1", "SB001", "Scratched")], headings))).unchanged == 1
    desk.imported(csv_of([("Monitor", "M1", "SB001", "Repaired")], headings))
    assert desk.assets()[0].notes == "Kept.\nScratched\nAsset No: SB001\nRepaired"


def test_a_thing_is_known_by_its_tag_before_its_serial_number(desk: Desk) -> None:
    asset = desk.register.asset("Monitor", serial="OLD-1")
    other = desk.register.asset("Monitor", serial="OLD-2")
    rows = [(code.shown(asset.tag), "Monitor", "NEW-1", "A"), ("", "Monitor", "old 2", "B")]
    desk.imported(csv_of(rows, ("Asset Tag", "Type", "Serial No", "Name")))
    first, second = desk.assets()
    assert (first.id, first.serial, first.name) == (asset.id, "NEW-1", "A")
    assert (second.id, second.serial, second.name) == (other.id, "OLD-2", "B")


def test_a_label_that_was_printed_before_keeps_its_tag(desk: Desk) -> None:
    tag = code.new(lambda count: b"\1\2\3\4\5"[:count])
    desk.imported(csv_of([(tag.lower(), "Monitor", "M1")], ("Tag", "Type", "Serial No")))
    assert desk.assets()[0].tag == tag


def test_a_retired_label_and_a_tag_of_something_else_are_faults(desk: Desk) -> None:
    asset = desk.register.asset("Monitor", serial="M1")
    old = asset.tag
    db.session.commit()
    labelling.retire(desk.actor, asset.id, "It fell off in the hall.")
    fresh = code.new(lambda count: b"\1\2\3\4\5"[:count])
    rows = [(old, "Monitor", "X1"), (fresh, "Monitor", "M1"), ("LAP-017", "Monitor", "X3")]
    found = desk.tried(csv_of(rows, ("Tag", "Type", "Serial No")), {"Tag": "tag"})
    reasons = {number: why for number, _, why in desk.faults(found)}
    assert "was retired" in reasons[2]
    assert "has this serial number" in reasons[3]
    assert "no tag of Caretaker" in reasons[4]


def test_doubles_inside_the_file_are_faults_that_name_the_other_row(desk: Desk) -> None:
    asset = desk.register.asset("Monitor", serial="M1")
    rows = [("", "Monitor", "S-1"), ("", "Monitor", "s1"), (asset.tag, "Monitor", ""), ("", "Monitor", "M1")]
    found = desk.tried(csv_of(rows, ("Tag", "Type", "Serial No")), {"Tag": "tag"})
    assert [(number, why.split(".")[0]) for number, _, why in desk.faults(found)] == [
        (3, "Row 2 has the same serial number"),
        (5, "Row 4 is about the same thing"),
    ]


def test_several_things_with_one_serial_number_need_the_tag(desk: Desk) -> None:
    one = desk.register.asset("Monitor", serial="TWIN")
    desk.register.asset("Monitor", serial="TWIN", same_serial=True)
    rows = [("", "Monitor", "twin", "A"), (one.tag, "Monitor", "twin", "B")]
    found = desk.tried(csv_of(rows[:1], ("Tag", "Type", "Serial No", "Name")), {"Tag": "tag"})
    assert "Give the tag" in desk.faults(found)[0][2]
    desk.imported(csv_of(rows[1:], ("Tag", "Type", "Serial No", "Name")), {"Tag": "tag"})
    assert one.name == "B"


def test_one_faulty_row_keeps_everything_out(desk: Desk) -> None:
    found = desk.tried(csv_of([laptop(1), laptop(2, Purchased="31/02/2024")]))
    why = "“31/02/2024”: This is no day that can be read. Write it as 31/01/2024."
    assert desk.faults(found) == [(3, "Purchased", why)]
    counts = desk.counts(found)
    assert (counts.new, counts.faulty) == (1, 1)
    with pytest.raises(Denied, match="1 row is faulty"):
        service.apply(desk.actor, found.id, found.digest)
    db.session.rollback()
    assert desk.assets() == []


def test_what_only_a_faulty_row_names_would_not_be_created(desk: Desk) -> None:
    found = desk.tried(csv_of([laptop(1), laptop(2, Type="Hoverboard", Purchased="never", Room="Moon")]))
    counts = desk.counts(found)
    assert (counts.kinds, counts.places) == (0, 1)


def test_kinds_places_and_people_are_created_once_each(desk: Desk) -> None:
    headings = ("Type", "Serial No", "Building", "Room", "Assigned to")
    rows = [
        ("Hoverboard", "H1", "Hall Block", "Stage / Cupboard", "Ann Teacher"),
        ("hoverboard", "H2", "hall block", "stage > cupboard", "ann teacher"),
        ("Laptops", "H3", "", "Stage", "ann@school.example"),
    ]
    found = desk.imported(csv_of(rows, headings))
    counts = desk.counts(found)
    assert (counts.kinds, counts.places, counts.people) == (1, 3, 2)
    first, second, third = desk.assets()
    assert first.kind_id == second.kind_id
    assert third.kind_id == desk.register.kind("Laptop")
    kind = next(one for one in kinds(desk.register.school_id) if one.name == "Hoverboard")
    assert kind.data_bearing  # AD5: until somebody says otherwise
    paths = {one.path: one.level for one in db.session.scalars(select(Location))}
    assert paths == {
        "Saint Brigid's": "site",
        "Saint Brigid's / Hall Block": "building",
        "Saint Brigid's / Hall Block / Stage": "room",
        "Saint Brigid's / Hall Block / Stage / Cupboard": "cabinet",
    }
    assert third.location_id == next(
        one.id for one in db.session.scalars(select(Location)) if one.path.endswith("/ Stage")
    )
    assert {one.name for one in db.session.scalars(select(Person))} == {"Ann Teacher", "ann@school.example"}


def test_nothing_is_created_where_that_was_not_chosen(desk: Desk) -> None:
    headings = ("Type", "Serial No", "Room", "Assigned to")
    rows = [("Hoverboard", "H1", "", ""), ("Laptop", "H2", "Moon", ""), ("Laptop", "H3", "", "Ann")]
    found = desk.tried(csv_of(rows, headings), new_kinds=False, new_places=False, new_people=False)
    assert [(number, heading) for number, heading, _ in desk.faults(found)] == [
        (2, "Type"),
        (3, "Room"),
        (4, "Assigned to"),
    ]


def test_people_are_known_by_name_surname_first_and_email_and_leavers_are_faults(desk: Desk) -> None:
    ann = add_person(desk.actor, PersonDetails("Ann Teacher", email="ann@school.example"))
    add_person(desk.actor, PersonDetails("Bob Gone", left_on=date(2020, 7, 21)))
    for _ in range(2):
        add_person(desk.actor, PersonDetails("Sam Same"))
    rows = [(f"M{number}", "Monitor", name) for number, name in enumerate(
        ("ANN TEACHER", "Teacher, Ann", "Ann@School.example", "Bob Gone", "Sam Same")
    )]  # fmt: skip
    found = desk.tried(csv_of(rows, ("Serial No", "Type", "Assigned to")))
    assert [(number, why.split(".")[0]) for number, _, why in desk.faults(found)] == [
        (5, "Bob Gone has left the school"),
        (6, "Several people are called Sam Same"),
    ]
    found = desk.imported(csv_of(rows[:3], ("Serial No", "Type", "Assigned to")))
    assert {one.responsible_id for one in desk.assets()} == {ann.id}


def test_a_room_of_several_is_a_fault_until_the_whole_path_is_written(desk: Desk) -> None:
    for name in ("Infants", "Juniors"):
        block = desk.register.place(name, level=LocationLevel.BUILDING)
        desk.register.place("Store", inside=block)
    headings = ("Serial No", "Type", "Room")
    found = desk.tried(csv_of([("M1", "Monitor", "store")], headings))
    assert "Several places are called so" in desk.faults(found)[0][2]
    desk.imported(csv_of([("M1", "Monitor", "Infants / Store")], headings))
    asset = desk.assets()[0]
    assert places.get_location(asset.school_id, asset.location_id).path.endswith("Infants / Store")  # type: ignore[arg-type] # set


def test_with_several_sites_a_new_room_needs_to_know_which(desk: Desk) -> None:
    second = places.add_location(desk.actor, LocationDetails("Annexe", LocationLevel.SITE))
    headings = ("Serial No", "Type", "Site", "Room")
    found = desk.tried(csv_of([("M1", "Monitor", "", "Lab")], headings))
    assert "several sites" in desk.faults(found)[0][2]
    desk.imported(csv_of([("M1", "Monitor", "", "Lab")], headings), place=str(second.id))
    desk.imported(csv_of([("M2", "Monitor", "annexe", "Studio"), ("M3", "Monitor", "New site", "Hall")], headings))
    paths = {one.path for one in db.session.scalars(select(Location))}
    assert {"Annexe / Lab", "Annexe / Studio", "New site", "New site / Hall"} <= paths


def test_in_use_needs_what_the_gates_ask_for_and_the_dry_run_says_so(desk: Desk) -> None:
    headings = ("Type", "Serial No", "Room", "Status", "Hard drive serial")
    rows = [("Monitor", "M1", "Hall", "In use", ""), ("Laptop", "L1", "Hall", "Deployed", "")]
    found = desk.tried(csv_of(rows, headings))
    remarks = {row.number: " ".join(row.remarks) for row in desk.rows(found)}
    assert remarks[2].startswith("It goes into store, not into use yet: Print its label")
    assert remarks[3].startswith("It stays “Incoming”: List the storage media in it")
    assert desk.counts(found).incoming == 1
    desk.apply(found)
    assert [one.state for one in desk.assets()] == [AssetState.IN_STORE, AssetState.INCOMING]


def test_no_storage_is_stated_in_the_name_of_a_technician_and_left_out_for_a_bursar(desk: Desk) -> None:
    headings = ("Type", "Serial No", "No storage because")
    rows = [("Laptop", "L1", "Its drive was taken out"), ("Laptop", "L2", "yes"), ("Laptop", "L3", "")]
    bursar = replace(desk.actor, role=Role.BURSAR, name="Beth Bursar")
    upload = desk.upload(csv_of(rows, headings))
    desk.ask(upload, actor=bursar, no_storage="Diskless thin clients")
    desk.work()
    assert desk.counts(upload).stated == 0
    assert "only a technician" in desk.rows(upload)[0].remarks[0]
    found = desk.imported(csv_of(rows, headings), no_storage="Diskless thin clients")
    assert desk.counts(found).stated == 2
    told = db.session.scalars(select(NoStorageAssertion).order_by(NoStorageAssertion.id)).all()
    assert [(one.reason, one.asserted_by) for one in told] == [
        ("Its drive was taken out", "Tess Technician"),
        ("Diskless thin clients", "Tess Technician"),
    ]
    assert [one.state for one in desk.assets()] == ["in_store", "in_store", "incoming"]


def test_a_reason_that_is_none_is_a_fault_and_so_are_a_drive_and_none(desk: Desk) -> None:
    headings = ("Type", "Serial No", "No storage because", "Hard drive serial")
    rows = [("Laptop", "L1", "broken", ""), ("Laptop", "L2", "yes", ""), ("Laptop", "L3", "Taken out in May", "D1")]
    found = desk.tried(csv_of(rows, headings))
    whys = [why for _, _, why in desk.faults(found)]
    assert "10 characters" in whys[0]
    assert "10 characters" in whys[1]
    assert "lists a drive and says that there is none" in whys[2]


def test_drives_are_listed_once_and_a_known_one_elsewhere_is_a_fault(desk: Desk) -> None:
    laptop_id = desk.register.asset("Laptop", serial="L1").id
    media.add_medium(desk.actor, media.MediumDetails(media.MediumKind.SSD, serial="HERE-1", asset_id=laptop_id))
    media.add_medium(desk.actor, media.MediumDetails(media.MediumKind.SSD, serial="LOOSE-1"))
    headings = ("Type", "Serial No", "Drive 1 serial", "Drive 1 size", "Drive 2 serial", "Drive 2 size")
    rows = [
        ("Laptop", "L1", "here1", "", "", "1 TB"),
        ("Laptop", "L2", "loose 1", "", "", ""),
        ("Laptop", "L3", "D3", "256GB SSD", "d-3", ""),
    ]
    found = desk.tried(csv_of(rows, headings))
    assert [number for number, _, _ in desk.faults(found)] == [3]  # one drive twice in one thing: see below
    (row,) = desk.rows(found, Verdict.CHANGED)
    assert row.changes == [["Storage medium", "", "Not known, no serial number"]]
    desk.imported(csv_of(rows[:1], headings))
    assert desk.counts(desk.tried(csv_of(rows[:1], headings))).unchanged == 1
    assert len(media.media_of(desk.register.school_id, laptop_id)) == 2


def test_fields_of_the_school_are_targets_by_their_name_and_only_for_their_kind(desk: Desk) -> None:
    field = fields.add_field(desk.actor, FieldDetails("Screen size", CustomType.NUMBER, desk.register.kind("Monitor")))
    day = fields.add_field(desk.actor, FieldDetails("PAT due", CustomType.DATE))
    headings = ("Type", "Serial No", "Screen size", "PAT due")
    rows = [("Monitor", "M1", "24", "1 Sep 2027"), ("Laptop", "L1", "14", ""), ("Monitor", "M2", "big", "")]
    found = desk.tried(csv_of(rows, headings))
    assert [(number, heading) for number, heading, _ in desk.faults(found)] == [(3, "Screen size"), (4, "Screen size")]
    desk.imported(csv_of(rows[:1], headings))
    assert desk.assets()[0].custom == {str(field.id): "24", str(day.id): "2027-09-01"}
    found = desk.tried(csv_of([("Monitor", "M1", "27", "")], headings))
    assert desk.rows(found, Verdict.CHANGED)[0].changes == [["Screen size", "24", "27"]]


def test_the_rules_of_the_register_are_the_rules_of_an_import(desk: Desk) -> None:
    headings = ("Type", "Serial No", "Ownership", "Warranty", "Purchased", "Cost", "Security marked", "Comments")
    rows = [
        ("Monitor", "M1", "Rented from Mars", "", "", "", "", ""),
        ("Monitor", "M2", "", "2020-01-01", "2021-01-01", "", "", ""),
        ("Monitor", "M3", "", "", "", "9223372036854775808", "", ""),
        ("Monitor", "M4", "", "", "", "", "QR label", ""),
        ("Monitor", "M5", "", "", "", "", "", "x" * 10_001),
        ("Monitor", "M" * 121, "", "", "", "", "", ""),
        ("", "M7", "", "", "", "", "", ""),
    ]
    found = desk.tried(csv_of(rows, headings))
    told = [(number, heading) for number, heading, _ in desk.faults(found)]
    assert told == [
        (2, "Ownership"), (3, "Warranty"), (4, "Cost"), (5, "Security marked"), (6, ""), (7, "Serial No"), (8, "Type"),
    ]  # fmt: skip


def test_a_lease_without_an_owner_stays_incoming(desk: Desk) -> None:
    headings = ("Type", "Serial No", "Ownership", "Owner")
    rows = [("Monitor", "M1", "lease", ""), ("Monitor", "M2", "Leased", "Example Leasing")]
    desk.imported(csv_of(rows, headings))
    first, second = desk.assets()
    assert (first.state, second.state, second.ownership) == ("incoming", "in_store", Ownership.LEASED)


def test_a_thing_whose_disposal_is_authorised_is_a_fault(desk: Desk) -> None:
    asset = desk.register.asset("Monitor", serial="M1")
    asset.state = AssetState.DISPOSAL_AUTHORISED.value
    db.session.commit()
    found = desk.tried(csv_of([("Monitor", "M1", "A new name")], ("Type", "Serial No", "Name")))
    assert "can no longer be changed" in desk.faults(found)[0][2]


def test_the_columns_are_remembered_for_the_next_file_like_it(desk: Desk) -> None:
    headings = (*HEADINGS, "Wotsit")
    row = [*laptop(1), "On the left shelf"]
    first = desk.tried(csv_of([row], headings), {"Wotsit": "description"}, no_serial="Not in the old list")
    assert desk.counts(first).new == 1
    second = desk.upload(csv_of([row, [*laptop(2), ""]], headings))
    assert second.mapping == first.mapping
    assert service.choices_of(second).no_serial == "Not in the old list"
    assert service.remembered(second) is not None
