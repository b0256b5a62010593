"""An asset as lists show it and exports write it, with the names that its ids stand for. Only reads."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any
from uuid import UUID

from sqlalchemy import and_, select

from tracker.db import db
from tracker.inventory.models import Asset, AssetKind, Location, NoStorageAssertion
from tracker.inventory.rules import AssetState, Ownership
from tracker.people.models import Person


@dataclass(frozen=True)
class Row:
    """An asset in a list. Amounts in pence."""

    id: UUID
    tag: str
    name: str
    make: str
    model: str
    description: str
    serial: str
    serial_reason: str
    ownership: Ownership
    owner: str
    state: AssetState
    department: str
    data_class: str
    acquired_on: date | None
    cost_pence: int | None
    supplier: str
    order_number: str
    funding_source: str
    insurance_pence: int | None
    life_months: int | None
    warranty_until: date | None
    security_marked_on: date | None
    security_marking: str
    custom: dict[str, object]
    media_count: int
    label_printed_at: datetime | None
    notes: str
    kind: str
    data_bearing: bool
    location: str
    person: str
    no_storage: str  # why there is none, if somebody stated it

    @property
    def storage(self) -> str:
        """What is known of its storage, in words."""
        if self.media_count:
            return f"{self.media_count} listed"
        if self.no_storage:
            return "None (stated)"
        return "Not told" if self.data_bearing else "None (by kind)"


_OWN: tuple[str, ...] = ("id", "tag", "name", "make", "model", "description", "serial", "serial_reason", "ownership")
_OWN += ("owner", "state", "department", "data_class", "acquired_on", "cost_pence", "supplier", "order_number")
_OWN += ("funding_source", "insurance_pence", "life_months", "warranty_until", "security_marked_on")
_OWN += ("security_marking", "custom", "media_count", "label_printed_at", "notes")
_STATED = (
    select(NoStorageAssertion.reason)
    .where(
        NoStorageAssertion.school_id == Asset.school_id,
        NoStorageAssertion.asset_id == Asset.id,
        NoStorageAssertion.withdrawn_at.is_(None),
    )
    .limit(1)
    .correlate(Asset)
    .scalar_subquery()
)
_QUERY = (
    select(
        *(getattr(Asset, name) for name in _OWN),
        AssetKind.name,
        AssetKind.data_bearing,
        Location.path,
        Person.name,
        _STATED,
    )
    .select_from(Asset)
    .join(AssetKind, and_(AssetKind.school_id == Asset.school_id, AssetKind.id == Asset.kind_id))
    .outerjoin(Location, and_(Location.school_id == Asset.school_id, Location.id == Asset.location_id))
    .outerjoin(Person, and_(Person.school_id == Asset.school_id, Person.id == Asset.responsible_id))
)


def rows_of(school_id: UUID, ids: Iterable[UUID]) -> dict[UUID, Row]:
    """The rows of these assets, by id: one query."""
    query = _QUERY.where(Asset.school_id == school_id, Asset.id.in_(list(ids)))
    return {row.id: row for row in map(_row, db.session.execute(query))}


def _row(found: Any) -> Row:
    *own, kind, data_bearing, place, person, stated = found
    told = dict(zip(_OWN, own, strict=True))
    told["state"], told["ownership"] = AssetState(told["state"]), Ownership(told["ownership"])
    names = {"kind": kind, "data_bearing": data_bearing, "location": place or "", "person": person or ""}
    return Row(**told, **names, no_storage=stated or "")
