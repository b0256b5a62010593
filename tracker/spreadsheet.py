"""Tables as CSV (RFC 4180) for a spreadsheet.

A cell that a spreadsheet would take for a formula gets an apostrophe in front; an import takes it off again.
"""

import csv
from collections.abc import Iterable
from datetime import date, datetime
from io import StringIO

from tracker.values import iso_utc

FORMULA = ("=", "+", "-", "@", "\t", "\r", "\n", "|", "%")  # OWASP's list and two more that some programs take


def csv_bytes(header: Iterable[str], rows: Iterable[Iterable[object]]) -> bytes:
    """UTF-8 with the mark by which spreadsheets know it, CRLF line ends, every formula disarmed."""
    text = StringIO()
    writer = csv.writer(text, lineterminator="\r\n")
    writer.writerow(header)
    for row in rows:
        writer.writerow([safe(value) for value in row])
    return text.getvalue().encode("utf-8-sig")


def safe(value: object) -> str:
    """A value as a cell that no spreadsheet runs."""
    if value is None:
        return ""
    if isinstance(value, datetime):
        return iso_utc(value)
    if isinstance(value, date):
        return value.isoformat()
    text = str(value)
    return f"'{text}" if text.lstrip(" ").startswith((*FORMULA, "'")) else text
