"""Plans of rows as they are kept from the dry run to the import, and values as people read them."""

from collections.abc import Mapping
from datetime import date
from enum import StrEnum
from typing import Any
from uuid import UUID

from tracker.imports.rows import Drive
from tracker.inventory.details import AssetDetails
from tracker.inventory.rules import Ownership, serial_key
from tracker.media.models import Medium
from tracker.media.service import MediumDetails, label_of
from tracker.values import folded, pounds
from wipe.vocabulary import DataClass
from wipe.vocabulary import Medium as MediumKind

_IDS = ("kind_id", "location_id", "responsible_id")
_DAYS = ("acquired_on", "warranty_until", "security_marked_on")
_CLASSES = {DataClass.PERSONAL: "Personal data", DataClass.SPECIAL: "Special category", DataClass.NOT_PERSONAL: "Never"}


def encoded(details: AssetDetails | MediumDetails) -> dict[str, Any]:
    """Details as JSON values, without what is empty."""
    told = {name: _plain(value) for name, value in vars(details).items()}
    return {name: value for name, value in told.items() if value not in ("", None, {}, False)}


def _plain(value: Any) -> Any:
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, UUID | StrEnum):
        return str(value)
    if isinstance(value, Mapping):
        return {str(key): _plain(one) for key, one in value.items()}
    return value


def asset_values(told: Mapping[str, Any], ids: Mapping[UUID, UUID]) -> dict[str, Any]:
    """The values of AssetDetails; `ids` says what became of things that were to be created."""
    found = dict(told)
    for name in _IDS:
        if found.get(name) is not None:
            known = UUID(found[name])
            found[name] = ids.get(known, known)
    for name in _DAYS:
        if found.get(name) is not None:
            found[name] = date.fromisoformat(found[name])
    if found.get("ownership") is not None:
        found["ownership"] = Ownership(found["ownership"])
    if found.get("data_class") is not None:
        found["data_class"] = DataClass(found["data_class"])
    if found.get("custom") is not None:
        found["custom"] = {UUID(field_id): value for field_id, value in found["custom"].items()}
    return found


def medium_details(told: Mapping[str, Any], asset_id: UUID) -> MediumDetails:
    """A medium that goes into that asset."""
    words = {"kind": MediumKind(told["kind"]), "data_class": DataClass(told["data_class"])}
    return MediumDetails(**{**told, **words}, asset_id=asset_id)


def shown(name: str, value: Any) -> str:
    """A value of an asset for people."""
    if value is None or value == "":
        return ""
    if name.endswith("_pence"):
        return pounds(value)
    if isinstance(value, date):
        return f"{value.day} {value:%B %Y}"
    if name == "ownership":
        return Ownership(value).label
    if name == "data_class":
        return _CLASSES[DataClass(value)]
    if name == "life_months":
        return f"{value} months"
    return str(value)


def medium_told(drive: Drive, data_class: DataClass) -> MediumDetails:
    """A medium as a row tells of it."""
    return MediumDetails(
        drive.kind or MediumKind.UNKNOWN,
        make=drive.make,
        model=drive.model,
        serial=drive.serial,
        capacity_bytes=drive.capacity_bytes,
        data_class=data_class,
    )


def same_medium(medium: Medium, told: MediumDetails) -> bool:
    """Whether a medium of the register is the one that a row lists: by serial number, else by all that is told."""
    if told.serial:
        return serial_key(medium.serial) == serial_key(told.serial)
    return (folded(medium.model), medium.capacity_bytes, MediumKind(medium.kind)) == (
        folded(told.model),
        told.capacity_bytes,
        told.kind,
    )


def label_of_drive(details: MediumDetails) -> str:
    """A drive that would be listed, for people."""
    return label_of(Medium(kind=details.kind.value, make=details.make, model=details.model, serial=details.serial))
