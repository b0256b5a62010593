"""Headings as schools write them."""

import pytest

from tracker.imports.asset_targets import ASSETS, DRIVES, NOTE, TARGETS
from tracker.imports.targets import Field, heading_key

pytestmark = pytest.mark.pure


def meaning(
    *headings: str, samples: dict[str, list[str]] | None = None, fields: tuple[Field, ...] = ()
) -> dict[str, str]:
    told = [(samples or {}).get(heading, []) for heading in headings]
    return {headings[column]: word for column, word in ASSETS.guess(headings, told, fields).items()}


@pytest.mark.parametrize(
    ("heading", "word"),
    [
        ("Serial No", "serial"),
        ("S/N", "serial"),
        ("SERIAL NUMBER:", "serial"),
        ("Service Tag", "serial"),
        ("Room", "location"),
        ("Location", "location"),
        ("Purchased", "acquired_on"),
        ("Date of purchase", "acquired_on"),
        ("Cost (£)", "cost_pence"),
        ("Price ex. VAT", "cost_pence"),
        ("Item", "kind"),
        ("Asset Type", "kind"),
        ("Manufacturer", "make"),
        ("Make/Model", "model"),
        ("Assigned To", "responsible"),
        ("Staff member", "responsible"),
        ("Status", "state"),
        ("Owned / Leased", "ownership"),
        ("Warranty expiry", "warranty_until"),
        ("PO Number", "order_number"),
        ("Funding source", "funding_source"),
        ("Comments", "notes"),
        ("Hard drive serial", "drive.1.serial"),
        ("HDD S/N", "drive.1.serial"),
        ("Drive 2 serial", "drive.2.serial"),
        ("Serial (drive)", "serial"),
        ("SSD size", "drive.1.capacity"),
        ("Second drive serial number", "drive.2.serial"),
        ("Asset No.", NOTE),
        ("Useful life (years)", "life_months"),
        ("Security marked", "security_marking"),
        ("Colour", "description"),
    ],
)
def test_a_heading_is_known_by_its_name(heading: str, word: str) -> None:
    assert meaning(heading) == {heading: word}


@pytest.mark.parametrize(
    "heading", ["", "   ", "Cost inc VAT", "Gross price including VAT", "Wotsit", "Storage", "\u200b", "?"]
)
def test_what_is_not_known_is_left_to_people(heading: str) -> None:
    assert meaning(heading) == {}


def test_the_labels_of_all_targets_are_known_so_that_the_sample_comes_back() -> None:
    headings = [one.label for one in TARGETS if one.word != NOTE]
    assert list(meaning(*headings).values()) == [one.word for one in TARGETS if one.word != NOTE]


def test_the_first_of_two_columns_with_one_meaning_gets_it() -> None:
    assert meaning("Room", "Location", "Serial", "S/N") == {"Room": "location", "Serial": "serial"}


def test_drives_are_counted_where_they_have_no_number() -> None:
    headings = [f"HDD serial{' ' * one}" for one in range(DRIVES + 2)]
    assert list(meaning(*headings).values()) == [f"drive.{one}.serial" for one in range(1, DRIVES + 1)]


def test_the_schools_own_numbers_under_asset_tag_go_to_the_notes_and_ours_do_not() -> None:
    assert meaning("Asset Tag", samples={"Asset Tag": ["SB001", "SB002"]}) == {"Asset Tag": NOTE}
    assert meaning("Asset Tag", samples={"Asset Tag": []}) == {"Asset Tag": "tag"}


def test_a_field_of_the_school_is_known_by_its_name_before_everything_else() -> None:
    own = Field("custom.00000000-0000-0000-0000-000000000001", "Screen size")
    assert meaning("SCREEN  size", fields=(own,)) == {"SCREEN  size": own.word}


def test_the_row_with_the_most_known_headings_has_the_headings() -> None:
    assert ASSETS.score(["Item", "Make", "Serial No", "Room"]) == 4
    assert ASSETS.score(["St Brigid's ICT equipment", "", "2024"]) == 0


def test_words_are_unique_and_labels_too() -> None:
    assert len(ASSETS.by_word) == len(TARGETS) == len({heading_key(one.label) for one in TARGETS})
