"""Lists of assets: search, filter, sort, turn pages, count. A fixed number of queries, whatever the size."""

from collections.abc import Iterator
from dataclasses import dataclass
from uuid import UUID

from sqlalchemy import func, select

from tracker.db import db
from tracker.inventory.filters import Access, Conditions
from tracker.inventory.filters import Filters as Filters
from tracker.inventory.models import Asset
from tracker.inventory.rows import Row as Row
from tracker.inventory.rows import rows_of
from tracker.inventory.rules import AssetState
from tracker.inventory.sorting import ORDERS
from tracker.ordering import Ordered
from tracker.paging import PAGE, Page, Turn, page_of

SORTS = tuple(ORDERS)
FEW = 2_000  # assets: so many are found in one go and then put in order; of more, an index is walked
SLICE = 1_000  # rows at a time for an export


def count(school_id: UUID, filters: Filters) -> int:
    """How many assets the filters leave."""
    return _count(Conditions(school_id, filters))


def page(school_id: UUID, filters: Filters, turn: Turn | None = None) -> Page[Row]:
    """One page of the list; the first where the cursor cannot be read or nothing is left beyond it."""
    turn = turn or Turn()
    ordered, total = _ordered(school_id, filters)
    found = ordered.read(turn, PAGE + 1)
    if not found and (turn.after or turn.before):
        turn = Turn()
        found = ordered.read(turn, PAGE + 1)
    keys = page_of([(one, one[1]) for one in found or ()], turn, total)
    rows = rows_of(school_id, (found for found, _ in keys.rows)) if keys.rows else {}
    return Page([rows[found] for found, _ in keys.rows if found in rows], total, keys.before, keys.after)


def cursor_at(school_id: UUID, filters: Filters, number: int) -> str:
    """The cursor after which page `number` begins, counted from 1: for addresses that said it so once.

    Reads what it skips, as those addresses always did; beyond the end it is that of the last page.
    """
    ordered, total = _ordered(school_id, filters)
    before = min(number - 1, max(0, -(-total // PAGE) - 1)) * PAGE
    skipped = ordered.read(Turn(), before) if before else []
    return skipped[-1][1].cursor if skipped else ""


def everything(school_id: UUID, filters: Filters) -> Iterator[list[Row]]:
    """All that the filters leave, in the order of the list, in slices, so that a hundred thousand fit in memory."""
    ordered, _ = _ordered(school_id, filters)
    turn = Turn()
    while found := ordered.read(turn, SLICE):
        rows = rows_of(school_id, (asset_id for asset_id, _ in found))
        yield [rows[asset_id] for asset_id, _ in found if asset_id in rows]
        turn = Turn(after=found[-1][1].cursor)


def assets(school_id: UUID, filters: Filters, limit: int) -> list[Asset]:
    """The assets themselves by tag, at most `limit`."""
    query = select(Asset).where(*Conditions(school_id, filters).where(Access.INDEX)).order_by(Asset.tag)
    return list(db.session.scalars(query.limit(limit)))


@dataclass(frozen=True)
class Figures:
    """The register in numbers, for the start page."""

    total: int
    by_state: dict[AssetState, int]
    storage_untold: int
    unlabelled: int


def figures(school_id: UUID) -> Figures:
    """Count the register: three queries."""
    query = select(Asset.state, func.count()).where(Asset.school_id == school_id).group_by(Asset.state)
    by_state = {AssetState(state): number for state, number in db.session.execute(query)}
    untold = count(school_id, Filters(storage_untold=True))
    return Figures(sum(by_state.values()), by_state, untold, count(school_id, Filters(unlabelled=True)))


def _ordered(school_id: UUID, filters: Filters) -> tuple[Ordered, int]:
    """What the filters leave in its order, and how many that are.

    Filters that leave few are asked once, in whatever order is quickest; only then is that little put in order. Else
    the database would have to guess whether to walk an index until a page is full, and to the end where it never is.
    """
    order, down = ORDERS[filters.sort], filters.descending
    if not filters.narrow:
        ordered = Ordered(school_id, order, [Asset.school_id == school_id], down=down)
        return ordered, count(school_id, filters) if ordered.total is None else ordered.total
    told = Conditions(school_id, filters)
    first = told.where(Access.INDEX if told.indexed else Access.SCAN)
    few = list(db.session.scalars(select(Asset.id).where(*first).limit(FEW + 1)))
    if len(few) <= FEW:
        where = [Asset.school_id == school_id, Asset.id.in_(few)]
        return Ordered(school_id, order, where, down=down, few=True), len(few)
    ordered = Ordered(school_id, order, told.where(Access.WALK), down=down, counting=told.where(Access.SCAN))
    return ordered, _count(told) if ordered.total is None else ordered.total


def _count(told: Conditions) -> int:
    where = told.where(Access.INDEX if told.alone or not told.filters.narrow else Access.SCAN)
    return db.session.scalar(select(func.count()).select_from(Asset).where(*where)) or 0
