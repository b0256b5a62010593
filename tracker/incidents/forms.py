"""The forms of incidents: parse and shape. What may be kept is decided by rules.py."""

from datetime import date, datetime, time

from wtforms import DateField, HiddenField, StringField, TextAreaField, TimeField
from wtforms.validators import InputRequired

from tracker.forms import Form, VersionForm, choice_field, word_field
from tracker.incidents.found_rules import FoundDetails
from tracker.incidents.rules import DataAtRisk, IncidentDetails, IncidentKind
from tracker.values import LONDON

_DAY, _TIME = "Enter the day.", "Enter the time, such as 14:30."


def moment(day: date | None, at: time | None) -> datetime:
    """A day and a time as people at the school mean them."""
    return datetime.combine(day or date.min, at or time.min, tzinfo=LONDON)


class ReportForm(Form):
    """What happened."""

    kind = word_field("What happened", [(one.value, one.label) for one in IncidentKind])
    thing = StringField("What it happened to")
    asset = HiddenField("Asset")
    medium = HiddenField("Storage medium")
    person_id = choice_field("Who had it")
    what = TextAreaField("Tell what happened", [InputRequired("Tell what happened.")])
    place = StringField("Where")
    day = DateField("Day of discovery", [InputRequired(_DAY)])
    at = TimeField("Time of discovery", [InputRequired(_TIME)])
    data_at_risk = word_field("Are personal data at risk?", [(one.value, one.label) for one in DataAtRisk])
    FIELDS = {"what": "what", "place": "place", "discovered_at": "day", "thing": "thing"}

    def details(self) -> IncidentDetails:
        """What was typed; call it on a form that validates."""
        return IncidentDetails(
            IncidentKind(self.kind.data),
            self.what.data or "",
            self.place.data or "",
            moment(self.day.data, self.at.data),
            DataAtRisk(self.data_at_risk.data),
        )


class AssessForm(VersionForm):
    """What is at risk, and what was done at once."""

    data_at_risk = word_field("Are personal data at risk?", [(one.value, one.label) for one in DataAtRisk])
    assessment = TextAreaField("Assessment", [InputRequired("Write down what is at risk.")])
    FIELDS = {"assessment": "assessment"}


class TellForm(VersionForm):
    """Who was told."""

    whom = StringField("Who was told", [InputRequired("Enter who was told.")])
    how = StringField("How")
    day = DateField("Day", [InputRequired(_DAY)])
    at = TimeField("Time", [InputRequired(_TIME)])
    FIELDS = {"whom": "whom", "how": "how", "at": "day"}


class ReferForm(VersionForm):
    """References of others."""

    crime = StringField("Crime reference of the police")
    insurer = StringField("Reference of the insurer")


class DecideForm(VersionForm):
    """Whether the Information Commissioner's Office is told."""

    notify = word_field("Decision", [("no", "The ICO is not told"), ("yes", "The ICO was told")])
    reference = StringField("Reference of the report to the ICO")
    reasons = TextAreaField("Reasons", [InputRequired("Give the reasons.")])
    FIELDS = {"reasons": "reasons", "reference": "reference", "no_reference": "reference"}


class CloseForm(VersionForm):
    """The end of it."""

    note = TextAreaField("What was learned", [InputRequired("Write down what was learned.")])
    FIELDS = {"note": "note"}


class FoundForm(Form):
    """What a stranger tells who found something. `more` is shown to nobody: only a machine fills it."""

    place = StringField("Where did you find it, or where is it now?", [InputRequired("Say where it is.")])
    words = TextAreaField("Anything else that the school should know")
    contact = StringField("How can the school reach you?")
    more = StringField("Leave this empty")
    FIELDS = {"place": "place", "words": "words", "contact": "contact"}

    def details(self) -> FoundDetails:
        """What was typed; call it on a form that validates."""
        return FoundDetails(self.place.data or "", self.words.data or "", self.contact.data or "")


class SettleForm(VersionForm):
    """What became of what was found."""

    outcome = TextAreaField("What became of it", [InputRequired("Say what became of it.")])
    FIELDS = {"outcome": "outcome"}
