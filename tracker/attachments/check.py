"""Compare the register with the files: every row has its file, whole; and which files have no row."""

import time
from dataclasses import dataclass
from pathlib import Path
from uuid import UUID

from sqlalchemy import select

from tracker.attachments import service
from tracker.attachments.models import Attachment
from tracker.attachments.storage import Files, is_content
from tracker.db import db

DRAFT_AGE = 3600  # seconds after which a draft is no upload on its way any more


@dataclass(frozen=True)
class Fault:
    """A file that is not what the register says."""

    attachment_id: UUID
    name: str
    subject_type: str
    subject_id: UUID
    sha256: str
    what: str  # missing, altered, unreadable
    thumbnail: bool


@dataclass(frozen=True)
class Report:
    """What was compared. Sound only where something was looked at and nothing is wrong, or where there is nothing."""

    rows: int  # attachments that must have their file
    faults: tuple[Fault, ...]
    orphans: tuple[Path, ...]  # files to which no row refers: uploads that were called off, or erased ones


def check(school_id: UUID, instance: Path) -> Report:
    """Read every file of a school and compare it with its row. Raises OSError where the folder cannot be listed."""
    files = Files(instance, school_id)
    there = list(files.all())  # before the rows: a file comes before its row
    query = select(Attachment).where(Attachment.school_id == school_id, Attachment.erased_at.is_(None))
    rows, known, faults = 0, dict[str, str | None](), list[Fault]()
    for row in db.session.scalars(query.order_by(Attachment.added_at, Attachment.id).execution_options(yield_per=500)):
        rows += 1
        for sha256 in service.contents_of(row):
            if sha256 not in known:
                known[sha256] = files.fault(sha256)
            what = known[sha256]
            if what is not None:
                small = sha256 != row.sha256
                faults.append(Fault(row.id, row.name, row.subject_type, row.subject_id, sha256, what, small))
    orphans = tuple(path for path in there if path.name not in known)
    return Report(rows, tuple(faults), orphans)


def sweep(school_id: UUID, instance: Path, orphans: tuple[Path, ...]) -> list[Path]:
    """Remove files that have no row; those that were removed. Raises OSError. Needs a transaction that may write.

    Each is looked at again under its lock, since somebody may be attaching the same content at this moment.
    """
    contents = {path.name: path for path in orphans if is_content(path)}
    gone = [contents[sha256] for sha256 in service.sweep(school_id, contents, instance=instance)]
    for path in set(orphans) - set(contents.values()):
        if path.lstat().st_mtime < time.time() - DRAFT_AGE:
            path.unlink()
            gone.append(path)
    return sorted(gone)
