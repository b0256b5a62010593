"""The list of media: search, filter, sort, one page of it, all of it. Only reads; a fixed number of queries."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any
from urllib.parse import urlencode
from uuid import UUID

from sqlalchemy import ColumnElement, func, or_, select

from labels import code
from tracker.db import db
from tracker.inventory.columns import Drive
from tracker.inventory.models import Asset
from tracker.inventory.rules import serial_key
from tracker.media.models import Medium
from tracker.media.rules import MediumState
from tracker.ordering import Ordered, Plain, Shared, loose, whole
from tracker.paging import PAGE, Page, Turn, page_of, turn_from
from wipe.vocabulary import Medium as MediumKind

TEXT_LIMIT = 200  # characters of a search
FEW = 2_000  # media: so many are found in one go and then put in order
SLICE = 1_000  # rows at a time for an export


def _stage(text: str) -> int:
    """States in the order of a medium's life."""
    return list(MediumState).index(MediumState(text))


_plain = partial(Plain, Medium.id, Medium.id, read_unique=UUID)
_shared = partial(Shared, Medium.id, Medium.id, read_unique=UUID)
ORDERS: dict[str, Plain | Shared] = {
    "registered": _plain(),  # UUIDv7: in the order of registration
    "serial": _plain(column=Medium.serial_key),
    "kind": _shared(columns=(Medium.kind,)),
    "model": _shared(columns=(Medium.make, Medium.model)),
    "capacity": _plain(column=Medium.capacity_bytes, least=-1, read=partial(whole, most=2**63 - 1)),
    "state": _shared(columns=(Medium.state,), rank=_stage),
}


@dataclass(frozen=True)
class Filters:
    """What is shown, in which order: the latest first unless said otherwise. None and empty: everything."""

    text: str = ""
    kind: MediumKind | None = None
    state: MediumState | None = None
    loose: bool = False
    sort: str = "registered"
    descending: bool = True

    @property
    def narrow(self) -> bool:
        """Whether anything is left out."""
        return bool(self.text or self.kind or self.state or self.loose)


@dataclass(frozen=True)
class Row:
    """One line of the list."""

    medium: Medium
    asset_id: UUID | None
    tag: str  # of its asset; empty for a loose one


def filters_from(arguments: Mapping[str, str]) -> tuple[Filters, Turn]:
    """Filters and page from an address; what cannot be used is left out."""
    kind, state, sort = (arguments.get(name, "") for name in ("kind", "state", "sort"))
    text = "".join(one for one in arguments.get("q", "")[:TEXT_LIMIT] if one.isprintable()).strip()
    filters = Filters(
        text,
        MediumKind(kind) if kind in set(MediumKind) else None,
        MediumState(state) if state in set(MediumState) else None,
        arguments.get("loose") == "1",
        sort if sort in ORDERS else "registered",
        arguments.get("order") == "down" if sort in ORDERS else True,
    )
    return filters, turn_from(arguments)


def arguments_of(filters: Filters) -> dict[str, str]:
    """The filters and the order as they stand in an address."""
    usual = filters.sort == "registered" and filters.descending
    told = {
        "q": filters.text,
        "kind": filters.kind.value if filters.kind else "",
        "state": filters.state.value if filters.state else "",
        "loose": "1" if filters.loose else "",
        "sort": "" if usual else filters.sort,
        "order": "down" if filters.descending and not usual else "",
    }
    return {name: value for name, value in told.items() if value}


def links(filters: Filters) -> dict[str, str]:
    """Query strings that turn a column, by its order."""
    told = {name: value for name, value in arguments_of(filters).items() if name not in ("sort", "order")}
    found = {}
    for name in ORDERS:
        down = name == filters.sort and not filters.descending
        found[name] = urlencode({**told, "sort": name, **({"order": "down"} if down else {})})
    return found


def count(school_id: UUID, filters: Filters) -> int:
    """How many there are."""
    where = _where(school_id, filters, scan=bool(filters.text))
    return db.session.scalar(select(func.count()).select_from(Medium).where(*where)) or 0


def page(school_id: UUID, filters: Filters, turn: Turn) -> Page[Row]:
    """One page; the first where the cursor cannot be read or nothing is left beyond it."""
    ordered, total = _ordered(school_id, filters)
    found = ordered.read(turn, PAGE + 1)
    if not found and (turn.after or turn.before):
        turn = Turn()
        found = ordered.read(turn, PAGE + 1)
    keys = page_of([(one, one[1]) for one in found or ()], turn, total)
    return Page(_rows(school_id, [medium_id for medium_id, _ in keys.rows]), total, keys.before, keys.after)


def cursor_at(school_id: UUID, filters: Filters, number: int) -> str:
    """The cursor after which page `number` begins, for addresses that said it so once; see inventory.search."""
    ordered, total = _ordered(school_id, filters)
    before = min(number - 1, max(0, -(-total // PAGE) - 1)) * PAGE
    skipped = ordered.read(Turn(), before) if before else []
    return skipped[-1][1].cursor if skipped else ""


def everything(school_id: UUID, filters: Filters) -> Iterator[list[Row]]:
    """All that the filters leave, in the order of the list, in slices."""
    ordered, _ = _ordered(school_id, filters)
    turn = Turn()
    while found := ordered.read(turn, SLICE):
        yield _rows(school_id, [medium_id for medium_id, _ in found])
        turn = Turn(after=found[-1][1].cursor)
        db.session.expunge_all()  # what was written out need not stay in memory


def drives_of(school_id: UUID, asset_ids: Sequence[UUID]) -> dict[UUID, list[Drive]]:
    """What is in these assets, in the order in which it was added, for the register's exports: one query."""
    query = select(Medium.asset_id, Medium.serial, Medium.kind, Medium.make, Medium.model, Medium.capacity_bytes).where(
        Medium.school_id == school_id, Medium.asset_id.in_(asset_ids)
    )
    found: dict[Any, list[Drive]] = {}
    for asset_id, serial, kind, make, model, capacity in db.session.execute(query.order_by(Medium.id)):
        size = f"{capacity} B" if capacity else ""
        drive = Drive(serial, MediumKind(kind).value.upper(), make, model, size)
        found.setdefault(asset_id, []).append(drive)
    return found


def _ordered(school_id: UUID, filters: Filters) -> tuple[Ordered, int]:
    """What the filters leave in its order, and how many that are; see inventory.search for the three ways."""
    order, down = ORDERS[filters.sort], filters.descending
    if not filters.narrow:
        ordered = Ordered(school_id, order, [Medium.school_id == school_id], down=down)
        return ordered, count(school_id, filters) if ordered.total is None else ordered.total
    first = _where(school_id, filters, scan=bool(filters.text))
    few = list(db.session.scalars(select(Medium.id).where(*first).limit(FEW + 1)))
    if len(few) <= FEW:
        where = [Medium.school_id == school_id, Medium.id.in_(few)]
        return Ordered(school_id, order, where, down=down, few=True), len(few)
    walk, scan = _where(school_id, filters, walk=True), _where(school_id, filters, scan=True)
    ordered = Ordered(school_id, order, walk, down=down, counting=scan)
    return ordered, count(school_id, filters) if ordered.total is None else ordered.total


def _rows(school_id: UUID, ids: Sequence[UUID]) -> list[Row]:
    if not ids:
        return []
    query = (
        select(Medium, Asset.tag)
        .outerjoin(Asset, (Asset.school_id == Medium.school_id) & (Asset.id == Medium.asset_id))
        .where(Medium.school_id == school_id, Medium.id.in_(ids))
    )
    found = {medium.id: Row(medium, medium.asset_id, tag or "") for medium, tag in db.session.execute(query)}
    return [found[medium_id] for medium_id in ids if medium_id in found]


def _where(school_id: UUID, filters: Filters, *, scan: bool = False, walk: bool = False) -> list[ColumnElement[bool]]:
    """`scan`: all rows are read once; `walk`: along the index of the order. See tracker/inventory/filters.py."""

    def by(column: Any) -> Any:
        return loose(column) if scan or walk else column

    where: list[ColumnElement[bool]] = [(loose(Medium.school_id) if scan else Medium.school_id) == school_id]
    if filters.kind is not None:
        where.append(by(Medium.kind) == filters.kind.value)
    if filters.state is not None:
        where.append(by(Medium.state) == filters.state.value)
    if filters.loose:
        where.append(by(Medium.asset_id).is_(None))
    if filters.text:
        where.append(_matches(school_id, filters.text))
    return where


def _matches(school_id: UUID, text: str) -> ColumnElement[bool]:
    tag, key = code.normalise(text), serial_key(text)
    ways = [Medium.make.icontains(text, autoescape=True), Medium.model.icontains(text, autoescape=True)]
    ways.append(Medium.wwn.icontains(text, autoescape=True))
    if key:
        ways.append(Medium.serial_key.contains(key, autoescape=True))
    if tag is not None:
        ways.append(Medium.asset_id.in_(select(Asset.id).where(Asset.school_id == school_id, Asset.tag == tag)))
    return or_(*ways)
