"""The long work of imports: the dry run in short transactions, and applying in one. Called in the background.

Any process may claim an import that waits. While the dry run goes on, a heartbeat says that somebody is at it; while it
is applied, the lock on its row does (PostgreSQL), or the one write lock (SQLite). What a dead process left is claimed
again: a dry run begins anew, and of an import that was being applied nothing is in the register.
"""

import hashlib
import json
import logging
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass, field
from itertools import islice
from typing import Any
from uuid import UUID

from sqlalchemy import insert, or_, select, update
from sqlalchemy.exc import OperationalError

from tracker.audit.models import ChainHead
from tracker.db import db
from tracker.imports import applying, service, tables
from tracker.imports.importers import AnyPlanner, importer_of
from tracker.imports.models import Import, ImportRow
from tracker.imports.planned import Planned
from tracker.imports.rules import SILENT_MOST, Counts, ImportState, Verdict
from tracker.imports.tables import ROWS_MOST, Line, Unreadable
from tracker.values import Role, utc_now

SLICE = 500  # rows of one step of the dry run
REMARKS_MOST = 50  # different remarks that are counted
FAULT = "Something went wrong in Caretaker, not in your file. Nothing was saved. The server's log tells more."
_log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Claim:
    """An import that this worker has taken."""

    school_id: UUID
    import_id: UUID
    worker: str
    state: ImportState


class Lost(Exception):
    """Somebody else has the import now, or it was changed: the work on it ends without a trace."""


@dataclass
class Sum:
    """What a dry run found so far."""

    verdicts: dict[Verdict, int] = field(default_factory=lambda: dict.fromkeys(Verdict, 0))
    drives: int = 0
    incoming: int = 0
    stated: int = 0
    remarks: dict[str, list[int]] = field(default_factory=dict)  # how many rows, and the first of them
    digest: Any = field(default_factory=hashlib.sha256)

    def add(self, row: Planned) -> None:
        """Count a row."""
        self.verdicts[row.verdict] += 1
        for remark in row.remarks:
            if remark in self.remarks or len(self.remarks) < REMARKS_MOST:
                self.remarks.setdefault(remark, [0, row.number])[0] += 1
        if row.verdict is not Verdict.FAULTY:
            self.drives += len(row.plan.get("drives", ()))
            self.stated += bool(row.plan.get("no_storage"))
            self.incoming += row.verdict is Verdict.NEW and not row.stored
        said = [row.number, row.verdict.value, str(row.asset_id or row.person_id), row.plan, row.faults]
        self.digest.update(json.dumps(said, sort_keys=True, default=str).encode())

    def counts(self, creates: Sequence[dict[str, object]]) -> Counts:
        """As the import keeps them."""
        number = {what: sum(one["what"] == what for one in creates) for what in ("kind", "place", "person")}
        return Counts(
            **{verdict.value: found for verdict, found in self.verdicts.items()},
            drives=self.drives,
            incoming=self.incoming,
            stated=self.stated,
            kinds=number["kind"],
            places=number["place"],
            people=number["person"],
            remarks=tuple((text, *found) for text, found in self.remarks.items()),  # type: ignore[misc] # pairs
        )


def run_once(worker: str) -> bool:
    """Take one import that waits and do what it waits for; whether there was one. Commits."""
    claim = take(worker)
    if claim is None:
        return False
    try:
        if claim.state is ImportState.APPLYING:
            applying.apply(claim.school_id, claim.import_id, worker)
        else:
            _try(claim)
    except Lost:
        db.session.rollback()
    except Unreadable as error:
        _end(claim, ImportState.FAILED, str(error))
    except OperationalError:
        _log.warning("The database gave up on import %s; it is tried again.", claim.import_id, exc_info=True)
        _release(claim)
        raise
    except Exception:
        _log.exception("Import %s failed", claim.import_id)
        _end(claim, ImportState.FAILED, FAULT)
    return True


def take(worker: str) -> Claim | None:
    """Claim an import that waits, or that a dead worker left. Commits."""
    db.session.rollback()
    silent = utc_now() - SILENT_MOST
    left = or_(Import.heartbeat_at.is_(None), Import.heartbeat_at < silent)
    running = Import.state.in_([ImportState.TRYING.value, ImportState.APPLYING.value])
    ready = or_(Import.state == ImportState.WAITING.value, running & left)
    if db.engine.dialect.name == "sqlite" and not _any(ready):
        return None  # without the write lock, for which somebody may be waiting
    query = select(Import).where(ready).order_by(Import.id).limit(1).with_for_update(skip_locked=True)
    found = db.session.scalar(query)
    if found is None:
        db.session.rollback()
        return None
    state = ImportState.APPLYING if found.state == ImportState.APPLYING.value else ImportState.TRYING
    _set(found.school_id, found.id, state=state.value, worker=worker, heartbeat_at=utc_now(), rows_done=0)
    claim = Claim(found.school_id, found.id, worker, state)
    db.session.commit()
    return claim


def _any(ready: Any) -> bool:
    db.session.connection(execution_options={"read_only": True})
    found = db.session.scalar(select(Import.id).where(ready).limit(1)) is not None
    db.session.rollback()
    return found


# --- the dry run ---------------------------------------------------------------------------------------------------


def _try(claim: Claim) -> None:
    _reading()
    found = service.get_import(claim.school_id, claim.import_id)
    seen = db.session.scalar(select(ChainHead.seq).where(ChainHead.school_id == claim.school_id)) or 0
    role = Role(found.asked_role) if found.asked_role else None
    choices, columns = service.choices_of(found), service.columns_of(found)
    source, sheet, heading, before = service.source_of(found), found.sheet, found.heading_row, found.digest
    data = service.data_of(found)
    importer, total = importer_of(found), Sum()
    planner = importer.planner(claim.school_id, claim.import_id, choices, role)
    _fence(claim)
    service.forget_rows(claim.school_id, claim.import_id)
    db.session.commit()

    def told() -> Iterator[Any]:
        lines = (line for line in tables.lines(data, source, sheet) if line.number > heading)
        return (importer.read(line.number, line.cells, columns, choices) for line in _bounded(lines))

    planner.foresee(told())
    rows, done = told(), 0
    while part := list(islice(rows, SLICE)):
        done += len(part)
        _step(claim, planner, total, part, done)
    if not done:
        raise Unreadable("There is no row below the headings.")
    creates = planner.creates()
    total.digest.update(json.dumps(creates, sort_keys=True, default=str).encode())
    _tried(claim, total, creates, done, seen, before)


def _bounded(lines: Iterator[Line]) -> Iterator[Line]:
    for number, line in enumerate(lines, 1):
        if number > ROWS_MOST:
            raise Unreadable(f"This table has more than {ROWS_MOST:,} rows. Split it into several files.")
        yield line


def _step(claim: Claim, planner: AnyPlanner, total: Sum, part: list[Any], done: int) -> None:
    """Look at some rows and keep what was found."""
    _reading()
    planned = planner.plan(part)
    db.session.expunge_all()
    _fence(claim)
    for row in planned:
        total.add(row)
    db.session.execute(insert(ImportRow), [_columns(claim, row) for row in planned])
    _set(claim.school_id, claim.import_id, rows_done=done, heartbeat_at=utc_now())
    db.session.commit()


def _columns(claim: Claim, row: Planned) -> dict[str, Any]:
    names = ("number", "label", "asset_id", "person_id", "fingerprint", "plan", "changes")
    kept = {name: getattr(row, name) for name in names}
    kept |= {"faults": row.faults, "remarks": row.remarks, "remarked": bool(row.remarks), "verdict": row.verdict.value}
    return {"school_id": claim.school_id, "import_id": claim.import_id, **kept}


def _tried(claim: Claim, total: Sum, creates: dict[str, dict[str, object]], done: int, seen: int, before: str) -> None:
    """Keep the result. Where somebody asked to apply it, go on if it still says what they saw."""
    found = _fence(claim)
    digest, apply = total.digest.hexdigest(), found.apply_next
    same = apply and digest == before
    message = ""
    if apply and not same:
        message = (
            "Nothing was saved: the register has changed since you looked, so the file would now do something else. "
            "This is the new result. Look at it, then apply it."
        )
    _set(
        claim.school_id,
        claim.import_id,
        state=(ImportState.APPLYING if same else ImportState.TRIED).value,
        apply_next=same,
        message=message,
        counts=asdict(total.counts(list(creates.values()))),
        creates=creates,
        digest=digest,
        seen_seq=seen,
        rows_total=done,
        rows_done=done,
        tried_at=utc_now(),
        worker="",
        heartbeat_at=None,
    )
    db.session.commit()


# --- who has it ----------------------------------------------------------------------------------------------------


def _fence(claim: Claim) -> Import:
    """The import, locked in a new transaction, provided that it is still this worker's. Raises Lost."""
    db.session.rollback()
    found = service.locked(claim.school_id, claim.import_id)
    if found.worker != claim.worker or found.state != claim.state.value:
        raise Lost
    return found


def _set(school_id: UUID, import_id: UUID, **values: Any) -> None:
    """Change an import past its version, which counts what people do."""
    mine = (Import.school_id == school_id) & (Import.id == import_id)
    statement = update(Import).where(mine).values(**values, version=Import.version)
    db.session.execute(statement.execution_options(synchronize_session=False))


def _end(claim: Claim, state: ImportState, message: str) -> None:
    try:
        _fence(claim)
    except Lost:
        db.session.rollback()
        return
    _set(claim.school_id, claim.import_id, state=state.value, message=message, worker="", heartbeat_at=None)
    db.session.commit()


def _release(claim: Claim) -> None:
    """Let the import be claimed again at once, if the database takes even that."""
    try:
        _fence(claim)
        _set(claim.school_id, claim.import_id, worker="", heartbeat_at=None)
        db.session.commit()
    except (Lost, OperationalError):
        db.session.rollback()


def _reading() -> None:
    db.session.rollback()
    db.session.connection(execution_options={"read_only": True})
