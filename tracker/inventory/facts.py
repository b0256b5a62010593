"""What the gates look at, read from the rows. Only reads."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from uuid import UUID

from sqlalchemy import Text, Uuid, column, func, select, table
from sqlalchemy.orm import aliased

from tracker.db import db, held_rows
from tracker.inventory.checks_rules import Latest, Standing, standing
from tracker.inventory.kinds import get_kind
from tracker.inventory.models import Asset, AssetCheck, AssetKind, Location, NoStorageAssertion
from tracker.inventory.places import get_location
from tracker.inventory.rules import AssetFacts, AssetState, CheckKind, Ownership
from tracker.inventory.settings import settings_of
from tracker.people.models import Person
from tracker.people.service import get_person
from tracker.values import LONDON, today

# The feature above owns this table; here only what is in an asset is counted.
MEDIA = table("media", column("school_id", Uuid), column("asset_id", Uuid), column("state", Text))
_CONDEMNED = ("wipe_failed", "held_for_destruction")


@dataclass(frozen=True)
class Around:
    """What stands around an asset and its gates look at. `checks`: the latest of each kind."""

    kind: AssetKind
    place: Location | None
    person: Person | None
    no_storage: bool
    today: date  # in the school's zone
    check_days: int  # how long a check counts
    condemned: int  # media in it that can only be destroyed
    checks: Mapping[CheckKind, AssetCheck] = field(default_factory=dict)


def facts_of(asset: Asset) -> AssetFacts:
    """What the gates look at."""
    school_id = asset.school_id
    return facts_from(
        asset,
        Around(
            kind=get_kind(school_id, asset.kind_id),
            place=None if asset.location_id is None else get_location(school_id, asset.location_id),
            person=None if asset.responsible_id is None else get_person(school_id, asset.responsible_id),
            no_storage=no_storage(asset) is not None,
            today=today(),
            check_days=settings_of(school_id).check_days,
            condemned=condemned_in(school_id, [asset.id]).get(asset.id, 0),
            checks=latest(school_id, asset.id),
        ),
    )


def held_facts_of(asset: Asset) -> AssetFacts:
    """The same for whoever goes on to write: its kind and its place stay as they are read until the transaction ends.

    Two who put a server into use and take the lock off its room would else both be told that they may.
    """
    for model, row_id in ((AssetKind, asset.kind_id), (Location, asset.location_id)):
        if row_id is not None:
            held_rows(model, asset.school_id, [row_id])
    return facts_of(asset)


def facts_from(asset: Asset, around: Around) -> AssetFacts:
    """The same from rows that the caller has, for many assets at once; asks nothing of the database."""
    kind, place, checks = around.kind, around.place, around.checks
    installation = checks.get(CheckKind.INSTALLATION)
    identification = checks.get(CheckKind.IDENTIFICATION)
    return AssetFacts(
        state=AssetState(asset.state),
        tag=asset.tag,
        kind=kind.name,
        data_bearing=kind.data_bearing,
        portable=kind.portable,
        fixed=kind.fixed,
        server=kind.server,
        serial=asset.serial,
        serial_reason=asset.serial_reason,
        ownership=Ownership(asset.ownership),
        source=asset.owner or asset.supplier,
        media_count=asset.media_count,
        media_holding=asset.media_holding,
        media_condemned=around.condemned,
        no_storage=around.no_storage,
        labelled=asset.label_printed_at is not None or (identification is not None and identification.passed),
        location=place.path if place else "",
        lockable=place.lockable if place else False,
        responsible=asset.responsible_id,
        dbs=_trusted(around.person, around.today),
        installed=installation is not None and installation.passed,
        use_ended=asset.use_ended_at is not None,
        used_by=asset.used_by_id,
        reset_since=_reset_since(asset, checks.get(CheckKind.RESET)),
        unsafe=asset.unsafe,
        encrypted=_good(asset, CheckKind.ENCRYPTION, around),
        protected=_good(asset, CheckKind.ANTI_VIRUS, around),
    )


def _good(asset: Asset, kind: CheckKind, around: Around) -> bool:
    return worth(asset, around.checks.get(kind), around.today, around.check_days) is Standing.GOOD


def latest(school_id: UUID, asset_id: UUID) -> dict[CheckKind, AssetCheck]:
    """The latest check of each kind: of the latest day, and of that day the one that was written down last."""
    return latest_of_many(school_id, [asset_id]).get(asset_id, {})


def latest_of_many(school_id: UUID, asset_ids: list[UUID]) -> dict[UUID, dict[CheckKind, AssetCheck]]:
    """The same for many assets with one query."""
    place = func.row_number().over(
        partition_by=(AssetCheck.asset_id, AssetCheck.kind),
        order_by=(AssetCheck.done_on.desc(), AssetCheck.recorded_at.desc(), AssetCheck.id.desc()),
    )
    mine = (AssetCheck.school_id == school_id) & AssetCheck.asset_id.in_(asset_ids)
    ranked = select(AssetCheck, place.label("place")).where(mine).subquery()
    check = aliased(AssetCheck, ranked)
    found: dict[UUID, dict[CheckKind, AssetCheck]] = {}
    for row in db.session.scalars(select(check).where(ranked.c.place == 1)):
        found.setdefault(row.asset_id, {})[CheckKind(row.kind)] = row
    return found


def condemned_in(school_id: UUID, asset_ids: Sequence[UUID]) -> dict[UUID, int]:
    """How many media in these assets can only be destroyed (media.rules.CONDEMNED), with one query."""
    mine = (MEDIA.c.school_id == school_id) & MEDIA.c.asset_id.in_(asset_ids) & MEDIA.c.state.in_(_CONDEMNED)
    query = select(MEDIA.c.asset_id, func.count()).where(mine).group_by(MEDIA.c.asset_id)
    return {asset_id: count for asset_id, count in db.session.execute(query)}


def no_storage(asset: Asset) -> NoStorageAssertion | None:
    """The statement that it holds no storage, if one stands."""
    query = select(NoStorageAssertion).where(
        NoStorageAssertion.school_id == asset.school_id,
        NoStorageAssertion.asset_id == asset.id,
        NoStorageAssertion.withdrawn_at.is_(None),
    )
    return db.session.scalar(query.limit(1))


def statements_of(asset: Asset) -> list[NoStorageAssertion]:
    """Every statement that it holds no storage, those taken back too: who vouched for it cannot alone release it."""
    query = select(NoStorageAssertion).where(
        NoStorageAssertion.school_id == asset.school_id, NoStorageAssertion.asset_id == asset.id
    )
    return list(db.session.scalars(query.order_by(NoStorageAssertion.asserted_at)))


def _trusted(person: Person | None, today: date) -> bool:
    if person is None or person.dbs_confirmed_on is None:
        return False
    return person.left_on is None or person.left_on >= today


def _reset_since(asset: Asset, reset: AssetCheck | None) -> bool:
    """Days are compared: a reset on the day on which its use ended counts."""
    if asset.use_ended_at is None or reset is None or not reset.passed:
        return False
    return reset.done_on >= asset.use_ended_at.astimezone(LONDON).date()


def worth(asset: Asset, check: AssetCheck | None, today: date, check_days: int) -> Standing:
    """What the latest check of a kind is worth today."""
    found = None if check is None else Latest(CheckKind(check.kind), check.passed, check.done_on)
    arrived = asset.media_arrived_at.astimezone(LONDON).date() if asset.media_arrived_at else None
    return standing(found, today, check_days, arrived)
