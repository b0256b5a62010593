"""Custom fields: what a value may be, how it is read, kept, shown and found, and what may become of a field. Pure.

A value is kept as JSON that both databases compare alike: a text; a number as a decimal text without needless zeros;
a day as `2026-11-24`; yes or no as true or false; a choice as it stands in the list; an amount as whole pence.
"""

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from uuid import UUID

from tracker.inventory.details import COST_MOST, FIRST_DAY, LAST_DAY, Value, text_blockers
from tracker.inventory.rules import CustomType
from tracker.values import Blocker, Decision, folded, one_line, pounds

TEXT_LIMIT = 1_000  # characters of a text
CHOICES_MOST, CHOICE_LIMIT = 100, 80  # entries of a list, characters of one
NAME_LIMIT, HINT_LIMIT = 80, 200  # characters
FIELDS_MOST = 200  # of a school, the retired ones included
_NUMBER = re.compile(r"(-?)(\d{1,15}|\d{1,3}(?:,\d{3}){1,4})(?:\.(\d{1,6}))?", re.ASCII)
_MONEY = re.compile(r"£?\s*(\d{1,3}(?:,\d{3})+|\d{1,10})(\.\d{1,2})?", re.ASCII)
_DAY = re.compile(r"(\d{4})-(\d{1,2})-(\d{1,2})|(\d{1,2})[/.](\d{1,2})[/.](\d{4})", re.ASCII)
_YES, _NO = frozenset({"yes", "y", "true", "1"}), frozenset({"no", "n", "false", "0"})
# What forms, exports and imports call the columns that every asset has: a second one of that name would be a riddle
RESERVED = {
    "tag", "kind", "name", "make", "model", "description", "serial", "serial number", "no serial because",
    "ownership", "owner", "place", "location", "department", "responsible", "responsible person", "data class",
    "acquired on", "cost", "cost excl. vat", "supplier", "notes", "state", "order number", "funding source",
    "warranty until", "life months", "insurance", "security marked on", "security marking", "storage",
    "label printed", "media",
}  # fmt: skip


@dataclass(frozen=True)
class Field:
    """What the rules look at."""

    id: UUID
    kind_id: UUID | None  # None: of every kind
    name: str
    type: CustomType
    choices: tuple[str, ...] = ()
    retired: bool = False


@dataclass(frozen=True)
class FieldDetails:
    """A custom field, see inventory.models.CustomField. `kind_id` None: of every kind."""

    name: str
    type: CustomType
    kind_id: UUID | None = None
    choices: tuple[str, ...] = ()
    hint: str = ""
    required: bool = False


def read(kind: CustomType, choices: Sequence[str], text: str) -> Value | None:
    """The value that somebody typed; None for nothing. Raises ValueError, whose text is shown to them."""
    text = one_line(text)
    if not text:
        return None
    match kind:
        case CustomType.TEXT:
            for blocker in text_blockers(text, TEXT_LIMIT, "text"):
                raise ValueError(blocker.message)
            return text
        case CustomType.NUMBER:
            return _number(text)
        case CustomType.DATE:
            return _day(text).isoformat()
        case CustomType.YES_NO:
            if folded(text) not in _YES | _NO:
                raise ValueError("Enter yes or no.")
            return folded(text) in _YES
        case CustomType.CHOICE:
            for one in choices:
                if folded(one) == folded(text):
                    return one
            raise ValueError("Choose one from the list.")
        case CustomType.MONEY:
            return pence(text)


def pence(text: str) -> int:
    """Pounds as people type them (`£1,234.50`), as whole pence. Raises ValueError, whose text is shown to them."""
    found = _MONEY.fullmatch(text.strip())
    amount = int(Decimal(text.strip("£ \t").replace(",", "")) * 100) if found else -1
    if not 0 <= amount <= COST_MOST:
        raise ValueError("Enter the amount in pounds and pence, such as 349.99.")
    return amount


def fits(kind: CustomType, choices: Sequence[str], value: object) -> bool:
    """Whether this is a value as `read` gives it, to the letter."""
    if not isinstance(value, str | int):
        return False
    try:
        again = read(kind, choices, written(kind, value))
    except ValueError:
        return False
    return type(again) is type(value) and again == value


def written(kind: CustomType, value: object) -> str:
    """A value as a form holds it; `read` reads it back."""
    if isinstance(value, bool):
        return "yes" if value else "no"
    if kind is CustomType.MONEY and isinstance(value, int):
        return f"{value // 100}.{value % 100:02}"
    return "" if value is None else str(value)


def shown(kind: CustomType, value: object) -> str:
    """A value as people read it; empty for none."""
    if isinstance(value, bool):
        return "Yes" if value else "No"
    if kind is CustomType.MONEY and isinstance(value, int):
        return pounds(value)
    if kind is CustomType.DATE and isinstance(value, str):
        try:
            day = date.fromisoformat(value)
        except ValueError:
            return value
        return f"{day.day} {day:%B %Y}"
    return "" if value is None else str(value)


def cell(kind: CustomType, value: object) -> object:
    """A value for a spreadsheet, with its type: text, Decimal (amounts in pounds), date, bool; None for none."""
    if isinstance(value, bool) or value is None:
        return value
    try:
        if kind is CustomType.MONEY and isinstance(value, int):
            return Decimal(value) / 100
        if kind is CustomType.NUMBER and isinstance(value, str):
            return Decimal(value) if _NUMBER.fullmatch(value) else value
        if kind is CustomType.DATE and isinstance(value, str):
            return date.fromisoformat(value)
    except ValueError:
        return value
    return value


def findable(kind: CustomType, value: object) -> str:
    """What a search finds the value by; nothing for yes and no, which would find half the register."""
    if isinstance(value, bool) or value is None:
        return ""
    if kind is CustomType.DATE:
        return f"{value} {shown(kind, value)}"
    return written(kind, value)


def has_field(field: Field, kind_id: UUID) -> bool:
    """Whether a thing of that kind has the field, retired or not."""
    return field.kind_id is None or field.kind_id == kind_id


def settled(
    fields: Iterable[Field], kind_id: UUID, wanted: Mapping[UUID, Value], had: Mapping[UUID, object]
) -> tuple[dict[UUID, Value], list[Blocker]]:
    """The values to keep of an asset of that kind, and what stands against them. `had` is what it has now.

    A value that does not change is kept, even where the field was retired or its list is another now. A value of a
    field that the (new) kind does not have is left out, if the asset had it; the log still tells it.
    """
    known = {field.id: field for field in fields}
    kept, found = dict[UUID, Value](), list[Blocker]()
    for field_id, value in wanted.items():
        field = known.get(field_id)
        same = field_id in had and type(had[field_id]) is type(value) and had[field_id] == value
        if field is None or not (has_field(field, kind_id) or same):
            found.append(Blocker("custom_unknown", "This kind of equipment has no such field. Open the form again."))
        elif not has_field(field, kind_id):
            continue
        elif same or fits(field.type, field.choices, value):
            if field.retired and not same:
                found.append(Blocker("custom_retired", f"{field.name} is no longer filled in. Leave it as it is."))
            kept[field_id] = value
        else:
            message = f"{field.name}: this is no value for it. {_EXPECTED[field.type]}"
            found.append(Blocker(f"custom:{field_id}", message))
    return kept, found


_EXPECTED = {
    CustomType.TEXT: f"Enter a text of at most {TEXT_LIMIT:,} characters.",
    CustomType.NUMBER: "Enter a number, such as 1250 or 0.5.",
    CustomType.DATE: "Enter a day from 1950 to 2199.",
    CustomType.YES_NO: "Enter yes or no.",
    CustomType.CHOICE: "Choose one from the list.",
    CustomType.MONEY: "Enter an amount in pounds and pence, such as 349.99.",
}


def tidy_field(details: FieldDetails) -> FieldDetails:
    """The same with its texts as they are kept, and without empty and repeated choices."""
    choices = dict[str, str]()
    for one in details.choices:
        if one_line(one):
            choices.setdefault(folded(one), one_line(one))
    kept = tuple(choices.values()) if details.type is CustomType.CHOICE else ()
    return FieldDetails(
        one_line(details.name), details.type, details.kind_id, kept, one_line(details.hint), details.required
    )


def may_keep_field(details: FieldDetails, others: Iterable[Field]) -> Decision:
    """Is this a field to keep. `others` are the school's other fields, the retired ones included."""
    return Decision((*_name_blockers(details, others), *_choice_blockers(details)))


def _name_blockers(details: FieldDetails, others: Iterable[Field]) -> Iterator[Blocker]:
    if not details.name:
        yield Blocker("no_name", "Enter a name.")
    yield from text_blockers(details.name, NAME_LIMIT, "name")
    for blocker in text_blockers(details.hint, HINT_LIMIT, "help"):
        yield Blocker("hint", blocker.message)
    if folded(details.name) in RESERVED:
        yield Blocker("reserved", "Every asset has a field of this name already. Use another name.")
    for other in others:
        near = details.kind_id is None or other.kind_id in (None, details.kind_id)
        if near and folded(other.name) == folded(details.name):
            state = ", which is retired" if other.retired else ""
            yield Blocker("field_taken", f"There is a field called {other.name} already{state}. Use another name.")
            return


def _choice_blockers(details: FieldDetails) -> Iterator[Blocker]:
    if details.type is not CustomType.CHOICE:
        return
    if len(details.choices) < 2:
        yield Blocker("choices", "Enter two choices or more, one a line.")
    if len(details.choices) > CHOICES_MOST:
        yield Blocker("choices", f"Enter at most {CHOICES_MOST} choices.")
    for one in details.choices:
        for blocker in text_blockers(one, CHOICE_LIMIT, f"choice {one[:20]!r}"):
            yield Blocker("choices", blocker.message)


def may_change_field(before: FieldDetails, after: FieldDetails, used: int) -> Decision:
    """May a field that `used` assets have a value of become this: its values must still be read alike."""
    found = []
    if used and before.type is not after.type:
        have = "1 asset has" if used == 1 else f"{used:,} assets have"
        message = f"{have} a value of this type. Retire this field and add another."
        found.append(Blocker("type", message))
    if before.kind_id != after.kind_id and after.kind_id is not None and used:
        found.append(Blocker("kind", "Assets of other kinds may have a value. Retire this field and add another."))
    return Decision(tuple(found))


def _number(text: str) -> str:
    found = _NUMBER.fullmatch(text)
    if found is None:
        raise ValueError("Enter a number, such as 1250 or 0.5.")
    sign, whole, rest = found.groups()
    whole = whole.replace(",", "").lstrip("0") or "0"
    rest = (rest or "").rstrip("0")
    number = f"{whole}.{rest}" if rest else whole
    return number if number == "0" else sign + number


def _day(text: str) -> date:
    """A day written as 2026-11-24 or 24/11/2026 (the day first, as in Britain)."""
    found = _DAY.fullmatch(text)
    try:
        if found is None:
            raise ValueError
        year, month, day = (found[1], found[2], found[3]) if found[1] else (found[6], found[5], found[4])
        read_day = date(int(year), int(month), int(day))
    except ValueError:
        raise ValueError("Enter a day, such as 24/11/2026.") from None
    if not FIRST_DAY <= read_day <= LAST_DAY:
        raise ValueError("Enter a day from 1950 to 2199.")
    return read_day
