"""What people tell of assets, kinds and places, and whether it is fit to be kept. Pure."""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import date
from uuid import UUID

from tracker.inventory.rules import LocationLevel, Ownership
from tracker.values import Blocker, Decision, one_line, unprintable
from wipe.vocabulary import DataClass

COST_MOST = 2_000_000_000  # pence; the column holds 2^31 - 1
NOTES_LIMIT = 10_000  # characters
_ASSET_TEXTS = {  # field: (characters, what people call it)
    "name": (120, "name"),
    "make": (80, "make"),
    "model": (120, "model"),
    "serial": (120, "serial number"),
    "serial_reason": (200, "reason for having no serial number"),
}
_KIND_LIMIT = _PLACE_LIMIT = 80  # characters
_FIRE_CLASS_LIMIT = 20
PATH_LIMIT = 500
JOINT = " / "  # between the names of a path


@dataclass(frozen=True)
class AssetDetails:
    """What is known of an asset. `cost_pence` is without VAT; `tag` only for a label that was printed before."""

    kind_id: UUID
    ownership: Ownership = Ownership.SCHOOL
    name: str = ""
    make: str = ""
    model: str = ""
    serial: str = ""
    serial_reason: str = ""
    location_id: UUID | None = None
    responsible_id: UUID | None = None
    data_class: DataClass = DataClass.PERSONAL  # clause AD5: may have held personal data unless somebody says otherwise
    acquired_on: date | None = None
    cost_pence: int | None = None
    notes: str = ""
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
    texts = {field: one_line(getattr(details, field)) for field in _ASSET_TEXTS}
    return replace(details, **texts, notes=details.notes.replace("\r\n", "\n").strip())  # type: ignore[arg-type]


def may_keep_asset(details: AssetDetails, today: date) -> Decision:
    """Are these details fit to be kept."""
    found = [
        problem
        for field, (limit, what) in _ASSET_TEXTS.items()
        for problem in text_blockers(getattr(details, field), limit, what)
    ]
    found += text_blockers(details.notes, NOTES_LIMIT, "note")
    if details.serial and details.serial_reason:
        message = "Enter the serial number or the reason for having none, not both."
        found.append(Blocker("serial_and_reason", message))
    if details.acquired_on is not None and not date(1950, 1, 1) <= details.acquired_on <= today:
        found.append(Blocker("acquired_on", "The day of purchase must be a day from 1950 to today."))
    if details.cost_pence is not None and not 0 <= details.cost_pence <= COST_MOST:
        found.append(Blocker("cost", f"The cost must be from £0 to £{COST_MOST // 100:,}."))
    return Decision(tuple(found))


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
