"""The forms of reservations: parse and shape. What can be reserved is decided by reservations_rules.py."""

from collections.abc import Sequence
from uuid import UUID

from wtforms import DateField, IntegerField, StringField, TextAreaField, TimeField
from wtforms.validators import InputRequired, Optional

from tracker.forms import Form, VersionForm, choice_field
from tracker.loans import reservations_rules as rules
from tracker.loans.reservations import Asked
from tracker.values import Blocker, Denied


class ReserveForm(Form):
    """For whom, what, from when to when."""

    person = choice_field("For whom")
    kit = choice_field("A kit")
    kind = choice_field("Or any of a kind")
    count = IntegerField("How many of that kind", [Optional()])
    items = TextAreaField("Or things by their tags")
    starts_on = DateField("From", [InputRequired("Enter the first day.")])
    starts = TimeField("At", [Optional()])
    ends_on = DateField("To", [Optional()])
    ends = TimeField("Until", [Optional()])
    purpose = StringField("What for")
    FIELDS = {
        "left": "person",
        "items": "items",
        "count": "count",
        "starts_on": "starts_on",
        "ends_on": "ends_on",
        "purpose": "purpose",
    }

    def asked(self, asset_ids: Sequence[UUID]) -> Asked:
        """What is asked for; call it on a form that validates. Raises Denied for a time that is none."""
        wrong = Denied((Blocker("ends_on", "The end is not after the beginning. Check the days and the times."),))
        if self.starts_on.data is None:
            raise wrong
        try:
            span = rules.span_of(self.starts_on.data, self.starts.data, self.ends_on.data, self.ends.data)
        except OverflowError:
            raise wrong from None
        if span is None:
            raise wrong
        count = (self.count.data if self.count.data is not None else 1) if self.kind.data else 0
        purpose = self.purpose.data or ""
        return Asked(span, tuple(asset_ids), self.kit.data, self.kind.data, count, purpose)


class CancelForm(VersionForm):
    """A button that gives a reservation up."""
