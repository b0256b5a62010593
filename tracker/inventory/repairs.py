"""Repairs as rows: opened and closed by the steps of an asset (lifecycle.py). Flushes, never commits."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from uuid import UUID

from sqlalchemy import func, select

from tracker.db import add, db
from tracker.inventory.models import Asset, AssetKind, Repair
from tracker.inventory.repairs_rules import RepairDetails
from tracker.values import Actor, utc_now

PAGE = 50  # rows of a list


@dataclass(frozen=True)
class Row:
    """A repair in a list, with the asset it is of."""

    repair: Repair
    tag: str
    what: str  # kind, make and model


def open_repair(actor: Actor, asset: Asset, details: RepairDetails, reason: str) -> Repair:
    """The asset goes to repair now."""
    repair = Repair(
        school_id=actor.school_id,
        asset_id=asset.id,
        **vars(details),
        reason=reason,
        sent_at=utc_now(),
        sent_by=actor.name,
        returned_at=None,
        outcome="",
    )
    add(repair)
    return repair


def close_open(asset: Asset, outcome: str) -> None:
    """The asset is out of repair now. Nothing is done where none is open, as in older data."""
    repair = open_of(asset)
    if repair is not None:
        repair.returned_at, repair.outcome = utc_now(), outcome
        db.session.flush()


def open_of(asset: Asset) -> Repair | None:
    """The repair that it is in, if any."""
    return next((repair for repair in repairs_of(asset) if repair.returned_at is None), None)


def repairs_of(asset: Asset) -> list[Repair]:
    """All its repairs, the latest first."""
    query = select(Repair).where(Repair.school_id == asset.school_id, Repair.asset_id == asset.id)
    return list(db.session.scalars(query.order_by(Repair.sent_at.desc(), Repair.id.desc())))


def listed(school_id: UUID, *, over: bool = False, page: int = 1) -> tuple[Sequence[Row], int]:
    """One page of what is in repair, the longest overdue first, or (`over`) of what was, the latest first; and all."""
    where = (Repair.school_id == school_id, Repair.returned_at.is_not(None) if over else Repair.returned_at.is_(None))
    total = db.session.scalar(select(func.count()).select_from(Repair).where(*where)) or 0
    order = (Repair.returned_at.desc(),) if over else (Repair.due_on.is_(None), Repair.due_on, Repair.sent_at)
    query = (
        select(Repair, Asset.tag, AssetKind.name, Asset.make, Asset.model)
        .join(Asset, (Asset.school_id == Repair.school_id) & (Asset.id == Repair.asset_id))
        .join(AssetKind, (AssetKind.school_id == Asset.school_id) & (AssetKind.id == Asset.kind_id))
        .where(*where)
        .order_by(*order, Repair.id)
        .limit(PAGE)
        .offset((page - 1) * PAGE)
    )
    rows = db.session.execute(query)
    return [Row(repair, tag, " ".join(filter(None, what))) for repair, tag, *what in rows], total


def overdue(school_id: UUID, today: date) -> int:
    """How many should be back by now."""
    where = (Repair.school_id == school_id, Repair.returned_at.is_(None), Repair.due_on < today)
    return db.session.scalar(select(func.count()).select_from(Repair).where(*where)) or 0
