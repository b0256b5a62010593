"""What the ids in assets stand for, looked up at once for one asset or for many. Only reads."""

from collections.abc import Iterable, Mapping
from uuid import UUID

from sqlalchemy import Select, select

from tracker.db import db
from tracker.inventory.fields import all_fields
from tracker.inventory.models import AssetKind, Location
from tracker.inventory.telling import Names
from tracker.people.models import Person


def names_of(school_id: UUID, kept: Iterable[Mapping[str, object]]) -> Names:
    """The names for columns of assets (telling.columns): four queries, whatever their number."""
    ids: dict[str, set[object]] = {"kind_id": set(), "location_id": set(), "responsible_id": set()}
    for one in kept:
        for name, found in ids.items():
            found.add(one[name])
    kinds = select(AssetKind.id, AssetKind.name).where(AssetKind.school_id == school_id)
    places = select(Location.id, Location.path).where(Location.school_id == school_id)
    people = select(Person.id, Person.name).where(Person.school_id == school_id)
    return Names(
        kinds=_pairs(kinds.where(AssetKind.id.in_(ids["kind_id"]))),
        places=_pairs(places.where(Location.id.in_(ids["location_id"] - {None}))),
        people=_pairs(people.where(Person.id.in_(ids["responsible_id"] - {None}))),
        fields={field.id: field for field in all_fields(school_id)},
    )


def _pairs(query: Select[UUID, str]) -> dict[UUID, str]:
    return {found: name for found, name in db.session.execute(query)}
