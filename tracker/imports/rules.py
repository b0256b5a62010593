"""The life of an import, and what may be done with it when. Pure.

Nothing of an import is in the register until all of it is; a row that cannot be kept stops the whole.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from tracker.values import Blocker, Decision

SILENT_MOST = timedelta(minutes=1)  # a worker that was not heard of for so long is taken for dead
NEW_KINDS_MOST = 100
NEW_PLACES_MOST = 2_000
NEW_PEOPLE_MOST = 2_000


class ListOf(StrEnum):
    """What the rows of a spreadsheet are. Never renamed: they stand in the database."""

    ASSETS = "assets"
    PEOPLE = "people"

    @property
    def label(self) -> str:
        """The words on the screen."""
        return {"assets": "Equipment", "people": "People"}[self.value]


class ImportState(StrEnum):
    """Where an import is. States are never renamed: they stand in the log."""

    UPLOADED = "uploaded"  # the columns are being matched
    WAITING = "waiting"  # for the dry run to begin
    TRYING = "trying"
    TRIED = "tried"  # the result can be looked at
    APPLYING = "applying"
    APPLIED = "applied"
    FAILED = "failed"  # the file could not be read to its end
    DISCARDED = "discarded"

    @property
    def label(self) -> str:
        """The words on the screen."""
        return _LABELS[self]

    @property
    def tone(self) -> str:
        """How it is drawn, beside the words: good, warn, bad, busy or plain."""
        return _TONES.get(self, "plain")


_LABELS = {
    ImportState.UPLOADED: "Columns to be matched",
    ImportState.WAITING: "Waiting for the dry run",
    ImportState.TRYING: "Dry run",
    ImportState.TRIED: "Tried, not applied",
    ImportState.APPLYING: "Being applied",
    ImportState.APPLIED: "In the register",
    ImportState.FAILED: "Could not be read",
    ImportState.DISCARDED: "Discarded",
}
_TONES = {
    ImportState.WAITING: "busy",
    ImportState.TRYING: "busy",
    ImportState.TRIED: "warn",
    ImportState.APPLYING: "busy",
    ImportState.APPLIED: "good",
    ImportState.FAILED: "bad",
}
RUNNING = frozenset({ImportState.WAITING, ImportState.TRYING, ImportState.APPLYING})
OVER = frozenset({ImportState.APPLIED, ImportState.DISCARDED})


class Verdict(StrEnum):
    """What would become of one row."""

    NEW = "new"
    CHANGED = "changed"
    UNCHANGED = "unchanged"
    FAULTY = "faulty"


@dataclass(frozen=True)
class Choices:
    """What a person chose for the whole file. Ids are texts, empty for none."""

    kind: str = ""  # of rows that name none
    place: str = ""  # in which new rooms lie
    month_first: bool = False
    new_kinds: bool = True
    new_places: bool = True
    new_people: bool = True
    no_serial: str = ""  # the reason for rows without a serial number; empty: they stay incoming
    no_storage: str = ""  # the reason where a column only says that there is none
    group: str = ""  # people.rules.PersonKind of the rows of a list of people that name none


@dataclass(frozen=True)
class Counts:
    """How many rows would be what, what would be created, and what the file told besides."""

    new: int = 0
    changed: int = 0
    unchanged: int = 0
    faulty: int = 0
    drives: int = 0
    incoming: int = 0  # new things that stay incoming: something is not told yet
    stated: int = 0  # statements that a thing holds no storage
    kinds: int = 0  # that applying would create, and so on
    places: int = 0
    people: int = 0
    remarks: tuple[tuple[str, int, int], ...] = ()  # what is worth knowing, of how many rows, and the first of them

    @property
    def rows(self) -> int:
        """All of them."""
        return self.new + self.changed + self.unchanged + self.faulty


def may_match(state: ImportState) -> Decision:
    """May the columns be matched again."""
    if state in OVER or state is ImportState.APPLYING:
        return _no("over", f"This import is “{state.label.lower()}”: its columns can no longer be changed.")
    return Decision(())


_NEEDED: dict[ListOf, tuple[frozenset[str], str]] = {  # of these targets at least one, and how to say it
    ListOf.ASSETS: (
        frozenset({"tag", "serial", "kind", "name", "make", "model", "description"}),
        "Choose at least one column that says what the things are: kind, name, make, model or serial number.",
    ),
    ListOf.PEOPLE: (
        frozenset({"name", "last_name", "reference", "email"}),
        "Choose at least one column that says who the people are: name, last name, reference or email.",
    ),
}


def may_try(list_of: ListOf, state: ImportState, mapped: set[str]) -> Decision:
    """May a dry run begin, with these targets."""
    found = list(may_match(state).blockers)
    needed, message = _NEEDED[list_of]
    if not mapped & needed:
        found.append(Blocker("no_columns", message))
    return Decision(tuple(found))


def may_apply(state: ImportState, counts: Counts) -> Decision:
    """May everything go into the register now."""
    if state is not ImportState.TRIED:
        return _no("state", f"This import is “{state.label.lower()}”. Only one that was tried can be applied.")
    if counts.faulty:
        rows = "1 row is" if counts.faulty == 1 else f"{counts.faulty:,} rows are"
        return _no("faulty", f"{rows} faulty. Correct them in your spreadsheet and upload it again: nothing, or all.")
    if not counts.new and not counts.changed:
        return _no("nothing", "Everything in this file is in the register already. There is nothing to apply.")
    return Decision(())


def may_discard(state: ImportState) -> Decision:
    """May the file be thrown away."""
    if state in OVER or state is ImportState.APPLYING:
        return _no("over", f"This import is “{state.label.lower()}”: it can no longer be discarded.")
    return Decision(())


def abandoned(heartbeat_at: datetime | None, now: datetime) -> bool:
    """Whether the worker that ran an import has died: it was not heard of for too long."""
    return heartbeat_at is None or now - heartbeat_at > SILENT_MOST


def _no(code: str, message: str) -> Decision:
    return Decision((Blocker(code, message),))
