"""Put what the dry run showed into the register: everything with its events in one transaction, or nothing.

Before the first row is written everything that would be changed is locked, and the log is asked whether anything that
the dry run looked at has changed since. If so, the dry run looks again first.
"""

import logging
from collections.abc import Sequence
from dataclasses import replace
from typing import Any
from uuid import UUID

from sqlalchemy import bindparam, not_, or_, select, update
from sqlalchemy.exc import IntegrityError

from tracker.audit.kinds import EventKind
from tracker.audit.models import Event
from tracker.audit.service import record
from tracker.db import db
from tracker.imports import plans, service
from tracker.imports.models import Import, ImportRow
from tracker.imports.rules import ImportState, Verdict
from tracker.inventory.details import AssetDetails, KindDetails, LocationDetails
from tracker.inventory.intake import Change, change_many, register_many
from tracker.inventory.intake_rows import lock_many
from tracker.inventory.intake_storage import assert_no_storage_many
from tracker.inventory.kinds import add_kind
from tracker.inventory.models import Asset
from tracker.inventory.places import add_location
from tracker.inventory.rules import LocationLevel
from tracker.inventory.telling import details_of
from tracker.media.intake import add_many
from tracker.people.rules import PersonDetails
from tracker.people.service import add_person
from tracker.values import Actor, Conflict, Denied, NotFound, Role, utc_now

SLICE = 1_000  # rows that are written together
PROGRESS: dict[UUID, int] = {}  # rows written so far by this process; nobody else can see them before the end
# Events that change nothing which a dry run looks at. Every other one since then has it look again.
_BESIDE = (
    "user:", "school:", "label:", "job:", "station:", "certificate:", "evidence:", "attachment:", "import:", "printer:",
    "checkpoint:", "register:exported",
)  # fmt: skip
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
    _lock(found)
    counts = service.counts_of(found)
    told = {"new": counts.new, "changed": counts.changed, "drives": counts.drives, "sha256": found.sha256}
    first = record(actor, EventKind.IMPORT_APPLIED, service.subject_of(found), after=told).seq  # locks the log
    if _changed_since(found, first):
        return False
    ids = _create(actor, found)
    after = 0
    school_id, import_id = found.school_id, found.id
    while part := _slice(school_id, import_id, after):
        after = part[-1].number
        _write(actor, part, ids)
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


def _lock(found: Import) -> None:
    """Hold every asset that will be changed, in one order and before the log, as everybody does."""
    mine = (ImportRow.school_id == found.school_id) & (ImportRow.import_id == found.id)
    changed = select(ImportRow.asset_id).where(mine, ImportRow.verdict == Verdict.CHANGED.value)
    ids = sorted(one for one in db.session.scalars(changed) if one is not None)
    for start in range(0, len(ids), SLICE):
        part = ids[start : start + SLICE]
        query = select(Asset.id).where(Asset.school_id == found.school_id, Asset.id.in_(part)).order_by(Asset.id)
        db.session.execute(query.with_for_update()).all()


def _changed_since(found: Import, first: int) -> bool:
    beside = or_(*(Event.kind.startswith(kind, autoescape=True) for kind in _BESIDE))
    query = select(Event.id).where(
        Event.school_id == found.school_id, Event.seq > found.seen_seq, Event.seq < first, not_(beside)
    )
    return db.session.scalar(query.limit(1)) is not None


def _create(actor: Actor, found: Import) -> dict[UUID, UUID]:
    """Kinds, places and people that the file names and the register did not have; what became of each."""
    ids: dict[UUID, UUID] = {}
    told: list[tuple[UUID, dict[str, Any]]] = [(UUID(key), one) for key, one in found.creates.items()]
    for key, one in sorted(
        told, key=lambda pair: (pair[1]["what"], str(pair[1].get("path", "")).count(" / "), pair[0])
    ):
        name = str(one["name"])
        if one["what"] == "kind":
            ids[key] = add_kind(actor, KindDetails(name)).id
        elif one["what"] == "person":
            ids[key] = add_person(actor, PersonDetails(name, email=str(one.get("email") or ""))).id
        else:
            parent = UUID(one["parent"]) if one.get("parent") else None
            parent = ids.get(parent, parent) if parent else None
            ids[key] = add_location(actor, LocationDetails(name, LocationLevel(one["level"]), parent)).id
    return ids


def _slice(school_id: UUID, import_id: UUID, after: int) -> Sequence[ImportRow]:
    query = select(ImportRow).where(
        ImportRow.school_id == school_id,
        ImportRow.import_id == import_id,
        ImportRow.number > after,
        ImportRow.verdict.in_([Verdict.NEW.value, Verdict.CHANGED.value]),
    )
    return db.session.scalars(query.order_by(ImportRow.number).limit(SLICE)).all()


def _write(actor: Actor, part: Sequence[ImportRow], ids: dict[UUID, UUID]) -> None:
    plan: dict[int, dict[str, Any]] = {row.number: dict(row.plan) for row in part}
    new = [row.number for row in part if row.verdict == Verdict.NEW.value]
    owner = {row.number: row.asset_id for row in part if row.asset_id is not None}
    told = [AssetDetails(**plans.asset_values(plan[number]["details"], ids)) for number in new]
    for number, asset in zip(new, register_many(actor, told) if told else [], strict=True):
        owner[number] = asset.id
    _change(actor, {number: owner[number] for number in owner if number not in set(new)}, plan, ids)
    stated = {owner[number]: one["no_storage"] for number, one in plan.items() if one.get("no_storage")}
    if stated:
        assert_no_storage_many(actor, stated)
    drives = [
        plans.medium_details(one, owner[number]) for number, told in plan.items() for one in told.get("drives", ())
    ]
    if drives:
        add_many(actor, drives)
    _keep(part[0].school_id, part[0].import_id, {number: owner[number] for number in new})


def _change(actor: Actor, owner: dict[int, UUID], plan: dict[int, dict[str, Any]], ids: dict[UUID, UUID]) -> None:
    if not owner:
        return
    assets = lock_many(actor.school_id, list(owner.values()))
    changes = []
    for number, asset_id in owner.items():
        if assets[asset_id].version != plan[number]["version"]:
            raise Conflict("Something was changed at the same moment.")
        values = plans.asset_values(plan[number]["details"], ids)
        if not values:
            continue
        known = details_of(assets[asset_id])
        empty = {name: getattr(AssetDetails, name, "") for name, value in values.items() if value is None}
        details = replace(known, **{**values, **empty}, same_serial="serial" not in values)
        changes.append(Change(asset_id, details, plan[number]["version"]))
    if changes:
        change_many(actor, changes)


def _keep(school_id: UUID, import_id: UUID, owner: dict[int, UUID]) -> None:
    """Say in the rows which assets they became."""
    if not owner:
        return
    table = ImportRow.__table__
    statement = (
        update(table)  # type: ignore[arg-type] # a mapped class's table is a Table
        .where(table.c.school_id == school_id, table.c.import_id == import_id, table.c.number == bindparam("b_number"))
        .values(asset_id=bindparam("b_asset"))
    )
    told = [{"b_number": number, "b_asset": asset_id} for number, asset_id in owner.items()]
    db.session.connection().execute(statement, told)


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
