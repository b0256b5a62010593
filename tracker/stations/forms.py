"""Forms of stations and jobs: parse and shape what people type."""

from flask_wtf import FlaskForm
from wtforms import HiddenField, PasswordField, StringField
from wtforms.validators import InputRequired, Length

from tracker.stations.service import NAME_LIMIT, PLACE_LIMIT


class PairForm(FlaskForm):
    """A station to be paired."""

    name = StringField("Name of the station", [InputRequired(message="Enter a name."), Length(max=NAME_LIMIT)])
    place = StringField("Where it stands", [Length(max=PLACE_LIMIT)])


class ReasonForm(FlaskForm):
    """Why something is ended."""

    why = StringField("Reason", [InputRequired(message="Say why, so that the log can tell."), Length(max=500)])


class ConfirmForm(FlaskForm):
    """The last look before a drive is wiped."""

    digest = HiddenField()
    confirmation = StringField("", [InputRequired(message="Type what the drive's label says."), Length(max=200)])
    attestation = StringField("How do you know that this is the right drive?", [Length(max=500)])
    password = PasswordField("Your password", [InputRequired(message="Enter your password."), Length(max=256)])
