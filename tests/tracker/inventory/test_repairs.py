"""Gate G4: what goes to a repairer, under which terms, and when it is back; on both databases."""

from collections.abc import Callable
from dataclasses import replace
from datetime import date, timedelta

import pytest
from flask.testing import FlaskClient

from tests.cast import body
from tests.tracker.inventory.conftest import Register
from tests.tracker.inventory.test_rules import LAPTOP
from tracker.db import db
from tracker.inventory import checks, kinds, lifecycle, repairs, service
from tracker.inventory.details import AssetDetails
from tracker.inventory.models import Asset
from tracker.inventory.repairs_rules import OWN_STAFF, RepairDetails, may_send
from tracker.inventory.rules import AssetState, CheckKind
from tracker.values import Actor, Conflict, Denied, NotFound

TODAY = date(2026, 11, 24)
REASON = "The hinge of the screen is broken."
AWAY = RepairDetails(True, "Severn Repairs", "Contract 14", "SR-1", TODAY + timedelta(days=14))
SAFE: dict[str, object] = {"media_holding": 0}


@pytest.mark.pure
@pytest.mark.parametrize(
    ("facts", "changed", "expected"),
    [
        ({"encrypted": True}, {}, set()),
        ({"encrypted": True}, {"terms": ""}, {"no_terms"}),
        ({}, {}, {"holds_data"}),
        ({}, {"terms": ""}, {"holds_data", "no_terms"}),
        (SAFE, {"terms": ""}, set()),  # its media were wiped
        ({"media_count": 0, **SAFE, "no_storage": True}, {"terms": ""}, set()),  # they were taken out
        ({"media_count": 0, **SAFE}, {}, {"holds_data"}),  # nobody told what is in it
        ({"media_count": 0, **SAFE, "data_bearing": False}, {"terms": ""}, set()),
        ({"data_bearing": False}, {}, {"holds_data"}),  # whatever its kind: a medium with data is in it
        (SAFE, {"due_on": None}, {"due_on"}),
        (SAFE, {"due_on": TODAY - timedelta(days=1)}, {"due_on"}),
        (SAFE, {"due_on": TODAY}, set()),
        (SAFE, {"due_on": TODAY + timedelta(days=800)}, {"due_on"}),
        (SAFE, {"repairer": ""}, {"no_repairer"}),
        (SAFE, {"repairer": "our own STAFF"}, {"no_repairer"}),
        (SAFE, {"repairer": "x" * 121}, {"too_long"}),
        (SAFE, {"terms": "x" * 201}, {"too_long"}),
        (SAFE, {"reference": "bell\x07"}, {"unprintable"}),
        ({}, {"off_site": False, "terms": "", "due_on": None}, set()),  # here, by a company that comes in
        ({}, {"off_site": False, "repairer": OWN_STAFF, "terms": "", "due_on": None}, set()),
    ],
)
def test_gate_g4_lets_no_data_out_unread_or_unpromised(
    facts: dict[str, object], changed: dict[str, object], expected: set[str]
) -> None:
    found = may_send(
        replace(LAPTOP, **facts),  # type: ignore[arg-type]
        replace(AWAY, **changed),  # type: ignore[arg-type]
        TODAY,
    )
    assert {blocker.code for blocker in found.blockers} == expected


def laptop(register: Register) -> Asset:
    asset = register.asset("Laptop")
    service.note_media(register.actor, asset.id, 1)
    return asset


def away(days: int = 14) -> RepairDetails:
    return replace(AWAY, due_on=checks.today() + timedelta(days=days))


def codes(denied: pytest.ExceptionInfo[Denied]) -> set[str]:
    return {blocker.code for blocker in denied.value.blockers}


def send(register: Register, asset: Asset, details: RepairDetails | None = None) -> None:
    lifecycle.send_to_repair(register.actor, asset.id, details or away(), version=asset.version, reason=REASON)


@pytest.mark.parametrize(
    ("make_safe", "allowed"),
    [
        (lambda register, asset: None, False),
        (lambda register, asset: register.checked(asset, CheckKind.ENCRYPTION), True),
        (lambda register, asset: register.checked(asset, CheckKind.ENCRYPTION, days_ago=366), False),
        (lambda register, asset: register.checked(asset, CheckKind.ENCRYPTION, passed=False), False),
        (lambda register, asset: register.checked(asset, CheckKind.UPDATES), False),
        (lambda register, asset: service.note_media(register.actor, asset.id, 0, holding=-1), True),
        (lambda register, asset: service.note_media(register.actor, asset.id, -1), False),  # nobody told what is left
    ],
)
def test_a_laptop_leaves_only_when_it_is_safe(
    register: Register, make_safe: Callable[[Register, Asset], None], allowed: bool
) -> None:
    asset = laptop(register)
    make_safe(register, asset)
    if allowed:
        send(register, asset)
        assert asset.state == "in_repair"
    else:
        with pytest.raises(Denied) as denied:
            send(register, asset)
        assert codes(denied) == {"holds_data"}
        assert (asset.state, repairs.repairs_of(asset)) == ("in_store", [])


def test_a_repair_has_its_terms_its_day_and_its_end(register: Register) -> None:
    asset = laptop(register)
    register.checked(asset, CheckKind.ENCRYPTION)
    send(register, asset)
    repair = repairs.open_of(asset)
    assert repair is not None
    assert (repair.repairer, repair.terms, repair.off_site, repair.sent_by) == (
        "Severn Repairs", "Contract 14", True, "Tess Technician"
    )  # fmt: skip
    event = register.events()[-1]
    assert event.after["repairer"] == "Severn Repairs"
    assert (event.after["state"], event.after["off_site"], event.why) == ("in_repair", True, REASON)
    with pytest.raises(Denied) as denied:
        service.change_state(register.actor, asset.id, AssetState.IN_STORE, version=asset.version)
    assert codes(denied) == {"reason"}
    outcome = "A new hinge; the drive was not touched."
    service.change_state(register.actor, asset.id, AssetState.IN_STORE, version=asset.version, reason=outcome)
    assert repairs.open_of(asset) is None
    assert (repair.outcome, repair.returned_at is None) == (outcome, False)


@pytest.mark.parametrize("to", [AssetState.MISSING, AssetState.REDUNDANT, AssetState.IN_STORE])
def test_whatever_becomes_of_it_the_repair_is_over(register: Register, to: AssetState) -> None:
    asset = laptop(register)
    service.change_state(register.actor, asset.id, AssetState.IN_REPAIR, version=asset.version, reason=REASON)
    repair = repairs.open_of(asset)
    assert repair is not None
    assert (repair.repairer, repair.off_site) == (OWN_STAFF, False)
    if to is AssetState.MISSING:
        lifecycle.report_missing(register.actor, asset.id, "The repairer cannot find it.")
    else:
        service.change_state(register.actor, asset.id, to, version=asset.version, reason="It cannot be repaired.")
    assert repairs.open_of(asset) is None


def test_what_is_overdue_is_counted_and_stands_first(register: Register) -> None:
    assets = [register.asset("Monitor") for _ in range(4)]
    for asset, days in zip(assets, (30, 0, 5), strict=False):
        send(register, asset, away(days))
    service.change_state(register.actor, assets[3].id, AssetState.IN_REPAIR, version=assets[3].version, reason=REASON)
    rows, total = repairs.listed(register.school_id)
    assert [row.repair.asset_id for row in rows] == [assets[index].id for index in (1, 2, 0, 3)]
    assert total == 4
    today = checks.today()
    assert repairs.overdue(register.school_id, today) == 0  # due today is not late
    assert repairs.overdue(register.school_id, today + timedelta(days=6)) == 2
    assert repairs.listed(register.school_id, over=True) == ([], 0)


def test_the_slower_of_two_who_send_it_is_told(register: Register) -> None:
    asset = register.asset("Monitor")
    seen = asset.version
    send(register, asset)
    with pytest.raises(Conflict):
        lifecycle.send_to_repair(register.actor, asset.id, away(), version=seen, reason=REASON)
    assert len(repairs.repairs_of(asset)) == 1


def test_nothing_of_another_school_is_sent_or_listed(register: Register, other: Register) -> None:
    asset = other.asset("Monitor")
    with pytest.raises(NotFound):
        send(register, asset)
    send(other, asset)
    assert repairs.listed(register.school_id) == ([], 0)


def make(actor: Actor, kind: str) -> Asset:
    found = next(one.id for one in kinds.kinds(actor.school_id) if one.name == kind)
    asset = service.register(actor, AssetDetails(found, serial="SN-1"))
    if kind == "Laptop":
        service.note_media(actor, asset.id, 1)
    db.session.commit()
    return asset


def form(asset: Asset, **told: str) -> dict[str, str]:
    due = (checks.today() + timedelta(days=7)).isoformat()
    return {"version": str(asset.version), "where": "away", "reason": REASON, "due_on": due, **told}


def test_a_repair_is_begun_seen_and_ended_on_its_pages(tess: FlaskClient, actor: Actor) -> None:
    asset = make(actor, "Laptop")
    moved = tess.get(f"/assets/{asset.id}/state/in_repair")
    assert moved.location == f"/assets/{asset.id}/repair"
    assert "May hold data" in body(tess.get(moved.location))
    refused = tess.post(moved.location, data=form(asset, repairer="Severn Repairs"))
    assert refused.status_code == 422
    assert "record a check that they are encrypted" in body(refused)
    assert "name the contract" in body(refused)
    db.session.rollback()
    assert tess.post(moved.location, data=form(asset, where="own")).status_code == 302
    page = body(tess.get("/repairs"))
    assert REASON in page
    db.session.expire_all()
    version = str(service.get_asset(actor.school_id, asset.id).version)
    back = f"/assets/{asset.id}/state/in_store"
    assert "What was done" in body(tess.get(back))
    assert tess.post(back, data={"version": version}).status_code == 422
    assert tess.post(back, data={"version": version, "reason": "Put in a new hinge."}).status_code == 302
    assert "Put in a new hinge." in body(tess.get("/repairs?over=1"))
    assert "Put in a new hinge." in body(tess.get(f"/assets/{asset.id}"))


@pytest.mark.parametrize(
    ("wrong", "told"),
    [
        ({"where": "moon"}, "Choose one from the list"),
        ({"repairer": ""}, "Say who repairs it"),
        ({"due_on": ""}, "say when it is due back"),
        ({"due_on": "soon"}, "Not a valid date"),
        ({"due_on": "2020-01-01"}, "within two years"),
        ({"reason": "broken"}, "10 characters or more"),
        ({"version": "9"}, "after you opened this form"),
        ({"version": ""}, "This form is not whole"),
    ],
)
def test_a_faulty_form_sends_nothing(tess: FlaskClient, actor: Actor, wrong: dict[str, str], told: str) -> None:
    asset = make(actor, "Monitor")
    answer = tess.post(f"/assets/{asset.id}/repair", data={**form(asset, repairer="Severn Repairs"), **wrong})
    assert answer.status_code == 422
    assert told in body(answer)
    db.session.rollback()
    assert service.get_asset(actor.school_id, asset.id).state == "in_store"
