"""The register's settings of a school. Flushes, never commits."""

from uuid import UUID

from sqlalchemy import ColumnElement, and_, insert, or_, select
from sqlalchemy.exc import IntegrityError

from tracker.accounts.service import school_of
from tracker.audit.kinds import EventKind
from tracker.audit.service import record
from tracker.db import db
from tracker.inventory.models import Asset, AssetKind, RegisterSettings
from tracker.inventory.settings_rules import Thresholds, is_capital, may_change, must_be_listed
from tracker.people.service import changed_meanwhile
from tracker.values import Actor, Conflict, Denied, Subject


def settings_of(school_id: UUID) -> Thresholds:
    """The figures of a school; the usual ones where it set none."""
    return _thresholds(db.session.get(RegisterSettings, school_id))


def version_of(school_id: UUID) -> int:
    """How often they were set; 0 where they are the usual ones."""
    row = db.session.get(RegisterSettings, school_id)
    return row.version if row else 0


def change_settings(actor: Actor, thresholds: Thresholds, *, version: int) -> None:
    """Set them; `version` is the one that the form was filled from. Raises Denied, and Conflict for the slower one."""
    decision = may_change(thresholds, actor.role)
    if not decision.allowed:
        raise Denied(decision.blockers)
    school = school_of(actor.school_id)
    subject = Subject("school", school.id, school.name)
    row = _locked(actor.school_id)
    if (row.version if row else 0) != version:
        raise Conflict(changed_meanwhile(school.id, "school", school.id, "the settings"))
    old, new = vars(_thresholds(row)), vars(thresholds)
    changed = [name for name in new if new[name] != old[name]]
    if not changed:
        return
    if row is None:
        _insert(actor.school_id, new)
    else:
        for name in changed:
            setattr(row, name, new[name])
    db.session.flush()
    before, after = ({name: side[name] for name in changed} for side in (old, new))
    record(actor, EventKind.REGISTER_SETTINGS_CHANGED, subject, before=before, after=after)


def listing_of(asset: Asset, kind: AssetKind) -> str:
    """What the financial procedures make of it, in words: must it be listed, and is it a capital asset."""
    thresholds = settings_of(asset.school_id)
    flags = {"portable": kind.portable, "data_bearing": kind.data_bearing}
    must = must_be_listed(asset.cost_pence, **flags, thresholds=thresholds)
    told = "Must be in the register" if must else "Need not be in the register"
    return f"{told}; capital asset" if is_capital(asset.cost_pence, thresholds) else told


def listed(thresholds: Thresholds) -> ColumnElement[bool]:
    """`must_be_listed` for a query over Asset joined with AssetKind."""
    ways: list[ColumnElement[bool]] = [Asset.cost_pence.is_(None), Asset.cost_pence >= thresholds.min_cost_pence]
    if thresholds.always_portable:
        ways.append(AssetKind.portable.is_(True))
    if thresholds.always_it:
        ways.append(AssetKind.data_bearing.is_(True))
    return or_(*ways)


def capital(thresholds: Thresholds) -> ColumnElement[bool]:
    """`is_capital` for a query over Asset."""
    return and_(Asset.cost_pence.is_not(None), Asset.cost_pence >= thresholds.capitalise_from_pence)


def _locked(school_id: UUID) -> RegisterSettings | None:
    query = select(RegisterSettings).where(RegisterSettings.school_id == school_id).with_for_update()
    return db.session.scalar(query.execution_options(populate_existing=True))


def _insert(school_id: UUID, values: dict[str, object]) -> None:
    try:
        with db.session.begin_nested():
            db.session.execute(insert(RegisterSettings).values(school_id=school_id, version=1, **values))
    except IntegrityError:
        raise Conflict("Somebody else set these for the first time just now. Look at them, then save.") from None


def _thresholds(row: RegisterSettings | None) -> Thresholds:
    if row is None:
        return Thresholds()
    return Thresholds(**{name: getattr(row, name) for name in Thresholds.__dataclass_fields__})
