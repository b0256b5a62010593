"""The gates as a technician meets them: put into use (G2), hand on (G14), undo a mistake; on both databases."""

from dataclasses import replace
from datetime import timedelta
from uuid import UUID

import pytest

from tests.cast import Site
from tests.together import together
from tests.tracker.inventory.conftest import Register
from tracker.audit import chain
from tracker.audit.service import history, links
from tracker.db import db
from tracker.inventory import checks, facts, kinds, lifecycle, repairs, service
from tracker.inventory.details import AssetDetails
from tracker.inventory.models import Asset
from tracker.inventory.repairs_rules import RepairDetails
from tracker.inventory.rules import AssetState, CheckKind
from tracker.people import service as people
from tracker.values import Conflict, Denied, Role, utc_now

REASON = "It was the wrong laptop, the bag was mixed up."


def codes(denied: pytest.ExceptionInfo[Denied]) -> set[str]:
    return {blocker.code for blocker in denied.value.blockers}


def step(register: Register, asset: Asset, to: AssetState, reason: str = "") -> None:
    service.change_state(register.actor, asset.id, to, version=asset.version, reason=reason)


def give(register: Register, asset: Asset, person: UUID | None) -> None:
    details = replace(service.details_of(asset), responsible_id=person)
    service.edit(register.actor, asset.id, details, version=asset.version)


def laptop(register: Register) -> Asset:
    asset = register.asset("Laptop", location_id=register.place(f"Room {len(register.events())}").id)
    service.note_media(register.actor, asset.id, 1)
    return asset


def test_a_label_may_be_printed_or_an_older_mark_be_recorded_by_name(register: Register) -> None:
    asset = laptop(register)
    with pytest.raises(Denied) as denied:
        step(register, asset, AssetState.IN_USE)
    assert codes(denied) == {"no_label"}
    register.checked(asset, CheckKind.IDENTIFICATION)
    step(register, asset, AssetState.IN_USE)
    other = laptop(register)
    other.label_printed_at = utc_now()
    db.session.flush()
    step(register, other, AssetState.IN_USE)
    assert (asset.state, other.state) == ("in_use", "in_use")


def test_a_mark_that_fell_off_counts_no_more(register: Register) -> None:
    asset = laptop(register)
    register.checked(asset, CheckKind.IDENTIFICATION, days_ago=30)
    register.checked(asset, CheckKind.IDENTIFICATION, passed=False)
    with pytest.raises(Denied) as denied:
        step(register, asset, AssetState.IN_USE)
    assert codes(denied) == {"no_label"}


def test_what_is_installed_is_put_into_use_with_the_record_of_who_did_it(register: Register) -> None:
    asset = register.asset("Projector", location_id=register.place("Hall").id)
    register.checked(asset, CheckKind.IDENTIFICATION)
    with pytest.raises(Denied) as denied:
        step(register, asset, AssetState.IN_USE)
    assert codes(denied) == {"not_installed"}
    register.checked(asset, CheckKind.INSTALLATION, days_ago=4000)  # it does not grow old
    step(register, asset, AssetState.IN_USE)


def test_a_server_is_looked_after_by_somebody_whose_dbs_check_is_confirmed(register: Register) -> None:
    asset = register.asset("Server", location_id=register.place("Server room", lock=True).id)
    service.note_media(register.actor, asset.id, 2)
    register.checked(asset, CheckKind.IDENTIFICATION)
    today = checks.today()
    for confirmed, left in ((None, None), (today, today - timedelta(days=1))):
        told = people.PersonDetails("Somebody", dbs_confirmed_on=confirmed, left_on=left)
        give(register, asset, people.add_person(register.actor, told).id)
        with pytest.raises(Denied) as denied:
            step(register, asset, AssetState.IN_USE)
        assert codes(denied) == {"no_dbs"}
    give(register, asset, register.person(dbs=True))
    step(register, asset, AssetState.IN_USE)
    with pytest.raises(Denied) as denied:
        give(register, asset, register.person("Another"))
    assert codes(denied) == {"no_dbs"}


def test_the_same_person_gets_it_back_and_another_only_after_a_reset(register: Register) -> None:
    ann, bob = register.person("Ann"), register.person("Bob")
    asset = register.used(laptop(register), ann)
    step(register, asset, AssetState.IN_STORE)
    step(register, asset, AssetState.IN_USE)
    register.checked(asset, CheckKind.RESET)  # in use: whatever she does next is on it again
    step(register, asset, AssetState.IN_STORE)
    asset.use_ended_at = utc_now() + timedelta(days=2)  # as if it had come back later
    db.session.flush()
    give(register, asset, bob)
    with pytest.raises(Denied) as denied:
        step(register, asset, AssetState.IN_USE)
    assert codes(denied) == {"not_reset"}
    asset.use_ended_at = utc_now()
    db.session.flush()
    register.checked(asset, CheckKind.RESET, passed=False)
    with pytest.raises(Denied) as denied:
        step(register, asset, AssetState.IN_USE)
    assert codes(denied) == {"not_reset"}
    register.checked(asset, CheckKind.RESET)
    step(register, asset, AssetState.IN_USE)
    assert (asset.use_ended_at, asset.used_by_id) == (None, None)


def test_it_does_not_pass_from_hand_to_hand(register: Register) -> None:
    asset, bob = register.used(laptop(register), register.person("Ann")), register.person("Bob")
    db.session.commit()
    for person in (bob, None):
        with pytest.raises(Denied) as denied:
            give(register, asset, person)
        assert codes(denied) == {"not_reset"}
        db.session.rollback()


@pytest.mark.parametrize("detour", [AssetState.IN_REPAIR, AssetState.REDUNDANT, AssetState.MISSING])
def test_no_detour_leads_past_the_reset(register: Register, detour: AssetState) -> None:
    asset = register.used(laptop(register), register.person("Ann"))
    if detour is AssetState.MISSING:
        lifecycle.report_missing(register.actor, asset.id, REASON)
    else:
        step(register, asset, detour, REASON)
    give(register, asset, register.person("Bob"))
    if detour is not AssetState.IN_REPAIR:
        step(register, asset, AssetState.IN_STORE, REASON)
    with pytest.raises(Denied) as denied:
        step(register, asset, AssetState.IN_USE, REASON)
    assert codes(denied) == {"not_reset"}


def test_put_into_use_by_mistake_is_undone_by_name(register: Register) -> None:
    asset = register.used(laptop(register), register.person("Ann"))
    with pytest.raises(Denied) as denied:
        lifecycle.declare_unused(register.actor, asset.id, REASON)
    assert codes(denied) == {"in_use"}
    step(register, asset, AssetState.IN_STORE)
    with pytest.raises(Denied) as denied:
        lifecycle.declare_unused(replace(register.actor, role=Role.BURSAR), asset.id, REASON)
    assert codes(denied) == {"role"}
    lifecycle.declare_unused(register.actor, asset.id, REASON)
    assert (register.events()[-1].kind, register.events()[-1].why) == ("asset:declared_unused", REASON)
    give(register, asset, register.person("Bob"))
    step(register, asset, AssetState.IN_USE)


def test_a_gift_waits_until_its_giver_is_named(register: Register) -> None:
    found = facts.facts_of(register.asset("Projector"))
    assert found.source == ""
    asset = register.asset("Projector")
    asset.ownership = "leased"
    db.session.flush()
    asset.state = "incoming"
    db.session.flush()
    with pytest.raises(Denied) as denied:
        step(register, asset, AssetState.IN_STORE)
    assert codes(denied) == {"no_source"}
    asset.owner = "Copiers Ltd"
    db.session.flush()
    step(register, asset, AssetState.IN_STORE)
    assert asset.state == "in_store"


def test_the_slower_of_two_who_change_its_state_is_told(register: Register) -> None:
    asset = register.used(laptop(register))
    seen = asset.version
    step(register, asset, AssetState.IN_STORE)
    with pytest.raises(Conflict, match="Tess Technician changed"):
        service.change_state(register.actor, asset.id, AssetState.REDUNDANT, version=seen, reason=REASON)
    assert asset.state == "in_store"


def test_every_statement_that_there_is_no_storage_keeps_its_name(register: Register) -> None:
    asset = register.asset("Desktop computer")
    service.assert_no_storage(register.actor, asset.id, "Opened it and looked.")
    service.withdraw_no_storage(register.actor, asset.id, "There was one under the fan.")
    stated = facts.statements_of(asset)
    assert [(one.asserted_by_id, one.withdrawn_at is None) for one in stated] == [(register.actor.id, False)]


def test_of_all_who_change_its_state_at_once_one_does(site: Site) -> None:
    tess = site.actor("tess")
    service.create_defaults(tess)
    kind = next(one.id for one in kinds.kinds(tess.school_id) if one.name == "Monitor")
    asset = service.register(tess, AssetDetails(kind, serial="M1"))
    db.session.commit()
    asset_id, version = asset.id, asset.version

    def send() -> None:
        lifecycle.send_to_repair(tess, asset_id, RepairDetails(False), version=version, reason=REASON)

    def mend() -> None:
        service.change_state(tess, asset_id, AssetState.IN_REPAIR, version=version, reason=REASON)

    def retire() -> None:
        service.change_state(tess, asset_id, AssetState.REDUNDANT, version=version, reason=REASON)

    raised = together(site.app, [send, send, mend, retire, retire])
    assert [type(one) for one in raised] == [Conflict] * 4
    asset = service.get_asset(tess.school_id, asset_id)
    steps = [one for one in history(tess.school_id, "asset", asset_id) if one.kind == "asset:state_changed"]
    assert steps[0].after["state"] == asset.state
    assert len(steps) == 2  # into store when it was registered, and the one that won
    assert len(repairs.repairs_of(asset)) == (asset.state == "in_repair")
    assert chain.verify(links(tess.school_id)).broken is None
