"""The drawn certificate: says what it must, survives hostile texts, never leaves its page, and is kept as PDF/A-3b."""

import hashlib
import subprocess
from dataclasses import replace
from datetime import timedelta
from io import BytesIO
from pathlib import Path
from typing import Any

import pytest
from PIL import Image

from labels import fonts
from tests.labels.raster import codes, pages
from tests.tracker.certificates.cast import (
    CODE,
    IDENTITY,
    REGISTER,
    SCHOOL,
    content,
    make,
    verified,
)
from tests.tracker.certificates.verapdf import broken
from tracker.certificates import words
from tracker.certificates.archive import archived
from tracker.certificates.paper import Asset, Content, Person, Registered, canonical
from tracker.certificates.render import VIRTUAL, render
from wipe.facts import BlockRange, Health
from wipe.record import Interruption, NotRecorded
from wipe.vocabulary import Medium, Method, Transport, TriState, VerificationKind

NASTY = (
    "<b>bold</b> <para> &amp; &#0; <font size=900>x</font> <img src='file:///etc/passwd'/> {0} %s \\( ) Tj ET Q "
    "\u202egnp.exe \x00\x07\x1b[31m \u05e9\u05dc\u05d5\u05dd \u0639\u0644\u064a\u0643\u0645 \U0001f600 \ufffe \ud7ff "
)
VIRTUAL_DRIVE = replace(IDENTITY, kind=Medium.VIRTUAL, transport=Transport.FILE, virtual=True, serial="DEMO-0001")


def tool(*command: str, pdf: bytes) -> str:
    done = subprocess.run([*command], input=pdf, capture_output=True, check=True)
    return done.stdout.decode()


def text_of(pdf: bytes) -> str:
    return tool("pdftotext", "-layout", "-", "-", pdf=pdf)


def crest(size: tuple[int, int] = (400, 500), mode: str = "RGBA") -> bytes:
    output = BytesIO()
    Image.new(mode, size, 0 if mode == "P" else None).save(output, "PNG")
    return output.getvalue()


def hostile(long: str) -> Content:
    """The texts of a certificate at their worst, and hundreds of everything that can be listed."""
    ranges = tuple(BlockRange(n * 1000, 7, long) for n in range(400))
    base = content()
    health = Health(TriState.NO, -40, 2**53 - 1, 2**53 - 1, 2**53 - 1, 255, 255, long, (long,) * 300)
    return replace(
        base,
        number=long[:40],  # the register's own limits; what a station says may be 4,096 characters each
        supersedes=long[:40],
        policy_version=long,
        procedure_version=long,
        school=replace(base.school, name=long[:200], address=(long,) * 20, postcode=long[:10], dfe_number=long[:8]),
        device=replace(
            base.device, make=long, model=long, serial=long, serial_source=long, wwn=long, firmware=long, bridge=long
        ),
        registered=Registered(Medium.UNKNOWN, long, long, long, long, None),
        asset=Asset("N056194P", long, long, long, long, long),
        source=long,
        reasons=(long,) * 60,
        standards=(long,) * 40,
        passes=tuple(replace(base.passes[0], unwritten=ranges) for _ in range(7)),
        verification=replace(base.verification, mismatched=ranges, unreadable=ranges, sha256=long),
        unreachable=(long,) * 60,
        health_before=health,
        health_after=health,
        errors=(long,) * 500,
        interruptions=(Interruption("x", Method.ZERO, base.started),) * 200,
        tool=long,
        tool_version=long,
        kernel=long,
        tool_procedure=long,
        station=long,
        key_id=long,
        record_id=long,
        job_id=long,
        operator=Person(long, long),
        issuer=Person(long, long),
        limits=long,
        not_recorded=(NotRecorded(long, long),) * 50,
    )


def inside(page: Image.Image) -> bool:
    """Whether the outer 9 mm of a page are white."""
    margin = round(9 / 25.4 * 100)
    bare = page.copy()
    bare.paste(255, (margin, margin, bare.width - margin, bare.height - margin))
    return bare.getextrema() == (255, 255)


def test_people_and_programs_find_the_facts_in_the_text() -> None:
    text = " ".join(text_of(render(content(), None)).split())
    for wanted in (
        "Certificate of data erasure",
        "OAK-E-000042",
        "WD-WCC2EFP01537",
        "N056-194P",
        "Oakfield Primary School",
        "DfE 885/2147",
        "This medium was sanitised to the level Clear of NIST SP 800-88 Rev. 2 and IEEE 2883-2022 by overwriting.",
        "Tomasz Łukaszewicz",
        "Siân Ó Briain",
        "24 November 2026, 09:31 (London); 2026-11-24 09:31:07 UTC",
        "500,107,862,016 of 500,107,862,016 bytes",
        "No software can prove the absence of data",
        content().evidence_sha256,
        "Page 1 of 3",
        "Page 3 of 3",
    ):
        assert wanted in text
    assert "VIRTUAL" not in text
    assert "forensic" not in text.lower()
    assert fonts.MISSING not in text


def test_the_code_on_the_first_page_opens_the_public_check() -> None:
    first = pages(render(content(), None), 150)[0]
    assert codes(first) == [f"HTTPS://CARETAKER.OAKFIELD.EXAMPLE/V/{CODE}"]


def test_the_same_content_gives_the_same_bytes_even_as_pdf_a() -> None:
    evidence = verified(make()).signed
    made = [archived(render(content(), crest()), content(), evidence) for _ in range(2)]
    assert made[0] == made[1]
    assert made[0] != archived(
        render(content(number="OAK-E-000043"), crest()), content(number="OAK-E-000043"), evidence
    )


def test_a_virtual_drive_is_marked_on_every_page() -> None:
    pdf = render(content(make(VIRTUAL_DRIVE, capacity=32 << 20)), None)
    raw = subprocess.run(["pdftotext", "-", "-"], input=pdf, capture_output=True, check=True).stdout.decode()
    for page in raw.split("\f")[:-1]:
        assert VIRTUAL in page
    assert "no evidence about any physical medium" in " ".join(raw.split())


def test_exceptions_are_in_the_title_and_named_and_no_pass() -> None:
    record = make(
        replace(IDENTITY, kind=Medium.USB_FLASH, transport=Transport.USB),
        method=Method.PATTERN_COMPLEMENT,
        kind=VerificationKind.SAMPLE,
    )
    text = " ".join(text_of(render(content(record), None)).split())
    assert "Certificate of data erasure" not in text
    assert "Erased with exceptions: this is not a pass" in text
    assert "Areas that the host does not see were not shown to be empty (HPA, DCO, AMAX)." in text
    assert "The rest was not read." in text
    assert "None is claimed" in text


def test_a_replacement_says_what_it_replaces_and_a_loose_medium_that_it_is_loose() -> None:
    text = text_of(render(content(supersedes="OAK-E-000017", asset=None, destination=None), None))
    assert "It replaces certificate OAK-E-000017." in text
    assert "Loose medium" in text
    assert "Not decided when this was issued" in text


def test_an_attested_medium_says_so_in_place_of_a_serial() -> None:
    record = make(replace(IDENTITY, serial=None), attestation="Label read aloud twice by two people")
    text = text_of(render(content(record), None))
    assert "Serial number, attested by the operator" in text
    assert "Label read aloud twice by two people" in text
    assert "the device gave none" in text


@pytest.mark.parametrize(
    "long", ["W" * 4096, NASTY * 18, "a b " * 1000, "\u05d0" * 4000, "\U0001f600" * 2000, "x", ""], ids=range(7)
)
def test_hostile_texts_neither_break_the_page_nor_leave_it(long: str, tmp_path: Path) -> None:
    pdf = archived(render(hostile(long), None), hostile(long), b"evidence")
    found = pages(pdf, 100)
    assert all(inside(page) for page in found)
    assert [code for page in found for code in codes(page)] == [REGISTER.verify_url]
    text = text_of(pdf)
    assert f"Page {len(found)} of {len(found)}" in text
    assert "more, all of them in the attached record" in text
    assert "root:" not in text
    path = tmp_path / "certificate.pdf"
    path.write_bytes(pdf)
    assert broken(path) == [[]]


def test_markup_is_text_and_what_the_typeface_lacks_is_marked_and_explained() -> None:
    text = " ".join(text_of(render(content(source=NASTY), None)).split())
    assert "<b>bold</b> <para> &amp;" in text
    assert "gnp.exe" in text
    assert f"{fonts.MISSING} stands for a character that this typeface does not have." in text


@pytest.mark.parametrize(
    "png",
    [
        crest(),
        crest((3000, 10)),
        crest((1, 1), "1"),
        crest((64, 64), "P"),
        crest((64, 64), "I;16"),
        b"",
        b"not a picture",
        crest()[:80],
        crest()[:-30],
        b"\x89PNG\r\n\x1a\n" + bytes(100),
    ],
    ids=range(10),
)
def test_any_crest_or_none_gives_a_certificate_that_can_be_kept(png: bytes, tmp_path: Path) -> None:
    path = tmp_path / "certificate.pdf"
    path.write_bytes(archived(render(content(), png), content(), b"evidence"))
    assert broken(path) == [[]]


def test_a_picture_bomb_is_left_out_in_time() -> None:
    output = BytesIO()
    Image.new("1", (30_000, 30_000)).save(output, "PNG")
    assert render(content(), output.getvalue()) == render(content(), None)


def test_fonts_are_embedded_and_few_bytes() -> None:
    pdf = archived(render(content(), None), content(), verified(make()).signed)
    lines = tool("pdffonts", "-", pdf=pdf).splitlines()[2:]
    assert lines
    assert all(line.split()[-5:-2] == ["yes", "yes", "yes"] for line in lines)
    assert {line.split()[0].split("+")[1].split("-")[0] for line in lines} == {"FiraSans", "IBMPlexMono"}
    assert len(pdf) < 55_000


def test_evidence_and_content_come_out_of_the_file_byte_for_byte(tmp_path: Path) -> None:
    evidence = verified(make()).signed
    path = tmp_path / "certificate.pdf"
    path.write_bytes(archived(render(content(), crest()), content(), evidence))
    (tmp_path / "out").mkdir()
    subprocess.run(["pdfdetach", "-saveall", "-o", str(tmp_path / "out"), str(path)], check=True, capture_output=True)
    assert (tmp_path / "out" / "evidence.jws").read_bytes() == evidence
    assert (tmp_path / "out" / "content.json").read_bytes() == canonical(content())
    assert hashlib.sha256(evidence).hexdigest() in text_of(path.read_bytes())


def test_the_checker_tells_a_plain_pdf_from_an_archived_one(tmp_path: Path) -> None:
    plain, kept = tmp_path / "plain.pdf", tmp_path / "kept.pdf"
    plain.write_bytes(render(content(), None))
    kept.write_bytes(archived(render(content(), None), content(), b"evidence"))
    found = broken(plain, kept)
    assert found[0]
    assert found[1] == []


def test_a_pdf_that_cannot_be_kept_is_refused() -> None:
    from reportlab.pdfgen.canvas import Canvas

    output = BytesIO()
    canvas = Canvas(output)
    canvas.drawString(100, 100, "in a font that is not embedded")
    canvas.save()
    with pytest.raises(RuntimeError, match="PDF/A"):
        archived(output.getvalue(), content(), b"evidence")


@pytest.mark.parametrize(
    ("count", "shown"),
    [
        (0, "0 bytes"),
        (999, "999 bytes"),
        (33_554_432, "33.6 MB (33,554,432 bytes)"),
        (500_107_862_016, "500.1 GB (500,107,862,016 bytes)"),
        (10**18, "1000.0 PB (1,000,000,000,000,000,000 bytes)"),
    ],
)
def test_sizes_are_in_decimal_units_as_on_the_label_of_a_drive(count: int, shown: str) -> None:
    assert words.size(count) == shown


@pytest.mark.parametrize(
    ("seconds", "shown"),
    [
        (0, "0 s"),
        (59, "59 s"),
        (60, "1 min 00 s"),
        (3_600, "1 h 00 min 00 s"),
        (360_061, "100 h 01 min 01 s"),
        (-5, "0 s"),
    ],
)
def test_durations_read_like_a_clock(seconds: int, shown: str) -> None:
    start = content().started
    assert words.duration(start, start + timedelta(seconds=seconds)) == shown


def test_every_word_of_the_vocabulary_has_words_for_people() -> None:
    tables: tuple[dict[Any, str], ...] = (
        words.KIND,
        words.DATA,
        words.GOES,
        words.METHOD,
        words.PATTERN,
        words.AREA,
    )
    for table in tables:
        kind = type(next(iter(table)))
        assert set(table) == set(kind)


def test_the_school_is_named_in_full_in_the_details_where_the_head_is_too_narrow() -> None:
    name = "Saint Wulfstan and All Saints Church of England Voluntary Aided Primary School and Nursery of Oakfield"
    text = " ".join(text_of(render(content(school=replace(SCHOOL, name=name)), None)).split())
    assert f"{name}, Mill Lane" in text
