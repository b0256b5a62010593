"""The tree of places: site > building > room > cabinet > slot. Flushes, never commits."""

from dataclasses import dataclass, replace
from uuid import UUID

from sqlalchemy import Select, func, select

from tracker.audit.kinds import EventKind
from tracker.audit.service import record
from tracker.db import add, db
from tracker.inventory import rules
from tracker.inventory.details import JOINT, PATH_LIMIT, LocationDetails, may_keep_location
from tracker.inventory.models import Asset, AssetKind, Location
from tracker.inventory.rules import AssetState, LocationLevel
from tracker.people.service import changed_meanwhile
from tracker.values import Actor, Blocker, Conflict, Denied, NotFound, Subject, folded, one_line


@dataclass(frozen=True)
class Placed:
    """A place in the list: how deep it lies, and how many assets are in it and below."""

    location: Location
    assets: int


def subject_of(location: Location) -> Subject:
    """The place as the log knows it."""
    return Subject("location", location.id, location.path)


def get_location(school_id: UUID, location_id: UUID) -> Location:
    """The place. Raises NotFound, also for another school's."""
    location = db.session.get(Location, (school_id, location_id))
    if location is None:
        raise NotFound
    return location


def details_of(location: Location) -> LocationDetails:
    """What is known of a place, as a form shows it."""
    return LocationDetails(
        location.name, LocationLevel(location.level), location.parent_id, location.lockable, location.fire_class
    )


def choices(school_id: UUID) -> list[tuple[UUID, str]]:
    """All places by their path, as (id, path)."""
    query = select(Location.id, Location.path).where(Location.school_id == school_id)
    return sorted(((found, path) for found, path in db.session.execute(query)), key=lambda row: _order(row[1]))


def tree(school_id: UUID) -> list[Placed]:
    """All places in the order of the tree, each with the number of assets in it and below it."""
    places = list(db.session.scalars(select(Location).where(Location.school_id == school_id)))
    query = select(Asset.location_id, func.count()).where(Asset.school_id == school_id).group_by(Asset.location_id)
    own = {found: number for found, number in db.session.execute(query)}
    totals = {place.id: own.get(place.id, 0) for place in places}
    for place in sorted(places, key=lambda place: -LocationLevel(place.level).depth):  # the smallest first
        if place.parent_id is not None:
            totals[place.parent_id] += totals[place.id]
    return [Placed(place, totals[place.id]) for place in sorted(places, key=lambda place: _order(place.path))]


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
    location = get_location(actor.school_id, location_id)
    if location.version != version:
        raise Conflict(changed_meanwhile(actor.school_id, "location", location.id, location.path))
    details, parent = _checked(actor.school_id, details, location)
    subject, old = subject_of(location), _told(location)
    location.name, location.level = details.name, details.level.value
    location.lockable, location.fire_class = details.lockable, details.fire_class
    location.parent_id = details.parent_id
    _keep_paths(location, parent)
    db.session.flush()
    new = _told(location)
    changed = [key for key in new if new[key] != old[key]]
    if changed:
        before, after = {key: old[key] for key in changed}, {key: new[key] for key in changed}
        record(actor, EventKind.LOCATION_CHANGED, subject, before=before, after=after)
    return location


def _checked(
    school_id: UUID, details: LocationDetails, location: Location | None
) -> tuple[LocationDetails, Location | None]:
    """The details as they are kept, and the parent. `location` is the place that is changed, None for a new one."""
    details = replace(details, name=one_line(details.name), fire_class=one_line(details.fire_class))
    parent = None if details.parent_id is None else get_location(school_id, details.parent_id)
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
    """Set the path of a place and of all places in it. Raises Denied where one becomes too long."""
    location.path = _path(parent, location.name)
    location.search = folded(location.path)
    if len(location.path) > PATH_LIMIT:
        message = f"The path of {location.name} would be longer than {PATH_LIMIT} characters. Shorten the name."
        raise Denied((Blocker("path_too_long", message),))
    for child in _children(location):
        _keep_paths(child, location)


def _path(parent: Location | None, name: str) -> str:
    return name if parent is None else parent.path + JOINT + name


def _order(path: str) -> list[str]:
    return [folded(name) for name in path.split(JOINT)]


def _told(location: Location) -> dict[str, object]:
    return {
        "path": location.path,
        "level": location.level,
        "lockable": location.lockable,
        "fire_class": location.fire_class,
    }
