"""Evidence on disk: the place is claimed before a drive is touched, and a file appears whole or not at all."""

import errno
import fcntl
import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from wipe import durable
from wipe.errors import BadInput, Refusal, Refused
from wipe.record import SIZE_LIMIT
from wipe.vocabulary import RefusalCode


@contextmanager
def claimed(path: Path) -> Iterator[Callable[[bytes], None]]:
    """Claim `path` for evidence; the value given writes it durably. Raises Refused where it cannot."""
    draft = path.with_name(path.name + ".partial")
    try:
        if path.exists() or path.is_symlink():
            raise FileExistsError(17, "there is a file of that name already")
        descriptor = _open_alone(draft)
    except OSError as error:
        raise Refused([_cannot_write(path, error)]) from error

    def write(data: bytes) -> None:
        with os.fdopen(os.dup(descriptor), "wb") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        os.link(draft, path)
        durable.sync_folder(path.absolute().parent)

    try:
        yield write
    finally:
        os.close(descriptor)
        draft.unlink()


def _open_alone(draft: Path) -> int:
    """Make the draft and lock it; one that a run left which was cut off is taken over. Raises OSError."""
    descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_NOFOLLOW | os.O_CLOEXEC, 0o600)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        if os.fstat(descriptor).st_ino != draft.lstat().st_ino:
            raise BlockingIOError(errno.EAGAIN, "another run was writing it a moment ago")
        os.fchmod(descriptor, 0o600)
        os.ftruncate(descriptor, 0)
    except OSError:
        os.close(descriptor)
        raise
    return descriptor


def write_somewhere(write: Callable[[bytes], None], path: Path, data: bytes, spare: Path) -> None:
    """Write evidence to its place, or to `spare` in the state folder if that fails at the last moment.

    Raises BadInput that says where it lies: the run is over, and its evidence must not be lost with a full disk.
    """
    try:
        write(data)
    except OSError as error:
        spare.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        with claimed(spare) as write_spare:
            write_spare(data)
        raise BadInput(
            f"The evidence could not be written to {path}: {error.strerror}. It lies in {spare}.",
            advice="Make room and move it; the drive need not be wiped again.",
        ) from error


def _cannot_write(path: Path, error: OSError) -> Refusal:
    return Refusal(
        RefusalCode.EVIDENCE_PATH.value,
        f"The evidence cannot be written to {path}: {error.strerror}.",
        "Name a new file in a folder of yours; nothing was wiped.",
    )


def read(path: Path) -> bytes:
    """The bytes of an evidence file. Raises BadInput."""
    try:
        with path.open("rb") as file:
            return file.read(SIZE_LIMIT + 1).strip(b"\n")
    except OSError as error:
        raise BadInput(
            f"{path} cannot be read: {error.strerror}.", advice="Name the file that --evidence wrote."
        ) from error
