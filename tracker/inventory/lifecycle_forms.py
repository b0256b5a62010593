"""Forms of an asset's life: a step, a move, a reason. They parse; what may be is decided by rules.py."""

from wtforms import TextAreaField
from wtforms.validators import InputRequired

from tracker.inventory.forms import Form, VersionForm, choice_field


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
