"""Which things get a label, that it was printed, and that an old one no longer counts. Flushes, never commits."""

import re
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from itertools import chain
from uuid import UUID

from sqlalchemy import ColumnElement, select, update

from labels import code
from labels.layout import Label
from labels.sheet import LIMIT
from tracker.accounts.service import school_of
from tracker.audit.kinds import EventKind
from tracker.audit.service import Note, record, record_many
from tracker.db import add, db
from tracker.inventory import label_tags, names, rules, search, telling
from tracker.inventory.label_rules import Reprint, may_print_again
from tracker.inventory.locking import lock_asset
from tracker.inventory.lookup import subject_of
from tracker.inventory.models import Asset, AssetKind, RetiredLabel
from tracker.inventory.rules import AssetState
from tracker.inventory.search import Filters
from tracker.values import Actor, Conflict, Denied, Subject, utc_now

MOST = LIMIT  # labels in one run


@dataclass(frozen=True)
class Wanted:
    """A thing that gets a label: what stands on it, and whether one was printed before."""

    id: UUID
    tag: str
    name: str
    before: bool

    @property
    def label(self) -> Label:
        """What is printed."""
        return Label(self.tag, self.name)


@dataclass(frozen=True)
class Chosen:
    """The things that get a label, in order; what was asked for but is not clear; `total` may be more than MOST."""

    wanted: tuple[Wanted, ...]
    total: int
    unknown: tuple[str, ...] = ()  # not in the register
    unclear: tuple[str, ...] = ()  # serial numbers that several things have
    retired: tuple[str, ...] = ()  # old tags that led to a thing

    @property
    def before(self) -> int:
        """How many had a label before."""
        return sum(one.before for one in self.wanted)

    @property
    def fresh(self) -> "Chosen":
        """The same without those that had a label before."""
        wanted = tuple(one for one in self.wanted if not one.before)
        return replace(self, wanted=wanted, total=self.total - self.before)


def of_filters(actor: Actor, filters: Filters) -> Chosen:
    """The assets that the filters leave, in the order of the list. None of them if there are more than MOST."""
    total = search.count(actor.school_id, filters)
    if total > MOST:
        return Chosen((), total)
    slices = search.everything(actor.school_id, filters)
    wanted = (
        Wanted(row.id, row.tag, _named(row.name, row.make, row.model, row.kind), row.label_printed_at is not None)
        for row in chain.from_iterable(slices)
    )
    return Chosen(tuple(wanted), total)


def of_texts(actor: Actor, text: str) -> Chosen:
    """The assets of tags, scans or serial numbers, one a line or separated by commas, each once, in that order.

    An old tag leads to the asset that had it. A constant number of queries.
    """
    tokens = _tokens(text)
    if len(tokens) > MOST:
        return Chosen((), len(tokens))
    scans = [code.scanned(token) for token in tokens]
    school_id, tags = actor.school_id, {scan.tag for scan in scans if scan.tag}
    old = dict(_pairs(school_id, tags))
    by_tag = {one.tag: one for one in _wanted(school_id, Asset.tag.in_(tags) | Asset.id.in_(old.values()))}
    by_id = {one.id: one for one in by_tag.values()}
    by_key = _by_key(school_id, {key for scan in scans if (key := rules.serial_key(scan.text))})
    found: dict[Wanted, None] = {}
    told: dict[str, list[str]] = defaultdict(list)
    for scan in scans:
        hits = by_key.get(rules.serial_key(scan.text), []) if scan.text else []
        if scan.tag in by_tag:
            hits = [by_tag[scan.tag]]
        elif scan.tag in old:
            hits = [by_id[old[scan.tag]]]
            told["retired"].append(code.shown(scan.tag))
        if len(hits) != 1:
            told["unclear" if hits else "unknown"].append(scan.text[:60])
        else:
            found[hits[0]] = None
    lists = {name: tuple(dict.fromkeys(texts)) for name, texts in told.items()}
    return Chosen(tuple(found), len(found), **lists)


def printed(actor: Actor, wanted: Sequence[Wanted], *, stock: str, copies: int, reason: Reprint | None) -> None:
    """Write down that these labels were made: one event a thing; for one that had a label, with the reason.

    Raises Conflict where a tag is no longer the one on the label, and Denied where a label was printed before, also
    by somebody else a moment ago, and no reason is given.
    """
    # first the rows, then the log, as every other write does: two people who print at once wait instead of colliding
    query = select(Asset.id, Asset.tag, Asset.make, Asset.model, AssetKind.name, Asset.label_printed_at)
    query = query.join(AssetKind, (AssetKind.school_id == Asset.school_id) & (AssetKind.id == Asset.kind_id))
    mine = (Asset.school_id == actor.school_id) & Asset.id.in_([one.id for one in wanted])
    rows = {row.id: row for row in db.session.execute(query.where(mine).order_by(Asset.id).with_for_update(of=Asset))}
    if any(one.id not in rows or rows[one.id].tag != one.tag for one in wanted):
        raise Conflict("Somebody gave one of these things a new tag just now. Choose again, and print the new one.")
    again = may_print_again(sum(row.label_printed_at is not None for row in rows.values()), reason)
    if not again.allowed:
        raise Denied(again.blockers)
    notes = []
    for one in wanted:
        row = rows[one.id]
        text = " ".join(part for part in (code.shown(row.tag), row.name, row.make, row.model) if part)
        subject, told = Subject("asset", one.id, text), {"stock": stock, "copies": copies}
        if row.label_printed_at is not None and reason is not None:
            notes.append(Note(EventKind.LABEL_REPRINTED, subject, after=told, why=f"{reason.label}."))
        else:
            notes.append(Note(EventKind.LABEL_PRINTED, subject, after=told))
    # in one go and past the version: a printed label is no change that somebody's open form could overwrite
    stamp = update(Asset).where(mine).values(label_printed_at=utc_now(), version=Asset.version)
    db.session.execute(stamp.execution_options(synchronize_session=False))
    record_many(actor, notes)


def blanks(actor: Actor, count: int) -> list[Label]:
    """New labels without a thing, to be claimed at their first scan; nothing has their tags, and nothing had them."""
    return [Label(tag, "") for tag in sorted(label_tags.unused(actor.school_id, count))]


def blanks_printed(actor: Actor, labels: Sequence[Label], *, stock: str) -> None:
    """Write down that blank labels were made: how many, the first and the last."""
    school = school_of(actor.school_id)
    told = {
        "count": len(labels),
        "stock": stock,
        "first": code.shown(labels[0].tag),
        "last": code.shown(labels[-1].tag),
    }
    record(actor, EventKind.LABEL_BLANKS_PRINTED, Subject("school", school.id, school.name), after=told)


def retire(actor: Actor, asset_id: UUID, reason: str, *, tag: str = "") -> str:
    """Give an asset a new tag, or the `tag` of a blank label; returns it. The old one stays reserved for ever.

    Raises NotFound, and Denied without a reason, once disposal is authorised, or for a tag that is taken or is none.
    """
    asset = lock_asset(actor.school_id, asset_id)
    found = (*rules.may_edit(AssetState(asset.state)).blockers, *rules.reason_blockers(reason))
    if found:
        raise Denied(found)
    old, new = asset.tag, label_tags.taken_or_new(actor.school_id, tag.strip())
    add(
        RetiredLabel(
            school_id=actor.school_id,
            asset_id=asset.id,
            tag=old,
            reason=reason.strip(),
            retired_by=actor.name,
            retired_by_id=actor.id,
            retired_at=utc_now(),
        )
    )
    kept = telling.columns(telling.details_of(asset))
    known = names.names_of(actor.school_id, [kept])
    asset.tag, asset.label_printed_at = new, utc_now() if tag.strip() else None
    asset.search = telling.search_text(new, kept, known.fields)
    db.session.flush()
    before, after = {"tag": code.shown(old)}, {"tag": code.shown(new)}
    record(actor, EventKind.LABEL_RETIRED, subject_of(asset), before=before, after=after, why=reason.strip())
    return new


def retired_of(asset: Asset) -> list[RetiredLabel]:
    """The labels that an asset had before, the latest first."""
    query = select(RetiredLabel).where(RetiredLabel.school_id == asset.school_id, RetiredLabel.asset_id == asset.id)
    return list(db.session.scalars(query.order_by(RetiredLabel.retired_at.desc(), RetiredLabel.id.desc())))


def _named(name: str, make: str, model: str, kind: str) -> str:
    """The name that people know a thing by."""
    return name or f"{make} {model}".strip() or kind


def _pairs(school_id: UUID, tags: Iterable[str]) -> list[tuple[str, UUID]]:
    """Old tags among these, and whose they were."""
    query = select(RetiredLabel.tag, RetiredLabel.asset_id)
    rows = db.session.execute(query.where(RetiredLabel.school_id == school_id, RetiredLabel.tag.in_(tags)))
    return [(tag, asset_id) for tag, asset_id in rows]


def _by_key(school_id: UUID, keys: Iterable[str]) -> dict[str, list[Wanted]]:
    """Things by their serial number without spaces, dashes and case."""
    wanted = {one.id: one for one in _wanted(school_id, Asset.serial_key.in_(keys))}
    query = select(Asset.serial_key, Asset.id).where(Asset.school_id == school_id, Asset.serial_key.in_(keys))
    found: dict[str, list[Wanted]] = defaultdict(list)
    for key, asset_id in db.session.execute(query):
        found[key].append(wanted[asset_id])
    return found


def _wanted(school_id: UUID, where: ColumnElement[bool]) -> list[Wanted]:
    query = select(Asset.id, Asset.tag, Asset.name, Asset.make, Asset.model, AssetKind.name, Asset.label_printed_at)
    query = query.join(AssetKind, (AssetKind.school_id == Asset.school_id) & (AssetKind.id == Asset.kind_id))
    return [
        Wanted(found, tag, _named(name, make, model, kind), printed_at is not None)
        for found, tag, name, make, model, kind, printed_at in db.session.execute(
            query.where(Asset.school_id == school_id, where)
        )
    ]


def _tokens(text: str) -> list[str]:
    """Lines and their parts. A line that is one tag with a space inside stays whole."""
    found: list[str] = []
    for line in re.split(r"[\n\r,;]+", text):
        whole = code.scanned(line).tag is not None or not line.strip()
        found += [line.strip()] if whole else line.split()
    return [token for token in found if token]
