"""The register as a table, see tracker/spreadsheet.py."""

from tracker.inventory.search import Row
from tracker.spreadsheet import FORMULA as FORMULA
from tracker.spreadsheet import csv_bytes as csv_bytes
from tracker.spreadsheet import safe as safe

HEADER = (
    "tag", "kind", "name", "make", "model", "serial", "no serial because", "ownership", "state", "location",
    "responsible", "data class", "acquired on", "cost excl. VAT", "storage", "label printed", "notes",
)  # fmt: skip


def cells(row: Row) -> tuple[object, ...]:
    """An asset in the order of HEADER. The cost is in pounds."""
    return (
        row.tag, row.kind, row.name, row.make, row.model, row.serial, row.serial_reason, row.ownership.label,
        row.state.label, row.location, row.person, row.data_class, row.acquired_on,
        None if row.cost_pence is None else f"{row.cost_pence // 100}.{row.cost_pence % 100:02}",
        row.storage, row.label_printed_at, row.notes,
    )  # fmt: skip
