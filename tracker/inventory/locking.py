"""An asset as it is now, held until the transaction ends."""

from uuid import UUID

from labels import code
from tracker.db import locked_row
from tracker.inventory.models import Asset
from tracker.people.service import changed_meanwhile
from tracker.values import Conflict


def lock_asset(school_id: UUID, asset_id: UUID) -> Asset:
    """The asset as it is now, locked until the transaction ends. Raises NotFound.

    Whoever writes an event of an asset locks the asset first: the log is locked by the first event, and two who took
    the locks in another order would wait for each other.
    """
    return locked_row(Asset, school_id, asset_id)


def at_version(school_id: UUID, asset_id: UUID, version: int) -> Asset:
    """The same, provided that nobody changed it since. Raises NotFound, and Conflict where somebody did."""
    asset = lock_asset(school_id, asset_id)
    if asset.version != version:
        raise Conflict(changed_meanwhile(school_id, "asset", asset.id, code.shown(asset.tag)))
    return asset
