"""Find assets, and say what is known of them. Only reads."""

from uuid import UUID

from sqlalchemy import select

from labels import code
from tracker.db import db
from tracker.inventory import rules
from tracker.inventory.details import AssetDetails
from tracker.inventory.kinds import get_kind
from tracker.inventory.models import Asset, NoStorageAssertion
from tracker.inventory.places import get_location
from tracker.inventory.rules import AssetFacts, AssetState, Ownership
from tracker.inventory.scanning import Finding as Finding
from tracker.inventory.scanning import find as find
from tracker.values import NotFound, Subject
from wipe.vocabulary import DataClass

# Columns that are kept as the form gives them
PLAIN: tuple[str, ...] = ("kind_id", "name", "make", "model", "serial", "serial_reason", "location_id")
PLAIN += ("responsible_id", "acquired_on", "cost_pence", "notes")


def get_asset(school_id: UUID, asset_id: UUID) -> Asset:
    """The asset. Raises NotFound, also for another school's."""
    asset = db.session.get(Asset, (school_id, asset_id))
    if asset is None:
        raise NotFound
    return asset


def asset_by_tag(school_id: UUID, tag: str) -> Asset | None:
    """The asset with this tag, written in whatever way; None if there is none or the tag is none."""
    canonical = code.normalise(tag)
    if canonical is None:
        return None
    return db.session.scalar(select(Asset).where(Asset.school_id == school_id, Asset.tag == canonical))


def same_serial(school_id: UUID, serial: str) -> list[Asset]:
    """The assets with this serial number, spaces, dashes and case apart, at most 20."""
    key = rules.serial_key(serial)
    if not key:
        return []
    query = select(Asset).where(Asset.school_id == school_id, Asset.serial_key == key).order_by(Asset.tag)
    return list(db.session.scalars(query.limit(20)))


def label_of(asset: Asset) -> str:
    """How people know it: `ABCD-EFGH Laptop Dell Latitude`."""
    kind = get_kind(asset.school_id, asset.kind_id)
    return " ".join(part for part in (code.shown(asset.tag), kind.name, asset.make, asset.model) if part)


def subject_of(asset: Asset) -> Subject:
    """The asset as the log knows it."""
    return Subject("asset", asset.id, label_of(asset))


def details_of(asset: Asset) -> AssetDetails:
    """What is known of an asset, as a form shows it."""
    kept = {name: getattr(asset, name) for name in PLAIN}
    return AssetDetails(
        **kept, ownership=Ownership(asset.ownership), data_class=DataClass(asset.data_class), tag=asset.tag
    )


def facts_of(asset: Asset) -> AssetFacts:
    """What the gates look at."""
    kind = get_kind(asset.school_id, asset.kind_id)
    place = None if asset.location_id is None else get_location(asset.school_id, asset.location_id)
    return AssetFacts(
        state=AssetState(asset.state),
        tag=asset.tag,
        kind=kind.name,
        data_bearing=kind.data_bearing,
        server=kind.server,
        serial=asset.serial,
        serial_reason=asset.serial_reason,
        ownership=Ownership(asset.ownership),
        media_count=asset.media_count,
        no_storage=no_storage(asset) is not None,
        location=place.path if place else "",
        lockable=place.lockable if place else False,
    )


def no_storage(asset: Asset) -> NoStorageAssertion | None:
    """The statement that it holds no storage, if one stands."""
    query = select(NoStorageAssertion).where(
        NoStorageAssertion.school_id == asset.school_id,
        NoStorageAssertion.asset_id == asset.id,
        NoStorageAssertion.withdrawn_at.is_(None),
    )
    return db.session.scalar(query.limit(1))
