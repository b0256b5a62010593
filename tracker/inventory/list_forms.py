"""What the form above the list of assets offers, and the filters that are set, each with a way to take it off."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any
from uuid import UUID

from sqlalchemy import select

from tracker.db import db
from tracker.inventory import fields, kinds, places, query
from tracker.inventory.columns import DATA_WORDS
from tracker.inventory.filters import Filters
from tracker.inventory.models import Asset, CustomField
from tracker.inventory.rules import CustomType
from tracker.people import service as people

CHOICES_MOST = 300  # departments and funding sources in a list


@dataclass(frozen=True)
class Chip:
    """One filter that is set: in words, and the query string without it."""

    text: str
    without: str


@dataclass(frozen=True)
class Asked:
    """A custom field in the form: the name of its parameter, and what is asked for."""

    field: CustomField
    name: str
    value: str
    choices: tuple[str, ...] = ()


class Offer:
    """The choices of the form, looked up once."""

    def __init__(self, school_id: UUID, filters: Filters) -> None:
        self.filters = filters
        self.kinds = {kind.id: kind.name for kind in kinds.kinds(school_id)}
        self.places = dict(places.choices(school_id))
        self.fields = fields.all_fields(school_id)
        self.departments = _values(school_id, Asset.department)
        self.fundings = _values(school_id, Asset.funding_source)
        self.person = people.get_person(school_id, filters.person_id).name if filters.person_id else ""

    def asked(self) -> list[Asked]:
        """The fields of all kinds, and of the chosen kind."""
        told = {one.field_id: one for one in self.filters.custom}
        found = []
        for field in self.fields:
            if field.retired_at is None and field.kind_id in (None, self.filters.kind_id):
                exactly = query.EXACTLY if field.id in told and told[field.id].exactly else ""
                value = told[field.id].text if field.id in told else ""
                choices = ("Yes", "No") if field.type == CustomType.YES_NO else tuple(field.choices)
                found.append(Asked(field, f"{query.CUSTOM}{field.id}{exactly}", value, choices))
        return found

    def chips(self) -> list[Chip]:
        """The filters that are set. One of another school, or of something that is gone, shows as unknown."""
        told = self.filters
        found = [*_chips(told), *self._named()]
        names = {field.id: field.name for field in self.fields}
        for one in told.custom:
            if one.field_id in names:
                parameter = f"{query.CUSTOM}{one.field_id}{query.EXACTLY if one.exactly else ''}"
                found.append(Chip(f"{names[one.field_id]}: {one.text}", query.without(told, parameter)))
        return found

    def _named(self) -> list[Chip]:
        told = self.filters
        wanted: tuple[tuple[str, str, UUID | None, Mapping[UUID, str]], ...] = (
            ("kind", "Kind", told.kind_id, self.kinds),
            ("location", "Place", told.location_id, self.places),
            ("person", "Responsible", told.person_id, {told.person_id: self.person} if told.person_id else {}),
        )
        return [
            Chip(f"{label}: {names.get(chosen, 'unknown')}", query.without(told, name))
            for name, label, chosen, names in wanted
            if chosen is not None
        ]


def _chips(told: Filters) -> list[Chip]:
    shown: Sequence[tuple[str, str]] = (
        ("q", f"Search: {told.text}" if told.text else ""),
        ("state", f"State: {told.state.label}" if told.state else ""),
        ("ownership", f"Ownership: {told.ownership.label}" if told.ownership else ""),
        ("data", f"Data: {DATA_WORDS[told.data_class]}" if told.data_class else ""),
        ("department", f"Department: {told.department}" if told.department else ""),
        ("funding", f"Funding: {told.funding}" if told.funding else ""),
        ("acquired_from", f"Acquired from {_day(told.acquired_from)}" if told.acquired_from else ""),
        ("acquired_to", f"Acquired until {_day(told.acquired_to)}" if told.acquired_to else ""),
        ("warranty_before", f"Warranty ends before {_day(told.warranty_before)}" if told.warranty_before else ""),
        ("storage", "Storage not told" if told.storage_untold else ""),
        ("label", "No label printed" if told.unlabelled else "Label printed" if told.labelled else ""),
        ("ids", f"{len(told.ids):,} ticked" if told.ids else ""),
        ("import", "Added by one import" if told.import_id else ""),
    )
    return [Chip(text, query.without(told, name)) for name, text in shown if text]


def _day(day: date | None) -> str:
    return f"{day.day} {day:%B %Y}" if day else ""


def _values(school_id: UUID, column: Any) -> list[str]:
    """What stands in a column, each once: from one value to the next along its index, past all that are alike."""
    mine = Asset.school_id == school_id
    first = select(column).where(mine, column > "").order_by(column).limit(1)
    found = select(first.scalar_subquery().label("value")).cte("values_of", recursive=True)
    following = select(column).where(mine, column > found.c.value).order_by(column).limit(1)
    found = found.union_all(select(following.correlate(found).scalar_subquery()).where(found.c.value.is_not(None)))
    asked = select(found.c.value).where(found.c.value.is_not(None)).limit(CHOICES_MOST)
    return sorted(db.session.scalars(asked), key=str.casefold)
