"""CSV: whole for a program, harmless for a spreadsheet."""

import csv
import io
from datetime import UTC, date, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tracker.inventory.export import FORMULA, csv_bytes, safe

pytestmark = pytest.mark.pure
TEXTS = st.text(max_size=40, alphabet=st.characters(codec="utf-8", exclude_characters="\0"))


def read(data: bytes) -> list[list[str]]:
    return list(csv.reader(io.StringIO(data.decode("utf-8-sig"), newline="")))


@given(st.lists(st.lists(TEXTS, min_size=3, max_size=3), max_size=5))
def test_every_text_comes_back_once_the_apostrophe_is_taken_off(rows: list[list[str]]) -> None:
    header = ["a", "b", "c"]
    found = read(csv_bytes(header, rows))
    assert found[0] == header
    assert [[cell.removeprefix("'") for cell in row] for row in found[1:]] == rows


@given(TEXTS, st.sampled_from(["", " ", "   "]), st.sampled_from(FORMULA))
def test_no_cell_begins_like_a_formula(text: str, spaces: str, begin: str) -> None:
    for value in (text, spaces + begin + text):
        assert not safe(value).lstrip(" ").startswith(FORMULA)


def test_values_are_written_for_programs() -> None:
    moment = datetime(2026, 11, 24, 9, 0, tzinfo=UTC)
    assert [safe(value) for value in (None, 5, date(2024, 9, 1), moment)] == [
        "",
        "5",
        "2024-09-01",
        "2026-11-24T09:00:00.000000Z",
    ]


def test_accents_survive_and_spreadsheets_know_the_encoding() -> None:
    data = csv_bytes(["name"], [["Zoë"]])
    assert data.startswith(b"\xef\xbb\xbf")
    assert data.endswith("Zoë\r\n".encode())
