"""Forms of accounts: parse and shape what people type. What may be kept is decided by rules.py and service.py."""

from flask_wtf import FlaskForm
from flask_wtf.file import FileField
from wtforms import BooleanField, DateField, PasswordField, SelectField, StringField, TextAreaField
from wtforms.fields.choices import SelectChoice  # type: ignore[attr-defined] # newer than its stubs
from wtforms.validators import InputRequired, Length, Optional

from tracker.accounts.rules import PASSWORD_MOST
from tracker.values import Role

ROLES = [SelectChoice(role.value, role.label) for role in Role]
_PASSWORD = Length(max=PASSWORD_MOST, message=f"A password has at most {PASSWORD_MOST} characters.")


def _needed(what: str) -> InputRequired:
    return InputRequired(message=f"Enter {what}.")


class SignInForm(FlaskForm):
    """Who comes in. `school` is asked for only where one database holds several."""

    school = StringField("School code", [Length(max=32)])
    username = StringField("User name", [_needed("your user name"), Length(max=64)])
    password = PasswordField("Password", [_needed("your password"), _PASSWORD])


class PasswordForm(FlaskForm):
    """A new password, by its owner."""

    old = PasswordField("Your password now", [_needed("the password you have now"), _PASSWORD])
    new = PasswordField("New password", [_needed("a new password"), _PASSWORD])
    again = PasswordField("New password again", [_needed("the new password a second time"), _PASSWORD])


class UserForm(FlaskForm):
    """A new account."""

    name = StringField("Name", [_needed("a name"), Length(max=200)])
    username = StringField("User name", [_needed("a user name"), Length(max=64)])
    role = SelectField("Role", [_needed("a role")], choices=ROLES)
    expires_on = DateField("Last day", [Optional()])


class ChangeUserForm(FlaskForm):
    """Role and last day of an account."""

    role = SelectField("Role", [_needed("a role")], choices=ROLES)
    expires_on = DateField("Last day", [Optional()])


class ActiveForm(FlaskForm):
    """Close or reopen an account."""

    why = StringField("Reason", [_needed("a reason"), Length(max=200)])


class SchoolForm(FlaskForm):
    """What a school is called on paper."""

    name = StringField("Name", [_needed("the school's name"), Length(max=200)])
    address = TextAreaField("Address", [Length(max=1000)])
    postcode = StringField("Postcode", [Length(max=10)])
    dfe_number = StringField("DfE number", [Length(max=8)])
    incident_contact = StringField("Whom to tell of lost equipment", [Length(max=300)])
    procedure_version = StringField("Version of the wiping procedure", [Length(max=40)])
    policy_version = StringField("Version of the E-Safety policy", [Length(max=40)])
    crest = FileField("Crest for certificates")
    remove_crest = BooleanField("Remove the crest")
