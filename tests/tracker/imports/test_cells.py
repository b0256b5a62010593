"""Cells as schools fill them in."""

from collections.abc import Callable
from datetime import date, datetime, time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tracker.imports import cells
from tracker.imports.cells import Cell, Dated, after_months, bytes_of, day_of, months_of, pence_of, text_of, yes_no_of
from wipe.vocabulary import Medium as MediumKind

pytestmark = pytest.mark.pure


@pytest.mark.parametrize(
    "cell",
    [
        "31/01/2024",
        "31.1.2024",
        "31-01-24",
        "31/1/24",
        "2024-01-31",
        "2024/01/31",
        "31 Jan 2024",
        "31st January 2024",
        "31-Jan-24",
        "Jan 31, 2024",
        "Wed 31 Jan 2024",
        "Wednesday, 31 January 2024",
        "31/01/2024 00:00",
        "2024-01-31T09:30:00Z",
        "31/01/2024 09:30:00",
        45322,
        45322.5,
        "45322",
        date(2024, 1, 31),
        datetime(2024, 1, 31, 9, 30),  # noqa: DTZ001 - as openpyxl gives it
    ],
)
def test_a_day_in_any_usual_form(cell: Cell) -> None:
    assert day_of(cell) == Dated(date(2024, 1, 31))


def test_the_month_first_only_where_that_was_chosen() -> None:
    assert day_of("02/03/2024") == Dated(date(2024, 3, 2))
    assert day_of("02/03/2024", month_first=True) == Dated(date(2024, 2, 3))


@pytest.mark.parametrize(
    ("cell", "day"),
    [
        ("2019", date(2019, 1, 1)),
        (2019, date(2019, 1, 1)),
        ("Sept 2019", date(2019, 9, 1)),
        ("09/2019", date(2019, 9, 1)),
        ("Sep-19", date(2019, 9, 1)),
    ],
)
def test_a_month_or_a_year_alone_is_its_first_day_and_says_so(cell: Cell, day: date) -> None:
    found = day_of(cell)
    assert found is not None
    assert (found.day, bool(found.note)) == (day, True)


@pytest.mark.parametrize(
    "cell",
    [
        "31/02/2024",
        "13/13/2024",
        "soon",
        "1/2",
        "0",
        0,
        1,
        -5,
        1e300,
        True,
        time(9, 30),
        "31/01/024",
        "99999999",
        "#N/A",
    ],
)
def test_what_is_no_day_says_how_to_write_one(cell: Cell) -> None:
    with pytest.raises(ValueError, match=r"\.$"):
        day_of(cell)


@pytest.mark.parametrize("cell", ["", "-", "n/a", "N/A", "unknown", None, " ? "])
def test_a_cell_that_says_nothing_is_nothing(cell: Cell) -> None:
    assert (day_of(cell), pence_of(cell if cell is not None else ""), months_of(cell), yes_no_of(cell)) == (
        None,
        None,
        None,
        None,
    )


@pytest.mark.parametrize(
    ("cell", "pence"),
    [
        ("£1,234.50", 123450),
        ("1234.5", 123450),
        ("GBP 12", 1200),
        (12.5, 1250),
        (833.3333333333, 83333),
        (0, 0),
        ("£ 5.00", 500),
        (0.1 + 0.2, 30),
        ("20,000,000.00", 2_000_000_000),
        (19.999, 2000),
    ],
)
def test_money_is_whole_pence(cell: Cell, pence: int) -> None:
    assert pence_of(cell) == pence


@pytest.mark.parametrize(
    "cell",
    [
        "about £400",
        "1.234,50",
        "12,34",
        "-5",
        -5,
        "$5",
        "1e3",
        "9223372036854775808",
        2**63,
        1e308,
        float("nan"),
        float("inf"),
        True,
        date(2024, 1, 1),
        "£",
        "50p",
        "#DIV/0!",
        "1" * 500,
    ],
)
def test_what_is_no_amount_says_how_to_write_one(cell: Cell) -> None:
    with pytest.raises(ValueError, match=r"\.$"):
        pence_of(cell)


def test_texts_lose_what_copying_left_and_numbers_their_point() -> None:
    assert text_of("\u200fSN\u00a01\u200b \n2\ufeff") == "SN 1 2"
    assert (text_of(12345.0), text_of(7), text_of(0.5), text_of(True)) == ("12345", "7", "0.5", "Yes")
    assert text_of(datetime(2024, 1, 31)) == "2024-01-31"  # noqa: DTZ001 - as openpyxl gives it
    assert cells.lines_of("a \r\nb\u200b") == "a\nb"


@pytest.mark.parametrize("cell", [1.23457e15, 10**15, "#REF!", "#n/a", float("nan")])
def test_a_number_that_lost_digits_and_an_error_are_not_kept(cell: Cell) -> None:
    with pytest.raises(ValueError, match=r"\.$"):
        text_of(cell)


@pytest.mark.parametrize(
    ("cell", "years", "months"),
    [
        ("5 years", False, 60),
        ("60 months", True, 60),
        (5, True, 60),
        (60, False, 60),
        ("2.5 yrs", True, 30),
        ("3Y", False, 36),
    ],
)
def test_a_span_is_months(cell: Cell, years: bool, months: int) -> None:
    assert months_of(cell, years=years) == months


def test_a_warranty_of_a_year_ends_the_day_before() -> None:
    assert after_months(date(2023, 9, 1), 36) == date(2026, 8, 31)
    assert after_months(date(2024, 2, 29), 12) == date(2025, 2, 27)


@pytest.mark.parametrize(
    ("cell", "size", "kind"),
    [
        ("500 GB", 500 * 10**9, None),
        ("256GB SSD", 256 * 10**9, MediumKind.SSD),
        ("1TB NVMe", 10**12, MediumKind.NVME),
        (256, 256 * 10**9, None),
        ("500107862016", 500107862016, None),
        ("SSD", None, MediumKind.SSD),
        ("1.5 TiB", 3 << 39, None),
        ("64gb eMMC", 64 * 10**9, MediumKind.EMMC),
        ("HDD 320", 320 * 10**9, MediumKind.HDD),
    ],
)
def test_a_drive_is_told_by_its_size_or_kind(cell: Cell, size: int | None, kind: MediumKind | None) -> None:
    assert bytes_of(cell) == (size, kind)


@pytest.mark.parametrize("cell", ["big", "0 GB", "9" * 15 + " TB", "#N/A"])
def test_what_is_no_size_says_how_to_write_one(cell: Cell) -> None:
    with pytest.raises(ValueError, match=r"\.$"):
        bytes_of(cell)


_CELLS = st.one_of(
    st.text(max_size=60), st.floats(), st.integers(), st.booleans(), st.dates(), st.datetimes(), st.times(), st.none()
)


def said(reader: Callable[[Cell], object], cell: Cell) -> str:
    """The sentence of a refusal; a full stop for none."""
    try:
        reader(cell)
    except ValueError as error:
        return str(error)
    return "."


@given(_CELLS)
def test_no_cell_does_more_than_be_read_or_refused_with_a_sentence(cell: Cell) -> None:
    for reader in (text_of, cells.lines_of, day_of, pence_of, yes_no_of, months_of, bytes_of):
        assert said(reader, cell).endswith(".")
