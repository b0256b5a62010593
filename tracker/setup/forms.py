"""The form of the first start."""

from flask_wtf import FlaskForm
from wtforms import PasswordField, StringField, TextAreaField
from wtforms.validators import InputRequired, Length


class FirstStartForm(FlaskForm):
    """The school and its first account."""

    code = StringField("Setup code", [Length(max=40)])
    school_name = StringField(
        "Name of the school", [InputRequired(message="Enter the school's name."), Length(max=200)]
    )
    address = TextAreaField("Address", [Length(max=1000)])
    postcode = StringField("Postcode", [Length(max=10)])
    incident_contact = StringField("Whom to tell of lost equipment", [Length(max=300)])
    name = StringField("Your name", [InputRequired(message="Enter your name."), Length(max=200)])
    username = StringField("Your user name", [InputRequired(message="Enter a user name."), Length(max=64)])
    password = PasswordField("Your password", [InputRequired(message="Enter a password."), Length(max=256)])
    again = PasswordField("Your password again", [InputRequired(message="Enter it a second time."), Length(max=256)])
