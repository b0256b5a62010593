"""One change to many assets: which ones, what it would do, who was faster. Flushes, never commits."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any
from uuid import UUID

from sqlalchemy import select

from labels import code
from tracker.audit import words
from tracker.audit.service import history
from tracker.db import db
from tracker.inventory import intake, search, telling
from tracker.inventory.details import AssetDetails, Value
from tracker.inventory.fields import all_fields
from tracker.inventory.filters import Filters
from tracker.inventory.intake import Change
from tracker.inventory.intake_rows import lock_many
from tracker.inventory.models import Asset, CustomField
from tracker.inventory.names import names_of
from tracker.values import Actor, Blocker, Denied, NotFound, london

MOST = 5_000  # assets of one change
SHOWN_MOST = 20  # conflicts that are told one by one
# What can be cleared; the others always say something
EMPTY: Mapping[str, object] = {
    **dict.fromkeys(("name", "make", "model", "description", "owner", "department", "supplier", "order_number"), ""),
    **dict.fromkeys(("funding_source", "security_marking", "serial_reason", "notes"), ""),
    **dict.fromkeys(("location_id", "responsible_id", "acquired_on", "cost_pence", "warranty_until"), None),
    **dict.fromkeys(("life_months", "insurance_pence", "security_marked_on"), None),
}


@dataclass(frozen=True)
class Edit:
    """What is to be different: columns and custom fields that are set, and custom fields that are cleared.

    A custom field is set where the asset's kind has it, and nowhere else.
    """

    columns: Mapping[str, Any] = field(default_factory=dict)
    custom: Mapping[UUID, Value] = field(default_factory=dict)
    cleared: frozenset[UUID] = frozenset()

    def of(self, details: AssetDetails, fields: Iterable[CustomField]) -> AssetDetails:
        """The details of one asset with the change."""
        changed = replace(details, **self.columns)
        has = {one.id for one in fields if one.kind_id in (None, changed.kind_id)}
        kept = {found: value for found, value in details.custom.items() if found not in self.cleared}
        return replace(changed, custom={**kept, **{found: v for found, v in self.custom.items() if found in has}})


@dataclass(frozen=True)
class Sample:
    """One asset's change, for people: how it is known, and what is different in the words of the log."""

    tag: str
    name: str
    before: dict[str, object]
    after: dict[str, object]


def chosen(school_id: UUID, ids: Sequence[UUID] | None, filters: Filters) -> list[Asset]:
    """The assets with these ids, or all that the filters leave, by tag.

    Raises Denied for more than MOST, and NotFound where an id is no asset of the school.
    """
    wanted = set(ids or ())
    number = search.count(school_id, filters) if ids is None else len(wanted)
    if number > MOST:
        message = f"{number:,} assets are more than one change takes ({MOST:,}). Choose fewer with the filters."
        raise Denied((Blocker("too_many", message),))
    if ids is None:
        return search.assets(school_id, filters, MOST)
    query = select(Asset).where(Asset.school_id == school_id, Asset.id.in_(wanted)).order_by(Asset.tag)
    found = list(db.session.scalars(query))
    if len(found) != len(wanted):
        raise NotFound
    return found


def offered(school_id: UUID, assets: Iterable[Asset]) -> list[CustomField]:
    """The custom fields that at least one of these kinds of assets has."""
    kinds = {asset.kind_id for asset in assets}
    return [
        one for one in all_fields(school_id) if one.retired_at is None and (not one.kind_id or one.kind_id in kinds)
    ]


def changes(assets: Sequence[Asset], edit: Edit) -> list[Change]:
    """The change of each asset that it makes different; the others are left out."""
    if not assets:
        return []
    fields, found = all_fields(assets[0].school_id), list[Change]()
    for asset in assets:
        had = telling.details_of(asset)
        has = edit.of(had, fields)
        if telling.columns(has) != telling.columns(had):
            found.append(Change(asset.id, has, asset.version))
    return found


def samples(assets: Sequence[Asset], told: Sequence[Change], most: int = 10) -> list[Sample]:
    """Before and after of the first few."""
    first = {change.asset_id: change.details for change in told[:most]}
    pairs = [
        (asset, telling.columns(telling.details_of(asset)), telling.columns(first[asset.id]))
        for asset in assets
        if asset.id in first
    ]
    if not pairs:
        return []
    names = names_of(pairs[0][0].school_id, [kept for _, had, has in pairs for kept in (had, has)])
    found = []
    for asset, had, has in pairs:
        before, after = telling.changed(telling.told(had, names), telling.told(has, names))
        name = asset.name or f"{asset.make} {asset.model}".strip()
        found.append(Sample(code.shown(asset.tag), name, before, after))
    return found


@dataclass(frozen=True)
class Meanwhile:
    """Assets that somebody else changed since the preview: their ids, and who changed what, the first few of them."""

    ids: frozenset[UUID]
    told: tuple[str, ...]


def meanwhile(actor: Actor, seen: Mapping[UUID, int]) -> Meanwhile:
    """Lock the assets until the transaction ends, and say who was faster. Raises NotFound."""
    assets = lock_many(actor.school_id, list(seen))
    late = sorted((one for one in assets.values() if one.version != seen[one.id]), key=lambda one: one.tag)
    return Meanwhile(frozenset(one.id for one in late), tuple(_who(one) for one in late[:SHOWN_MOST]))


def _who(asset: Asset) -> str:
    """Who changed what of it last: `Beth Bursar changed ABCD-EFGH on 24 November 2026, 12:21: name, supplier`."""
    last = next(iter(history(asset.school_id, "asset", asset.id)), None)
    if last is None:
        return f"{code.shown(asset.tag)} was changed"
    what = ", ".join(name.lower() for name, _, _ in words.changes(last.before, last.after))
    return (
        f"{last.actor or 'Caretaker'} changed {code.shown(asset.tag)} on {london(last.at)}{': ' if what else ''}{what}"
    )


def save(actor: Actor, asset_ids: Iterable[UUID], edit: Edit) -> int:
    """Make the change to assets that `meanwhile` locked; returns how many are different now. All or nothing.

    Raises NotFound, and Denied naming the first that may not be changed.
    """
    found = lock_many(actor.school_id, list(asset_ids))
    return intake.change_many(actor, changes(list(found.values()), edit))


def titles(fields: Iterable[CustomField], kinds: Mapping[UUID, str]) -> dict[UUID, str]:
    """How each field is called where several kinds are chosen: `Lamp hours (Projector)`."""
    return {
        one.id: f"{one.name} ({kinds[one.kind_id]})" if one.kind_id and len(kinds) > 1 else one.name for one in fields
    }
