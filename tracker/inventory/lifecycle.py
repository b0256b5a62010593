"""What becomes of an asset: its steps from state to state, and the statement that it holds no storage.

Flushes, never commits. Every step has its event in the same transaction.
"""

from collections.abc import Mapping
from uuid import UUID

from sqlalchemy import update

from tracker.audit.kinds import EventKind
from tracker.audit.service import record
from tracker.db import add, db
from tracker.inventory import repairs, rules
from tracker.inventory.facts import condemned_in, held_facts_of
from tracker.inventory.locking import at_version, lock_asset
from tracker.inventory.lookup import facts_of, no_storage, subject_of
from tracker.inventory.models import Asset, NoStorageAssertion
from tracker.inventory.repairs_rules import RepairDetails, may_send, tidy
from tracker.inventory.rules import AssetState
from tracker.values import Actor, Blocker, Denied, today, utc_now


def change_state(actor: Actor, asset_id: UUID, to: AssetState, *, version: int, reason: str = "") -> Asset:
    """Move an asset on in its life; into repair here by our own staff, else see `send_to_repair`.

    Raises NotFound, Conflict where somebody else changed the asset since, and Denied with every reason why not.
    """
    if to is AssetState.IN_REPAIR:
        return send_to_repair(actor, asset_id, RepairDetails(off_site=False), version=version, reason=reason)
    asset = at_version(actor.school_id, asset_id, version)
    decision = rules.may_change_state(held_facts_of(asset), to, actor.role, reason)
    if not decision.allowed:
        raise Denied(decision.blockers)
    _set_state(actor, asset, to, why=reason.strip())
    return asset


def send_to_repair(actor: Actor, asset_id: UUID, details: RepairDetails, *, version: int, reason: str) -> Asset:
    """Send an asset to repair (gate G4). `reason` says what is wrong with it. Raises as `change_state`."""
    asset, details = at_version(actor.school_id, asset_id, version), tidy(details)
    facts = facts_of(asset)
    found = [*rules.may_change_state(facts, AssetState.IN_REPAIR, actor.role, reason).blockers]
    found += may_send(facts, details, today()).blockers
    if found:
        raise Denied(tuple(found))
    repairs.open_repair(actor, asset, details, reason.strip())
    told = {**vars(details), "due_on": details.due_on.isoformat() if details.due_on else None}
    told["off_site"] = details.off_site  # said in any case; the rest only where there is something to say
    after = {name: value for name, value in told.items() if value not in ("", None)}
    _set_state(actor, asset, AssetState.IN_REPAIR, why=reason.strip(), told=after)
    return asset


def report_missing(actor: Actor, asset_id: UUID, why: str) -> None:
    """It is lost or stolen: missing from now on, from any state but an end, whoever reports it (gate G12).

    Called with the incident that is opened in the same act. Does nothing where it is missing already, or gone for good.
    Raises NotFound.
    """
    asset = lock_asset(actor.school_id, asset_id)
    if AssetState(asset.state) not in rules.ENDED | {AssetState.MISSING}:
        _set_state(actor, asset, AssetState.MISSING, why=why)


def hand_out(actor: Actor, asset_id: UUID, why: str) -> None:
    """It goes out on a loan whose gate (G3) the loans desk has asked. Raises NotFound, and Denied where it is not here.

    Only the loans desk calls this: no step of `rules.TRANSITIONS` leads to a loan.
    """
    asset = lock_asset(actor.school_id, asset_id)
    if AssetState(asset.state) is not AssetState.IN_STORE:
        message = f"It is {AssetState(asset.state).label.lower()}. Only what is in store can be lent."
        raise Denied((Blocker("state", message),))
    if condemned_in(actor.school_id, [asset_id]):
        raise Denied((Blocker("condemned", f"{asset.tag[:4]}-{asset.tag[4:]}: {rules.CONDEMNED_INSIDE}"),))
    _set_state(actor, asset, AssetState.ON_LOAN, why=why)


def give_back(actor: Actor, asset_id: UUID, borrower_id: UUID, why: str) -> None:
    """It is back from a loan; what the borrower left on it stays behind gate G14. Raises NotFound.

    One that was reported missing meanwhile comes back into store as well: it was found.
    """
    asset = lock_asset(actor.school_id, asset_id)
    if AssetState(asset.state) in (AssetState.ON_LOAN, AssetState.MISSING):
        _set_state(actor, asset, AssetState.IN_STORE, why=why)
        asset.used_by_id, asset.use_ended_at = borrower_id, utc_now()
        db.session.flush()


def take_out_of_use(actor: Actor, asset_id: UUID, why: str) -> None:
    """It failed its maintenance: from use into store, and not into use or on loan again before it passes.

    What is on loan or in repair stays where it is, and is held back when it comes. Raises NotFound.
    """
    asset = lock_asset(actor.school_id, asset_id)
    asset.unsafe = why
    db.session.flush()
    if AssetState(asset.state) is AssetState.IN_USE:
        _set_state(actor, asset, AssetState.IN_STORE, why=why)


def let_into_use(actor: Actor, asset_id: UUID) -> None:
    """It passed again. Raises NotFound."""
    lock_asset(actor.school_id, asset_id).unsafe = ""
    db.session.flush()


def declare_unused(actor: Actor, asset_id: UUID, reason: str) -> None:
    """State by name that nobody used it after all, so that gate G14 asks for no reset. Raises NotFound, and Denied."""
    asset = lock_asset(actor.school_id, asset_id)
    decision = rules.may_declare_unused(facts_of(asset), actor.role, reason)
    if not decision.allowed:
        raise Denied(decision.blockers)
    asset.used_by_id = asset.use_ended_at = None
    db.session.flush()
    record(actor, EventKind.ASSET_DECLARED_UNUSED, subject_of(asset), after={"used": False}, why=reason.strip())


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


def note_media(actor: Actor, asset_id: UUID, change: int, *, holding: int | None = None, arrived: bool = False) -> None:
    """Count storage media in (+) or out (-) of an asset; the feature `media` calls this with every such change.

    `holding`: by how many those that may hold data change (None: as many); with `change` 0 a medium in it was wiped,
    or came into service again. `arrived`: what may hold data came from elsewhere, or was put to use.
    Media in it contradict a statement that there is none, so that is withdrawn; an incoming asset moves on by gate G1.
    Raises NotFound, Denied for media in or out once its disposal is authorised, and ValueError for a count below zero:
    a mistake in the program.
    """
    asset = lock_asset(actor.school_id, asset_id)
    count, held = asset.media_count + change, asset.media_holding + (change if holding is None else holding)
    if not 0 <= held <= count:
        raise ValueError("more media out of an asset than were in it, or more that hold data than media")
    decision = rules.may_edit(AssetState(asset.state))
    if change and not decision.allowed:
        raise Denied(decision.blockers)
    asset.media_count, asset.media_holding = count, held
    _note_use(asset, change, arrived=arrived)
    if not change:
        _past_the_version(asset)
        return
    db.session.flush()
    assertion = no_storage(asset) if asset.media_count else None
    if assertion is not None:
        _withdraw(actor, asset, assertion, "Storage was listed in it.")
    advance(actor, asset)


def _note_use(asset: Asset, change: int, *, arrived: bool) -> None:
    """Whose data may be on it: what comes from elsewhere brings data along, what was all wiped lost them (G14)."""
    if arrived:
        asset.media_arrived_at = utc_now()
    if AssetState(asset.state) in rules.IN_HANDS:
        return
    if arrived and change and asset.use_ended_at is None:
        asset.used_by_id, asset.use_ended_at = None, utc_now()
    elif not change and not arrived and asset.media_holding == 0:
        asset.used_by_id = asset.use_ended_at = None


def _past_the_version(asset: Asset) -> None:
    """Write what a wipe changed without a new version: nobody's open form says anything about it."""
    names = ("media_count", "media_holding", "media_arrived_at", "used_by_id", "use_ended_at")
    values = {name: getattr(asset, name) for name in names}
    db.session.expire(asset, names)
    mine = (Asset.school_id == asset.school_id) & (Asset.id == asset.id)
    statement = update(Asset).where(mine).values(**values, version=Asset.version)
    db.session.execute(statement.execution_options(synchronize_session=False))


def keep_gates(asset: Asset, before: rules.AssetFacts) -> None:
    """Raise Denied where a change breaks a gate of the state that the asset is in, for instance a server's lock."""
    found = rules.broken(before, held_facts_of(asset))
    if found:
        raise Denied(found)


def advance(actor: Actor, asset: Asset) -> None:
    """Take an incoming asset into store as soon as gate G1 is satisfied."""
    facts = facts_of(asset)
    if facts.state is AssetState.INCOMING and not rules.gates(facts, AssetState.IN_STORE):
        _set_state(actor, asset, AssetState.IN_STORE, why="All that the register needs is known.")


def _set_state(
    actor: Actor, asset: Asset, to: AssetState, *, why: str, told: Mapping[str, object] | None = None
) -> None:
    """Take the step, with what follows from it. `told` is what the event says beside the state."""
    before = step(asset, to, why)
    db.session.flush()
    after = {"state": to.value, **(told or {})}
    subject = subject_of(asset)
    record(actor, EventKind.ASSET_STATE_CHANGED, subject, before={"state": before.value}, after=after, why=why)


def step(asset: Asset, to: AssetState, why: str) -> AssetState:
    """Change the row as the step does, and give the state before. The rules were asked; the event is the caller's."""
    before = AssetState(asset.state)
    if before is AssetState.IN_REPAIR:
        repairs.close_open(asset, why)
    if to in rules.IN_HANDS:
        asset.used_by_id = asset.use_ended_at = None
    elif before in rules.IN_HANDS:
        asset.used_by_id, asset.use_ended_at = asset.responsible_id, utc_now()
    asset.state = to.value
    return before


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
