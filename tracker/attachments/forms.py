"""The forms of files: parse and shape. What may be kept is decided by rules.py and content.py."""

from flask_wtf import FlaskForm
from wtforms import FileField, IntegerField, MultipleFileField, StringField, TextAreaField
from wtforms.validators import Optional

from tracker.values import Conflict, Denied

_PICTURES = "image/jpeg,image/png,image/webp"  # by name: iPhones then send JPEG instead of HEIC


class _Form(FlaskForm):
    version = IntegerField("Version", validators=[Optional()])

    def seen(self) -> int:
        """The version that the form was filled from; 0, which is none, where the form lacks it."""
        return self.version.data or 0

    def refuse(self, refused: Denied | Conflict) -> None:
        """Show why not."""
        blockers = refused.blockers if isinstance(refused, Denied) else ()
        self.form_errors.extend([blocker.message for blocker in blockers] or [str(refused)])


class AddForm(_Form):
    """Files to be added, each with the same caption."""

    files = MultipleFileField("Photos and documents", render_kw={"accept": f"{_PICTURES},application/pdf,text/plain"})
    camera = FileField("Take a photo", render_kw={"accept": _PICTURES, "capture": "environment"})
    caption = StringField("What it shows")


class CaptionForm(_Form):
    """What a file shows."""

    caption = StringField("What it shows")


class ReasonForm(_Form):
    """Why a file is removed, or erased."""

    reason = TextAreaField("Reason", render_kw={"required": True})
