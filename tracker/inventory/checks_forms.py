"""The form of a check. It parses; what may be kept is decided by checks_rules.py."""

from datetime import date

from wtforms import DateField, StringField, TextAreaField
from wtforms.validators import InputRequired

from tracker.inventory.checks_rules import CheckDetails
from tracker.inventory.forms import Form, word_field
from tracker.inventory.rules import CheckKind

WHAT = {
    CheckKind.ENCRYPTION: "Encryption of its storage",
    CheckKind.ANTI_VIRUS: "Virus protection",
    CheckKind.UPDATES: "Updates of the system",
    CheckKind.RESET: "Reset for the next person",
    CheckKind.INSTALLATION: "Installation",
    CheckKind.IDENTIFICATION: "A label or mark that it carries already",
}


class CheckForm(Form):
    """The same check of one asset or of many."""

    tags = TextAreaField("Assets", validators=[InputRequired("Scan or type at least one tag.")])
    kind = word_field("What was checked or done", [(kind.value, text) for kind, text in WHAT.items()])
    result = word_field("Result", [("yes", "In order"), ("no", "Not in order")])
    done_on = DateField("Day", validators=[InputRequired("Enter the day on which it was done.")])
    done_by = StringField("Done by", validators=[InputRequired("Say who looked or did it.")])
    method = StringField("How")
    note = TextAreaField("Note")
    FIELDS = {
        "assets": "tags",
        "done_on": "done_on",
        "done_by": "done_by",
        "no_method": "method",
        "no_note": "note",
    }

    def details(self) -> CheckDetails:
        """What was typed; call it on a form that validates."""
        return CheckDetails(
            CheckKind(self.kind.data),
            self.result.data == "yes",
            self.done_on.data or date.min,
            self.done_by.data or "",
            self.method.data or "",
            self.note.data or "",
        )
