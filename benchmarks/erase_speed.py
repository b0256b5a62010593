"""Overwriting and reading back beside dd, nwipe and shred, in turn, on one loop device over tmpfs. Needs root.

Prints one row a figure: `NAME: RATIO (goal GOAL) ok|short`, the median over rounds of dd's time over ours, and the CPU
seconds per GiB of each, without what the kernel does in threads of its own, which is the same for all. nwipe and shred
stand beside it where they are installed.
"""

import os
import shutil
import subprocess
import sys
from collections.abc import Callable
from functools import partial

from _loop import GIB, dd, devices, in_turn, measured, need_root, row

from wipe.drive import discover, guard
from wipe.facts import Drive
from wipe.overwrite import run_pass
from wipe.pattern import ConstantPattern, Pattern, RandomPattern
from wipe.verify import run_full

RANDOM = RandomPattern(os.urandom(32))


def overwrite(drive: Drive, pattern: Pattern) -> None:
    """One pass of ours, flushed."""
    with guard.open_exclusive(drive, attested=True) as opened:
        done = run_pass(
            opened,
            opened.geometry,
            pattern,
            number=1,
            passes=1,
            report=lambda progress: None,
            cancelled=lambda: False,
        )
    if done.result.bytes_written != GIB:
        raise SystemExit("the pass did not write the whole drive: no figure")


def read_back(drive: Drive) -> None:
    """One full verification of ours."""
    with guard.open_fresh(drive) as opened:
        done = run_full(
            opened, opened.geometry, RANDOM, passes=1, report=lambda progress: None, cancelled=lambda: False
        )
    if done.result.bytes_read != GIB or done.result.mismatched:
        raise SystemExit("the drive did not verify: no figure")


def nwipe(device: str, method: str) -> None:
    """One pass of nwipe, in a mount namespace whose /dev holds nothing but this device."""
    script = (
        "set -e; d=$(mktemp -d); mount -t tmpfs none $d; "
        f"for n in null zero full random urandom tty {os.path.basename(device)}; do cp -a /dev/$n $d/; done; "
        "mkdir $d/pts $d/shm $d/block; mount --bind $d /dev; "
        f"exec nwipe --autonuke --nogui --nowait --noblank --verify=off --method={method} {device}"
    )
    subprocess.run(["unshare", "--mount", "sh", "-c", script], check=True, capture_output=True)


def shred(device: str) -> None:
    """One random pass of shred."""
    subprocess.run(["shred", "--iterations=1", device], check=True)


def compare(
    name: str, goal: float, theirs: Callable[[], None], ours: Callable[[], None], others: dict[str, Callable[[], None]]
) -> None:
    """Measure beside dd; print the row and what stands beside it, others once, since they take long."""
    found = in_turn(theirs, ours)
    row(name, found.ratio, goal)
    print(f"  dd: {found.first_cpu:.2f}, ours: {found.second_cpu:.2f} CPU seconds per GiB", flush=True)
    for who, act in others.items():
        beside, cost = measured(theirs), measured(act)
        print(f"  {who}: {beside.wall / cost.wall:.2f} of dd, {cost.cpu:.2f} CPU seconds per GiB", flush=True)


def main() -> int:
    """Make the device, measure, take the device away."""
    need_root()
    with devices(1, GIB) as (device,):
        drive = discover.find(device)
        write = partial(dd, "if=/dev/zero", f"of={device}", "oflag=direct", "conv=fsync")
        read = partial(dd, f"if={device}", "of=/dev/null", "iflag=direct")
        zeros: dict[str, Callable[[], None]] = {}
        randoms: dict[str, Callable[[], None]] = {"shred, random": partial(shred, device)}
        if shutil.which("nwipe"):
            zeros["nwipe, zeros"] = partial(nwipe, device, "zero")
            randoms["nwipe, random"] = partial(nwipe, device, "prng")
        compare("zero pass / dd", 0.95, write, partial(overwrite, drive, ConstantPattern(0)), zeros)
        compare("random pass / dd of zeros", 0.70, write, partial(overwrite, drive, RANDOM), randoms)
        overwrite(drive, RANDOM)
        compare("full verification of a random pass / dd", 0.50, read, partial(read_back, drive), {})
    return 0


if __name__ == "__main__":
    sys.exit(main())
