"""A run goes on from its journal only on a drive that holds what the journal says, and says why where it does not."""

import json
import os
import subprocess
import sys
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest
import rfc8785
from uuid_utils.compat import uuid7

from wipe import codec, journal, keys, plan, record
from wipe.blocks import CHUNK
from wipe.drive import discover
from wipe.errors import ExitCode
from wipe.facts import Plan, Reached
from wipe.pattern import RandomPattern
from wipe.session import Order
from wipe.vocabulary import Cut, Method, VerificationKind

SIZE = 2 * CHUNK
KEY = bytes(range(32))
JOB = str(uuid4())


class CutOff:
    """A virtual drive half overwritten, and the journal of the run that did it."""

    def __init__(self, folder: Path, *, holds: bool = True, cause: Cut | None = None, noted: bool = True) -> None:
        self.folder, self.state, self.drive = folder, folder / "state", folder / "one.img"
        data = bytearray(b"SECRET-MARKER---" * (SIZE // 16))
        if holds:
            RandomPattern(KEY).stream(0).fill(memoryview(data)[:CHUNK])
        self.drive.write_bytes(data)
        (folder / "one.img.identity.json").write_text(json.dumps({"serial": "VD-0042", "kind": "ssd"}))
        self.before = bytes(data)
        self.record_id = str(uuid7())
        started = datetime(2026, 11, 24, 8, 0, tzinfo=UTC)
        reached = Reached(1, CHUNK, (), (), (), started) if noted else None
        begun = journal.Intent(self.record_id, started, self.plan(), JOB, cause, (), reached, started)
        keys.station_key(self.state)
        keys.keep_stream(self.state, self.record_id, KEY)
        (self.state / "journal").mkdir()
        (self.state / "journal" / f"{self.record_id}.json").write_bytes(rfc8785.dumps(codec.encode(begun)))

    def plan(self) -> Plan:
        return plan.make(discover.find(str(self.drive)), Method.NIST_CLEAR, VerificationKind.FULL, None)

    def order(self) -> list[str]:
        """The order of the same job, as the supervisor hands it over once more."""
        operator = record.Operator("1", "Tess Technician", "technician")
        made = self.plan()
        order = Order(JOB, None, operator, "", codec.digest(made), made.identity, made.capacity_bytes)
        (self.folder / "order.json").write_bytes(rfc8785.dumps(codec.encode(order)))
        return [f"--order={self.folder / 'order.json'}"]

    def erase(self, *more: str) -> subprocess.CompletedProcess[str]:
        evidence = self.folder / "evidence.jws"
        words = ["erase", str(self.drive), "--confirm=0042", f"--evidence={evidence}", f"--state={self.state}", *more]
        command = [sys.executable, "-m", "wipe.main", *words]
        return subprocess.run(command, capture_output=True, text=True, check=False, timeout=120)

    def interruption(self) -> record.Interruption:
        public = keys.station_key(self.state).public_key()
        signed = (self.folder / "evidence.jws").read_bytes()
        (told,) = record.verify(signed, {record.key_id(public): public}).record.interruptions
        return told

    def verifies(self) -> bool:
        words = ["verify", str(self.drive), "--evidence", str(self.folder / "evidence.jws"), "--state", str(self.state)]
        command = [sys.executable, "-m", "wipe.main", *words]
        return subprocess.run(command, capture_output=True, check=False, timeout=120).returncode == ExitCode.PROVED


def test_it_goes_on_with_the_same_bytes_where_it_stopped(tmp_path: Path) -> None:
    cut = CutOff(tmp_path, cause=Cut.DRIVE_LEFT)
    done = cut.erase(*cut.order())
    assert done.returncode == ExitCode.PROVED, done.stderr
    assert "went on at 4.2 MB of pass 1" in done.stdout
    told = cut.interruption()
    assert (told.record_id, told.cause, told.pass_number, told.offset) == (cut.record_id, Cut.DRIVE_LEFT, 1, CHUNK)
    wanted = bytearray(SIZE)
    RandomPattern(KEY).stream(0).fill(memoryview(wanted))
    assert cut.drive.read_bytes() == wanted
    assert cut.verifies()
    assert not list((cut.state / "journal").iterdir())


def test_a_person_may_begin_anew_on_a_drive_that_was_used_since(tmp_path: Path) -> None:
    cut = CutOff(tmp_path, holds=False)
    assert cut.erase().returncode == ExitCode.PROVED
    assert cut.interruption().why_anew == "The drive does not hold any more what that run wrote."
    assert cut.interruption().offset is None
    assert b"SECRET" not in cut.drive.read_bytes()
    assert cut.verifies()


@pytest.mark.parametrize("how", [{"holds": False}, {"noted": False, "cause": Cut.DRIVE_LEFT}])
def test_a_job_does_not_begin_anew_by_itself_where_nothing_shows_that_the_drive_was_left_alone(
    tmp_path: Path, how: dict[str, Any]
) -> None:
    cut = CutOff(tmp_path, **how)
    done = cut.erase(*cut.order())
    assert done.returncode == ExitCode.REFUSED
    assert "was cut off and may not go on" in done.stderr
    assert cut.drive.read_bytes() == cut.before
    assert not (tmp_path / "evidence.jws").exists()
    assert [path.stem for path in (cut.state / "journal").iterdir()] == [cut.record_id]


def test_a_job_that_was_cut_off_in_its_first_seconds_begins_anew(tmp_path: Path) -> None:
    cut = CutOff(tmp_path, noted=False)
    assert cut.erase(*cut.order()).returncode == ExitCode.PROVED
    assert cut.interruption().why_anew == "It had not got far enough to go on from there."


def test_without_the_key_of_its_stream_it_begins_anew(tmp_path: Path) -> None:
    cut = CutOff(tmp_path)
    (cut.state / "streams" / cut.record_id).unlink()
    assert cut.erase().returncode == ExitCode.PROVED
    assert "key of its random pass" in cut.interruption().why_anew
    assert cut.verifies()


@pytest.mark.parametrize(
    ("change", "why"),
    [({"firmware": "2.0"}, "WWN or firmware"), ({"wwn": "0x5000c500a1b2c3d4"}, "WWN or firmware")],
)
def test_a_drive_that_says_more_of_itself_than_before_is_another(tmp_path: Path, change: Any, why: str) -> None:
    cut = CutOff(tmp_path)
    known = {"serial": "VD-0042", "kind": "ssd", **change}
    (tmp_path / "one.img.identity.json").write_text(json.dumps(known))
    assert cut.erase().returncode == ExitCode.PROVED
    assert why in cut.interruption().why_anew


@pytest.mark.parametrize("damage", ["", "{", "[]", '{"record_id": 5}', "x" * 100])
def test_a_journal_that_cannot_be_read_stops_nothing_and_is_left_alone(tmp_path: Path, damage: str) -> None:
    cut = CutOff(tmp_path)
    path = cut.state / "journal" / f"{cut.record_id}.json"
    path.write_text(damage)
    assert cut.erase().returncode == ExitCode.PROVED
    assert path.read_text() == damage


def test_what_a_killed_run_left_of_its_evidence_does_not_bar_the_next(tmp_path: Path) -> None:
    cut = CutOff(tmp_path)
    (tmp_path / "evidence.jws.partial").write_bytes(b"half a rec")
    assert cut.erase().returncode == ExitCode.PROVED
    assert not (tmp_path / "evidence.jws.partial").exists()
    assert os.stat(tmp_path / "evidence.jws").st_mode & 0o777 == 0o600
