"""What becomes of an asset: its steps from state to state, and the statement that it holds no storage.

Flushes, never commits. Every step has its event in the same transaction.
"""

from uuid import UUID

from tracker.audit.kinds import EventKind
from tracker.audit.service import record
from tracker.db import add, db
from tracker.inventory import rules
from tracker.inventory.locking import at_version, lock_asset
from tracker.inventory.lookup import facts_of, no_storage, subject_of
from tracker.inventory.models import Asset, NoStorageAssertion
from tracker.inventory.rules import AssetState
from tracker.values import Actor, Blocker, Denied, utc_now


def change_state(actor: Actor, asset_id: UUID, to: AssetState, *, version: int, reason: str = "") -> Asset:
    """Move an asset on in its life. Raises NotFound, Conflict as `edit`, and Denied with every reason why not."""
    asset = at_version(actor.school_id, asset_id, version)
    decision = rules.may_change_state(facts_of(asset), to, actor.role, reason)
    if not decision.allowed:
        raise Denied(decision.blockers)
    _set_state(actor, asset, to, why=reason.strip())
    return asset


def assert_no_storage(actor: Actor, asset_id: UUID, reason: str) -> NoStorageAssertion:
    """State by name that an asset holds no storage (clause AD5). Raises NotFound, and Denied with every reason."""
    asset = lock_asset(actor.school_id, asset_id)
    decision = rules.may_assert_no_storage(facts_of(asset), actor.role, reason)
    if not decision.allowed or actor.id is None:
        raise Denied(decision.blockers or (Blocker("nobody", "This needs a person's name."),))
    assertion = NoStorageAssertion(
        school_id=actor.school_id,
        asset_id=asset.id,
        reason=reason.strip(),
        asserted_by=actor.name,
        asserted_by_id=actor.id,
        asserted_at=utc_now(),
        withdrawn_at=None,
    )
    add(assertion)
    record(
        actor, EventKind.ASSET_NO_STORAGE_ASSERTED, subject_of(asset), after={"no_storage": True}, why=reason.strip()
    )
    advance(actor, asset)
    return assertion


def withdraw_no_storage(actor: Actor, asset_id: UUID, reason: str) -> None:
    """Take that statement back, since storage was found. Raises NotFound, and Denied for a missing reason."""
    asset = lock_asset(actor.school_id, asset_id)
    assertion = no_storage(asset)
    found = (
        *(() if assertion else (Blocker("not_asserted", "Nobody stated that this asset holds no storage."),)),
        *rules.may_edit(AssetState(asset.state)).blockers,
        *rules.reason_blockers(reason),
    )
    if assertion is None or found:
        raise Denied(found)
    _withdraw(actor, asset, assertion, reason.strip())


def note_media(actor: Actor, asset_id: UUID, change: int) -> None:
    """Count storage media in (+) or out (-) of an asset; the feature `media` calls this with every such change.

    Media in it contradict a statement that there is none, so that is withdrawn; an incoming asset moves on by gate G1.
    Raises NotFound, Denied once its disposal is authorised, and ValueError for a count below zero: a mistake in the
    program.
    """
    asset = lock_asset(actor.school_id, asset_id)
    if asset.media_count + change < 0:
        raise ValueError("more media out of an asset than were in it")
    decision = rules.may_edit(AssetState(asset.state))
    if not decision.allowed:
        raise Denied(decision.blockers)
    asset.media_count += change
    db.session.flush()
    assertion = no_storage(asset) if asset.media_count else None
    if assertion is not None:
        _withdraw(actor, asset, assertion, "Storage was listed in it.")
    advance(actor, asset)


def keep_gates(asset: Asset, before: rules.AssetFacts) -> None:
    """Raise Denied where a change breaks the gate of the state that the asset is in, for instance a server's lock."""
    known = {blocker.code for blocker in rules.gates(before, before.state)} | {"storage_not_told"}  # shown on its page
    found = tuple(blocker for blocker in rules.gates(facts_of(asset), before.state) if blocker.code not in known)
    if found:
        raise Denied(found)


def advance(actor: Actor, asset: Asset) -> None:
    """Take an incoming asset into store as soon as gate G1 is satisfied."""
    facts = facts_of(asset)
    if facts.state is AssetState.INCOMING and not rules.gates(facts, AssetState.IN_STORE):
        _set_state(actor, asset, AssetState.IN_STORE, why="All that the register needs is known.")


def _set_state(actor: Actor, asset: Asset, to: AssetState, *, why: str) -> None:
    before = asset.state
    asset.state = to.value
    db.session.flush()
    changed = {"before": {"state": before}, "after": {"state": to.value}}
    record(actor, EventKind.ASSET_STATE_CHANGED, subject_of(asset), **changed, why=why)


def _withdraw(actor: Actor, asset: Asset, assertion: NoStorageAssertion, why: str) -> None:
    assertion.withdrawn_at = utc_now()
    db.session.flush()
    told = {"no_storage": True, "asserted_by": assertion.asserted_by}
    record(
        actor,
        EventKind.ASSET_NO_STORAGE_WITHDRAWN,
        subject_of(asset),
        before=told,
        after={"no_storage": False},
        why=why,
    )
