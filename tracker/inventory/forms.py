"""What forms of the register share."""

from typing import Any

from wtforms import StringField

from tracker.forms import Choices as Choices
from tracker.forms import Form as Form
from tracker.forms import VersionForm as VersionForm
from tracker.forms import choice_field as choice_field
from tracker.forms import fill as fill
from tracker.forms import refuse as refuse
from tracker.forms import word_field as word_field
from tracker.inventory.fields_rules import pence
from wipe.vocabulary import DataClass

DATA_CLASSES = (
    (DataClass.PERSONAL.value, "Personal data, or not known"),
    (DataClass.SPECIAL.value, "Special category data (health, safeguarding, SEND)"),
    (DataClass.NOT_PERSONAL.value, "Never held personal data"),
)


class PenceField(StringField):
    """Pounds as people type them (`£1,234.50`), kept as whole pence."""

    data: Any

    def process_formdata(self, valuelist: list[Any]) -> None:
        """Raises ValueError, whose text stands at the field."""
        text, self.data = (str(valuelist[0]).strip() if valuelist else ""), None
        if not text:
            return
        self.data = pence(text)

    def _value(self) -> str:
        if self.raw_data:
            return str(self.raw_data[0])
        return "" if self.data is None else f"{self.data // 100}.{self.data % 100:02}"
