"""Files that appear whole or not at all, also after a power cut. Standard library only.

A file is written beside its place, flushed, and given its name in one act; then the folder is flushed, since a name is
an entry of the folder. The tracker keeps its keys in the same way.
"""

import os
import secrets
from pathlib import Path


def write(path: Path, data: bytes) -> None:
    """Write a file, mode 0600, in place of the one that is there. Raises OSError; nothing has changed then."""
    draft = path.with_name(path.name + ".draft")
    try:
        _fill(draft, data, os.O_TRUNC)
        draft.rename(path)
    except OSError:
        draft.unlink(missing_ok=True)
        raise
    sync_folder(path.parent)


def write_once(path: Path, data: bytes) -> None:
    """Write a file, mode 0600, unless one of that name is there; of two at once the first wins. Raises OSError."""
    draft = path.with_name(f"{path.name}.{secrets.token_hex(8)}")
    try:
        _fill(draft, data, os.O_EXCL)
        try:
            os.link(draft, path)
        except FileExistsError:
            return
    finally:
        draft.unlink(missing_ok=True)
    sync_folder(path.parent)


def _fill(path: Path, data: bytes, flag: int) -> None:
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_NOFOLLOW | os.O_CLOEXEC | flag, 0o600)
    with os.fdopen(descriptor, "wb") as file:
        file.write(data)
        file.flush()
        os.fsync(file.fileno())


def sync_folder(folder: Path) -> None:
    """Make what was made or removed in a folder durable. Raises OSError."""
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
