"""Find assets, and say what is known of them. Only reads."""

from uuid import UUID

from sqlalchemy import select

from labels import code
from tracker.db import db, row_of
from tracker.inventory import rules
from tracker.inventory.facts import facts_of as facts_of
from tracker.inventory.facts import no_storage as no_storage
from tracker.inventory.kinds import get_kind
from tracker.inventory.models import Asset
from tracker.inventory.scanning import Finding as Finding
from tracker.inventory.scanning import find as find
from tracker.inventory.telling import details_of as details_of
from tracker.values import Subject


def get_asset(school_id: UUID, asset_id: UUID) -> Asset:
    """The asset. Raises NotFound, also for another school's."""
    return row_of(Asset, school_id, asset_id)


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
