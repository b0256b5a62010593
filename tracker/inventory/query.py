"""The address of a list of assets: its filters, order and page in the query string, read with forbearance.

A filter that cannot be read is left out: an old bookmark shows more, never an error page.
"""

from collections.abc import Callable, Mapping
from typing import TypeVar
from urllib.parse import urlencode
from uuid import UUID

from tracker.inventory.rules import AssetState, Ownership
from tracker.inventory.search import SORTS, Filters

T = TypeVar("T")


def filters_from(told: Mapping[str, str]) -> tuple[Filters, int]:
    """The filters and the page's number of a query string."""
    sort = told.get("sort", "")
    filters = Filters(
        text=told.get("q", "").strip()[:200],
        kind_id=_read(UUID, told.get("kind")),
        state=_read(AssetState, told.get("state")),
        location_id=_read(UUID, told.get("location")),
        ownership=_read(Ownership, told.get("ownership")),
        person_id=_read(UUID, told.get("person")),
        storage_untold=told.get("storage") == "untold",
        unlabelled=told.get("label") == "none",
        sort=sort if sort in SORTS else "tag",
        descending=told.get("order") == "down",
    )
    number = told.get("page", "")
    return filters, max(1, int(number)) if number.isascii() and number.isdigit() and len(number) < 7 else 1


def query_of(filters: Filters) -> dict[str, str]:
    """The filters as a query string says them, without the empty ones and without the page."""
    told = {
        "q": filters.text,
        "kind": filters.kind_id,
        "state": filters.state,
        "location": filters.location_id,
        "ownership": filters.ownership,
        "person": filters.person_id,
        "storage": "untold" if filters.storage_untold else "",
        "label": "none" if filters.unlabelled else "",
        "sort": filters.sort if filters.sort != "tag" else "",
        "order": "down" if filters.descending else "",
    }
    return {name: str(value) for name, value in told.items() if value}


def links(filters: Filters, number: int) -> dict[str, str]:
    """Query strings: `self` without the page, `previous` and `next`, and one a column (`sort:name`) that turns it."""
    told = query_of(filters)
    found = {
        "self": urlencode(told),
        "previous": urlencode({**told, "page": number - 1}),
        "next": urlencode({**told, "page": number + 1}),
    }
    for name in SORTS:
        turned = {**told, "sort": name, "order": "down"}
        if name != filters.sort or filters.descending:
            del turned["order"]
        found[f"sort:{name}"] = urlencode(turned)
    return found


def _read(read: Callable[[str], T], text: str | None) -> T | None:
    try:
        return read(text) if text else None
    except ValueError:
        return None
