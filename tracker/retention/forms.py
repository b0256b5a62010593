"""The forms of retention: parse only. What may be set and done is decided by rules.py."""

from wtforms import BooleanField, IntegerField
from wtforms.validators import InputRequired

from tracker.forms import Form
from tracker.retention.rules import Periods

_MONTHS = "Enter a number of months."


def _months(label: str) -> IntegerField:
    return IntegerField(label, [InputRequired(_MONTHS)])


class PeriodsForm(Form):
    """How long names are kept, in months."""

    staff_months = _months("Staff: months after the last day")
    governor_months = _months("Governors: months after the last day")
    pupil_months = _months("Pupils: months after the last day")
    external_months = _months("Externals: months after the last day")
    loan_months = _months("Months after the last loan came back")
    incident_months = _months("Months after the last incident was closed")
    by_itself = BooleanField("Let the timer do it without being asked")
    version = IntegerField("Version")

    FIELDS = {name: name for name in vars(Periods())}

    def show(self, periods: Periods, version: int) -> None:
        """Fill the fields with what holds."""
        for name, value in vars(periods).items():
            self[name].data = value
        self.version.data = version

    def periods(self) -> Periods:
        """What was typed; call it on a form that validates."""
        return Periods(**{name: self[name].data for name in vars(Periods())})


class ForgetForm(Form):
    """That somebody looked at the list."""

    sure = BooleanField(
        "I have looked at the list. It cannot be undone.",
        [InputRequired("Tick the box once you have looked at the list: it cannot be undone.")],
    )
