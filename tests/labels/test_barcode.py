"""What manufacturers' codes hold: the serial number is among the guesses, and no text makes reading fail."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from labels.barcode import MOST, read

pytestmark = pytest.mark.pure

GS, RS, EOT = "\x1d", "\x1e", "\x04"


@pytest.mark.parametrize(
    ("raw", "serial"),
    [
        ("(01)09506000134352(21)PF3K9X2L", "PF3K9X2L"),
        ("(21)PF3K9X2L(10)LOT7", "PF3K9X2L"),
        ("]C10109506000134352" + "21PF3K9X2L", "PF3K9X2L"),
        ("]d2010950600013435221PF3K9X2L" + GS + "10LOT7", "PF3K9X2L"),
        ("]Q310LOT7" + GS + "21PF3K9X2L", "PF3K9X2L"),
        ("010950600013435221PF3K9X2L", "PF3K9X2L"),
        ("]C18004" + "5060001343PF3K9X2L", "5060001343PF3K9X2L"),
        ("]C11726113010LOT7<GS>21PF3K9X2L", "PF3K9X2L"),
        ("]C1240PART\u241d21PF3K9X2L", "PF3K9X2L"),
        (GS + "21PF3K9X2L", "PF3K9X2L"),
        ("S/N:PF3K9X2L", "PF3K9X2L"),
        ("S/N: PF3K9X2L", "PF3K9X2L"),
        ("SN PF3K9X2L", "PF3K9X2L"),
        ("SNPF3K9X2L", "PF3K9X2L"),
        ("sn=pf3k9x2l", "pf3k9x2l"),
        ("Serial No. PF3K9X2L", "PF3K9X2L"),
        ("Serial Number: PF3K9X2L", "PF3K9X2L"),
        ("SERIAL#PF3K9X2L", "PF3K9X2L"),
        ("(S) Serial No. C02XG0FDJGH5", "C02XG0FDJGH5"),
        ("SC02XG0FDJGH5", "C02XG0FDJGH5"),
        ("S5CG1234XYZ", "5CG1234XYZ"),
        ("1S20L7CTO1WWPF3K9X2L", "PF3K9X2L"),
        ("1S2347A36R9AB123", "R9AB123"),
        ("8SSB20F21234L1HF92A00AB", "HF92A00AB"[-8:]),
        ("*PF3K9X2L-77*", "PF3K9X2L-77"),
        ("Service Tag: 7XK2BD3", "7XK2BD3"),
        ("https://www.dell.com/support/home/en-gb/product-support/servicetag/7XK2BD3/overview", "7XK2BD3"),
        ("https://support.example/q?pn=20L7&s=PF3K9X2L", "PF3K9X2L"),
        ("P/N:20L7CTO1WW;S/N:PF3K9X2L;MAC:001122334455", "PF3K9X2L"),
        ("MTM:20L7CTO1WW,SN:PF3K9X2L", "PF3K9X2L"),
        ("20L7CTO1WW\tPF3K9X2L", "PF3K9X2L"),
        ("20L7CTO1WW|SPF3K9X2L", "PF3K9X2L"),
        ("Model=5420\nSerial=PF3K9X2L\n", "PF3K9X2L"),
        (f"[)>{RS}06{GS}1P20L7CTO1WW{GS}SPF3K9X2L{RS}{EOT}", "PF3K9X2L"),
        (f"[)>{RS}06{GS}25SUN123456789PF3K9X2L{RS}{EOT}", "UN123456789PF3K9X2L"),
        (f"[)>{RS}05{GS}21PF3K9X2L{RS}{EOT}", "PF3K9X2L"),
        ("WWN: 5000C500A1B2C3D4", "5000C500A1B2C3D4"),
        ("WWN 5 000C50 0A1B2C3D4", "5000C500A1B2C3D4"),
        ("50:00:c5:00:a1:b2:c3:d4", "5000c500a1b2c3d4"),
        ("naa.5000c500a1b2c3d4", "5000c500a1b2c3d4"),
        ("0x5000c500a1b2c3d4", "5000c500a1b2c3d4"),
        ("EUI64 0025385B61B0D0A1", "0025385B61B0D0A1"),
        ("S/N: S5H9NX0N123456 WWN: 5002538E90123456", "S5H9NX0N123456"),
        ("S/N: S5H9NX0N123456 WWN: 5002538E90123456", "5002538E90123456"),
    ],
)
def test_the_serial_number_is_among_the_guesses(raw: str, serial: str) -> None:
    assert serial in {read(raw).whole, *read(raw).guesses}


@pytest.mark.parametrize("gaps", ["", "-", " "])
def test_an_express_service_code_is_the_service_tag_in_base_36(gaps: str) -> None:
    digits = str(int("7XK2BD3", 36))
    assert read(gaps.join((digits[:3], digits[3:]))).guesses == ("7XK2BD3",)
    assert read(str(36**7)).guesses == ()
    assert read(str(36**6 - 1)).guesses == ()


def test_the_likeliest_guess_comes_first() -> None:
    assert read("P/N:20L7CTO1WW;S/N:PF3K9X2L").guesses[0] == "PF3K9X2L"
    assert read("1S20L7CTO1WWPF3K9X2L").guesses[0] == "PF3K9X2L"
    assert read("010950600013435221PF3K9X2L").guesses[0] == "PF3K9X2L"


@pytest.mark.parametrize(
    "words", ["hall projector", "Dell Latitude 5420", "room 12345 north", "", " ", "-", "]C1", "[)>"]
)
def test_words_that_are_no_code_hold_no_guess(words: str) -> None:
    assert read(words).guesses == ()


@pytest.mark.parametrize(
    ("text", "article"),
    [("5060000000017", False), ("4006381333931", True), ("036000291452", True), ("96385074", True),
     ("04006381333931", True), ("4006381333932", False), ("PF3K9X2L", False), ("٤٠٠٦٣٨١٣٣٣٩٣١", False)],
)  # fmt: skip
def test_an_article_number_is_told_by_its_check_digit(text: str, article: bool) -> None:
    assert read(text).article == article
    assert read("]E0" + text).article == article


@given(
    st.text(max_size=700)
    | st.text(alphabet="()[]>SNP/1280:;=0 ]C\x1d\x1e\x04WEUI-", max_size=120)
    | st.from_regex(r"\](C1|d2|Q3)[0-9]{2,60}\x1d?[A-Z0-9]{0,20}", fullmatch=True)
)
def test_any_text_at_all_is_read_in_bounds(text: str) -> None:
    found = read(text)
    assert len(found.guesses) <= MOST
    assert all(one.isprintable() and 4 <= len(one) <= 512 for one in found.guesses)
    assert len(set(found.guesses)) == len(found.guesses)
