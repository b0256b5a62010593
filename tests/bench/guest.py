"""Runs inside the machine: does what the tests ask over a virtio port, one JSON object a line.

One thread only, so that it may fork: a `wipe` command is a fork of this process, which has the program loaded already.
What is run is the real command all the same, in a process of its own.
"""

import json
import os
import selectors
import subprocess
import sys
import traceback
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pyudev

import wipe.main
import wipe.station.supervisor

PORT = "caretaker.bench"
STATE_DRIVE, STATE = "/dev/vda", "/run/station"
MODULES = ("ext4", "loop", "dm-mod", "dm-delay", "raid1", "dm-crypt")
PATHS = "/usr/sbin:/usr/bin:/sbin:/bin"


class Child:
    """A process that runs for a request, and what it has said."""

    def __init__(self, request: int, pid: int, output: int, errors: int) -> None:
        self.request, self.pid = request, pid
        self.output, self.errors = output, errors
        self.rest, self.complaint = b"", b""
        self.status: int | None = None
        self.open = {output, errors}


class Runner:
    """Reads requests, starts processes, sends on what they say."""

    def __init__(self, port: int) -> None:
        self._port, self._received = port, b""
        self._selector = selectors.DefaultSelector()
        self._selector.register(port, selectors.EVENT_READ)
        self._children: dict[int, Child] = {}
        self._udev = pyudev.Context()

    def say(self, **told: Any) -> None:
        """Send one line to the host."""
        data = json.dumps(told).encode() + b"\n"
        while data:
            data = data[os.write(self._port, data) :]

    def run(self) -> None:
        """Serve until the host hangs up."""
        self.say(ready=True)
        while True:
            for key, _ in self._selector.select(0.05 if self._children else None):
                if key.fd != self._port:
                    self._hear(key.fd)
                elif not self._listen():
                    return
            self._reap()

    def _listen(self) -> bool:
        data = os.read(self._port, 1 << 16)
        self._received += data
        while b"\n" in self._received:
            line, _, self._received = self._received.partition(b"\n")
            asked = json.loads(line)
            try:
                getattr(self, f"do_{asked.pop('do')}")(**asked)
            except Exception:
                self.say(id=asked["id"], status=-1, errors=traceback.format_exc())
        return bool(data)

    def do_disks(self, id: int) -> None:
        """What udev knows of every disk."""
        found = [dict(one.properties) for one in self._udev.list_devices(subsystem="block", DEVTYPE="disk")]
        self.say(id=id, status=0, disks=found)

    def do_run(self, id: int, argv: Sequence[str], input: str = "") -> None:
        """Start a command."""
        process = subprocess.Popen(
            argv,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            env={"PATH": PATHS, "LC_ALL": "C.UTF-8", "TZ": "UTC", "HOME": "/root", "PYTHONPATH": os.getcwd()},
            start_new_session=True,
        )
        assert process.stdin is not None
        assert process.stdout is not None
        assert process.stderr is not None
        process.stdin.write(input.encode())
        process.stdin.close()
        outputs = os.dup(process.stdout.fileno()), os.dup(process.stderr.fileno())
        process.stdout.close()
        process.stderr.close()
        process.returncode = 0  # reaped below, by its number
        self._watch(Child(id, process.pid, *outputs))

    def do_wipe(self, id: int, argv: Sequence[str]) -> None:
        """Fork, and be the `wipe` command there."""
        output, errors = os.pipe(), os.pipe()
        pid = os.fork()
        if pid == 0:
            self._be_wipe(argv, output[1], errors[1])
        os.close(output[1])
        os.close(errors[1])
        self._watch(Child(id, pid, output[0], errors[0]))

    def _be_wipe(self, argv: Sequence[str], output: int, errors: int) -> None:
        status = 1
        try:
            os.setsid()
            os.dup2(os.open(os.devnull, os.O_RDONLY), 0)
            os.dup2(output, 1)
            os.dup2(errors, 2)
            os.closerange(3, 256)
            sys.stdout = os.fdopen(1, "w", buffering=1)
            sys.stderr = os.fdopen(2, "w", buffering=1)
            status = wipe.main.main(argv)
        except SystemExit as ended:
            status = ended.code if isinstance(ended.code, int) else 2
        except BaseException:
            traceback.print_exc()
        finally:
            sys.stdout.flush()
            sys.stderr.flush()
            os._exit(status)

    def _watch(self, child: Child) -> None:
        for descriptor in child.open:
            self._children[descriptor] = child
            self._selector.register(descriptor, selectors.EVENT_READ)
        self.say(id=child.request, pid=child.pid)

    def _hear(self, descriptor: int) -> None:
        child = self._children[descriptor]
        data = os.read(descriptor, 1 << 16)
        if not data:
            self._selector.unregister(descriptor)
            os.close(descriptor)
            child.open.discard(descriptor)
            if child.open:
                del self._children[descriptor]
        elif descriptor == child.errors:
            child.complaint += data
        else:
            *lines, child.rest = (child.rest + data).split(b"\n")
            self.say(id=child.request, lines=[line.decode("utf-8", "replace") for line in lines])

    def _reap(self) -> None:
        """Tell of processes that ended; one whose children keep its output open has ended all the same."""
        for child in list(dict.fromkeys(self._children.values())):
            if child.status is None:
                pid, status = os.waitpid(child.pid, os.WNOHANG)
                child.status = os.waitstatus_to_exitcode(status) if pid else None
            if child.status is not None and not child.open:
                self._children = {fd: one for fd, one in self._children.items() if one is not child}
                rest = child.rest.decode("utf-8", "replace")
                complaint = child.complaint.decode("utf-8", "replace")
                self.say(id=child.request, status=child.status, rest=rest, errors=complaint)


def port() -> int:
    """The port that the host listens at, opened. Raises StopIteration where the machine has none."""
    names = Path("/sys/class/virtio-ports").glob("*/name")
    name = next(one.parent.name for one in names if one.read_text().strip() == PORT)
    return os.open(f"/dev/{name}", os.O_RDWR)


def prepare() -> None:
    """Load what the tests stack on drives, and mount the station's own drive, which outlives a power cut."""
    subprocess.run(["modprobe", "-a", *MODULES], check=True)
    os.makedirs(STATE, exist_ok=True)
    if Path(STATE_DRIVE).exists():
        subprocess.run(["mount", STATE_DRIVE, STATE], check=True)


if __name__ == "__main__":
    prepare()
    Runner(port()).run()
