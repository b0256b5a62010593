"""Files by their content: instance/attachments/SCHOOL/ab/SHA-256. Standard library and wipe.durable only.

A file is written whole and durable before its row is committed, so a row without its file shows damage, and a file
without a row shows an upload that was called off (`tracker attachments check`). Schools share no file: what one erases
never depends on another's rows.
"""

import errno
import hashlib
import re
from collections.abc import Iterator
from io import BytesIO
from pathlib import Path
from uuid import UUID

from wipe import durable

FOLDER = "attachments"
_NAME = re.compile(r"[0-9a-f]{64}")
_FULL = frozenset({errno.ENOSPC, errno.EDQUOT, errno.EFBIG})
_WHOM = "Tell whoever looks after the server."


class NotKept(Exception):
    """A file could not be written, and nothing was kept. `str()` is a finished sentence for the person who waits."""


class Lost(Exception):
    """A file is not there, or is not what was kept. `str()` is `missing` or `altered`."""


class Files:
    """The files of one school."""

    def __init__(self, instance: Path, school_id: UUID) -> None:
        self.instance = instance
        self.folder = instance / FOLDER / str(school_id)

    def path(self, sha256: str) -> Path:
        """Where the file of that content lies. Raises ValueError for what is no hash."""
        if not _NAME.fullmatch(sha256):
            raise ValueError("not a SHA-256")
        return self.folder / sha256[:2] / sha256

    def keep(self, data: bytes) -> str:
        """Make sure that the file is there, whole and durable; its hash. Raises NotKept."""
        sha256 = hashlib.sha256(data).hexdigest()
        path = self.path(sha256)
        try:
            if not self._whole(path, sha256):
                self._make_folders(path.parent)
                path.unlink(missing_ok=True)  # of another content than its name says: of no use to anybody
                durable.write_once(path, data)
        except OSError as error:
            raise NotKept(_sentence(error)) from error
        return sha256

    def open(self, sha256: str) -> BytesIO:
        """The file, proved to be what was kept. Raises Lost, and OSError where it cannot be read."""
        try:
            data = self.path(sha256).read_bytes()  # whole, so that what was proved is what is given out
        except FileNotFoundError as error:
            raise Lost("missing") from error
        if hashlib.sha256(data).hexdigest() != sha256:
            raise Lost("altered")
        return BytesIO(data)

    def fault(self, sha256: str) -> str | None:
        """What is wrong with a file: `missing`, `altered` or `unreadable`; None if nothing is."""
        try:
            self.open(sha256)
        except Lost as lost:
            return str(lost)
        except OSError:
            return "unreadable"
        return None

    def erase(self, sha256: str) -> None:
        """Remove a file, if it is there. Raises OSError."""
        path = self.path(sha256)
        if path.exists():
            path.unlink()
            durable.sync_folder(path.parent)

    def all(self) -> Iterator[Path]:
        """Every file below the folder, also those that are no content: what a power cut left of a draft."""
        return (path for path in sorted(self.folder.rglob("*")) if not path.is_dir())

    def _whole(self, path: Path, sha256: str) -> bool:
        try:
            with path.open("rb") as file:
                return hashlib.file_digest(file, "sha256").hexdigest() == sha256
        except FileNotFoundError:
            return False

    def _make_folders(self, last: Path) -> None:
        """Make what is missing below the instance folder, never that one: it may be a disk that is not mounted."""
        for folder in (self.instance / FOLDER, self.folder, last):
            if not folder.is_dir():
                folder.mkdir(mode=0o700, exist_ok=True)
                durable.sync_folder(folder.parent)


def is_content(path: Path) -> bool:
    """Whether a file's name is that of a content."""
    return _NAME.fullmatch(path.name) is not None


def _sentence(error: OSError) -> str:
    if error.errno in _FULL:
        return f"The server's disk is full, so nothing was kept. {_WHOM}"
    if error.errno in (errno.EACCES, errno.EPERM, errno.EROFS):
        return f"The server may not write into its folder for attachments, so nothing was kept. {_WHOM}"
    if error.errno in (errno.ENOENT, errno.ENOTDIR):
        return f"The server's folder for attachments is missing, so nothing was kept. {_WHOM}"
    return f"The server could not write the file, so nothing was kept. {_WHOM}"
