"""The orders in which assets are listed, see tracker/ordering.py."""

from datetime import date
from functools import partial
from uuid import UUID

from tracker.inventory.details import JOINT
from tracker.inventory.models import Asset, AssetKind, Location
from tracker.inventory.rules import AssetState
from tracker.ordering import EARLIEST, Plain, Shared, moment, whole
from tracker.people.models import Person


def _stage(text: str) -> int:
    """States in the order of an asset's life."""
    return list(AssetState).index(AssetState(text))


def _branch(text: str) -> list[str]:
    """Places in the order of the tree."""
    return text.split(JOINT)


_plain, _shared = partial(Plain, Asset.id, Asset.tag), partial(Shared, Asset.id, Asset.tag)
ORDERS: dict[str, Plain | Shared] = {
    "tag": _plain(),
    "kind": _shared((Asset.kind_id,), (AssetKind, AssetKind.name)),
    "name": _plain(Asset.name),
    "model": _shared((Asset.make, Asset.model)),
    "serial": _plain(Asset.serial_key),
    "state": _shared((Asset.state,), rank=_stage),
    "location": _shared((Asset.location_id,), (Location, Location.path), _branch),
    "department": _shared((Asset.department,)),
    "person": _shared((Asset.responsible_id,), (Person, Person.name)),
    "registered": Plain(Asset.id, Asset.id, read_unique=UUID),  # UUIDv7: in the order of registration
    "acquired": _plain(Asset.acquired_on, date.min, date.fromisoformat),
    "cost": _plain(Asset.cost_pence, -1, whole),
    "warranty": _plain(Asset.warranty_until, date.min, date.fromisoformat),
    "labelled": _plain(Asset.label_printed_at, EARLIEST, moment),
}
