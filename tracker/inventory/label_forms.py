"""Forms of labels: parse and shape what people type."""

from wtforms import BooleanField, IntegerField, StringField, TextAreaField
from wtforms.validators import InputRequired, Length, NumberRange

from labels.sheet import STOCKS
from tracker.inventory.forms import Form, word_field

_NUDGE = "Enter tenths of a millimetre from -100 to 100, such as -5 for half a millimetre back."


def _whole(label: str, least: int, most: int, message: str, *, default: int = 1) -> IntegerField:
    return IntegerField(label, [InputRequired(message), NumberRange(least, most, message)], default=default)


class LabelForm(Form):
    """Which labels, on which sheet."""

    source = word_field(
        "Which assets",
        [
            ("unprinted", "All without a printed label"),
            ("tags", "Those that I scan or type below"),
            ("filter", "Those of the list that I came from"),
        ],
    )
    tags = TextAreaField("Tags or serial numbers")
    filter = StringField("Filter", validators=[Length(max=2000)])
    stock = word_field("Sheet", [(name, f"{name}: {stock.title}") for name, stock in STOCKS.items()])
    start = _whole("First free label on the first sheet", 1, 500, "Enter the number of a label, such as 1.")
    copies = _whole("Copies of each label", 1, 20, "Enter a number of copies from 1 to 20.")
    right = _whole("Move right by, in tenths of a millimetre", -100, 100, _NUDGE, default=0)
    down = _whole("Move down by, in tenths of a millimetre", -100, 100, _NUDGE, default=0)
    outline = BooleanField("Draw a thin line around each label")

    def add_error(self, name: str, message: str) -> None:
        """Say at a field what is wrong with it."""
        self[name].errors = [*self[name].errors, message]
