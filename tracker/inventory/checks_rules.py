"""What is checked of an asset, and which check can be kept. Pure.

Sources: the school's policy (clauses DS7, DS15 and DS17: encryption, access, virus protection and updates, each with
day, method and name; HS4: installation), gate G14 (reset).
"""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import date
from enum import StrEnum

from tracker.inventory.details import text_blockers
from tracker.inventory.rules import AssetState, CheckKind, may_edit
from tracker.values import Blocker, Decision, Role, one_line

FIRST_DAY = date(1980, 1, 1)  # no computer of a school is older
NOTE_LIMIT = 2000  # characters
_TEXTS = {"method": (200, "method"), "done_by": (200, "name of who did it")}
# What has to be said for a check to tell anything: how, by which means, or which mark
METHODS = {
    CheckKind.ENCRYPTION: "Say how it is encrypted, for instance BitLocker or FileVault.",
    CheckKind.RESET: "Say how it was reset, for instance Autopilot reset or a new image.",
    CheckKind.INSTALLATION: "Say what was installed and checked, for instance ceiling mount and electrical check.",
    CheckKind.IDENTIFICATION: "Say which label or mark it carries, for instance the number of the old system.",
}


class Standing(StrEnum):
    """What the latest check of a kind is worth today."""

    GOOD = "good"
    NEVER = "never"
    FAILED = "failed"
    OLD = "old"
    OVERTAKEN = "overtaken"

    @property
    def label(self) -> str:
        """The words on the screen."""
        return _STANDINGS[self]

    @property
    def tone(self) -> str:
        """How it is drawn, beside the words."""
        return {"good": "good", "failed": "bad"}.get(self, "warn")


_STANDINGS = {
    Standing.GOOD: "In order",
    Standing.NEVER: "Never checked",
    Standing.FAILED: "Not in order",
    Standing.OLD: "Too long ago",
    Standing.OVERTAKEN: "A drive came in since",
}


@dataclass(frozen=True)
class CheckDetails:
    """Something was looked at or done. `passed`: in order; `done_by`: a person or a company."""

    kind: CheckKind
    passed: bool
    done_on: date
    done_by: str
    method: str = ""
    note: str = ""


def tidy(details: CheckDetails) -> CheckDetails:
    """The same with its texts as they are kept."""
    texts = {field: one_line(getattr(details, field)) for field in _TEXTS}
    return replace(details, **texts, note=details.note.replace("\r\n", "\n").strip())  # type: ignore[arg-type]


def may_record(details: CheckDetails, role: Role | None, today: date) -> Decision:
    """May this check be written down by this person."""
    return Decision(tuple(_faults(details, role, today)))


def may_check(state: AssetState) -> Decision:
    """May something be checked in that state."""
    return may_edit(state)


@dataclass(frozen=True)
class Latest:
    """The latest check of a kind: what it found, and when."""

    kind: CheckKind
    passed: bool
    done_on: date


def standing(check: Latest | None, today: date, days: int, arrived: date | None) -> Standing:
    """What a check is worth; `days` is how long it counts, `arrived` when a medium with data last came into the asset.

    An installation does not grow old, and only encryption is a matter of what is in the asset.
    """
    if check is None:
        return Standing.NEVER
    if not check.passed:
        return Standing.FAILED
    if check.kind is CheckKind.ENCRYPTION and arrived is not None and check.done_on < arrived:
        return Standing.OVERTAKEN
    old = check.kind is not CheckKind.INSTALLATION and (today - check.done_on).days > days
    return Standing.OLD if old else Standing.GOOD


def _faults(details: CheckDetails, role: Role | None, today: date) -> Iterator[Blocker]:
    if role not in (Role.TECHNICIAN, Role.BURSAR):
        yield Blocker("role", "Only a technician or the bursar can record a check.")
    for field, (limit, what) in _TEXTS.items():
        yield from text_blockers(getattr(details, field), limit, what)
    yield from text_blockers(details.note, NOTE_LIMIT, "note")
    if not FIRST_DAY <= details.done_on <= today:
        yield Blocker("done_on", f"It was done on a day from {FIRST_DAY.year} to today.")
    if not details.done_by:
        yield Blocker("done_by", "Say who looked or did it.")
    if details.passed and not details.method and details.kind in METHODS:
        yield Blocker("no_method", METHODS[details.kind])
    if not details.passed and not details.note:
        yield Blocker("no_note", "It is not in order: say what is wrong, and what happens now.")
