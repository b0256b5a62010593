"""What many assets have around them, and the steps that their rules share with those for one (see intake.py)."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from typing import Any
from uuid import UUID

from sqlalchemy import bindparam, select, update
from sqlalchemy.orm.attributes import set_committed_value
from uuid_utils.compat import uuid7

from labels import code
from tracker.audit.kinds import EventKind
from tracker.audit.service import Note
from tracker.db import Row, db, held_rows
from tracker.inventory import facts, fields, rules, telling
from tracker.inventory.details import AssetDetails, may_keep_asset, tidy_asset
from tracker.inventory.models import Asset, AssetCheck, AssetKind, CustomField, Location, NoStorageAssertion
from tracker.inventory.rules import AssetState, CheckKind
from tracker.inventory.settings import settings_of
from tracker.inventory.telling import Names
from tracker.people.models import Person
from tracker.values import Blocker, Denied, NotFound, Subject, today, utc_now

Checks = Mapping[CheckKind, AssetCheck]  # the latest of each kind
SLICE = 1_000  # rows of one statement
_SHOWN_MOST = 5  # faults that are told when many rows are refused
_COMPLETE = "All that the register needs is known."


@dataclass(frozen=True)
class Known:
    """The rows that assets point to, and what their rules look at besides; looked up once for many."""

    kinds: Mapping[UUID, AssetKind]
    places: Mapping[UUID, Location]
    people: Mapping[UUID, Person]
    fields: Sequence[CustomField]
    today: date
    check_days: int
    condemned: Mapping[UUID, int]  # by asset, where rows of assets were told

    @property
    def names(self) -> Names:
        """What the ids are called."""
        return Names(
            {key: one.name for key, one in self.kinds.items()},
            {key: one.path for key, one in self.places.items()},
            {key: one.name for key, one in self.people.items()},
            {one.id: one for one in self.fields},
        )

    def around(self, asset: Asset, no_storage: bool, checks: Checks) -> facts.Around:
        """What stands around an asset and its gates look at."""
        return facts.Around(
            kind=self.kinds[asset.kind_id],
            place=None if asset.location_id is None else self.places[asset.location_id],
            person=None if asset.responsible_id is None else self.people[asset.responsible_id],
            no_storage=no_storage,
            today=self.today,
            check_days=self.check_days,
            condemned=self.condemned.get(asset.id, 0),
            checks=checks,
        )


def known(school_id: UUID, told: Iterable[AssetDetails | Asset]) -> Known:
    """What these point to, held until the transaction ends. Raises NotFound for what is not of this school."""
    wanted: dict[str, set[UUID]] = {"kind_id": set(), "location_id": set(), "responsible_id": set()}
    condemned = dict[UUID, int]()
    told = list(told)
    for part in slices([one.id for one in told if isinstance(one, Asset)]):
        condemned |= facts.condemned_in(school_id, part)
    for one in told:
        for name, ids in wanted.items():
            ids.add(getattr(one, name))
    for ids in wanted.values():
        ids.discard(None)
    return Known(
        kinds=_rows(AssetKind, school_id, wanted["kind_id"]),
        places=_rows(Location, school_id, wanted["location_id"]),
        people=_rows(Person, school_id, wanted["responsible_id"]),
        fields=fields.all_fields(school_id),
        today=today(),
        check_days=settings_of(school_id).check_days,
        condemned=condemned,
    )


def _rows(model: type[Row], school_id: UUID, ids: set[UUID]) -> dict[UUID, Row]:
    found: dict[UUID, Row] = {}
    for part in slices(sorted(ids)):
        found |= held_rows(model, school_id, part)
    if len(found) != len(ids):
        raise NotFound
    return found


def slices(rows: Sequence[Any], size: int = SLICE) -> Iterator[Sequence[Any]]:
    """The rows in parts that one statement takes."""
    return (rows[start : start + size] for start in range(0, len(rows), size))


def settle(details: AssetDetails, asset: Asset | None, around: Known) -> tuple[AssetDetails, list[Blocker]]:
    """The details as they are kept, and what stands against them; what other assets have is not looked at."""
    details, kind = tidy_asset(details), around.kinds[details.kind_id]
    had = {} if asset is None else telling.custom_of(asset)
    kept, found = fields.settled(around.fields, kind.id, details.custom, had)
    details = replace(details, custom=kept)
    if kind.retired_at is not None and (asset is None or asset.kind_id != kind.id):
        found.append(Blocker("kind_retired", f"The kind {kind.name} is no longer used. Choose another."))
    return details, [*found, *may_keep_asset(details, around.today).blockers]


def draft(school_id: UUID, details: AssetDetails, tag: str) -> Asset:
    """A new asset as it would be kept, incoming and not in the database."""
    return Asset(
        school_id=school_id,
        id=uuid7(),
        tag=tag,
        state=AssetState.INCOMING.value,
        media_count=0,
        media_holding=0,
        unsafe="",
        media_arrived_at=None,
        used_by_id=None,
        use_ended_at=None,
        label_printed_at=utc_now() if details.tag else None,  # its tag stands on a label that was printed before
        created_at=utc_now(),
        search="",
        **telling.columns(details),
    )


def changed_copy(asset: Asset, details: AssetDetails) -> Asset:
    """An asset as it would be with these details, not in the database."""
    kept = {column.name: getattr(asset, column.name) for column in Asset.__table__.columns}
    return Asset(**{**kept, **telling.columns(details)})


def may_change(asset: Asset, changed: Asset, around: Known, no_storage: bool, checks: Checks) -> list[Blocker]:
    """What stands against a change in the asset's state and gates."""
    before = facts.facts_from(asset, around.around(asset, no_storage, checks))
    after = facts.facts_from(changed, around.around(changed, no_storage, checks))
    found = list(rules.may_edit(before.state).blockers)
    found += rules.may_change_kind(before, data_bearing=after.data_bearing).blockers
    return found or list(rules.broken(before, after))


def complete(asset: Asset, around: Known, no_storage: bool, checks: Checks) -> bool:
    """Whether an incoming asset goes into store by itself (gate G1)."""
    facts_now = facts.facts_from(asset, around.around(asset, no_storage, checks))
    return facts_now.state is AssetState.INCOMING and not rules.gates(facts_now, AssetState.IN_STORE)


def lock_many(school_id: UUID, asset_ids: Sequence[UUID]) -> dict[UUID, Asset]:
    """The assets as they are now, locked in one order until the transaction ends. Raises NotFound."""
    found: dict[UUID, Asset] = {}
    for part in slices(sorted(set(asset_ids))):
        query = select(Asset).where(Asset.school_id == school_id, Asset.id.in_(part)).order_by(Asset.id)
        query = query.with_for_update().execution_options(populate_existing=True)
        found |= {asset.id: asset for asset in db.session.scalars(query)}
    if len(found) != len(set(asset_ids)):
        raise NotFound
    return found


def statements(school_id: UUID, asset_ids: Sequence[UUID]) -> dict[UUID, NoStorageAssertion]:
    """The standing statements of these assets that they hold no storage."""
    found: dict[UUID, NoStorageAssertion] = {}
    for part in slices(asset_ids):
        query = select(NoStorageAssertion).where(
            NoStorageAssertion.school_id == school_id,
            NoStorageAssertion.asset_id.in_(part),
            NoStorageAssertion.withdrawn_at.is_(None),
        )
        found |= {one.asset_id: one for one in db.session.scalars(query)}
    return found


def checks_of(school_id: UUID, asset_ids: Sequence[UUID]) -> dict[UUID, Checks]:
    """The latest check of each kind of these assets."""
    found: dict[UUID, Checks] = {}
    for part in slices(asset_ids):
        found |= facts.latest_of_many(school_id, list(part))
    return found


def write(school_id: UUID, assets: Mapping[UUID, Asset], rows: Sequence[Asset]) -> None:
    """Put changed copies into their rows, and into the objects that others may hold."""
    if not rows:
        return
    table = Asset.__table__
    fixed = {"school_id", "id", "version", "created_at", "tag"}
    names = [column.name for column in table.columns if column.name not in fixed]
    statement = (
        update(table)  # type: ignore[arg-type] # a mapped class's table is a Table
        .where(table.c.school_id == school_id, table.c.id == bindparam("b_id"))
        .values({name: bindparam(f"b_{name}") for name in names} | {"version": table.c.version + 1})
    )
    db.session.flush()
    told = [{"b_id": row.id, **{f"b_{name}": getattr(row, name) for name in names}} for row in rows]
    db.session.connection().execute(statement, told)
    for row in rows:
        for name in names:
            set_committed_value(assets[row.id], name, getattr(row, name))
        set_committed_value(assets[row.id], "version", assets[row.id].version + 1)


def refuse(faults: Sequence[tuple[str, Blocker]]) -> None:
    """Raise Denied where something is wrong, naming the first things and how many more there are."""
    if not faults:
        return
    told = [Blocker(one.code, f"{label}: {one.message}" if label else one.message) for label, one in faults]
    if len(told) > _SHOWN_MOST:
        rest = len(told) - _SHOWN_MOST
        told = [*told[:_SHOWN_MOST], Blocker("more", f"And {rest:,} more. Nothing was changed.")]
    raise Denied(tuple(told))


def subject_of(asset: Asset, names: Names) -> Subject:
    """As lookup.subject_of, without asking the database."""
    label = " ".join(
        part for part in (code.shown(asset.tag), names.kinds[asset.kind_id], asset.make, asset.model) if part
    )
    return Subject("asset", asset.id, label)


def stored(subject: Subject) -> Note:
    """The event of an incoming asset that goes into store by itself."""
    told = {"before": {"state": AssetState.INCOMING.value}, "after": {"state": AssetState.IN_STORE.value}}
    return Note(EventKind.ASSET_STATE_CHANGED, subject, **told, why=_COMPLETE)
