"""What was begun is known afterwards: a run that was cut off is told of in the next record on that drive."""

import fcntl
import json
import os
import signal
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from tests.station import wait_until
from wipe.errors import ExitCode

WIPE = [sys.executable, "-m", "wipe.main"]
MARKER = b"SECRET-MARKER---"


class Bench:
    """A virtual drive and a station's state."""

    def __init__(self, folder: Path) -> None:
        self.folder, self.state, self.drive = folder, folder / "state", folder / "one.img"
        self.drive.write_bytes(MARKER * 65_536)
        self.identity("VD-0042")

    def identity(self, serial: str) -> None:
        """Give the drive this serial."""
        path = self.folder / "one.img.identity.json"
        path.write_text(json.dumps({"serial": serial, "kind": "ssd"}))

    def command(self, evidence: Path, *more: str, confirm: str = "0042") -> list[str]:
        """`wipe erase` of the drive."""
        words = [
            "erase",
            str(self.drive),
            "--confirm",
            confirm,
            "--evidence",
            str(evidence),
            "--state",
            str(self.state),
        ]
        return [sys.executable, "-m", "wipe.main", *words, *more]

    def erase(self, name: str, *more: str, confirm: str = "0042") -> dict[str, Any]:
        """Wipe it; the record."""
        evidence = self.folder / name
        done = subprocess.run(
            self.command(evidence, *more, confirm=confirm), capture_output=True, text=True, check=False
        )
        assert done.returncode == ExitCode.PROVED, done.stderr
        return self.record(evidence)

    def record(self, evidence: Path) -> dict[str, Any]:
        """What stands in evidence."""
        base = [sys.executable, "-m", "wipe.main"]
        state = ["--state", str(self.state)]
        key = self.folder / "station.pem"
        key.write_bytes(
            subprocess.run([*base, "station", "key", "--public", *state], capture_output=True, check=True).stdout
        )
        checked = [*base, "record", "check", str(evidence), "--key", str(key), "--json"]
        found: dict[str, Any] = json.loads(subprocess.run(checked, capture_output=True, check=True).stdout)
        return found

    def cut_off(self) -> str:
        """Kill a run in the middle, as a power cut does; the number its evidence would have had."""
        os.truncate(self.drive, 8 << 30)
        with subprocess.Popen(self.command(self.folder / "never.jws", "--json"), stdout=subprocess.PIPE) as run:
            assert run.stdout is not None
            begun = json.loads(run.stdout.readline())["started"]["record_id"]
            assert b"progress" in run.stdout.readline()
            run.send_signal(signal.SIGKILL)
        os.truncate(self.drive, 1 << 20)
        (self.folder / "never.jws.partial").unlink()
        return str(begun)

    @property
    def journal(self) -> list[str]:
        """What the journal holds."""
        return sorted(path.name for path in (self.state / "journal").glob("*"))


@pytest.fixture
def bench(tmp_path: Path) -> Bench:
    return Bench(tmp_path)


def test_a_run_that_ends_leaves_nothing_in_the_journal(bench: Bench) -> None:
    assert bench.erase("one.jws")["interruptions"] == []
    assert bench.journal == []


def test_a_run_that_was_cut_off_is_told_of_once(bench: Bench) -> None:
    begun = bench.cut_off()
    assert bench.journal == [f"{begun}.json"]
    # the capacity is part of what makes the drive that drive, so the entry of the large one is not about this one
    assert bench.erase("two.jws")["interruptions"] == []
    os.truncate(bench.drive, 8 << 30)
    with subprocess.Popen(bench.command(bench.folder / "three.jws", "--json"), stdout=subprocess.PIPE) as run:
        assert run.stdout is not None
        run.stdout.readline()
        run.stdout.readline()
        run.send_signal(signal.SIGTERM)
        run.communicate()
    os.truncate(bench.drive, 0)
    told = bench.record(bench.folder / "three.jws")
    assert [one["record_id"] for one in told["interruptions"]] == [begun]
    assert told["outcome"] == "INTERRUPTED"
    assert bench.journal == []


def test_a_run_on_another_drive_is_not_told_of(bench: Bench) -> None:
    begun = bench.cut_off()
    bench.identity("VD-0043")
    assert bench.erase("other.jws", confirm="0043")["interruptions"] == []
    assert bench.journal == [f"{begun}.json"]


@pytest.mark.parametrize("data", [b"", b"{", b"[]", b'{"record_id": 5}', b"\xff" * 100, b"[" * 100_000])
def test_rubbish_in_the_journal_stops_nothing_and_is_left_alone(bench: Bench, data: bytes) -> None:
    folder = bench.state / "journal"
    folder.mkdir(parents=True, mode=0o700)
    bench.state.chmod(0o700)
    name = "0190cf2e-0000-7000-8000-000000000001.json"
    (folder / name).write_bytes(data)
    assert bench.erase("one.jws")["outcome"] == "SANITISED_CLEAR"
    assert bench.journal == [name]


def test_a_refusal_is_no_interruption(bench: Bench) -> None:
    with bench.drive.open("rb") as held:
        fcntl.flock(held, fcntl.LOCK_EX)
        done = subprocess.run(bench.command(bench.folder / "x.jws"), capture_output=True, check=False)
    assert done.returncode == ExitCode.REFUSED
    assert bench.journal == []
    assert bench.drive.read_bytes() == MARKER * 65_536


def test_a_closed_terminal_is_a_cancel_with_evidence(bench: Bench) -> None:
    os.truncate(bench.drive, 8 << 30)
    evidence = bench.folder / "one.jws"
    with subprocess.Popen(bench.command(evidence, "--json"), stdout=subprocess.PIPE) as run:
        assert run.stdout is not None
        run.stdout.readline()
        run.stdout.readline()
        run.stdout.close()  # nobody listens any more, and then the terminal goes
        run.send_signal(signal.SIGHUP)
        assert run.wait(timeout=60) == ExitCode.INTERRUPTED
    os.truncate(bench.drive, 0)
    assert bench.record(evidence)["outcome"] == "INTERRUPTED"


def test_nobody_listening_does_not_stop_a_wipe(bench: Bench) -> None:
    evidence = bench.folder / "one.jws"
    with subprocess.Popen(bench.command(evidence, "--json"), stdout=subprocess.PIPE, stderr=subprocess.DEVNULL) as run:
        assert run.stdout is not None
        run.stdout.close()
        assert run.wait(timeout=120) == ExitCode.PROVED
    assert MARKER not in bench.drive.read_bytes()


def test_evidence_that_finds_no_room_lies_in_the_state_folder(bench: Bench) -> None:
    """The place is claimed before the wipe; somebody then puts a file of that name there."""
    os.truncate(bench.drive, 1 << 30)
    evidence = bench.folder / "one.jws"
    with subprocess.Popen(
        bench.command(evidence, "--json"), stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    ) as run:
        wait_until(evidence.with_name("one.jws.partial").exists, "the place was not claimed")
        evidence.write_text("somebody's own")
        _out, error = run.communicate(timeout=120)
    assert run.returncode == ExitCode.BAD_INPUT
    (spare,) = (bench.state / "evidence").iterdir()
    assert str(spare) in error
    assert bench.record(spare)["outcome"] == "SANITISED_CLEAR"
    assert evidence.read_text() == "somebody's own"
