"""What would become of each row of a list of people: new, changed, unchanged or faulty, and why. Writes nothing.

The rules of people are asked, not repeated. A row is about the person with its reference, else the one with its email
address, else the one with its name and group; everybody else is new.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import date
from typing import Any
from uuid import UUID

from tracker.imports.people_register import PeopleRegister, new_id
from tracker.imports.people_rows import PersonTold
from tracker.imports.people_targets import PEOPLE
from tracker.imports.planned import Planned
from tracker.imports.rules import Verdict
from tracker.people.models import Person
from tracker.people.rules import PersonDetails, PersonKind, may_answer_to, may_keep
from tracker.people.service import details_of, tidied
from tracker.values import folded

NO_GROUP = "Say which group: staff, governor, pupil or external; or choose one for the whole file."
_TEXTS = {  # how the rules call a text that is too long or cannot be shown
    "name": "The name ", "job": "The job ", "email": "The email address ", "reference": "The reference ",
    "parent_name": "The name of the parent", "parent_email": "The email address of the parent",
}  # fmt: skip
_KEYS = (("reference", "reference"), ("email", "email address"))


class PeoplePlanner:
    """Plans the rows of one file in their order; it remembers what earlier rows named."""

    def __init__(self, register: PeopleRegister) -> None:
        self.register = register
        self.people: dict[UUID, int] = {}
        self.keys: dict[tuple[str, str], int] = {}
        self.names: dict[tuple[str, PersonKind], tuple[int, bool]] = {}  # of new rows: the first, and is it told apart

    def foresee(self, rows: Iterable[PersonTold]) -> None:
        """Note whom all rows are about."""
        self.register.foresee(rows)

    def plan(self, rows: Sequence[PersonTold]) -> list[Planned]:
        """What would become of these rows."""
        return [self._row(row) for row in rows]

    def creates(self) -> dict[str, dict[str, object]]:
        """Nothing is created besides."""
        return {}

    def _row(self, row: PersonTold) -> Planned:
        label = str(row.values.get("name") or row.values.get("email") or row.values.get("reference") or "")[:300]
        found = Planned(row.number, Verdict.FAULTY, label)
        try:
            person = self.register.match(row)
        except ValueError as error:
            row.fault("name", str(error))
        else:
            self._seen(row, person)
            self._plan(row, person, found)
        found.remarks = [*row.remarks, *found.remarks]
        found.faults = [list(one) for one in row.faults]
        if found.faults:
            found.verdict, found.plan, found.changes, found.remarks = Verdict.FAULTY, {}, [], []
        return found

    def _seen(self, row: PersonTold, person: Person | None) -> None:
        """Refuse a second row about the same person, which would make the order of the rows decide."""
        if person is not None and self.people.setdefault(person.id, row.number) != row.number:
            row.fault("name", f"Row {self.people[person.id]:,} is about the same person. Remove one of the two.")
        for target, what in _KEYS:
            value = str(row.values.get(target, "")).casefold()
            if value and self.keys.setdefault((target, value), row.number) != row.number:
                before = self.keys[target, value]
                row.fault(target, f"Row {before:,} has the same {what}. Remove or correct one of the two.")

    def _plan(self, row: PersonTold, person: Person | None, found: Planned) -> None:
        values = {name: value for name, value in row.values.items() if name != "group"}
        if person is None:
            kind = values.setdefault("kind", row.values.get("group"))
            if kind is None:
                row.fault("kind", NO_GROUP)
                return
            known = PersonDetails("")
        else:
            known = details_of(person)
        found.person_id = None if person is None else person.id
        details = tidied(replace(known, **values))
        self._told_apart(row, person, details)
        key = new_id(self.register.import_id, row.number) if person is None else person.id
        details = replace(details, line_manager_id=self._manager(row, key, known.line_manager_id))
        self._check(row, person, details)
        found.label = (person.name if person is not None else details.name)[:300] or found.label
        if person is None:
            found.verdict, found.plan = Verdict.NEW, {"id": str(key), "details": encoded(details)}
            self._name_manager(found.plan, details, known)
            return
        changed = [name for name, value in vars(details).items() if value != getattr(known, name)]
        found.verdict = Verdict.CHANGED if changed else Verdict.UNCHANGED
        if changed:
            told = {name: _plain(getattr(details, name)) for name in changed}
            found.plan = {"id": str(key), "details": told, "version": person.version}
            found.changes = [self._change(name, known, details) for name in changed]
            self._name_manager(found.plan, details, known)

    def _name_manager(self, plan: dict[str, Any], details: PersonDetails, known: PersonDetails) -> None:
        """Say what the line manager is called: a later row may be about them."""
        if details.line_manager_id is not None and details.line_manager_id != known.line_manager_id:
            plan["manager"] = self._shown(details.line_manager_id)

    def _check(self, row: PersonTold, person: Person | None, details: PersonDetails) -> None:
        """Ask the rules, and note what they say at the column that it is about."""
        for blocker in may_keep(details, self.register.today).blockers:
            target = {"no_name": "name"}.get(blocker.code, blocker.code)
            if blocker.code in ("too_long", "unprintable"):
                fits = (word for word, text in reversed(_TEXTS.items()) if blocker.message.startswith(text))
                target = next(fits, "")
            row.fault(target, blocker.message)
        other = self.register.by_reference.get(details.reference)
        if other is not None and (person is None or other.id != person.id):
            row.fault("reference", f"{other.name} has this reference. Correct one of the two.")

    def _told_apart(self, row: PersonTold, person: Person | None, details: PersonDetails) -> None:
        """Two new people of one name and group need a reference or an address each."""
        if person is not None:
            return
        key, apart = (folded(details.name), details.kind), bool(details.reference or details.email)
        first, first_apart = self.names.setdefault(key, (row.number, apart))
        if first != row.number and not (apart and first_apart):
            row.fault("name", f"Row {first:,} has the same name. Give both a reference or an email address.")

    def _manager(self, row: PersonTold, person_id: UUID, known: UUID | None) -> UUID | None:
        if not row.line_manager:
            return known
        try:
            manager = self.register.manager(row.line_manager)
        except ValueError as error:
            row.fault("line_manager", str(error))
            return known
        if manager.id == known:
            return known
        for blocker in may_answer_to(person_id, manager.id, self.register.managers, left=False).blockers:
            row.fault("line_manager", blocker.message)
            return known
        self.register.managers[person_id] = manager.id
        return manager.id

    def _change(self, name: str, before: PersonDetails, after: PersonDetails) -> list[str]:
        target = "line_manager" if name == "line_manager_id" else name
        sides = (self._shown(getattr(side, name)) for side in (before, after))
        return [PEOPLE.by_word[target].label, *sides]

    def _shown(self, value: Any) -> str:
        if isinstance(value, UUID):
            known = self.register.people.get(value)
            named = (one.name for one in self.register.named.values() if one.id == value)
            return known.name if known is not None else next(named, "")
        if isinstance(value, PersonKind):
            return value.label
        return f"{value.day} {value:%B %Y}" if isinstance(value, date) else str(value or "")


def encoded(details: PersonDetails) -> dict[str, Any]:
    """Details as JSON values, without what is empty."""
    told = {name: _plain(value) for name, value in vars(details).items()}
    return {name: value for name, value in told.items() if value not in ("", None)}


def _plain(value: Any) -> Any:
    if isinstance(value, date):
        return value.isoformat()
    return str(value) if isinstance(value, UUID | PersonKind) else value


def decoded(told: Mapping[str, Any]) -> dict[str, Any]:
    """The values of PersonDetails out of a plan; what a plan empties stays None."""
    found = dict(told)
    for name in ("started_on", "left_on", "dbs_confirmed_on"):
        if found.get(name) is not None:
            found[name] = date.fromisoformat(found[name])
    if found.get("line_manager_id") is not None:
        found["line_manager_id"] = UUID(found["line_manager_id"])
    if found.get("kind") is not None:
        found["kind"] = PersonKind(found["kind"])
    return found
