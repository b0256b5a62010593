"""The form of a person: parse and shape. What may be kept is decided by rules.py."""

from flask_wtf import FlaskForm
from wtforms import DateField, IntegerField, SelectField, StringField
from wtforms.fields.choices import SelectChoice  # type: ignore[attr-defined] # newer than its stubs
from wtforms.validators import InputRequired, Optional

from tracker.forms import choice_field
from tracker.people.rules import PersonDetails, PersonKind
from tracker.values import Blocker


class PersonForm(FlaskForm):
    """What is known of a person."""

    name = StringField("Name", validators=[InputRequired("Enter the person's name.")])
    kind = SelectField(
        "Group",
        [InputRequired("Choose a group.")],
        choices=[SelectChoice(kind.value, kind.label) for kind in PersonKind],
    )
    job = StringField("Job")
    email = StringField("Email address")
    reference = StringField("The school's own number")
    parent_name = StringField("Parent or carer who signs")
    parent_email = StringField("Email address of the parent or carer")
    started_on = DateField("First day at the school", validators=[Optional()])
    left_on = DateField("Last day at the school", validators=[Optional()])
    dbs_confirmed_on = DateField("Current DBS check confirmed on", validators=[Optional()])
    line_manager_id = choice_field("Line manager")
    version = IntegerField("Version", validators=[Optional()])

    def show(self, details: PersonDetails) -> None:
        """Fill the fields with what is known."""
        for name, value in vars(details).items():
            self[name].data = getattr(value, "value", value)

    def details(self) -> PersonDetails:
        """What was typed; call it on a form that validates."""
        return PersonDetails(
            self.name.data or "",
            PersonKind(self.kind.data),
            self.job.data or "",
            self.email.data or "",
            self.left_on.data,
            self.dbs_confirmed_on.data,
            self.line_manager_id.data,
            self.started_on.data,
            self.reference.data or "",
            self.parent_name.data or "",
            self.parent_email.data or "",
        )

    def seen(self) -> int:
        """The version that the form was filled from; 0, which is none, where the form lacks it."""
        return self.version.data or 0

    def refuse(self, blockers: tuple[Blocker, ...]) -> None:
        """Show why not."""
        self.form_errors.extend(blocker.message for blocker in blockers)
