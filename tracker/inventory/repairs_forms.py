"""The form that sends an asset to repair. It parses; what may be is decided by repairs_rules.py."""

from wtforms import DateField, StringField, TextAreaField
from wtforms.validators import InputRequired, Optional

from tracker.inventory.forms import VersionForm, word_field
from tracker.inventory.repairs_rules import OWN_STAFF, RepairDetails

WHERE = (
    ("own", "Here, by our own staff"),
    ("here", "Here, by a company that comes in"),
    ("away", "Away: it leaves the school"),
)


class RepairForm(VersionForm):
    """Where an asset is repaired, by whom, and what is wrong with it."""

    where = word_field("Where it is repaired", WHERE)
    repairer = StringField("Repairer")
    terms = StringField("Contract or written terms")
    reference = StringField("The repairer's number for it")
    due_on = DateField("Due back on", validators=[Optional()])
    reason = TextAreaField("What is wrong with it", validators=[InputRequired("Say what is wrong with it.")])
    FIELDS = {
        "no_repairer": "repairer",
        "no_terms": "terms",
        "due_on": "due_on",
        "reason": "reason",
        "reason_long": "reason",
        "unprintable": "reason",
    }

    def details(self) -> RepairDetails:
        """What was typed; call it on a form that validates."""
        own = self.where.data == "own"
        return RepairDetails(
            off_site=self.where.data == "away",
            repairer=OWN_STAFF if own else self.repairer.data or "",
            terms="" if own else self.terms.data or "",
            reference="" if own else self.reference.data or "",
            due_on=self.due_on.data,
        )
