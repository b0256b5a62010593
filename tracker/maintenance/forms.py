"""The forms of maintenance: parse and shape. What may be kept is decided by rules.py."""

from datetime import date

from wtforms import BooleanField, DateField, IntegerField, StringField, TextAreaField
from wtforms.validators import InputRequired

from tracker.forms import Form, VersionForm, choice_field, word_field
from tracker.maintenance.rules import PlanDetails, ResultDetails


class PlanForm(Form):
    """What is done, and how often."""

    name = StringField("What is done", [InputRequired("Enter what is done.")])
    every_months = IntegerField("Every how many months", [InputRequired("Enter a whole number of months.")])
    instructions = TextAreaField("Instructions")
    FIELDS = {"name": "name", "plan_taken": "name", "every_months": "every_months", "instructions": "instructions"}

    def details(self) -> PlanDetails:
        """What was typed; call it on a form that validates."""
        return PlanDetails(self.name.data or "", self.every_months.data or 0, self.instructions.data or "")


class NewPlanForm(PlanForm):
    """The same for a new plan."""

    kind_id = choice_field("For which kind", "Choose the kind of equipment.")


class EditPlanForm(PlanForm, VersionForm):
    """The same for a plan that is there."""

    retired = BooleanField("Retired: it is no longer asked for")


class _ResultForm(Form):
    """What was found."""

    result = word_field("Result", [("passed", "Passed"), ("failed", "Failed: it is taken out of use")])
    done_on = DateField("Done on", [InputRequired("Enter the day.")])
    done_by = StringField("Done by", [InputRequired("Enter who did it.")])
    note = TextAreaField("Note")
    FIELDS = {"items": "items", "done_on": "done_on", "done_by": "done_by", "note": "note"}

    def details(self) -> ResultDetails:
        """What was typed; call it on a form that validates."""
        passed = self.result.data == "passed"
        return ResultDetails(passed, self.done_on.data or date.min, self.done_by.data or "", self.note.data or "")


class ResultForm(_ResultForm):
    """The same for every thing in a list."""

    items = TextAreaField("Which things", [InputRequired("Scan or type at least one thing.")])


class CorrectForm(_ResultForm):
    """What should have been written down of one thing."""

    nothing_done = BooleanField("Nothing was done to this thing: it was written down by mistake")
