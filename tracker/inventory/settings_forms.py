"""The form of the register's settings. It parses; what may be kept is decided by settings_rules.py."""

from wtforms import BooleanField, IntegerField
from wtforms.validators import InputRequired, NumberRange

from tracker.forms import STALE
from tracker.inventory.forms import Form, PenceField
from tracker.inventory.settings_rules import Thresholds


class SettingsForm(Form):
    """The figures of the school's financial procedures."""

    min_cost_pence = PenceField("Things must be listed from this cost on, in pounds", [InputRequired("Enter a cost.")])
    always_portable = BooleanField("Portable and attractive things are listed whatever they cost")
    always_it = BooleanField("Everything that may hold data is listed whatever it cost")
    capitalise_from_pence = PenceField("A capital asset from this cost on, in pounds", [InputRequired("Enter a cost.")])
    check_days = IntegerField("A check counts for so many days", [InputRequired("Enter a number of days.")])
    version = IntegerField("Version", validators=[InputRequired(STALE), NumberRange(0, 2**31 - 1, STALE)])
    FIELDS = {name: name for name in ("min_cost_pence", "capitalise_from_pence", "check_days")}

    def show(self, thresholds: Thresholds) -> None:
        """Fill the fields with what is set."""
        for name, value in vars(thresholds).items():
            self[name].data = value

    def details(self) -> Thresholds:
        """What was typed; call it on a form that validates."""
        return Thresholds(
            self.min_cost_pence.data or 0,
            bool(self.always_portable.data),
            bool(self.always_it.data),
            self.capitalise_from_pence.data or 0,
            self.check_days.data or 0,
        )
