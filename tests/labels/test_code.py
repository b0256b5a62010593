"""The tag: its check character catches every single slip, and scanning takes what scanners give."""

import secrets
from itertools import combinations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from labels.code import ALPHABET, LENGTH, SCAN_LIMIT, ScanKind, new, normalise, scanned, shown

pytestmark = pytest.mark.pure

TAG = new(lambda count: bytes(range(17, 17 + count)))
tags = st.binary(min_size=5, max_size=5).map(lambda drawn: new(lambda count: drawn))


def test_the_alphabet_is_crockfords_base_32_and_a_known_tag_stays_what_it_is() -> None:
    assert ALPHABET == "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
    assert new(lambda count: b"\x00" * count) == "00000000"
    assert normalise(TAG) == TAG
    assert TAG == "N056194P"


@given(tags)
def test_every_single_wrong_character_is_caught(tag: str) -> None:
    for place in range(LENGTH):
        for wrong in ALPHABET.replace(tag[place], ""):
            assert normalise(tag[:place] + wrong + tag[place + 1 :]) is None


@given(tags)
def test_every_swap_of_two_different_characters_is_caught_even_far_apart(tag: str) -> None:
    for one, other in combinations(range(LENGTH), 2):
        swapped = list(tag)
        swapped[one], swapped[other] = tag[other], tag[one]
        assert (normalise("".join(swapped)) == tag) == (tag[one] == tag[other])
        if tag[one] != tag[other]:
            assert normalise("".join(swapped)) is None


def test_the_weights_themselves_leave_no_slip_uncaught() -> None:
    """Without chance: a slip of every size at every place, and every pair of places, on a tag of zeros."""
    for place in range(LENGTH):
        for character in ALPHABET[1:]:
            assert normalise("0" * place + character + "0" * (LENGTH - 1 - place)) is None
    for one, other in combinations(range(LENGTH), 2):
        for character in ALPHABET[1:]:  # by linearity, a swap of characters that differ by this much
            both = ["0"] * LENGTH
            both[one] = both[other] = character
            assert normalise("".join(both)) is None


@given(tags, st.sampled_from(["-", " ", " - ", "\u2011", "–"]), st.booleans())
def test_people_may_type_it_in_any_case_with_hyphens_and_with_look_alikes(tag: str, gap: str, low: bool) -> None:
    typed = gap.join((tag[:4], tag[4:])).replace("0", "O").replace("1", "l" if low else "I")
    assert normalise(f" {typed.lower() if low else typed}\n") == tag
    assert normalise(shown(tag)) == tag


@pytest.mark.parametrize(
    "text",
    [
        "",
        " ",
        "-",
        TAG[:-1],
        TAG + "0",
        TAG[:-1] + "U",
        "ſ" * 8,
        "０" * 8,
        "0000\u202e0000",
        "0000\x000000",
        "0" * 10_000,
    ],
)
def test_what_is_no_tag_is_none(text: str) -> None:
    assert normalise(text) is None


def test_a_source_that_gives_too_few_bytes_is_refused() -> None:
    with pytest.raises(ValueError, match="five random bytes"):
        new(lambda count: b"\x00")


def test_tags_from_the_system_differ() -> None:
    assert len({new(secrets.token_bytes) for _ in range(1000)}) == 1000


@pytest.mark.parametrize(
    "raw",
    [
        TAG,
        f" {shown(TAG)}\r\n",
        f"HTTPS://CARETAKER.SCHOOL.EXAMPLE/A/{TAG}",
        f"https://caretaker.school.example/a/{TAG.lower()}/",
        f"http://10.0.0.7:8080/A/{shown(TAG)}?from=label#x",
        f"https://trust.example/oakfield/A/{TAG}",
        f"]Q1HTTPS://OLD-NAME.EXAMPLE/A/{TAG}",
        f"]d2{TAG}",
        f"\x02{TAG}\x03",
    ],
)
def test_a_scan_of_our_label_gives_the_tag_whatever_the_host(raw: str) -> None:
    scan = scanned(raw)
    assert (scan.kind, scan.tag, scan.problem) == (ScanKind.TAG, TAG, "")


@pytest.mark.parametrize(
    ("raw", "text"),
    [
        ("  5CG1234XYZ\r\n", "5CG1234XYZ"),
        ("]C10109506000134352\x1d10ABC", "010950600013435210ABC"),
        ("S/N  WD-WCC4\tN7", "S/N WD-WCC4 N7"),
        ("\u202eABC\u200b\x00", "ABC"),
        ("https://vendor.example/support/A1", "https://vendor.example/support/A1"),
        (f"see https://x.example/A/{TAG}", f"see https://x.example/A/{TAG}"),
        ("]", "]"),
        ("Łódź 7", "Łódź 7"),
    ],
)
def test_any_other_barcode_is_kept_as_text_without_control_characters(raw: str, text: str) -> None:
    scan = scanned(raw)
    assert (scan.kind, scan.tag, scan.text) == (ScanKind.OTHER, None, text)


@pytest.mark.parametrize(
    "raw",
    [
        "",
        " \r\n",
        "\x00\x1d",
        "]C1",
        f"https://x.example/A/{TAG[:-1]}6",
        "https://x.example/A/",
        "https://x.example/a/nope",
    ]
    + ["A" * (SCAN_LIMIT + 1)],
)
def test_an_empty_damaged_or_endless_scan_is_invalid_and_says_so(raw: str) -> None:
    scan = scanned(raw)
    assert (scan.kind, scan.tag) == (ScanKind.INVALID, None)
    assert scan.problem.endswith(".")
    assert len(scan.text) <= SCAN_LIMIT


@given(st.text(max_size=600))
def test_no_text_breaks_the_scanner_and_control_characters_never_survive(raw: str) -> None:
    scan = scanned(raw)
    assert len(scan.text) <= SCAN_LIMIT
    assert scan.text.strip() == scan.text
    assert all(character.isprintable() for character in scan.text)
    assert (scan.kind is ScanKind.TAG) == (scan.tag is not None)
