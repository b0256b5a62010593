"""Which columns may hold a copied name, and what becomes of it. See docs/adr/0031.

The rule is to replace: a column that nobody thought of is searched like every other. What stays is listed with its
ground, and so are the columns of rows that point to the person, where everything that tells of them goes.
"""

from collections.abc import Iterator

from sqlalchemy import JSON, ColumnElement, String, Table, Text, cast, or_
from sqlalchemy.sql.schema import Column

from tracker.db import Base
from tracker.retention.names import Names

FROZEN = (
    "Signed evidence, kept to show that data were erased and what was signed: UK GDPR art 5(2), art 17(3)(b) and (e); "
    "six years after disposal or the end of the loan (Limitation Act 1980)"
)
POLICY = "Who approved a policy of the school is the school's own record: UK GDPR art 5(2), art 17(3)(b)"
CHAINED = "Redacted one by one, so that the chain still proves the rest (docs/adr/0003)"
NO_NAMES = "They hold no names"
ORDER = "Part of the order that the station's signed record answers: its digest would fit no more"
# Tables, or single columns, that are not searched. Everything else is.
KEPT: dict[str, str] = {
    "certificates": FROZEN,
    "certificate_withdrawals": FROZEN,
    "evidence": FROZEN,
    "loan_papers": FROZEN,
    "agreement_versions": POLICY,
    "events": CHAINED,
    "checkpoints": NO_NAMES,
    "schools": NO_NAMES,
    "jobs.plan": ORDER,
}


def texts() -> Iterator[tuple[Table, list[Column[object]]]]:
    """Every table of a school with its columns of text that are searched."""
    for table in Base.metadata.sorted_tables:
        if table.name in KEPT or "school_id" not in table.columns:
            continue
        found = [one for one in table.columns if _is_text(one) and f"{table.name}.{one.name}" not in KEPT]
        if found:
            yield table, found


def _is_text(column: Column[object]) -> bool:
    return isinstance(column.type, String | Text | JSON)


def holding(columns: list[Column[object]], names: Names) -> ColumnElement[bool]:
    """The condition that one of these columns may hold one of the names."""
    found = []
    for column in columns:
        told = cast(column, Text) if isinstance(column.type, JSON) else column
        found += [told.ilike(pattern, escape="/") for pattern in names.patterns]
    return or_(*found)
