"""The register of assets: register, edit, move, change state, and say that there is no storage.

Flushes, never commits. Every write has its event in the same transaction, with what changed only.
"""

from dataclasses import replace
from uuid import UUID

from sqlalchemy import select

from tracker.accounts.service import school_of
from tracker.audit.kinds import EventKind
from tracker.audit.service import record
from tracker.db import add, db
from tracker.inventory import fields, label_tags, rules
from tracker.inventory.details import JOINT, LocationDetails, may_keep_asset, tidy_asset
from tracker.inventory.details import AssetDetails as AssetDetails
from tracker.inventory.kinds import DEFAULTS, add_kind, get_kind
from tracker.inventory.lifecycle import advance, keep_gates
from tracker.inventory.lifecycle import assert_no_storage as assert_no_storage
from tracker.inventory.lifecycle import change_state as change_state
from tracker.inventory.lifecycle import note_media as note_media
from tracker.inventory.lifecycle import withdraw_no_storage as withdraw_no_storage
from tracker.inventory.locking import at_version
from tracker.inventory.locking import lock_asset as lock_asset
from tracker.inventory.lookup import Finding as Finding
from tracker.inventory.lookup import asset_by_tag as asset_by_tag
from tracker.inventory.lookup import facts_of, same_serial
from tracker.inventory.lookup import find as find
from tracker.inventory.lookup import get_asset as get_asset
from tracker.inventory.lookup import label_of as label_of
from tracker.inventory.lookup import subject_of as subject_of
from tracker.inventory.models import Asset, AssetKind
from tracker.inventory.names import names_of
from tracker.inventory.places import add_location, get_location
from tracker.inventory.rules import AssetState, LocationLevel
from tracker.inventory.telling import changed, columns, custom_of, search_text, told
from tracker.inventory.telling import details_of as details_of
from tracker.people.service import get_person
from tracker.values import Actor, Blocker, Denied, Subject, today, utc_now


def register(actor: Actor, details: AssetDetails) -> Asset:
    """Put a new thing into the register: into store where gate G1 is satisfied at once, else incoming.

    Raises Denied with every reason why not, and NotFound for a kind, place or person of another school.
    """
    details, kind = _checked(actor.school_id, details, None)
    kept, tag = columns(details), label_tags.taken_or_new(actor.school_id, details.tag)
    names = names_of(actor.school_id, [kept])
    asset = Asset(
        school_id=actor.school_id,
        tag=tag,
        state=AssetState.INCOMING.value,
        media_count=0,
        media_holding=0,
        unsafe="",
        label_printed_at=utc_now() if details.tag else None,  # its tag stands on a label that was printed before
        created_at=utc_now(),
        **kept,
        search=search_text(tag, kept, names.fields),
    )
    add(asset)
    known = {key: value for key, value in told(kept, names).items() if value not in ("", None)}
    record(actor, EventKind.ASSET_CREATED, subject_of(asset), after={"tag": asset.tag, "kind": kind.name, **known})
    _only_one(details, asset)
    advance(actor, asset)
    return asset


def edit(actor: Actor, asset_id: UUID, details: AssetDetails, *, version: int) -> Asset:
    """Change what is known of an asset; `version` is the one that the form was filled from. The tag stays.

    Raises NotFound, Denied, and Conflict where somebody else changed the asset since.
    """
    asset = at_version(actor.school_id, asset_id, version)
    details, kind = _checked(actor.school_id, details, asset)
    facts = facts_of(asset)
    found = [*rules.may_edit(facts.state).blockers]
    found += rules.may_change_kind(facts, data_bearing=kind.data_bearing).blockers
    if found:
        raise Denied(tuple(found))
    subject, old, new = subject_of(asset), columns(details_of(asset)), columns(details)
    names = names_of(actor.school_id, [old, new])
    for name, value in new.items():
        setattr(asset, name, value)
    asset.search = search_text(asset.tag, new, names.fields)
    keep_gates(asset, facts)
    if _told_change(actor, EventKind.ASSET_CHANGED, subject, told(old, names), told(new, names)):
        if new["serial"] != old["serial"]:
            _only_one(details, asset)
        advance(actor, asset)
    return asset


def move(actor: Actor, asset_id: UUID, location_id: UUID | None, *, version: int) -> Asset:
    """Put an asset elsewhere. Raises NotFound, Denied (gate G2 for one in use), and Conflict as `edit`."""
    asset = at_version(actor.school_id, asset_id, version)
    if location_id is not None:
        get_location(actor.school_id, location_id)
    decision = rules.may_edit(AssetState(asset.state))
    if not decision.allowed:
        raise Denied(decision.blockers)
    subject, old, facts = subject_of(asset), columns(details_of(asset)), facts_of(asset)
    new = {**old, "location_id": location_id}
    asset.location_id = location_id
    keep_gates(asset, facts)
    names = names_of(actor.school_id, [old, new])
    _told_change(actor, EventKind.ASSET_MOVED, subject, told(old, names), told(new, names))
    return asset


def create_defaults(actor: Actor) -> None:
    """The kinds and the first site of a new school. Does nothing where the school has kinds already."""
    if db.session.scalar(select(AssetKind.id).where(AssetKind.school_id == actor.school_id).limit(1)) is not None:
        return
    for details in DEFAULTS:
        add_kind(actor, details)
    school = school_of(actor.school_id)
    add_location(actor, LocationDetails(school.name.replace(JOINT, " - ")[:80], LocationLevel.SITE))


def _checked(school_id: UUID, details: AssetDetails, asset: Asset | None) -> tuple[AssetDetails, AssetKind]:
    """The details as they are kept, and their kind. `asset` is the one that is changed, None for a new one."""
    details = tidy_asset(details)
    kind = get_kind(school_id, details.kind_id)
    had = {} if asset is None else custom_of(asset)
    kept, found = fields.settled(fields.all_fields(school_id), kind.id, details.custom, had)
    details = replace(details, custom=kept)
    if kind.retired_at is not None and (asset is None or asset.kind_id != kind.id):
        found.append(Blocker("kind_retired", f"The kind {kind.name} is no longer used. Choose another."))
    if details.location_id is not None:
        get_location(school_id, details.location_id)
    if details.responsible_id is not None:
        get_person(school_id, details.responsible_id)
    found += may_keep_asset(details, today()).blockers
    if not found and (asset is None or asset.serial != details.serial):
        found += _same_serial(school_id, details, asset)
    if found:
        raise Denied(tuple(found))
    return details, kind


def _same_serial(school_id: UUID, details: AssetDetails, asset: Asset | None) -> list[Blocker]:
    """Which other assets have this serial number, unless somebody said that they may."""
    if details.same_serial:
        return []
    others = [one for one in same_serial(school_id, details.serial) if asset is None or one.id != asset.id]
    return [
        Blocker("same_serial", f"{label_of(one)} has this serial number already. If it really is another, say so.")
        for one in others[:3]
    ]


def _only_one(details: AssetDetails, asset: Asset) -> None:
    """Look again, now that the log lets one person after the other: somebody may have been registering the same."""
    found = _same_serial(asset.school_id, details, asset)
    if found:
        raise Denied(tuple(found))


def _told_change(
    actor: Actor, kind: EventKind, subject: Subject, old: dict[str, object], new: dict[str, object]
) -> bool:
    """Write the event of a change, if there is one."""
    db.session.flush()
    before, after = changed(old, new)
    if after:
        record(actor, kind, subject, before=before, after=after)
    return bool(after)
