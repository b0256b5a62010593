"""The only module that starts a process: fixed argument lists, C locale, a time-out, a capped transcript.

`run` is for tools that answer; `start` for an eraser, which outlives whoever started it.
"""

import os
import signal
import subprocess  # noqa: TID251 - this is the one door
from collections.abc import Callable, Sequence
from dataclasses import dataclass

OUTPUT_LIMIT = 4 << 20  # bytes; a tool that prints more is broken or hostile
ENVIRONMENT = {"LC_ALL": "C", "PATH": "/usr/sbin:/usr/bin:/sbin:/bin", "TZ": "UTC"}


@dataclass(frozen=True, slots=True)
class Transcript:
    """What a tool was asked and what it said. An exit status is a fact for the caller, never a verdict."""

    argv: tuple[str, ...]
    exit_status: int | None  # None: it never started or never ended
    stdout: bytes
    stderr: bytes
    problem: str  # why there is no usable answer; empty when the tool ran to its end


def run(argv: Sequence[str], *, timeout: float) -> Transcript:
    """Run a tool to its end, at most `timeout` seconds. Never raises for what the tool does.

    The whole process group is killed when time is up. A process stuck in the kernel (state D) outlives SIGKILL; it
    is then left behind and named in `problem`, so that a hung drive does not hang the caller.
    """
    command = tuple(argv)
    try:
        process = subprocess.Popen(  # noqa: S603 - no shell; every caller passes a fixed list and a device path
            command,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            env=ENVIRONMENT,
            start_new_session=True,
        )
    except OSError as error:
        return Transcript(command, None, b"", b"", f"{command[0]} could not be started: {error.strerror}")
    try:
        stdout, stderr = process.communicate(timeout=timeout)
    except subprocess.TimeoutExpired:
        return Transcript(command, None, b"", b"", _kill(process, command[0], timeout))
    if len(stdout) > OUTPUT_LIMIT or len(stderr) > OUTPUT_LIMIT:
        return Transcript(command, process.returncode, b"", b"", f"{command[0]} printed more than {OUTPUT_LIMIT} bytes")
    return Transcript(command, process.returncode, stdout, stderr, "")


def _kill(process: "subprocess.Popen[bytes]", name: str, timeout: float) -> str:
    os.killpg(process.pid, signal.SIGKILL)
    try:
        process.communicate(timeout=2)
    except subprocess.TimeoutExpired:
        return f"{name} hangs in the kernel and cannot be killed (process {process.pid})"
    return f"{name} gave no answer within {timeout:g} seconds"


@dataclass(frozen=True, slots=True)
class Started:
    """A process that runs on its own. Neither function waits."""

    pid: int
    status: Callable[[], int | None]  # its exit status, negative for a signal; None while it runs
    end: Callable[[], None]  # ask it to end (SIGTERM)


def start(argv: Sequence[str], *, output: int, errors: int, inherited: Sequence[int] = ()) -> Started:
    """Start a process in a session of its own and leave it alone. Raises OSError where it cannot be started.

    `output`, `errors` and `inherited` are file descriptors; the caller may close its own copies afterwards.
    """
    process = subprocess.Popen(  # noqa: S603 - no shell; the one caller passes our own program and checked words
        tuple(argv),
        stdin=subprocess.DEVNULL,
        stdout=output,
        stderr=errors,
        env=ENVIRONMENT,
        pass_fds=tuple(inherited),
        start_new_session=True,
        cwd="/",
    )
    return Started(process.pid, process.poll, process.terminate)
