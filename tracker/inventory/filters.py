"""Which assets a list shows, as conditions for the database. The same answers on SQLite and on PostgreSQL."""

from collections.abc import Callable
from dataclasses import dataclass, fields
from datetime import date
from enum import StrEnum
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, Uuid, and_, collate, column, exists, false, func, or_, select, table

from labels import code
from tracker.db import db
from tracker.inventory.fields import read
from tracker.inventory.kinds import kinds
from tracker.inventory.models import Asset, AssetKind, CustomField, Location, NoStorageAssertion, RetiredLabel
from tracker.inventory.places import below
from tracker.inventory.rules import AssetState, CustomType, Ownership
from tracker.ordering import loose
from tracker.people.models import Person
from tracker.values import folded, search_words
from wipe.vocabulary import DataClass

NAMED_MOST = 500  # places or people that a query names one by one
_SMALL = str.maketrans({letter: letter.lower() for letter in "ABCDEFGHIJKLMNOPQRSTUVWXYZ"})


@dataclass(frozen=True)
class Wanted:
    """What a custom field shall hold: that value, or, of a text, that part."""

    field_id: UUID
    text: str
    exactly: bool = False


@dataclass(frozen=True)
class Filters:
    """Which assets, in which order and with which columns. None and empty values leave a filter out."""

    text: str = ""
    kind_id: UUID | None = None
    state: AssetState | None = None
    location_id: UUID | None = None  # with all places in it
    ownership: Ownership | None = None
    person_id: UUID | None = None
    data_class: DataClass | None = None
    department: str = ""
    funding: str = ""
    acquired_from: date | None = None
    acquired_to: date | None = None
    warranty_before: date | None = None
    storage_untold: bool = False
    unlabelled: bool = False
    labelled: bool = False
    custom: tuple[Wanted, ...] = ()
    ids: tuple[UUID, ...] = ()  # only these, as somebody ticked them
    import_id: UUID | None = None  # what this import added
    sort: str = "tag"
    descending: bool = False
    columns: tuple[str, ...] = ()  # of the list, see columns.py; none: the usual ones

    @property
    def narrow(self) -> bool:
        """Whether anything is left out."""
        return any(getattr(self, one.name) for one in fields(self) if one.name not in _NO_FILTERS)


# The rows of imports, a feature above this one (tracker/imports/models.py), by their names in the database
_IDS = (column(name, Uuid) for name in ("school_id", "import_id", "asset_id"))
_ROWS = table("import_rows", *_IDS, column("verdict"))
_NO_FILTERS = frozenset({"sort", "descending", "columns"})
ASSERTED = exists().where(
    NoStorageAssertion.school_id == Asset.school_id,
    NoStorageAssertion.asset_id == Asset.id,
    NoStorageAssertion.withdrawn_at.is_(None),
)


class Access(StrEnum):
    """How the database comes to the rows. SQLite does not know how many a filter leaves, and has to be told."""

    INDEX = "index"  # by an index of a filter
    SCAN = "scan"  # all rows once, in the order in which they lie
    WALK = "walk"  # along the index of the list's order, until a page is full


class Conditions:
    """The conditions of some filters on Asset alone, no join needed. At most four queries for what they look up."""

    def __init__(self, school_id: UUID, filters: Filters) -> None:
        self.school_id, self.filters = school_id, filters
        self.rest = [*_custom(school_id, filters.custom), *_words(school_id, filters.text)]
        told = [name for name in _INDEXED if getattr(filters, name)]
        self.alone = len(told) == 1 and not self.rest and not any(getattr(filters, name) for name in _READ)
        self.indexed = bool(told)

    def where(self, access: Access) -> list[ColumnElement[bool]]:
        """For WHERE."""
        school = loose(Asset.school_id) if access is Access.SCAN else Asset.school_id
        by = _same if access is Access.INDEX else loose
        return [school == self.school_id, *_plain(self.school_id, self.filters, by), *self.rest]


_INDEXED: tuple[str, ...] = ("kind_id", "state", "location_id", "person_id", "department", "funding", "ids")
_INDEXED += ("import_id", "acquired_from", "acquired_to", "warranty_before", "unlabelled", "labelled")
_READ = ("ownership", "data_class", "storage_untold")


def _same(column: Any) -> Any:
    return column


def _plain(school_id: UUID, filters: Filters, by: Callable[[Any], Any]) -> list[ColumnElement[bool]]:
    where: list[ColumnElement[bool]] = [
        by(column) == wanted
        for column, wanted in (
            (Asset.kind_id, filters.kind_id),
            (Asset.state, filters.state),
            (Asset.ownership, filters.ownership),
            (Asset.responsible_id, filters.person_id),
            (Asset.data_class, filters.data_class),
            (Asset.department, filters.department or None),
            (Asset.funding_source, filters.funding or None),
        )
        if wanted is not None
    ]
    if filters.location_id is not None:
        where.append(by(Asset.location_id).in_(below(school_id, filters.location_id)))
    if filters.acquired_from is not None:
        where.append(by(Asset.acquired_on) >= filters.acquired_from)
    if filters.acquired_to is not None:
        where.append(by(Asset.acquired_on) <= filters.acquired_to)
    if filters.warranty_before is not None:
        where.append(by(Asset.warranty_until) < filters.warranty_before)
    if filters.unlabelled:
        where.append(by(Asset.label_printed_at).is_(None))
    if filters.labelled:
        where.append(by(Asset.label_printed_at).is_not(None))
    if filters.ids:
        where.append(Asset.id.in_(filters.ids))
    if filters.import_id is not None:
        added = _ROWS.c.school_id == school_id, _ROWS.c.import_id == filters.import_id, _ROWS.c.verdict == "new"
        where.append(Asset.id.in_(select(_ROWS.c.asset_id).where(*added, _ROWS.c.asset_id.is_not(None))))
    if filters.storage_untold:
        bearing = select(AssetKind.id).where(AssetKind.school_id == school_id, AssetKind.data_bearing.is_(True))
        where += [by(Asset.kind_id).in_(bearing), Asset.media_count == 0, ~ASSERTED]
    return where


def _words(school_id: UUID, text: str) -> list[ColumnElement[bool]]:
    """Every word is somewhere: the longest first, since it is the rarest and the others are then seldom looked for."""
    words = sorted(search_words(text), key=len, reverse=True)
    if not words:
        return []
    names = [(kind.id, folded(kind.name)) for kind in kinds(school_id)]
    named = _named(school_id, Location, words), _named(school_id, Person, words)
    return [
        _has(school_id, word, [found for found, name in names if word in name], *(found[word] for found in named))
        for word in words
    ]


def _named(school_id: UUID, of: type[Location] | type[Person], words: list[str]) -> dict[str, list[UUID]]:
    """The places or people that each word names. Mostly none: the database then need not look at them in every row."""
    ways = (of.search.contains(word, autoescape=True) for word in words)
    found = list(db.session.execute(select(of.id, of.search).where(of.school_id == school_id, or_(*ways))))
    return {word: [one for one, search in found if word in search] for word in words}


def _has(
    school_id: UUID, word: str, kind_ids: list[UUID], places: list[UUID], people: list[UUID]
) -> ColumnElement[bool]:
    """The word is in the asset's own texts, in its kind, its place's path, or in the name of who is responsible.

    A plain LIKE over one folded column is quick enough on both databases, finds words of one letter, and means the
    same on both: docs/adr/0018-search-and-keyset-paging.md.
    """
    ways: list[ColumnElement[bool]] = [Asset.search.contains(word, autoescape=True)]
    if kind_ids:
        ways.append(Asset.kind_id.in_(kind_ids))
    for held, named, ids in ((Asset.location_id, Location, places), (Asset.responsible_id, Person, people)):
        if len(ids) > NAMED_MOST:
            likes = named.search.contains(word, autoescape=True)
            ways.append(held.in_(select(named.id).where(named.school_id == school_id, likes)))
        elif ids:
            ways.append(held.in_(ids))
    tag = code.normalise(word)
    if tag is not None:  # a label that was retired still leads to its asset
        retired = RetiredLabel.school_id == school_id, RetiredLabel.tag == tag
        ways.append(Asset.id.in_(select(RetiredLabel.asset_id).where(*retired)))
    return or_(*ways)


def _custom(school_id: UUID, wanted: tuple[Wanted, ...]) -> list[ColumnElement[bool]]:
    if not wanted:
        return []
    ids = [one.field_id for one in wanted]
    query = select(CustomField).where(CustomField.school_id == school_id, CustomField.id.in_(ids))
    known = {field.id: field for field in db.session.scalars(query)}
    return [_holds(known[one.field_id], one) for one in wanted if one.field_id in known]


def _holds(field: CustomField, wanted: Wanted) -> ColumnElement[bool]:
    """The field's value is, or contains, what is wanted; nothing does where that is no value of the field."""
    member, kind = Asset.custom[str(field.id)], CustomType(field.type)
    if kind is CustomType.TEXT:
        text = member.as_string()
        # the same letters without their case on both databases: SQLite knows only those of ASCII
        if db.session.get_bind().dialect.name == "postgresql":
            text = collate(text, "C")
        small, part = func.lower(text), wanted.text.translate(_SMALL)
        return small == part if wanted.exactly else small.contains(part, autoescape=True)
    try:
        value = read(field, wanted.text)
    except ValueError:
        return false()
    if isinstance(value, bool):
        return and_(member.as_boolean().is_not(None), member.as_boolean() == value)
    held: ColumnElement[bool] = (member.as_integer() if isinstance(value, int) else member.as_string()) == value
    return held
