"""The list of people as a file, with the headings that an import of people knows. Pure."""

from collections.abc import Iterable, Iterator, Mapping
from uuid import UUID

from tracker.people.models import Person
from tracker.people.rules import PersonKind
from tracker.spreadsheet import csv_bytes, xlsx_bytes

HEADER = (
    "Reference", "Name", "Group", "Job", "Email", "First day", "Last day", "Line manager", "Parent or carer",
    "Parent's email", "DBS confirmed on",
)  # fmt: skip


def as_csv(people: Iterable[Person], names: Mapping[UUID, str]) -> bytes:
    """As CSV; `names` says what line managers are called."""
    return csv_bytes(HEADER, _rows(people, names))


def as_xlsx(people: Iterable[Person], names: Mapping[UUID, str]) -> bytes:
    """As a workbook."""
    return xlsx_bytes(HEADER, _rows(people, names), "People")


def _rows(people: Iterable[Person], names: Mapping[UUID, str]) -> Iterator[tuple[object, ...]]:
    for one in people:
        manager = names.get(one.line_manager_id, "") if one.line_manager_id else ""
        yield (
            one.reference, one.name, PersonKind(one.kind).label, one.job, one.email, one.started_on, one.left_on,
            manager, one.parent_name, one.parent_email, one.dbs_confirmed_on,
        )  # fmt: skip
