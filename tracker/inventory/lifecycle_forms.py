"""Forms of an asset's life: a step, a move, a reason. They parse; what may be is decided by rules.py."""

from wtforms import BooleanField, TextAreaField
from wtforms.validators import InputRequired

from tracker.inventory.forms import Form, VersionForm, choice_field, word_field
from tracker.inventory.rules import AssetState
from tracker.inventory.steps import STEPS

_TOGETHER = {AssetState.IN_USE: "Put into use", AssetState.IN_STORE: "Take or return to store"}


class StateForm(VersionForm):
    """One step in an asset's life."""

    reason = TextAreaField("Reason")
    FIELDS = {"reason": "reason", "reason_long": "reason", "unprintable": "reason"}


class MoveForm(VersionForm):
    """Where an asset goes."""

    location_id = choice_field("New location")
    FIELDS = {"no_location": "location_id", "not_lockable": "location_id"}


class ReasonForm(Form):
    """A reason, and nothing else."""

    reason = TextAreaField("Reason", validators=[InputRequired("Give the reason.")])
    FIELDS = {"reason": "reason", "reason_long": "reason", "unprintable": "reason"}


class StepsForm(Form):
    """The same step for many assets."""

    tags = TextAreaField("Assets", validators=[InputRequired("Scan or type at least one tag.")])
    to = word_field("Step", [(state.value, _TOGETHER[state]) for state in STEPS])
    reason = TextAreaField("Reason")
    leave_out = BooleanField("Leave out those that cannot, and take the step with the others")
    FIELDS = {"assets": "tags"}
