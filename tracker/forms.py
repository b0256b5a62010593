"""What forms of every feature share: their base, lists to choose from, and how a refusal is shown at its field."""

from collections.abc import Iterable, Mapping
from typing import Any
from uuid import UUID

from flask_wtf import FlaskForm
from wtforms import IntegerField, SelectField
from wtforms.fields.choices import SelectChoice  # type: ignore[attr-defined] # newer than its stubs
from wtforms.validators import InputRequired, NumberRange

from tracker.values import Conflict, Denied

Choices = Iterable[tuple[UUID, str]]
_NOT_LISTED: dict[str, Any] = dict.fromkeys(
    ("invalid_value_message", "invalid_choice_message"), "Choose one from the list."
)
STALE = "This form is not whole. Go back, open it again, and repeat your change."


def maybe_uuid(value: object) -> UUID | None:
    """An id from a form; None for an empty one. Raises ValueError."""
    return value if isinstance(value, UUID) else UUID(str(value)) if value else None


def choice_field(label: str, required: str = "") -> SelectField:
    """A list of rows of the school, filled later; another school's ids do not occur in it."""
    validators = [InputRequired(required)] if required else []
    return SelectField(label, validators, coerce=maybe_uuid, choices=[], **_NOT_LISTED)


def fill(field: SelectField, rows: Choices, none: str | None = None) -> None:
    """Set what can be chosen; `none` is the text of the empty choice, None for no empty one."""
    first = [] if none is None else [SelectChoice("", none)]
    field.choices = [*first, *(SelectChoice(str(found), text) for found, text in rows)]


def word_field(label: str, words: Iterable[tuple[str, str]]) -> SelectField:
    """A list of fixed words."""
    required = InputRequired(_NOT_LISTED["invalid_choice_message"])
    return SelectField(label, [required], choices=[SelectChoice(*word) for word in words], **_NOT_LISTED)


class Form(FlaskForm):
    """A form with its CSRF token."""

    FIELDS: Mapping[str, str] = {}  # at which field a blocker's code is shown


def refuse(form: Form, refused: Denied | Conflict) -> None:
    """Show why not: at the field that the form names for a blocker's code, else above the form."""
    if isinstance(refused, Conflict):
        form.form_errors.append(str(refused))
        return
    for blocker in refused.blockers:
        name = form.FIELDS.get(blocker.code)
        if name and name in form:
            form[name].errors = [*form[name].errors, blocker.message]
        else:
            form.form_errors.append(blocker.message)


class VersionForm(Form):
    """A form that changes something which others may change too."""

    version = IntegerField("Version", validators=[InputRequired(STALE), NumberRange(1, 2**31 - 1, STALE)])

    def go_on_from(self, version: int) -> None:
        """The next press is about this version, whatever was sent: the page that follows shows it."""
        self.version.data, self.version.raw_data = version, None
