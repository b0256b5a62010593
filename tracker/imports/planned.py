"""What would become of one row of a spreadsheet, as a dry run keeps it. Pure."""

from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

from tracker.imports.rules import Verdict


@dataclass
class Planned:
    """What would become of one row, as imports.models.ImportRow keeps it."""

    number: int
    verdict: Verdict
    label: str
    asset_id: UUID | None = None
    person_id: UUID | None = None
    fingerprint: str = ""
    plan: dict[str, Any] = field(default_factory=dict)
    changes: list[list[str]] = field(default_factory=list)
    faults: list[list[str]] = field(default_factory=list)
    remarks: list[str] = field(default_factory=list)
    stored: bool = True  # false: a new thing that stays incoming
