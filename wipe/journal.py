"""What the station set out to do, durable before it is done, so that a power cut cannot hide a run.

One file for each run, `journal/<record id>.json` in the state folder. It is there from before the first write until
the evidence is durable, and the eraser holds a lock on it meanwhile: a file that nobody holds tells of a run that was
cut off. It also says how far the run is, always less than what is on the medium, so that a later run can go on from
there; after a drive that left it stays for that, evidence or not. The stream key of the run lies beside it (wipe.keys).
"""

import fcntl
import json
import os
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path
from uuid import UUID

import rfc8785

from wipe import clock, codec, durable
from wipe.errors import BadInput, Refused
from wipe.facts import PassResult, Plan, Reached, has_serial, match
from wipe.vocabulary import Cut

FOLDER = "journal"
LIMIT = 32 << 20  # bytes of an entry; most are a few thousand, a drive full of faults has more to tell


@dataclass(frozen=True, slots=True)
class Intent:
    """One run that was begun, and how far it is."""

    record_id: str
    started: datetime
    plan: Plan
    job_id: str | None = codec.added(None, since=2)
    cause: Cut | None = codec.added(None, since=2)  # why it ended with evidence, but not at its end
    passes: tuple[PassResult, ...] = codec.added((), since=2)  # finished
    reached: Reached | None = codec.added(None, since=2)  # of the pass after those
    noted: datetime | None = codec.added(None, since=2)  # when that was written down
    number: int = codec.added(0, since=3)  # of the runs on this drive that were cut off; clocks may go back


class Entry:
    """The journal's entry of the run that goes on now."""

    def __init__(self, state: Path, begun: Intent) -> None:
        """Raises OSError where it cannot be kept."""
        self._state, self._begun = state, begun
        self._path = state / FOLDER / f"{begun.record_id}.json"
        self._descriptor = _write(self._path, rfc8785.dumps(codec.encode(begun)))
        self._kept = False

    def note(self, passes: tuple[PassResult, ...], reached: Reached | None) -> None:
        """Write down how far the run is. A disk that is full stops no wipe: the entry then says less than there is."""
        self._begun = replace(self._begun, passes=passes, reached=reached, noted=clock.now())
        with suppress(OSError):
            self._replace()

    def keep(self, cause: Cut) -> None:
        """Keep the entry when the run ends, so that another can go on from it. Raises OSError."""
        self._begun, self._kept = replace(self._begun, cause=cause), True
        self._replace()

    def _replace(self) -> None:
        data = rfc8785.dumps(codec.encode(self._begun))
        if len(data) > LIMIT:
            return
        before, self._descriptor = self._descriptor, _write(self._path, data)
        os.close(before)

    def close(self, *, forget: bool) -> None:
        """Let go of it, and forget it unless it is kept. Raises OSError."""
        try:
            if forget and not self._kept:
                settle(self._state, (self._begun,))
        finally:
            os.close(self._descriptor)


@contextmanager
def intent(state: Path, begun: Intent) -> Iterator[Entry]:
    """Keep `begun` durable while the body runs; it is forgotten when the body ends or is refused, not when it fails.

    Raises BadInput where it cannot be kept; nothing was done then.
    """
    try:
        entry = Entry(state, begun)
    except OSError as error:
        raise BadInput(
            f"The journal {state / FOLDER} cannot be written: {error.strerror}.",
            advice="Make room or choose another folder with --state; nothing was wiped.",
        ) from error
    forget = False
    try:
        yield entry
        forget = True
    except Refused:  # at the door: nothing was written, so nothing was cut off
        forget = True
        raise
    finally:
        entry.close(forget=forget)


def _write(path: Path, data: bytes) -> int:
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    draft = path.with_suffix(".draft")
    draft.unlink(missing_ok=True)  # of a power cut; nobody else writes this record's entry
    descriptor = os.open(draft, os.O_RDWR | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC, 0o600)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        with os.fdopen(os.dup(descriptor), "wb") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        draft.rename(path)
        durable.sync_folder(path.parent)
    except OSError:
        os.close(descriptor)
        draft.unlink(missing_ok=True)
        raise
    return descriptor


def cut_off(state: Path, plan: Plan) -> tuple[Intent, ...]:
    """The runs on the drive of `plan` that were cut off, oldest first. An entry that cannot be read is left alone."""
    found = []
    for path in sorted((state / FOLDER).glob("*.json")):
        begun = _abandoned(path)
        if begun is not None and _same_drive(begun.plan, plan):
            found.append(begun)
    return tuple(sorted(found, key=_order))


def _order(begun: Intent) -> tuple[int, str]:
    return begun.number, begun.record_id  # which begins with a time


def of_job(state: Path, job_id: str) -> Intent | None:
    """The latest run of a job that was cut off; None for a job without one."""
    found = [_abandoned(path) for path in sorted((state / FOLDER).glob("*.json"))]
    mine = [begun for begun in found if begun is not None and begun.job_id == job_id]
    return max(mine, key=_order, default=None)


def settle(state: Path, begun: tuple[Intent, ...]) -> None:
    """Forget runs whose interruption now stands in signed evidence. Raises OSError."""
    for one in begun:
        (state / FOLDER / f"{one.record_id}.json").unlink(missing_ok=True)
    if begun:
        durable.sync_folder(state / FOLDER)


def _abandoned(path: Path) -> Intent | None:
    try:
        descriptor = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_CLOEXEC)
    except OSError:
        return None
    with os.fdopen(descriptor, "rb") as file:
        try:
            fcntl.flock(file.fileno(), fcntl.LOCK_SH | fcntl.LOCK_NB)
            begun = codec.decode(Intent, json.loads(file.read(LIMIT)), "journal", extra=None)
            same_name = path.stem == str(UUID(begun.record_id))
        except (OSError, ValueError, RecursionError):  # still running, or half a disk's worth of rubbish
            return None
    return begun if same_name else None


def _same_drive(one: Plan, other: Plan) -> bool:
    if match(one.identity, one.capacity_bytes, other.identity, other.capacity_bytes):
        return False
    return has_serial(one.identity) or one.identity.device == other.identity.device


def why_not(begun: Intent, plan: Plan) -> str:
    """Why a run by `plan` may not go on where `begun` was cut off, as a finished sentence; empty where it may.

    The drive must be the same by serial number, WWN, firmware and capacity, wherever it is plugged in now.
    """
    one, other = begun.plan.identity, plan.identity
    if begun.reached is None and not begun.passes:
        return "It had not got far enough to go on from there."
    if not has_serial(one) or not has_serial(other):
        return "The drive gives no serial number, so it could be another."
    if (one.serial, one.wwn, one.firmware) != (other.serial, other.wwn, other.firmware):
        return "Serial number, WWN or firmware of the drive are not what they were."
    if not same_but_place(begun.plan, plan):
        return "It was to overwrite the drive in another way."
    return ""


def same_but_place(one: Plan, other: Plan) -> bool:
    """Whether two plans write the same to the same drive, wherever that is plugged in."""
    alike = replace(one, identity=other.identity, verification=other.verification, attestation=other.attestation)
    return alike == other and not match(one.identity, one.capacity_bytes, other.identity, other.capacity_bytes)
