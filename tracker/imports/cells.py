"""What the cells of a school's spreadsheet mean: dates as people in Britain write them, money, yes and no, sizes. Pure.

Each reader takes a cell and gives a value, or raises ValueError with a finished sentence that says what to write.
"""

import re
import unicodedata
from calendar import monthrange
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from decimal import ROUND_HALF_UP, Decimal
from math import isfinite

from tracker.inventory.rules import CustomType
from tracker.values import folded, one_line
from wipe.vocabulary import Medium as MediumKind

Cell = str | int | float | bool | datetime | date | time | None
PENCE_MOST = 2_000_000_000  # the column holds 2^31 - 1
NOTHING = frozenset({"", "-", "--", "–", "—", "n/a", "na", "none", "nil", "null", "not known", "unknown", "tbc", "?"})
YES = frozenset({"yes", "y", "true", "1", "x", "ok", "✓", "✔", "☑"})
NO = frozenset({"no", "n", "false", "0", "✗", "✘", "☐"})
_EPOCH = date(1899, 12, 30)  # day 0 of Excel from 1 March 1900 on
_SERIAL_LEAST, _SERIAL_MOST = 18_264, 73_050  # 1 January 1950 to the end of 2099, in Excel's days
_MONTHS = {
    name: number
    for number, names in enumerate(
        ("jan january", "feb february", "mar march", "apr april", "may", "jun june", "jul july", "aug august",
         "sep sept september", "oct october", "nov november", "dec december"), 1,
    )
    for name in names.split()
}  # fmt: skip
_NUMBERS = re.compile(r"(\d{1,4})[/.\-\s](\d{1,2})[/.\-\s](\d{1,4})", re.ASCII)
_DAY_MONTH = re.compile(r"(\d{1,2})(?:st|nd|rd|th)?[\s\-/.]+(?:of\s+)?([a-z]{3,9})[\s\-/.,]+(\d{2,4})", re.ASCII)
_MONTH_DAY = re.compile(r"([a-z]{3,9})[\s\-/.]+(\d{1,2})(?:st|nd|rd|th)?[\s,\-/.]+(\d{4})", re.ASCII)
_MONTH_YEAR = re.compile(r"([a-z]{3,9})[\s\-/.,']+(\d{2,4})", re.ASCII)
_NUMBER_YEAR = re.compile(r"(\d{1,2})[/.\-](\d{4})", re.ASCII)
_YEAR = re.compile(r"(?:19|20)\d\d", re.ASCII)
_TIME = re.compile(r"[\st]+\d{1,2}:\d\d(?::\d\d(?:\.\d+)?)?\s*(?:am|pm|z|[+-]\d\d:?\d\d)?$", re.ASCII)
_WEEKDAY = re.compile(r"^(?:mon|tue|tues|wed|wednes|thu|thur|thurs|fri|sat|satur|sun)(?:day)?[\s,]+", re.ASCII)
_MONEY = re.compile(r"(?:£|gbp)?\s*(\d{1,3}(?:,\d{3})+|\d{1,19})(\.\d*)?\s*(?:gbp|p)?", re.ASCII)
_SPAN = re.compile(r"(\d{1,3}(?:\.5)?)\s*(y|yr|yrs|year|years|m|mth|mths|month|months)?", re.ASCII)
_SIZE = re.compile(r"(\d{1,15}(?:[ ,]\d{3})*(?:\.\d{1,3})?)\s*(tib|gib|mib|tb|gb|mb|bytes|b|t|g)?\b", re.ASCII)
_UNITS = {"": 1, "b": 1, "bytes": 1, "mb": 10**6, "gb": 10**9, "g": 10**9, "tb": 10**12, "t": 10**12}
_UNITS |= {"mib": 1 << 20, "gib": 1 << 30, "tib": 1 << 40}
_EXACT = 10**15  # Excel keeps fifteen digits of a number
_MARKS = frozenset("\u200b\u200c\u200d\u200e\u200f\u2060\ufeff\u00ad")  # invisible, and left behind by copying


@dataclass(frozen=True)
class Dated:
    """A day, and whether the cell left some of it open: `note` says what was taken for it; empty: nothing."""

    day: date
    note: str = ""


def text_of(cell: Cell) -> str:
    """A cell as one line of text. Raises ValueError for an error of the spreadsheet and a number that lost digits."""
    if cell is None:
        return ""
    if isinstance(cell, bool):
        return "Yes" if cell else "No"
    if isinstance(cell, datetime):
        return cell.date().isoformat() if cell.time() == time() else cell.isoformat(" ", "minutes")
    if isinstance(cell, date | time):
        return cell.isoformat()
    if isinstance(cell, int | float):
        return _number_text(cell)
    text = one_line("".join(c for c in cell if c not in _MARKS))
    if text.startswith("#") and text.upper() in _ERRORS:
        raise ValueError(f"The spreadsheet shows the error {text} here. Correct the formula, or type the value.")
    return text


_ERRORS = frozenset({"#N/A", "#REF!", "#NAME?", "#DIV/0!", "#NULL!", "#NUM!", "#VALUE!", "#SPILL!", "#CALC!"})


def _number_text(number: int | float) -> str:
    if not isfinite(number):
        raise ValueError("This is no number. Type the value.")
    if abs(number) >= _EXACT:
        raise ValueError("Excel has rounded this long number. Format the column as text and type it again.")
    if isinstance(number, float) and not number.is_integer():
        return f"{number:.10f}".rstrip("0")
    return str(int(number))


def lines_of(cell: Cell) -> str:
    """A cell as text that keeps its lines. Raises ValueError as `text_of`."""
    if not isinstance(cell, str):
        return text_of(cell)
    text_of(cell)
    kept = unicodedata.normalize("NFC", "".join(c for c in cell if c not in _MARKS))
    return "\n".join(line.rstrip() for line in kept.replace("\r\n", "\n").replace("\r", "\n").split("\n")).strip()


def day_of(cell: Cell, *, month_first: bool = False) -> Dated | None:
    """A day; None where the cell says nothing. Months and years alone are the first day of them, with a note."""
    if isinstance(cell, datetime):
        return Dated(cell.date())
    if isinstance(cell, date):
        return Dated(cell)
    if isinstance(cell, bool | time):
        raise ValueError(_BAD_DAY)
    if isinstance(cell, int | float):
        return _day_of_number(cell)
    text = text_of(cell)
    plain = _WEEKDAY.sub("", _TIME.sub("", folded(text)))
    if plain in NOTHING:
        return None
    if plain.isascii() and plain.isdecimal() and len(plain) in (4, 5):
        return _day_of_number(int(plain))
    return _day_of_text(plain, month_first) or _raise(_BAD_DAY)


_BAD_DAY = "This is no day that can be read. Write it as 31/01/2024."


def _raise(message: str) -> Dated:
    raise ValueError(message)


def _day_of_number(number: int | float) -> Dated:
    """A year as people type it, or a day as Excel counts them."""
    if 1950 <= number <= 2099 and float(number).is_integer():
        return Dated(date(int(number), 1, 1), f"Only the year {int(number)} is given: taken as 1 January.")
    if not _SERIAL_LEAST <= number <= _SERIAL_MOST:
        raise ValueError(_BAD_DAY)
    return Dated(_EPOCH + timedelta(days=int(number)))


def _day_of_text(text: str, month_first: bool) -> Dated | None:
    found = _NUMBERS.fullmatch(text)
    if found:
        first, second, third = found.groups()
        if len(first) == 4:
            return _day(int(first), int(second), int(third))
        if len(first) > 2 or len(third) not in (2, 4):
            return None
        day, month = (second, first) if month_first else (first, second)
        return _day(_year(third), int(month), int(day))
    for pattern, order in ((_DAY_MONTH, (2, 1, 0)), (_MONTH_DAY, (2, 0, 1))):
        found = pattern.fullmatch(text)
        if found:
            parts = found.groups()
            return _day(_year(parts[order[0]]), _MONTHS.get(parts[order[1]], 0), int(parts[order[2]]))
    found = _MONTH_YEAR.fullmatch(text)
    month, year = (_MONTHS.get(found[1], 0), _year(found[2])) if found else (0, 0)
    if not found and (number := _NUMBER_YEAR.fullmatch(text)):
        month, year = int(number[1]), int(number[2])
    if not 1 <= month <= 12 or not 1900 <= year <= 2100:
        return None
    first_day = date(year, month, 1)
    return Dated(first_day, f"Only {first_day:%B %Y} is given: taken as the first of the month.")


def _year(text: str) -> int:
    """Two figures are a year from 1970 to 2069."""
    year = int(text)
    return year if len(text) == 4 else 0 if len(text) == 3 else year + (1900 if year >= 70 else 2000)


def _day(year: int, month: int, day: int) -> Dated | None:
    try:
        return Dated(date(year, month, day))
    except ValueError:
        return None


def pence_of(cell: Cell) -> int | None:
    """Pounds as people write them, as whole pence; None where the cell says nothing."""
    message = "This is no amount in pounds. Write it as 1234.50, without VAT."
    if isinstance(cell, bool | date | time):
        raise ValueError(message)
    if isinstance(cell, int | float):
        if not isfinite(cell):
            raise ValueError(message)
        amount = Decimal(repr(cell)) if isinstance(cell, float) else Decimal(cell)
    else:
        text = folded(text_of(cell))
        if text in NOTHING:
            return None
        found = _MONEY.fullmatch(text)
        if not found or text.endswith("p"):
            raise ValueError(message)
        amount = Decimal(found[1].replace(",", "") + (found[2] or "").rstrip("."))
    pence = int((amount * 100).quantize(Decimal(1), ROUND_HALF_UP)) if abs(amount) < 10**20 else PENCE_MOST + 1
    if not 0 <= pence <= PENCE_MOST:
        raise ValueError(f"The amount must be from £0 to £{PENCE_MOST // 100:,}.")
    return pence


def yes_no_of(cell: Cell) -> bool | None:
    """Yes or no; None where the cell says nothing."""
    text = folded(text_of(cell))
    if text in YES or text in NO:
        return text in YES
    if text in NOTHING:
        return None
    raise ValueError("Write yes or no.")


def months_of(cell: Cell, *, years: bool = False) -> int | None:
    """A span of time in months; `years`: a number alone means years. None where the cell says nothing."""
    text = folded(text_of(cell))
    if text in NOTHING:
        return None
    found = _SPAN.fullmatch(text)
    if not found:
        raise ValueError("This is no span of time. Write it as 5 years, or 60 months.")
    unit = found[2] or ("y" if years else "m")
    months = Decimal(found[1]) * (12 if unit.startswith("y") else 1)
    if months != int(months) or not 1 <= months <= 600:
        raise ValueError("A span of time is from 1 to 600 months.")
    return int(months)


def after_months(day: date, months: int) -> date:
    """The last day of so many months that begin on that day."""
    year, month = divmod(day.year * 12 + day.month - 1 + months, 12)
    same = date(year, month + 1, min(day.day, monthrange(year, month + 1)[1]))
    return same - timedelta(days=1)


def bytes_of(cell: Cell) -> tuple[int | None, MediumKind | None]:
    """The size in bytes of `500 GB` or `256GB SSD`, and the kind of medium if it names one."""
    text = folded(text_of(cell))
    if text in NOTHING:
        return None, None
    kind = medium_kind_of(text, strict=False)
    found = _SIZE.search(text)
    if not found:
        if kind is not None:
            return None, kind
        raise ValueError("This is no size of a drive. Write it as 500 GB, or leave it empty.")
    number = Decimal(re.sub(r"[ ,]", "", found[1]))
    unit = found[2] or ("gb" if number <= 64_000 else "b")  # a bare 256 or 500 is what people call gigabytes
    size = int(number * _UNITS[unit])
    if not 0 < size <= (1 << 53) - 1:
        raise ValueError("This is no size of a drive. Write it as 500 GB, or leave it empty.")
    return size, kind


_MEDIA = (
    (MediumKind.NVME, ("nvme", "m.2", "m2", "pcie")),
    (MediumKind.EMMC, ("emmc", "built-in flash", "flash storage")),
    (MediumKind.SSD, ("ssd", "solid state")),
    (MediumKind.HDD, ("hdd", "hard disk", "hard drive", "harddisk", "sata", "ide", "spinning", "magnetic")),
    (MediumKind.SD, ("sd card", "sdhc", "micro sd", "memory card", "sd")),
    (MediumKind.USB_FLASH, ("usb", "flash drive", "memory stick", "pen drive")),
    (MediumKind.TAPE, ("tape", "lto")),
    (MediumKind.OPTICAL, ("dvd", "cd", "blu-ray", "optical")),
)


def medium_kind_of(text: str, *, strict: bool = True) -> MediumKind | None:
    """The kind of medium that a text names; None for none. Raises ValueError if it must (`strict`) name one."""
    plain = f" {folded(text)} "
    for kind, words in _MEDIA:
        if any(re.search(rf"(?<![a-z]){re.escape(word)}(?![a-z])", plain) for word in words):
            return kind
    if strict and plain.strip() not in NOTHING:
        raise ValueError("This is no kind of drive that is known. Write HDD, SSD or NVMe.")
    return None


def custom_text(kind: CustomType, cell: Cell) -> str:
    """A cell as the reader of a school's own field takes it (inventory.fields_rules.read). Raises ValueError."""
    if kind is CustomType.DATE and not isinstance(cell, bool):
        dated = day_of(cell)
        return dated.day.isoformat() if dated else ""
    if kind is CustomType.MONEY:
        pence = pence_of(cell)
        return "" if pence is None else f"{pence // 100}.{pence % 100:02}"
    text = text_of(cell)
    return "" if kind is not CustomType.TEXT and folded(text) in NOTHING else text
