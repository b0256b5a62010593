"""The forms of kits: parse and shape. What may be a kit is decided by kits_rules.py."""

from wtforms import StringField, TextAreaField
from wtforms.validators import InputRequired

from tracker.forms import Form, VersionForm
from tracker.loans.kits_rules import KitDetails


class KitForm(Form):
    """A name, what goes with it, and its things."""

    name = StringField("Name", [InputRequired("Enter the name.")])
    accessories = StringField("What goes with it")
    items = TextAreaField("Its things", [InputRequired("Scan or type at least one thing.")])
    FIELDS = {"name": "name", "accessories": "accessories", "items": "items"}

    def details(self) -> KitDetails:
        """What was typed; call it on a form that validates."""
        return KitDetails(self.name.data or "", self.accessories.data or "")


class EditKitForm(KitForm, VersionForm):
    """The same for a kit that is there."""


class RetireKitForm(VersionForm):
    """A button that takes a kit apart."""
