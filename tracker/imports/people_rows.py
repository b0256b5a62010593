"""One row of a list of people, read: what it tells of a person, and what in it cannot be read. Pure.

Nothing of the register is looked at here; see tracker/imports/people_planning.py.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from tracker.imports import cells, words
from tracker.imports.cells import Cell
from tracker.imports.rows import Column, quoted
from tracker.imports.rules import Choices
from tracker.people.rules import PersonKind
from tracker.values import folded

_DAYS = frozenset({"started_on", "left_on", "dbs_confirmed_on"})
_DBS = "Write only the day on which somebody saw that a check is current, such as 03/09/2025; never its number."


@dataclass
class PersonTold:
    """What one row says. Cells that say nothing are left out of `values`: an import never empties a field."""

    number: int
    values: dict[str, Any] = field(default_factory=dict)  # of PersonDetails, but for the line manager
    line_manager: str = ""
    faults: list[tuple[str, str]] = field(default_factory=list)
    remarks: list[str] = field(default_factory=list)
    headings: dict[str, str] = field(default_factory=dict)  # of each target, to name a column in a fault

    def fault(self, target: str, reason: str) -> None:
        """Say that something in this row is wrong; `target` names the column."""
        self.faults.append((self.headings.get(target, ""), reason))


def read(number: int, row: Sequence[Cell], columns: Sequence[Column], choices: Choices) -> PersonTold:
    """What a row says."""
    told = PersonTold(number, headings={column.target: column.heading for column in columns})
    for column in columns:
        cell = row[column.index] if column.index < len(row) else None
        if cell is None or cell == "":
            continue
        try:
            _cell(told, column, cell, choices)
        except ValueError as error:
            # what somebody wrote of a DBS check is not repeated anywhere (clause DS6)
            dbs = column.target == "dbs_confirmed_on"
            told.faults.append((column.heading, _DBS if dbs else quoted(cell, str(error))))
    _name(told)
    if choices.group and "kind" not in told.values:
        told.values.setdefault("group", PersonKind(choices.group))
    return told


def _cell(told: PersonTold, column: Column, cell: Cell, choices: Choices) -> None:
    target = column.target
    if target in _DAYS:
        dated = cells.day_of(cell, month_first=choices.month_first)
        if dated is None:
            return
        told.values[target] = dated.day
        if dated.note:
            told.remarks.append(f"{column.heading}: {dated.note}")
        return
    text = cells.text_of(cell)
    if not text or folded(text) in cells.NOTHING:
        return
    if target == "kind":
        told.values[target] = words.person_kind_of(text)
    elif target == "line_manager":
        told.line_manager = text
    else:
        told.values[target] = text


def _name(told: PersonTold) -> None:
    """One name out of two columns, or out of a name that begins with the surname."""
    first, last = told.values.pop("first_name", ""), told.values.pop("last_name", "")
    if "name" not in told.values and (first or last):
        told.values["name"] = f"{first} {last}".strip()
    parts = [part.strip() for part in str(told.values.get("name", "")).split(",")]
    if len(parts) == 2 and all(parts):
        told.values["name"] = f"{parts[1]} {parts[0]}"
        told.remarks.append("The name stands with the surname first. It is read the other way round.")
