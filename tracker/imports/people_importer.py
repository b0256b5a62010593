"""The import of people: reads, plans and writes the rows of a list of people."""

from collections.abc import Sequence
from dataclasses import replace
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, bindparam, select, update

from tracker.accounts.service import lock_school
from tracker.audit.models import Event
from tracker.db import db
from tracker.imports import people_register, people_rows
from tracker.imports.cells import Cell
from tracker.imports.models import Import, ImportRow
from tracker.imports.people_planning import PeoplePlanner, decoded
from tracker.imports.people_rows import PersonTold
from tracker.imports.rows import Column
from tracker.imports.rules import Choices, Verdict
from tracker.people import many
from tracker.people.rules import PersonDetails
from tracker.people.service import details_of
from tracker.values import Actor, Role

SLICE = 1_000  # people that are locked together


class PeopleImporter:
    """See imports.importers.Importer."""

    def read(self, number: int, row: Sequence[Cell], columns: Sequence[Column], choices: Choices) -> PersonTold:
        """What a row says."""
        return people_rows.read(number, row, columns, choices)

    def planner(self, school_id: UUID, import_id: UUID, choices: Choices, role: Role | None) -> PeoplePlanner:
        """Who says what would become of the rows."""
        return PeoplePlanner(people_register.load(school_id, import_id))

    def affected(self) -> ColumnElement[bool]:
        """Only what happens to people changes what a dry run looked at."""
        return Event.kind.startswith("person:", autoescape=True)

    def lock(self, found: Import) -> None:
        """Hold the school, so that nobody closes a circle of line managers, and everybody who will be changed."""
        lock_school(found.school_id)
        mine = (ImportRow.school_id == found.school_id) & (ImportRow.import_id == found.id)
        changed = select(ImportRow.person_id).where(mine, ImportRow.verdict == Verdict.CHANGED.value)
        ids = sorted(one for one in db.session.scalars(changed) if one is not None)
        for start in range(0, len(ids), SLICE):
            many.lock(found.school_id, ids[start : start + SLICE])

    def create(self, actor: Actor, found: Import) -> dict[UUID, UUID]:
        """Nothing is created besides."""
        return {}

    def write(self, actor: Actor, part: Sequence[ImportRow], ids: dict[UUID, UUID]) -> None:
        """Add the new ones and change the others."""
        plans: dict[int, dict[str, Any]] = {row.number: dict(row.plan) for row in part}
        new = {row.number for row in part if row.verdict == Verdict.NEW.value}
        added = {
            UUID(plans[number]["id"]): PersonDetails(**decoded(plans[number]["details"])) for number in sorted(new)
        }
        changed = {UUID(plan["id"]): plan for number, plan in plans.items() if number not in new}
        known = many.lock(actor.school_id, list(changed))
        changes = []
        for person_id, plan in changed.items():
            values = decoded(plan["details"])
            empty = {name: getattr(PersonDetails, name) for name, value in values.items() if value is None}
            details = replace(details_of(known[person_id]), **{**values, **empty})
            changes.append(many.Change(person_id, details, int(plan["version"])))
        named = [plan for plan in plans.values() if "manager" in plan]
        managers = {UUID(plan["details"]["line_manager_id"]): str(plan["manager"]) for plan in named}
        many.add_many(actor, added, managers)
        many.change_many(actor, changes, managers)
        _keep(part[0], {number: UUID(plans[number]["id"]) for number in new})


def _keep(first: ImportRow, people: dict[int, UUID]) -> None:
    """Say in the rows which people they became."""
    if not people:
        return
    table = ImportRow.__table__
    mine = (table.c.school_id == first.school_id) & (table.c.import_id == first.import_id)
    statement = (
        update(table)  # type: ignore[arg-type] # a mapped class's table is a Table
        .where(mine, table.c.number == bindparam("b_number"))
        .values(person_id=bindparam("b_person"))
    )
    told = [{"b_number": number, "b_person": person_id} for number, person_id in people.items()]
    db.session.connection().execute(statement, told)
