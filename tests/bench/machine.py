"""A small virtual machine with drives that can be plugged in, pulled out, broken, and cut off from power.

QEMU emulates the processor, so no rights on the host are needed; its root is the host's own file system, read-only, and
the machine runs this very checkout with its virtual environment. No drive of the host is ever given to it: a drive is
a file in the machine's folder, full of markers before the machine sees it.
"""

import json
import os
import queue
import shlex
import shutil
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from tests.bench.guest import PORT, STATE
from tests.bench.kernel import kernel
from tests.bench.qmp import Monitor

MARKER = b"SECRET-MARKER---"
MIB = 1 << 20
BOOT_SECONDS = 600.0  # 25 on two idle cores; an emulated processor on a busy machine takes ten times as long
SECONDS = 300.0  # of a command
ROOT_PORTS = 4  # NVMe drives at once
TOOLS = ("qemu-system-x86_64", "busybox", "depmod", "mkfs.ext4", "dpkg", "apt-get")


@dataclass(frozen=True, slots=True)
class Done:
    """How a command in the machine ended."""

    status: int
    output: str
    errors: str

    def json(self) -> Any:
        """Its output as JSON."""
        return json.loads(self.output)


@dataclass
class Running:
    """A command in the machine."""

    machine: "Machine"
    number: int
    heard: "queue.Queue[dict[str, Any]]" = field(default_factory=queue.Queue)
    lines: list[str] = field(default_factory=list)
    pid: int = 0
    done: Done | None = None

    def wait(self, seconds: float = SECONDS) -> Done:
        """Wait for its end."""
        until = time.monotonic() + seconds
        while self.done is None:
            self._hear(until)
        return self.done

    def wait_line(self, wanted: Callable[[str], bool], seconds: float = SECONDS) -> str:
        """Wait until it says something."""
        until, seen = time.monotonic() + seconds, 0
        while True:
            for line in self.lines[seen:]:
                if wanted(line):
                    return line
            seen = len(self.lines)
            if self.done is not None:
                pytest.fail(f"the command ended before it said what was waited for: {self.done}")
            self._hear(until)

    def _hear(self, until: float) -> None:
        try:
            told = self.heard.get(timeout=max(until - time.monotonic(), 0.01))
        except queue.Empty:
            pytest.fail(f"a command in the machine took too long; it last said {self.lines[-3:]}")
        self.pid = told.get("pid", self.pid)
        self.lines += told.get("lines", [])
        if "status" in told:
            output = "\n".join([*self.lines, told.get("rest", "")])
            self.done = Done(told["status"], output, told.get("errors", ""))

    def signal(self, number: signal.Signals) -> None:
        """Send it a signal."""
        until = time.monotonic() + SECONDS
        while not self.pid:
            self._hear(until)
        self.machine.run("kill", f"-{number.value}", str(self.pid))


class Machine:
    """One machine, booted and cut off as often as a test likes, with the same station drive each time."""

    def __init__(self, folder: Path, boot_drives: tuple[str, ...] = ()) -> None:
        """`folder` has a short path, since sockets lie in it; `boot_drives` are QEMU options of drives of the start."""
        for tool in TOOLS:
            if shutil.which(tool) is None:
                pytest.fail(f"The bench needs {tool}; `make debian` installs it.")
        self.folder = folder
        self._boot_drives = boot_drives
        self._station = folder / "station.img"
        self._numbers = 0
        self._waiting: dict[int, Running] = {}
        self._ready = threading.Event()
        self._vng: subprocess.Popen[bytes] | None = None
        with self._station.open("wb") as file:
            file.truncate(64 * MIB)
        subprocess.run(["mkfs.ext4", "-q", "-F", self._station], check=True)

    def options(self) -> list[str]:
        """What QEMU is told beside what virtme-ng says."""
        root_ports = [f"-device pcie-root-port,id=rp{n},slot={n},chassis={n}" for n in range(1, ROOT_PORTS + 1)]
        return [
            "-machine q35",
            f"-pidfile {self.folder}/pid",
            f"-qmp unix:{self.folder}/qmp,server=on,wait=off",
            f"-chardev socket,id=bench,path={self.folder}/port,server=on,wait=off",
            f"-device virtio-serial-pci -device virtserialport,chardev=bench,name={PORT}",
            f"-drive file={self._station},if=none,id=station,format=raw -device virtio-blk-pci,drive=station",
            *root_ports,
            "-netdev user,id=host -device virtio-net-pci,netdev=host",
            "-device ahci,id=a -device virtio-scsi-pci,id=s -device qemu-xhci,id=x",
            *self._boot_drives,
        ]

    def command(self, *last: str) -> list[str]:
        """The command line that boots the machine."""
        image = kernel()
        vng = [str(Path(sys.executable).parent / "vng"), "--run", str(image)]
        how = ["--disable-kvm", "--disable-microvm", "--force-9p", "--user", "root", "--memory", "1G", "--cpus", "2"]
        return [*vng, *how, f"--qemu-opts={' '.join(self.options())}", *last]

    @staticmethod
    def environment() -> dict[str, str]:
        """virtme-ng calls its own parts by name."""
        return {**os.environ, "PATH": f"{Path(sys.executable).parent}:{os.environ['PATH']}"}

    def boot(self) -> None:
        """Start the machine and wait until it answers."""
        for name in ("pid", "qmp", "port"):
            (self.folder / name).unlink(missing_ok=True)
        root = Path(__file__).parents[2]
        inside = shlex.join(["env", f"PYTHONPATH={root}", sys.executable, "-P", "-m", "tests.bench.guest"])
        self._ready.clear()
        self._waiting.clear()
        with (self.folder / "console.log").open("ab") as log:
            self._vng = subprocess.Popen(
                self.command("--exec", f"cd {root} && {inside}"),
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                env=self.environment(),
                start_new_session=True,
            )
        until = time.monotonic() + BOOT_SECONDS
        self.monitor = Monitor(self._came_up("qmp", until))
        self._port = socket.socket(socket.AF_UNIX)
        self._port.connect(str(self._came_up("port", until)))
        threading.Thread(target=self._listen, args=(self._port,), daemon=True).start()
        if not self._ready.wait(max(until - time.monotonic(), 1)):
            self.cut()
            pytest.fail(f"The machine did not come up: {(self.folder / 'console.log').read_text()[-2000:]}")

    def _came_up(self, name: str, until: float) -> Path:
        path = self.folder / name
        while not path.exists() or not (self.folder / "pid").exists():
            if time.monotonic() > until or (self._vng is not None and self._vng.poll() is not None):
                pytest.fail(f"QEMU did not start: {(self.folder / 'console.log').read_text()[-2000:]}")
            time.sleep(0.05)
        return path

    def _listen(self, port: socket.socket) -> None:
        with port.makefile("r", encoding="utf-8") as lines:
            try:
                for line in lines:
                    told = json.loads(line)
                    if told.get("ready"):
                        self._ready.set()
                    running = self._waiting.get(told.get("id", 0))
                    if running is not None:
                        running.heard.put(told)
            except (OSError, ValueError):  # cut off in the middle of a line
                return

    def cut(self) -> None:
        """Cut the power: nothing that the machine did not send to a drive survives."""
        pid = int((self.folder / "pid").read_text())
        os.kill(pid, signal.SIGKILL)
        self.monitor.close()
        self._port.close()
        if self._vng is not None:
            self._vng.wait(timeout=30)

    def ask(self, do: str, **words: object) -> Running:
        """Send one request to the machine."""
        self._numbers += 1
        running = Running(self, self._numbers)
        self._waiting[running.number] = running
        self._port.sendall(json.dumps({"id": running.number, "do": do, **words}).encode() + b"\n")
        return running

    def start(self, *argv: str) -> Running:
        """Start a command in the machine."""
        return self.ask("run", argv=argv)

    def run(self, *argv: str, input: str = "", seconds: float = SECONDS) -> Done:
        """Run a command in the machine to its end."""
        return self.ask("run", argv=argv, input=input).wait(seconds)

    def sh(self, script: str) -> str:
        """Run a shell script in the machine that must succeed; what it printed."""
        done = self.run("sh", "-euc", script)
        assert done.status == 0, f"{script}\n{done.errors}"
        return done.output.strip()

    def python(self, script: str) -> Running:
        """Start a Python script in the machine."""
        return self.start(sys.executable, "-c", script)

    def wipe(self, *words: str, seconds: float = SECONDS) -> Done:
        """Run `wipe` in the machine to its end."""
        return self.ask("wipe", argv=words).wait(seconds)

    def start_wipe(self, *words: str) -> Running:
        """Start `wipe` in the machine."""
        return self.ask("wipe", argv=words)

    def disks(self) -> list[Mapping[str, str]]:
        """udev's properties of every disk in the machine."""
        asked = self.ask("disks")
        told = asked.heard.get(timeout=SECONDS)
        found: list[Mapping[str, str]] = told["disks"]
        return found

    @property
    def is_on(self) -> bool:
        """Whether it runs."""
        return self._vng is not None and self._vng.poll() is None


STATION = f"{STATE}/wipe"  # the station's state folder in the machine
