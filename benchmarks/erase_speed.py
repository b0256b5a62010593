"""Overwriting and reading back beside dd, in turn, on one loop device over tmpfs. Needs root.

Prints one row a figure: `NAME: RATIO (goal GOAL) ok|short`, the ratio of medians of five rounds, dd's time over ours.
"""

import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

from wipe.drive import discover, guard
from wipe.overwrite import run_pass
from wipe.pattern import ConstantPattern, Pattern, RandomPattern
from wipe.verify import run_full

SIZE = 1 << 30  # bytes
ROUNDS = 5
RANDOM = RandomPattern(os.urandom(32))


def seconds(act: Callable[[], object]) -> float:
    """Wall-clock seconds of one call."""
    start = time.perf_counter()
    act()
    return time.perf_counter() - start


def dd(*arguments: str) -> None:
    """Run dd with blocks of 4 MiB."""
    subprocess.run(["dd", "bs=4M", f"count={SIZE >> 22}", "status=none", *arguments], check=True)


def overwrite(device: str, pattern: Pattern) -> None:
    """One pass of ours, flushed."""
    with guard.open_exclusive(discover.find(device), attested=True) as opened:
        done = run_pass(
            opened,
            opened.geometry,
            pattern,
            number=1,
            passes=1,
            report=lambda progress: None,
            cancelled=lambda: False,
        )
    if done.result.bytes_written != SIZE:
        raise SystemExit("the pass did not write the whole drive: no figure")


def read_back(device: str) -> None:
    """One full verification of ours."""
    with guard.open_fresh(discover.find(device)) as opened:
        done = run_full(
            opened, opened.geometry, RANDOM, passes=1, report=lambda progress: None, cancelled=lambda: False
        )
    if done.result.bytes_read != SIZE or done.result.mismatched:
        raise SystemExit("the drive did not verify: no figure")


def row(name: str, goal: float, theirs: Callable[[], None], ours: Callable[[], None]) -> None:
    """Measure the two in turn and print the row."""
    theirs()
    ours()
    times = [(seconds(theirs), seconds(ours)) for _ in range(ROUNDS)]
    ratio = statistics.median(one for one, _ in times) / statistics.median(other for _, other in times)
    print(f"{name}: {ratio:.2f} (goal {goal:.2f}) {'ok' if ratio >= goal else 'short'}", flush=True)


def main() -> int:
    """Make the device, measure, take the device away."""
    if os.geteuid() != 0:
        print("This benchmark makes a loop device and needs root.", file=sys.stderr)
        return 2
    with tempfile.TemporaryDirectory(dir="/dev/shm") as folder:
        path = Path(folder) / "drive.raw"
        path.write_bytes(bytes(SIZE))
        command = ["losetup", "--find", "--show", "--direct-io=on", str(path)]
        made = subprocess.run(command, capture_output=True, text=True, check=False)
        if made.returncode != 0:  # tmpfs takes direct I/O from Linux 6.6 on
            command.remove("--direct-io=on")
            made = subprocess.run(command, capture_output=True, text=True, check=True)
        device = made.stdout.strip()
        try:
            write = ("if=/dev/zero", f"of={device}", "oflag=direct", "conv=fsync")
            row("zero pass / dd", 0.95, lambda: dd(*write), lambda: overwrite(device, ConstantPattern(0)))
            row("random pass / dd of zeros", 0.70, lambda: dd(*write), lambda: overwrite(device, RANDOM))
            read = (f"if={device}", "of=/dev/null", "iflag=direct")
            row("full verification of a random pass / dd", 0.50, lambda: dd(*read), lambda: read_back(device))
        finally:
            subprocess.run(["losetup", "--detach", device], check=True)
    return 0


if __name__ == "__main__":
    sys.exit(main())
