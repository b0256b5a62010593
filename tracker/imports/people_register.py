"""The people of a school by what a spreadsheet calls them, those of its own rows included. Only reads."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import date
from uuid import UUID, uuid5

from sqlalchemy import select

from tracker.db import db
from tracker.imports.people_rows import PersonTold
from tracker.people.models import Person
from tracker.people.rules import PersonKind
from tracker.values import folded, one_line, today


def new_id(import_id: UUID, number: int) -> UUID:
    """The id of the person that a row of an import becomes: known before, so that rows can name each other."""
    return uuid5(import_id, f"person:{number}")


@dataclass(frozen=True)
class Known:
    """Somebody of the register, or of a row that is new."""

    id: UUID
    name: str
    left_on: date | None = None


@dataclass
class PeopleRegister:
    """Everybody of a school whose name stands. A pseudonym is nobody's name, and matches nothing."""

    import_id: UUID
    today: date
    people: dict[UUID, Person] = field(default_factory=dict)
    by_reference: dict[str, Person] = field(default_factory=dict)
    by_email: dict[str, list[Person]] = field(default_factory=dict)
    by_name: dict[str, list[Person]] = field(default_factory=dict)
    managers: dict[UUID, UUID] = field(default_factory=dict)
    rows: dict[str, set[int]] = field(default_factory=dict)  # of this file, by name, email and reference
    named: dict[int, Known] = field(default_factory=dict)  # those of these rows that are planned or foreseen
    matched: dict[int, UUID] = field(default_factory=dict)

    def match(self, row: PersonTold) -> Person | None:
        """Whom a row is about; None for somebody new. Raises ValueError where that cannot be told."""
        reference, email = str(row.values.get("reference", "")), _address(row)
        if reference in self.by_reference:
            return self.by_reference[reference]
        by_email = [one for one in self.by_email.get(email, []) if not (reference and one.reference)]
        if len(by_email) == 1:
            return by_email[0]
        name = folded(str(row.values.get("name", "")))
        same = [one for one in by_email or self.by_name.get(name, []) if folded(one.name) == name]
        kind: PersonKind | None = row.values.get("kind") or row.values.get("group")
        fit = [
            one
            for one in same
            if (kind is None or one.kind == kind.value) and not (reference and one.reference and not by_email)
        ]
        sure = [one for one in fit if by_email or not (email and one.email)]
        here = [one for one in sure if one.left_on is None or one.left_on >= self.today]
        if len(sure) > 1 and len(here) != 1:
            raise ValueError(f"Several people are called {row.values.get('name')}. Give the reference or the email.")
        if not sure and fit and not reference:
            raise ValueError(
                f"{fit[0].name} is in the register with another email address. If it is the same person, change the "
                "address there; if not, give each a reference."
            )
        return (here or sure)[0] if sure else None

    def foresee(self, rows: Iterable[PersonTold]) -> None:
        """Note whom the rows are about, so that a line manager may stand in a later row."""
        for row in rows:
            if not row.values.get("name"):
                continue
            try:
                person = self.match(row)
            except ValueError:
                continue
            known_id = person.id if person is not None else new_id(self.import_id, row.number)
            self.named[row.number] = Known(known_id, str(row.values["name"]), row.values.get("left_on"))
            for key in (row.values["name"], _address(row), row.values.get("reference")):
                if key:
                    self.rows.setdefault(folded(str(key)), set()).add(row.number)

    def manager(self, text: str) -> Known:
        """Who is meant as a line manager, by reference, email or name. Raises ValueError."""
        plain = folded(text)
        last, comma, first = plain.partition(", ")
        names = [plain, f"{first} {last}"] if comma else [plain]
        found = {one.id: Known(one.id, one.name, one.left_on) for key in names for one in self._of_register(text, key)}
        for key in names:
            found |= {self.named[number].id: self.named[number] for number in self.rows.get(key, ())}
        here = [one for one in found.values() if one.left_on is None or one.left_on >= self.today]
        if len(here) > 1:
            raise ValueError(f"Several people are called {text[:80]}. Write the email address or the reference.")
        if here:
            return here[0]
        if found:
            raise ValueError(f"{next(iter(found.values())).name} has left the school. Choose somebody else.")
        raise ValueError(f"Nobody is called {text[:80]}, in the register or in this file. Add them first.")

    def _of_register(self, text: str, plain: str) -> list[Person]:
        if text in self.by_reference:
            return [self.by_reference[text]]
        return self.by_email.get(plain, []) or self.by_name.get(plain, [])


def _address(row: PersonTold) -> str:
    return one_line(str(row.values.get("email", ""))).casefold()


def load(school_id: UUID, import_id: UUID) -> PeopleRegister:
    """The people as they are now; the rows are let go of, so that a new transaction does not read them again."""
    found = PeopleRegister(import_id, today())
    mine = select(Person).where(Person.school_id == school_id, Person.forgotten_at.is_(None)).order_by(Person.id)
    for one in db.session.scalars(mine):
        found.people[one.id] = one
        found.by_name.setdefault(folded(one.name), []).append(one)
        if one.reference:
            found.by_reference[one.reference] = one
        if one.email:
            found.by_email.setdefault(one.email, []).append(one)
        if one.line_manager_id is not None:
            found.managers[one.id] = one.line_manager_id
    db.session.expunge_all()
    return found
