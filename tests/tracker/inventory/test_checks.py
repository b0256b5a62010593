"""Checks: which can be kept, for one or many, what lacks one, and their pages; on both databases."""

import csv
import io
from datetime import date, timedelta
from uuid import UUID, uuid4

import pytest
from flask.testing import FlaskClient
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.cast import body, counted
from tests.tracker.inventory.conftest import Register
from tracker.db import db
from tracker.inventory import checks, checks_rules, kinds, service
from tracker.inventory.checks_rules import CheckDetails, Latest, Standing
from tracker.inventory.details import AssetDetails
from tracker.inventory.models import Asset
from tracker.inventory.rules import AssetState, CheckKind
from tracker.inventory.settings import change_settings, settings_of
from tracker.inventory.settings_rules import Thresholds
from tracker.people import service as people
from tracker.values import Actor, Denied, NotFound, Role

TODAY = date(2026, 11, 24)
GOOD = CheckDetails(CheckKind.ENCRYPTION, True, TODAY, "Tess", "BitLocker")


def codes(denied: pytest.ExceptionInfo[Denied]) -> set[str]:
    return {blocker.code for blocker in denied.value.blockers}


def with_changes(**changed: object) -> CheckDetails:
    return CheckDetails(**{**vars(GOOD), **changed})  # type: ignore[arg-type]


@pytest.mark.pure
@pytest.mark.parametrize(
    ("changed", "expected"),
    [
        ({}, set()),
        ({"method": ""}, {"no_method"}),
        ({"method": "", "kind": CheckKind.RESET}, {"no_method"}),
        ({"method": "", "kind": CheckKind.INSTALLATION}, {"no_method"}),
        ({"method": "", "kind": CheckKind.IDENTIFICATION}, {"no_method"}),
        ({"method": "", "kind": CheckKind.UPDATES}, set()),
        ({"method": "", "kind": CheckKind.ANTI_VIRUS}, set()),
        ({"passed": False}, {"no_note"}),
        ({"passed": False, "method": "", "note": "It was off."}, set()),
        ({"done_by": ""}, {"done_by"}),
        ({"done_on": TODAY + timedelta(days=1)}, {"done_on"}),
        ({"done_on": date(1979, 12, 31)}, {"done_on"}),
        ({"method": "x" * 201}, {"too_long"}),
        ({"note": "x" * 2001}, {"too_long"}),
        ({"done_by": "half \ud800 pair"}, {"unprintable"}),
        ({"note": "bell\x07"}, {"unprintable"}),
    ],
)
def test_a_check_that_tells_nothing_is_refused(changed: dict[str, object], expected: set[str]) -> None:
    found = checks_rules.may_record(with_changes(**changed), Role.TECHNICIAN, TODAY)
    assert {blocker.code for blocker in found.blockers} == expected


@pytest.mark.pure
@pytest.mark.parametrize("role", [*Role, None])
def test_technician_and_bursar_record_checks(role: Role | None) -> None:
    found = {one.code for one in checks_rules.may_record(GOOD, role, TODAY).blockers}
    assert found == (set() if role in (Role.TECHNICIAN, Role.BURSAR) else {"role"})


@pytest.mark.pure
@pytest.mark.parametrize(
    ("kind", "passed", "days_ago", "arrived_days_ago", "expected"),
    [
        (CheckKind.ENCRYPTION, True, 0, None, Standing.GOOD),
        (CheckKind.ENCRYPTION, True, 365, None, Standing.GOOD),
        (CheckKind.ENCRYPTION, True, 366, None, Standing.OLD),
        (CheckKind.ENCRYPTION, False, 0, None, Standing.FAILED),
        (CheckKind.ENCRYPTION, True, 10, 10, Standing.GOOD),
        (CheckKind.ENCRYPTION, True, 10, 9, Standing.OVERTAKEN),
        (CheckKind.UPDATES, True, 10, 9, Standing.GOOD),
        (CheckKind.UPDATES, True, 400, None, Standing.OLD),
        (CheckKind.INSTALLATION, True, 4000, 1, Standing.GOOD),
        (CheckKind.INSTALLATION, False, 1, None, Standing.FAILED),
    ],
)
def test_a_check_is_worth_what_it_says_for_a_while(
    kind: CheckKind, passed: bool, days_ago: int, arrived_days_ago: int | None, expected: Standing
) -> None:
    arrived = None if arrived_days_ago is None else TODAY - timedelta(days=arrived_days_ago)
    check = Latest(kind, passed, TODAY - timedelta(days=days_ago))
    assert checks_rules.standing(check, TODAY, 365, arrived) is expected
    assert checks_rules.standing(None, TODAY, 365, arrived) is Standing.NEVER


def test_a_check_is_kept_with_who_wrote_it_down_and_told_in_the_log(register: Register) -> None:
    asset = register.asset("Laptop")
    checks.record_check(register.actor, asset.id, CheckDetails(CheckKind.RESET, True, TODAY, " A  Company ", "Image"))
    kept = checks.latest(asset)[CheckKind.RESET]
    assert (kept.done_by, kept.recorded_by, kept.recorded_by_id) == ("A Company", "Tess Technician", register.actor.id)
    event = register.events()[-1]
    assert event.kind == "asset:checked"
    assert event.after == {
        "kind": "reset", "passed": True, "done_on": "2026-11-24", "done_by": "A Company", "method": "Image"
    }  # fmt: skip


def test_the_latest_day_counts_and_of_one_day_what_was_written_last(register: Register) -> None:
    asset = register.asset("Laptop")
    register.checked(asset, CheckKind.UPDATES, days_ago=1)
    register.checked(asset, CheckKind.UPDATES, passed=False, days_ago=9)
    assert checks.latest(asset)[CheckKind.UPDATES].passed
    register.checked(asset, CheckKind.UPDATES, passed=False, days_ago=1)
    assert not checks.latest(asset)[CheckKind.UPDATES].passed
    assert len(checks.history(asset)) == 3


def test_one_check_of_many_is_all_or_nothing(register: Register, other: Register) -> None:
    assets = [register.asset("Laptop") for _ in range(3)]
    ids = [asset.id for asset in assets]
    before = len(register.events())
    with pytest.raises(NotFound):
        checks.record_checks(register.actor, [*ids, other.asset("Laptop").id], GOOD)
    assets[1].state = AssetState.DISPOSED.value
    db.session.flush()
    with pytest.raises(Denied, match="no longer be changed"):
        checks.record_checks(register.actor, ids, GOOD)
    with pytest.raises(Denied) as denied:
        checks.record_checks(register.actor, [], GOOD)
    assert codes(denied) == {"assets"}
    with pytest.raises(Denied) as denied:
        checks.record_checks(register.actor, [uuid4() for _ in range(checks.MOST + 1)], GOOD)
    assert codes(denied) == {"assets"}
    assert len(register.events()) == before
    assert checks.record_checks(register.actor, [ids[0], ids[2], ids[0]], GOOD) == 2


def test_many_are_checked_with_a_handful_of_queries(register: Register) -> None:
    few = [register.asset("Laptop").id for _ in range(2)]
    many = [register.asset("Laptop").id for _ in range(12)]
    db.session.commit()
    with counted() as small:
        checks.record_checks(register.actor, few, GOOD)
    with counted() as large:
        checks.record_checks(register.actor, many, GOOD)
    assert len(large) <= len(small)


def lacking(register: Register, kind: CheckKind) -> dict[UUID, Standing]:
    found = {row.asset_id: row.standing for row in checks.lacking(register.school_id, kind)}
    assert len(found) == checks.numbers_lacking(register.school_id)[kind]
    return found


def test_what_may_hold_data_and_lacks_a_check_is_listed_with_the_reason(register: Register) -> None:
    never, failed, old, good, told, gone = (register.asset("Laptop") for _ in range(6))
    for asset in (never, failed, old, good, told, gone):
        service.note_media(register.actor, asset.id, 1)
    register.asset("Monitor")  # holds nothing
    register.checked(failed, CheckKind.ENCRYPTION, passed=False)
    register.checked(old, CheckKind.ENCRYPTION, days_ago=366)
    register.checked(good, CheckKind.ENCRYPTION)
    service.note_media(register.actor, told.id, -1)
    service.assert_no_storage(register.actor, told.id, "Its drive was taken out.")
    service.change_state(register.actor, gone.id, AssetState.REDUNDANT, version=gone.version, reason="Worn out by now.")
    assert lacking(register, CheckKind.ENCRYPTION) == {
        never.id: Standing.NEVER,
        failed.id: Standing.FAILED,
        old.id: Standing.OLD,
    }
    head = Actor(register.school_id, uuid4(), "Hana Head", Role.HEAD, "tests")
    change_settings(head, Thresholds(check_days=400), version=0)
    assert old.id not in lacking(register, CheckKind.ENCRYPTION)
    assert set(lacking(register, CheckKind.UPDATES)) == {never.id, failed.id, old.id, good.id}


def test_an_incoming_laptop_whose_drive_is_out_is_asked_for_once_it_is_in_store(register: Register) -> None:
    asset = register.asset("Laptop")
    assert lacking(register, CheckKind.ENCRYPTION) == {}
    service.note_media(register.actor, asset.id, 1)
    service.note_media(register.actor, asset.id, -1)  # nobody told where it went
    assert lacking(register, CheckKind.ENCRYPTION) == {asset.id: Standing.NEVER}


def test_what_is_installed_without_a_record_is_listed(register: Register) -> None:
    projector = register.asset("Projector")
    assert lacking(register, CheckKind.INSTALLATION) == {projector.id: Standing.NEVER}
    register.checked(projector, CheckKind.INSTALLATION, days_ago=3000)
    assert lacking(register, CheckKind.INSTALLATION) == {}


def test_a_drive_with_data_that_comes_in_overtakes_the_check(register: Register) -> None:
    asset = register.asset("Laptop")
    service.note_media(register.actor, asset.id, 1)
    register.checked(asset, CheckKind.ENCRYPTION, days_ago=2)
    assert lacking(register, CheckKind.ENCRYPTION) == {}
    service.note_media(register.actor, asset.id, 1, arrived=True)
    assert lacking(register, CheckKind.ENCRYPTION) == {asset.id: Standing.OVERTAKEN}


@pytest.mark.parametrize("sort", checks.SORTS)
def test_the_list_is_sorted_both_ways_and_in_pages(
    register: Register, sort: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(checks, "PAGE", 2)
    for number in range(5):
        person = people.add_person(register.actor, people.PersonDetails(f"Person {number % 2}"))
        asset = register.asset("Projector", name=f"P{number % 3}", responsible_id=person.id)
        if number % 2:
            register.checked(asset, CheckKind.INSTALLATION, passed=False, days_ago=number)
    for down in (False, True):
        paged = [
            row
            for page in (1, 2, 3)
            for row in checks.lacking(register.school_id, CheckKind.INSTALLATION, sort=sort, descending=down, page=page)
        ]
        whole = checks.lacking(register.school_id, CheckKind.INSTALLATION, sort=sort, descending=down, page=None)
        assert [row.asset_id for row in paged] == [row.asset_id for row in whole]
        assert len({row.asset_id for row in whole}) == 5


def test_nothing_of_another_school_is_listed(register: Register, other: Register) -> None:
    other.asset("Projector")
    assert lacking(register, CheckKind.INSTALLATION) == {}


def make(actor: Actor, kind: str, serial: str) -> Asset:
    found = next(one.id for one in kinds.kinds(actor.school_id) if one.name == kind)
    asset = service.register(actor, AssetDetails(found, serial=serial))
    db.session.commit()
    return asset


FORM = {"kind": "installation", "result": "yes", "done_on": "2026-11-20", "done_by": "Severn AV", "method": "Mount"}


def test_a_check_is_recorded_from_the_asset_and_stands_on_its_page(tess: FlaskClient, actor: Actor) -> None:
    asset = make(actor, "Projector", "P1")
    page = body(tess.get(f"/checks/new?id={asset.id}&kind=installation"))
    assert f"{asset.tag[:4]}-{asset.tag[4:]}" in page
    answer = tess.post("/checks/new", data={**FORM, "tags": asset.tag})
    assert answer.location == f"/assets/{asset.id}"
    page = body(tess.get(answer.location))
    assert "20 November 2026, Severn AV: Mount" in page
    assert "written down by Tess Technician" not in page  # one check: the table says it all
    tess.post("/checks/new", data={**FORM, "tags": asset.tag, "result": "no", "note": "A screw is loose."})
    assert "A screw is loose." in body(tess.get(answer.location))


def test_many_are_scanned_and_checked_at_once(tess: FlaskClient, actor: Actor) -> None:
    assets = [make(actor, "Projector", f"P{number}") for number in range(3)]
    tags = "\n".join(asset.tag for asset in assets)
    assert tess.post("/checks/new", data={**FORM, "tags": tags}).location == "/checks?about=installation"
    assert checks.numbers_lacking(actor.school_id)[CheckKind.INSTALLATION] == 0


@pytest.mark.parametrize(
    ("wrong", "told"),
    [
        ({"tags": ""}, "at least one tag"),
        ({"tags": "NOPE1234"}, "Not in the register"),
        ({"tags": "=cmd|'/c calc'!A1"}, "Not in the register"),
        ({"kind": "colour"}, "Choose one from the list"),
        ({"done_on": "yesterday"}, "Not a valid date"),
        ({"done_on": "2099-01-01"}, "from 1980 to today"),
        ({"method": ""}, "Say what was installed"),
        ({"result": "no"}, "say what is wrong"),
        ({"done_by": ""}, "Say who looked"),
    ],
)
def test_a_faulty_form_records_nothing(tess: FlaskClient, actor: Actor, wrong: dict[str, str], told: str) -> None:
    asset = make(actor, "Projector", "P1")
    answer = tess.post("/checks/new", data={**FORM, "tags": asset.tag, **wrong})
    assert answer.status_code == 422
    assert told in body(answer)
    assert checks.numbers_lacking(actor.school_id)[CheckKind.INSTALLATION] == 1


def test_the_list_is_a_page_and_a_file_in_the_same_order(tess: FlaskClient, actor: Actor) -> None:
    for number in range(3):
        make(actor, "Projector", f"P{number}")
    address = "about=installation&sort=tag&order=down"
    page = body(tess.get(f"/checks?{address}"))
    assert 'aria-sort="descending"' in page
    rows = list(csv.reader(io.StringIO(body(tess.get(f"/checks.csv?{address}")).lstrip("\ufeff"))))
    tags = [row[0] for row in rows[1:]]
    assert tags == sorted(tags, reverse=True)
    assert [page.index(tag) for tag in tags] == sorted(page.index(tag) for tag in tags)


def test_the_list_asks_the_database_as_often_for_many_as_for_few(tess: FlaskClient, actor: Actor) -> None:
    make(actor, "Projector", "P0")
    with counted() as few:
        assert tess.get("/checks?about=installation").status_code == 200
    for number in range(1, 6):
        make(actor, "Projector", f"P{number}")
    with counted() as many:
        assert tess.get("/checks?about=installation").status_code == 200
    assert len(many) == len(few)


@pytest.mark.parametrize("query", ["about=colour", "sort='; DROP", "page=-1", "page=99999999999", "order=sideways"])
def test_an_address_that_cannot_be_read_shows_the_list_all_the_same(tess: FlaskClient, query: str) -> None:
    assert tess.get(f"/checks?{query}").status_code == 200
    assert tess.get(f"/checks.csv?{query}").status_code == 200
    assert tess.get(f"/checks/new?id={query}&kind={query}").status_code == 200


def test_the_settings_of_one_school_are_not_those_of_another(register: Register, other: Register) -> None:
    head = Actor(register.school_id, uuid4(), "Hana Head", Role.HEAD, "tests")
    change_settings(head, Thresholds(check_days=30), version=0)
    assert (settings_of(register.school_id).check_days, settings_of(other.school_id).check_days) == (30, 365)


@given(st.lists(st.tuples(st.sampled_from(checks.WANTED), st.booleans(), st.integers(0, 3)), max_size=12))
@settings(max_examples=20, suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
def test_an_asset_keeps_what_its_latest_check_says(register: Register, told: list[tuple[CheckKind, bool, int]]) -> None:
    asset, other = register.asset("Laptop"), register.asset("Laptop")
    seen = asset.version
    for kind, passed, days_ago in told:
        register.checked(asset, kind, passed=passed, days_ago=days_ago)
    db.session.refresh(asset)
    latest = checks.latest(asset)
    for kind in checks.WANTED:
        check = latest.get(kind)
        kept = getattr(asset, f"{kind.value}_on")
        assert kept == (check.done_on if check and check.passed else None), kind
    assert asset.version == seen
    assert other.encryption_on is None
