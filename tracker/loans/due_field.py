"""A last day: typed, or chosen from what the calendar offers. Both are sent under one name; what is chosen counts."""

from typing import Any

from wtforms import DateField


class DueField(DateField):
    """A date field beside a list of offers of the same name (templates/loans/_due.html)."""

    def process_formdata(self, valuelist: list[Any]) -> None:
        """Take the last one that is not empty. Raises ValueError, as its parent."""
        self.raw_data = [next((one for one in reversed(valuelist) if one), "")] if valuelist else valuelist
        super().process_formdata(self.raw_data)
