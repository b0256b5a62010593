"""The same step for many assets, by the same rules as for one. Flushes, never commits."""

from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID

from tracker.audit.kinds import EventKind
from tracker.audit.service import Note, record_many
from tracker.db import db
from tracker.inventory import facts, rules
from tracker.inventory.intake_rows import checks_of, known, lock_many, statements, subject_of
from tracker.inventory.lifecycle import step
from tracker.inventory.models import Asset
from tracker.inventory.rules import AssetState
from tracker.values import Actor, Blocker, Denied

MOST = 1000  # assets of one go
STEPS = (AssetState.IN_USE, AssetState.IN_STORE)  # whatever harms, or has a form of its own, is done one by one


@dataclass(frozen=True)
class Refused:
    """An asset that cannot take the step, with every reason."""

    id: UUID
    tag: str
    name: str
    blockers: tuple[Blocker, ...]


@dataclass(frozen=True)
class Taken:
    """How many took the step, and which did not."""

    number: int
    refused: tuple[Refused, ...]


def take_together(
    actor: Actor, asset_ids: Sequence[UUID], to: AssetState, *, reason: str = "", leave_out: bool = False
) -> Taken:
    """Take a step with all of these assets, or with none where one may not; with `leave_out` with those that may.

    Raises NotFound for an asset of another school, and Denied for a step that is not one of STEPS or too many assets.
    """
    if to not in STEPS or not 0 < len(set(asset_ids)) <= MOST:
        message = f"Choose one of the steps, and from 1 to {MOST:,} assets."
        raise Denied((Blocker("assets", message),))
    assets = lock_many(actor.school_id, asset_ids)
    around = known(actor.school_id, assets.values())
    stated, checked = statements(actor.school_id, list(assets)), checks_of(actor.school_id, list(assets))
    refused = []
    for asset in assets.values():
        here = around.around(asset, asset.id in stated, checked.get(asset.id, {}))
        decision = rules.may_change_state(facts.facts_from(asset, here), to, actor.role, reason)
        if not decision.allowed:
            refused.append(Refused(asset.id, asset.tag, _name(asset), decision.blockers))
    if refused and not leave_out:
        return Taken(0, tuple(refused))
    out = {one.id for one in refused}
    ready = [asset for asset in assets.values() if asset.id not in out]
    before = [step(asset, to, reason.strip()) for asset in ready]
    db.session.flush()
    notes = [
        Note(
            EventKind.ASSET_STATE_CHANGED,
            subject_of(asset, around.names),
            before={"state": was.value},
            after={"state": to.value},
            why=reason.strip(),
        )
        for asset, was in zip(ready, before, strict=True)
    ]
    return Taken(record_many(actor, notes), tuple(refused))


def _name(asset: Asset) -> str:
    return asset.name or f"{asset.make} {asset.model}".strip()
