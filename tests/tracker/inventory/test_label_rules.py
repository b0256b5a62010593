"""What may be printed again, and which corrections of a printer are kept."""

import pytest

from tracker.inventory.label_rules import (
    PrinterDetails,
    Reprint,
    Retirement,
    may_keep_printer,
    may_print_again,
    tidy_printer,
)

pytestmark = pytest.mark.pure


def test_a_first_print_needs_no_reason_and_a_second_one_does() -> None:
    assert may_print_again(0, None).allowed
    assert may_print_again(3, Reprint.DAMAGED).allowed
    assert not may_print_again(1, None).allowed
    assert "one of these things" in may_print_again(1, None).blockers[0].message
    assert "1,200 of these things" in may_print_again(1200, None).blockers[0].message


def test_every_reason_has_words() -> None:
    assert all(one.label[0].isupper() for one in (*Reprint, *Retirement))
    assert len({one.label for one in (*Reprint, *Retirement)}) == len(Reprint) + len(Retirement)


@pytest.mark.parametrize(
    "details",
    [
        PrinterDetails("Office"),
        PrinterDetails("Office", -100, 100, 950, "L7160"),
        PrinterDetails("Office", 0, 0, 1050, "tze-12"),
    ],
)
def test_a_correction_that_a_printer_can_need_is_kept(details: PrinterDetails) -> None:
    assert may_keep_printer(tidy_printer(details)).allowed


@pytest.mark.parametrize(
    ("details", "code"),
    [
        (PrinterDetails(""), "no_name"),
        (PrinterDetails("x" * 81), "too_long"),
        (PrinterDetails("a\u202eb"), "unprintable"),
        (PrinterDetails("Office", 101), "right"),
        (PrinterDetails("Office", 0, -101), "down"),
        (PrinterDetails("Office", 0, 0, 949), "scale"),
        (PrinterDetails("Office", 0, 0, 1051), "scale"),
        (PrinterDetails("Office", stock="L9999"), "stock"),
    ],
)
def test_one_that_no_printer_needs_is_refused_with_a_sentence(details: PrinterDetails, code: str) -> None:
    (blocker,) = may_keep_printer(tidy_printer(details)).blockers
    assert blocker.code == code
    assert blocker.message.endswith(".")
