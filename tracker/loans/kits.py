"""Kits: put together, change, retire; what is missing of one. Flushes, never commits."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from uuid import UUID

from sqlalchemy import delete, func, select
from sqlalchemy.orm.attributes import flag_modified

from labels import code
from tracker.accounts.service import lock_school
from tracker.audit.kinds import EventKind
from tracker.audit.service import record
from tracker.db import add, db, locked_row, row_of
from tracker.inventory import service as inventory
from tracker.inventory.models import Asset
from tracker.loans import kits_rules, stock
from tracker.loans.kits_models import Kit, KitItem
from tracker.loans.kits_rules import KitDetails as KitDetails
from tracker.people.service import changed_meanwhile
from tracker.values import Actor, Blocker, Conflict, Denied, NotFound, Subject, folded, one_line, utc_now


@dataclass(frozen=True)
class Row:
    """A kit in a list."""

    kit: Kit
    things: int
    here: int  # of them in store


def subject_of(kit: Kit) -> Subject:
    """The kit as the log knows it."""
    return Subject("kit", kit.id, kit.name)


def get_kit(school_id: UUID, kit_id: UUID) -> Kit:
    """The kit. Raises NotFound, also for another school's."""
    return row_of(Kit, school_id, kit_id)


def things_of(school_id: UUID, kit_id: UUID) -> list[Asset]:
    """The things of a kit, by tag."""
    query = (
        select(Asset)
        .join(KitItem, (KitItem.school_id == Asset.school_id) & (KitItem.asset_id == Asset.id))
        .where(KitItem.school_id == school_id, KitItem.kit_id == kit_id)
    )
    return list(db.session.scalars(query.order_by(Asset.tag)))


def kits(school_id: UUID, *, retired: bool = False) -> list[Row]:
    """All kits by name, with how many of their things are in store."""
    here = func.count().filter(Asset.state == "in_store")
    counts = (
        select(KitItem.kit_id, func.count(), here)
        .join(Asset, (Asset.school_id == KitItem.school_id) & (Asset.id == KitItem.asset_id))
        .where(KitItem.school_id == school_id)
        .group_by(KitItem.kit_id)
    )
    figures = {kit_id: (things, there) for kit_id, things, there in db.session.execute(counts)}
    query = select(Kit).where(Kit.school_id == school_id).order_by(Kit.name, Kit.id)
    if not retired:
        query = query.where(Kit.retired_at.is_(None))
    return [Row(one, *figures.get(one.id, (0, 0))) for one in db.session.scalars(query)]


def choices(school_id: UUID) -> list[tuple[UUID, str]]:
    """The kits to choose from."""
    return [(row.kit.id, row.kit.name) for row in kits(school_id)]


def kit_of(school_id: UUID, asset_id: UUID) -> Kit | None:
    """The kit that a thing is in."""
    query = (
        select(Kit)
        .join(KitItem, (KitItem.school_id == Kit.school_id) & (KitItem.kit_id == Kit.id))
        .where(KitItem.school_id == school_id, KitItem.asset_id == asset_id)
    )
    return db.session.scalar(query)


def add_kit(actor: Actor, details: KitDetails, asset_ids: Sequence[UUID]) -> Kit:
    """Put a kit together. Raises NotFound for a thing of another school, and Denied with every reason why not."""
    details = _tidy(details)
    assets = _check(actor, details, asset_ids, None)
    kit = Kit(school_id=actor.school_id, retired_at=None, **vars(details))
    add(kit)
    _fill(kit, assets)
    record(actor, EventKind.KIT_CREATED, subject_of(kit), after=_told(details, assets))
    return kit


def edit_kit(actor: Actor, kit_id: UUID, details: KitDetails, asset_ids: Sequence[UUID], *, version: int) -> Kit:
    """Change a kit and what is in it. Raises NotFound, Denied, and Conflict where somebody changed it since."""
    details = _tidy(details)
    stock.hold(actor.school_id, asset_ids)
    kit = _at_version(actor, kit_id, version)
    assets = _check(actor, details, asset_ids, kit)
    old = _told(KitDetails(kit.name, kit.accessories), things_of(actor.school_id, kit.id))
    new = _told(details, assets)
    if old == new:
        return kit
    subject = subject_of(kit)
    kit.name, kit.accessories = details.name, details.accessories
    flag_modified(kit, "name")  # a change of its things alone counts as well
    _empty(kit)
    _fill(kit, assets)
    record(actor, EventKind.KIT_CHANGED, subject, before=old, after=new)
    return kit


def retire(actor: Actor, kit_id: UUID, *, version: int) -> Kit:
    """Take a kit apart: its things are free for another. Raises NotFound, Denied, Conflict."""
    kit = _at_version(actor, kit_id, version)
    if actor.role not in kits_rules.KEEPERS:
        raise Denied((Blocker("role", "Only the technician or the bursar can do this."),))
    old = _told(KitDetails(kit.name, kit.accessories), things_of(actor.school_id, kit.id))
    kit.retired_at = utc_now()
    _empty(kit)
    db.session.flush()
    record(actor, EventKind.KIT_CHANGED, subject_of(kit), before=old, after={"retired": True})
    return kit


def accessories_of(school_id: UUID, asset_ids: Iterable[UUID]) -> Mapping[UUID, str]:
    """What goes with the kits of these things, told at the first thing of each."""
    found: dict[UUID, str] = {}
    seen: set[UUID] = set()
    for asset_id, kit in _kits_of(school_id, list(asset_ids)):
        if kit.id not in seen and kit.accessories:
            found[asset_id] = kit.accessories
        seen.add(kit.id)
    return found


def missing(school_id: UUID, asset_ids: Iterable[UUID], *, out: bool = False) -> list[str]:
    """What a list lacks of the kits that it holds things of, as sentences. `out`: only what is on loan, at a return."""
    ids = list(asset_ids)
    found = []
    for kit in {kit.id: kit for _, kit in _kits_of(school_id, ids)}.values():
        rest = [one for one in things_of(school_id, kit.id) if one.id not in ids]
        lacking = [inventory.label_of(one) for one in rest if not out or one.state == "on_loan"]
        if lacking:
            why = "is not complete, still out" if out else "is not complete in this list, it lacks"
            found.append(f"{kit.name} {why}: {', '.join(lacking)}.")
    return found


def _kits_of(school_id: UUID, asset_ids: list[UUID]) -> list[tuple[UUID, Kit]]:
    query = (
        select(KitItem.asset_id, Kit)
        .join(Kit, (Kit.school_id == KitItem.school_id) & (Kit.id == KitItem.kit_id))
        .where(KitItem.school_id == school_id, KitItem.asset_id.in_(asset_ids))
    )
    found = {asset_id: kit for asset_id, kit in db.session.execute(query)}
    return [(one, found[one]) for one in asset_ids if one in found]


def _at_version(actor: Actor, kit_id: UUID, version: int) -> Kit:
    lock_school(actor.school_id)
    kit = locked_row(Kit, actor.school_id, kit_id)
    if kit.version != version:
        raise Conflict(changed_meanwhile(actor.school_id, "kit", kit.id, kit.name))
    if kit.retired_at is not None:
        raise Denied((Blocker("retired", "This kit is retired. Put a new one together."),))
    return kit


def _check(actor: Actor, details: KitDetails, asset_ids: Sequence[UUID], own: Kit | None) -> list[Asset]:
    """The things of a kit that may be. The school is locked, so that no thing comes into two kits at once."""
    stock.hold(actor.school_id, asset_ids)
    lock_school(actor.school_id)
    query = select(Asset).where(Asset.school_id == actor.school_id, Asset.id.in_(asset_ids)).order_by(Asset.tag)
    assets = list(db.session.scalars(query))
    if len(assets) < len(set(asset_ids)):
        raise NotFound
    tags = {one.id: code.shown(one.tag) for one in assets}
    elsewhere = {
        tags[asset_id]: kit.name
        for asset_id, kit in _kits_of(actor.school_id, list(tags))
        if own is None or kit.id != own.id
    }
    names = {folded(row.kit.name) for row in kits(actor.school_id) if own is None or row.kit.id != own.id}
    decision = kits_rules.may_keep(
        details, [tags[one] for one in asset_ids], elsewhere, actor.role, taken=folded(details.name) in names
    )
    if not decision.allowed:
        raise Denied(decision.blockers)
    return assets


def _fill(kit: Kit, assets: list[Asset]) -> None:
    for one in assets:
        add(KitItem(school_id=kit.school_id, kit_id=kit.id, asset_id=one.id))


def _empty(kit: Kit) -> None:
    db.session.execute(delete(KitItem).where(KitItem.school_id == kit.school_id, KitItem.kit_id == kit.id))


def _tidy(details: KitDetails) -> KitDetails:
    return replace(details, name=one_line(details.name), accessories=one_line(details.accessories))


def _told(details: KitDetails, assets: list[Asset]) -> dict[str, object]:
    return {**vars(details), "items": [code.shown(one.tag) for one in assets]}
