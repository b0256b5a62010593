"""Forms of the register: parse and shape what people type. What may be kept is decided by details.py and rules.py."""

import re
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation
from typing import Any

from wtforms import (
    BooleanField,
    DateField,
    Field,
    SelectField,
    StringField,
    TextAreaField,
)
from wtforms.validators import InputRequired, Optional

from tracker.forms import Choices as Choices
from tracker.forms import Form as Form
from tracker.forms import VersionForm as VersionForm
from tracker.forms import choice_field as choice_field
from tracker.forms import fill as fill
from tracker.forms import refuse as refuse
from tracker.forms import word_field as word_field
from tracker.inventory.details import COST_MOST, AssetDetails, KindDetails, LocationDetails
from tracker.inventory.rules import LocationLevel, Ownership
from tracker.values import pounds
from wipe.vocabulary import DataClass

DATA_CLASSES = (
    (DataClass.PERSONAL.value, "Personal data, or not known"),
    (DataClass.SPECIAL.value, "Special category data (health, safeguarding, SEND)"),
    (DataClass.NOT_PERSONAL.value, "Never held personal data"),
)
_MONEY = re.compile(r"£?\s*(\d{1,3}(?:,\d{3})+|\d{1,10})(\.\d{1,2})?", re.ASCII)


class PenceField(StringField):
    """Pounds as people type them (`£1,234.50`), kept as whole pence."""

    data: Any

    def process_formdata(self, valuelist: list[Any]) -> None:
        """Raises ValueError, whose text stands at the field."""
        text, self.data = (str(valuelist[0]).strip() if valuelist else ""), None
        if not text:
            return
        found = _MONEY.fullmatch(text)
        try:
            pence = int(Decimal(text.strip("£ ").replace(",", "")) * 100) if found else -1
        except InvalidOperation:
            pence = -1
        if not 0 <= pence <= COST_MOST:
            raise ValueError("Enter the cost in pounds and pence, such as 349.99.")
        self.data = pence

    def _value(self) -> str:
        if self.raw_data:
            return str(self.raw_data[0])
        return "" if self.data is None else f"{self.data // 100}.{self.data % 100:02}"


class AssetForm(Form):
    """What is known of an asset."""

    kind_id = choice_field("Kind", "Choose what kind of equipment it is.")
    name = StringField("Name")
    make = StringField("Make")
    model = StringField("Model")
    serial = StringField("Serial number")
    serial_reason = StringField("Why there is no serial number")
    same_serial = BooleanField("Another asset has this serial number too; I have checked that this is not the same one")
    ownership = word_field("Ownership", [(one.value, one.label) for one in Ownership])
    location_id = choice_field("Location")
    responsible_id = choice_field("Responsible person")
    data_class = word_field("Data it may have held", DATA_CLASSES)
    acquired_on = DateField("Acquired on", validators=[Optional()])
    cost_pence = PenceField("Cost without VAT, in pounds")
    notes = TextAreaField("Notes")

    FIELDS = {
        "tag": "tag",
        "tag_taken": "tag",
        "same_serial": "same_serial",
        "no_serial": "serial",
        "serial_and_reason": "serial_reason",
        "acquired_on": "acquired_on",
        "cost": "cost_pence",
        "no_location": "location_id",
        "not_lockable": "location_id",
        "kind_hides_storage": "kind_id",
    }

    def fill(self, kinds: Choices, places: Choices, people: Choices) -> None:
        """Set the lists to choose from."""
        fill(self.kind_id, kinds, "Choose a kind")
        fill(self.location_id, places, "Not said")
        fill(self.responsible_id, people, "Nobody")

    def show(self, details: AssetDetails) -> None:
        """Fill the fields with what is known."""
        for name, value in vars(details).items():
            if name in self and name != "tag":
                self[name].data = getattr(value, "value", value)

    def details(self) -> AssetDetails:
        """What was typed; call it on a form that validates."""
        data = {name: field.data for name, field in self._fields.items() if name in AssetDetails.__annotations__}
        texts = {name: value or "" for name, value in data.items() if isinstance(self[name], StringField)}
        texts.pop("cost_pence", None)
        words = {"ownership": Ownership(data["ownership"]), "data_class": DataClass(data["data_class"])}
        return AssetDetails(**{**data, **texts, **words})


class NewAssetForm(AssetForm):
    """The same for a new one, whose label may have been printed before."""

    tag = StringField("Tag on a label that was printed before")


class EditAssetForm(AssetForm, VersionForm):
    """The same for an asset that is there; its tag stays."""


class KindForm(Form):
    """A kind of equipment."""

    name = StringField("Name", validators=[InputRequired("Enter a name.")])
    data_bearing = BooleanField("May hold personal data", default=True)
    portable = BooleanField("Portable and attractive")
    fixed = BooleanField("Installed by a supplier")
    server = BooleanField("Server: needs a place that can be locked, and a certificate for every disk")
    FIELDS = {"no_name": "name", "kind_taken": "name", "too_long": "name", "server_without_data": "data_bearing"}

    def details(self) -> KindDetails:
        """What was typed."""
        flags = {name: bool(self[name].data) for name in ("data_bearing", "portable", "fixed", "server")}
        return KindDetails(self.name.data or "", **flags)


class LocationForm(Form):
    """A place."""

    name = StringField("Name", validators=[InputRequired("Enter a name.")])
    level = word_field("What it is", [(one.value, one.label) for one in LocationLevel])
    parent_id = choice_field("Lies in")
    lockable = BooleanField("Can be locked")
    fire_class = StringField("Fire class")
    FIELDS = {
        "no_name": "name",
        "joint": "name",
        "place_taken": "name",
        "path_too_long": "name",
        "no_parent": "parent_id",
        "level": "level",
        "children": "level",
        "itself": "parent_id",
        "server_here": "lockable",
    }

    def details(self) -> LocationDetails:
        """What was typed; call it on a form that validates."""
        return LocationDetails(
            self.name.data or "",
            LocationLevel(self.level.data),
            self.parent_id.data,
            bool(self.lockable.data),
            self.fire_class.data or "",
        )


class EditLocationForm(LocationForm, VersionForm):
    """The same for a place that is there."""


@dataclass(frozen=True)
class Difference:
    """A field in which the form differs from what somebody else saved meanwhile."""

    label: str
    saved: str
    typed: str


def differences(form: Form, saved: Form) -> list[Difference]:
    """Field by field, in the words of the screen. `saved` is a form of the same class, filled from the register."""
    return [
        Difference(field.label.text, shown(saved[field.name]), shown(field))
        for field in form
        if field.name not in ("version", "csrf_token", "same_serial") and field.data != saved[field.name].data
    ]


def shown(field: Field) -> str:
    """The value of a field as people read it."""
    if isinstance(field, SelectField):
        return next((str(label) for _, label, chosen, *_ in field.iter_choices() if chosen), "")
    if isinstance(field, PenceField):
        return pounds(field.data)
    return "" if field.data is None else str(field.data)
