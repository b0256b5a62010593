"""Media in the register, on both databases: added, moved with their history, and never twice."""

import threading
from dataclasses import replace
from uuid import UUID

import pytest

from tests.cast import Site
from tracker.audit import chain
from tracker.audit.service import history, links
from tracker.db import db
from tracker.inventory import kinds
from tracker.inventory import service as inventory
from tracker.inventory.details import AssetDetails
from tracker.inventory.models import Asset
from tracker.inventory.rules import AssetState
from tracker.media import service
from tracker.media.rules import MediumState
from tracker.media.service import MediumDetails
from tracker.values import Actor, Conflict, Denied, NotFound
from wipe.vocabulary import Medium as MediumKind

SSD = MediumDetails(MediumKind.SSD, make="Samsung", model="870 EVO", serial="S6PE-0417", capacity_bytes=250_059_350_016)


@pytest.fixture
def tess(site: Site) -> Actor:
    actor = site.actor("tess")
    inventory.create_defaults(actor)
    return actor


def laptop(actor: Actor, serial: str = "5CG1") -> Asset:
    kind = next(one.id for one in kinds.kinds(actor.school_id) if one.name == "Laptop")
    return inventory.register(actor, AssetDetails(kind, make="Dell", serial=serial))


def put(actor: Actor, asset: Asset | None = None, **changes: object) -> service.Medium:
    details = MediumDetails(**{**vars(SSD), "asset_id": asset.id if asset else None, **changes})  # type: ignore[arg-type]
    return service.add_medium(actor, details)


def kinds_of(medium: service.Medium) -> list[str]:
    return [entry.kind for entry in history(medium.school_id, "medium", medium.id)]


def test_a_drive_in_an_asset_is_in_service_counts_there_and_satisfies_gate_g1(tess: Actor) -> None:
    asset = laptop(tess)
    assert asset.state == AssetState.INCOMING.value
    medium = put(tess, asset)
    assert medium.state == MediumState.IN_SERVICE.value
    assert (asset.media_count, asset.state) == (1, AssetState.IN_STORE.value)
    assert chain.verify(links(tess.school_id)).broken is None


def test_a_loose_medium_is_held(tess: Actor) -> None:
    assert put(tess).state == MediumState.HELD.value


def test_a_moved_drive_keeps_its_own_history(tess: Actor) -> None:
    first, second = laptop(tess), laptop(tess, "5CG2")
    medium = put(tess, first)
    service.attach(tess, medium.id, second.id, version=medium.version)
    service.attach(tess, medium.id, None, version=medium.version)
    assert kinds_of(medium) == [
        "medium:detached",
        "medium:attached",
        "medium:detached",
        "medium:created",
    ]
    assert (first.media_count, second.media_count, medium.asset_id) == (0, 0, None)
    assert medium.state == MediumState.HELD.value


@pytest.mark.parametrize("serial", ["S6PE-0417", "s6pe 0417", "S6PE0417"])
def test_a_serial_stands_in_the_register_once(tess: Actor, serial: str) -> None:
    put(tess)
    with pytest.raises(Denied, match="already"):
        put(tess, serial=serial)


def test_media_without_a_serial_may_be_many(tess: Actor) -> None:
    assert put(tess, serial="").id != put(tess, serial="").id


@pytest.mark.parametrize(
    "changes",
    [
        {"make": "x" * 81},
        {"serial": "x" * 121},
        {"model": "a\x00b"},
        {"notes": "x" * 10_001},
        {"capacity_bytes": 0},
        {"capacity_bytes": -5},
        {"capacity_bytes": 1 << 60},
    ],
)
def test_what_cannot_be_kept_is_refused(tess: Actor, changes: dict[str, object]) -> None:
    with pytest.raises(Denied):
        put(tess, **changes)


def test_two_people_who_edit_at_once_are_told(tess: Actor) -> None:
    medium = put(tess)
    seen = medium.version
    service.edit(tess, medium.id, MediumDetails(MediumKind.SSD, serial="S6PE-0417", notes="first"), version=seen)
    with pytest.raises(Conflict):
        service.edit(tess, medium.id, MediumDetails(MediumKind.SSD, serial="S6PE-0417", notes="second"), version=seen)
    assert medium.notes == "first"


def test_a_change_of_state_needs_the_table_and_leaves_its_reason(tess: Actor) -> None:
    medium = put(tess)
    with pytest.raises(Denied, match="only the evidence"):
        service.change_state(tess, medium.id, MediumState.SANITISED, version=medium.version, reason="trust me")
    service.change_state(tess, medium.id, MediumState.HELD_FOR_DESTRUCTION, version=medium.version, reason="it clicks")
    assert history(tess.school_id, "medium", medium.id)[0].why == "it clicks"
    with pytest.raises(Denied, match="destroyed"):
        service.begin_wipe(tess, medium.id)


def test_what_failed_and_was_lost_comes_back_to_be_destroyed_only(tess: Actor) -> None:
    for at in (MediumState.WIPE_FAILED, MediumState.HELD_FOR_DESTRUCTION):
        medium = put(tess, serial=at.value)
        service.set_state(tess, medium, at, why="it clicks")
        service.change_state(tess, medium.id, MediumState.MISSING, version=medium.version, reason="not on the shelf")
        for to in (MediumState.HELD, MediumState.IN_SERVICE):
            with pytest.raises(Denied):
                service.change_state(tess, medium.id, to, version=medium.version, reason="found again")
        with pytest.raises(Denied):
            service.begin_wipe(tess, medium.id)
        to = MediumState.HELD_FOR_DESTRUCTION
        assert service.change_state(tess, medium.id, to, version=medium.version, reason="found").state == to.value


def test_what_was_only_lost_comes_back_to_be_wiped(tess: Actor) -> None:
    medium = put(tess)
    for to in (MediumState.MISSING, MediumState.HELD):
        service.change_state(tess, medium.id, to, version=medium.version, reason="lost and found")
    assert service.begin_wipe(tess, medium.id).state == MediumState.WIPING.value


@pytest.mark.parametrize("typed", ["0x50014EE2B4C1F9A7", "50014ee2b4c1f9a7", " 0x50014ee2b4c1f9a7 "])
def test_a_medium_is_found_by_its_wwn(tess: Actor, typed: str) -> None:
    medium = put(tess, wwn="0x50014ee2b4c1f9a7")
    assert service.by_wwn(tess.school_id, typed) == [medium]
    assert service.by_wwn(tess.school_id, "0x50014ee2b4c1f9a8") == []


def test_another_school_sees_nothing(site: Site, tess: Actor) -> None:
    otto = site.actor("otto")
    inventory.create_defaults(tess)
    medium = put(tess)
    for act in (
        lambda: service.get_medium(otto.school_id, medium.id),
        lambda: service.begin_wipe(otto, medium.id),
        lambda: service.attach(otto, medium.id, None, version=1),
    ):
        with pytest.raises(NotFound):
            act()
    assert service.by_serial(otto.school_id, "S6PE-0417") == []
    with pytest.raises(NotFound):
        put(otto, laptop(tess, "5CG9"), serial="Z")


def test_moves_and_edits_at_the_same_moment_never_wait_for_each_other(site: Site, tess: Actor) -> None:
    """Media lock the asset before they write to the log, as assets do: else two of these would stop each other."""
    assets = [laptop(tess, f"5CG{number}") for number in range(2)]
    media = [put(tess, assets[0], serial=f"S{number}") for number in range(2)]
    ids, loose = [one.id for one in assets], [one.id for one in media]
    db.session.commit()
    faults: list[Exception] = []

    def attach(medium_id: UUID, first: int) -> None:
        with site.app.app_context():
            for turn in range(6):
                try:
                    medium = service.get_medium(tess.school_id, medium_id)
                    service.attach(tess, medium_id, ids[(first + turn) % 2], version=medium.version)
                    db.session.commit()
                except Exception as error:  # told below: a thread must not swallow it
                    faults.append(error)

    def edit(asset_id: UUID) -> None:
        with site.app.app_context():
            for turn in range(6):
                try:
                    asset = inventory.get_asset(tess.school_id, asset_id)
                    details = replace(inventory.details_of(asset), notes=f"turn {turn}")
                    inventory.edit(tess, asset_id, details, version=asset.version)
                    db.session.commit()
                except Conflict:  # the other one was faster, and says so
                    db.session.rollback()
                except Exception as error:
                    faults.append(error)

    threads = [threading.Thread(target=attach, args=(one, index)) for index, one in enumerate(loose)]
    threads += [threading.Thread(target=edit, args=(one,)) for one in ids]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert faults == []
    db.session.rollback()
    counts = [inventory.get_asset(tess.school_id, one).media_count for one in ids]
    assert sum(counts) == len(loose)
    assert chain.verify(links(tess.school_id)).broken is None
