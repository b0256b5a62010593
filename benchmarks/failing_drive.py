"""What bad sectors cost: a pass over 1 GiB with 1,000 of them, beside the same pass over the same memory without any.

Prints one row: `NAME: RATIO (goal 1.00) ok|short`, the time allowed over the time taken. Allowed is twice the clean
time and 2 ms for each bad sector. The errors are made above the device, so no drive's own retries are in the figure.
"""

import bisect
import errno
import os
import random
import statistics
import sys
import tempfile
import time
from pathlib import Path

from wipe.drive import discover, guard
from wipe.facts import Geometry
from wipe.overwrite import Overwritten, run_pass
from wipe.pattern import RandomPattern

SIZE = 1 << 30  # bytes
SECTOR = 4096  # bytes
SECTORS = 1000
ROUNDS = 3
GEOMETRY = Geometry(SIZE, 512, SECTOR, 0, None, False)


class Failing:
    """An open drive whose bad sectors answer every write with EIO."""

    def __init__(self, below: guard.OpenDrive, bad: list[int]) -> None:
        self._below, self._bad = below, bad

    def pwrite(self, buffer: memoryview, offset: int) -> int:
        """EIO where the request touches a bad sector; nothing of it is written then."""
        after = bisect.bisect_right(self._bad, offset - SECTOR)
        if after < len(self._bad) and self._bad[after] < offset + len(buffer):
            raise OSError(errno.EIO, os.strerror(errno.EIO))
        return self._below.pwrite(buffer, offset)

    def pread(self, buffer: memoryview, offset: int) -> int:
        """Not asked here."""
        return self._below.pread(buffer, offset)

    def flush(self) -> None:
        """As below."""
        self._below.flush()

    def present(self) -> bool:
        """Always."""
        return True


def overwrite(path: Path, bad: list[int]) -> tuple[float, Overwritten]:
    """Wall-clock seconds of one pass, and what it did."""
    with guard.open_exclusive(discover.find(str(path)), attested=True) as opened:
        start = time.perf_counter()
        done = run_pass(
            Failing(opened, bad),
            GEOMETRY,
            RandomPattern(bytes(32)),
            number=1,
            passes=1,
            report=lambda progress: None,
            cancelled=lambda: False,
        )
        return time.perf_counter() - start, done


def main() -> int:
    """Measure and print."""
    chosen = random.Random(4).sample(range(SIZE // SECTOR), SECTORS)  # noqa: S311 - the same places every time
    bad = sorted(sector * SECTOR for sector in chosen)
    with tempfile.TemporaryDirectory(dir="/dev/shm") as folder:
        path = Path(folder) / "drive.img"
        path.write_bytes(bytes(SIZE))
        clean, failing = [], []
        for _ in range(ROUNDS):
            clean.append(overwrite(path, [])[0])
            took, done = overwrite(path, bad)
            failing.append(took)
            if sum(one.blocks for one in done.result.unwritten) * 512 != SECTORS * SECTOR:
                raise SystemExit("the pass did not leave exactly the bad sectors: no figure")
    allowed = 2 * statistics.median(clean) + 0.002 * SECTORS
    ratio = allowed / statistics.median(failing)
    name = f"1,000 bad sectors over 1 GiB ({statistics.median(failing):.2f} s, clean {statistics.median(clean):.2f} s)"
    print(f"{name}: {ratio:.2f} (goal 1.00) {'ok' if ratio >= 1 else 'short'}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
