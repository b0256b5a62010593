"""What the register has, as far as the rows of a file name it, and what would have to be created. Only reads.

What would be created is told by ids that depend on the import and the name alone, so that a second dry run says the
same; applying puts the real ids in their place.
"""

import re
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID, uuid5

from sqlalchemy import select

from tracker.db import db
from tracker.imports.rules import NEW_KINDS_MOST, NEW_PEOPLE_MOST, NEW_PLACES_MOST, Choices
from tracker.imports.words import kind_named
from tracker.inventory.details import JOINT, PATH_LIMIT, KindDetails, LocationDetails, may_keep_kind, may_keep_location
from tracker.inventory.fields import all_fields
from tracker.inventory.intake_rows import Known
from tracker.inventory.models import AssetKind, Location
from tracker.inventory.rules import LocationLevel, may_lie_in
from tracker.inventory.settings import settings_of
from tracker.people import rules as people_rules
from tracker.people.models import Person
from tracker.people.rules import PersonDetails
from tracker.values import Blocker, folded, one_line, today

_STEP = re.compile(r"\s+/\s+|\s*[>»|\\]\s*")  # between the names of a path, as people write it
_NO_KIND = "Say what kind of equipment it is."
Created = dict[str, object]  # what: kind, place or person, with its name; a place has level and parent, too


@dataclass
class Register:
    """Kinds, places and people of a school by what a spreadsheet calls them."""

    import_id: UUID
    choices: Choices
    known: Known
    kinds: dict[str, UUID]
    by_path: dict[str, UUID] = field(default_factory=dict)
    by_name: dict[str, list[UUID]] = field(default_factory=dict)
    sites: list[UUID] = field(default_factory=list)
    people: dict[str, list[UUID]] = field(default_factory=dict)
    emails: dict[str, UUID] = field(default_factory=dict)
    creates: dict[UUID, Created] = field(default_factory=dict)
    used: set[UUID] = field(default_factory=set)  # those of `creates` that a row without a fault needs

    def kind(self, text: str) -> UUID:
        """The kind that a cell names, or the one chosen for rows that name none. Raises ValueError."""
        if not text:
            if not self.choices.kind or UUID(self.choices.kind) not in self.known.kinds:
                raise ValueError(_NO_KIND)
            return UUID(self.choices.kind)
        name = kind_named(text, self.kinds)
        if name is not None:
            return self.kinds[name]
        if not self.choices.new_kinds:
            raise ValueError(f"There is no kind called {text[:80]}. Add it, or let the import add kinds.")
        details = KindDetails(one_line(text))
        _raise(may_keep_kind(details).blockers)
        self._room("kind", NEW_KINDS_MOST)
        key = self._created("kind", folded(text), {"what": "kind", "name": details.name})
        school_id = next(iter(self.known.kinds.values())).school_id if self.known.kinds else self.import_id
        row = AssetKind(school_id=school_id, id=key, retired_at=None, **vars(details))
        self.known.kinds[key] = row  # type: ignore[index] # a dict of ours
        self.kinds[folded(text)] = key
        return key

    def place(self, told: list[tuple[str, str]]) -> UUID:
        """The place that a row names by site, building and room. Raises ValueError."""
        names = [(target, one) for target, text in told for one in _STEP.split(text) if one.strip()]
        if not names:
            raise ValueError("This is no name of a place.")
        whole = folded(JOINT.join(name for _, name in names))
        if whole in self.by_path:
            return self.by_path[whole]
        at, rest = self._start(names)
        if at is not None and len(rest) == 1 and rest[0][0] == "location":
            if (inside := self._inside(at, rest[0][1])) is None:
                at, rest = self._anywhere(at, rest)
            else:
                return inside
        for position, (target, name) in enumerate(rest):
            last = position == len(rest) - 1
            level = LocationLevel.BUILDING if target == "building" or not last else LocationLevel.ROOM
            at = self._inside(at, name) or self._add_place(at, name, LocationLevel.SITE if at is None else level)
        if at is None:
            raise ValueError("This is no name of a place.")
        return at

    def _start(self, names: list[tuple[str, str]]) -> tuple[UUID | None, list[tuple[str, str]]]:
        """Where the way to a place begins, and the rest of it."""
        first = folded(names[0][1])
        for site in self.sites:
            if folded(self.known.places[site].name) == first:
                return site, names[1:]
        if names[0][0] == "site":
            return None, names
        if self.choices.place and UUID(self.choices.place) in self.known.places:
            return UUID(self.choices.place), names
        if len(self.sites) == 1:
            return self.sites[0], names
        found = self.by_name.get(first, [])
        if len(found) == 1:
            return found[0], names[1:]
        raise ValueError("There are several sites. Choose above in which one new rooms lie, or write the whole path.")

    def _anywhere(self, at: UUID, rest: list[tuple[str, str]]) -> tuple[UUID, list[tuple[str, str]]]:
        """A room that is named alone lies where there is one of that name."""
        found = self.by_name.get(folded(rest[0][1]), [])
        if len(found) > 1:
            paths = ", ".join(self.known.places[one].path for one in found[:3])
            raise ValueError(f"Several places are called so: {paths}. Write the whole path.")
        return (found[0], []) if found else (at, rest)

    def _inside(self, at: UUID | None, name: str) -> UUID | None:
        path = name if at is None else self.known.places[at].path + JOINT + name
        return self.by_path.get(folded(path))

    def _add_place(self, at: UUID | None, name: str, level: LocationLevel) -> UUID:
        parent = None if at is None else self.known.places[at]
        name = one_line(name)
        if not self.choices.new_places:
            raise ValueError(f"There is no place called {name[:80]}. Add it, or let the import add places.")
        if parent is not None and LocationLevel(parent.level).depth >= level.depth:
            deeper = LocationLevel(parent.level).depth + 1
            if deeper >= len(LocationLevel):
                raise ValueError(f"Nothing can lie in {parent.path}, which is a slot. Write another place.")
            level = list(LocationLevel)[deeper]
        path = name if parent is None else parent.path + JOINT + name
        found = list(may_keep_location(LocationDetails(name, level)).blockers)
        found += may_lie_in(level, None if parent is None else LocationLevel(parent.level)).blockers
        if len(path) > PATH_LIMIT:
            found.append(Blocker("path", f"The whole path is longer than {PATH_LIMIT} characters. Shorten it."))
        _raise(tuple(found))
        self._room("place", NEW_PLACES_MOST)
        told: Created = {"what": "place", "name": name, "level": level.value, "parent": at and str(at), "path": path}
        key = self._created("place", folded(path), told)
        row = Location(id=key, parent_id=at, level=level.value, name=name, path=path, lockable=False, fire_class="")
        self._know_place(row)
        return key

    def _know_place(self, row: Location) -> None:
        self.known.places[row.id] = row  # type: ignore[index] # a dict of ours
        self.by_path[folded(row.path)] = row.id
        self.by_name.setdefault(folded(row.name), []).append(row.id)
        if row.parent_id is None:
            self.sites.append(row.id)

    def person(self, text: str) -> UUID:
        """Who is meant, by name or email address. Raises ValueError."""
        plain = folded(text)
        if "@" in plain and plain in self.emails:
            return self._still_here(self.emails[plain])
        last, comma, first = plain.partition(", ")
        found = self.people.get(plain) or (self.people.get(f"{first} {last}") if comma else None) or []
        here = [one for one in found if not self._gone(one)]
        if len(here) > 1:
            raise ValueError(f"Several people are called {text[:80]}. Write the email address instead.")
        if found:
            return self._still_here((here or found)[0])
        if not self.choices.new_people:
            raise ValueError(f"Nobody is called {text[:80]}. Add them, or let the import add people.")
        details = PersonDetails(one_line(text), email=one_line(text) if "@" in text else "")
        _raise(people_rules.may_keep(details, self.known.today).blockers)
        self._room("person", NEW_PEOPLE_MOST)
        key = self._created("person", plain, {"what": "person", "name": details.name, "email": details.email})
        self.known.people[key] = Person(id=key, name=details.name, left_on=None, dbs_confirmed_on=None)  # type: ignore[index] # as above
        self.people[plain] = [key]
        if details.email:
            self.emails[plain] = key
        return key

    def _gone(self, person_id: UUID) -> bool:
        left = self.known.people[person_id].left_on
        return left is not None and left < self.known.today

    def _still_here(self, person_id: UUID) -> UUID:
        if self._gone(person_id):
            name = self.known.people[person_id].name
            raise ValueError(f"{name} has left the school. Write somebody else, or leave the cell empty.")
        return person_id

    def _created(self, what: str, key: str, told: Created) -> UUID:
        found = uuid5(self.import_id, f"{what}:{key}")
        self.creates[found] = told
        return found

    def _room(self, what: str, most: int) -> None:
        number = sum(told["what"] == what for told in self.creates.values())
        if number >= most:
            raise ValueError(
                f"The file would create more than {most:,} new ones. Is this column matched with the right thing?"
            )

    def use(self, *ids: UUID | None) -> None:
        """Note that a row needs these; what only faulty rows name is not created."""
        for one in ids:
            while one is not None and one in self.creates:
                self.used.add(one)
                parent = self.creates[one].get("parent")
                one = UUID(str(parent)) if parent else None


def load(school_id: UUID, import_id: UUID, choices: Choices) -> Register:
    """The register as it is now; its rows are let go of, so that a new transaction does not read them again."""
    models: tuple[Any, ...] = (AssetKind, Location, Person)
    rows: dict[Any, dict[UUID, Any]] = {
        model: {row.id: row for row in db.session.scalars(select(model).where(model.school_id == school_id))}
        for model in models
    }
    known = Known(
        kinds=rows[AssetKind],
        places=rows[Location],
        people=rows[Person],
        fields=all_fields(school_id),
        today=today(),
        check_days=settings_of(school_id).check_days,
        condemned={},  # an import puts nothing into use that is there already
    )
    db.session.expunge_all()
    usable = {folded(kind.name): kind.id for kind in rows[AssetKind].values() if kind.retired_at is None}
    found = Register(import_id, choices, known, usable)
    for place in sorted(rows[Location].values(), key=lambda one: str(one.path)):
        found._know_place(place)
    for person in sorted(rows[Person].values(), key=lambda one: one.id):
        found.people.setdefault(folded(person.name), []).append(person.id)
        if person.email:
            found.emails[folded(person.email)] = person.id
    return found


def _raise(blockers: tuple[Blocker, ...]) -> None:
    if blockers:
        raise ValueError(" ".join(blocker.message for blocker in blockers))
