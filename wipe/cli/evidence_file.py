"""Evidence on disk: the place is claimed before a drive is touched, and a file appears whole or not at all.

Room for it is claimed, too: whoever fills the disk meanwhile takes none of it away. Evidence that finds no room all the
same is printed, and kept until there is some.
"""

import errno
import fcntl
import os
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from wipe import durable
from wipe.errors import BadInput, Refusal, Refused
from wipe.record import SIZE_LIMIT
from wipe.vocabulary import RefusalCode

ROOM = 1 << 20  # bytes; a record has some twenty thousand, one of a drive full of faults up to 32 MiB
WAIT_SECONDS = 2.0  # between two looks whether there is room by now


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
            file.seek(0)  # it may be the second try
            file.write(data)
            file.truncate()
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
        os.posix_fallocate(descriptor, 0, ROOM)
    except OSError as error:
        os.close(descriptor)
        if error.errno == errno.ENOSPC:  # what was allocated of it
            draft.unlink(missing_ok=True)
        raise
    return descriptor


def write_somewhere(
    write: Callable[[bytes], None], path: Path, data: bytes, spare: Path, told_to_end: Callable[[], bool]
) -> None:
    """Write evidence to its place, or to `spare` in the state folder if that fails at the last moment.

    Where both fail it is printed on standard error, and tried again until there is room, or somebody ends the program.
    Raises BadInput that says where it lies: the run is over, and its evidence must not be lost with a full disk.
    """
    printed = False
    while (problem := _problem(write, data)) is not None:
        if _spared(spare, data):
            raise BadInput(
                f"The evidence could not be written to {path}: {problem}. It lies in {spare}.",
                advice="Make room and move it; the drive need not be wiped again.",
            )
        if not printed:
            printed = _printed(path, spare, data, problem)
        if told_to_end():
            raise BadInput(
                f"The evidence could not be written to {path} nor to {spare}: {problem}.",
                advice="It was printed on standard error, and nowhere else. Keep that line in a file.",
            )
        time.sleep(WAIT_SECONDS)


def _problem(write: Callable[[bytes], None], data: bytes) -> str | None:
    try:
        write(data)
    except OSError as error:
        return error.strerror or str(error)
    return None


def _spared(spare: Path, data: bytes) -> bool:
    try:
        spare.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        with claimed(spare) as write_spare:
            write_spare(data)
    except (OSError, Refused):
        return False
    return True


def _printed(path: Path, spare: Path, data: bytes, problem: str) -> bool:
    try:
        print(
            f"The evidence can be written neither to {path} nor to {spare}: {problem}. Make room; until then it stands "
            f"here, and is tried again:\n{data.decode('ascii')}",
            file=sys.stderr,
            flush=True,
        )
    except OSError:  # nobody listens, or that disk is full as well
        return False
    return True


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
