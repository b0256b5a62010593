"""The command as a user runs it, on virtual drives and on real block devices that the test made."""

import base64
import json
import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest
from joserfc import jws
from joserfc.jwk import OKPKey

from tests.wipe.conftest import Attach
from wipe.errors import EXIT_CODE_MEANING, ExitCode

MARKER = b"SECRET-MARKER---"
Result = subprocess.CompletedProcess[str]


class Bench:
    """A folder with a virtual drive and a station of its own."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.drive = folder / "one.img"
        self.drive.write_bytes(MARKER * (4 << 16))
        (folder / "one.img.identity.json").write_text(json.dumps({"serial": "VD-0042", "model": "Test", "kind": "ssd"}))
        self.evidence = folder / "evidence.jws"
        self.environment = {**os.environ, "WIPE_STATE": str(folder / "state")}

    def command(self, *arguments: str | Path) -> list[str]:
        return [sys.executable, "-m", "wipe.main", *map(str, arguments)]

    def run(self, *arguments: str | Path) -> Result:
        return subprocess.run(
            self.command(*arguments), capture_output=True, text=True, check=False, env=self.environment, timeout=120
        )

    def erase(self, *more: str | Path, confirm: str = "0042", device: str | Path | None = None) -> Result:
        device = device or self.drive
        return self.run("erase", device, "--confirm", confirm, "--evidence", self.evidence, *more)

    def key(self) -> Path:
        path = self.folder / "station.pem"
        path.write_text(self.run("station", "key", "--public").stdout)
        return path

    def check(self) -> Result:
        return self.run("record", "check", self.evidence, "--key", self.key(), "--json")

    def record(self) -> dict[str, object]:
        found = self.check()
        assert found.returncode == ExitCode.PROVED, found.stderr
        loaded: dict[str, object] = json.loads(found.stdout)
        return loaded


@pytest.fixture
def bench(tmp_path: Path) -> Bench:
    return Bench(tmp_path)


@pytest.mark.parametrize("method", ["zero", "random", "nist-clear", "pattern-complement"])
@pytest.mark.parametrize("verification", ["full", "sample"])
def test_a_wiped_drive_holds_no_marker_and_its_evidence_is_genuine(
    bench: Bench, method: str, verification: str
) -> None:
    done = bench.erase("--method", method, "--verify", verification)
    assert done.returncode == ExitCode.PROVED, done.stderr
    assert MARKER not in bench.drive.read_bytes()
    assert bench.record()["outcome"] == "SANITISED_CLEAR"
    assert bench.run("verify", bench.drive, "--evidence", bench.evidence).returncode == ExitCode.PROVED


def test_what_nobody_read_back_is_not_proved(bench: Bench) -> None:
    assert bench.erase("--method", "zero", "--verify", "none").returncode == ExitCode.NOT_VERIFIED
    assert bench.record()["outcome"] == "INDETERMINATE"
    assert bench.record()["level"] == "none"


@pytest.mark.parametrize("confirm", ["", "42", "VD-0042", "one.img", "0043"])
def test_a_wrong_confirmation_touches_nothing(bench: Bench, confirm: str) -> None:
    done = bench.erase(confirm=confirm)
    assert done.returncode == ExitCode.REFUSED
    assert "What to do:" in done.stderr
    assert bench.drive.read_bytes() == MARKER * (4 << 16)
    assert not bench.evidence.exists()


def test_a_drive_without_a_serial_needs_a_reason(bench: Bench) -> None:
    (bench.folder / "one.img.identity.json").unlink()
    assert bench.erase(confirm="one.img").returncode == ExitCode.REFUSED
    assert bench.erase("--attest", "  ", confirm="one.img").returncode == ExitCode.REFUSED
    assert bench.drive.read_bytes() == MARKER * (4 << 16)
    assert bench.erase("--attest", "taken out of LAPTOP-7 by me", confirm="one.img").returncode == ExitCode.PROVED
    assert bench.record()["attestation"] == "taken out of LAPTOP-7 by me"


def test_existing_evidence_is_never_replaced_and_nothing_is_wiped(bench: Bench) -> None:
    bench.evidence.write_text("older evidence")
    assert bench.erase().returncode == ExitCode.REFUSED
    assert bench.evidence.read_text() == "older evidence"
    assert bench.drive.read_bytes() == MARKER * (4 << 16)


def test_a_legacy_label_is_refused_on_flash(bench: Bench) -> None:
    done = bench.erase("--method", "hmg-is5-enhanced")
    assert done.returncode == ExitCode.REFUSED
    assert "magnetic hard drives" in done.stderr


@pytest.mark.parametrize("sidecar", ["[]", "{", '{"serial": 7}', '{"evil": "x"}', '{"kind": "floppy"}', '"' * 9000])
def test_a_hostile_sidecar_is_bad_input(bench: Bench, sidecar: str) -> None:
    (bench.folder / "one.img.identity.json").write_text(sidecar)
    done = bench.erase()
    assert done.returncode == ExitCode.BAD_INPUT
    assert "Traceback" not in done.stderr
    assert bench.drive.read_bytes() == MARKER * (4 << 16)


def test_a_third_partys_library_confirms_the_signature(bench: Bench) -> None:
    """joserfc reads the file without any code of ours."""
    assert bench.erase().returncode == ExitCode.PROVED
    key = OKPKey.import_key(bench.key().read_text())
    found = jws.deserialize_compact(bench.evidence.read_text(), key, algorithms=["Ed25519"])
    assert json.loads(found.payload)["identity"]["serial"] == "VD-0042"
    assert found.headers()["kid"] == key.thumbprint()


def test_every_flipped_part_of_a_record_is_caught(bench: Bench) -> None:
    assert bench.erase().returncode == ExitCode.PROVED
    assert bench.check().returncode == ExitCode.PROVED
    genuine = bench.evidence.read_bytes()
    for place in range(0, len(genuine), max(1, len(genuine) // 12)):
        forged = bytearray(genuine)
        forged[place] = ord("A") if forged[place] != ord("A") else ord("B")
        bench.evidence.write_bytes(forged)
        assert bench.check().returncode == ExitCode.BAD_RECORD, place


@pytest.mark.parametrize("text", ["", "a.b", "a.b.c.d", "..", "\x00", "eyJ.e30.AA", "A" * 100_000])
def test_what_is_no_record_is_refused(bench: Bench, text: str) -> None:
    bench.evidence.write_text(text)
    done = bench.check()
    assert done.returncode == ExitCode.BAD_RECORD
    assert "Traceback" not in done.stderr


def test_another_stations_key_does_not_confirm(bench: Bench, tmp_path: Path) -> None:
    assert bench.erase().returncode == ExitCode.PROVED
    (tmp_path / "other").mkdir()
    other = Bench(tmp_path / "other").key()
    assert bench.run("record", "check", bench.evidence, "--key", other).returncode == ExitCode.BAD_RECORD


def test_the_private_key_is_private_and_one_that_is_not_is_refused(bench: Bench) -> None:
    bench.key()
    key = bench.folder / "state" / "evidence-key.pem"
    assert key.stat().st_mode & 0o777 == 0o600
    key.chmod(0o644)
    assert bench.erase().returncode == ExitCode.BAD_INPUT
    assert bench.drive.read_bytes() == MARKER * (4 << 16)


def test_a_drive_that_was_written_again_no_longer_agrees_with_its_evidence(bench: Bench) -> None:
    assert bench.erase().returncode == ExitCode.PROVED
    with bench.drive.open("r+b") as file:
        file.seek(70_000)
        file.write(b"new data")
    assert bench.run("verify", bench.drive, "--evidence", bench.evidence).returncode == ExitCode.NOT_VERIFIED


def test_cancel_leaves_evidence_that_says_so(bench: Bench) -> None:
    os.truncate(bench.drive, 8 << 30)  # sparse: long enough to be stopped, and nothing of it stays on disk for long
    command = bench.command("erase", bench.drive, "--json", "--confirm", "0042", "--evidence", bench.evidence)
    with subprocess.Popen(command, env=bench.environment, stdout=subprocess.PIPE) as process:
        assert process.stdout is not None
        assert set(json.loads(process.stdout.readline())) == {"started"}
        assert set(json.loads(process.stdout.readline())) == {"progress"}
        process.send_signal(signal.SIGTERM)
        assert process.wait(timeout=60) == ExitCode.INTERRUPTED
    os.truncate(bench.drive, 0)
    found = bench.record()
    assert found["outcome"] == "INTERRUPTED"
    assert found["verification"] is None
    assert {step["kind"]: step["state"] for step in found["steps"]}["verify"] == "not-run"  # type: ignore[attr-defined]


@pytest.mark.loop
def test_a_real_block_device_holds_no_marker_afterwards(bench: Bench, attach: Attach) -> None:
    device = attach(16 << 20)
    done = bench.erase("--attest", "made by this test", device=device, confirm=device.rpartition("/")[2])
    assert done.returncode == ExitCode.PROVED, done.stderr
    with open(device, "rb") as file:
        assert MARKER not in file.read()
    identity = bench.record()["identity"]
    assert isinstance(identity, dict)
    assert (identity["transport"], identity["virtual"]) == ("loop", True)


@pytest.mark.loop
def test_list_shows_the_device_and_plan_says_how_to_confirm(bench: Bench, attach: Attach) -> None:
    device = attach()
    rows = {row["identity"]["device"]: row for row in json.loads(bench.run("list", "--json").stdout)}
    assert [refusal["code"] for refusal in rows[device]["refusals"]] == ["no-serial"]
    told = json.loads(bench.run("plan", device, "--attest", "x", "--json").stdout)
    assert told["confirm"] == device.rpartition("/")[2]
    assert told["refusals"] == []


def test_help_tells_every_exit_status(bench: Bench) -> None:
    told = bench.run("--help").stdout
    for code, meaning in EXIT_CODE_MEANING.items():
        assert f"{code.value}  {meaning}" in told
    for command in ("list", "plan", "erase", "verify", "record", "station"):
        assert len(bench.run(command, "--help").stdout) > 200


def test_the_eraser_never_loads_the_network(bench: Bench) -> None:
    code = "import sys, wipe.main; print([m for m in ('ssl', 'http.client', 'requests') if m in sys.modules])"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


def test_base64_with_other_spare_bits_is_not_the_same_record(bench: Bench) -> None:
    assert bench.erase().returncode == ExitCode.PROVED
    parts = bench.evidence.read_bytes().split(b".")
    last = bytes([parts[2][-1] + 1])  # the spare bits of the last character
    forged = parts[2][:-1] + last
    assert base64.urlsafe_b64decode(forged + b"==") == base64.urlsafe_b64decode(parts[2] + b"==")
    bench.evidence.write_bytes(b".".join([parts[0], parts[1], forged]))
    assert bench.check().returncode == ExitCode.BAD_RECORD
