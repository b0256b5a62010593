"""The sample school: whole, real in its history, quick, and the same every time; on both databases."""

from collections import Counter
from collections.abc import Sequence

import pytest
from sqlalchemy import Engine, func, select

from labels import code
from tracker.accounts.service import sign_in
from tracker.audit import chain
from tracker.audit.models import Event
from tracker.audit.service import links
from tracker.db import db
from tracker.demo import equipment, sample, school
from tracker.incidents.models import Incident
from tracker.inventory import fields, lookup
from tracker.inventory.models import Asset, AssetKind, Location, NoStorageAssertion
from tracker.loans.models import Loan, LoanItem
from tracker.maintenance.models import MaintenancePlan
from tracker.media.models import Medium
from tracker.media.service import by_serial
from tracker.people.models import Person


def number(model: type[object]) -> int:
    return db.session.scalar(select(func.count()).select_from(model)) or 0


def test_the_sample_school_is_whole_and_made_once(database: Engine) -> None:
    sample.fill()
    db.session.commit()
    assets = db.session.scalars(select(Asset)).all()
    assert 380 <= len(assets) <= 440
    assert number(Person) == 45
    states = Counter(asset.state for asset in assets)
    assert set(states) == {"in_use", "in_store", "in_repair", "on_loan", "missing", "redundant", "incoming"}
    assert states["incoming"] >= 5
    untold = [asset for asset in assets if not lookup.facts_of(asset).storage_told]
    assert {asset.state for asset in untold} == {"incoming"}
    kinds = {kind.id: kind.name for kind in db.session.scalars(select(AssetKind))}
    assert {kinds[asset.kind_id] for asset in assets} == set(kinds.values())
    assert number(NoStorageAssertion) > 20
    assert (number(Loan), number(LoanItem), number(Incident), number(MaintenancePlan)) == (3, 4, 1, 3)
    assert all(code.normalise(asset.tag) == asset.tag for asset in assets)
    assert all(asset.location_id for asset in assets)
    _check_media()
    _check_papers(assets)
    _check_log()
    before = number(Event)
    sample.fill()
    assert number(Event) == before
    for username, _ in sample.SIGN_INS:
        assert sign_in(username, sample.PASSWORD, school_code="", origin="tests") is not None


def _check_media() -> None:
    media = db.session.scalars(select(Medium)).all()
    counted = Counter(medium.asset_id for medium in media)
    for asset in db.session.scalars(select(Asset)):
        assert asset.media_count == counted[asset.id]
    serials = [medium.serial_key for medium in media if medium.serial]
    assert len(serials) == len(set(serials))
    assert {"hdd", "ssd", "nvme", "usb-flash", "tape", "sd", "emmc"} == {medium.kind for medium in media}
    actor = sample.technician()
    for drive in sample.VIRTUAL_DRIVES:
        found = by_serial(actor.school_id, drive.serial)
        assert [medium.capacity_bytes for medium in found] == ([drive.capacity_mib << 20] if drive.registered else [])
        assert [medium.kind for medium in found] == ([drive.kind.value] if drive.registered else [])


def _check_papers(assets: Sequence[Asset]) -> None:
    """What the school's papers say is there, and every field of its own is in use somewhere."""
    for name, least in (("supplier", 380), ("funding_source", 400), ("warranty_until", 380), ("security_marking", 150)):
        assert sum(bool(getattr(asset, name)) for asset in assets) >= least, name
    own = fields.all_fields(sample.technician().school_id)
    assert {field.type for field in own} == {"text", "yes_no", "date", "choice", "money", "number"}
    assert all(fields.used(sample.technician().school_id, own).values())


def _check_log() -> None:
    actor = sample.technician()
    assert chain.verify(links(actor.school_id)).broken is None
    created = select(func.count()).where(Event.kind == "asset:created")
    assert db.session.scalar(created) == number(Asset)


def test_the_same_labels_fit_every_time(database: Engine, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sample, "BATCHES", equipment.BATCHES[-6:])
    monkeypatch.setattr(sample, "LOOSE", ())
    found = []
    for name in ("one", "two"):
        monkeypatch.setattr(school, "CODE", name)
        sample.fill()
        query = select(Asset.tag, Asset.serial).where(Asset.school_id == sample.technician().school_id)
        found.append(db.session.execute(query.order_by(Asset.tag)).all())
    assert found[0] == found[1] != []


@pytest.mark.pure
def test_the_virtual_drives_are_of_every_kind_that_the_demonstration_shows() -> None:
    drives = sample.VIRTUAL_DRIVES
    assert len(drives) == 6
    assert {drive.kind.value for drive in drives} == {"hdd", "ssd", "nvme", "usb-flash"}
    assert all(0 < drive.capacity_mib <= 1024 for drive in drives)
    assert len({drive.serial for drive in drives}) == len({drive.file for drive in drives}) == 6
    assert [drive.registered for drive in drives].count(False) == 1
    assert all("NOT REAL" in drive.marker for drive in drives)


@pytest.mark.pure
def test_every_place_and_kind_of_the_equipment_exists() -> None:
    names = {name for name, _, _ in school.places()}
    assert {place for batch in equipment.BATCHES for place in batch.places} <= names
    assert names & {Location.__tablename__} == set()
