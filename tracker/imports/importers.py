"""What an import needs to know of the things that its rows are: one importer for each kind of list."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Protocol
from uuid import UUID

from sqlalchemy import ColumnElement

from tracker.imports.asset_importer import AssetImporter
from tracker.imports.cells import Cell
from tracker.imports.models import Import, ImportRow
from tracker.imports.people_importer import PeopleImporter
from tracker.imports.planned import Planned
from tracker.imports.rows import Column
from tracker.imports.rules import Choices, ListOf
from tracker.values import Actor, Role


class AnyPlanner(Protocol):
    """Says what would become of the rows of one file; it remembers what earlier rows named."""

    def foresee(self, rows: Iterable[Any]) -> None:
        """Look at all rows first, where a row may name one that comes later; others do not begin to read them."""

    def plan(self, rows: Sequence[Any]) -> list[Planned]:
        """What would become of these rows, which are read and not planned yet."""

    def creates(self) -> dict[str, dict[str, object]]:
        """What applying would create besides, by the ids that the plans call it."""


class Importer(Protocol):
    """Reads, plans and writes the rows of one kind of list."""

    def read(self, number: int, row: Sequence[Cell], columns: Sequence[Column], choices: Choices) -> Any:
        """What a row says; nothing of the register is looked at."""

    def planner(self, school_id: UUID, import_id: UUID, choices: Choices, role: Role | None) -> AnyPlanner:
        """Who says what would become of the rows. Only reads."""

    def affected(self) -> ColumnElement[bool]:
        """Whether an event of the log may have changed what a dry run looked at."""

    def lock(self, found: Import) -> None:
        """Hold everything that will be changed, in one order and before the log, as everybody does."""

    def create(self, actor: Actor, found: Import) -> dict[UUID, UUID]:
        """Create what rows name and the register does not have; what became of each."""

    def write(self, actor: Actor, part: Sequence[ImportRow], ids: dict[UUID, UUID]) -> None:
        """Put some rows into the register, with their events. Raises Denied, Conflict, NotFound."""


_IMPORTERS: Mapping[ListOf, Importer] = {ListOf.ASSETS: AssetImporter(), ListOf.PEOPLE: PeopleImporter()}


def importer_of(found: Import) -> Importer:
    """Who knows what the rows of this import are."""
    return _IMPORTERS[ListOf(found.list_of)]
