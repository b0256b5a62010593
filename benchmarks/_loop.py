"""What the drive benchmarks share: loop devices over tmpfs of their own, measured acts, and rows."""

import os
import resource
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path

ROUNDS = int(os.environ.get("CARETAKER_BENCH_ROUNDS", "5"))
GIB = 1 << 30


@dataclass(frozen=True)
class Cost:
    """What an act took: wall-clock seconds, and CPU seconds of this process and its children."""

    wall: float
    cpu: float


def need_root() -> None:
    """Leave with a sentence where no loop device can be made."""
    if os.geteuid() != 0:
        print("This benchmark makes loop devices and needs root.", file=sys.stderr)
        sys.exit(2)


@contextmanager
def devices(count: int, size: int) -> Iterator[list[str]]:
    """`count` loop devices of `size` bytes over files in tmpfs, all written once; taken away at the end."""
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


def in_turn(*acts: Callable[[], object]) -> list[Cost]:
    """Each once unmeasured, then ROUNDS times in turn; the medians, in the same order."""
    for act in acts:
        act()
    rounds = [[measured(act) for act in acts] for _ in range(ROUNDS)]
    return [
        Cost(statistics.median(one[index].wall for one in rounds), statistics.median(one[index].cpu for one in rounds))
        for index in range(len(acts))
    ]


def row(name: str, ratio: float, goal: float, note: str = "") -> None:
    """One figure that has a goal."""
    print(f"{name}: {ratio:.2f} (goal {goal:.2f}) {'ok' if ratio >= goal else 'short'}{note}", flush=True)


def dd(*arguments: str, size: int = GIB) -> None:
    """Run dd with blocks of 4 MiB."""
    subprocess.run(["dd", "bs=4M", f"count={size >> 22}", "status=none", *arguments], check=True)
