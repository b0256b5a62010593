"""What the sample school's papers say of its things: purchase, funding, warranty, marks, and its own fields.

Drawn for each thing from its tag, so that nothing else of the sample depends on it.
"""

import random
from dataclasses import dataclass, replace
from datetime import date, timedelta
from uuid import UUID

from tracker.demo.equipment import CLASSES, OFFICES, Batch
from tracker.inventory import fields
from tracker.inventory.details import AssetDetails, Value
from tracker.inventory.fields_rules import FieldDetails
from tracker.inventory.rules import CustomType, Ownership
from tracker.values import Actor

_T = CustomType
# (kind or empty for all, what is asked)
OWN_FIELDS = (
    ("", FieldDetails("Old inventory number", _T.TEXT, hint="From the spreadsheet that was kept until 2021")),
    ("Laptop", FieldDetails("MAC address", _T.TEXT, hint="On the sticker below, or from the network settings")),
    ("Laptop", FieldDetails("BIOS password set", _T.YES_NO)),
    ("Chromebook", FieldDetails("Managed until", _T.DATE, hint="The maker's last day of automatic updates")),
    ("Tablet", FieldDetails("Case", _T.CHOICE, choices=("None", "Blue foam", "Green foam", "Keyboard case"))),
    ("Mobile phone", FieldDetails("Telephone number", _T.TEXT)),
    ("Printer or copier", FieldDetails("Price of a toner set", _T.MONEY, hint="Without VAT")),
    ("Projector", FieldDetails("Lamp hours", _T.NUMBER, hint="Menu, Information")),
    ("Projector", FieldDetails("Filter cleaned on", _T.DATE)),
)
_SUPPLIERS = {
    "HP": "Severn School Supplies Ltd",
    "HPE": "Malvern Networks Ltd",
    "HPE Aruba": "Malvern Networks Ltd",
    "DrayTek": "Malvern Networks Ltd",
    "Apple": "Brightwater Education",
    "Promethean": "Severn Classroom Systems Ltd",
    "Epson": "Severn Classroom Systems Ltd",
    "Hitachi": "Severn Classroom Systems Ltd",
    "Ricoh": "Wyre Office Leasing Ltd",
}
_LIFE_YEARS = {"Laptop": 5, "Chromebook": 5, "Tablet": 4, "Server": 7, "Interactive panel": 8, "Projector": 8}
_COLOURS = {"Laptop": "Grey", "Chromebook": "Black", "Tablet": "Silver, blue case", "Camera": "Black, school strap"}
_MARKED = frozenset({"Laptop", "Chromebook", "Tablet", "Camera", "Server", "Network storage (NAS)"})
_ENGRAVED = frozenset({"Projector", "Interactive panel"})


@dataclass(frozen=True)
class Own:
    """The school's own fields, by kind and name."""

    ids: dict[tuple[str, str], UUID]


def add_fields(actor: Actor, kinds: dict[str, UUID]) -> Own:
    """The fields that the sample school added."""
    made = {}
    for kind, details in OWN_FIELDS:
        field = fields.add_field(actor, replace(details, kind_id=kinds[kind] if kind else None))
        made[kind, details.name] = field.id
    return Own(made)


def filled_in(details: AssetDetails, batch: Batch, place: str, own: Own) -> AssetDetails:
    """The details with what the papers say."""
    rng = random.Random(details.tag)  # noqa: S311 - a sample that is the same every time; nothing here is secret
    bought = details.acquired_on or date(batch.year, 9, 1)
    gift, leased = batch.ownership is Ownership.DONATED, batch.ownership is Ownership.LEASED
    told = {
        "description": _COLOURS.get(batch.kind, ""),
        "department": _department(place),
        "supplier": "" if gift else _SUPPLIERS.get(batch.make, "Brightwater Computers"),
        "order_number": "" if gift else f"PO-{batch.year}-{_number(batch):04}",
        "funding_source": _funding(batch),
        "warranty_until": None if gift else bought + timedelta(days=365 * (5 if batch.kind == "Server" else 3)),
        "life_months": 12 * _LIFE_YEARS.get(batch.kind, 6),
        "insurance_pence": batch.pounds * 100 if batch.pounds >= 1000 and not leased else None,
        **_marking(batch, bought, rng),
    }
    return replace(details, **told, custom=_values(batch, bought, rng, own))  # type: ignore[arg-type]


def _department(place: str) -> str:
    if place in CLASSES:
        return place
    if place in OFFICES:
        return "Administration"
    return {"ICT suite": "Computing", "Library": "Library", "Nursery room": "Nursery"}.get(place, "ICT")


def _number(batch: Batch) -> int:
    """One order for the whole batch."""
    return random.Random(f"{batch.make} {batch.model} {batch.year}").randrange(20, 400)  # noqa: S311 - as above


def _funding(batch: Batch) -> str:
    by_owner = {
        Ownership.DFE: "DfE devices for schools",
        Ownership.LEASED: "Lease, school budget",
        Ownership.DONATED: "Gift",
        Ownership.LOCAL_AUTHORITY: "Local authority",
    }
    if batch.ownership in by_owner:
        return by_owner[batch.ownership]
    return "Devolved formula capital" if batch.pounds * batch.count >= 5000 else "School budget"


def _marking(batch: Batch, bought: date, rng: random.Random) -> dict[str, object]:
    if batch.state == "incoming" or not batch.pounds:
        return {}
    if batch.kind in _MARKED and rng.random() < 0.9:
        return {"security_marking": "Forensic liquid, kit SM-4471", "security_marked_on": bought + timedelta(days=9)}
    if batch.kind in _ENGRAVED:
        return {"security_marking": "Engraved WR1 2AA"}
    return {}


def _values(batch: Batch, bought: date, rng: random.Random, own: Own) -> dict[UUID, Value]:
    """Values of the school's own fields; some were never filled in."""
    drawn: dict[str, Value] = {
        "MAC address": ":".join(f"{rng.randrange(256):02X}" for _ in range(6)),
        "BIOS password set": batch.year > 2019,
        "Managed until": date(batch.year + 8, 6, 30).isoformat(),
        "Case": "Keyboard case" if rng.random() < 0.2 else "Blue foam",
        "Telephone number": f"07700 900{rng.randrange(1000):03}",  # a range that is kept free for fiction
        "Price of a toner set": 100 * rng.randrange(45, 190),
        "Lamp hours": str(rng.randrange(150, 3800)),
        "Filter cleaned on": (bought + timedelta(days=rng.randrange(200, 600))).isoformat(),
    }
    found = {
        field_id: drawn[name]
        for (kind, name), field_id in own.ids.items()
        if kind == batch.kind and batch.state != "incoming" and rng.random() < 0.85
    }
    if bought.year < 2021:
        found[own.ids["", "Old inventory number"]] = f"{bought.year % 100:02}/{rng.randrange(1, 900):03}"
    return found
