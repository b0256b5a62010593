"""Attach files to things, change their captions, remove them, have them erased. Flushes, never commits.

Order of locks: the row (change, remove, erase), then the school's log, then the content. Whoever attaches makes sure
under the lock of the content that the file is there, and whoever erases looks under the same lock whether somebody
still refers to it; so no row is ever committed whose file goes away at the same moment.
"""

from collections.abc import Iterable
from io import BytesIO
from pathlib import Path
from typing import BinaryIO
from uuid import UUID

from sqlalchemy import exists, func, or_, select
from uuid_utils.compat import uuid7

from tracker.attachments import rules
from tracker.attachments.content import Content, examine
from tracker.attachments.models import Attachment
from tracker.attachments.storage import Files
from tracker.audit.kinds import EventKind
from tracker.audit.service import record
from tracker.db import add, db, row_of
from tracker.people.service import changed_meanwhile
from tracker.values import Actor, Conflict, Decision, Denied, NotFound, Subject, one_line, utc_now


def attach(
    actor: Actor, subject: Subject, file: BinaryIO, name: str, *, instance: Path, caption: str = ""
) -> Attachment:
    """Look at a file and keep it. Raises Denied with every reason why not, and storage.NotKept.

    A view examines first (content.examine) and keeps afterwards, so that no lock waits for a large photo.
    """
    return keep(actor, subject, examine(file, name), instance=instance, caption=caption)


def write_ahead(actor: Actor, content: Content, *, instance: Path) -> None:
    """Write the files of a content before anything is locked; a sweep finds them if it is not kept after all.

    Raises storage.NotKept.
    """
    _written(Files(instance, actor.school_id), content)


def keep(actor: Actor, subject: Subject, content: Content, *, instance: Path, caption: str = "") -> Attachment:
    """Keep a file that was examined. Raises Denied, and storage.NotKept."""
    caption = one_line(caption)
    _check(rules.may_attach(_present(actor.school_id, subject, content.sha256), content.name, caption))
    files = Files(instance, actor.school_id)
    sha256, small = _written(files, content)  # the slow part, before any lock
    attachment = Attachment(
        school_id=actor.school_id,
        id=uuid7(),
        subject_type=subject.type,
        subject_id=subject.id,
        kind=content.media_type.kind.value,
        name=content.name,
        caption=caption,
        media_type=content.media_type.value,
        size_bytes=len(content.data),
        sha256=sha256,
        width=content.width,
        height=content.height,
        thumbnail_sha256=small,
        added_at=utc_now(),
        added_by=actor.name,
        added_by_id=actor.id,
        removed_at=None,
        removed_by="",
        removed_reason="",
        erased_at=None,
    )
    record(actor, EventKind.ATTACHMENT_ADDED, subject, after={**_told(attachment), "caption": caption})
    _check(rules.may_attach(_present(actor.school_id, subject, sha256), content.name, caption))  # now for certain
    _hold(sha256, small)
    _written(files, content)
    add(attachment)
    return attachment


def change(actor: Actor, subject: Subject, attachment_id: UUID, caption: str, *, version: int) -> Attachment:
    """Change what a file is said to show. Raises NotFound, Denied, and Conflict where somebody else was faster."""
    attachment, caption = _at_version(actor, subject, attachment_id, version), one_line(caption)
    _check(rules.may_change(removed=attachment.removed_at is not None, caption=caption))
    if caption != attachment.caption:
        before = {"caption": attachment.caption}
        attachment.caption = caption
        db.session.flush()
        after = {"caption": caption, "file": attachment.name, "sha256": attachment.sha256}
        record(actor, EventKind.ATTACHMENT_CHANGED, subject, before=before, after=after)
    return attachment


def remove(actor: Actor, subject: Subject, attachment_id: UUID, reason: str, *, version: int) -> Attachment:
    """Take a file out of sight; the row and the file are kept. Raises as `change`."""
    attachment = _at_version(actor, subject, attachment_id, version)
    _check(rules.may_remove(removed=attachment.removed_at is not None, reason=reason))
    attachment.removed_at, attachment.removed_by = utc_now(), actor.name
    attachment.removed_reason = one_line(reason)
    db.session.flush()
    before = _told(attachment)
    record(actor, EventKind.ATTACHMENT_REMOVED, subject, before=before, why=attachment.removed_reason)
    return attachment


def erase(actor: Actor, subject: Subject, attachment_id: UUID, reason: str, *, version: int) -> Attachment:
    """Say that a removed file is to be gone for good; after the commit `sweep` its contents. Raises as `change`."""
    attachment = _at_version(actor, subject, attachment_id, version)
    removed, erased = attachment.removed_at is not None, attachment.erased_at is not None
    _check(rules.may_erase(removed=removed, erased=erased, reason=reason))
    attachment.erased_at = utc_now()
    db.session.flush()
    record(actor, EventKind.ATTACHMENT_ERASED, subject, before=_told(attachment), why=one_line(reason))
    return attachment


def contents_of(attachment: Attachment) -> list[str]:
    """The hashes of its files: its own, and the small picture's."""
    return [attachment.sha256, *([attachment.thumbnail_sha256] if attachment.thumbnail_sha256 else [])]


def sweep(school_id: UUID, contents: Iterable[str], *, instance: Path) -> list[str]:
    """Remove the files to which nobody refers any more; their hashes. Raises OSError.

    Needs a transaction that may write, although it changes no row: its lock keeps those out who attach the same.
    """
    files, gone = Files(instance, school_id), []
    for sha256 in sorted(contents):
        _hold(sha256, None)
        if not _referred(school_id, sha256):
            files.erase(sha256)
            gone.append(sha256)
    return gone


def get_attachment(school_id: UUID, attachment_id: UUID) -> Attachment:
    """The file's row. Raises NotFound, also for another school's."""
    return row_of(Attachment, school_id, attachment_id)


def open_(attachment: Attachment, *, instance: Path) -> BytesIO:
    """The file, proved to be what was kept. Raises storage.Lost, NotFound for an erased one, and OSError."""
    if attachment.erased_at is not None:
        raise NotFound
    return Files(instance, attachment.school_id).open(attachment.sha256)


def open_thumbnail(attachment: Attachment, *, instance: Path) -> BytesIO:
    """The small picture of a photo. Raises as `open_`, and NotFound for a document."""
    if attachment.erased_at is not None or attachment.thumbnail_sha256 is None:
        raise NotFound
    return Files(instance, attachment.school_id).open(attachment.thumbnail_sha256)


def listed(school_id: UUID, subject_type: str, subject_id: UUID, *, removed: bool = False) -> list[Attachment]:
    """The files of a thing, the oldest first; `removed`: those that were taken out of sight as well."""
    query = select(Attachment).where(
        Attachment.school_id == school_id,
        Attachment.subject_type == subject_type,
        Attachment.subject_id == subject_id,
    )
    if not removed:
        query = query.where(Attachment.removed_at.is_(None))
    return list(db.session.scalars(query.order_by(Attachment.added_at, Attachment.id)))


def _told(attachment: Attachment) -> dict[str, object]:
    """A file for the log: the hash ties the event to the bytes for ever."""
    return {
        "file": attachment.name,
        "type": attachment.media_type,
        "size_bytes": attachment.size_bytes,
        "sha256": attachment.sha256,
    }


def _present(school_id: UUID, subject: Subject, sha256: str) -> rules.Present:
    of_subject = (
        Attachment.school_id == school_id,
        Attachment.subject_type == subject.type,
        Attachment.subject_id == subject.id,
        Attachment.removed_at.is_(None),
    )
    count = db.session.scalar(select(func.count()).select_from(Attachment).where(*of_subject)) or 0
    same = db.session.scalar(select(Attachment.name).where(*of_subject, Attachment.sha256 == sha256).limit(1))
    return rules.Present(count, same or "")


def _written(files: Files, content: Content) -> tuple[str, str | None]:
    return files.keep(content.data), files.keep(content.thumbnail) if content.thumbnail else None


def _hold(*contents: str | None) -> None:
    """Lock contents until the transaction ends. On SQLite every writing transaction is alone anyway (tracker/db.py)."""
    if db.session.get_bind().dialect.name != "postgresql":
        return
    for sha256 in sorted(one for one in contents if one):
        key = int.from_bytes(bytes.fromhex(sha256)[:8], "big", signed=True)
        db.session.execute(select(func.pg_advisory_xact_lock(key)))


def _referred(school_id: UUID, sha256: str) -> bool:
    same = or_(Attachment.sha256 == sha256, Attachment.thumbnail_sha256 == sha256)
    where = exists().where(Attachment.school_id == school_id, Attachment.erased_at.is_(None), same)
    return bool(db.session.scalar(select(where)))


def _at_version(actor: Actor, subject: Subject, attachment_id: UUID, version: int) -> Attachment:
    """The row, locked. Raises NotFound, also where it belongs to another thing, and Conflict."""
    query = select(Attachment).where(Attachment.school_id == actor.school_id, Attachment.id == attachment_id)
    attachment = db.session.scalar(query.with_for_update().execution_options(populate_existing=True))
    if attachment is None or (attachment.subject_type, attachment.subject_id) != (subject.type, subject.id):
        raise NotFound
    if attachment.version != version:
        raise Conflict(changed_meanwhile(actor.school_id, subject.type, subject.id, attachment.name))
    return attachment


def _check(decision: Decision) -> None:
    if not decision.allowed:
        raise Denied(decision.blockers)
