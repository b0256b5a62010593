"""Which assets get a label, and that it was printed. Flushes, never commits."""

import re
from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import select, update

from labels import code
from labels.pdf import Label
from tracker.audit.kinds import EventKind
from tracker.audit.service import record
from tracker.db import db
from tracker.inventory import rules, search
from tracker.inventory.kinds import kinds
from tracker.inventory.models import Asset
from tracker.inventory.search import Filters
from tracker.inventory.service import subject_of
from tracker.values import Actor, utc_now

MOST = 1000  # assets in one file: each gets its event, and a sheet feeder holds no more


@dataclass(frozen=True)
class Chosen:
    """The assets that get a label, in order, and what was asked for but is not in the register."""

    assets: tuple[Asset, ...]
    unknown: tuple[str, ...] = ()


def of_filters(actor: Actor, filters: Filters) -> Chosen:
    """The assets that the filters leave, at most MOST + 1, so that too many are seen."""
    return Chosen(tuple(search.assets(actor.school_id, filters, MOST + 1)))


def of_texts(actor: Actor, text: str) -> Chosen:
    """The assets of tags, scans or serial numbers, one a line or separated by commas, each once, in that order."""
    scans = [code.scanned(token) for token in _tokens(text)[: MOST + 1]]
    tags = {scan.tag for scan in scans if scan.tag}
    keys = {key for scan in scans if (key := rules.serial_key(scan.text))}
    mine = Asset.school_id == actor.school_id
    by_tag = {one.tag: one for one in db.session.scalars(select(Asset).where(mine, Asset.tag.in_(tags)))}
    by_key = {one.serial_key: one for one in db.session.scalars(select(Asset).where(mine, Asset.serial_key.in_(keys)))}
    found: dict[Asset, None] = {}
    unknown = []
    for scan in scans:
        asset = by_tag.get(scan.tag or "") or by_key.get(rules.serial_key(scan.text) or "-")
        if asset is None:
            unknown.append(scan.text[:60])
        else:
            found[asset] = None
    return Chosen(tuple(found), tuple(unknown))


def labels_for(actor: Actor, assets: Sequence[Asset]) -> list[Label]:
    """What stands on each label: the tag, and the name that people know the thing by."""
    names = {kind.id: kind.name for kind in kinds(actor.school_id)}
    return [Label(one.tag, one.name or f"{one.make} {one.model}".strip() or names[one.kind_id]) for one in assets]


def printed(actor: Actor, assets: Sequence[Asset], *, stock: str, copies: int) -> None:
    """Write down that these labels were printed: one event an asset."""
    ids = [asset.id for asset in assets]
    mine = (Asset.school_id == actor.school_id) & Asset.id.in_(ids)
    # first the rows, then the log, as every other write does: two people who print at once wait instead of colliding
    db.session.execute(select(Asset.id).where(mine).order_by(Asset.id).with_for_update())
    told = {"stock": stock, "copies": copies}
    for asset in assets:
        again = {"reprint": True} if asset.label_printed_at else {}
        record(actor, EventKind.LABEL_PRINTED, subject_of(asset), after={**told, **again})
    # in one go and past the version: a printed label is no change that somebody's open form could overwrite
    db.session.execute(
        update(Asset)
        .where(mine)
        .values(label_printed_at=utc_now(), version=Asset.version)
        .execution_options(synchronize_session=False)
    )


def _tokens(text: str) -> list[str]:
    """Lines and their parts. A line that is one tag with a space inside stays whole."""
    found: list[str] = []
    for line in re.split(r"[\n\r,;]+", text):
        whole = code.scanned(line).tag is not None or not line.strip()
        found += [line.strip()] if whole else line.split()
    return [token for token in found if token]
