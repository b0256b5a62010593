"""Gate AD6: a medium whose wipe failed goes to physical destruction, and nothing that anybody tries brings it back."""

from collections.abc import Callable
from dataclasses import replace
from typing import Any
from uuid import UUID, uuid4

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.cast import Site, body
from tests.things import Bench, bench
from tests.tracker.certificates import cast
from tracker.certificates import service as certificates
from tracker.config import Config
from tracker.db import db
from tracker.inventory import lifecycle, steps
from tracker.inventory import service as inventory
from tracker.inventory.models import Asset
from tracker.inventory.repairs_rules import RepairDetails
from tracker.inventory.rules import AssetState
from tracker.media import evidence as ingest
from tracker.media import intake, rules, service
from tracker.media.models import Evidence, Medium
from tracker.media.rules import MediumState
from tracker.media.service import MediumDetails
from tracker.values import Denied, utc_now
from wipe import record
from wipe.facts import BlockRange
from wipe.vocabulary import Medium as MediumKind
from wipe.vocabulary import Outcome

REASON = "It works again, I promise."
WWN = "0x50014ee2b4c1f9a7"
WRONG = (BlockRange(5, 1, "mismatch"),)
_READING = cast.make().verification
assert _READING is not None
FAILED: dict[str, Any] = {"verification": replace(_READING, mismatched=WRONG)}
GONE = {MediumState.DESTROYED, MediumState.HANDED_OVER_GUARANTEED, MediumState.DESTROYED_CONFIRMED}


@pytest.fixture
def made(site: Site) -> Bench:
    found = bench(site.actor("tess"))
    db.session.commit()
    return found


@pytest.fixture
def failed(made: Bench) -> Medium:
    """A drive in a computer, whose wipe failed."""
    medium = made.medium(asset=made.asset())
    identity = replace(cast.IDENTITY, serial=medium.serial, wwn=WWN)
    assert made.wiped(medium, identity=identity, **FAILED).outcome == Outcome.FAILED.value
    assert (medium.state, medium.wwn) == (MediumState.WIPE_FAILED.value, WWN)
    db.session.commit()
    return medium


def refused(act: Callable[[], object]) -> set[str]:
    """The codes of the refusal; nothing of it is left."""
    with pytest.raises(Denied) as told:
        act()
    db.session.rollback()
    return {one.code for one in told.value.blockers}


def asset_of(medium: Medium) -> Asset:
    assert medium.asset_id is not None
    return inventory.get_asset(medium.school_id, medium.asset_id)


def like(medium: Medium, **changes: Any) -> MediumDetails:
    return replace(service.details_of(medium), **changes)


def test_every_step_by_hand_leads_to_destruction_only(made: Bench, failed: Medium) -> None:
    for to in MediumState:
        if to not in (MediumState.HELD_FOR_DESTRUCTION, MediumState.MISSING):
            change = lambda to=to: service.change_state(  # noqa: E731
                made.actor, failed.id, to, version=failed.version, reason=REASON
            )
            assert refused(change) & {"transition", "condemned"}
    to = MediumState.HELD_FOR_DESTRUCTION
    service.change_state(made.actor, failed.id, to, version=failed.version, reason="Into the locked box")
    assert service.condemned(failed)


def test_a_forged_form_changes_nothing(site: Site, failed: Medium) -> None:
    page, address = site.client("tess"), f"/media/{failed.id}"
    version = str(failed.version)
    for to in set(MediumState) - {MediumState.HELD_FOR_DESTRUCTION, MediumState.MISSING}:
        told = {"to": to.value, "why": REASON, "version": version}
        assert page.post(f"{address}/state", data=told).status_code == 422, to
        db.session.expire_all()
        assert failed.state == MediumState.WIPE_FAILED.value
    told = {
        "to": "missing",
        "why": REASON,
        "version": version,
    }  # it may be lost; what is found is destroyed all the same
    assert page.post(f"{address}/state", data=told).status_code == 302
    assert page.post(f"{address}/state", data={**told, "to": "held"}).status_code == 422
    db.session.expire_all()
    assert service.condemned(failed)


def test_it_is_not_wiped_again_also_after_it_was_lost_and_found(made: Bench, failed: Medium) -> None:
    assert refused(lambda: service.begin_wipe(made.actor, failed.id)) == {"failed"}
    for to in (MediumState.MISSING, MediumState.HELD_FOR_DESTRUCTION, MediumState.MISSING):
        service.change_state(made.actor, failed.id, to, version=failed.version, reason=REASON)
        db.session.commit()
        assert refused(lambda: service.begin_wipe(made.actor, failed.id)) & {"failed", "state"}
        back = lambda: service.change_state(  # noqa: E731
            made.actor, failed.id, MediumState.HELD, version=failed.version, reason=REASON
        )
        assert refused(back) & {"transition", "condemned"}


def test_the_page_offers_neither_a_wipe_nor_another_state(site: Site, failed: Medium) -> None:
    page = body(site.client("tess").get(f"/media/{failed.id}"))
    assert f"/jobs/new?medium={failed.id}" not in page
    assert 'value="in_service"' not in page
    assert "can only be destroyed" in body(site.client("tess").get(f"/jobs/new?medium={failed.id}"))


@pytest.mark.parametrize(
    "change",
    [{"serial": "WD-ANOTHER"}, {"serial": ""}, {"wwn": ""}, {"kind": MediumKind.VIRTUAL}, {"capacity_bytes": 5}],
)
def test_what_tells_it_from_another_can_no_longer_be_changed(made: Bench, failed: Medium, change: Any) -> None:
    edit = lambda: service.edit(made.actor, failed.id, like(failed, **change), version=failed.version)  # noqa: E731
    assert refused(edit) == {"condemned"}
    service.edit(made.actor, failed.id, like(failed, notes="In the locked box"), version=failed.version)
    assert failed.notes == "In the locked box"


@pytest.mark.parametrize("again", ["same", "spelt", "bridge", "nameless", "small"])
def test_it_is_not_registered_a_second_time(made: Bench, failed: Medium, again: str) -> None:
    serials = {"same": failed.serial, "spelt": f" {failed.serial.lower().replace('-', ' ')} ", "nameless": ""}
    wwn = {"same": "", "spelt": "", "small": WWN.removeprefix("0x").upper()}.get(again, WWN)
    details = like(failed, serial=serials.get(again, "USB-BRIDGE-1"), wwn=wwn, asset_id=None)
    for act in (
        lambda: service.add_medium(made.actor, details),
        lambda: intake.add_many(made.actor, [details]),
    ):
        assert refused(act)
    other = made.medium()
    db.session.commit()
    rename = lambda: service.edit(  # noqa: E731
        made.actor, other.id, replace(details, asset_id=None), version=other.version
    )
    assert refused(rename) & {"same_serial", "condemned"}


def test_a_drive_that_was_registered_twice_before_is_not_wiped_by_its_other_entry(made: Bench) -> None:
    """Through a bridge with a serial number of its own it looked like another drive; its WWN tells."""
    first, second = made.medium(), made.medium("USB-BRIDGE-1")
    service.edit(made.actor, second.id, like(second, wwn=WWN), version=second.version)
    made.wiped(first, identity=replace(cast.IDENTITY, serial=first.serial, wwn=WWN), **FAILED)
    db.session.commit()
    assert refused(lambda: service.begin_wipe(made.actor, second.id)) == {"condemned"}


def test_a_clean_run_on_its_other_entry_does_not_count(made: Bench) -> None:
    first, second = made.medium(), made.medium("USB-BRIDGE-1")
    made.wiped(first, identity=replace(cast.IDENTITY, serial=first.serial, wwn=WWN), **FAILED)
    got = made.wiped(second, identity=replace(cast.IDENTITY, serial=second.serial, wwn=WWN))
    assert (got.state, second.state) == ("quarantined", MediumState.HELD.value)
    assert "can only be destroyed" in got.reasons


def test_it_goes_into_no_asset_but_comes_out_of_one(made: Bench, failed: Medium) -> None:
    other = made.asset("Another computer")
    db.session.commit()
    into = lambda: service.attach(made.actor, failed.id, other.id, version=failed.version)  # noqa: E731
    assert refused(into) == {"condemned"}
    service.attach(made.actor, failed.id, None, version=failed.version)
    assert (failed.asset_id, failed.state) == (None, MediumState.WIPE_FAILED.value)
    db.session.commit()
    assert refused(into) == {"condemned"}


def test_what_it_is_in_goes_into_no_hands_before_it_is_out(made: Bench, failed: Medium) -> None:
    asset = asset_of(failed)
    assert asset.state == AssetState.IN_STORE.value
    use = lambda: lifecycle.change_state(made.actor, asset.id, AssetState.IN_USE, version=asset.version)  # noqa: E731
    assert "condemned" in refused(use)
    assert refused(lambda: lifecycle.hand_out(made.actor, asset.id, "A loan")) == {"condemned"}
    together = steps.take_together(made.actor, [asset.id], AssetState.IN_USE)
    assert "condemned" in {one.code for one in together.refused[0].blockers}
    away = RepairDetails(off_site=True, repairer="Screens Ltd", terms="Contract 5", due_on=utc_now().date())
    send = lambda: lifecycle.send_to_repair(  # noqa: E731
        made.actor, asset.id, away, version=asset.version, reason="The screen is broken."
    )
    assert "condemned" in refused(send)
    service.attach(made.actor, failed.id, None, version=failed.version)
    db.session.commit()
    assert "condemned" not in refused(use)  # other gates are not open yet


def test_neither_a_loss_nor_an_incident_of_its_asset_touches_it(made: Bench, failed: Medium) -> None:
    asset = asset_of(failed)
    lifecycle.report_missing(made.actor, asset.id, "Stolen on the train")
    lifecycle.give_back(made.actor, asset.id, UUID(int=5), "Found")
    assert (failed.state, service.condemned(failed)) == (MediumState.WIPE_FAILED.value, True)


class Late:
    """Two jobs on one medium whose evidence comes in the wrong order, or from a station that was shut out."""

    def __init__(self, made: Bench, medium: Medium) -> None:
        self.made, self.medium = made, medium

    def job(self, **changes: Any) -> record.Record:
        told = record.Operator(str(self.made.actor.id), self.made.actor.name, "technician")
        identity = replace(cast.IDENTITY, serial=self.medium.serial, wwn=None)
        run = cast.make(identity, record_id=str(uuid4()), job_id=str(uuid4()), asset_tag=None, operator=told, **changes)
        self.made.job(UUID(run.job_id), self.medium, run)
        return run

    def receive(self, run: record.Record, *, latest: bool, revoked: bool = False) -> Evidence:
        sender = replace(self.made.sender, revoked=revoked)
        operator = UUID(str(self.made.actor.id))
        job = ingest.Ordered(UUID(run.job_id), self.medium.id, run.plan.digest, operator, utc_now(), latest=latest)
        return ingest.receive(sender, UUID(run.record_id), record.sign(run, cast.KEY), lambda _: job).evidence


@pytest.mark.parametrize("clean_first", [False, True])
def test_a_failure_counts_whenever_its_evidence_comes_and_no_later_success_makes_up_for_it(
    site: Site, made: Bench, clean_first: bool
) -> None:
    config: Config = site.app.extensions["caretaker"]
    medium = made.medium()
    late = Late(made, medium)
    first, second = late.job(**FAILED), late.job()
    service.begin_wipe(made.actor, medium.id)
    clean = late.receive(second, latest=True) if clean_first else None
    assert late.receive(first, latest=False).state == "accepted"
    assert medium.state == MediumState.WIPE_FAILED.value
    clean = clean or late.receive(second, latest=True)
    assert (clean.state, clean.outcome, medium.state) == ("accepted", "SANITISED_CLEAR", "wipe_failed")
    db.session.commit()
    clean_id, other = clean.id, site.actor("beth")
    assert "failed" in refused(lambda: certificates.issue(other, clean_id, config))


def test_shutting_the_station_out_before_it_tells_of_the_failure_saves_nothing(made: Bench) -> None:
    medium = made.medium()
    late = Late(made, medium)
    service.begin_wipe(made.actor, medium.id)
    assert late.receive(late.job(**FAILED), latest=True, revoked=True).state == "quarantined"
    assert (medium.state, service.condemned(medium)) == (MediumState.WIPE_FAILED.value, True)


def test_a_failure_of_another_drive_condemns_nothing(made: Bench) -> None:
    medium = made.medium()
    strange = replace(cast.IDENTITY, serial="ANOTHER-ONE", wwn=None)
    assert made.wiped(medium, identity=strange, **FAILED).state == "quarantined"
    assert (medium.state, service.condemned(medium)) == (MediumState.HELD.value, False)


def test_the_end_of_another_job_brings_nothing_back(made: Bench, failed: Medium) -> None:
    service.undo_wipe(made.actor, failed.id, MediumState.IN_SERVICE, "The station refused.")
    service.end_wipe_unproved(made.actor, failed.id, "Given up.")
    assert failed.state == MediumState.WIPE_FAILED.value


def test_not_even_a_mistake_in_the_program_brings_it_back(made: Bench, failed: Medium) -> None:
    for to in set(MediumState) - rules.FROM_CONDEMNED:
        with pytest.raises(RuntimeError, match="can only be destroyed"):
            service.set_state(made.actor, failed, to, why="A mistake")
    assert rules.FROM_CONDEMNED >= GONE | rules.CONDEMNED


def test_another_school_may_have_a_drive_with_the_same_numbers(site: Site, failed: Medium) -> None:
    otto = site.actor("otto")
    inventory.create_defaults(otto)
    assert service.add_medium(otto, like(failed, asset_id=None)).state == MediumState.HELD.value


STEPS = [
    "attach",
    "detach",
    "begin",
    "undo",
    "unproved",
    "wipe",
    "rename",
    "again",
    *(one.value for one in MediumState),
]


@given(st.lists(st.sampled_from(STEPS), max_size=10))
@settings(max_examples=25, suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
def test_no_order_of_acts_brings_it_back(made: Bench, walk: list[str]) -> None:
    medium, other = made.medium(), made.asset()
    made.wiped(medium, **FAILED)
    actor = made.actor
    acts: dict[str, Callable[[], object]] = {
        "attach": lambda: service.attach(actor, medium.id, other.id, version=medium.version),
        "detach": lambda: service.attach(actor, medium.id, None, version=medium.version),
        "begin": lambda: service.begin_wipe(actor, medium.id),
        "undo": lambda: service.undo_wipe(actor, medium.id, MediumState.IN_SERVICE, "It never began."),
        "unproved": lambda: service.end_wipe_unproved(actor, medium.id, "The station is gone."),
        "wipe": lambda: made.wiped(medium),
        "rename": lambda: service.edit(actor, medium.id, like(medium, serial="NEW"), version=medium.version),
        "again": lambda: service.add_medium(actor, like(medium, asset_id=None)),
    }
    for what in walk:
        by_hand = lambda what=what: service.change_state(  # noqa: E731
            actor, medium.id, MediumState(what), version=medium.version, reason=REASON
        )
        with db.session.begin_nested() as save:
            try:
                acts.get(what, by_hand)()
            except Denied:
                save.rollback()
        assert MediumState(medium.state) in rules.CONDEMNED | {MediumState.MISSING}
        assert service.condemned(medium)
        assert medium.asset_id is None
    db.session.rollback()
