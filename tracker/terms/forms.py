"""The forms of the school's calendar: parse and shape. What may stand in it is decided by rules.py."""

from datetime import date

from flask_wtf.file import FileField, FileRequired
from wtforms import DateField, StringField
from wtforms.validators import InputRequired, Optional

from tracker.forms import Form, VersionForm, word_field
from tracker.terms.rules import DateKind, Entry

STARTS = (
    ("typical", "A typical calendar of Worcestershire, to be checked"),
    ("copy", "A copy of the last school year, to be checked"),
    ("empty", "Nothing: I enter the dates, or import a file"),
)


class BeginForm(Form):
    """Which school year, and what it begins with."""

    year = word_field("School year", ())
    start = word_field("Begin with", STARTS)
    FIELDS = {"year": "year", "start": "start"}


class DateForm(Form):
    """One date of the calendar."""

    kind = word_field("What it is", [(kind.value, kind.label) for kind in DateKind])
    name = StringField("Name", [InputRequired("Enter a name.")])
    starts_on = DateField("First day", [InputRequired("Enter the first day.")])
    ends_on = DateField("Last day", [Optional()])
    FIELDS = {"name": "name", "starts_on": "starts_on", "ends_on": "ends_on"}

    def show(self, entry: Entry) -> None:
        """Fill the fields with what is known."""
        self.kind.data, self.name.data = entry.kind.value, entry.name
        self.starts_on.data, self.ends_on.data = entry.starts_on, entry.ends_on

    def entry(self) -> Entry:
        """What was typed; call it on a form that validates. Without a last day it is one day."""
        first = self.starts_on.data or date.min
        return Entry(DateKind(self.kind.data), self.name.data or "", first, self.ends_on.data or first)


class EditDateForm(DateForm, VersionForm):
    """The same for a date that is there."""


class SureForm(VersionForm):
    """A button that changes something which others may change too."""


class ImportForm(Form):
    """A file with dates."""

    file = FileField("CSV file", validators=[FileRequired("Choose the file first.")])
    FIELDS = {"file": "file", "starts_on": "file", "ends_on": "file", "name": "file"}
