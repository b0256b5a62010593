"""What is kept of an asset, what finds it, and how the log tells of it. Asks nothing of the database.

One asset or fifty thousand: the caller looks up once what ids stand for, and passes it in (`Names`).
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from uuid import UUID

from labels import code
from tracker.inventory import fields_rules, rules
from tracker.inventory.details import AssetDetails, Value
from tracker.inventory.models import Asset, CustomField
from tracker.inventory.rules import CustomType, Ownership
from tracker.values import folded
from wipe.vocabulary import DataClass

# Columns that are kept as the form gives them, in the order in which the log tells them
PLAIN: tuple[str, ...] = ("kind_id", "name", "make", "model", "description", "serial", "serial_reason", "owner")
PLAIN += ("location_id", "department", "responsible_id", "acquired_on", "cost_pence", "supplier", "order_number")
PLAIN += ("funding_source", "warranty_until", "life_months", "insurance_pence", "security_marked_on")
PLAIN += ("security_marking", "notes")
_FOUND_BY: tuple[str, ...] = ("serial", "serial_key", "name", "make", "model", "description", "owner", "department")
_FOUND_BY += ("supplier", "order_number", "funding_source", "security_marking", "notes")


@dataclass(frozen=True)
class Names:
    """What ids stand for, as they are now: kinds and people by name, places by path, and the school's custom fields."""

    kinds: Mapping[UUID, str]
    places: Mapping[UUID, str]
    people: Mapping[UUID, str]
    fields: Mapping[UUID, CustomField]


def columns(details: AssetDetails) -> dict[str, object]:
    """The columns of an asset for tidy details; `search` apart, which needs the tag."""
    return {
        **{name: getattr(details, name) for name in PLAIN},
        "ownership": details.ownership.value,
        "data_class": details.data_class.value,
        "serial_key": rules.serial_key(details.serial),
        "custom": {str(field_id): value for field_id, value in details.custom.items()},
    }


def details_of(asset: Asset) -> AssetDetails:
    """What is known of an asset, as a form shows it."""
    kept = {name: getattr(asset, name) for name in PLAIN}
    return AssetDetails(
        **kept,
        ownership=Ownership(asset.ownership),
        data_class=DataClass(asset.data_class),
        custom=custom_of(asset),
        tag=asset.tag,
    )


def custom_of(asset: Asset) -> dict[UUID, Value]:
    """The values of custom fields that an asset has, those of retired fields included."""
    return {UUID(field_id): value for field_id, value in asset.custom.items() if isinstance(value, str | int)}


def search_text(tag: str, kept: Mapping[str, object], fields: Mapping[UUID, CustomField]) -> str:
    """All that the search box looks through in an asset itself. `kept` as `columns` gives it."""
    custom = kept["custom"]
    texts = [tag, code.shown(tag), *(str(kept[name]) for name in _FOUND_BY)]
    if isinstance(custom, Mapping):
        known = ((fields.get(UUID(field_id)), value) for field_id, value in custom.items())
        texts += [fields_rules.findable(CustomType(field.type), value) for field, value in known if field is not None]
    return folded(" ".join(text for text in texts if text))


def told(kept: Mapping[str, object], names: Names) -> dict[str, object]:
    """An asset for the log: names instead of ids, as they are now; custom fields by their name. `kept` as above."""
    said = {_SAID.get(name, name): _plain(kept[name]) for name in (*PLAIN, "ownership", "data_class")}
    for name, known in (("kind_id", names.kinds), ("location_id", names.places), ("responsible_id", names.people)):
        found = kept[name]
        said[_SAID[name]] = known.get(found) if isinstance(found, UUID) else None
    custom = kept["custom"]
    for field_id, value in custom.items() if isinstance(custom, Mapping) else ():
        field = names.fields.get(UUID(field_id))
        if field is not None:
            said[_title(field, said)] = fields_rules.shown(CustomType(field.type), value)
    return said


def changed(old: Mapping[str, object], new: Mapping[str, object]) -> tuple[dict[str, object], dict[str, object]]:
    """Before and after of what is different; a custom field that has no value is empty there."""
    keys = [key for key in dict.fromkeys([*old, *new]) if old.get(key, "") != new.get(key, "")]
    return {key: old.get(key, "") for key in keys}, {key: new.get(key, "") for key in keys}


_SAID = {"kind_id": "kind", "location_id": "location", "responsible_id": "responsible"}


def _plain(value: object) -> object:
    """A value that the log can hold."""
    return value.isoformat() if isinstance(value, date) else value


def _title(field: CustomField, said: Mapping[str, object]) -> str:
    """A field's name; marked where the log has something else of that name, as a second kind's field may."""
    return field.name if field.name not in said else f"{field.name} (own field)"
