"""What the drive benchmarks share: loop devices over tmpfs of their own, measured acts, and rows."""

import os
import resource
import signal
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path

ROUNDS = int(os.environ.get("CARETAKER_BENCH_ROUNDS", "9"))
GIB = 1 << 30


@dataclass(frozen=True)
class Cost:
    """What an act took: wall-clock seconds, and CPU seconds of this process and its children."""

    wall: float
    cpu: float


@dataclass(frozen=True)
class Compared:
    """Two acts side by side: the median of the rounds' ratios, and each one's CPU seconds."""

    ratio: float  # the first's time over the second's: above 1 the second is the faster
    first_cpu: float
    second_cpu: float


def need_root() -> None:
    """Leave with a sentence where no loop device can be made."""
    if os.geteuid() != 0:
        print("This benchmark makes loop devices and needs root.", file=sys.stderr)
        sys.exit(2)


@contextmanager
def devices(count: int, size: int) -> Iterator[list[str]]:
    """`count` loop devices of `size` bytes over files in tmpfs, all written once; taken away at the end."""
    signal.signal(signal.SIGTERM, lambda number, frame: sys.exit(128 + number))  # else it would leave them behind
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(dir="/dev/shm")))
        made = []
        for number in range(count):
            path = folder / f"drive{number}.raw"
            path.write_bytes(bytes(size))
            made.append(_attach(path))
            stack.callback(subprocess.run, ["losetup", "--detach", made[-1]], check=True)
        yield made


def _attach(path: Path) -> str:
    command = ["losetup", "--find", "--show", "--direct-io=on", str(path)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode != 0:  # tmpfs takes direct I/O from Linux 6.6 on
        command.remove("--direct-io=on")
        done = subprocess.run(command, capture_output=True, text=True, check=True)
    return done.stdout.strip()


def measured(act: Callable[[], object]) -> Cost:
    """Run it once."""
    before, start = _cpu(), time.perf_counter()
    act()
    return Cost(time.perf_counter() - start, _cpu() - before)


def _cpu() -> float:
    used = (resource.getrusage(resource.RUSAGE_SELF), resource.getrusage(resource.RUSAGE_CHILDREN))
    return sum(one.ru_utime + one.ru_stime for one in used)


def in_turn(first: Callable[[], object], second: Callable[[], object], rounds: int = ROUNDS) -> Compared:
    """Each once unmeasured, then both in turn. What else a machine does falls on both sides of a round alike."""
    first()
    second()
    pairs = [(measured(first), measured(second)) for _ in range(rounds)]
    return Compared(
        statistics.median(one.wall / other.wall for one, other in pairs),
        statistics.median(one.cpu for one, _ in pairs),
        statistics.median(other.cpu for _, other in pairs),
    )


def row(name: str, ratio: float, goal: float, note: str = "") -> None:
    """One figure that has a goal."""
    print(f"{name}: {ratio:.2f} (goal {goal:.2f}) {'ok' if ratio >= goal else 'short'}{note}", flush=True)


def dd(*arguments: str, size: int = GIB) -> None:
    """Run dd with blocks of 4 MiB."""
    subprocess.run(["dd", "bs=4M", f"count={size >> 22}", "status=none", *arguments], check=True)
