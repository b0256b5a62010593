"""The forms of the loans desk: parse and shape. What may go out is decided by rules.py."""

from datetime import date

from wtforms import BooleanField, DateField, HiddenField, StringField, TextAreaField
from wtforms.validators import InputRequired

from tracker.agreements import drawing
from tracker.forms import Form, VersionForm, choice_field
from tracker.loans.rules import LoanDetails
from tracker.loans.service import Signed

_DAY = "Enter the last day of the loan."


class _LoanForm(Form):
    """Who borrows what, until when."""

    person = choice_field("Who borrows", "Choose the person.")
    items = TextAreaField("What is lent", [InputRequired("Scan or type at least one thing to lend.")])
    due_on = DateField("Last day of the loan", [InputRequired(_DAY)])
    off_site = BooleanField("It leaves the school")
    purpose = StringField("What for")
    place = StringField("Where it is kept")

    def details(self) -> LoanDetails:
        """What was typed; call it on a form that validates."""
        return LoanDetails(
            self.due_on.data or date.min, bool(self.off_site.data), self.purpose.data or "", self.place.data or ""
        )


class ChooseForm(_LoanForm):
    """The first of two pages: it is sent as an address and changes nothing."""

    class Meta:
        """Without a token in the address."""

        csrf = False


class SignOutForm(_LoanForm):
    """The second page: the same with the signature of the borrower."""

    text_sha256 = HiddenField("Terms", [InputRequired("This form is not whole. Open it again.")])
    signatory = StringField("Name of the person who signs", [InputRequired("Enter the name of the person who signs.")])
    drawn = HiddenField("Drawn signature")
    agreed = BooleanField(
        "The person who signs has read these terms and agrees to them", [InputRequired("Tick this box to agree.")]
    )
    FIELDS = {
        "no_signatory": "signatory",
        "text_changed": "agreed",
        "drawn": "signatory",
        "due_on": "due_on",
        "purpose": "purpose",
    }

    def signed(self) -> Signed:
        """The signature. Raises Denied for a drawing that cannot be read."""
        drawn = drawing.of_data_url(self.drawn.data or "")
        return Signed(self.signatory.data or "", self.text_sha256.data or "", drawn)


class _BackForm(Form):
    """What comes back."""

    items = TextAreaField("What comes back", [InputRequired("Scan or type at least one thing that comes back.")])


class BackForm(_BackForm):
    """The first of two pages: it is sent as an address and changes nothing."""

    class Meta:
        """Without a token in the address."""

        csrf = False


class SignInForm(_BackForm):
    """The second page: the same with the signature of who brings it."""

    signatory = StringField("Name of the person who brings it")
    drawn = HiddenField("Drawn signature")
    FIELDS = {"name": "signatory", "drawn": "signatory"}

    def signed(self) -> Signed:
        """The signature. Raises Denied for a drawing that cannot be read."""
        return Signed(self.signatory.data or "", drawn=drawing.of_data_url(self.drawn.data or ""))


class ExtendForm(VersionForm):
    """A later due date."""

    due_on = DateField("New last day of the loan", [InputRequired(_DAY)])
    FIELDS = {"due_on": "due_on"}


class SuspendForm(Form):
    """Why somebody may not borrow for now."""

    reason = StringField("Reason", [InputRequired("Give the reason.")])
    FIELDS = {"reason": "reason"}


class LeaverForm(Form):
    """Somebody leaves."""

    last_day = DateField("Last day at the school", [InputRequired("Enter the last day.")])
