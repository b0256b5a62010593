"""The register of assets: register, edit, move, change state, and say that there is no storage.

Flushes, never commits. Every write has its event in the same transaction, with what changed only.
"""

from uuid import UUID

from sqlalchemy import select

from labels import code
from tracker.accounts.service import school_of
from tracker.audit.kinds import EventKind
from tracker.audit.service import record
from tracker.db import add, db
from tracker.inventory import label_tags, rules
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
from tracker.inventory.lookup import PLAIN, facts_of, same_serial
from tracker.inventory.lookup import Finding as Finding
from tracker.inventory.lookup import asset_by_tag as asset_by_tag
from tracker.inventory.lookup import details_of as details_of
from tracker.inventory.lookup import find as find
from tracker.inventory.lookup import get_asset as get_asset
from tracker.inventory.lookup import label_of as label_of
from tracker.inventory.lookup import subject_of as subject_of
from tracker.inventory.models import Asset, AssetKind
from tracker.inventory.places import add_location, get_location
from tracker.inventory.rules import AssetState, LocationLevel
from tracker.people.service import get_person
from tracker.values import LONDON, Actor, Blocker, Denied, Subject, folded, utc_now

_NOT_TOLD_YET = ("description", "department", "supplier", "order_number", "funding_source", "owner", "security_marking")


def register(actor: Actor, details: AssetDetails) -> Asset:
    """Put a new thing into the register: into store where gate G1 is satisfied at once, else incoming.

    Raises Denied with every reason why not, and NotFound for a kind, place or person of another school.
    """
    details, kind = _checked(actor.school_id, details, None)
    asset = Asset(
        school_id=actor.school_id,
        tag=_tag(actor.school_id, details.tag),
        state=AssetState.INCOMING.value,
        media_count=0,
        media_holding=0,
        label_printed_at=None,
        created_at=utc_now(),
        **_columns(details),
        **dict.fromkeys(_NOT_TOLD_YET, ""),
        custom={},
        search="",
    )
    asset.search = search_text(asset)
    add(asset)
    after = {"tag": asset.tag, "kind": kind.name, **{key: v for key, v in _told(asset).items() if v not in ("", None)}}
    record(actor, EventKind.ASSET_CREATED, subject_of(asset), after=after)
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
    subject, old = subject_of(asset), _told(asset)
    for name, value in _columns(details).items():
        setattr(asset, name, value)
    asset.search = search_text(asset)
    keep_gates(asset, facts)
    if _told_change(actor, EventKind.ASSET_CHANGED, subject, old, _told(asset)):
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
    subject, old, facts = subject_of(asset), _told(asset), facts_of(asset)
    asset.location_id = location_id
    keep_gates(asset, facts)
    _told_change(actor, EventKind.ASSET_MOVED, subject, old, _told(asset))
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
    if details.location_id is not None:
        get_location(school_id, details.location_id)
    if details.responsible_id is not None:
        get_person(school_id, details.responsible_id)
    found = list(may_keep_asset(details, utc_now().astimezone(LONDON).date()).blockers)
    if not found and not details.same_serial and (asset is None or asset.serial != details.serial):
        others = [one for one in same_serial(school_id, details.serial) if asset is None or one.id != asset.id]
        found += [
            Blocker("same_serial", f"{label_of(one)} has this serial number already. If it really is another, say so.")
            for one in others[:3]
        ]
    if found:
        raise Denied(tuple(found))
    return details, kind


def _tag(school_id: UUID, wanted: str) -> str:
    """A new tag, or the one on a label that was printed before. Raises Denied where that is none or is taken."""
    if wanted:
        tag = code.normalise(wanted)
        if tag is None:
            message = "The tag's last character does not fit the others. Scan the label again, or leave the tag empty."
            raise Denied((Blocker("tag", message),))
        if asset_by_tag(school_id, tag) is not None:
            raise Denied((Blocker("tag_taken", f"The tag {code.shown(tag)} is on another asset already."),))
        if label_tags.retired(school_id, tag) is not None:
            message = (
                f"The label {code.shown(tag)} was retired and stays with the asset that had it. Use another label."
            )
            raise Denied((Blocker("tag_taken", message),))
        return tag
    (tag,) = label_tags.unused(school_id, 1)
    return tag


def _columns(details: AssetDetails) -> dict[str, object]:
    plain = {name: getattr(details, name) for name in PLAIN}
    words = {"ownership": details.ownership.value, "data_class": details.data_class.value}
    return {**plain, **words, "serial_key": rules.serial_key(details.serial)}


def search_text(asset: Asset) -> str:
    """All that the search box looks through in an asset itself."""
    tag = f"{asset.tag} {code.shown(asset.tag)}"
    return folded(f"{tag} {asset.serial} {asset.serial_key} {asset.name} {asset.make} {asset.model}")


def _told(asset: Asset) -> dict[str, object]:
    """An asset for the log: names instead of numbers, as they are now."""
    school, place, person = asset.school_id, asset.location_id, asset.responsible_id
    return {
        "kind": get_kind(school, asset.kind_id).name,
        "name": asset.name,
        "make": asset.make,
        "model": asset.model,
        "serial": asset.serial,
        "serial_reason": asset.serial_reason,
        "ownership": asset.ownership,
        "location": None if place is None else get_location(school, place).path,
        "responsible": None if person is None else get_person(school, person).name,
        "data_class": asset.data_class,
        "acquired_on": asset.acquired_on.isoformat() if asset.acquired_on else None,
        "cost_pence": asset.cost_pence,
        "notes": asset.notes,
    }


def _told_change(
    actor: Actor, kind: EventKind, subject: Subject, old: dict[str, object], new: dict[str, object]
) -> bool:
    """Write the event of a change, if there is one."""
    db.session.flush()
    changed = [key for key in new if new[key] != old[key]]
    if changed:
        before, after = {key: old[key] for key in changed}, {key: new[key] for key in changed}
        record(actor, kind, subject, before=before, after=after)
    return bool(changed)
