"""Lists of assets: search, filter, sort, turn pages, count. A fixed number of queries, whatever the size."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, Select, and_, exists, func, or_, select

from tracker.db import db
from tracker.inventory.models import Asset, AssetKind, Location, NoStorageAssertion
from tracker.inventory.places import below
from tracker.inventory.rules import AssetState, Ownership
from tracker.people.models import Person
from tracker.values import search_words

PAGE = 50  # rows of a list

SORTS: dict[str, tuple[ColumnElement[object], ...]] = {
    "tag": (),
    "kind": (AssetKind.name,),  # type: ignore[dict-item] # columns of texts are columns of objects
    "name": (Asset.name,),  # type: ignore[dict-item]
    "model": (Asset.make, Asset.model),  # type: ignore[dict-item]
    "state": (Asset.state,),  # type: ignore[dict-item]
    "location": (Location.path,),  # type: ignore[dict-item]
    "person": (Person.name,),  # type: ignore[dict-item]
    "registered": (Asset.id,),  # type: ignore[dict-item] # UUIDv7: in the order of registration
}


@dataclass(frozen=True)
class Filters:
    """Which assets, in which order. None and empty texts leave a filter out."""

    text: str = ""
    kind_id: UUID | None = None
    state: AssetState | None = None
    location_id: UUID | None = None  # with all places in it
    ownership: Ownership | None = None
    person_id: UUID | None = None
    storage_untold: bool = False
    unlabelled: bool = False
    sort: str = "tag"
    descending: bool = False


@dataclass(frozen=True)
class Row:
    """An asset as a list shows it and an export writes it."""

    id: UUID
    tag: str
    kind: str
    data_bearing: bool
    name: str
    make: str
    model: str
    serial: str
    serial_reason: str
    ownership: Ownership
    state: AssetState
    location: str
    person: str
    data_class: str
    acquired_on: date | None
    cost_pence: int | None
    media_count: int
    no_storage: bool
    label_printed_at: datetime | None
    notes: str

    @property
    def storage(self) -> str:
        """What is known of its storage, in words."""
        if self.media_count:
            return f"{self.media_count} listed"
        if self.no_storage:
            return "None (stated)"
        return "Not told" if self.data_bearing else "None (by kind)"


def count(school_id: UUID, filters: Filters) -> int:
    """How many assets the filters leave."""
    query = select(func.count()).select_from(Asset).where(*_where(school_id, filters))
    if filters.storage_untold:
        query = query.join(AssetKind, _KIND)
    return db.session.scalar(query) or 0


@dataclass(frozen=True)
class Page:
    """One page of a list: its rows, its number from 1, the number of the last one, and how many rows there are."""

    rows: list[Row]
    number: int
    last: int
    total: int


def page(school_id: UUID, filters: Filters, number: int) -> Page:
    """One page of the list; for a number beyond the last, the last.

    The rows are chosen by their keys first: sorting and skipping then carry nothing else along.
    """
    ids = _page_ids(school_id, filters, number)
    if number == 1 and len(ids) <= PAGE:
        total = len(ids)
    else:
        total = count(school_id, filters)
    last = max(1, -(-total // PAGE))
    if number > last:
        number, ids = last, _page_ids(school_id, filters, last)
    chosen = _columns().where(Asset.school_id == school_id, Asset.id.in_(ids[:PAGE]))
    rows = {row.id: row for row in map(_row, db.session.execute(chosen))}
    return Page([rows[found] for found in ids[:PAGE]], number, last, total)


def everything(school_id: UUID, filters: Filters) -> Iterator[Row]:
    """All that the filters leave, in slices, so that a hundred thousand fit in memory."""
    query = _columns().where(*_where(school_id, filters)).order_by(*_order(filters))
    return (_row(found) for found in db.session.execute(query.execution_options(yield_per=1000)))


def assets(school_id: UUID, filters: Filters, limit: int) -> list[Asset]:
    """The assets themselves, at most `limit`."""
    query = select(Asset).join(AssetKind, _KIND).where(*_where(school_id, filters)).order_by(Asset.tag)
    return list(db.session.scalars(query.limit(limit)))


@dataclass(frozen=True)
class Figures:
    """The register in numbers, for the start page."""

    total: int
    by_state: dict[AssetState, int]
    storage_untold: int
    unlabelled: int


def figures(school_id: UUID) -> Figures:
    """Count the register: three queries."""
    query = select(Asset.state, func.count()).where(Asset.school_id == school_id).group_by(Asset.state)
    by_state = {AssetState(state): number for state, number in db.session.execute(query)}
    untold = count(school_id, Filters(storage_untold=True))
    return Figures(sum(by_state.values()), by_state, untold, count(school_id, Filters(unlabelled=True)))


_KIND = and_(AssetKind.school_id == Asset.school_id, AssetKind.id == Asset.kind_id)
_PLACE = and_(Location.school_id == Asset.school_id, Location.id == Asset.location_id)
_PERSON = and_(Person.school_id == Asset.school_id, Person.id == Asset.responsible_id)
_OWN: tuple[str, ...] = (
    "id",
    "tag",
    "name",
    "make",
    "model",
    "serial",
    "serial_reason",
    "ownership",
    "state",
    "data_class",
)
_OWN += ("acquired_on", "cost_pence", "media_count", "label_printed_at", "notes")
_ASSERTED = exists().where(
    NoStorageAssertion.school_id == Asset.school_id,
    NoStorageAssertion.asset_id == Asset.id,
    NoStorageAssertion.withdrawn_at.is_(None),
)


def _where(school_id: UUID, filters: Filters) -> list[ColumnElement[bool]]:
    where: list[ColumnElement[bool]] = [Asset.school_id == school_id]
    for column, wanted in (
        (Asset.kind_id, filters.kind_id),
        (Asset.state, filters.state),
        (Asset.ownership, filters.ownership),
        (Asset.responsible_id, filters.person_id),
    ):
        if wanted is not None:
            where.append(column == wanted)
    if filters.location_id is not None:
        where.append(Asset.location_id.in_(below(school_id, filters.location_id)))
    if filters.unlabelled:
        where.append(Asset.label_printed_at.is_(None))
    if filters.storage_untold:
        where += [AssetKind.data_bearing.is_(True), Asset.media_count == 0, ~_ASSERTED]
    return where + [_has(school_id, word) for word in search_words(filters.text)]


def _has(school_id: UUID, word: str) -> ColumnElement[bool]:
    """The word is in the asset's own texts, in its place's path, or in the name of who is responsible."""
    places = select(Location.id).where(Location.school_id == school_id, Location.search.contains(word, autoescape=True))
    people = select(Person.id).where(Person.school_id == school_id, Person.search.contains(word, autoescape=True))
    own = Asset.search.contains(word, autoescape=True)
    return or_(own, Asset.location_id.in_(places), Asset.responsible_id.in_(people))


def _order(filters: Filters) -> list[ColumnElement[Any]]:
    columns = [*SORTS[filters.sort], Asset.tag]
    return [column.desc() if filters.descending else column.asc() for column in columns]


def _page_ids(school_id: UUID, filters: Filters, number: int) -> list[UUID]:
    """The keys of a page's assets, and of one more."""
    query = select(Asset.id).where(*_where(school_id, filters)).order_by(*_order(filters))
    if filters.sort == "kind" or filters.storage_untold:
        query = query.join(AssetKind, _KIND)
    if filters.sort == "location":
        query = query.outerjoin(Location, _PLACE)
    if filters.sort == "person":
        query = query.outerjoin(Person, _PERSON)
    return list(db.session.scalars(query.limit(PAGE + 1).offset((number - 1) * PAGE)))


def _columns() -> Select[*tuple[Any, ...]]:
    """The columns of Row, in its order."""
    own = [getattr(Asset, name) for name in _OWN]
    of_others = (AssetKind.name, AssetKind.data_bearing, Location.path, Person.name, _ASSERTED)
    return (
        select(*own, *of_others)
        .select_from(Asset)
        .join(AssetKind, _KIND)
        .outerjoin(Location, _PLACE)
        .outerjoin(Person, _PERSON)
    )


def _row(found: Any) -> Row:
    *own, kind, data_bearing, place, person, asserted = found
    told = dict(zip(_OWN, own, strict=True))
    told["state"], told["ownership"] = AssetState(told["state"]), Ownership(told["ownership"])
    others = {"kind": kind, "data_bearing": data_bearing, "location": place or "", "person": person or ""}
    return Row(**told, **others, no_storage=bool(asserted))
