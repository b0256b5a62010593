"""Forms of an asset: parse and shape what people type. What may be kept is decided by details.py and rules.py."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, ClassVar, TypeVar
from uuid import UUID

from wtforms import BooleanField, DateField, Field, Form, IntegerField, SelectField, StringField, TextAreaField
from wtforms.fields.choices import SelectChoice  # type: ignore[attr-defined] # newer than its stubs
from wtforms.validators import InputRequired, NumberRange, Optional, ValidationError

from tracker import forms as base
from tracker.forms import Choices, VersionForm, choice_field, fill, word_field
from tracker.inventory import fields
from tracker.inventory.details import LIFE_MOST, AssetDetails, Value
from tracker.inventory.forms import DATA_CLASSES, PenceField
from tracker.inventory.models import CustomField
from tracker.inventory.rules import CustomType, Ownership
from tracker.values import pounds
from wipe.vocabulary import DataClass

ALIKE_MOST = 50  # things that are registered in one go
_MONTHS = f"Enter the months, from 1 to {LIFE_MOST}."
T = TypeVar("T", bound="AssetForm")


class AssetForm(base.Form):
    """What is known of an asset. Fields of its kind are added by `with_fields`."""

    kind_id = choice_field("Kind", "Choose what kind of equipment it is.")
    name = StringField("Name")
    make = StringField("Make")
    model = StringField("Model")
    description = StringField("Description")
    serial = StringField("Serial number")
    serial_reason = StringField("Why there is no serial number")
    same_serial = BooleanField("Another asset has this serial number too; I have checked that this is not the same one")
    ownership = word_field("Ownership", [(one.value, one.label) for one in Ownership])
    owner = StringField("Owner by name")
    location_id = choice_field("Location")
    department = StringField("Department or class")
    responsible_id = choice_field("Responsible person")
    data_class = word_field("Data it may have held", DATA_CLASSES)
    acquired_on = DateField("Acquired on", validators=[Optional()])
    cost_pence = PenceField("Cost without VAT, in pounds")
    supplier = StringField("Supplier")
    order_number = StringField("Order or invoice number")
    funding_source = StringField("Funding source")
    warranty_until = DateField("Warranty until", validators=[Optional()])
    life_months = IntegerField("Expected life in months", validators=[Optional(), NumberRange(1, LIFE_MOST, _MONTHS)])
    insurance_pence = PenceField("Insured for, in pounds")
    security_marking = StringField("Security marking")
    security_marked_on = DateField("Marked on", validators=[Optional()])
    notes = TextAreaField("Notes")

    FIELDS: Mapping[str, str] = {
        "tag": "tag",
        "tag_taken": "tag",
        "same_serial": "same_serial",
        "no_serial": "serial",
        "serial_and_reason": "serial_reason",
        "acquired_on": "acquired_on",
        "cost": "cost_pence",
        "insurance": "insurance_pence",
        "life": "life_months",
        "warranty": "warranty_until",
        "marked_on": "security_marked_on",
        "marking": "security_marking",
        "no_location": "location_id",
        "not_lockable": "location_id",
        "kind_hides_storage": "kind_id",
        "kind_retired": "kind_id",
    }
    CUSTOM: ClassVar[Mapping[str, CustomField]] = {}  # by the name of the form's field
    HAD: ClassVar[Mapping[UUID, Value]] = {}  # what the asset has now

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
        for name, field in self.CUSTOM.items():
            self[name].data = fields.written(field, details.custom.get(field.id))

    def details(self) -> AssetDetails:
        """What was typed; call it on a form that validates. Values of fields that it does not show stay."""
        data = {name: field.data for name, field in self._fields.items() if name in AssetDetails.__annotations__}
        texts = {name: value or "" for name, value in data.items() if type(self[name]) in (StringField, TextAreaField)}
        words = {"ownership": Ownership(data["ownership"]), "data_class": DataClass(data["data_class"])}
        return AssetDetails(**{**data, **texts, **words}, custom=self._custom())

    def _custom(self) -> dict[UUID, Value]:
        shown = {field.id for field in self.CUSTOM.values()}
        kept = {field_id: value for field_id, value in self.HAD.items() if field_id not in shown}
        for name, field in self.CUSTOM.items():
            value = _typed(field, self[name].data or "", self.HAD)
            if value is not None:
                kept[field.id] = value
        return kept


class NewAssetForm(AssetForm):
    """The same for a new one, whose label may have been printed before, or for several alike."""

    tag = StringField("Tag on a label that was printed before")
    count = IntegerField(
        "How many alike",
        validators=[Optional(), NumberRange(1, ALIKE_MOST, f"Enter a number from 1 to {ALIKE_MOST}.")],
    )
    serials = TextAreaField("Their serial numbers")

    def several(self) -> list[AssetDetails]:
        """What was typed, once for each thing. Raises ValueError, whose text says what does not fit together."""
        one = self.details()
        serials = [line.strip() for line in (self.serials.data or "").splitlines() if line.strip()]
        count = self.count.data or len(serials) or 1
        if count > ALIKE_MOST:
            raise ValueError(f"Enter at most {ALIKE_MOST} serial numbers at once.")
        if serials and len(serials) != count:
            raise ValueError(f"There are {len(serials)} serial numbers for {count} things. Correct one of the two.")
        if len({serial.casefold() for serial in serials}) != len(serials):
            raise ValueError("A serial number stands in the list twice. Take it out.")
        if count > 1 and one.tag:
            raise ValueError("One label cannot be on several things. Leave the tag empty.")
        if (serials or count > 1) and one.serial:
            raise ValueError("Enter all serial numbers in the list, one a line, and leave the single one empty.")
        named = [one.name.replace("{n}", f"{number:02}") for number in range(1, count + 1)]
        told = serials or [one.serial] * count
        return [replace(one, name=name, serial=serial) for name, serial in zip(named, told, strict=True)]


class EditAssetForm(AssetForm, VersionForm):
    """The same for an asset that is there; its tag stays."""


def with_fields(form: type[T], asked: Sequence[CustomField], had: Mapping[UUID, Value] | None = None) -> type[T]:
    """The form with the custom fields of a kind. `had`: what the asset has now, which may always stay."""
    had = had or {}
    own = {name_of(field): field for field in asked}
    inputs = {name: input_of(field, had, required=field.required) for name, field in own.items()}
    codes = {f"custom:{field.id}": name for name, field in own.items()}
    return type(form.__name__, (form,), {**inputs, "CUSTOM": own, "HAD": had, "FIELDS": {**form.FIELDS, **codes}})


def name_of(field: CustomField) -> str:
    """The name of a custom field in forms."""
    return f"custom_{field.id.hex}"


def input_of(field: CustomField, had: Mapping[UUID, Value], *, required: bool) -> Any:
    """A field that its form binds later."""

    def fits(form: Form, typed: Field) -> None:
        try:
            _typed(field, typed.data or "", had)
        except ValueError as error:
            raise ValidationError(str(error)) from error

    kind = CustomType(field.type)
    validators: list[Any] = [InputRequired(f"Fill in {field.name}.")] if required else []
    told: dict[str, Any] = {"default": "", "description": field.hint, "validators": [*validators, fits]}
    if kind not in (CustomType.CHOICE, CustomType.YES_NO):
        return StringField(field.name, **told)
    words = [(one, one) for one in field.choices] if kind is CustomType.CHOICE else [("yes", "Yes"), ("no", "No")]
    now = fields.written(field, had.get(field.id))
    if now and now not in dict(words):
        words.append((now, f"{now} (no longer in the list)"))
    choices = [SelectChoice("", "Not said"), *(SelectChoice(*word) for word in words)]
    return SelectField(field.name, choices=choices, invalid_choice_message="Choose one from the list.", **told)  # type: ignore[call-arg] # newer than its stubs


def _typed(field: CustomField, text: str, had: Mapping[UUID, Value]) -> Value | None:
    """The value that was typed. What the asset has already stays as it is. Raises ValueError."""
    now = had.get(field.id)
    if now is not None and text.strip() == fields.written(field, now):
        return now
    return fields.read(field, text)


@dataclass(frozen=True)
class Difference:
    """A field in which the form differs from what somebody else saved meanwhile."""

    label: str
    saved: str
    typed: str


def differences(form: base.Form, saved: base.Form) -> list[Difference]:
    """Field by field, in the words of the screen. `saved` is a form of the same class, filled from the register."""
    return [
        Difference(field.label.text, shown(saved[field.name]), shown(field))
        for field in form
        if field.name not in ("version", "csrf_token", "same_serial") and _said(field) != _said(saved[field.name])
    ]


def _said(field: Field) -> object:
    return field.data or "" if isinstance(field, StringField | SelectField) else field.data


def shown(field: Field) -> str:
    """The value of a field as people read it."""
    if isinstance(field, SelectField):
        return next((str(label) for _, label, chosen, *_ in field.iter_choices() if chosen), "")
    if isinstance(field, PenceField):
        return pounds(field.data)
    return "" if field.data is None else str(field.data)
