"""How the `tracker` command can end: one table of exit codes, and the errors that lead to them.

A number means the same as in `wipe` where both have it, and never gets a new meaning. `tracker --help` and
docs/exit-codes.md are checked against this table.
"""

from enum import IntEnum


class ExitCode(IntEnum):
    """Exit status of every `tracker` command."""

    DONE = 0
    BUG = 1
    USAGE = 2
    BAD_INPUT = 3
    REFUSED = 4
    NOT_PROVED = 6
    BAD_RECORD = 9
    NOT_READY = 11
    LOG_BROKEN = 12
    LOG_CUT = 13
    FILES_LOST = 14
    NOT_MAILED = 15


EXIT_CODE_MEANING: dict[ExitCode, str] = {
    ExitCode.DONE: "the command did what it says; what it checks was proved",
    ExitCode.BUG: "a fault in the program; nothing is claimed",
    ExitCode.USAGE: "the command line is wrong; nothing was changed",
    ExitCode.BAD_INPUT: "a setting or a file cannot be used; nothing was changed",
    ExitCode.REFUSED: "a rule says no; every reason is named, nothing was changed",
    ExitCode.NOT_PROVED: "nothing wrong was found, but a key is missing, so not everything was proved",
    ExitCode.BAD_RECORD: "the certificate or checkpoint is damaged, forged or signed by another key",
    ExitCode.NOT_READY: "the database cannot be reached, is not of this version, or holds no school yet",
    ExitCode.LOG_BROKEN: "the log is broken: an event was changed, removed, inserted or moved; the first is named",
    ExitCode.LOG_CUT: "the log does not fit a checkpoint: its end was cut off, or it was written anew",
    ExitCode.FILES_LOST: "photos or documents are missing, altered or cannot be read; each is named",
    ExitCode.NOT_MAILED: "a mail did not go, or nobody knows whether it went; each is named, and the next run goes on",
}


class CommandError(Exception):
    """An expected failure. `str()` is a finished sentence; `advice` says what to do next."""

    def __init__(self, code: ExitCode, message: str, *, advice: str) -> None:
        super().__init__(message)
        self.code = code
        self.advice = advice
