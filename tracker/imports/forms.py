"""Forms of imports: parse what is uploaded and chosen. What may be done is decided by rules.py and service.py."""

import re
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from flask_wtf.file import FileField, FileRequired
from wtforms import BooleanField, IntegerField, SelectField, StringField
from wtforms.fields.choices import SelectChoice  # type: ignore[attr-defined] # newer than its stubs
from wtforms.validators import InputRequired, Length, NumberRange

from tracker.forms import Form, VersionForm, choice_field, word_field
from tracker.imports.rules import Choices, ListOf
from tracker.people.rules import PersonKind

_COLUMN = re.compile(r"column-(\d{1,3})", re.ASCII)
ROW = "Enter the number of the row that has the headings, counted from 1."


class UploadForm(Form):
    """The spreadsheet, and what it is a list of."""

    list_of = word_field("It is a list of", [(one.value, one.label) for one in ListOf])
    file = FileField("Spreadsheet", validators=[FileRequired("Choose the spreadsheet first.")])


class TableForm(Form):
    """Which sheet, and which row has the headings."""

    sheet = SelectField("Sheet", validate_choice=False)
    heading_row = IntegerField("Row with the headings", [InputRequired(ROW), NumberRange(1, 1_000_000, ROW)])


class ChoicesForm(VersionForm):
    """What holds for the whole file, whatever it is a list of."""

    order = word_field(
        "Dates are written",
        [("day", "Day first: 31/01/2024"), ("month", "Month first, as in America: 01/31/2024")],
    )

    def show(self, chosen: Choices) -> None:
        """Fill the fields with what was chosen."""
        for name, value in vars(chosen).items():
            if name in self:
                self[name].data = value
        self.order.data = "month" if chosen.month_first else "day"

    def choices(self) -> Choices:
        """What was chosen; call it on a form that validates."""
        return Choices(month_first=self.order.data == "month")


class PeopleChoicesForm(ChoicesForm):
    """What holds for a whole list of people."""

    group = SelectField(
        "Group of the rows that name none",
        choices=[SelectChoice("", "None: say so"), *(SelectChoice(kind.value, kind.label) for kind in PersonKind)],
    )

    def choices(self) -> Choices:
        """What was chosen; call it on a form that validates."""
        return replace(super().choices(), group=self.group.data or "")


class AssetChoicesForm(ChoicesForm):
    """What holds for a whole list of things."""

    kind = choice_field("Kind of the rows that name none")
    place = choice_field("New rooms lie in")
    new_kinds = BooleanField("Add kinds of equipment that the register does not have")
    new_places = BooleanField("Add places that the register does not have")
    new_people = BooleanField("Add people that the register does not have")
    no_serial = StringField("Why things have no serial number", [Length(max=200)])
    no_storage = StringField("Why things hold no storage", [Length(max=500)])

    def choices(self) -> Choices:
        """What was chosen; call it on a form that validates."""
        told: dict[str, Any] = {name: self[name].data for name in ("new_kinds", "new_places", "new_people")}
        told |= {name: (self[name].data or "").strip() for name in ("no_serial", "no_storage")}
        told |= {name: str(self[name].data or "") for name in ("kind", "place")}
        return replace(super().choices(), **told)


def mapping_from(told: Mapping[str, str]) -> dict[int, str]:
    """What each column means, from fields called `column-0` and so on; columns that are not used are left out."""
    found = {int(match[1]): word for name, word in told.items() if (match := _COLUMN.fullmatch(name))}
    return {column: word[:80] for column, word in found.items() if word}
