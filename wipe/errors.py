"""What can go wrong in `wipe`, each with a stable exit code and advice for the person at the bench.

The exit codes are a promise to scripts and to the tracker: a code is never given a new meaning and never used
twice. The table below is the only one; `wipe --help` and docs/exit-codes.md are checked against it.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from enum import IntEnum


class ExitCode(IntEnum):
    """Exit status of every `wipe` command. Zero means that the result was proved, never merely "no error"."""

    PROVED = 0
    BUG = 1
    USAGE = 2
    BAD_INPUT = 3
    REFUSED = 4
    HARDWARE_FAULT = 5
    NOT_VERIFIED = 6
    INTERRUPTED = 7
    EXCEPTIONS = 8
    BAD_RECORD = 9
    UNREACHABLE = 10


EXIT_CODE_MEANING: dict[ExitCode, str] = {
    ExitCode.PROVED: "the command did what it says and proved it",
    ExitCode.BUG: "a fault in the program; nothing is claimed about any drive",
    ExitCode.USAGE: "the command line is wrong; nothing was touched",
    ExitCode.BAD_INPUT: "a file or message given to the command cannot be used; nothing was touched",
    ExitCode.REFUSED: "the drive may not be wiped this way; every reason is named, nothing was written",
    ExitCode.HARDWARE_FAULT: "the drive failed: blocks could not be written or read, or it hung",
    ExitCode.NOT_VERIFIED: "the drive was not proved clean: verification failed, was left out or could not be done",
    ExitCode.INTERRUPTED: "the run was stopped before its end; the drive still holds data",
    ExitCode.EXCEPTIONS: "overwritten and verified, but with areas the overwrite cannot vouch for",
    ExitCode.BAD_RECORD: "the evidence record is damaged, forged, contradictory or signed by another key",
    ExitCode.UNREACHABLE: "the tracker or the station's supervisor did not answer as it should; nothing was changed",
}


@dataclass(frozen=True, slots=True)
class Refusal:
    """One reason why a drive may not be wiped, with what to do about it. `code` is a vocabulary.RefusalCode."""

    code: str
    message: str
    advice: str


class WipeError(Exception):
    """Base of every expected failure. `str()` is the message; `advice` says what to do next."""

    exit_code = ExitCode.BUG

    def __init__(self, message: str, *, advice: str) -> None:
        super().__init__(message)
        self.message = message
        self.advice = advice


class UsageError(WipeError):
    """The command was asked for something it does not offer."""

    exit_code = ExitCode.USAGE


class BadInput(WipeError):
    """A file or message from outside cannot be read as what it should be."""

    exit_code = ExitCode.BAD_INPUT


class Refused(WipeError):
    """The drive may not be wiped. Carries every reason found, not only the first; there is no override."""

    exit_code = ExitCode.REFUSED

    def __init__(self, refusals: Iterable[Refusal]) -> None:
        self.refusals = tuple(refusals)
        if not self.refusals:
            raise RuntimeError("Refused needs at least one reason")
        super().__init__(
            "; ".join(refusal.message for refusal in self.refusals),
            advice=" ".join(dict.fromkeys(refusal.advice for refusal in self.refusals)),
        )


class HardwareFault(WipeError):
    """The drive did not do what was asked of it (I/O error that leaves no usable drive, hang, short device)."""

    exit_code = ExitCode.HARDWARE_FAULT

    def __init__(
        self,
        message: str,
        *,
        advice: str = "Keep the drive: it still holds data. Try another port once, then send it for destruction.",
    ) -> None:
        super().__init__(message, advice=advice)


class NotVerified(WipeError):
    """The drive was not proved clean. Never reported as success, whatever was written before."""

    exit_code = ExitCode.NOT_VERIFIED

    def __init__(
        self,
        message: str,
        *,
        advice: str = "Treat the drive as holding data. Wipe it again with --verify full, or send it for destruction.",
    ) -> None:
        super().__init__(message, advice=advice)


class Interrupted(WipeError):
    """The run was stopped: cancelled, signalled, or the drive left the bus.

    `bytes_done` is how far the interrupted phase got, counted from the start of the drive.
    """

    exit_code = ExitCode.INTERRUPTED

    def __init__(
        self,
        message: str,
        *,
        advice: str = "The drive still holds data. Start the wipe again from the beginning.",
        bytes_done: int = 0,
    ) -> None:
        super().__init__(message, advice=advice)
        self.bytes_done = bytes_done


class BadRecord(WipeError):
    """An evidence record that cannot be believed: its bytes, its signature or its contents contradict themselves."""

    exit_code = ExitCode.BAD_RECORD

    def __init__(
        self,
        message: str,
        *,
        advice: str = "Do not rely on this record. Fetch the original from the station or the tracker and compare.",
    ) -> None:
        super().__init__(message, advice=advice)


class Unreachable(WipeError):
    """The tracker or the supervisor is not there, or answers something that it cannot have said."""

    exit_code = ExitCode.UNREACHABLE
