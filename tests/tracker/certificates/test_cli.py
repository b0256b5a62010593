"""Checking a file offline: every change is caught, by a check that first finds the unchanged file genuine."""

import argparse
import json
import subprocess
import sys
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from tests.tracker.certificates import cast
from tracker.certificates import authority, cli, offline, paper, sign
from tracker.certificates.archive import archived
from tracker.certificates.render import render
from wipe import record

pytestmark = pytest.mark.pure

RECORD = record.sign(cast.make(), cast.KEY)
PUBLIC = cast.KEY.public_key()
KEY_PEM = PUBLIC.public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)


@dataclass(frozen=True)
class Files:
    """A genuine certificate and what it is checked with, on a disk."""

    folder: Path
    signer: authority.Signer
    pdf: bytes

    def put(self, name: str, data: bytes) -> Path:
        path = self.folder / name
        path.write_bytes(data)
        return path

    def made(self, content: paper.Content, evidence: bytes) -> bytes:
        """A certificate that the school itself signed, whatever it says."""
        return sign.sign(archived(render(content, None), content, evidence), self.signer)

    def verify(self, data: bytes, *, ca: bool = True, key: bool = True) -> int:
        """The exit status for a file."""
        words = ["certificate", "verify", str(self.put("file", data))]
        words += ["--ca", str(self.put("ca.pem", self.signer.public_pem))] if ca else []
        words += ["--key", str(self.put("key.pem", KEY_PEM))] if key else []
        return run(words)


def run(words: list[str]) -> int:
    parser = argparse.ArgumentParser()
    cli.add(parser.add_subparsers(required=True))
    options = parser.parse_args(words)
    return int(options.command(options))


@pytest.fixture(scope="module")
def signer(tmp_path_factory: pytest.TempPathFactory) -> authority.Signer:
    now = datetime(2026, 11, 24, 9, 0, tzinfo=UTC)
    return authority.ready(tmp_path_factory.mktemp("signing") / "school", "Oakfield Primary School", now)


@pytest.fixture(scope="module")
def pdf(signer: authority.Signer) -> bytes:
    content = cast.content()
    return sign.sign(archived(render(content, None), content, RECORD), signer)


@pytest.fixture
def files(tmp_path: Path, signer: authority.Signer, pdf: bytes) -> Files:
    found = Files(tmp_path, signer, pdf)
    assert found.verify(pdf) == cli.GENUINE  # what every test below changes is genuine before
    return found


def test_a_genuine_certificate_passes_every_point(files: Files, capsys: pytest.CaptureFixture[str]) -> None:
    words = ["certificate", "verify", str(files.put("c.pdf", files.pdf)), "--json"]
    words += ["--ca", str(files.put("ca.pem", files.signer.public_pem)), "--key", str(files.put("k.pem", KEY_PEM))]
    capsys.readouterr()
    assert run(words) == cli.GENUINE
    told = json.loads(capsys.readouterr().out)
    assert told["genuine"] is True
    assert [point["name"] for point in told["points"]] == ["file", "signer", "record", "named", "agreement"]
    assert told["about"]["number"] == "OAK-E-000042"
    assert told["about"]["outcome"] == "SANITISED_CLEAR"


@pytest.mark.parametrize(("ca", "key"), [(False, True), (True, False), (False, False)])
def test_without_a_key_it_is_not_proved_though_nothing_is_wrong(files: Files, ca: bool, key: bool) -> None:
    assert files.verify(files.pdf, ca=ca, key=key) == cli.NOT_PROVED


def test_a_flipped_byte_anywhere_is_never_genuine(files: Files) -> None:
    """Anywhere but in the room for the signature itself, where a copy of the authority lies that nobody relies on."""
    start = files.pdf.index(b"/Contents <") + len(b"/Contents <")
    room = range(start, files.pdf.index(b">", start))
    places = [place for place in range(20, len(files.pdf), len(files.pdf) // 90) if place not in room]
    assert len(places) > 70
    for place in places:
        changed = bytearray(files.pdf)
        changed[place] ^= 4
        assert files.verify(bytes(changed)) in (cli.NOT_GENUINE, cli.UNUSABLE), place


ADDED_OR_CUT: list[Callable[[bytes], bytes]] = [
    lambda pdf: pdf + b"\n% more\n",
    lambda pdf: pdf[:-200],
    lambda pdf: pdf[: len(pdf) // 2],
]


@pytest.mark.parametrize("change", ADDED_OR_CUT)
def test_something_added_or_cut_off_is_caught(files: Files, change: Callable[[bytes], bytes]) -> None:
    assert files.verify(change(files.pdf)) in (cli.NOT_GENUINE, cli.UNUSABLE)


def test_another_schools_signature_is_caught(files: Files, tmp_path: Path) -> None:
    now = datetime(2026, 11, 24, 9, 0, tzinfo=UTC)
    forger = authority.ready(tmp_path / "forger", "Oakfield Primary School", now)
    forged = replace(files, signer=forger).made(cast.content(), RECORD)
    assert files.verify(forged) == cli.NOT_GENUINE


def test_a_certificate_without_a_signature_is_caught(files: Files) -> None:
    content = cast.content()
    assert files.verify(archived(render(content, None), content, RECORD)) == cli.NOT_GENUINE


@pytest.mark.parametrize(
    "changes",
    [
        {"claims": ("This medium was destroyed.",)},
        {"device": replace(cast.content().device, serial="OTHER-SERIAL")},
        {"operator": paper.Person("Somebody Else", "Technician")},
        {"asset": replace(cast.REGISTER.asset, tag="0000000A")},  # type: ignore[type-var]
        {"ended": cast.START},
        {"standards": ("NIST SP 800-88 Rev. 2 (September 2025), Purge",)},
    ],
)
def test_content_that_does_not_follow_from_the_record_is_caught_though_the_school_signed_it(
    files: Files, changes: dict[str, Any]
) -> None:
    assert files.verify(files.made(cast.content(), RECORD)) == cli.GENUINE
    assert files.verify(files.made(replace(cast.content(), **changes), RECORD)) == cli.NOT_GENUINE


def test_another_record_inside_is_caught(files: Files) -> None:
    other = record.sign(cast.make(record_id="01938c5e-7a3b-7d52-9c11-4be07f3a6d21"), cast.KEY)
    assert files.verify(files.made(cast.content(), other)) == cli.NOT_GENUINE


def test_a_changed_record_inside_is_caught(files: Files) -> None:
    changed = bytearray(RECORD)
    changed[len(changed) // 2] = ord("A") if changed[len(changed) // 2] != ord("A") else ord("B")
    assert files.verify(files.made(cast.content(), bytes(changed))) == cli.NOT_GENUINE


def test_a_record_by_another_station_is_caught(files: Files) -> None:
    key = Ed25519PrivateKey.generate()
    made = cast.settle(replace(cast.make(), key_id=record.key_id(key.public_key())))
    assert files.verify(record.sign(made, key)) == cli.NOT_GENUINE


def test_a_record_alone_is_checked_too(files: Files, capsys: pytest.CaptureFixture[str]) -> None:
    assert files.verify(RECORD) == cli.GENUINE
    assert files.verify(RECORD + b"\n", ca=False) == cli.GENUINE
    assert "SANITISED_CLEAR" in capsys.readouterr().out
    assert files.verify(RECORD, key=False) == cli.NOT_PROVED
    assert files.verify(RECORD[:-4]) == cli.NOT_GENUINE


@pytest.mark.parametrize("data", [b"", b"x" * 100, b"\x00\xff", b"a.b.c"])
def test_a_file_that_is_nothing_of_ours_is_never_genuine(files: Files, data: bytes) -> None:
    assert files.verify(data) == cli.NOT_GENUINE


@pytest.mark.parametrize("data", [b"%PDF-1.7", b"%PDF-1.7\n" + b"\x00" * 5000])
def test_a_pdf_that_is_no_certificate_cannot_be_used(files: Files, data: bytes) -> None:
    assert files.verify(data) == cli.UNUSABLE


@pytest.mark.parametrize("option", ["--ca", "--key"])
def test_a_key_that_is_none_cannot_be_used(files: Files, option: str, capsys: pytest.CaptureFixture[str]) -> None:
    words = ["certificate", "verify", str(files.put("c.pdf", files.pdf)), option, str(files.put("bad", b"no key"))]
    assert run(words) == cli.UNUSABLE
    assert run([*words[:-1], str(files.folder / "missing")]) == cli.UNUSABLE
    assert "What to do" in capsys.readouterr().err


def test_a_name_cannot_move_the_terminals_cursor(files: Files, capsys: pytest.CaptureFixture[str]) -> None:
    content = replace(cast.content(), school=replace(cast.SCHOOL, name="Oak\x1b[2Jfield"))
    files.verify(files.made(content, RECORD))
    assert "\x1b" not in capsys.readouterr().out


def test_a_report_without_points_is_not_genuine() -> None:
    assert offline.Report((), {}).genuine is False


def test_it_needs_no_database_and_no_settings(files: Files) -> None:
    """In a fresh interpreter whose environment names none."""
    words = ["certificate", "verify", str(files.put("c.pdf", files.pdf))]
    words += ["--ca", str(files.put("ca.pem", files.signer.public_pem)), "--key", str(files.put("k.pem", KEY_PEM))]
    command = [sys.executable, "-m", "tracker.cli.main", *words]
    env = {"PATH": "/usr/bin", "PYTHONPATH": str(Path(__file__).parents[3]), "CARETAKER_DATABASE_URL": "nonsense"}
    done = subprocess.run(command, cwd=files.folder, env=env, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert "Genuine" in done.stdout
    assert not (files.folder / "instance").exists()
