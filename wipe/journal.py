"""What the station set out to do, durable before it is done, so that a power cut cannot hide a run.

One file for each run, `journal/<record id>.json` in the state folder. It is there from before the first write until
the evidence is durable, and the eraser holds a lock on it meanwhile: a file that nobody holds tells of a run that was
cut off. The stream key of the run lies beside it (wipe.keys), and a reader of the file ignores members that it does not
know, so that checkpoints can be added for resuming.
"""

import fcntl
import json
import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from uuid import UUID

import rfc8785

from wipe import codec, durable
from wipe.errors import BadInput, Refused
from wipe.facts import Plan, has_serial, match

FOLDER = "journal"
LIMIT = 1 << 20  # bytes of an entry


@dataclass(frozen=True, slots=True)
class Intent:
    """One run that was begun."""

    record_id: str
    started: datetime
    plan: Plan


@contextmanager
def intent(state: Path, begun: Intent) -> Iterator[None]:
    """Keep `begun` durable while the body runs; it is forgotten when the body ends or is refused, not when it fails.

    Raises BadInput where it cannot be kept; nothing was done then.
    """
    path = state / FOLDER / f"{begun.record_id}.json"
    try:
        descriptor = _write(path, rfc8785.dumps(codec.encode(begun)))
    except OSError as error:
        raise BadInput(
            f"The journal {path.parent} cannot be written: {error.strerror}.",
            advice="Make room or choose another folder with --state; nothing was wiped.",
        ) from error
    try:
        try:
            yield
        except Refused:  # at the door: nothing was written, so nothing was cut off
            settle(state, (begun,))
            raise
        settle(state, (begun,))
    finally:
        os.close(descriptor)


def _write(path: Path, data: bytes) -> int:
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    draft = path.with_suffix(".draft")
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
    return tuple(found)


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
