"""The form of one change to many assets: for every field leave, set or clear, said explicitly."""

from collections.abc import Mapping, Sequence
from typing import Any, ClassVar
from uuid import UUID

from wtforms import Field, HiddenField, SelectField
from wtforms.fields.choices import SelectChoice  # type: ignore[attr-defined] # newer than its stubs

from tracker.forms import Choices, Form, choice_field, fill
from tracker.inventory import fields
from tracker.inventory.asset_forms import AssetForm, input_of, name_of
from tracker.inventory.bulk import EMPTY, MOST, Edit
from tracker.inventory.forms import DATA_CLASSES
from tracker.inventory.models import CustomField
from tracker.inventory.rules import Ownership
from wipe.vocabulary import DataClass

LEAVE, SET, CLEAR = "leave", "set", "clear"
SECTIONS: tuple[tuple[str, tuple[str, ...]], ...] = (
    ("What they are", ("kind_id", "name", "make", "model", "description", "serial_reason")),
    ("Whose and where", ("ownership", "owner", "location_id", "department", "responsible_id")),
    ("Purchase and funding", ("acquired_on", "cost_pence", "supplier", "order_number", "funding_source",
                              "warranty_until", "life_months", "insurance_pence")),
    ("Security and data", ("data_class", "security_marking", "security_marked_on", "notes")),
)  # fmt: skip
EDITED = tuple(name for _, names in SECTIONS for name in names)
_ENUMS: Mapping[str, type[Ownership] | type[DataClass]] = {"ownership": Ownership, "data_class": DataClass}


def _words(label: str, words: Sequence[tuple[str, str]]) -> SelectField:
    choices = [SelectChoice("", "Choose one"), *(SelectChoice(*word) for word in words)]
    return SelectField(label, choices=choices, default="")


class BulkForm(Form):
    """What is to become of each field. Two fields of the form for each: `do_<name>` and `<name>`."""

    kind_id = choice_field("Kind")
    location_id = choice_field("Location")
    responsible_id = choice_field("Responsible person")
    ownership = _words("Ownership", [(one.value, one.label) for one in Ownership])
    data_class = _words("Data they may have held", DATA_CLASSES)
    seen = HiddenField()
    FIELDS = {**AssetForm.FIELDS}
    CUSTOM: ClassVar[Mapping[str, CustomField]] = {}

    def fill(self, kinds: Choices, places: Choices, people: Choices) -> None:
        """Set the lists to choose from."""
        fill(self.kind_id, kinds, "Choose a kind")
        fill(self.location_id, places, "Choose a location")
        fill(self.responsible_id, people, "Choose a person")

    def validate(self, extra_validators: Mapping[str, Sequence[Any]] | None = None) -> bool:
        """Besides each field: what is set has a value, and a value that was typed is not left by mistake."""
        good = super().validate(extra_validators)
        for name in (*EDITED, *self.CUSTOM):
            field, what = self[name], self[f"do_{name}"].data
            if what == SET and not field.errors and _empty(field):
                field.errors = ["Enter what to set, or choose to clear it or to leave it."]
            if what in (LEAVE, CLEAR) and not _empty(field):
                field.errors = ["A value is entered here. Choose to set it, or empty it."]
            good = good and not field.errors
        if good and all(self[f"do_{name}"].data == LEAVE for name in (*EDITED, *self.CUSTOM)):
            self.form_errors.append("Nothing would change. Set or clear at least one field.")
        return good and not self.form_errors

    def edit(self) -> Edit:
        """What was asked for; call it on a form that validates."""
        columns = {name: EMPTY[name] for name in EDITED if self[f"do_{name}"].data == CLEAR}
        for name in EDITED:
            if self[f"do_{name}"].data == SET:
                columns[name] = _ENUMS[name](self[name].data) if name in _ENUMS else self[name].data
        told = {field: self[f"do_{name}"].data for name, field in self.CUSTOM.items()}
        read = {field.id: fields.read(field, self[name_of(field)].data or "") for field in told if told[field] == SET}
        cleared = frozenset(field.id for field, what in told.items() if what == CLEAR)
        return Edit(columns, {found: value for found, value in read.items() if value is not None}, cleared)

    def versions(self) -> dict[UUID, int]:
        """Which assets, at which version, the preview showed. Raises ValueError for what no preview writes."""
        parts = [part.partition(":") for part in (self.seen.data or "").split(",") if part]
        if len(parts) > MOST:
            raise ValueError("more assets than one change takes")
        return {UUID(hex=found): int(version) for found, _, version in parts if len(version) < 11}


def bulk_form(asked: Sequence[CustomField], titles: Mapping[UUID, str]) -> type[BulkForm]:
    """The form with the custom fields of the chosen kinds."""
    own = {name_of(field): field for field in asked}
    made: dict[str, Any] = {name: input_of(field, {}, required=False) for name, field in own.items()}
    made |= {f"do_{name}": _what(titles[field.id], clear=True) for name, field in own.items()}
    for name in EDITED:
        unbound = getattr(AssetForm, name)  # as the form of one asset has it
        made[f"do_{name}"] = _what(unbound.args[0].lower(), clear=name in EMPTY)
        if name not in vars(BulkForm):
            made[name] = unbound
    codes = {f"custom:{field.id}": name for name, field in own.items()}
    return type("BulkForm", (BulkForm,), {**made, "CUSTOM": own, "FIELDS": {**BulkForm.FIELDS, **codes}})


def _what(label: str, *, clear: bool) -> SelectField:
    words = [(LEAVE, "Leave"), (SET, "Set to"), *([(CLEAR, "Clear")] if clear else [])]
    return SelectField(f"What to do with {label}", choices=[SelectChoice(*word) for word in words], default=LEAVE)


def _empty(field: Field) -> bool:
    """Whether nothing was typed; what cannot be read is something."""
    raw = field.raw_data[0] if field.raw_data else ""
    return not str(raw).strip()
