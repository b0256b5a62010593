"""What people tell of assets, kinds and places, and whether it is fit to be kept. Pure."""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import date
from uuid import UUID

from tracker.inventory.rules import LocationLevel, Ownership
from tracker.values import Blocker, Decision, one_line, unprintable
from wipe.vocabulary import DataClass

COST_MOST = 2_000_000_000  # pence; the column holds 2^31 - 1
LIFE_MOST = 600  # months
NOTES_LIMIT = 10_000  # characters
FIRST_DAY, LAST_DAY = date(1950, 1, 1), date(2199, 12, 31)
ASSET_TEXTS = {  # field: (characters, what people call it)
    "name": (120, "name"),
    "make": (80, "make"),
    "model": (120, "model"),
    "description": (200, "description"),
    "serial": (120, "serial number"),
    "serial_reason": (200, "reason for having no serial number"),
    "owner": (120, "owner"),
    "department": (80, "department"),
    "supplier": (120, "supplier"),
    "order_number": (80, "order or invoice number"),
    "funding_source": (80, "funding source"),
    "security_marking": (120, "security marking"),
}
_KIND_LIMIT = _PLACE_LIMIT = 80  # characters
_FIRE_CLASS_LIMIT = 20
PATH_LIMIT = 500
JOINT = " / "  # between the names of a path
Value = str | int | bool  # of a custom field, see fields_rules.py
# Compliance with local rules: a label that can be peeled off marks nothing by itself
_NO_MARKING = re.compile(r"(a |the |our )?(qr|bar|barcode|asset|school|tag)?[ -]*(code)?[ -]*(label|sticker|code|qr)s?")


@dataclass(frozen=True)
class AssetDetails:
    """What is known of an asset. `tag` only for a label that was printed before.

    Amounts are in pence and without VAT. `custom` holds the values of custom fields as fields.read gives them, by the
    field's id; what is left out of it is empty.
    """

    kind_id: UUID
    ownership: Ownership = Ownership.SCHOOL
    owner: str = ""
    name: str = ""
    make: str = ""
    model: str = ""
    description: str = ""
    serial: str = ""
    serial_reason: str = ""
    location_id: UUID | None = None
    department: str = ""
    responsible_id: UUID | None = None
    data_class: DataClass = DataClass.PERSONAL  # clause AD5: may have held personal data unless somebody says otherwise
    acquired_on: date | None = None
    cost_pence: int | None = None
    supplier: str = ""
    order_number: str = ""
    funding_source: str = ""
    warranty_until: date | None = None
    life_months: int | None = None
    insurance_pence: int | None = None
    security_marked_on: date | None = None
    security_marking: str = ""
    notes: str = ""
    custom: Mapping[UUID, Value] = field(default_factory=dict)
    tag: str = ""
    same_serial: bool = False  # somebody looked: another thing has this serial number too


@dataclass(frozen=True)
class KindDetails:
    """A kind of equipment, see inventory.models.AssetKind."""

    name: str
    data_bearing: bool = True
    portable: bool = False
    fixed: bool = False
    server: bool = False
    day_loan: bool = False


@dataclass(frozen=True)
class LocationDetails:
    """A place. `fire_class` is BS EN 1047-1's, for instance S 60 DIS."""

    name: str
    level: LocationLevel
    parent_id: UUID | None = None
    lockable: bool = False
    fire_class: str = ""


def tidy_asset(details: AssetDetails) -> AssetDetails:
    """The same with its texts as they are kept."""
    texts = {name: one_line(getattr(details, name)) for name in ASSET_TEXTS}
    return replace(details, **texts, notes=details.notes.replace("\r\n", "\n").strip())  # type: ignore[arg-type]


def may_keep_asset(details: AssetDetails, today: date) -> Decision:
    """Are these details fit to be kept, the values of custom fields apart (see fields_rules.py)."""
    found = [
        problem
        for name, (limit, what) in ASSET_TEXTS.items()
        for problem in text_blockers(getattr(details, name), limit, what)
    ]
    found += text_blockers(details.notes, NOTES_LIMIT, "note")
    if details.serial and details.serial_reason:
        message = "Enter the serial number or the reason for having none, not both."
        found.append(Blocker("serial_and_reason", message))
    found += [*_amount_blockers(details), *_day_blockers(details, today), *_marking_blockers(details)]
    return Decision(tuple(found))


def _amount_blockers(details: AssetDetails) -> Iterator[Blocker]:
    for code, what, pence in (
        ("cost", "cost", details.cost_pence),
        ("insurance", "insured value", details.insurance_pence),
    ):
        if pence is not None and not 0 <= pence <= COST_MOST:
            yield Blocker(code, f"The {what} must be from £0 to £{COST_MOST // 100:,}.")
    if details.life_months is not None and not 1 <= details.life_months <= LIFE_MOST:
        yield Blocker("life", f"The expected life must be from 1 to {LIFE_MOST} months.")


def _day_blockers(details: AssetDetails, today: date) -> Iterator[Blocker]:
    acquired, warranty, marked = details.acquired_on, details.warranty_until, details.security_marked_on
    if acquired is not None and not FIRST_DAY <= acquired <= today:
        yield Blocker("acquired_on", "The day of purchase must be a day from 1950 to today.")
    if warranty is not None and not FIRST_DAY <= warranty <= LAST_DAY:
        yield Blocker("warranty", "The end of the warranty must be a day from 1950 to 2199.")
    elif warranty is not None and acquired is not None and warranty < acquired:
        yield Blocker("warranty", "The warranty cannot end before the day of purchase. Correct one of the two.")
    if marked is not None and not FIRST_DAY <= marked <= today:
        yield Blocker("marked_on", "The day of security marking must be a day from 1950 to today.")


def _marking_blockers(details: AssetDetails) -> Iterator[Blocker]:
    """A date needs the method, and a label that can be peeled off is none."""
    if details.security_marked_on is not None and not details.security_marking:
        yield Blocker("marking", "Say how it was marked, for instance engraved or forensic liquid.")
    if details.security_marking and _NO_MARKING.fullmatch(details.security_marking.casefold()):
        yield Blocker("marking", "A label is no security marking by itself. Say what cannot be peeled off.")


def may_keep_kind(details: KindDetails) -> Decision:
    """Is this a kind to keep. A server always holds data."""
    found = [*_name_blockers(details.name, _KIND_LIMIT)]
    if details.server and not details.data_bearing:
        found.append(Blocker("server_without_data", "A server holds data. Tick that, too."))
    return Decision(tuple(found))


def may_keep_location(details: LocationDetails) -> Decision:
    """Is this a place to keep, its position in the tree apart."""
    found = [*_name_blockers(details.name, _PLACE_LIMIT)]
    found += text_blockers(details.fire_class, _FIRE_CLASS_LIMIT, "fire class")
    if JOINT in f" {details.name} ":
        found.append(Blocker("joint", "Leave out the slash with spaces around it: it separates places."))
    return Decision(tuple(found))


def text_blockers(text: str, limit: int, what: str) -> Iterator[Blocker]:
    """What is wrong with a text: too long, or not to be shown."""
    if len(text) > limit:
        yield Blocker("too_long", f"The {what} is longer than {limit:,} characters. Shorten it.")
    if unprintable(text):
        yield Blocker("unprintable", f"The {what} holds characters that cannot be shown. Type it again.")


def _name_blockers(name: str, limit: int) -> Iterator[Blocker]:
    if not name:
        yield Blocker("no_name", "Enter a name.")
    yield from text_blockers(name, limit, "name")
