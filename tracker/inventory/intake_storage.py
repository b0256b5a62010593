"""Of many assets at once what storage they hold: the statement that there is none, and media that were listed in them.

By the same rules as inventory.lifecycle has for one asset, with a constant number of queries for each thousand.
"""

from collections.abc import Mapping
from uuid import UUID

from sqlalchemy import update

from tracker.audit.kinds import EventKind
from tracker.audit.service import Note, record_many
from tracker.db import db
from tracker.inventory import facts, rules, telling
from tracker.inventory.intake_rows import (
    changed_copy,
    checks_of,
    complete,
    known,
    lock_many,
    refuse,
    slices,
    statements,
    stored,
    subject_of,
    write,
)
from tracker.inventory.models import Asset, NoStorageAssertion
from tracker.inventory.rules import AssetState
from tracker.values import Actor, Blocker, utc_now


def assert_no_storage_many(actor: Actor, reasons: Mapping[UUID, str]) -> None:
    """State by name of many assets that they hold no storage (clause AD5). Raises NotFound, Denied as for one."""
    assets = lock_many(actor.school_id, list(reasons))
    around = known(actor.school_id, assets.values())
    stated, checks = statements(actor.school_id, list(assets)), checks_of(actor.school_id, list(assets))
    names, faults, notes, moved = around.names, list[tuple[str, Blocker]](), list[Note](), list[Asset]()
    for asset_id, reason in reasons.items():
        asset = assets[asset_id]
        now = facts.facts_from(asset, around.around(asset, asset_id in stated, checks.get(asset_id, {})))
        subject = subject_of(asset, names)
        faults += [(subject.label, one) for one in rules.may_assert_no_storage(now, actor.role, reason).blockers]
        told = {"no_storage": True}
        notes.append(Note(EventKind.ASSET_NO_STORAGE_ASSERTED, subject, after=told, why=reason.strip()))
        if complete(asset, around, True, checks.get(asset_id, {})):
            new = changed_copy(asset, telling.details_of(asset))
            new.state = AssetState.IN_STORE.value
            moved.append(new)
            notes.append(stored(subject))
    if actor.id is None and reasons:
        faults.append(("", Blocker("nobody", "This needs a person's name.")))
    refuse(faults)
    db.session.add_all(_assertion(actor, asset_id, reason) for asset_id, reason in reasons.items())
    db.session.flush()
    write(actor.school_id, assets, moved)
    record_many(actor, notes)


def _assertion(actor: Actor, asset_id: UUID, reason: str) -> NoStorageAssertion:
    return NoStorageAssertion(
        school_id=actor.school_id,
        asset_id=asset_id,
        reason=reason.strip(),
        asserted_by=actor.name,
        asserted_by_id=actor.id,
        asserted_at=utc_now(),
        withdrawn_at=None,
    )


def note_media_many(actor: Actor, added: Mapping[UUID, int]) -> None:
    """Count storage media that were listed in many assets and may hold data; `media` calls this once for all of them.

    As lifecycle.note_media: a statement that there is none is withdrawn, an incoming asset moves on by gate G1. Raises
    NotFound, and Denied once the disposal of one is authorised.
    """
    assets = lock_many(actor.school_id, list(added))
    around = known(actor.school_id, assets.values())
    stated, checks = statements(actor.school_id, list(assets)), checks_of(actor.school_id, list(assets))
    names, faults, rows, notes = around.names, list[tuple[str, Blocker]](), list[Asset](), list[Note]()
    for asset_id, number in added.items():
        asset = assets[asset_id]
        subject = subject_of(asset, names)
        faults += [(subject.label, one) for one in rules.may_edit(AssetState(asset.state)).blockers]
        new = changed_copy(asset, telling.details_of(asset))
        new.media_count, new.media_holding = asset.media_count + number, asset.media_holding + number
        if asset_id in stated:
            told = {"no_storage": True, "asserted_by": stated[asset_id].asserted_by}
            why = "Storage was listed in it."
            after = {"no_storage": False}
            notes.append(Note(EventKind.ASSET_NO_STORAGE_WITHDRAWN, subject, before=told, after=after, why=why))
        if complete(new, around, False, checks.get(asset_id, {})):
            new.state = AssetState.IN_STORE.value
            notes.append(stored(subject))
        rows.append(new)
    refuse(faults)
    _withdraw(actor.school_id, [one.id for asset_id, one in stated.items() if asset_id in added])
    write(actor.school_id, assets, rows)
    record_many(actor, notes)


def _withdraw(school_id: UUID, statement_ids: list[UUID]) -> None:
    for part in slices(statement_ids):
        mine = (NoStorageAssertion.school_id == school_id) & NoStorageAssertion.id.in_(part)
        db.session.execute(update(NoStorageAssertion).where(mine).values(withdrawn_at=utc_now()))
