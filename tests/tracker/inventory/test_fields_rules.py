"""What a value of a custom field may be, how it is read and kept, and what may become of a field."""

from datetime import date
from decimal import Decimal
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tracker.inventory import fields_rules as rules
from tracker.inventory.fields_rules import Field, FieldDetails
from tracker.inventory.rules import CustomType

pytestmark = pytest.mark.pure
ONE, TWO, LAPTOP, PROJECTOR = (UUID(int=number) for number in range(1, 5))
LIST = ("None", "Kensington", "Nano")
T = CustomType


@pytest.mark.parametrize(
    ("kind", "text", "value"),
    [
        (T.TEXT, "  00:1A  2B ", "00:1A 2B"),
        (T.TEXT, "=cmd|'/c calc'!A1", "=cmd|'/c calc'!A1"),
        (T.TEXT, "   ", None),
        (T.NUMBER, "1250", "1250"),
        (T.NUMBER, "1,250,000", "1250000"),
        (T.NUMBER, "007.50", "7.5"),
        (T.NUMBER, "-0", "0"),
        (T.NUMBER, "-0.5", "-0.5"),
        (T.NUMBER, "3.000", "3"),
        (T.DATE, "2026-11-24", "2026-11-24"),
        (T.DATE, "24/11/2026", "2026-11-24"),
        (T.DATE, "1.2.2026", "2026-02-01"),
        (T.YES_NO, "YES", True),
        (T.YES_NO, "n", False),
        (T.CHOICE, "kensington", "Kensington"),
        (T.MONEY, "£1,234.50", 123450),
        (T.MONEY, "0", 0),
    ],
)
def test_a_value_is_read_as_people_write_it(kind: CustomType, text: str, value: object) -> None:
    found = rules.read(kind, LIST, text)
    assert (found, type(found)) == (value, type(value))


@pytest.mark.parametrize(
    ("kind", "text"),
    [
        (T.TEXT, "x" * 10_001),
        (T.TEXT, "bell\x07"),
        (T.TEXT, "\u202egnp.exe"),
        (T.TEXT, "half \ud800"),
        *(
            (T.NUMBER, text)
            for text in ("NaN", "inf", "-inf", "1e9", "٣", "1,25", "9" * 16, "1.1234567", "0x10", "1_0")
        ),
        *((T.DATE, text) for text in ("0001-01-01", "2026-02-30", "9999-12-31", "tomorrow", "24/11/26", "٢٠٢٦-01-01")),
        *((T.YES_NO, text) for text in ("maybe", "2", "on")),
        *((T.CHOICE, text) for text in ("Chain", "None, Nano", "*")),
        *((T.MONEY, text) for text in ("-1", "NaN", "1e3", "12.345", "9999999999", "free")),
    ],
)
def test_what_is_no_value_is_refused_in_words(kind: CustomType, text: str) -> None:
    with pytest.raises(ValueError, match=r"\.$"):
        rules.read(kind, LIST, text)


@given(st.sampled_from(list(CustomType)), st.text(max_size=60))
def test_whatever_is_typed_is_kept_in_one_form_or_refused(kind: CustomType, text: str) -> None:
    try:
        value = rules.read(kind, LIST, text)
    except ValueError:
        return
    if value is not None:
        assert rules.fits(kind, LIST, value)
        assert rules.read(kind, LIST, rules.written(kind, value)) == value
        assert rules.shown(kind, value)


@pytest.mark.parametrize(
    ("kind", "value"),
    [
        (T.TEXT, 7),
        (T.TEXT, " two  spaces "),
        (T.TEXT, ""),
        (T.NUMBER, 7),
        (T.NUMBER, "07"),
        (T.NUMBER, float("nan")),
        (T.NUMBER, True),
        (T.DATE, "24/11/2026"),
        (T.DATE, date(2026, 11, 24)),
        (T.YES_NO, "yes"),
        (T.YES_NO, 1),
        (T.CHOICE, "nano"),
        (T.MONEY, "349.99"),
        (T.MONEY, -1),
        (T.MONEY, True),
        (T.TEXT, None),
        (T.TEXT, ["a"]),
        (T.TEXT, {"a": 1}),
    ],
)
def test_a_value_of_the_wrong_type_or_form_does_not_fit(kind: CustomType, value: object) -> None:
    assert not rules.fits(kind, LIST, value)


def test_a_value_is_shown_in_words_and_given_to_spreadsheets_with_its_type() -> None:
    told = [
        (T.TEXT, "abc", "abc", "abc"),
        (T.NUMBER, "7.5", "7.5", Decimal("7.5")),
        (T.DATE, "2026-11-04", "4 November 2026", date(2026, 11, 4)),
        (T.YES_NO, False, "No", False),
        (T.MONEY, 123450, "£1,234.50", Decimal("1234.5")),
        (T.CHOICE, "Nano", "Nano", "Nano"),
        (T.TEXT, None, "", None),
    ]
    for kind, value, shown, cell in told:
        assert (rules.shown(kind, value), rules.cell(kind, value)) == (shown, cell)
    assert rules.shown(T.DATE, "no day at all") == "no day at all"  # kept by an earlier mistake: shown, not hidden
    assert rules.cell(T.DATE, "no day at all") == "no day at all"


def test_yes_and_no_are_found_by_no_search() -> None:
    assert rules.findable(T.YES_NO, True) == ""
    assert rules.findable(T.MONEY, 34999) == "349.99"
    assert rules.findable(T.DATE, "2026-11-04") == "2026-11-04 4 November 2026"


FIELDS = (
    Field(ONE, LAPTOP, "MAC address", T.TEXT),
    Field(TWO, None, "Lock", T.CHOICE, LIST, retired=True),
)


def test_values_are_kept_where_the_kind_has_the_field() -> None:
    assert rules.settled(FIELDS, LAPTOP, {ONE: "00:1A"}, {}) == ({ONE: "00:1A"}, [])


@pytest.mark.parametrize(
    ("wanted", "had", "code"),
    [
        ({UUID(int=99): "x"}, {}, "custom_unknown"),
        ({ONE: "x" * 10_001}, {}, f"custom:{ONE}"),
        ({ONE: 5}, {}, f"custom:{ONE}"),
        ({TWO: "Nano"}, {}, "custom_retired"),
        ({TWO: "Nano"}, {TWO: "None"}, "custom_retired"),
        ({TWO: "Chain"}, {TWO: "None"}, f"custom:{TWO}"),
    ],
)
def test_a_foreign_wrong_or_retired_value_is_refused(
    wanted: dict[UUID, str | int], had: dict[UUID, object], code: str
) -> None:
    kept, found = rules.settled(FIELDS, LAPTOP, wanted, had)
    assert [blocker.code for blocker in found] == [code]


def test_what_does_not_change_may_always_stay() -> None:
    had: dict[UUID, object] = {TWO: "Taken out of the list", ONE: "old"}
    assert rules.settled(FIELDS, LAPTOP, {TWO: "Taken out of the list", ONE: "old"}, had)[0] == had


def test_another_kind_leaves_the_values_of_its_fields_behind() -> None:
    assert rules.settled(FIELDS, PROJECTOR, {ONE: "old"}, {ONE: "old"}) == ({}, [])
    _, found = rules.settled(FIELDS, PROJECTOR, {ONE: "new"}, {ONE: "old"})
    assert [blocker.code for blocker in found] == ["custom_unknown"]


@pytest.mark.parametrize(
    ("details", "codes"),
    [
        (FieldDetails("", T.TEXT), {"no_name"}),
        (FieldDetails("x" * 81, T.TEXT), {"too_long"}),
        (FieldDetails("Bell\x07", T.TEXT), {"unprintable"}),
        (FieldDetails("SERIAL number", T.TEXT), {"reserved"}),
        (FieldDetails("mac  ADDRESS", T.TEXT, LAPTOP), {"field_taken"}),
        (FieldDetails("MAC address", T.TEXT), {"field_taken"}),
        (FieldDetails("lock", T.TEXT, LAPTOP), {"field_taken"}),
        (FieldDetails("Colour", T.CHOICE, None, ("Red",)), {"choices"}),
        (FieldDetails("Colour", T.CHOICE, None, ("Red", "x" * 81)), {"choices"}),
        (FieldDetails("Colour", T.CHOICE, None, tuple(str(n) for n in range(101))), {"choices"}),
        (FieldDetails("Colour", T.TEXT, None, (), "h" * 201), {"hint"}),
        (FieldDetails("MAC address", T.TEXT, PROJECTOR), set()),
    ],
)
def test_a_field_that_is_no_use_is_refused(details: FieldDetails, codes: set[str]) -> None:
    found = rules.may_keep_field(rules.tidy_field(details), FIELDS)
    assert {blocker.code for blocker in found.blockers} == codes


def test_choices_are_kept_once_and_only_where_there_is_a_list() -> None:
    tidy = rules.tidy_field(FieldDetails(" Lock ", T.CHOICE, None, ("None", "", " nano ", "Nano", "NONE")))
    assert (tidy.name, tidy.choices) == ("Lock", ("None", "nano"))
    assert rules.tidy_field(FieldDetails("Lock", T.TEXT, None, LIST)).choices == ()


def test_the_type_of_a_field_stays_while_values_exist() -> None:
    before, after = FieldDetails("A", T.TEXT), FieldDetails("A", T.NUMBER)
    assert not rules.may_change_field(before, after, 1).allowed
    assert rules.may_change_field(before, after, 0).allowed
    assert not rules.may_change_field(before, FieldDetails("A", T.TEXT, LAPTOP), 3).allowed
    assert rules.may_change_field(FieldDetails("A", T.TEXT, LAPTOP), before, 3).allowed
