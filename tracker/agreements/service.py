"""Agreements: write, approve, sign, and say who has not. Flushes, never commits."""

import hashlib
from dataclasses import dataclass
from datetime import date
from uuid import UUID

from sqlalchemy import exists, func, select

from tracker.agreements import drawing, rules
from tracker.agreements.models import Agreement, AgreementVersion, Signature, SignatureWithdrawal
from tracker.agreements.rules import (
    AgreementDetails,
    AgreementKind,
    SignatureFacts,
    Signing,
    Standing,
    VersionFacts,
)
from tracker.audit.kinds import EventKind
from tracker.audit.service import record
from tracker.db import add, db, locked_row, row_of
from tracker.people import links
from tracker.people import service as people
from tracker.people.models import Person
from tracker.people.rules import PersonKind
from tracker.values import LONDON, Actor, Blocker, Conflict, Denied, Subject, months_later, one_line, utc_now
from tracker.values import today as today


def subject_of(agreement: Agreement) -> Subject:
    """The agreement as the log knows it."""
    return Subject("agreement", agreement.id, agreement.title)


def signature_subject(signature: Signature) -> Subject:
    """A signature as the log and its scan know it."""
    return Subject("signature", signature.id, f"Signature of {signature.signatory}")


def get_agreement(school_id: UUID, agreement_id: UUID) -> Agreement:
    """The agreement. Raises NotFound, also for another school's."""
    return row_of(Agreement, school_id, agreement_id)


def get_version(school_id: UUID, agreement_version_id: UUID) -> AgreementVersion:
    """The version. Raises NotFound, also for another school's."""
    return row_of(AgreementVersion, school_id, agreement_version_id)


def get_signature(school_id: UUID, signature_id: UUID) -> Signature:
    """The signature. Raises NotFound, also for another school's."""
    return row_of(Signature, school_id, signature_id)


def agreements(school_id: UUID, *, retired: bool = False) -> list[Agreement]:
    """All agreements by title; the retired ones only where asked for."""
    query = select(Agreement).where(Agreement.school_id == school_id).order_by(Agreement.title)
    return list(db.session.scalars(query if retired else query.where(Agreement.retired_at.is_(None))))


def versions_of(school_id: UUID, *agreement_ids: UUID) -> list[AgreementVersion]:
    """The approved versions of some agreements, the newest first."""
    query = select(AgreementVersion).where(
        AgreementVersion.school_id == school_id, AgreementVersion.agreement_id.in_(agreement_ids)
    )
    return list(db.session.scalars(query.order_by(AgreementVersion.number.desc())))


def version_in_force(school_id: UUID, agreement_id: UUID) -> AgreementVersion | None:
    """What people sign today; None where nothing is in force."""
    versions = versions_of(school_id, agreement_id)
    found = rules.in_force([facts_of(one) for one in versions], today())
    return next((one for one in versions if found is not None and one.number == found.number), None)


def details_of(agreement: Agreement) -> AgreementDetails:
    """What an agreement is, as a form shows it."""
    return AgreementDetails(
        agreement.title,
        AgreementKind(agreement.kind),
        audience_of(agreement),
        agreement.owner,
        agreement.review_months,
        agreement.valid_months,
    )


def audience_of(agreement: Agreement) -> frozenset[PersonKind]:
    """Who signs it."""
    return frozenset(PersonKind(one) for one in agreement.audience)


def facts_of(version: AgreementVersion) -> VersionFacts:
    """What the rules look at in a version."""
    return VersionFacts(version.number, version.in_force_on, version.sign_again)


def add_agreement(actor: Actor, details: AgreementDetails) -> Agreement:
    """Add an agreement without a text yet. Raises Denied with every reason why not."""
    details = _checked(actor.school_id, details, None)
    agreement = Agreement(
        school_id=actor.school_id,
        draft="",
        drafted_by="",
        drafted_by_id=None,
        retired_at=None,
        created_at=utc_now(),
        **_columns(details),
    )
    add(agreement)
    record(actor, EventKind.AGREEMENT_CREATED, subject_of(agreement), after=_told(agreement))
    return agreement


def edit_agreement(actor: Actor, agreement_id: UUID, details: AgreementDetails, *, version: int) -> Agreement:
    """Change what an agreement is, its texts apart. Raises NotFound, Denied, and Conflict as `locked` does."""
    agreement = locked(actor.school_id, agreement_id, version)
    details = _checked(actor.school_id, details, agreement)
    subject, old = subject_of(agreement), _told(agreement)
    for name, value in _columns(details).items():
        setattr(agreement, name, value)
    db.session.flush()
    new = _told(agreement)
    changed = [name for name in new if new[name] != old[name]]
    if changed:
        before, after = {name: old[name] for name in changed}, {name: new[name] for name in changed}
        record(actor, EventKind.AGREEMENT_CHANGED, subject, before=before, after=after)
    return agreement


def write_draft(actor: Actor, agreement_id: UUID, text: str, *, version: int) -> Agreement:
    """Keep the text of the next version. Raises NotFound, Denied, and Conflict as `locked` does."""
    agreement = locked(actor.school_id, agreement_id, version)
    text = text.replace("\r\n", "\n").strip()
    decision = rules.may_draft(text)
    if not decision.allowed:
        raise Denied(decision.blockers)
    if text != agreement.draft:
        agreement.draft, agreement.drafted_by, agreement.drafted_by_id = text, actor.name, actor.id
        db.session.flush()
        told = {"draft_sha256": _sha256(text), "characters": len(text)}
        record(actor, EventKind.AGREEMENT_DRAFTED, subject_of(agreement), after=told)
    return agreement


def approve(
    actor: Actor, agreement_id: UUID, *, version: int, minute_ref: str, in_force_on: date, sign_again: bool
) -> AgreementVersion:
    """Make the draft a version, for ever as it is. Raises NotFound, Denied, and Conflict as `locked` does."""
    agreement = locked(actor.school_id, agreement_id, version)
    newest = next(iter(versions_of(actor.school_id, agreement.id)), None)
    minute_ref, now = one_line(minute_ref), utc_now()
    decision = rules.may_approve(
        agreement.draft,
        newest.text if newest else "",
        actor.role,
        drafter=agreement.drafted_by_id == actor.id,
        minute_ref=minute_ref,
        in_force_on=in_force_on,
        today=today(),
    )
    if not decision.allowed:
        raise Denied(decision.blockers)
    made = AgreementVersion(
        school_id=actor.school_id,
        agreement_id=agreement.id,
        number=newest.number + 1 if newest else 1,
        text=agreement.draft,
        text_sha256=_sha256(agreement.draft),
        drafted_by=agreement.drafted_by,
        approved_by=actor.name,
        approved_by_id=actor.id,
        approved_at=now,
        minute_ref=minute_ref,
        in_force_on=in_force_on,
        review_on=months_later(today(), agreement.review_months),
        sign_again=sign_again,
    )
    add(made)
    agreement.draft, agreement.drafted_by, agreement.drafted_by_id = "", "", None
    db.session.flush()
    told = {
        "number": made.number,
        "text_sha256": made.text_sha256,
        "drafted_by": made.drafted_by,
        "minute_ref": minute_ref,
        "in_force_on": in_force_on.isoformat(),
        "sign_again": sign_again,
    }
    record(actor, EventKind.AGREEMENT_APPROVED, subject_of(agreement), after=told)
    return made


def retire(actor: Actor, agreement_id: UUID, *, version: int, reason: str, retired: bool) -> None:
    """Ask nobody to sign it any more, or ask again. Raises NotFound, Denied, and Conflict as `locked` does."""
    agreement = locked(actor.school_id, agreement_id, version)
    found = rules.reason_blockers(reason)
    if found:
        raise Denied(found)
    if (agreement.retired_at is not None) is retired:
        return
    agreement.retired_at = utc_now() if retired else None
    db.session.flush()
    told = {"before": {"retired": not retired}, "after": {"retired": retired}}
    record(actor, EventKind.AGREEMENT_RETIRED, subject_of(agreement), **told, why=reason.strip())


def sign(actor: Actor, agreement_version_id: UUID, person_id: UUID, signing: Signing) -> Signature:
    """Keep a signature under a version. Raises NotFound, and Denied with every reason why not."""
    version = get_version(actor.school_id, agreement_version_id)
    agreement = get_agreement(actor.school_id, version.agreement_id)
    person = people.get_person(actor.school_id, person_id)
    decision = rules.may_sign(
        signing,
        PersonKind(person.kind),
        audience_of(agreement),
        version.text_sha256,
        left_on=person.left_on,
        drafted_on=version.approved_at.astimezone(LONDON).date(),
        today=today(),
    )
    found = list(decision.blockers)
    if agreement.retired_at is not None:
        found.append(Blocker("retired", "Nobody is asked to sign this agreement any more."))
    if found:
        raise Denied(tuple(found))
    made = Signature(
        school_id=actor.school_id,
        agreement_version_id=version.id,
        person_id=person.id,
        signatory=one_line(signing.signatory),
        relation=signing.relation.value,
        means=signing.means.value,
        signed_on=signing.signed_on,
        text_sha256=signing.text_sha256,
        reference=one_line(signing.reference),
        drawn=drawing.checked(signing.drawn) if signing.drawn else None,
        recorded_by=actor.name,
        recorded_by_id=actor.id,
        recorded_at=utc_now(),
    )
    add(made)
    told = {
        "agreement": agreement.title,
        "number": version.number,
        "text_sha256": version.text_sha256,
        "signatory": made.signatory,
        "relation": made.relation,
        "means": made.means,
        "signed_on": made.signed_on.isoformat(),
    }
    record(actor, EventKind.SIGNATURE_GIVEN, people.subject_of(person), after=told)
    return made


def withdraw(actor: Actor, signature_id: UUID, reason: str) -> None:
    """A signature counts no more, for instance since it was recorded for the wrong person. Raises NotFound, Denied."""
    signature = get_signature(actor.school_id, signature_id)
    person = db.session.get(Person, (actor.school_id, signature.person_id), with_for_update=True)
    found = rules.reason_blockers(reason)
    if db.session.get(SignatureWithdrawal, (actor.school_id, signature.id)) is not None:
        found = (Blocker("withdrawn", "This signature was taken back already."),)
    if found or person is None:
        raise Denied(found)
    add(
        SignatureWithdrawal(
            school_id=actor.school_id,
            id=signature.id,
            reason=reason.strip(),
            withdrawn_by=actor.name,
            withdrawn_at=utc_now(),
        )
    )
    version = get_version(actor.school_id, signature.agreement_version_id)
    title = get_agreement(actor.school_id, version.agreement_id).title
    told = {"agreement": title, "number": version.number, "signed_on": signature.signed_on.isoformat()}
    record(actor, EventKind.SIGNATURE_WITHDRAWN, people.subject_of(person), before=told, why=reason.strip())


def locked(school_id: UUID, agreement_id: UUID, version: int) -> Agreement:
    """The agreement, locked until the transaction ends. Raises NotFound, and Conflict where it was changed since."""
    found = locked_row(Agreement, school_id, agreement_id)
    if found.version != version:
        raise Conflict(people.changed_meanwhile(school_id, "agreement", found.id, found.title))
    return found


@dataclass(frozen=True)
class Signed:
    """Where one person stands with one agreement. `signature` is the newest that counts or counted."""

    agreement: Agreement
    version: AgreementVersion  # in force today
    person_id: UUID
    standing: Standing
    signature: Signature | None


def standings(school_id: UUID, persons: dict[UUID, PersonKind], kind: AgreementKind | None = None) -> list[Signed]:
    """Where each of these people stands with each agreement that is in force and meant for them: three queries."""
    wanted = [one for one in agreements(school_id) if kind is None or one.kind == kind.value]
    versions = versions_of(school_id, *(one.id for one in wanted))
    given = _signatures(school_id, [one.id for one in versions], list(persons))
    day, found = today(), []
    for agreement in wanted:
        own = [one for one in versions if one.agreement_id == agreement.id]
        current = rules.in_force([facts_of(one) for one in own], day)
        if current is None:
            continue
        version = next(one for one in own if one.number == current.number)
        numbers = {one.id: one.number for one in own}
        for person_id, group in persons.items():
            if group in audience_of(agreement):
                mine = [one for one in given.get(person_id, ()) if one.agreement_version_id in numbers]
                facts = [SignatureFacts(numbers[one.agreement_version_id], one.signed_on) for one in mine]
                where = rules.standing(facts, [facts_of(one) for one in own], agreement.valid_months, day)
                last = max(mine, key=lambda one: (numbers[one.agreement_version_id], one.signed_on), default=None)
                found.append(Signed(agreement, version, person_id, where, last))
    return found


def standing_of(person: Person, kind: AgreementKind | None = None) -> list[Signed]:
    """Where one person stands with what is meant for them."""
    return standings(person.school_id, {person.id: PersonKind(person.kind)}, kind)


def must_sign(actor: Actor) -> bool:
    """Whether somebody who signs in has yet to sign the acceptable use agreement (clause AG2, gate G3)."""
    if not _asks(actor.school_id):
        return False
    person = links.person_of_user(actor)
    if person is None:
        kind = links.kind_for(actor.role)
        asked = {one for agreement in _of_kind(actor.school_id) for one in audience_of(agreement)}
        return kind in asked
    return any(one.standing is not Standing.CURRENT for one in standing_of(person, AgreementKind.ACCEPTABLE_USE))


def _of_kind(school_id: UUID) -> list[Agreement]:
    """The acceptable use agreements that are in force."""
    return [
        one
        for one in agreements(school_id)
        if one.kind == AgreementKind.ACCEPTABLE_USE.value and version_in_force(school_id, one.id) is not None
    ]


def _asks(school_id: UUID) -> bool:
    """Whether any acceptable use agreement was ever approved: the one question that every page asks."""
    of_version = (AgreementVersion.school_id == Agreement.school_id) & (AgreementVersion.agreement_id == Agreement.id)
    query = select(
        exists().where(
            Agreement.school_id == school_id,
            Agreement.kind == AgreementKind.ACCEPTABLE_USE.value,
            Agreement.retired_at.is_(None),
            of_version,
        )
    )
    return bool(db.session.scalar(query))


def _signatures(school_id: UUID, version_ids: list[UUID], person_ids: list[UUID]) -> dict[UUID, list[Signature]]:
    """Signatures that nobody took back, by person."""
    withdrawn = exists().where(
        SignatureWithdrawal.school_id == Signature.school_id, SignatureWithdrawal.id == Signature.id
    )
    query = select(Signature).where(
        Signature.school_id == school_id, Signature.agreement_version_id.in_(version_ids), ~withdrawn
    )
    if len(person_ids) <= 500:  # more would be more parameters than a statement should have
        query = query.where(Signature.person_id.in_(person_ids))
    found: dict[UUID, list[Signature]] = {}
    for one in db.session.scalars(query):
        found.setdefault(one.person_id, []).append(one)
    return found


def _checked(school_id: UUID, details: AgreementDetails, own: Agreement | None) -> AgreementDetails:
    details = AgreementDetails(**{**vars(details), "title": one_line(details.title), "owner": one_line(details.owner)})
    found = list(rules.may_keep(details).blockers)
    taken = select(Agreement.id).where(
        Agreement.school_id == school_id, func.lower(Agreement.title) == details.title.lower()
    )
    others = [one for one in db.session.scalars(taken) if own is None or one != own.id]
    if others:
        found.append(Blocker("title_taken", f"There is an agreement called {details.title} already."))
    if found:
        raise Denied(tuple(found))
    return details


def _columns(details: AgreementDetails) -> dict[str, object]:
    audience = [kind.value for kind in PersonKind if kind in details.audience]
    return {**vars(details), "kind": details.kind.value, "audience": audience}


def _told(agreement: Agreement) -> dict[str, object]:
    names = ("title", "kind", "audience", "owner", "review_months", "valid_months")
    return {name: getattr(agreement, name) for name in names}


def _sha256(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()
