"""Forms of storage media: parse and shape what people type. What may be kept is decided by rules.py and service.py."""

import re
from typing import Any
from uuid import UUID

from flask_wtf import FlaskForm
from wtforms import HiddenField, SelectField, StringField, TextAreaField
from wtforms.fields.choices import SelectChoice  # type: ignore[attr-defined] # newer than its stubs
from wtforms.validators import InputRequired, Length

from tracker.media.rules import MediumState
from tracker.media.service import KIND_LABELS, MediumDetails
from wipe.vocabulary import DataClass
from wipe.vocabulary import Medium as MediumKind

KINDS = [SelectChoice(kind.value, label) for kind, label in KIND_LABELS.items()]
CLASSES = [
    SelectChoice(DataClass.PERSONAL.value, "Personal data, or not known"),
    SelectChoice(DataClass.SPECIAL.value, "Special category data (health, safeguarding, SEND)"),
    SelectChoice(DataClass.NOT_PERSONAL.value, "Never held personal data"),
]
STATES = [SelectChoice(state.value, state.label) for state in MediumState]
_SIZE = re.compile(r"([0-9][0-9 ,]*(?:\.[0-9]{1,3})?)\s*(bytes|b|mb|gb|tb|mib|gib|tib)?", re.IGNORECASE | re.ASCII)
_UNITS = {"": 1, "b": 1, "bytes": 1, "mb": 10**6, "gb": 10**9, "tb": 10**12}
_UNITS |= {"mib": 1 << 20, "gib": 1 << 30, "tib": 1 << 40}


class CapacityField(StringField):
    """A size as people type it (`500 GB`, `500107862016`), kept in bytes."""

    data: Any

    def process_formdata(self, valuelist: list[Any]) -> None:
        """Raises ValueError, whose text stands at the field."""
        text, self.data = (str(valuelist[0]).strip() if valuelist else ""), None
        if not text:
            return
        found = _SIZE.fullmatch(text)
        if found is None or len(text) > 40:
            self.raw = text
            raise ValueError("Enter a size in bytes, such as 500107862016, or leave it empty until the drive is read.")
        number = found[1].replace(" ", "").replace(",", "")
        self.data = int(float(number) * _UNITS[(found[2] or "").lower()]) if found[2] else int(float(number))

    def _value(self) -> str:
        return "" if self.data is None else str(self.data)


class MediumForm(FlaskForm):
    """What is known of a medium."""

    kind = SelectField("Kind", choices=KINDS)
    make = StringField("Make", [Length(max=80)])
    model = StringField("Model", [Length(max=120)])
    serial = StringField("Serial number", [Length(max=120)])
    wwn = StringField("WWN", [Length(max=64)])
    capacity = CapacityField("Capacity")
    data_class = SelectField("What it may have held", choices=CLASSES)
    notes = TextAreaField("Notes", [Length(max=10_000)])
    version = HiddenField()

    def details(self, asset_id: UUID | None) -> MediumDetails:
        """As the service takes them."""
        return MediumDetails(
            kind=MediumKind(self.kind.data),
            make=self.make.data or "",
            model=self.model.data or "",
            serial=self.serial.data or "",
            wwn=self.wwn.data or "",
            capacity_bytes=self.capacity.data,
            data_class=DataClass(self.data_class.data),
            notes=self.notes.data or "",
            asset_id=asset_id,
        )


class StateForm(FlaskForm):
    """Move a medium on by hand."""

    to = SelectField("New state", choices=STATES)
    why = StringField("Reason", [InputRequired(message="Say why, so that the history can tell."), Length(max=500)])
    version = HiddenField()


class AttachForm(FlaskForm):
    """Put a medium into another asset, or (empty) take it out."""

    tag = StringField("Tag of the asset it goes into", [Length(max=200)])
    version = HiddenField()


def version_of(form: Any) -> int:
    """The version a form was filled from; -1, which no row has, for anything else."""
    text = str(form.version.data or "")
    return int(text) if text.isascii() and text.isdecimal() and len(text) < 10 else -1
