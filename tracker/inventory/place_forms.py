"""Forms of places. They parse; details.py and rules.py decide what may be kept."""

from dataclasses import replace

from wtforms import BooleanField, StringField, TextAreaField
from wtforms.validators import InputRequired

from tracker.forms import Form, VersionForm, choice_field, word_field
from tracker.inventory.details import LocationDetails
from tracker.inventory.rules import LocationLevel

AT_ONCE = 100  # places that are added in one go


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


class NewLocationForm(LocationForm):
    """The same for a new one, and for others beside it."""

    more = TextAreaField("More of them")

    def several(self) -> list[LocationDetails]:
        """What was typed, once for each place. Raises ValueError, whose text is shown, for too many."""
        names = [line.strip() for line in (self.more.data or "").splitlines() if line.strip()]
        if len(names) >= AT_ONCE:
            raise ValueError(f"Enter at most {AT_ONCE} places at once.")
        return [self.details(), *(replace(self.details(), name=name) for name in names)]


class EditLocationForm(LocationForm, VersionForm):
    """The same for a place that is there."""
