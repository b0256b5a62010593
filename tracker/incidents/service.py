"""Incidents: report, assess, tell, decide, close. Flushes, never commits."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy import ColumnElement, func, select

from tracker.accounts.service import next_number
from tracker.audit.kinds import EventKind
from tracker.audit.service import record
from tracker.db import add, db, locked_row, row_of
from tracker.incidents import rules
from tracker.incidents.models import Incident, IncidentNotice
from tracker.incidents.rules import DataAtRisk, IncidentDetails, IncidentFacts, IncidentKind, IncidentState
from tracker.inventory import lifecycle
from tracker.inventory import service as inventory
from tracker.media import service as media
from tracker.people import service as people
from tracker.values import Actor, Blocker, Conflict, Decision, Denied, NotFound, Subject, one_line, utc_now

PAGE = 50  # rows of a list
_LATER: tuple[str, ...] = ("assessment", "decided_by", "decision_reasons", "ico_reference", "crime_reference")
_LATER += ("insurer_reference", "closed_by", "closing_note")  # texts that are empty when an incident is reported


@dataclass(frozen=True)
class About:
    """What an incident is about. `words` where the thing is not in the register, or not known yet."""

    asset_id: UUID | None = None
    medium_id: UUID | None = None
    person_id: UUID | None = None
    words: str = ""


def label_of(incident: Incident) -> str:
    """How people know it: `Incident 7: lost`."""
    return f"Incident {incident.number}: {IncidentKind(incident.kind).label.lower()}"


def subject_of(incident: Incident) -> Subject:
    """The incident as the log knows it."""
    return Subject("incident", incident.id, label_of(incident))


def get_incident(actor: Actor, incident_id: UUID) -> Incident:
    """The incident. Raises NotFound, also for another school's and for a colleague's that is not shown to peers."""
    found = row_of(Incident, actor.school_id, incident_id)
    if not rules.may_see(actor.role, own=_own(actor, found)):
        raise NotFound
    return found


def incident_of_school(school_id: UUID, incident_id: UUID) -> Incident:
    """The incident, for those who see every one of the school. Raises NotFound, also for another school's."""
    return row_of(Incident, school_id, incident_id)


def facts_of(incident: Incident) -> IncidentFacts:
    """What the rules look at."""
    told = select(func.count()).select_from(IncidentNotice)
    mine = (IncidentNotice.school_id == incident.school_id) & (IncidentNotice.incident_id == incident.id)
    return IncidentFacts(
        IncidentKind(incident.kind),
        IncidentState(incident.state),
        incident.discovered_at,
        incident.decided_at,
        DataAtRisk(incident.data_at_risk),
        incident.crime_reference,
        db.session.scalar(told.where(mine)) or 0,
    )


def report(actor: Actor, details: IncidentDetails, about: About) -> Incident:
    """Keep a report. What is lost or stolen becomes missing in the same act (gate G12).

    Raises Denied with every reason why not, and NotFound for a thing or person of another school.
    """
    now = utc_now()
    decision = rules.may_report(details, now)
    if not decision.allowed:
        raise Denied(decision.blockers)
    thing = _thing(actor.school_id, about)
    if details.kind in rules.GONE and about.asset_id is not None:
        why = f"Reported as {details.kind.label.lower()}: see its incidents"  # what was written may name somebody
        lifecycle.report_missing(actor, about.asset_id, why)
    incident = Incident(
        school_id=actor.school_id,
        number=next_number(actor.school_id, Incident.number),
        kind=details.kind.value,
        state=IncidentState.OPEN.value,
        asset_id=about.asset_id,
        medium_id=about.medium_id,
        person_id=about.person_id,
        thing=thing[:300],
        what=_tidy(details.what),
        place=one_line(details.place),
        discovered_at=details.discovered_at,
        data_at_risk=details.data_at_risk.value,
        reported_by=actor.name,
        reported_by_id=actor.id,
        reported_at=now,
        decided_at=None,
        closed_at=None,
        **dict.fromkeys(_LATER, ""),
    )
    add(incident)
    after = {
        "kind": incident.kind,
        "thing": incident.thing,
        "what": incident.what,
        "place": incident.place,
        "discovered_at": details.discovered_at.isoformat(),
        "data_at_risk": incident.data_at_risk,
    }
    record(actor, EventKind.INCIDENT_REPORTED, subject_of(incident), after=after)
    return incident


def assess(actor: Actor, incident_id: UUID, data_at_risk: DataAtRisk, assessment: str, *, version: int) -> Incident:
    """Write down what is at risk. Raises NotFound, Conflict where it was changed since, and Denied."""
    incident = _locked(actor, incident_id, version)
    _ask(rules.may_assess(facts_of(incident), actor.role, assessment))
    before = {"data_at_risk": incident.data_at_risk, "assessment": incident.assessment}
    incident.data_at_risk, incident.assessment = data_at_risk.value, _tidy(assessment)
    if incident.state == IncidentState.OPEN.value:
        incident.state = IncidentState.ASSESSED.value
    after = {"data_at_risk": incident.data_at_risk, "assessment": incident.assessment}
    return _changed(actor, incident, EventKind.INCIDENT_ASSESSED, before, after)


def decide(actor: Actor, incident_id: UUID, *, notify: bool, reasons: str, reference: str, version: int) -> Incident:
    """Decide whether the Information Commissioner is told. Raises as `assess`."""
    incident = _locked(actor, incident_id, version)
    _ask(rules.may_decide(facts_of(incident), actor.role, notify=notify, reasons=reasons, reference=reference))
    before = {"state": incident.state}
    incident.state = (IncidentState.NOTIFIED if notify else IncidentState.NOT_NOTIFIED).value
    incident.decision_reasons, incident.ico_reference = _tidy(reasons), one_line(reference)
    incident.decided_by, incident.decided_at = actor.name, utc_now()
    after = {"state": incident.state, "reasons": incident.decision_reasons, "ico_reference": incident.ico_reference}
    return _changed(actor, incident, EventKind.INCIDENT_DECIDED, before, after)


def tell(actor: Actor, incident_id: UUID, whom: str, how: str, at: datetime, *, version: int) -> Incident:
    """Write down who was told, and when. Raises as `assess`."""
    incident = _locked(actor, incident_id, version)
    _ask(rules.may_tell(facts_of(incident), actor.role, whom, how, at, utc_now()))
    notice = IncidentNotice(
        school_id=actor.school_id,
        incident_id=incident.id,
        whom=one_line(whom),
        how=one_line(how),
        at=at,
        recorded_by=actor.name,
    )
    add(notice)
    after = {"whom": notice.whom, "how": notice.how, "at": at.isoformat()}
    return _changed(actor, incident, EventKind.INCIDENT_TOLD, {}, after)


def refer(actor: Actor, incident_id: UUID, *, crime: str, insurer: str, version: int) -> Incident:
    """Enter the references of the police and the insurer. Raises as `assess`."""
    incident = _locked(actor, incident_id, version)
    _ask(rules.may_refer(facts_of(incident), actor.role, crime, insurer))
    before = {"crime_reference": incident.crime_reference, "insurer_reference": incident.insurer_reference}
    incident.crime_reference, incident.insurer_reference = one_line(crime), one_line(insurer)
    after = {"crime_reference": incident.crime_reference, "insurer_reference": incident.insurer_reference}
    return _changed(actor, incident, EventKind.INCIDENT_REFERRED, before, after)


def close(actor: Actor, incident_id: UUID, note: str, *, version: int) -> Incident:
    """Close an incident. Raises as `assess`."""
    incident = _locked(actor, incident_id, version)
    _ask(rules.may_close(facts_of(incident), actor.role, note))
    before = {"state": incident.state}
    incident.state, incident.closing_note = IncidentState.CLOSED.value, _tidy(note)
    incident.closed_by, incident.closed_at = actor.name, utc_now()
    return _changed(actor, incident, EventKind.INCIDENT_CLOSED, before, {"state": incident.state, "note": note.strip()})


def clock_of(incident: Incident) -> rules.Clock:
    """Where the 72 hours of an incident stand now."""
    risk = DataAtRisk(incident.data_at_risk)
    return rules.clock(incident.discovered_at, incident.decided_at, risk, utc_now())


def notices(incident: Incident) -> list[IncidentNotice]:
    """Who was told, in the order of time."""
    query = select(IncidentNotice).where(
        IncidentNotice.school_id == incident.school_id, IncidentNotice.incident_id == incident.id
    )
    return list(db.session.scalars(query.order_by(IncidentNotice.at, IncidentNotice.id)))


def listed(actor: Actor, *, closed: bool, page: int) -> tuple[list[Incident], int]:
    """One page of the incidents that somebody may see, the newest first, and how many there are."""
    where = [Incident.school_id == actor.school_id]
    if actor.role not in rules.SEERS:
        where.append(Incident.reported_by_id == actor.id)
    if not closed:
        where.append(Incident.state != IncidentState.CLOSED.value)
    total = db.session.scalar(select(func.count()).select_from(Incident).where(*where)) or 0
    query = select(Incident).where(*where).order_by(Incident.number.desc())
    return list(db.session.scalars(query.limit(PAGE).offset((page - 1) * PAGE))), total


def between(school_id: UUID, first: datetime, last: datetime) -> list[Incident]:
    """The incidents discovered from `first` until before `last`, in order: for the termly report."""
    query = select(Incident).where(
        Incident.school_id == school_id, Incident.discovered_at >= first, Incident.discovered_at < last
    )
    return list(db.session.scalars(query.order_by(Incident.number)))


def of_thing(actor: Actor, column: ColumnElement[bool]) -> list[Incident]:
    """The incidents about one thing that somebody may see, the newest first, at most 50."""
    query = select(Incident).where(Incident.school_id == actor.school_id, column).order_by(Incident.number.desc())
    seen = db.session.scalars(query.limit(50))
    return [one for one in seen if rules.may_see(actor.role, own=_own(actor, one))]


def _own(actor: Actor, incident: Incident) -> bool:
    return actor.id is not None and incident.reported_by_id == actor.id


def _thing(school_id: UUID, about: About) -> str:
    """What it happened to, in words. Raises NotFound for another school's, Denied where nothing is said."""
    if about.person_id is not None:
        people.get_person(school_id, about.person_id)
    if about.medium_id is not None:
        return media.label_of(media.get_medium(school_id, about.medium_id))
    if about.asset_id is not None:
        return inventory.label_of(inventory.get_asset(school_id, about.asset_id))
    words = one_line(about.words)
    if not words:
        raise Denied((Blocker("thing", "Say what it happened to: its tag, its serial number, or in words."),))
    _ask(Decision(tuple(rules.line_blockers(words, "thing", "description"))))
    return words


def _locked(actor: Actor, incident_id: UUID, version: int) -> Incident:
    found = locked_row(Incident, actor.school_id, incident_id)
    if not rules.may_see(actor.role, own=_own(actor, found)):
        raise NotFound
    if found.version != version:
        raise Conflict(people.changed_meanwhile(actor.school_id, "incident", found.id, label_of(found)))
    return found


def _ask(decision: Decision) -> None:
    if not decision.allowed:
        raise Denied(decision.blockers)


def _changed(
    actor: Actor, incident: Incident, kind: EventKind, before: Mapping[str, object], after: Mapping[str, object]
) -> Incident:
    db.session.flush()
    told = {name: value for name, value in after.items() if before.get(name) != value}
    record(
        actor, kind, subject_of(incident), before={name: before[name] for name in told if name in before}, after=told
    )
    return incident


def _tidy(text: str) -> str:
    return text.replace("\r\n", "\n").strip()
