"""The drive's own self-test, started and followed through `smartctl -j`.

smartctl returns when a test is accepted, and its older versions do so for NVMe drives without starting one: only what
the drive says afterwards counts.
"""

from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from wipe.drive.health import NO_ANSWER, TIMEOUT
from wipe.drive.told import object_of, part, rows, text, whole
from wipe.facts import Identity
from wipe.run import Transcript, run
from wipe.vocabulary import TriState

_COMMAND_FAILED = 0b100  # exit bit 2: the drive refused a command, or answered with a wrong checksum
_ATA_RUNNING = 15  # upper half of the status byte (ACS-3, self-test execution status)
NOT_SAID = "not said"
_RUNNING = 15  # of a SCSI result (SPC-5, self-test results log)
_ABORTED = {"ata": frozenset({1, 2}), "nvme": frozenset({1, 2, 3, 4, 8, 9}), "scsi": frozenset({1, 2})}


class Kind(StrEnum):
    """How thorough: minutes, or as long as reading the whole drive takes."""

    SHORT = "short"
    LONG = "long"


@dataclass(frozen=True, slots=True)
class Result:
    """How one test ended, by the drive's log. Unknown: it was aborted, or says nothing that is known here."""

    kind: str  # the drive's words
    passed: TriState
    words: str
    hours: int | None  # power-on hours at the time


@dataclass(frozen=True, slots=True)
class Status:
    """What the drive says of its self-tests. `problem`: why it says nothing; empty where it does."""

    running: bool
    percent: int | None  # done
    results: tuple[Result, ...]  # latest first
    problem: str = ""


def start(who: Identity, device_type: str | None, kind: Kind) -> str:
    """Ask the drive to begin; why it did not, or nothing. Whether it began is seen by `look`."""
    done = _smartctl(who, device_type, "-t", kind.value)
    return _problem(done, NO_ANSWER | _COMMAND_FAILED)


def abort(who: Identity, device_type: str | None) -> None:
    """Ask the drive to end its test."""
    _smartctl(who, device_type, "-X")


def look(who: Identity, device_type: str | None) -> Status:
    """Ask how far it is, and what its log holds."""
    return parse(_smartctl(who, device_type, "-c", "-l", "selftest"))


def _smartctl(who: Identity, device_type: str | None, *words: str) -> Transcript:
    option = () if device_type is None else ("-d", device_type)
    return run(["smartctl", *words, "-j", *option, who.device], timeout=TIMEOUT)


def _problem(done: Transcript, bits: int) -> str:
    if done.problem or done.exit_status is None:
        return done.problem or "smartctl gave no answer"
    if not done.exit_status & bits:
        return ""
    said = rows(part(object_of(done.stdout) or {}, "smartctl").get("messages"))
    words = [found for row in said if (found := text(row.get("string"))) is not None]
    return words[0] if words else "the drive does not take the command"


def parse(done: Transcript) -> Status:
    """Read `smartctl -c -l selftest -j` output. What is not as it should be is no result."""
    problem = _problem(done, NO_ANSWER)
    told = object_of(done.stdout)
    if problem or told is None:
        return Status(False, None, (), problem or "smartctl's answer is not an object")
    for family in (_ata, _nvme, _scsi):
        found = family(told)
        if found is not None:
            return found
    return Status(False, None, (), "the drive offers no self-test, or this smartctl is too old for it")


def _ata(told: dict[str, Any]) -> Status | None:
    test = part(part(told, "ata_smart_data"), "self_test")
    offers = part(part(told, "ata_smart_data"), "capabilities").get("self_tests_supported")
    if not test and offers is not True:
        return None
    status = part(test, "status")
    value, remaining = whole(status.get("value")), whole(status.get("remaining_percent"))
    running = value is not None and value >> 4 == _ATA_RUNNING
    log = part(told, "ata_smart_self_test_log")
    kept = rows(part(log, "standard").get("table")) or rows(part(log, "extended").get("table"))
    results = (_ata_result(row) for row in kept)
    percent = 100 - remaining if running and remaining is not None else None
    return Status(running, percent, tuple(one for one in results if one is not None))


def _ata_result(row: dict[str, Any]) -> Result | None:
    status = part(row, "status")
    value = whole(status.get("value"))
    if value is None or value >> 4 == _ATA_RUNNING:
        return None
    return _result("ata", value >> 4, part(row, "type"), status, whole(row.get("lifetime_hours")))


def _nvme(told: dict[str, Any]) -> Status | None:
    log = part(told, "nvme_self_test_log")
    if not log:
        return None
    running = bool(whole(part(log, "current_self_test_operation").get("value")))
    percent = whole(log.get("current_self_test_completion_percent")) if running else None
    results = [
        _result(
            "nvme",
            whole(part(row, "self_test_result").get("value")),
            part(row, "self_test_code"),
            part(row, "self_test_result"),
            whole(row.get("power_on_hours")),
        )
        for row in rows(log.get("table"))
    ]
    return Status(running, percent, tuple(results))


def _scsi(told: dict[str, Any]) -> Status | None:
    kept = [row for number in range(20) if (row := part(told, f"scsi_self_test_{number}"))]
    if not kept:
        return None
    values = [whole(part(row, "result").get("value")) for row in kept]
    results = tuple(
        _result("scsi", value, part(row, "code"), part(row, "result"), _hours(row))
        for value, row in zip(values, kept, strict=True)
        if value != _RUNNING
    )
    return Status(_RUNNING in values, None, results)


def _hours(row: dict[str, Any]) -> int | None:
    return whole(part(row, "power_on_time").get("hours"))


def _result(family: str, value: int | None, kind: dict[str, Any], words: dict[str, Any], hours: int | None) -> Result:
    if value == 0:
        passed = TriState.YES
    elif value is None or value in _ABORTED[family]:
        passed = TriState.UNKNOWN
    else:
        passed = TriState.NO
    return Result(text(kind.get("string")) or NOT_SAID, passed, text(words.get("string")) or NOT_SAID, hours)
