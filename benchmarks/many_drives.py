"""Eight drives at once beside eight dd, the memory of an eraser, what telling progress costs. Needs root."""

import json
import multiprocessing
import os
import resource
import statistics
import subprocess
import sys
import tempfile
import time
from functools import partial
from multiprocessing.synchronize import Barrier
from pathlib import Path

from _loop import devices, in_turn, measured, need_root, row

from wipe import codec
from wipe.drive import discover, guard
from wipe.facts import Drive, Progress
from wipe.overwrite import PROGRESS_SECONDS, run_pass
from wipe.pattern import ConstantPattern
from wipe.vocabulary import Phase

DRIVES = 8
SIZE = 1 << 28  # bytes each
MEMORY_MOST = 120.0  # MiB resident
TOLD = 1000  # times


def overwrite(drive: Drive) -> None:
    """One zero pass of ours."""
    with guard.open_exclusive(drive, attested=True) as opened:
        done = run_pass(
            opened,
            opened.geometry,
            ConstantPattern(0),
            number=1,
            passes=1,
            report=lambda progress: None,
            cancelled=lambda: False,
        )
    if done.result.bytes_written != SIZE:
        raise SystemExit("the pass did not write the whole drive: no figure")


def _worker(device: str, go: Barrier) -> None:
    drive = discover.find(device)
    go.wait()
    overwrite(drive)
    go.wait()


def ours_at_once(names: list[str], times: list[float]) -> None:
    """One process a drive, as the station has it, from when each has found its drive; Python starts before."""
    context = multiprocessing.get_context("fork")
    go = context.Barrier(len(names) + 1)
    workers = [context.Process(target=_worker, args=(name, go)) for name in names]
    for worker in workers:
        worker.start()
    go.wait()
    start = time.perf_counter()
    go.wait()
    times.append(time.perf_counter() - start)
    for worker in workers:
        worker.join()
        if worker.exitcode != 0:
            raise SystemExit("an eraser failed: no figure")


def dd_at_once(names: list[str], times: list[float]) -> None:
    """One dd a drive."""
    start = time.perf_counter()
    command = ["dd", "if=/dev/zero", "bs=4M", f"count={SIZE >> 22}", "oflag=direct", "conv=fsync", "status=none"]
    running = [subprocess.Popen([*command, f"of={name}"]) for name in names]
    if any(one.wait() != 0 for one in running):
        raise SystemExit("dd failed: no figure")
    times.append(time.perf_counter() - start)


def told(progress: Progress) -> None:
    """As an eraser tells its progress to the supervisor."""
    with open(os.devnull, "w", encoding="utf-8") as nowhere:
        print(json.dumps(codec.encode(progress)), file=nowhere, flush=True)


def telling() -> float:
    """CPU seconds that telling takes once. No pass tells more often than every PROGRESS_SECONDS."""
    progress = Progress(Phase.OVERWRITE, 1, 1, SIZE // 2, SIZE, 0, 1 << 30, 35)
    return measured(lambda: [told(progress) for _ in range(TOLD)]).cpu / TOLD


def eraser_memory() -> float:
    """MiB resident, at most, of one whole `wipe erase` on a virtual drive."""
    with tempfile.TemporaryDirectory(dir="/dev/shm") as folder:
        drive = Path(folder) / "drive.img"
        drive.write_bytes(bytes(SIZE))
        wipe = str(Path(sys.executable).with_name("wipe"))
        sure = ["--attest", "A file that the benchmark made", "--confirm", drive.name]
        kept = ["--evidence", f"{folder}/evidence.jws", "--state", f"{folder}/state"]
        subprocess.run(
            [wipe, "erase", str(drive), "--method", "random", "--verify", "full", *sure, *kept],
            check=True,
            capture_output=True,
        )
        return resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss / 1024


def main() -> int:
    """Measure."""
    need_root()
    print(f"memory of one eraser: {eraser_memory():.0f} MiB (goal at most {MEMORY_MOST:.0f})", flush=True)
    with devices(DRIVES, SIZE) as names:
        theirs: list[float] = []
        ours: list[float] = []
        in_turn(partial(dd_at_once, names, theirs), partial(ours_at_once, names, ours))
        ratios = [one / other for one, other in zip(theirs[1:], ours[1:], strict=True)]
        row("eight zero passes at once / eight dd", statistics.median(ratios), 0.90)
    row("a pass that tells its progress / a silent one", 1 - telling() / PROGRESS_SECONDS, 0.99)
    return 0


if __name__ == "__main__":
    sys.exit(main())
