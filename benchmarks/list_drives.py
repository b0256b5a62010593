"""`wipe list` with 24 drives of its own beside those that are here: from pressing the key to the last line. Needs root.

A figure in seconds, since what a person waits for is no ratio: the median of the rounds, the start of Python counted.
"""

import statistics
import subprocess
import sys
from pathlib import Path

from _loop import ROUNDS, devices, measured, need_root

DRIVES = 24
SIZE = 1 << 20  # bytes each
GOAL = 0.5  # seconds


def listed(names: list[str]) -> None:
    """List all drives. Leaves where one is missing."""
    done = subprocess.run([Path(sys.executable).with_name("wipe"), "list"], capture_output=True, text=True, check=True)
    if not all(f"{name} " in done.stdout for name in names):
        raise SystemExit("a drive is missing in the list: no figure")


def main() -> int:
    """Measure."""
    need_root()
    with devices(DRIVES, SIZE) as names:
        listed(names)
        took = statistics.median(measured(lambda: listed(names)).wall for _ in range(ROUNDS))
    print(f"wipe list, {DRIVES} drives: {took:.2f} s (goal {GOAL} s) {'ok' if took <= GOAL else 'short'}", flush=True)
    return 0


if __name__ == "__main__":
    sys.exit(main())
