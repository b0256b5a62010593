"""A self-test counts when the drive says that it took place, and not before."""

import json
import threading
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from tests.wipe.drive.smart import answering, captured, printed, who
from tests.wipe.drive.test_bays import drive as virtual_drive
from tests.wipe.drive.test_bays import wipe
from wipe import main
from wipe.cli import selftest_cmd
from wipe.drive import discover, selftest
from wipe.errors import ExitCode
from wipe.facts import Drive
from wipe.run import Transcript
from wipe.vocabulary import TriState

pytestmark = pytest.mark.pure

DONE = captured("sata-selftest")
NEVER = {**DONE, "ata_smart_self_test_log": {"standard": {"count": 0}}}
OTHER_DONE = {"smartctl": {"exit_status": 0}}


def ata(value: int, remaining: int | None = None) -> dict[str, Any]:
    """A drive in this state, with an empty log."""
    status = {"value": value, "string": "in progress"}
    if remaining is not None:
        status["remaining_percent"] = remaining
    return {**NEVER, "ata_smart_data": {**DONE["ata_smart_data"], "self_test": {"status": status}}}


def ata_log(value: int, words: str) -> dict[str, Any]:
    """A drive whose latest test ended so."""
    row = {"type": {"string": "Short offline"}, "status": {"value": value, "string": words}, "lifetime_hours": 9}
    return {**DONE, "ata_smart_self_test_log": {"standard": {"table": [row]}}}


def nvme(operation: int, result: int | None = None, percent: int = 0) -> dict[str, Any]:
    table = [] if result is None else [{"self_test_code": {"string": "Short"}, "power_on_hours": 4}]
    for row in table:
        row["self_test_result"] = {"value": result, "string": "as it ended"}
    log = {"current_self_test_operation": {"value": operation}, "table": table}
    return {**OTHER_DONE, "nvme_self_test_log": {**log, "current_self_test_completion_percent": percent}}


def scsi(result: int) -> dict[str, Any]:
    row = {"code": {"string": "Background short"}, "result": {"value": result, "string": "as it ended"}}
    return {**OTHER_DONE, "scsi_self_test_0": {**row, "power_on_time": {"hours": 12}}}


def test_captured_results_are_read() -> None:
    found = selftest.parse(printed(DONE))
    assert (found.running, found.problem) == (False, "")
    assert found.results == (
        selftest.Result("Extended offline", TriState.YES, "Completed without error", 4660),
        selftest.Result("Short offline", TriState.YES, "Completed without error", 4660),
    )


@pytest.mark.parametrize(
    ("told", "running", "percent"),
    [
        (ata(249, 90), True, 10),
        (ata(0xF0), True, None),
        (ata(0), False, None),
        (nvme(1, None, 30), True, 30),
        (nvme(0, 0), False, None),
        (scsi(15), True, None),
        (scsi(0), False, None),
    ],
)
def test_how_far_it_is(told: dict[str, Any], running: bool, percent: int | None) -> None:
    found = selftest.parse(printed(told))
    assert (found.running, found.percent, found.problem) == (running, percent, "")


@pytest.mark.parametrize(
    ("told", "passed"),
    [
        (ata_log(0, "Completed without error"), TriState.YES),
        (ata_log(16, "Aborted by host"), TriState.UNKNOWN),
        (ata_log(0x79, "Completed: read failure"), TriState.NO),
        (nvme(0, 0), TriState.YES),
        (nvme(0, 1), TriState.UNKNOWN),
        (nvme(0, 7), TriState.NO),
        (scsi(0), TriState.YES),
        (scsi(2), TriState.UNKNOWN),
        (scsi(7), TriState.NO),
    ],
)
def test_how_it_ended(told: dict[str, Any], passed: TriState) -> None:
    assert [one.passed for one in selftest.parse(printed(told)).results] == [passed]


@pytest.mark.parametrize("told", [OTHER_DONE, {"smartctl": {"exit_status": 0}, "nvme_self_test_log": []}])
def test_a_drive_that_offers_none_is_no_drive_that_passed(told: dict[str, Any]) -> None:
    found = selftest.parse(printed(told))
    assert (found.results, found.running) == ((), False)
    assert "offers no self-test" in found.problem


@pytest.mark.parametrize("noise", [b"", b"[]", b"{", b'"x"'])
def test_noise_is_a_problem(noise: bytes) -> None:
    assert selftest.parse(Transcript((), 0, noise, b"", "")).problem
    assert selftest.parse(Transcript((), None, b"", b"", "no answer")).problem == "no answer"


class Bench:
    """The command, on a drive whose answers the test lists: the last one stays."""

    def __init__(self, drive: Drive, monkeypatch: pytest.MonkeyPatch) -> None:
        self.looks: list[dict[str, Any]] = []
        self.start: dict[str, Any] = OTHER_DONE
        self.asked: list[list[str]] = []
        self.stop_at = 1000
        real = replace(drive, identity=replace(who(), device="/dev/sdz"))
        monkeypatch.setattr(discover, "find", lambda device: real)
        monkeypatch.setattr(selftest, "run", answering(self._answer, self.asked))
        monkeypatch.setattr(selftest_cmd, "LOOK_SECONDS", 0)
        monkeypatch.setattr(selftest_cmd.signal, "signal", lambda number, act: None)
        monkeypatch.setattr(selftest_cmd.threading, "Event", lambda: Stopped(self))

    def _answer(self, argv: Sequence[str]) -> Transcript:
        if "-l" in argv:
            return printed(self.looks.pop(0) if len(self.looks) > 1 else self.looks[0])
        return printed(self.start)

    def run(self, *words: str) -> int:
        return main.main(["selftest", "/dev/sdz", *words])

    def kinds(self) -> list[str]:
        return [argv[0] for argv in self.asked if argv[0] != "-c"]


Event = threading.Event


class Stopped(Event):
    """Told to stop after so many looks."""

    def __init__(self, bench: Bench) -> None:
        super().__init__()
        self._bench = bench

    def is_set(self) -> bool:
        return len(self._bench.asked) >= self._bench.stop_at


@pytest.fixture
def bench(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Bench:
    return Bench(discover.find(str(virtual_drive(tmp_path))), monkeypatch)


def test_progress_is_told_until_the_drive_is_done(bench: Bench, capsys: pytest.CaptureFixture[str]) -> None:
    bench.looks = [NEVER, ata(249, 90), ata(249, 40), DONE]
    assert bench.run("--long") == ExitCode.PROVED
    told = capsys.readouterr().out
    assert "10 % done" in told
    assert "60 % done" in told
    assert "/dev/sdz: Extended offline: Completed without error" in told
    assert ["-t", "long", "-j", "/dev/sdz"] in bench.asked


def test_as_json(bench: Bench, capsys: pytest.CaptureFixture[str]) -> None:
    bench.looks = [NEVER, ata(249, 90), DONE]
    assert bench.run("--json") == ExitCode.PROVED
    lines = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    assert lines[0] == {"progress": {"percent": 10}}
    assert lines[1]["result"]["passed"] == "yes"


@pytest.mark.parametrize(
    ("ended", "status"),
    [
        (ata_log(0x79, "Completed: read failure"), ExitCode.HARDWARE_FAULT),
        (ata_log(25, "Aborted by host"), ExitCode.NOT_VERIFIED),
    ],
)
def test_a_fault_and_an_abort_are_told_apart(
    bench: Bench, ended: dict[str, Any], status: ExitCode, capsys: pytest.CaptureFixture[str]
) -> None:
    bench.looks = [NEVER, ata(249, 90), ended]
    assert bench.run() == status
    assert ended["ata_smart_self_test_log"]["standard"]["table"][0]["status"]["string"] in capsys.readouterr().err


def test_a_test_that_was_accepted_and_never_began_is_not_passed(
    bench: Bench, capsys: pytest.CaptureFixture[str]
) -> None:
    """The log holds an older test that passed: it is not taken for this one."""
    bench.looks = [DONE]
    assert bench.run() == ExitCode.NOT_VERIFIED
    assert "did not begin it" in capsys.readouterr().err


def test_a_test_that_runs_already_is_followed_and_not_begun_anew(bench: Bench) -> None:
    bench.looks = [ata(249, 50), ata(249, 10), DONE]
    assert bench.run() == ExitCode.PROVED
    assert bench.kinds() == []


def test_a_drive_that_refuses_says_so(bench: Bench, capsys: pytest.CaptureFixture[str]) -> None:
    bench.looks = [NEVER]
    bench.start = {"smartctl": {"exit_status": 4, "messages": [{"string": "Can't start self-test"}]}}
    assert bench.run() == ExitCode.NOT_VERIFIED
    assert "was not tested: Can't start self-test." in capsys.readouterr().err


def test_a_drive_without_self_tests_is_not_asked_to_begin_one(bench: Bench) -> None:
    bench.looks = [OTHER_DONE]
    assert bench.run() == ExitCode.NOT_VERIFIED
    assert bench.kinds() == []


def test_a_drive_that_falls_silent_is_faulty_and_its_silence_is_bounded(bench: Bench) -> None:
    bench.looks = [NEVER, ata(249, 90), {"smartctl": {"exit_status": 2}}]
    assert bench.run() == ExitCode.HARDWARE_FAULT
    assert len(bench.asked) < 20


def test_a_stop_ends_the_test_on_the_drive(bench: Bench) -> None:
    bench.looks = [NEVER, ata(249, 90)]
    bench.stop_at = 5
    assert bench.run() == ExitCode.INTERRUPTED
    assert bench.kinds() == ["-t", "-X"]


def test_a_virtual_drive_has_none(tmp_path: Path) -> None:
    done = wipe("selftest", virtual_drive(tmp_path))
    assert done.returncode == ExitCode.BAD_INPUT
    assert "virtual drive" in done.stderr
