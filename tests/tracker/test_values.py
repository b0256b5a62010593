"""The plain values that every feature shares."""

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tracker.values import months_later

pytestmark = pytest.mark.pure


@given(st.dates(date(1990, 1, 1), date(2090, 1, 1)), st.integers(-120, 120))
def test_months_later_lands_in_the_right_month(day: date, months: int) -> None:
    later = months_later(day, months)
    assert (later.year * 12 + later.month) - (day.year * 12 + day.month) == months
    assert later.day == day.day or 28 <= later.day < day.day


def test_the_last_of_a_month_stays_the_last() -> None:
    assert months_later(date(2024, 2, 29), 12) == date(2025, 2, 28)
    assert months_later(date(2026, 1, 31), 1) == date(2026, 2, 28)
    assert months_later(date(2026, 11, 30), 3) == date(2027, 2, 28)
    assert months_later(date(2026, 3, 31), -1) == date(2026, 2, 28)
