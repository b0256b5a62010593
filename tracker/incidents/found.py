"""What strangers found and told by the page of a label. Flushes, never commits.

Whoever asks learns nothing of the register: a label that nobody knows is taken like any other.
"""

from dataclasses import dataclass
from uuid import UUID

from sqlalchemy import func, select, union_all

from labels import code
from tracker.accounts.models import School
from tracker.audit.kinds import EventKind
from tracker.audit.service import record
from tracker.db import add, db, locked_row, row_of
from tracker.incidents import found_rules, rules, service
from tracker.incidents.found_rules import FoundDetails, FoundState
from tracker.incidents.models import FoundReport, Incident
from tracker.incidents.rules import IncidentDetails, IncidentKind, IncidentState
from tracker.inventory import service as inventory
from tracker.inventory.models import Asset, RetiredLabel
from tracker.people.service import changed_meanwhile
from tracker.values import Actor, Blocker, Conflict, Decision, Denied, NotFound, Subject, one_line, utc_now

PAGE = 50  # rows of a list
FINDER, ORIGIN = "Somebody who found it", "the page of a label"  # in the log; no address of theirs is kept
TOO_MANY = "Many reports came in today, so this one was not kept. Please telephone the school."


@dataclass(frozen=True)
class Label:
    """Whose label it is. `asset_id` is None for a label of nothing in the register, which nobody outside is told."""

    school_id: UUID
    asset_id: UUID | None
    shown: str


def label_at(text: str) -> Label:
    """Whose label has this address. A label that no school knows is taken by the first school that was founded here.

    Raises NotFound where there is no school yet.
    """
    tag, schools, found = code.scanned(text).tag, select(School.id), None
    if tag is not None:
        now, before = (
            select(Asset.school_id, Asset.id.label("asset_id")).where(Asset.school_id.in_(schools), Asset.tag == tag),
            select(RetiredLabel.school_id, RetiredLabel.asset_id).where(
                RetiredLabel.school_id.in_(schools), RetiredLabel.tag == tag
            ),
        )
        found = db.session.execute(union_all(now, before).limit(1)).first()
    shown = code.shown(tag) if tag else one_line(code.plain(text))[: found_rules.TAG_LIMIT]
    if found is not None:
        return Label(found[0], found[1], shown)
    first = db.session.scalar(select(School.id).order_by(School.created_at, School.id).limit(1))
    if first is None:
        raise NotFound
    return Label(first, None, shown)


def tell(text: str, details: FoundDetails) -> None:
    """Keep what a stranger tells; the same words twice are kept once.

    Raises Denied with every reason why not, with the code `many` where more came in today than a school can read.
    """
    decision = found_rules.may_tell(details)
    if not decision.allowed:
        raise Denied(decision.blockers)
    label, now = label_at(text), utc_now()
    mine = FoundReport.school_id == label.school_id
    told = {
        "tag": label.shown,
        "place": one_line(details.place),
        "words": _tidy(details.words),
        "contact": one_line(details.contact),
    }
    same = (getattr(FoundReport, name) == value for name, value in told.items())
    if db.session.scalar(select(FoundReport.id).where(mine, *same, FoundReport.state != FoundState.SETTLED.value)):
        return
    recent = (
        select(func.count()).select_from(FoundReport).where(mine, FoundReport.reported_at > now - found_rules.WINDOW)
    )
    if (db.session.scalar(recent) or 0) >= found_rules.MOST:
        raise Denied((Blocker("many", TOO_MANY),))
    report = FoundReport(
        school_id=label.school_id,
        asset_id=label.asset_id,
        state=FoundState.NEW.value,
        incident_id=None,
        reported_at=now,
        settled_by="",
        settled_at=None,
        outcome="",
        **told,
    )
    add(report)
    actor = Actor(label.school_id, None, FINDER, None, ORIGIN)
    after = {"place": report.place, "words": report.words, "contact_left": bool(report.contact)}
    record(actor, EventKind.FOUND_REPORTED, subject_of(report), after=after)


def subject_of(report: FoundReport) -> Subject:
    """The report as the log knows it."""
    return Subject("found", report.id, f"Found: {report.tag}")


def get_report(school_id: UUID, found_id: UUID) -> FoundReport:
    """The report. Raises NotFound, also for another school's."""
    return row_of(FoundReport, school_id, found_id)


def listed(school_id: UUID, *, settled: bool, page: int) -> tuple[list[FoundReport], int]:
    """One page of what was found, the newest first, and how many there are; `settled`: with what is settled."""
    where = [FoundReport.school_id == school_id]
    if not settled:
        where.append(FoundReport.state != FoundState.SETTLED.value)
    total = db.session.scalar(select(func.count()).select_from(FoundReport).where(*where)) or 0
    query = select(FoundReport).where(*where).order_by(FoundReport.reported_at.desc(), FoundReport.id)
    return list(db.session.scalars(query.limit(PAGE).offset((page - 1) * PAGE))), total


def of_asset(school_id: UUID, asset_id: UUID) -> list[FoundReport]:
    """What was told of one thing and is not settled, the newest first, at most 50."""
    mine = (FoundReport.school_id == school_id) & (FoundReport.asset_id == asset_id)
    query = select(FoundReport).where(mine, FoundReport.state != FoundState.SETTLED.value)
    return list(db.session.scalars(query.order_by(FoundReport.reported_at.desc()).limit(50)))


def of_incident(incident: Incident) -> list[FoundReport]:
    """What was found that belongs to an incident, in the order of time."""
    mine = (FoundReport.school_id == incident.school_id) & (FoundReport.incident_id == incident.id)
    return list(db.session.scalars(select(FoundReport).where(mine).order_by(FoundReport.reported_at)))


def open_incident_of(report: FoundReport) -> Incident | None:
    """The newest incident about the same thing that is not closed."""
    if report.asset_id is None:
        return None
    query = select(Incident).where(
        Incident.school_id == report.school_id,
        Incident.asset_id == report.asset_id,
        Incident.state != IncidentState.CLOSED.value,
    )
    return db.session.scalar(query.order_by(Incident.number.desc()).limit(1))


def link(actor: Actor, found_id: UUID, *, version: int) -> Incident:
    """Add what was found to the open incident about the thing, or open one: lost, known since the report came in.

    Raises NotFound, Conflict where somebody else changed it since, and Denied.
    """
    report = _locked(actor, found_id, version)
    _ask(found_rules.may_link(FoundState(report.state), actor.role))
    incident = open_incident_of(report) or service.report(actor, _lost(report), _about(report))
    report.state, report.incident_id = FoundState.LINKED.value, incident.id
    db.session.flush()
    after = {"state": report.state, "incident": service.label_of(incident)}
    record(actor, EventKind.FOUND_LINKED, subject_of(report), before={"state": FoundState.NEW.value}, after=after)
    return incident


def settle(actor: Actor, found_id: UUID, outcome: str, *, version: int) -> FoundReport:
    """Say what became of it, and erase how to reach the finder. Raises as `link`."""
    report = _locked(actor, found_id, version)
    _ask(found_rules.may_settle(FoundState(report.state), actor.role, outcome))
    before = {"state": report.state}
    report.state, report.outcome, report.contact = FoundState.SETTLED.value, _tidy(outcome), ""
    report.settled_by, report.settled_at = actor.name, utc_now()
    db.session.flush()
    after = {"state": report.state, "outcome": report.outcome}
    record(actor, EventKind.FOUND_SETTLED, subject_of(report), before=before, after=after)
    return report


def _lost(report: FoundReport) -> IncidentDetails:
    what = f"Somebody outside the school found it and told by its label: {report.place}"
    what += f"\n{report.words}" if report.words else ""
    return IncidentDetails(IncidentKind.LOST, what[: rules.TEXT_LIMIT], report.place, report.reported_at)


def _about(report: FoundReport) -> service.About:
    if report.asset_id is not None:
        return service.About(asset_id=inventory.get_asset(report.school_id, report.asset_id).id)
    return service.About(words=f"Something with the label {report.tag}")


def _locked(actor: Actor, found_id: UUID, version: int) -> FoundReport:
    report = locked_row(FoundReport, actor.school_id, found_id)
    if report.version != version:
        raise Conflict(changed_meanwhile(actor.school_id, "found", report.id, subject_of(report).label))
    return report


def _ask(decision: Decision) -> None:
    if not decision.allowed:
        raise Denied(decision.blockers)


def _tidy(text: str) -> str:
    return text.replace("\r\n", "\n").strip()
