"""Maintenance: plans, results, what is due. Flushes, never commits."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, Select, and_, func, insert, or_, select
from sqlalchemy.orm import aliased
from uuid_utils.compat import uuid7

from labels import code
from tracker.audit.kinds import EventKind
from tracker.audit.service import Note, record, record_many
from tracker.db import add, db, locked_row, row_of
from tracker.inventory import lifecycle
from tracker.inventory.kinds import get_kind
from tracker.inventory.models import Asset, AssetKind
from tracker.inventory.rules import AssetState
from tracker.maintenance import rules
from tracker.maintenance.models import MaintenancePlan, MaintenanceResult
from tracker.maintenance.rules import Due, PlanDetails, ResultDetails
from tracker.people.service import changed_meanwhile
from tracker.values import (
    Actor,
    Blocker,
    Conflict,
    Denied,
    NotFound,
    Subject,
    folded,
    months_later,
    one_line,
    utc_now,
)
from tracker.values import today as today

PAGE = 50  # rows of a list
_LIVING = (AssetState.IN_STORE, AssetState.IN_USE, AssetState.ON_LOAN, AssetState.IN_REPAIR)


@dataclass(frozen=True)
class Row:
    """A thing that stands in a plan's list, with its latest result."""

    asset_id: UUID
    tag: str
    what: str  # name, or make and model
    state: AssetState
    last_on: date | None
    next_on: date | None
    due: Due
    note: str


@dataclass(frozen=True)
class PlanRow:
    """A plan in a list: how many things it is for, and how many need something now."""

    plan: MaintenancePlan
    kind: str
    things: int
    due: int


def subject_of(plan: MaintenancePlan) -> Subject:
    """The plan as the log knows it."""
    return Subject("plan", plan.id, plan.name)


def get_plan(school_id: UUID, plan_id: UUID) -> MaintenancePlan:
    """The plan. Raises NotFound, also for another school's."""
    return row_of(MaintenancePlan, school_id, plan_id)


def add_plan(actor: Actor, kind_id: UUID, details: PlanDetails) -> MaintenancePlan:
    """Plan something for a kind of equipment. Raises NotFound, and Denied with every reason why not."""
    kind, details = get_kind(actor.school_id, kind_id), _tidy(details)
    _check(actor, kind, details, None)
    plan = MaintenancePlan(school_id=actor.school_id, kind_id=kind.id, retired_at=None, **vars(details))
    add(plan)
    record(actor, EventKind.PLAN_CREATED, subject_of(plan), after={"kind": kind.name, **vars(details)})
    return plan


def edit_plan(
    actor: Actor, plan_id: UUID, details: PlanDetails, *, version: int, retired: bool = False
) -> MaintenancePlan:
    """Change a plan, or retire it. Raises NotFound, Denied, and Conflict where somebody else changed it since."""
    plan = locked_row(MaintenancePlan, actor.school_id, plan_id)
    if plan.version != version:
        raise Conflict(changed_meanwhile(actor.school_id, "plan", plan.id, plan.name))
    details = _tidy(details)
    _check(actor, get_kind(actor.school_id, plan.kind_id), details, plan)
    subject = subject_of(plan)
    old = {**{name: getattr(plan, name) for name in vars(details)}, "retired": plan.retired_at is not None}
    for name, value in vars(details).items():
        setattr(plan, name, value)
    if retired is not old["retired"]:
        plan.retired_at = utc_now() if retired else None
    db.session.flush()
    new = {**vars(details), "retired": retired}
    changed = [name for name in new if new[name] != old[name]]
    if changed:
        before, after = {name: old[name] for name in changed}, {name: new[name] for name in changed}
        record(actor, EventKind.PLAN_CHANGED, subject, before=before, after=after)
    return plan


def record_results(actor: Actor, plan_id: UUID, asset_ids: Sequence[UUID], details: ResultDetails) -> int:
    """Write down what was found, the same for all of these things; a fail takes each of them out of use.

    All or none; returns how many. Raises NotFound, and Denied that names each thing which the plan is not for.
    """
    plan, wanted = get_plan(actor.school_id, plan_id), sorted(set(asset_ids))
    details = replace(details, done_by=one_line(details.done_by), note=details.note.replace("\r\n", "\n").strip())
    found = list(rules.may_record(details, actor.role, len(wanted), today()).blockers)
    if plan.retired_at is not None:
        found.append(Blocker("retired", "This plan is retired. Take it up again first."))
    if found:
        raise Denied(tuple(found))
    assets = _locked(actor.school_id, wanted)
    for asset in assets:
        if asset.kind_id != plan.kind_id or AssetState(asset.state) not in _LIVING:
            found.append(Blocker("items", f"{code.shown(asset.tag)}: this plan is not for it, or it is not here."))
    if found:
        raise Denied(tuple(found))
    now = utc_now()
    told = {"passed": details.passed, "done_on": details.done_on, "done_by": details.done_by, "note": details.note}
    who = {"recorded_by": actor.name, "recorded_at": now, "plan_id": plan.id, "school_id": actor.school_id}
    who |= {"replaces_id": None, "nothing_done": False}
    rows = [{"id": uuid7(), "asset_id": asset.id, **told, **who} for asset in assets]
    db.session.execute(insert(MaintenanceResult), rows)
    shown = {**told, "done_on": details.done_on.isoformat(), "plan": plan.name}
    labels = _labels(actor.school_id, assets)
    record_many(
        actor,
        [Note(EventKind.MAINTENANCE_DONE, Subject("asset", one.id, labels[one.id]), after=shown) for one in assets],
    )
    for asset in assets:
        _follow(actor, asset, plan.name, details)
    return len(assets)


def _follow(actor: Actor, asset: Asset, plan: str, details: ResultDetails) -> None:
    """What a result means for the use of a thing: one that passed does not outweigh another plan's fail."""
    if not details.passed:
        lifecycle.take_out_of_use(actor, asset.id, why=f"{plan} failed: {details.note}"[:2000])
    elif asset.unsafe and not any(row.due is Due.FAILED for _, row in of_asset(asset)):
        lifecycle.let_into_use(actor, asset.id)


def get_result(school_id: UUID, result_id: UUID) -> MaintenanceResult:
    """The result. Raises NotFound, also for another school's."""
    return row_of(MaintenanceResult, school_id, result_id)


def results(plan: MaintenancePlan, asset_id: UUID) -> list[MaintenanceResult]:
    """What was written down of one thing by one plan, the newest first, at most 200; mistakes, too."""
    query = select(MaintenanceResult).where(
        MaintenanceResult.school_id == plan.school_id,
        MaintenanceResult.plan_id == plan.id,
        MaintenanceResult.asset_id == asset_id,
    )
    return list(db.session.scalars(query.order_by(MaintenanceResult.recorded_at.desc()).limit(200)))


def correct(actor: Actor, result_id: UUID, details: ResultDetails, *, nothing_done: bool = False) -> MaintenanceResult:
    """Replace a wrong result by another one; both stay. `nothing_done`: it was never done, as for another thing.

    Raises NotFound, and Denied with every reason why not; two who correct the same one: the second is told.
    """
    wrong = get_result(actor.school_id, result_id)
    (asset,) = _locked(actor.school_id, [wrong.asset_id])
    replaced = select(MaintenanceResult.id).where(
        MaintenanceResult.school_id == actor.school_id, MaintenanceResult.replaces_id == wrong.id
    )
    details = replace(details, done_by=one_line(details.done_by), note=details.note.replace("\r\n", "\n").strip())
    gone = db.session.scalar(replaced) is not None
    decision = rules.may_correct(details, actor.role, today(), replaced=gone)
    if not decision.allowed:
        raise Denied(decision.blockers)
    plan = get_plan(actor.school_id, wrong.plan_id)
    told = {"passed": details.passed, "done_on": details.done_on, "done_by": details.done_by, "note": details.note}
    made = MaintenanceResult(
        school_id=actor.school_id,
        plan_id=wrong.plan_id,
        asset_id=wrong.asset_id,
        recorded_by=actor.name,
        recorded_at=utc_now(),
        replaces_id=wrong.id,
        nothing_done=nothing_done,
        **told,
    )
    add(made)
    before = {"passed": wrong.passed, "done_on": wrong.done_on.isoformat(), "done_by": wrong.done_by}
    after = {**told, "done_on": details.done_on.isoformat(), "nothing_done": nothing_done, "plan": plan.name}
    subject = Subject("asset", asset.id, _labels(actor.school_id, [asset])[asset.id])
    record(actor, EventKind.MAINTENANCE_CORRECTED, subject, before=before, after=after)
    _stand(actor, asset)
    return made


def _stand(actor: Actor, asset: Asset) -> None:
    """Out of use where the result that counts now is a fail, by whatever plan; else let in."""
    failed = [(found.name, row) for found, row in of_asset(asset) if row.due is Due.FAILED]
    if failed:
        lifecycle.take_out_of_use(actor, asset.id, why=f"{failed[0][0]} failed: {failed[0][1].note}"[:2000])
    elif asset.unsafe:
        lifecycle.let_into_use(actor, asset.id)


def due_everywhere(school_id: UUID) -> list[tuple[MaintenancePlan, Row]]:
    """What needs something by any plan, plan by plan, at most 200 things of each: one query a plan."""
    plans_in_force = select(MaintenancePlan).where(
        MaintenancePlan.school_id == school_id, MaintenancePlan.retired_at.is_(None)
    )
    found = []
    for plan in db.session.scalars(plans_in_force.order_by(MaintenancePlan.name, MaintenancePlan.id)):
        rows = db.session.execute(_things(plan, only_due=True).limit(200))
        found += [(plan, _row(plan, one[0], one[1])) for one in rows]
    return found


def plans(school_id: UUID) -> list[PlanRow]:
    """All plans by kind and name, with their figures: two queries a plan, and a school has a dozen."""
    query = (
        select(MaintenancePlan, AssetKind.name)
        .join(AssetKind, (AssetKind.school_id == MaintenancePlan.school_id) & (AssetKind.id == MaintenancePlan.kind_id))
        .where(MaintenancePlan.school_id == school_id)
        .order_by(AssetKind.name, MaintenancePlan.name)
    )
    rows = []
    for plan, kind in db.session.execute(query).all():
        all_things, needing = _things(plan, only_due=False), _things(plan, only_due=True)
        rows.append(PlanRow(plan, kind, _count(all_things), 0 if plan.retired_at else _count(needing)))
    return rows


def listed(plan: MaintenancePlan, *, only_due: bool, page: int) -> tuple[list[Row], int]:
    """One page of a plan's things, what was never done or is longest ago first, and how many there are."""
    query = _things(plan, only_due=only_due)
    total = _count(query)
    found = db.session.execute(query.limit(PAGE).offset((page - 1) * PAGE))
    return [_row(plan, one[0], one[1]) for one in found], total


def everything(plan: MaintenancePlan, *, only_due: bool) -> list[Row]:
    """All of a plan's things, for a file."""
    return [_row(plan, one[0], one[1]) for one in db.session.execute(_things(plan, only_due=only_due))]


def of_asset(asset: Asset) -> list[tuple[MaintenancePlan, Row]]:
    """Where one thing stands with every plan of its kind."""
    query = select(MaintenancePlan).where(
        MaintenancePlan.school_id == asset.school_id,
        MaintenancePlan.kind_id == asset.kind_id,
        MaintenancePlan.retired_at.is_(None),
    )
    found = []
    for plan in db.session.scalars(query.order_by(MaintenancePlan.name)):
        one = db.session.execute(_things(plan, only_due=False).where(Asset.id == asset.id)).first()
        if one is not None:
            found.append((plan, _row(plan, one[0], one[1])))
    return found


def _things(plan: MaintenancePlan, *, only_due: bool) -> Select[*tuple[Any, ...]]:
    """The things of a plan with their latest result."""
    place = func.row_number().over(
        partition_by=MaintenanceResult.asset_id,
        order_by=(MaintenanceResult.done_on.desc(), MaintenanceResult.recorded_at.desc(), MaintenanceResult.id.desc()),
    )
    later = aliased(MaintenanceResult)
    replaced = select(later.id).where(later.school_id == plan.school_id, later.replaces_id == MaintenanceResult.id)
    mine = (MaintenanceResult.school_id == plan.school_id) & (MaintenanceResult.plan_id == plan.id)
    mine &= MaintenanceResult.nothing_done.is_(False) & ~replaced.exists()
    ranked = select(MaintenanceResult, place.label("place")).where(mine).subquery()
    latest = aliased(MaintenanceResult, ranked)
    where: list[ColumnElement[bool]] = [
        Asset.school_id == plan.school_id,
        Asset.kind_id == plan.kind_id,
        Asset.state.in_([one.value for one in _LIVING]),
    ]
    if only_due:
        until = months_later(today() + timedelta(days=rules.SOON_DAYS), -plan.every_months)
        where.append(or_(latest.id.is_(None), latest.passed.is_(False), latest.done_on <= until))
    return (
        select(Asset, latest)
        .outerjoin(latest, and_(latest.asset_id == Asset.id, ranked.c.place == 1))
        .where(*where)
        .order_by(latest.passed.is_(None).desc(), latest.passed, latest.done_on, Asset.tag)
    )


def _row(plan: MaintenancePlan, asset: Asset, last: MaintenanceResult | None) -> Row:
    last_on = last.done_on if last else None
    passed = last.passed if last else False
    return Row(
        asset.id,
        asset.tag,
        asset.name or f"{asset.make} {asset.model}".strip(),
        AssetState(asset.state),
        last_on,
        months_later(last_on, plan.every_months) if last_on and passed else None,
        rules.due(last_on, passed=passed, every_months=plan.every_months, today=today()),
        last.note if last else "",
    )


def _count(query: Select[*tuple[Any, ...]]) -> int:
    return db.session.scalar(select(func.count()).select_from(query.order_by(None).subquery())) or 0


def _locked(school_id: UUID, asset_ids: list[UUID]) -> list[Asset]:
    query = select(Asset).where(Asset.school_id == school_id, Asset.id.in_(asset_ids)).order_by(Asset.id)
    found = list(db.session.scalars(query.with_for_update().execution_options(populate_existing=True)))
    if len(found) != len(asset_ids):
        raise NotFound
    return found


def _labels(school_id: UUID, assets: list[Asset]) -> dict[UUID, str]:
    kinds = {one.kind_id: get_kind(school_id, one.kind_id).name for one in assets}
    parts = {one.id: (code.shown(one.tag), kinds[one.kind_id], one.make, one.model) for one in assets}
    return {asset_id: " ".join(part for part in told if part) for asset_id, told in parts.items()}


def _tidy(details: PlanDetails) -> PlanDetails:
    return replace(
        details, name=one_line(details.name), instructions=details.instructions.replace("\r\n", "\n").strip()
    )


def _check(actor: Actor, kind: AssetKind, details: PlanDetails, own: MaintenancePlan | None) -> None:
    found = list(rules.may_plan(details, actor.role).blockers)
    query = select(MaintenancePlan).where(
        MaintenancePlan.school_id == actor.school_id, MaintenancePlan.kind_id == kind.id
    )
    others = [one for one in db.session.scalars(query) if own is None or one.id != own.id]
    if any(folded(one.name) == folded(details.name) for one in others):
        found.append(Blocker("plan_taken", f"There is a plan called {details.name} for this kind already."))
    if found:
        raise Denied(tuple(found))
