"""What forms of the register share, and the form of a place. They parse; rules decide what may be kept."""

from typing import Any

from wtforms import BooleanField, StringField
from wtforms.validators import InputRequired

from tracker.forms import Choices as Choices
from tracker.forms import Form as Form
from tracker.forms import VersionForm as VersionForm
from tracker.forms import choice_field as choice_field
from tracker.forms import fill as fill
from tracker.forms import refuse as refuse
from tracker.forms import word_field as word_field
from tracker.inventory.details import LocationDetails
from tracker.inventory.fields_rules import pence
from tracker.inventory.rules import LocationLevel
from wipe.vocabulary import DataClass

DATA_CLASSES = (
    (DataClass.PERSONAL.value, "Personal data, or not known"),
    (DataClass.SPECIAL.value, "Special category data (health, safeguarding, SEND)"),
    (DataClass.NOT_PERSONAL.value, "Never held personal data"),
)


class PenceField(StringField):
    """Pounds as people type them (`£1,234.50`), kept as whole pence."""

    data: Any

    def process_formdata(self, valuelist: list[Any]) -> None:
        """Raises ValueError, whose text stands at the field."""
        text, self.data = (str(valuelist[0]).strip() if valuelist else ""), None
        if not text:
            return
        self.data = pence(text)

    def _value(self) -> str:
        if self.raw_data:
            return str(self.raw_data[0])
        return "" if self.data is None else f"{self.data // 100}.{self.data % 100:02}"


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
