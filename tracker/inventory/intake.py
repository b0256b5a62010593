"""Many assets at once, by the same rules as one: for imports and for changes to all that is filtered.

A constant number of queries for each thousand. Flushes, never commits. Every row is locked before the first event is
written, as service.register and service.edit do for one.
"""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from uuid import UUID

from sqlalchemy import select

from labels import code
from tracker.audit.kinds import EventKind
from tracker.audit.service import Note, record_many
from tracker.db import db
from tracker.inventory import label_tags, rules, telling
from tracker.inventory.details import AssetDetails
from tracker.inventory.intake_rows import (
    changed_copy,
    checks_of,
    complete,
    draft,
    known,
    may_change,
    refuse,
    settle,
    slices,
    statements,
    stored,
    subject_of,
    write,
)
from tracker.inventory.intake_rows import lock_many as lock_many
from tracker.inventory.models import Asset, RetiredLabel
from tracker.inventory.rules import AssetState
from tracker.inventory.telling import Names
from tracker.people.service import changed_meanwhile
from tracker.values import Actor, Blocker, Conflict


@dataclass(frozen=True)
class Change:
    """What is to be known of an asset; `version` is the one that the change was made from."""

    asset_id: UUID
    details: AssetDetails
    version: int


def register_many(actor: Actor, told: Sequence[AssetDetails]) -> list[Asset]:
    """Put many new things into the register, in their order. Raises Denied as a whole, naming the first faulty ones."""
    around = known(actor.school_id, told)
    settled = [settle(details, None, around) for details in told]
    faults = [(details, blocker) for details, found in settled for blocker in found]
    kept = [details for details, _ in settled]
    faults += _same_serials(actor.school_id, kept) if not faults else []
    tags, taken = _tags(actor.school_id, kept)
    refuse([(_named(details), blocker) for details, blocker in [*faults, *taken]])
    names, assets, notes = around.names, list[Asset](), list[Note]()
    for details, tag in zip(kept, tags, strict=True):
        asset = draft(actor.school_id, details, tag)
        columns = telling.columns(details)
        asset.search = telling.search_text(tag, columns, names.fields)
        subject = subject_of(asset, names)
        said = {key: value for key, value in telling.told(columns, names).items() if value not in ("", None)}
        notes.append(Note(EventKind.ASSET_CREATED, subject, after={"tag": tag, **said}))
        if complete(asset, around, False, {}):
            asset.state = AssetState.IN_STORE.value
            notes.append(stored(subject))
        assets.append(asset)
    db.session.add_all(assets)
    db.session.flush()
    record_many(actor, notes)
    _only_ones(actor.school_id, [*zip(assets, kept, strict=True)], names, {asset.id for asset in assets})
    return assets


def change_many(actor: Actor, changes: Sequence[Change]) -> int:
    """Change what is known of many assets; returns how many are different now. The tags stay.

    Raises NotFound, Conflict where somebody changed one since its version, and Denied naming the first faulty ones.
    """
    assets = lock_many(actor.school_id, [change.asset_id for change in changes])
    for change in changes:
        if assets[change.asset_id].version != change.version:
            tag = code.shown(assets[change.asset_id].tag)
            raise Conflict(changed_meanwhile(actor.school_id, "asset", change.asset_id, tag))
    around = known(actor.school_id, [*assets.values(), *(change.details for change in changes)])
    stated, checks = statements(actor.school_id, list(assets)), checks_of(actor.school_id, list(assets))
    names, rows, notes = around.names, list[Asset](), list[Note]()
    faults = list[tuple[str, Blocker]]()
    serials = list[tuple[Asset, AssetDetails]]()
    for change in changes:
        asset = assets[change.asset_id]
        details, found = settle(change.details, asset, around)
        new = changed_copy(asset, details)
        had, has = telling.columns(telling.details_of(asset)), telling.columns(details)
        before, after = telling.changed(telling.told(had, names), telling.told(has, names))
        if not after and not found:
            continue
        no_storage, latest = asset.id in stated, checks.get(asset.id, {})
        found = found or may_change(asset, new, around, no_storage, latest)
        faults += [(subject_of(asset, names).label, blocker) for blocker in found]
        if details.serial != asset.serial and not details.same_serial:
            serials.append((asset, details))
        new.search = telling.search_text(asset.tag, has, names.fields)
        notes.append(Note(EventKind.ASSET_CHANGED, subject_of(asset, names), before=before, after=after))
        if not found and complete(new, around, no_storage, latest):
            new.state = AssetState.IN_STORE.value
            notes.append(stored(subject_of(new, names)))
        rows.append(new)
    refuse([*faults, *_serials_taken(actor.school_id, serials, names)])
    write(actor.school_id, assets, rows)
    record_many(actor, notes)
    _only_ones(actor.school_id, serials, names, set(assets))
    return len(rows)


def _same_serials(school_id: UUID, told: Sequence[AssetDetails]) -> list[tuple[AssetDetails, Blocker]]:
    """Which of new things have the serial number of another, in the register or among themselves."""
    wanted = [(rules.serial_key(one.serial), one) for one in told if not one.same_serial]
    owners = _owners(school_id, [key for key, _ in wanted if key])
    found, seen = list[tuple[AssetDetails, Blocker]](), set[str]()
    for key, details in wanted:
        if key and (key in owners or key in seen):
            found.append((details, _taken(code.shown(owners[key][0].tag) if key in owners else "Another row")))
        seen.add(key)
    return found


def _only_ones(
    school_id: UUID, told: Sequence[tuple[Asset, AssetDetails]], names: Names, mine: Collection[UUID]
) -> None:
    """Look again, now that the log lets one person after the other: somebody may have been registering the same."""
    owners = _owners(
        school_id, [key for _, one in told if not one.same_serial and (key := rules.serial_key(one.serial))]
    )
    faults = list[tuple[str, Blocker]]()
    for asset, details in told:
        others = [] if details.same_serial else owners.get(rules.serial_key(details.serial), [])
        others = [one for one in others if one.id not in mine]
        if others:
            faults.append((subject_of(asset, names).label, _taken(code.shown(others[0].tag))))
    refuse(faults)


def _serials_taken(
    school_id: UUID, told: Sequence[tuple[Asset, AssetDetails]], names: Names
) -> list[tuple[str, Blocker]]:
    keys = [rules.serial_key(details.serial) for _, details in told]
    owners = _owners(school_id, [key for key in keys if key])
    found, seen = list[tuple[str, Blocker]](), set[str]()
    for (asset, _), key in zip(told, keys, strict=True):
        others = [one for one in owners.get(key, ()) if one.id != asset.id]
        if key and (others or key in seen):
            who = code.shown(others[0].tag) if others else "Another one of these"
            found.append((subject_of(asset, names).label, _taken(who)))
        seen.add(key)
    return found


def _owners(school_id: UUID, keys: Sequence[str]) -> dict[str, list[Asset]]:
    found: dict[str, list[Asset]] = {}
    for part in slices(sorted(set(keys))):
        for asset in db.session.scalars(select(Asset).where(Asset.school_id == school_id, Asset.serial_key.in_(part))):
            found.setdefault(asset.serial_key, []).append(asset)
    return found


def _taken(who: str) -> Blocker:
    return Blocker("same_serial", f"{who} has this serial number already. If it really is another, say so.")


def _tags(school_id: UUID, told: Sequence[AssetDetails]) -> tuple[list[str], list[tuple[AssetDetails, Blocker]]]:
    """A tag for each: the one on a label that was printed before, or a new one; and which cannot be had."""
    wanted = [code.normalise(one.tag) if one.tag else "" for one in told]
    used = used_tags(school_id, [tag for tag in wanted if tag])
    found, seen = list[tuple[AssetDetails, Blocker]](), set[str]()
    for details, tag in zip(told, wanted, strict=True):
        if tag is None:
            message = "The tag's last character does not fit the others. Scan the label again, or leave the tag empty."
            found.append((details, Blocker("tag", message)))
        elif tag and (tag in used or tag in seen):
            message = f"The tag {code.shown(tag)} is, or was, on another asset. Use another label."
            found.append((details, Blocker("tag_taken", message)))
        seen.add(tag or "")
    fresh = iter(label_tags.unused(school_id, sum(not tag for tag in wanted)) if not all(wanted) else [])
    return [tag or next(fresh) for tag in wanted], found


def used_tags(school_id: UUID, tags: Sequence[str]) -> set[str]:
    """Those of the tags that an asset has or had."""
    found: set[str] = set()
    for part in slices(sorted(set(tags))):
        found |= set(db.session.scalars(select(Asset.tag).where(Asset.school_id == school_id, Asset.tag.in_(part))))
        old = select(RetiredLabel.tag).where(RetiredLabel.school_id == school_id, RetiredLabel.tag.in_(part))
        found |= set(db.session.scalars(old))
    return found


def _named(details: AssetDetails) -> str:
    return details.name or f"{details.make} {details.model}".strip() or details.serial or "A thing without a name"
