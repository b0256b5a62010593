"""What may be attached, and under which name. No file is opened here."""

import pytest

from tracker.attachments import rules
from tracker.attachments.rules import MediaType, PdfFacts, Present

pytestmark = pytest.mark.pure
JPEG, PDF = MediaType.JPEG, MediaType.PDF


@pytest.mark.parametrize(
    ("name", "kept"),
    [
        ("IMG_0012.JPG", "IMG_0012.jpg"),
        ("scan.pdf", "scan.jpg"),
        ("../../etc/passwd", "passwd.jpg"),
        ("..\\..\\windows\\system32\\cmd.exe", "cmd.exe.jpg"),
        ("C:\\fakepath\\photo.jpeg", "photo.jpg"),
        ("/", "photo.jpg"),
        ("", "photo.jpg"),
        (".", "photo.jpg"),
        ("....", "photo.jpg"),
        (".htaccess", "htaccess.jpg"),
        ("a\0b.jpg", "ab.jpg"),
        ("a\r\nSet-Cookie: x=1.jpg", "a Set-Cookie_ x=1.jpg"),
        ('a"b; filename=evil.exe', "a_b_ filename=evil.exe.jpg"),
        ("invoice\u202egpj.exe", "invoicegpj.exe.jpg"),
        ("a\u200b\u2066b.jpg", "ab.jpg"),
        ("CON", "_CON.jpg"),
        ("con.jpg", "_con.jpg"),
        ("LPT1.tar.jpg", "_LPT1.tar.jpg"),
        ("console.jpg", "console.jpg"),
        ("Größe £5.png", "Größe £5.jpg"),
        ("e\u0301te\u0301.png", "été.jpg"),
        ("写真.jpeg", "写真.jpg"),
        ("a%2e%2e.jpg", "a_2e_2e.jpg"),
        ("photo.jpg.", "photo.jpg"),
        ("photo. . .jpg", "photo.jpg"),
        ("report.final", "report.final.jpg"),
        ("\ud800.jpg", "jpg.jpg"),
    ],
)
def test_a_name_is_safe_on_every_system_and_ends_as_the_content_is(name: str, kept: str) -> None:
    assert rules.kept_name(name, JPEG) == kept


@pytest.mark.parametrize("name", ["x" * 5000, "ü" * 300 + ".jpg", "a/" * 3000 + "y" * 200, "." * 4000 + "z"])
def test_a_long_name_is_cut_and_keeps_its_ending(name: str) -> None:
    kept = rules.kept_name(name, PDF)
    assert len(kept) <= rules.NAME_LIMIT
    assert kept.endswith(".pdf")
    assert len(kept) > 4


def test_every_type_has_a_kind_an_ending_and_words() -> None:
    assert {one.kind for one in MediaType} == set(rules.Kind)
    assert [one.suffix for one in MediaType] == [".jpg", ".png", ".webp", ".pdf", ".txt"]
    assert all(one.label for one in MediaType)


@pytest.mark.parametrize(
    ("head", "found"),
    [
        (b"\xff\xd8\xff\xe0", JPEG),
        (b"\x89PNG\r\n\x1a\n", MediaType.PNG),
        (b"RIFF\0\0\0\0WEBPVP8 ", MediaType.WEBP),
        (b"RIFF\0\0\0\0WAVEfmt ", MediaType.TEXT),  # and then no text, since it holds NUL
        (b"%PDF-1.7", PDF),
        (b" %PDF-1.7", MediaType.TEXT),
        (b"", "empty"),
        (b"\0\0\0\x18ftypheic\0\0\0\0", "heic"),
        (b"\0\0\0\x18ftypmif1\0\0\0\0", "heic"),
        (b"\0\0\0\x1cftypavif\0\0\0\0", "other_image"),
        (b"\0\0\0\x18ftypmp42\0\0\0\0", "unknown"),
        (b"GIF89a", "other_image"),
        (b"BM", "other_image"),
        (b"II*\0", "other_image"),
        (b"PK\3\4", "office"),
        (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", "office"),
        (b"{\\rtf1", "office"),
        (b"\x1f\x8b\x08", "office"),
    ],
)
def test_the_first_bytes_tell_the_type(head: bytes, found: object) -> None:
    assert rules.recognise(head) == found


@pytest.mark.parametrize(
    ("data", "code"),
    [
        (b"Serial;Weight\r\nWD-1;0.6\r\n", None),
        ("\ufeffGr\u00f6\u00dfe".encode(), None),
        (b"a <b and c> d, x < a then", None),
        (b" \r\n\t ", "empty"),
        (b"<!DOCTYPE html>", "drawing"),
        (b"\n\n  <SVG onload=alert(1)>", "drawing"),
        (b"notes\n<script src=//x>", "drawing"),
        (b"<?xml version='1.0'?>", "drawing"),
        (b"<?php system($_GET[0]);", "drawing"),
        (b"a\0b", "unknown"),
        (b"a\x1b[2Jb", "unknown"),
        ("a\u202eb".encode(), "unknown"),
        ("<html>".encode("utf-16"), "unknown"),
        (b"\xff\xfe\xfa", "unknown"),
        (b"x" * (rules.TEXT_LIMIT + 1), "long_text"),
        (b"x\0" * rules.TEXT_LIMIT, "unknown"),
    ],
)
def test_text_is_plain_text_only(data: bytes, code: str | None) -> None:
    assert rules.text_refusal(data) == code


def test_a_pdf_that_only_shows_pages_is_taken_and_every_other_is_not() -> None:
    assert rules.pdf_refusal(PdfFacts(pages=1)) is None
    assert rules.pdf_refusal(PdfFacts()) == "damaged_pdf"
    found = [
        rules.pdf_refusal(PdfFacts(pages=1, **{name: True}))  # type: ignore[arg-type] # all of them are booleans
        for name in ("encrypted", "scripts", "files", "starts", "xfa", "archive")
    ]
    assert None not in found
    assert len(set(found)) == 6


def test_every_refusal_names_the_file_and_ends_as_a_sentence() -> None:
    for code in rules.WHY:
        blocker = rules.refusal("../a\u202eb.exe", code)
        assert blocker.code == code
        assert blocker.message.startswith("ab.exe ")
        assert blocker.message.endswith(".")


def test_one_file_more_than_a_thing_may_have_and_the_same_again_are_refused() -> None:
    assert rules.may_attach(Present(rules.SUBJECT_LIMIT - 1), "a.jpg", "").allowed
    full = rules.may_attach(Present(rules.SUBJECT_LIMIT, same="b.jpg"), "a.jpg", "x" * 201)
    assert [one.code for one in full.blockers] == ["long_caption", "too_many", "same_file"]
    assert "b.jpg" in full.blockers[2].message


@pytest.mark.parametrize(("count", "code"), [(0, "no_file"), (1, None), (10, None), (11, "many_files")])
def test_so_many_files_in_one_go(count: int, code: str | None) -> None:
    assert [one.code for one in rules.may_add(count).blockers] == ([code] if code else [])


@pytest.mark.parametrize("caption", ["x" * 201, "a\x1bb", "a\u202eb"])
def test_a_caption_can_be_shown(caption: str) -> None:
    assert not rules.may_caption(caption).allowed
    assert rules.may_caption("Scratch on the lid, before the loan").allowed


@pytest.mark.parametrize(
    ("reason", "allowed"), [("", False), ("oops", False), ("x" * 10, True), (" x " * 4, False), ("x" * 1001, False)]
)
def test_removing_needs_a_reason(reason: str, allowed: bool) -> None:
    assert rules.may_remove(removed=False, reason=reason).allowed is allowed
    assert not rules.may_remove(removed=True, reason="x" * 20).allowed


def test_only_what_was_removed_is_erased_and_only_once() -> None:
    assert rules.may_erase(removed=True, erased=False, reason="A pupil is in it").allowed
    assert not rules.may_erase(removed=False, erased=False, reason="A pupil is in it").allowed
    assert not rules.may_erase(removed=True, erased=True, reason="A pupil is in it").allowed
    assert not rules.may_erase(removed=True, erased=False, reason="").allowed
