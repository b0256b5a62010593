"""The list of media: search, filter, one page of it. Only reads; three queries whatever the number."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, TypeVar
from uuid import UUID

from sqlalchemy import ColumnElement, Select, func, or_, select

from labels import code
from tracker.db import db
from tracker.inventory.models import Asset
from tracker.inventory.rules import serial_key
from tracker.media.models import Medium
from tracker.media.rules import MediumState
from wipe.vocabulary import Medium as MediumKind

Query = TypeVar("Query", bound=Select[*tuple[Any, ...]])
PAGE = 50  # rows
TEXT_LIMIT = 200  # characters of a search


@dataclass(frozen=True)
class Filters:
    """What is shown. None and empty: everything."""

    text: str = ""
    kind: MediumKind | None = None
    state: MediumState | None = None
    loose: bool = False


@dataclass(frozen=True)
class Row:
    """One line of the list."""

    medium: Medium
    asset_id: UUID | None
    tag: str  # of its asset; empty for a loose one


def filters_from(arguments: Mapping[str, str]) -> tuple[Filters, int]:
    """Filters and page number from an address; what cannot be used is left out."""
    kind, state, page = arguments.get("kind", ""), arguments.get("state", ""), arguments.get("page", "")
    number = int(page) if page.isascii() and page.isdecimal() and len(page) < 7 else 1
    text = "".join(one for one in arguments.get("q", "")[:TEXT_LIMIT] if one.isprintable()).strip()
    return (
        Filters(
            text,
            MediumKind(kind) if kind in set(MediumKind) else None,
            MediumState(state) if state in set(MediumState) else None,
            arguments.get("loose") == "1",
        ),
        max(number, 1),
    )


def arguments_of(filters: Filters) -> dict[str, str]:
    """The filters as they stand in an address."""
    told = {
        "q": filters.text,
        "kind": filters.kind.value if filters.kind else "",
        "state": filters.state.value if filters.state else "",
        "loose": "1" if filters.loose else "",
    }
    return {name: value for name, value in told.items() if value}


def count(school_id: UUID, filters: Filters) -> int:
    """How many there are."""
    narrowed = _narrowed(select(func.count()).select_from(Medium), school_id, filters)
    return db.session.scalar(narrowed) or 0


def page(school_id: UUID, filters: Filters, number: int | None) -> list[Row]:
    """One page, counted from 1, or all (None), the latest first."""
    query = _narrowed(select(Medium, Asset.tag), school_id, filters).order_by(Medium.id.desc())
    if number is not None:
        query = query.limit(PAGE).offset((number - 1) * PAGE)
    return [Row(medium, medium.asset_id, tag or "") for medium, tag in db.session.execute(query)]


def _narrowed(query: Query, school_id: UUID, filters: Filters) -> Query:
    query = query.outerjoin(Asset, (Asset.school_id == Medium.school_id) & (Asset.id == Medium.asset_id))
    query = query.where(Medium.school_id == school_id)
    if filters.kind is not None:
        query = query.where(Medium.kind == filters.kind.value)
    if filters.state is not None:
        query = query.where(Medium.state == filters.state.value)
    if filters.loose:
        query = query.where(Medium.asset_id.is_(None))
    if filters.text:
        query = query.where(_matches(filters.text))
    return query


def _matches(text: str) -> ColumnElement[bool]:
    tag, key = code.normalise(text), serial_key(text)
    ways = [Medium.make.icontains(text, autoescape=True), Medium.model.icontains(text, autoescape=True)]
    ways.append(Medium.wwn.icontains(text, autoescape=True))
    if key:
        ways.append(Medium.serial_key.contains(key, autoescape=True))
    if tag is not None:
        ways.append(Asset.tag == tag)
    return or_(*ways)
