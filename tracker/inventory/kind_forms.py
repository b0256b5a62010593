"""Forms of kinds of equipment and of custom fields. They parse; kinds_rules.py and fields_rules.py decide."""

from wtforms import BooleanField, StringField, TextAreaField
from wtforms.validators import InputRequired

from tracker.forms import Form, VersionForm, choice_field, word_field
from tracker.inventory.details import KindDetails
from tracker.inventory.fields_rules import FieldDetails
from tracker.inventory.rules import CustomType


class KindForm(Form):
    """A kind of equipment."""

    name = StringField("Name", validators=[InputRequired("Enter a name.")])
    data_bearing = BooleanField("May hold personal data", default=True)
    portable = BooleanField("Portable and attractive")
    fixed = BooleanField("Installed by a supplier")
    server = BooleanField("Server: needs a place that can be locked, and a certificate for every disk")
    day_loan = BooleanField("May be lent for the day without a signature")
    FIELDS = {"no_name": "name", "kind_taken": "name", "too_long": "name", "server_without_data": "data_bearing"}

    def details(self) -> KindDetails:
        """What was typed."""
        names = ("data_bearing", "portable", "fixed", "server", "day_loan")
        flags = {name: bool(self[name].data) for name in names}
        return KindDetails(self.name.data or "", **flags)


class EditKindForm(KindForm, VersionForm):
    """The same for a kind that is there."""


class FieldForm(Form):
    """A custom field."""

    name = StringField("Name", validators=[InputRequired("Enter a name.")])
    kind_id = choice_field("Asked for")
    type = word_field("Type", [(one.value, one.label) for one in CustomType])
    choices = TextAreaField("Choices")
    hint = StringField("Help below the field")
    required = BooleanField("Forms do not let it be left empty")
    FIELDS = {
        "no_name": "name",
        "too_long": "name",
        "unprintable": "name",
        "reserved": "name",
        "field_taken": "name",
        "hint": "hint",
        "choices": "choices",
        "type": "type",
        "kind": "kind_id",
    }

    def details(self) -> FieldDetails:
        """What was typed; call it on a form that validates."""
        return FieldDetails(
            self.name.data or "",
            CustomType(self.type.data),
            self.kind_id.data,
            tuple((self.choices.data or "").splitlines()),
            self.hint.data or "",
            bool(self.required.data),
        )


class EditFieldForm(FieldForm, VersionForm):
    """The same for a field that is there."""
