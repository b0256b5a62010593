"""Forms of certificates: parse what people type. Whether it may be done is decided by rights.py."""

from flask_wtf import FlaskForm
from flask_wtf.file import FileField
from wtforms import TextAreaField


class ReasonForm(FlaskForm):
    """Why a certificate is replaced or withdrawn."""

    reason = TextAreaField("Reason")


class PressForm(FlaskForm):
    """A button, with its CSRF token."""


class FileForm(FlaskForm):
    """A file that somebody holds."""

    file = FileField("Certificate as a PDF file")
