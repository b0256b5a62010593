"""Put what the dry run showed into the register: everything with its events in one transaction, or nothing.

Before the first row is written everything that would be changed is locked, and the log is asked whether anything that
the dry run looked at has changed since. If so, the dry run looks again first.
"""

import logging
from collections.abc import Sequence
from uuid import UUID

from sqlalchemy import select, update
from sqlalchemy.exc import IntegrityError

from tracker.audit.kinds import EventKind
from tracker.audit.models import Event
from tracker.audit.service import record
from tracker.db import db
from tracker.imports import service
from tracker.imports.importers import importer_of
from tracker.imports.models import Import, ImportRow
from tracker.imports.rules import ImportState, Verdict
from tracker.values import Actor, Conflict, Denied, NotFound, Role, utc_now

SLICE = 1_000  # rows that are written together
PROGRESS: dict[UUID, int] = {}  # rows written so far by this process; nobody else can see them before the end
_log = logging.getLogger(__name__)


def apply(school_id: UUID, import_id: UUID, worker: str) -> None:
    """Apply an import that this worker has claimed. Commits, or changes nothing of the register."""
    db.session.rollback()
    found = service.locked(school_id, import_id)
    if found.worker != worker or found.state != ImportState.APPLYING.value:
        db.session.rollback()
        return
    try:
        fresh = _apply(found)
    except (Denied, Conflict, NotFound, IntegrityError) as refused:
        _log.warning("Import %s was refused: %s", import_id, refused)
        db.session.rollback()
        _back(school_id, import_id, worker, _refusal(refused))
        return
    finally:
        PROGRESS.pop(import_id, None)
    if fresh:
        db.session.commit()
    else:
        db.session.rollback()
        _look_again(school_id, import_id, worker)


def _apply(found: Import) -> bool:
    """Write everything; False, and nothing that may be kept, where the dry run has to look again."""
    role = Role(found.asked_role) if found.asked_role else None
    actor = Actor(found.school_id, found.asked_by_id, found.asked_by, role, found.asked_from, request_id=found.id)
    importer = importer_of(found)
    importer.lock(found)
    counts = service.counts_of(found)
    told = {"new": counts.new, "changed": counts.changed, "drives": counts.drives, "sha256": found.sha256}
    first = record(actor, EventKind.IMPORT_APPLIED, service.subject_of(found), after=told).seq  # locks the log
    if _changed_since(found, first):
        return False
    ids = importer.create(actor, found)
    after = 0
    school_id, import_id = found.school_id, found.id
    while part := _slice(school_id, import_id, after):
        after = part[-1].number
        _write(found, actor, part, ids)
        db.session.flush()
        db.session.expunge_all()
        PROGRESS[import_id] = after
    mine = (Import.school_id == school_id) & (Import.id == import_id)
    values = {"state": ImportState.APPLIED.value, "applied_at": utc_now(), "apply_next": False, "worker": ""}
    db.session.execute(
        update(Import)
        .where(mine)
        .values(**values, message="", heartbeat_at=None, version=Import.version + 1)
        .execution_options(synchronize_session=False)
    )
    return True


def _changed_since(found: Import, first: int) -> bool:
    since = (Event.school_id == found.school_id, Event.seq > found.seen_seq, Event.seq < first)
    query = select(Event.id).where(*since, importer_of(found).affected())
    return db.session.scalar(query.limit(1)) is not None


def _slice(school_id: UUID, import_id: UUID, after: int) -> Sequence[ImportRow]:
    query = select(ImportRow).where(
        ImportRow.school_id == school_id,
        ImportRow.import_id == import_id,
        ImportRow.number > after,
        ImportRow.verdict.in_([Verdict.NEW.value, Verdict.CHANGED.value]),
    )
    return db.session.scalars(query.order_by(ImportRow.number).limit(SLICE)).all()


def _write(found: Import, actor: Actor, part: Sequence[ImportRow], ids: dict[UUID, UUID]) -> None:
    importer_of(found).write(actor, part, ids)


def _back(school_id: UUID, import_id: UUID, worker: str, message: str) -> None:
    """The result can be looked at again, with the reason why it was not applied."""
    _state(school_id, import_id, worker, ImportState.TRIED, message, apply_next=False)


def _look_again(school_id: UUID, import_id: UUID, worker: str) -> None:
    _state(school_id, import_id, worker, ImportState.WAITING, "", apply_next=True)


def _state(
    school_id: UUID, import_id: UUID, worker: str, state: ImportState, message: str, *, apply_next: bool
) -> None:
    found = service.locked(school_id, import_id)
    if found.worker == worker:
        found.state, found.message, found.apply_next = state.value, message, apply_next
        found.worker, found.heartbeat_at = "", None
    db.session.commit()


def _refusal(refused: Exception) -> str:
    why = str(refused) if isinstance(refused, Denied | Conflict) else "Something was changed at the same moment."
    return f"Nothing was saved. {why} Start the dry run again, and look at its result."
