"""Checks of assets: write them down, for one or for many, and find what lacks one. Flushes, never commits."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from uuid import UUID

from sqlalchemy import ColumnElement, FromClause, and_, exists, func, insert, join, or_, select
from sqlalchemy.orm import aliased
from uuid_utils.compat import uuid7

from labels import code
from tracker.audit.kinds import EventKind
from tracker.audit.service import Note, record_many
from tracker.db import db
from tracker.inventory import checks_rules
from tracker.inventory.checks_rules import CheckDetails, Standing
from tracker.inventory.facts import latest as latest_of
from tracker.inventory.facts import worth
from tracker.inventory.kinds import kinds
from tracker.inventory.models import Asset, AssetCheck, AssetKind, Location, NoStorageAssertion
from tracker.inventory.rules import AssetState, CheckKind
from tracker.inventory.settings import settings_of
from tracker.people.models import Person
from tracker.values import LONDON, Actor, Blocker, Denied, NotFound, Subject, utc_now

PAGE = 50  # rows of a list
MOST = 1000  # assets of one check: what a person can have looked at
# Kinds of check whose lack is an exception, in the order of the page
WANTED = (CheckKind.ENCRYPTION, CheckKind.ANTI_VIRUS, CheckKind.UPDATES, CheckKind.INSTALLATION)
_LIVING = (AssetState.IN_STORE, AssetState.IN_USE, AssetState.ON_LOAN, AssetState.IN_REPAIR)
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


def today() -> date:
    """The day at the school."""
    return utc_now().astimezone(LONDON).date()


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
    check, days, now = _latest(school_id, kind), settings_of(school_id).check_days, today()
    query = (
        select(Asset, AssetKind.name, Location.path, Person.name, check)
        .select_from(_assets_with(check))
        .outerjoin(Location, (Location.school_id == Asset.school_id) & (Location.id == Asset.location_id))
        .outerjoin(Person, (Person.school_id == Asset.school_id) & (Person.id == Asset.responsible_id))
        .where(*_lacks(school_id, kind, check, now - timedelta(days=days)))
        .order_by(*_order(sort, check, descending=descending))
    )
    if page is not None:
        query = query.limit(PAGE).offset((page - 1) * PAGE)
    return [_row(*found, now=now, days=days) for found in db.session.execute(query)]


def number_lacking(school_id: UUID, kind: CheckKind) -> int:
    """How many these are."""
    check, since = _latest(school_id, kind), today() - timedelta(days=settings_of(school_id).check_days)
    query = select(func.count()).select_from(_assets_with(check)).where(*_lacks(school_id, kind, check, since))
    return db.session.scalar(query) or 0


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


def _latest(school_id: UUID, kind: CheckKind) -> type[AssetCheck]:
    place = func.row_number().over(
        partition_by=AssetCheck.asset_id,
        order_by=(AssetCheck.done_on.desc(), AssetCheck.recorded_at.desc(), AssetCheck.id.desc()),
    )
    mine = (AssetCheck.school_id == school_id) & (AssetCheck.kind == kind.value)
    ranked = select(AssetCheck, place.label("place")).where(mine).subquery()
    newest = select(ranked).where(ranked.c.place == 1).subquery()
    return aliased(AssetCheck, newest)


def _assets_with(check: type[AssetCheck]) -> FromClause:
    kinds = join(Asset, AssetKind, (AssetKind.school_id == Asset.school_id) & (AssetKind.id == Asset.kind_id))
    return kinds.outerjoin(check, (check.school_id == Asset.school_id) & (check.asset_id == Asset.id))


def _lacks(school_id: UUID, kind: CheckKind, check: type[AssetCheck], since: date) -> list[ColumnElement[bool]]:
    """Which assets: those of which this check is asked, and that lack it. An installation does not grow old."""
    asserted = exists().where(
        NoStorageAssertion.school_id == Asset.school_id,
        NoStorageAssertion.asset_id == Asset.id,
        NoStorageAssertion.withdrawn_at.is_(None),
    )
    untold = and_(AssetKind.data_bearing, Asset.media_count == 0, ~asserted)
    asked = AssetKind.fixed.is_(True) if kind is CheckKind.INSTALLATION else or_(Asset.media_holding > 0, untold)
    lacks: list[ColumnElement[bool]] = [check.id.is_(None), check.passed.is_(False)]
    if kind is not CheckKind.INSTALLATION:
        lacks.append(check.done_on < since)
    if kind is CheckKind.ENCRYPTION:
        lacks.append(func.date(Asset.media_arrived_at) > check.done_on)
    living = Asset.state.in_([state.value for state in _LIVING])
    return [Asset.school_id == school_id, living, asked, or_(*lacks)]


def _order(sort: str, check: type[AssetCheck], *, descending: bool) -> list[ColumnElement[object]]:
    columns: dict[str, tuple[ColumnElement[object], ...]] = {
        "what": (AssetKind.name, Asset.name),  # type: ignore[dict-item]
        "place": (func.coalesce(Location.path, ""),),
        "person": (func.coalesce(Person.name, ""),),
        "done": (func.coalesce(check.done_on, date(1, 1, 1)),),
    }
    wanted = (*columns.get(sort, ()), Asset.tag)
    return [column.desc() if descending else column.asc() for column in wanted]


def _row(
    asset: Asset, kind: str, place: str | None, person: str | None, check: AssetCheck | None, *, now: date, days: int
) -> Row:
    what = " ".join(filter(None, (asset.name or kind, asset.make, asset.model)))
    return Row(
        asset.id,
        asset.tag,
        what,
        place or "",
        person or "",
        worth(asset, check, now, days),
        check.done_on if check else None,
        check.done_by if check else "",
        check.note if check else "",
    )
