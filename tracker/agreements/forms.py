"""The forms of agreements: parse and shape. What may be kept is decided by rules.py."""

from datetime import date
from uuid import UUID

from wtforms import (
    BooleanField,
    DateField,
    HiddenField,
    IntegerField,
    SelectMultipleField,
    StringField,
    TextAreaField,
)
from wtforms.fields.choices import SelectChoice  # type: ignore[attr-defined] # newer than its stubs
from wtforms.validators import InputRequired, Optional
from wtforms.widgets import CheckboxInput, ListWidget

from tracker.agreements import drawing
from tracker.agreements.rules import AgreementDetails, AgreementKind, Means, Relation, Signing
from tracker.forms import Form, VersionForm, choice_field, word_field
from tracker.people.rules import PersonKind

_WHOLE = "Enter a whole number of months."


class CheckboxesField(SelectMultipleField):
    """Several of a few words, each with a box."""

    widget = ListWidget(prefix_label=False)
    option_widget = CheckboxInput()


class AgreementForm(Form):
    """What an agreement is, its text apart."""

    title = StringField("Title", [InputRequired("Enter the title.")])
    kind = word_field("What it is for", [(one.value, one.label) for one in AgreementKind])
    audience = CheckboxesField("Who signs it", choices=[SelectChoice(one.value, one.label) for one in PersonKind])
    owner = StringField("Who keeps it up to date", [InputRequired("Enter the owner.")])
    review_months = IntegerField("Months until a review is due", [InputRequired(_WHOLE)], default=12)
    valid_months = IntegerField("Months for which a signature counts", [Optional()])

    FIELDS = {
        "title": "title",
        "title_taken": "title",
        "owner": "owner",
        "no_audience": "audience",
        "review_months": "review_months",
        "valid_months": "valid_months",
    }

    def show(self, details: AgreementDetails) -> None:
        """Fill the fields with what is known."""
        for name, value in vars(details).items():
            self[name].data = getattr(value, "value", value)
        self.audience.data = [one.value for one in details.audience]

    def details(self) -> AgreementDetails:
        """What was typed; call it on a form that validates."""
        return AgreementDetails(
            self.title.data or "",
            AgreementKind(self.kind.data),
            frozenset(PersonKind(one) for one in self.audience.data or ()),
            self.owner.data or "",
            self.review_months.data or 0,
            self.valid_months.data,
        )


class EditAgreementForm(AgreementForm, VersionForm):
    """The same for an agreement that is there."""


class DraftForm(VersionForm):
    """The text of the next version."""

    text = TextAreaField("Text", [InputRequired("Enter the text.")])
    FIELDS = {"text": "text"}


class ApproveForm(VersionForm):
    """The head makes a draft a version."""

    minute_ref = StringField("Reference of the governors' minute")
    in_force_on = DateField("In force from", [InputRequired("Enter the first day on which it counts.")])
    sign_again = BooleanField("Everybody signs again: signatures under earlier versions stop counting", default=True)
    FIELDS = {"minute_ref": "minute_ref", "in_force_on": "in_force_on"}


class SignForm(Form):
    """A signature on screen."""

    text_sha256 = HiddenField("Text", [InputRequired("This form is not whole. Open it again.")])
    signatory = StringField("Name of the person who signs", [InputRequired("Enter the name of the person who signs.")])
    drawn = HiddenField("Drawn signature")
    agreed = BooleanField("I have read this text and agree to it", [InputRequired("Tick this box to agree.")])
    FIELDS = {"signatory": "signatory", "text_changed": "agreed", "drawn": "signatory"}

    def signing(
        self, signed_on: date, means: Means = Means.SCREEN, relation: Relation = Relation.SELF, reference: str = ""
    ) -> Signing:
        """What was given. Raises Denied for a drawing that cannot be read."""
        drawn = drawing.of_data_url(self.drawn.data or "")
        shown = self.text_sha256.data or ""
        return Signing(means, self.signatory.data or "", relation, signed_on, shown, reference, drawn)


class RecordForm(SignForm):
    """A signature of somebody else: at the desk on this screen, or on paper."""

    person_id = choice_field("For whom", "Choose the person.")
    relation = word_field("Who signs", [(one.value, one.label) for one in Relation])
    means = word_field("How", [(one.value, one.label) for one in Means])
    signed_on = DateField("Signed on", [InputRequired("Enter the day of signing.")])
    reference = StringField("Where the paper is kept")
    agreed = BooleanField("The person who signs has read this text and agrees to it", [InputRequired("Tick this box.")])
    FIELDS = {
        **SignForm.FIELDS,
        "relation": "relation",
        "signed_on": "signed_on",
        "reference": "reference",
        "audience": "person_id",
        "left": "person_id",
    }

    def recorded(self) -> tuple[UUID, Signing]:
        """For whom, and what was given. Raises Denied for a drawing that cannot be read."""
        means, relation = Means(self.means.data), Relation(self.relation.data)
        signing = self.signing(self.signed_on.data or date.min, means, relation, self.reference.data or "")
        return self.person_id.data, signing


class ReasonForm(Form):
    """A reason, and nothing else."""

    reason = TextAreaField("Reason", [InputRequired("Give the reason.")])
    FIELDS = {"reason": "reason"}


class RetireForm(ReasonForm, VersionForm):
    """Stop asking for an agreement, or ask again."""
