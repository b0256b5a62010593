"""Which media in an asset may hold data (gate G4): counted with every change, whatever happens in whatever order."""

from collections.abc import Callable
from dataclasses import dataclass, replace

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.cast import Site
from tests.things import Bench, bench
from tests.together import together
from tracker.audit import chain
from tracker.audit.service import links
from tracker.db import db
from tracker.inventory import checks, facts, lifecycle
from tracker.inventory import service as inventory
from tracker.inventory.checks_rules import CheckDetails
from tracker.inventory.models import Asset
from tracker.inventory.repairs_rules import RepairDetails
from tracker.inventory.rules import DISPOSAL, AssetState, CheckKind
from tracker.media import intake, rules, service
from tracker.media.models import Medium
from tracker.media.rules import MediumState
from tracker.stations.service import get_station
from tracker.values import Actor, Conflict, Denied
from wipe.blocks import Ending
from wipe.vocabulary import Medium as MediumKind
from wipe.vocabulary import TriState

REASON = "Sent for a new screen."


@pytest.fixture
def made(site: Site) -> Bench:
    found = bench(site.actor("tess"))
    db.session.commit()
    return found


def counts(asset: Asset) -> tuple[int, int]:
    db.session.refresh(asset)
    return asset.media_count, asset.media_holding


@dataclass
class Walk:
    """Two assets and three media, and whatever may be done with them."""

    made: Bench
    assets: list[Asset]
    media: list[Medium]

    def step(self, what: str, which: int, where: int) -> None:
        actor, medium = self.made.actor, self.media[which]
        steps: dict[str, Callable[[], object]] = {
            "attach": lambda: service.attach(actor, medium.id, self.assets[where].id, version=medium.version),
            "detach": lambda: service.attach(actor, medium.id, None, version=medium.version),
            "begin": lambda: service.begin_wipe(actor, medium.id),
            "undo": lambda: service.undo_wipe(actor, medium.id, MediumState.SANITISED, "It never began."),
            "unproved": lambda: service.end_wipe_unproved(actor, medium.id, "The station is gone."),
            "wipe": lambda: self.made.wiped(medium),
            "swapped": lambda: self.made.wiped(medium, identity_held=TriState.NO),
            "gone": lambda: self.made.wiped(medium, ending=Ending.GONE),
            "cancel": lambda: self.made.wiped(medium, ending=Ending.CANCELLED),
            "destroy": lambda: service.set_state(actor, medium, MediumState.DESTROYED, why="As disposal will."),
            "dispose": lambda: self.dispose(where),
        }
        if what in steps:
            steps[what]()
        else:
            service.change_state(actor, medium.id, MediumState(what), version=medium.version, reason="By hand.")

    def dispose(self, where: int) -> None:
        """Only the disposal feature can do this; here by hand. Evidence still arrives then."""
        cleared = self.assets[where].state == AssetState.CLEARED.value
        self.assets[where].state = AssetState.IN_STORE.value if cleared else AssetState.CLEARED.value
        db.session.flush()


STEPS = ["attach", "detach", "begin", "undo", "unproved", "wipe", "swapped", "gone", "cancel", "destroy", "dispose"]
STEPS += [state.value for state in MediumState]
walks = st.lists(
    st.tuples(st.sampled_from([*STEPS, *["attach", "wipe", "in_service"] * 3]), st.integers(0, 2), st.integers(0, 1)),
    max_size=12,
)


@given(walks)
@settings(max_examples=25, suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
def test_the_counts_are_those_of_the_media_whatever_happens(made: Bench, steps: list[tuple[str, int, int]]) -> None:
    walk = Walk(made, [made.asset(), made.asset()], [])
    walk.media = [made.medium(asset=walk.assets[0]), made.medium(asset=walk.assets[1]), made.medium()]
    for what, which, where in steps:
        with db.session.begin_nested() as save:
            try:
                walk.step(what, which, where)
            except Denied:
                save.rollback()
        assert service.miscounted(made.actor.school_id) == [], (what, which, where)
    assert chain.verify(links(made.actor.school_id)).broken is None
    db.session.rollback()


def test_a_mistake_in_the_counts_is_found(made: Bench) -> None:
    asset = made.asset()
    made.medium(asset=asset)
    asset.media_holding = 0
    db.session.flush()
    assert service.miscounted(made.actor.school_id) == [(asset.id, 1, 1)]


@pytest.mark.parametrize("state", MediumState)
@pytest.mark.pure
def test_only_what_is_proved_holds_no_data(state: MediumState) -> None:
    assert rules.may_hold_data(state) == (state.value not in ("sanitised", "destroyed", "destroyed_confirmed"))


def test_a_wiped_drive_holds_no_data_until_it_is_put_to_use_again(made: Bench) -> None:
    asset = made.asset()
    medium = made.medium(asset=asset)
    seen = asset.version
    assert counts(asset) == (1, 1)
    made.wiped(medium)
    assert (counts(asset), asset.version) == ((1, 0), seen)  # nobody's open form is refused for that
    service.change_state(made.actor, medium.id, MediumState.IN_SERVICE, version=medium.version, reason="Put back.")
    assert counts(asset) == (1, 1)
    service.attach(made.actor, medium.id, None, version=medium.version)
    assert counts(asset) == (0, 0)


def test_evidence_that_arrives_when_disposal_is_under_way_still_counts(made: Bench) -> None:
    asset = made.asset()
    medium = made.medium(asset=asset)
    asset.state = sorted(DISPOSAL)[0].value
    db.session.flush()
    made.wiped(medium)
    assert counts(asset) == (1, 0)


def test_a_wipe_of_all_that_is_in_it_lets_another_person_have_it(made: Bench) -> None:
    asset = made.asset()
    one, two = made.medium(asset=asset), made.medium(asset=asset)
    asset.use_ended_at = one.created_at
    db.session.flush()
    made.wiped(one)
    assert facts.facts_of(asset).use_ended
    made.wiped(two)
    assert not facts.facts_of(asset).use_ended


def test_a_drive_with_data_from_elsewhere_brings_them_along(made: Bench) -> None:
    asset, other = made.asset(), made.asset()
    made.medium(asset=asset)
    confirm(made.actor, asset)
    medium = made.medium(asset=other)
    assert facts.facts_of(asset).encrypted
    service.attach(made.actor, medium.id, asset.id, version=medium.version)
    found = facts.facts_of(asset)
    assert (found.encrypted, found.use_ended, found.used_by) == (True, True, None)  # checked on the same day
    asset.media_arrived_at = asset.media_arrived_at and asset.media_arrived_at.replace(year=2030)
    assert not facts.facts_of(asset).encrypted


def confirm(actor: Actor, asset: Asset) -> None:
    details = CheckDetails(CheckKind.ENCRYPTION, True, checks.today(), "Tess", "BitLocker XTS-AES 256")
    checks.record_check(actor, asset.id, details)


def test_a_drive_put_to_use_while_its_asset_is_sent_to_repair_is_seen_or_comes_too_late(
    site: Site, made: Bench
) -> None:
    asset = made.asset()
    medium = made.medium(asset=asset)
    made.wiped(medium)
    db.session.commit()
    asset_id, version, medium_id, at = asset.id, asset.version, medium.id, medium.version
    away = RepairDetails(True, "Repairs Ltd", due_on=checks.today())

    def send() -> None:
        lifecycle.send_to_repair(made.actor, asset_id, away, version=version, reason=REASON)

    def use() -> None:
        service.change_state(made.actor, medium_id, MediumState.IN_SERVICE, version=at, reason="Put to use again.")

    raised = together(site.app, [send, use])
    asset = inventory.get_asset(made.actor.school_id, asset_id)
    assert {type(one) for one in raised} <= {Denied, Conflict}
    events = [link.kind for link in links(made.actor.school_id)]
    if raised:  # the drive was in use first: the repairer does not get it
        assert (asset.state, asset.media_holding) == ("in_store", 1)
    else:
        assert asset.state == "in_repair"
        assert events[-2:] == ["asset:state_changed", "medium:state_changed"]
    assert chain.verify(links(made.actor.school_id)).broken is None


def test_a_wipe_and_a_change_of_its_asset_wait_for_each_other(site: Site, made: Bench) -> None:
    asset = made.asset()
    media = [made.medium(asset=asset) for _ in range(3)]
    db.session.commit()
    asset_id, ids, station_id = asset.id, [one.id for one in media], made.station.id

    def wipe(number: int) -> Callable[[], object]:
        def work() -> None:
            here = Bench(made.actor, get_station(made.actor.school_id, station_id))  # of this thread's session
            here.wiped(service.get_medium(made.actor.school_id, ids[number]))

        return work

    def note() -> None:
        confirm(made.actor, inventory.get_asset(made.actor.school_id, asset_id))

    assert together(site.app, [wipe(0), wipe(1), wipe(2), note]) == []
    assert service.miscounted(made.actor.school_id) == []
    assert counts(inventory.get_asset(made.actor.school_id, asset_id)) == (3, 0)


def test_media_of_a_spreadsheet_are_counted_like_those_typed_in(made: Bench) -> None:
    assets = [made.asset() for _ in range(3)]
    made.medium(asset=assets[0])
    details = service.MediumDetails(MediumKind.SSD, make="Samsung")
    told = [replace(details, serial=f"S{number}", asset_id=assets[number % 2].id) for number in range(5)]
    intake.add_many(made.actor, [*told, replace(details, serial="LOOSE")])
    assert service.miscounted(made.actor.school_id) == []
    assert [counts(asset) for asset in assets] == [(4, 4), (2, 2), (0, 0)]
