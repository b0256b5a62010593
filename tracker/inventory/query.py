"""The address of a list of assets: its filters, order, columns and page in the query string, read with forbearance.

A filter that cannot be read is left out: an old bookmark shows more, never an error page.
"""

from collections.abc import Callable, Iterator, Mapping
from datetime import date
from typing import TypeVar
from urllib.parse import urlencode
from uuid import UUID

from tracker.inventory.filters import Filters, Wanted
from tracker.inventory.rules import AssetState, Ownership
from tracker.inventory.sorting import ORDERS
from tracker.paging import Turn, turn_from
from wipe.vocabulary import DataClass

T = TypeVar("T")
TEXT_LIMIT = 200  # characters of a filter
IDS_MOST = 200  # assets that can be ticked in one address
COLUMNS_MOST = 60
CUSTOM, EXACTLY = "custom.", ".is"  # custom.<id> for a part of a text, custom.<id>.is for the whole


def filters_from(told: Mapping[str, str]) -> tuple[Filters, Turn]:
    """The filters of a query string, and which page it asks for."""
    sort = told.get("sort", "")
    filters = Filters(
        text=_text(told, "q"),
        kind_id=_read(UUID, told.get("kind")),
        state=_read(AssetState, told.get("state")),
        location_id=_read(UUID, told.get("location")),
        ownership=_read(Ownership, told.get("ownership")),
        person_id=_read(UUID, told.get("person")),
        data_class=_read(DataClass, told.get("data")),
        department=_text(told, "department"),
        funding=_text(told, "funding"),
        acquired_from=_read(date.fromisoformat, told.get("acquired_from")),
        acquired_to=_read(date.fromisoformat, told.get("acquired_to")),
        warranty_before=_read(date.fromisoformat, told.get("warranty_before")),
        storage_untold=told.get("storage") == "untold",
        unlabelled=told.get("label") == "none",
        labelled=told.get("label") == "printed",
        custom=tuple(_custom(told)),
        ids=_ids(told.get("ids", "")),
        import_id=_read(UUID, told.get("import")),
        sort=sort if sort in ORDERS else "tag",
        descending=told.get("order") == "down",
        columns=tuple(dict.fromkeys(word for word in told.get("columns", "").split(",") if word))[:COLUMNS_MOST],
    )
    return filters, turn_from(told)


def query_of(filters: Filters) -> dict[str, str]:
    """The filters as a query string says them, without the empty ones and without the page."""
    told: dict[str, object] = {
        "q": filters.text,
        "kind": filters.kind_id,
        "state": filters.state,
        "location": filters.location_id,
        "ownership": filters.ownership,
        "person": filters.person_id,
        "data": filters.data_class,
        "department": filters.department,
        "funding": filters.funding,
        "acquired_from": filters.acquired_from,
        "acquired_to": filters.acquired_to,
        "warranty_before": filters.warranty_before,
        "storage": "untold" if filters.storage_untold else "",
        "label": "none" if filters.unlabelled else "printed" if filters.labelled else "",
        **{f"{CUSTOM}{one.field_id}{EXACTLY if one.exactly else ''}": one.text for one in filters.custom},
        "ids": ",".join(str(found) for found in filters.ids),
        "import": filters.import_id,
        "sort": filters.sort if filters.sort != "tag" else "",
        "order": "down" if filters.descending else "",
        "columns": ",".join(filters.columns),
    }
    return {name: str(value) for name, value in told.items() if value}


def links(filters: Filters) -> dict[str, str]:
    """Query strings: `self` without the page, and one a column (`sort:name`) that turns it."""
    told = query_of(filters)
    found = {"self": urlencode(told)}
    for name in ORDERS:
        turned = {**told, "sort": name, "order": "down"}
        if name != filters.sort or filters.descending:
            del turned["order"]
        found[f"sort:{name}"] = urlencode(turned)
    return found


def without(filters: Filters, *names: str) -> str:
    """The query string without some of its parts: for a filter that is taken away."""
    return urlencode({name: value for name, value in query_of(filters).items() if name not in names})


def _text(told: Mapping[str, str], name: str) -> str:
    return "".join(c for c in told.get(name, "")[:TEXT_LIMIT] if c.isprintable()).strip()


def _custom(told: Mapping[str, str]) -> Iterator[Wanted]:
    for name in told:
        text = _text(told, name)
        field_id = _read(UUID, name.removeprefix(CUSTOM).removesuffix(EXACTLY)) if name.startswith(CUSTOM) else None
        if field_id is not None and text:
            yield Wanted(field_id, text, name.endswith(EXACTLY))


def _ids(text: str) -> tuple[UUID, ...]:
    found = (_read(UUID, one) for one in text[: IDS_MOST * 37].split(","))
    return tuple(dict.fromkeys(one for one in found if one is not None))


def _read(read: Callable[[str], T], text: str | None) -> T | None:
    try:
        return read(text) if text else None
    except ValueError:
        return None
