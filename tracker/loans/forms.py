"""The forms of the loans desk: parse and shape. What may go out is decided by rules.py."""

from datetime import date

from wtforms import BooleanField, DateField, HiddenField, IntegerField, SelectField, StringField, TextAreaField
from wtforms.fields.choices import SelectChoice  # type: ignore[attr-defined] # newer than its stubs
from wtforms.validators import InputRequired, NumberRange

from tracker.agreements import drawing
from tracker.agreements.rules import Relation
from tracker.forms import STALE, Form, VersionForm, choice_field
from tracker.loans.due_field import DueField
from tracker.loans.links import Receiver
from tracker.loans.rules import LoanDetails, Means
from tracker.loans.service import Signed

_DAY = "Enter the last day of the loan."


class _SignedForm(Form):
    """A signature at the desk: on this screen, or on paper that was signed."""

    drawn = HiddenField("Drawn signature")
    means = SelectField(
        "How it is signed",
        choices=[SelectChoice(one.value, one.label) for one in (Means.DESK, Means.PAPER)],
        default=Means.DESK.value,
    )
    reference = StringField("Where the signed paper is kept")

    def made(self, signatory: str, text_sha256: str = "") -> Signed:
        """The signature. Raises Denied for a drawing that cannot be read."""
        drawn = drawing.of_data_url(self.drawn.data or "")
        return Signed(signatory, text_sha256, drawn, Means(self.means.data), self.reference.data or "")


class _LoanForm(Form):
    """Who borrows what, until when."""

    person = choice_field("Who borrows", "Choose the person.")
    items = TextAreaField("What is lent", [InputRequired("Scan or type at least one thing to lend.")])
    due_on = DueField("Last day of the loan", [InputRequired(_DAY)])
    off_site = BooleanField("It leaves the school")
    purpose = StringField("What for")
    place = StringField("Where it is kept")
    over = StringField("Why it goes out all the same")

    def details(self) -> LoanDetails:
        """What was typed; call it on a form that validates."""
        purpose, place, over = self.purpose.data or "", self.place.data or "", self.over.data or ""
        return LoanDetails(self.due_on.data or date.min, bool(self.off_site.data), purpose, place, over)


class ChooseForm(_LoanForm):
    """The first of two pages: it is sent as an address and changes nothing."""

    class Meta:
        """Without a token in the address."""

        csrf = False


class SignOutForm(_LoanForm, _SignedForm):
    """The second page: the same with the signature of the borrower."""

    text_sha256 = HiddenField("Terms", [InputRequired("This form is not whole. Open it again.")])
    signatory = StringField("Name of the person who signs", [InputRequired("Enter the name of the person who signs.")])
    agreed = BooleanField(
        "The person who signs has read these terms and agrees to them", [InputRequired("Tick this box to agree.")]
    )
    FIELDS = {
        "no_signatory": "signatory",
        "text_changed": "agreed",
        "drawn": "signatory",
        "reference": "reference",
        "due_on": "due_on",
        "purpose": "purpose",
    }

    def signed(self) -> Signed:
        """The signature. Raises Denied for a drawing that cannot be read."""
        return self.made(self.signatory.data or "", self.text_sha256.data or "")


class _BackForm(Form):
    """What comes back."""

    items = TextAreaField("What comes back", [InputRequired("Scan or type at least one thing that comes back.")])


class BackForm(_BackForm):
    """The first of two pages: it is sent as an address and changes nothing."""

    class Meta:
        """Without a token in the address."""

        csrf = False


class SignInForm(_BackForm, _SignedForm):
    """The second page: the same with the signature of who brings it."""

    signatory = StringField("Name of the person who brings it")
    FIELDS = {"name": "signatory", "drawn": "signatory", "reference": "reference"}

    def signed(self) -> Signed:
        """The signature. Raises Denied for a drawing that cannot be read."""
        return self.made(self.signatory.data or "")


class AskForm(Form):
    """To whom a link to sign by is mailed."""

    receiver = StringField("Who signs", [InputRequired("Enter the name of the person who signs.")])
    address = StringField("Their email address", [InputRequired("Enter one email address.")])
    FIELDS = {"name": "receiver", "address": "address"}

    def show(self, to: Receiver) -> None:
        """Fill the fields with whom the school knows."""
        self.receiver.data, self.address.data = to.name, to.address

    def to(self) -> Receiver:
        """What was typed."""
        return Receiver(self.receiver.data or "", (self.address.data or "").strip())


class AskAgainForm(AskForm, VersionForm):
    """The same for another link."""


class DocumentForm(_SignedForm):
    """A signature under what the desk prepared; by a link there is neither paper nor a choice of how."""

    text_sha256 = HiddenField("Text")
    signatory = StringField("Name of the person who signs", [InputRequired("Enter the name of the person who signs.")])
    relation = SelectField(
        "Who signs",
        choices=[SelectChoice(one.value, one.label) for one in (Relation.PARENT, Relation.CARER)],
        default=Relation.PARENT.value,
    )
    agreed = BooleanField("I have read this and agree to it", [InputRequired("Tick this box to agree.")])
    FIELDS = {
        "no_signatory": "signatory",
        "name": "signatory",
        "signatory": "signatory",
        "drawn": "signatory",
        "text_changed": "agreed",
        "reference": "reference",
        "relation": "relation",
    }

    def by_link(self) -> Signed:
        """The signature of who holds a link. Raises Denied for a drawing that cannot be read."""
        drawn = drawing.of_data_url(self.drawn.data or "")
        return Signed(self.signatory.data or "", self.text_sha256.data or "", drawn, Means.LINK)

    def at_desk(self) -> Signed:
        """The signature at the desk. Raises as `by_link`."""
        return self.made(self.signatory.data or "", self.text_sha256.data or "")

    def who(self, *, parent: bool) -> Relation:
        """Whether the person signs, or who does for them."""
        return Relation(self.relation.data) if parent else Relation.SELF


class DayForm(Form):
    """A loan for the day, without a signature."""

    items = TextAreaField("What is lent", [InputRequired("Scan or type at least one thing to lend.")])
    who = StringField("Who borrows", [InputRequired("Scan or type who borrows.")])
    off_site = BooleanField("It leaves the school")
    purpose = StringField("What for")
    FIELDS = {"who": "who", "items": "items", "signature": "items", "state": "items", "purpose": "purpose"}


class ExtendForm(VersionForm):
    """A later due date."""

    due_on = DueField("New last day of the loan", [InputRequired(_DAY)])
    FIELDS = {"due_on": "due_on"}


class SuspendForm(Form):
    """Why somebody may not borrow for now."""

    reason = StringField("Reason", [InputRequired("Give the reason.")])
    FIELDS = {"reason": "reason"}


class LeavingListForm(VersionForm):
    """What the school asks of everybody who leaves. `version`: 0 where it had no list of its own."""

    lines = TextAreaField("What is asked", [InputRequired("Write at least one line.")])
    version = IntegerField("Version", [InputRequired(STALE), NumberRange(0, 2**31 - 1, STALE)])
    FIELDS = {"lines": "lines"}


class LeaverForm(Form):
    """Somebody leaves."""

    last_day = DateField("Last day at the school", [InputRequired("Enter the last day.")])
