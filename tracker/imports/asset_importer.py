"""The import of things: reads, plans and writes the rows of a list of equipment."""

from collections.abc import Sequence
from dataclasses import replace
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, bindparam, not_, or_, select, update

from tracker.audit.models import Event
from tracker.db import db
from tracker.imports import lookups, plans, rows
from tracker.imports.cells import Cell
from tracker.imports.models import Import, ImportRow
from tracker.imports.planning import Planner
from tracker.imports.rows import Column, Told
from tracker.imports.rules import Choices, Verdict
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
from tracker.values import Actor, Conflict, Role

SLICE = 1_000  # assets that are locked together
# Events that change nothing which a dry run looks at. Every other one since then has it look again.
_BESIDE = (
    "user:", "school:", "label:", "job:", "station:", "certificate:", "evidence:", "attachment:", "import:", "printer:",
    "checkpoint:", "register:exported",
)  # fmt: skip


class AssetImporter:
    """See imports.importers.Importer."""

    def read(self, number: int, row: Sequence[Cell], columns: Sequence[Column], choices: Choices) -> Told:
        """What a row says."""
        return rows.read(number, row, columns, choices)

    def planner(self, school_id: UUID, import_id: UUID, choices: Choices, role: Role | None) -> Planner:
        """Who says what would become of the rows."""
        return Planner(school_id, lookups.load(school_id, import_id, choices), role)

    def affected(self) -> ColumnElement[bool]:
        """Whether an event may have changed what a dry run looked at."""
        return not_(or_(*(Event.kind.startswith(kind, autoescape=True) for kind in _BESIDE)))

    def lock(self, found: Import) -> None:
        """Hold every asset that will be changed, in one order and before the log, as everybody does."""
        mine = (ImportRow.school_id == found.school_id) & (ImportRow.import_id == found.id)
        changed = select(ImportRow.asset_id).where(mine, ImportRow.verdict == Verdict.CHANGED.value)
        ids = sorted(one for one in db.session.scalars(changed) if one is not None)
        for start in range(0, len(ids), SLICE):
            part = ids[start : start + SLICE]
            query = select(Asset.id).where(Asset.school_id == found.school_id, Asset.id.in_(part)).order_by(Asset.id)
            db.session.execute(query.with_for_update()).all()

    def create(self, actor: Actor, found: Import) -> dict[UUID, UUID]:
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

    def write(self, actor: Actor, part: Sequence[ImportRow], ids: dict[UUID, UUID]) -> None:
        """Register the new things, change the others, and list their storage media."""
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
