"""Jobs on disk: an order is durable before anything is done for it, and its id is never taken a second time.

jobs/<job id>/order.json   the order, whole and durable before the eraser starts
              eraser.json  what the eraser is given as --order
              attempts     how often it was started anew after it was cut off
              output       what it prints: progress, and why it refused
              errors       its standard error
              hung         there once its drive hung: the job never goes on
              lock         held by the eraser as long as it lives
              done.json    the last state, once the agent has delivered it; the files above are gone then
evidence/<job id>.jws      stays: the station's own copy; <job id>.<n>.jws that of the nth time it was started anew
"""

import fcntl
import json
import os
import shutil
from dataclasses import dataclass
from pathlib import Path

import rfc8785

from wipe import codec, durable
from wipe.station.messages import Job, Order, is_id, job_of, order_of

JOBS = "jobs"
EVIDENCE = "evidence"
FILE_LIMIT = 1 << 20  # bytes of a file that is read whole
TAIL = 1 << 14  # bytes at the end of a file that grows
GROWN = 4 << 20  # bytes after which what an eraser printed is thrown away


@dataclass(frozen=True, slots=True)
class Place:
    """The files of one job."""

    folder: Path
    evidence: Path

    @property
    def eraser_order(self) -> Path:
        """What the eraser reads."""
        return self.folder / "eraser.json"

    @property
    def output(self) -> Path:
        """What the eraser prints."""
        return self.folder / "output"

    @property
    def errors(self) -> Path:
        """What it prints on standard error."""
        return self.folder / "errors"

    @property
    def lock(self) -> Path:
        """Held by the eraser while it lives."""
        return self.folder / "lock"

    @property
    def attempts(self) -> int:
        """How often an eraser was started anew for this job after it was cut off."""
        try:
            return int((self.folder / "attempts").read_text(encoding="ascii"))
        except (OSError, ValueError):
            return 0

    def next_attempt(self) -> Path:
        """Count one more, durably, before it begins; where its evidence goes. Raises OSError."""
        number = self.attempts + 1
        durable.write(self.folder / "attempts", str(number).encode())
        return self.evidence_of(number)

    @property
    def room(self) -> int:
        """Bytes that are free on the station's disk; 0 where that cannot be told."""
        try:
            found = os.statvfs(self.folder.parent)
        except OSError:
            return 0
        return found.f_bavail * found.f_frsize

    @property
    def hung(self) -> bool:
        """Whether the drive of this job hung."""
        return (self.folder / "hung").exists()

    def mark_hung(self) -> None:
        """Remember that its drive hung, for a supervisor that comes later. Raises OSError."""
        durable.write(self.folder / "hung", b"")

    def evidence_of(self, attempt: int) -> Path:
        """Where an attempt leaves its evidence; the first is number 0."""
        return self.evidence if attempt == 0 else self.evidence.with_name(f"{self.evidence.stem}.{attempt}.jws")

    def held(self) -> bool:
        """Whether an eraser lives, this supervisor's child or not."""
        try:
            descriptor = os.open(self.lock, os.O_RDWR | os.O_NOFOLLOW | os.O_CLOEXEC)
        except OSError:
            return False
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            return True
        finally:
            os.close(descriptor)
        return False

    def processes(self) -> list[int]:
        """The processes that hold the lock's file open: the eraser, found again after a restart."""
        found = []
        for entry in Path("/proc").glob("[0-9]*/fd/*"):
            try:
                if os.readlink(entry) == str(self.lock):
                    found.append(int(entry.parts[2]))
            except OSError:
                continue
        return [pid for pid in dict.fromkeys(found) if pid != os.getpid()]

    def printed(self) -> list[bytes]:
        """The last whole lines of the eraser's output; a huge output is thrown away once read."""
        data = tail(self.output)
        try:
            if self.output.stat().st_size > GROWN:
                os.truncate(self.output, 0)  # the eraser appends
        except OSError:
            pass
        return data[: data.rfind(b"\n") + 1].splitlines()


def tail(path: Path) -> bytes:
    """The end of a file; nothing where it cannot be read."""
    try:
        with path.open("rb") as file:
            file.seek(max(file.seek(0, os.SEEK_END) - TAIL, 0))
            return file.read(TAIL)
    except OSError:
        return b""


class Store:
    """The jobs of a state folder."""

    def __init__(self, state: Path) -> None:
        """Raises OSError where the folders cannot be made."""
        self._jobs, self._evidence = state.absolute() / JOBS, state.absolute() / EVIDENCE
        for folder in (self._jobs, self._evidence):
            folder.mkdir(mode=0o700, parents=True, exist_ok=True)

    def place(self, job_id: str) -> Place:
        """The files of a job."""
        return Place(self._jobs / job_id, self._evidence / f"{job_id}.jws")

    def spare_evidence(self, record_id: str) -> Path:
        """Where an eraser leaves evidence that did not fit in its place."""
        return self._evidence / record_id

    def remember(self, order: Order) -> Place:
        """Keep an order durably. Raises OSError (FileExistsError for a job that is known); nothing is kept then."""
        place = self.place(order.job_id)
        place.folder.mkdir(mode=0o700)
        try:
            durable.write(place.folder / "order.json", rfc8785.dumps(codec.encode(order)))
            durable.sync_folder(self._jobs)
        except (OSError, ValueError):
            shutil.rmtree(place.folder, ignore_errors=True)
            raise
        return place

    def orders(self) -> dict[str, Order | None]:
        """Every job that is not done, by id; None for one whose order cannot be read any more.

        A folder without an order is what is left of a moment in which nothing had begun; it is removed.
        """
        found: dict[str, Order | None] = {}
        for folder in sorted(self._jobs.iterdir()):
            if not is_id(folder.name) or (folder / "done.json").exists():
                continue
            if not (folder / "order.json").exists():
                shutil.rmtree(folder, ignore_errors=True)
                continue
            try:
                order = order_of(_read_json(folder / "order.json"))
                found[folder.name] = order if order.job_id == folder.name else None
            except (OSError, ValueError, RecursionError):
                found[folder.name] = None
        return found

    def done(self, job_id: str) -> Job | None:
        """The last state of a job that was delivered; None for any other. `job_id` is a UUID."""
        try:
            return job_of(_read_json(self._jobs / job_id / "done.json"))
        except (OSError, ValueError, RecursionError):
            return None

    def known(self, job_id: str) -> bool:
        """Whether this id was ever taken."""
        return (self._jobs / job_id).exists()

    def finish(self, job: Job) -> None:
        """Keep only the last state of a job, durably. Raises OSError; the job is then as it was."""
        folder = self._jobs / job.job_id
        durable.write(folder / "done.json", rfc8785.dumps(codec.encode(job)))
        for name in ("output", "errors", "lock", "hung", "eraser.json", "order.json"):
            (folder / name).unlink(missing_ok=True)
        self.place(job.job_id).evidence.with_suffix(".jws.partial").unlink(missing_ok=True)


def _read_json(path: Path) -> object:
    with path.open("rb") as file:
        found: object = json.loads(file.read(FILE_LIMIT))
    return found
