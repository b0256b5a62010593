"""Checks of assets: write them down, for one or for many, and find what lacks one. Flushes, never commits."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, and_, case, exists, func, insert, join, or_, select, update
from uuid_utils.compat import uuid7

from labels import code
from tracker.audit.kinds import EventKind
from tracker.audit.service import Note, record_many
from tracker.db import db
from tracker.inventory import checks_rules
from tracker.inventory.checks_rules import CheckDetails, Standing
from tracker.inventory.facts import latest as latest_of
from tracker.inventory.facts import latest_of_many, worth
from tracker.inventory.kinds import kinds
from tracker.inventory.models import Asset, AssetCheck, AssetKind, Location, NoStorageAssertion
from tracker.inventory.rules import AssetState, CheckKind
from tracker.inventory.settings import settings_of
from tracker.people.models import Person
from tracker.values import Actor, Blocker, Denied, NotFound, Subject, utc_now
from tracker.values import today as today

PAGE = 50  # rows of a list
MOST = 1000  # assets of one check: what a person can have looked at
# Kinds of check whose lack is an exception, in the order of the page
WANTED = (CheckKind.ENCRYPTION, CheckKind.ANTI_VIRUS, CheckKind.UPDATES, CheckKind.INSTALLATION)
_LIVING = (AssetState.IN_STORE, AssetState.IN_USE, AssetState.ON_LOAN, AssetState.IN_REPAIR)
# Where an asset keeps the day of the latest check that was in order
_COLUMNS = {
    CheckKind.ENCRYPTION: "encryption_on",
    CheckKind.ANTI_VIRUS: "anti_virus_on",
    CheckKind.UPDATES: "updates_on",
    CheckKind.INSTALLATION: "installation_on",
}
SORTS = ("tag", "what", "place", "person", "done")


@dataclass(frozen=True)
class Row:
    """An asset that lacks a check, in a list. `done_on`: of the latest one, None for none."""

    asset_id: UUID
    tag: str
    what: str  # its name, or what kind it is; make and model
    place: str
    person: str
    standing: Standing
    done_on: date | None
    done_by: str
    note: str


def latest(asset: Asset) -> dict[CheckKind, AssetCheck]:
    """The latest check of each kind, with what was found."""
    return latest_of(asset.school_id, asset.id)


def history(asset: Asset) -> list[AssetCheck]:
    """All checks of an asset, the latest first, at most 100."""
    query = select(AssetCheck).where(AssetCheck.school_id == asset.school_id, AssetCheck.asset_id == asset.id)
    return list(db.session.scalars(query.order_by(AssetCheck.done_on.desc(), AssetCheck.recorded_at.desc()).limit(100)))


def record_checks(actor: Actor, asset_ids: Sequence[UUID], details: CheckDetails) -> int:
    """Write the same check down for each of these assets; returns how many. All or none.

    Raises NotFound for an asset of another school, and Denied with every reason why not.
    """
    details, wanted = checks_rules.tidy(details), sorted(set(asset_ids))
    found = list(checks_rules.may_record(details, actor.role, today()).blockers)
    if not wanted or len(wanted) > MOST:
        found.append(Blocker("assets", f"Choose from 1 to {MOST:,} assets."))
    if found:
        raise Denied(tuple(found))
    assets = _locked(actor.school_id, wanted)
    for asset in assets:
        faults = checks_rules.may_check(AssetState(asset.state)).blockers
        found += [Blocker(one.code, f"{code.shown(asset.tag)}: {one.message}") for one in faults]
    if found:
        raise Denied(tuple(found[:20]))
    plain = {**vars(details), "kind": details.kind.value}
    who = {"recorded_by": actor.name, "recorded_by_id": actor.id, "recorded_at": utc_now()}
    rows = [{"school_id": actor.school_id, "id": uuid7(), "asset_id": one.id, **plain, **who} for one in assets]
    db.session.execute(insert(AssetCheck), rows)
    _keep_latest(wanted, actor.school_id, details.kind)
    told = {**plain, "done_on": details.done_on.isoformat()}
    after = {name: value for name, value in told.items() if value != ""}
    names = {kind.id: kind.name for kind in kinds(actor.school_id)}
    return record_many(actor, [Note(EventKind.ASSET_CHECKED, _subject(one, names), after=after) for one in assets])


def record_check(actor: Actor, asset_id: UUID, details: CheckDetails) -> None:
    """Write a check of one asset down. Raises as `record_checks`."""
    record_checks(actor, [asset_id], details)


def lacking(
    school_id: UUID, kind: CheckKind, *, sort: str = "tag", descending: bool = False, page: int | None = 1
) -> list[Row]:
    """One page (None: all) of the assets whose latest check of a kind is none, not in order, or too long ago."""
    days, now = settings_of(school_id).check_days, today()
    query = (
        select(Asset, AssetKind.name, Location.path, Person.name)
        .join(AssetKind, (AssetKind.school_id == Asset.school_id) & (AssetKind.id == Asset.kind_id))
        .outerjoin(Location, (Location.school_id == Asset.school_id) & (Location.id == Asset.location_id))
        .outerjoin(Person, (Person.school_id == Asset.school_id) & (Person.id == Asset.responsible_id))
        .where(_living(school_id), _lacks(kind, now - timedelta(days=days)))
        .order_by(*_order(sort, kind, descending=descending))
    )
    if page is not None:
        query = query.limit(PAGE).offset((page - 1) * PAGE)
    found, rows = db.session.execute(query).all(), list[Row]()
    for start in range(0, len(found), MOST):
        part = found[start : start + MOST]
        latest = latest_of_many(school_id, [asset.id for asset, *_ in part])
        for asset, what, place, person in part:
            check = latest.get(asset.id, {}).get(kind)
            rows.append(_row(asset, what, place, person, check, worth(asset, check, now, days)))
    return rows


def numbers_lacking(school_id: UUID) -> dict[CheckKind, int]:
    """How many lack each kind of check, with one reading of the register."""
    since = today() - timedelta(days=settings_of(school_id).check_days)
    sums = [func.sum(case((_lacks(kind, since), 1), else_=0)) for kind in WANTED]
    kinds_of = (AssetKind.school_id == Asset.school_id) & (AssetKind.id == Asset.kind_id)
    query = select(*sums).select_from(join(Asset, AssetKind, kinds_of)).where(_living(school_id))
    return dict(zip(WANTED, (number or 0 for number in db.session.execute(query).one()), strict=True))


def _locked(school_id: UUID, asset_ids: Sequence[UUID]) -> list[Asset]:
    """The assets, held in one order for everybody: whoever writes their events locks them before the log."""
    query = select(Asset).where(Asset.school_id == school_id, Asset.id.in_(asset_ids)).order_by(Asset.id)
    assets = list(db.session.scalars(query.with_for_update().execution_options(populate_existing=True)))
    if len(assets) != len(asset_ids):
        raise NotFound
    return assets


def _subject(asset: Asset, kinds_by_id: Mapping[UUID, str]) -> Subject:
    """As lookup.subject_of, without asking the database."""
    parts = (code.shown(asset.tag), kinds_by_id[asset.kind_id], asset.make, asset.model)
    return Subject("asset", asset.id, " ".join(filter(None, parts)))


def _keep_latest(asset_ids: Sequence[UUID], school_id: UUID, kind: CheckKind) -> None:
    """Keep in the assets what the latest check of this kind says; nobody's open form tells of it."""
    name = _COLUMNS.get(kind)
    if name is None:
        return
    latest = latest_of_many(school_id, list(asset_ids))
    days: dict[date | None, list[UUID]] = {}
    for asset_id in asset_ids:
        check = latest[asset_id][kind]
        days.setdefault(check.done_on if check.passed else None, []).append(asset_id)
    for day, ids in days.items():
        mine = (Asset.school_id == school_id) & Asset.id.in_(ids)
        statement = update(Asset).where(mine).values({name: day, "version": Asset.version})
        db.session.execute(statement.execution_options(synchronize_session=False))


def _living(school_id: UUID) -> ColumnElement[bool]:
    return and_(Asset.school_id == school_id, Asset.state.in_([state.value for state in _LIVING]))


def _lacks(kind: CheckKind, since: date) -> ColumnElement[bool]:
    """Which assets are asked for this check, and lack it. An installation does not grow old."""
    passed_on = getattr(Asset, _COLUMNS[kind])
    if kind is CheckKind.INSTALLATION:
        return and_(AssetKind.fixed, passed_on.is_(None))
    asserted = exists().where(
        NoStorageAssertion.school_id == Asset.school_id,
        NoStorageAssertion.asset_id == Asset.id,
        NoStorageAssertion.withdrawn_at.is_(None),
    )
    untold = and_(Asset.media_count == 0, AssetKind.data_bearing, ~asserted)
    lacks = [passed_on.is_(None), passed_on < since]
    if kind is CheckKind.ENCRYPTION:
        lacks.append(func.date(Asset.media_arrived_at) > passed_on)
    return and_(or_(*lacks), or_(Asset.media_holding > 0, untold))


def _order(sort: str, kind: CheckKind, *, descending: bool) -> list[ColumnElement[Any]]:
    passed_on = getattr(Asset, _COLUMNS[kind])
    columns: dict[str, tuple[ColumnElement[Any], ...]] = {
        "what": (AssetKind.name.expression, Asset.name.expression),
        "place": (func.coalesce(Location.path, ""),),
        "person": (func.coalesce(Person.name, ""),),
        "done": (case((passed_on.is_(None), 0), else_=1), passed_on),  # on both databases alike
    }
    wanted = (*columns.get(sort, ()), Asset.tag.expression)
    return [column.desc() if descending else column.asc() for column in wanted]


def _row(
    asset: Asset, kind: str, place: str | None, person: str | None, check: AssetCheck | None, standing: Standing
) -> Row:
    return Row(
        asset.id,
        asset.tag,
        " ".join(filter(None, (asset.name or kind, asset.make, asset.model))),
        place or "",
        person or "",
        standing,
        check.done_on if check else None,
        check.done_by if check else "",
        check.note if check else "",
    )
