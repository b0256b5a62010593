"""The tree of places: site > building > room > cabinet > slot. Flushes, never commits."""

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field, replace
from uuid import UUID

from sqlalchemy import Select, func, select

from tracker.audit.kinds import EventKind
from tracker.audit.service import record
from tracker.db import add, db, row_of
from tracker.inventory import rules
from tracker.inventory.details import JOINT, PATH_LIMIT, LocationDetails, may_keep_location
from tracker.inventory.models import Asset, AssetKind, Location
from tracker.inventory.rules import AssetState, LocationLevel
from tracker.people.service import changed_meanwhile
from tracker.values import Actor, Blocker, Conflict, Denied, NotFound, Subject, folded, one_line, search_words

_NUMBER = re.compile(r"([0-9]{1,9})")


@dataclass
class Placed:
    """A place of the tree, how many assets are in it and below, and the places that lie in it."""

    location: Location
    assets: int
    inside: list["Placed"] = field(default_factory=list)


def subject_of(location: Location) -> Subject:
    """The place as the log knows it."""
    return Subject("location", location.id, location.path)


def get_location(school_id: UUID, location_id: UUID) -> Location:
    """The place. Raises NotFound, also for another school's."""
    return row_of(Location, school_id, location_id)


def details_of(location: Location) -> LocationDetails:
    """What is known of a place, as a form shows it."""
    return LocationDetails(
        location.name, LocationLevel(location.level), location.parent_id, location.lockable, location.fire_class
    )


def choices(school_id: UUID) -> list[tuple[UUID, str]]:
    """All places by their path, as (id, path)."""
    query = select(Location.id, Location.path, Location.search).where(Location.school_id == school_id)
    rows = sorted(db.session.execute(query), key=lambda row: _order(row[2]))
    return [(found, path) for found, path, _ in rows]


def tree(school_id: UUID) -> list[Placed]:
    """The sites with all that lies in them, in order, each with the number of assets in it and below. Two queries."""
    query = select(Asset.location_id, func.count()).where(Asset.school_id == school_id).group_by(Asset.location_id)
    own = {found: number for found, number in db.session.execute(query)}
    rows = db.session.scalars(select(Location).where(Location.school_id == school_id))
    places = {place.id: Placed(place, own.get(place.id, 0)) for place in rows}
    roots = list[Placed]()
    for one in sorted(places.values(), key=lambda one: _order(one.location.search)):
        parent = places.get(one.location.parent_id) if one.location.parent_id else None
        (parent.inside if parent else roots).append(one)
    for root in roots:
        _add_up(root)
    return roots


def flat(places: Iterable[Placed]) -> Iterator[Placed]:
    """Every place of a tree, in its order."""
    for one in places:
        yield one
        yield from flat(one.inside)


def matching(school_id: UUID, text: str) -> list[Placed]:
    """The places whose path has all these words, in the order of the tree. Two queries."""
    words = search_words(text)
    return [one for one in flat(tree(school_id)) if all(word in one.location.search for word in words)]


def inside(location: Location) -> list[Placed]:
    """What lies directly in a place, in order, with the assets in and below each."""
    wanted = select(Location).where(Location.school_id == location.school_id, Location.id.in_(_below(location)))
    places = list(db.session.scalars(wanted))
    query = select(Asset.location_id, func.count()).where(Asset.school_id == location.school_id)
    query = query.where(Asset.location_id.in_(_below(location))).group_by(Asset.location_id)
    numbers = {found: number for found, number in db.session.execute(query)}
    made = {place.id: Placed(place, numbers.get(place.id, 0)) for place in places}
    for one in sorted(made.values(), key=lambda one: _order(one.location.search)):
        if one.location.parent_id in made:
            made[one.location.parent_id].inside.append(one)
    _add_up(made[location.id])
    return made[location.id].inside


def above(location: Location) -> list[Location]:
    """The places that hold it, the site first. At most four queries."""
    held = []
    while location.parent_id is not None:
        location = get_location(location.school_id, location.parent_id)
        held.append(location)
    return held[::-1]


def _add_up(one: Placed) -> int:
    one.assets += sum(_add_up(smaller) for smaller in one.inside)
    return one.assets


def _below(location: Location) -> Select[tuple[UUID]]:
    return below(location.school_id, location.id)


def below(school_id: UUID, location_id: UUID) -> Select[tuple[UUID]]:
    """A query of the ids of a place and of all places in it."""
    start = select(Location.id).where(Location.school_id == school_id, Location.id == location_id)
    found = start.cte("below", recursive=True)
    step = select(Location.id).join(found, Location.parent_id == found.c.id).where(Location.school_id == school_id)
    return select(found.union_all(step).c.id)


def add_location(actor: Actor, details: LocationDetails) -> Location:
    """Add a place. Raises Denied with every reason why not, and NotFound for an unknown parent."""
    details, parent = _checked(actor.school_id, details, None)
    path = _path(parent, details.name)
    columns = {**vars(details), "level": details.level.value, "path": path, "search": folded(path)}
    location = Location(school_id=actor.school_id, **columns)
    add(location)
    record(actor, EventKind.LOCATION_CREATED, subject_of(location), after=_told(location))
    return location


def edit_location(actor: Actor, location_id: UUID, details: LocationDetails, *, version: int) -> Location:
    """Rename a place, move it with all that lies in it, or change what it is fit for.

    Raises NotFound, Denied, and Conflict where somebody else changed it since `version`.
    """
    location = _at_version(actor.school_id, location_id, version)
    details, parent = _checked(actor.school_id, details, location)
    subject, old = subject_of(location), _told(location)
    location.name, location.level = details.name, details.level.value
    location.lockable, location.fire_class = details.lockable, details.fire_class
    _keep_paths(location, parent)
    location.parent_id = details.parent_id
    db.session.flush()
    new = _told(location)
    changed = [key for key in new if new[key] != old[key]]
    if changed:
        before, after = {key: old[key] for key in changed}, {key: new[key] for key in changed}
        record(actor, EventKind.LOCATION_CHANGED, subject, before=before, after=after)
    return location


def _at_version(school_id: UUID, location_id: UUID, version: int) -> Location:
    """The place as it is now, locked, provided that nobody changed it since."""
    location = _locked(school_id, location_id)
    if location.version != version:
        raise Conflict(changed_meanwhile(school_id, "location", location.id, location.path))
    return location


def _locked(school_id: UUID, location_id: UUID) -> Location:
    """The place as it is now, locked against other changes of places until the transaction ends. Raises NotFound.

    Who adds a place locks the one that holds it: two who add the same name wait for each other, and a path is never
    made from a name that somebody is changing.
    """
    query = select(Location).where(Location.school_id == school_id, Location.id == location_id)
    query = query.with_for_update(key_share=True).execution_options(populate_existing=True)
    location = db.session.scalar(query)
    if location is None:
        raise NotFound
    return location


def _checked(
    school_id: UUID, details: LocationDetails, location: Location | None
) -> tuple[LocationDetails, Location | None]:
    """The details as they are kept, and the parent. `location` is the place that is changed, None for a new one."""
    details = replace(details, name=one_line(details.name), fire_class=one_line(details.fire_class))
    parent = None if details.parent_id is None else _locked(school_id, details.parent_id)
    found = list(may_keep_location(details).blockers)
    found += rules.may_lie_in(details.level, None if parent is None else LocationLevel(parent.level)).blockers
    path = _path(parent, details.name)
    if len(path) > PATH_LIMIT:
        found.append(Blocker("path_too_long", f"The whole path is longer than {PATH_LIMIT} characters. Shorten it."))
    same = select(Location.id).where(Location.school_id == school_id, Location.search == folded(path))
    if set(db.session.scalars(same)) - ({location.id} if location else set()):
        found.append(Blocker("place_taken", f"There is a place {path} already."))
    if location is not None:
        found += _blockers_inside(location, details)
    if found:
        raise Denied(tuple(found))
    return details, parent


def _blockers_inside(location: Location, details: LocationDetails) -> list[Blocker]:
    """What stands against the change in the place itself: smaller places that would not fit, servers in use."""
    found = []
    if details.parent_id == location.id:
        found.append(Blocker("itself", "A place cannot lie in itself."))
    for child in _children(location):
        if not rules.may_lie_in(LocationLevel(child.level), details.level).allowed:
            message = f"{child.name} lies in it, and a {child.level} cannot lie in a {details.level.value}."
            found.append(Blocker("children", message))
    if location.lockable and not details.lockable and _servers_in_use(location):
        message = "A server is in use here and needs a place that can be locked. Move the server first."
        found.append(Blocker("server_here", message))
    return found


def _servers_in_use(location: Location) -> bool:
    kind = (AssetKind.school_id == Asset.school_id) & (AssetKind.id == Asset.kind_id)
    query = (
        select(Asset.id)
        .join(AssetKind, kind)
        .where(
            Asset.school_id == location.school_id,
            Asset.location_id == location.id,
            Asset.state == AssetState.IN_USE.value,
            AssetKind.server,
        )
    )
    return db.session.scalar(query.limit(1)) is not None


def _children(location: Location) -> list[Location]:
    query = select(Location).where(Location.school_id == location.school_id, Location.parent_id == location.id)
    return list(db.session.scalars(query))


def _keep_paths(location: Location, parent: Location | None) -> None:
    """Set the path of a place and of all places in it: two queries. Raises Denied where one becomes too long."""
    below_it = select(Location).where(Location.school_id == location.school_id, Location.id.in_(_below(location)))
    below_it = below_it.where(Location.id != location.id)
    with db.session.no_autoflush:
        # locked first, read then: what somebody was adding meanwhile is there now, and nobody adds more
        db.session.scalars(below_it.with_for_update(key_share=True)).all()
        smaller: dict[UUID | None, list[Location]] = {}
        for one in db.session.scalars(below_it.execution_options(populate_existing=True)):
            smaller.setdefault(one.parent_id, []).append(one)
    todo = [(location, parent)]
    while todo:
        one, holder = todo.pop()
        one.path = _path(holder, one.name)
        one.search = folded(one.path)
        if len(one.path) > PATH_LIMIT:
            message = f"The path of {one.name} would be longer than {PATH_LIMIT} characters. Shorten the name."
            raise Denied((Blocker("path_too_long", message),))
        todo += [(child, one) for child in smaller.get(one.id, ())]


def _path(parent: Location | None, name: str) -> str:
    return name if parent is None else parent.path + JOINT + name


def _order(search: str) -> list[tuple[str | int, ...]]:
    """By the folded path, level by level, and Room 2 before Room 10. Texts and numbers alternate, so they compare."""
    names = (_NUMBER.split(name) for name in search.split(JOINT))
    return [tuple(int(part) if at % 2 else part for at, part in enumerate(parts)) for parts in names]


def _told(location: Location) -> dict[str, object]:
    return {
        "path": location.path,
        "level": location.level,
        "lockable": location.lockable,
        "fire_class": location.fire_class,
    }
