"""Ask somebody to sign by a link in a mail, and take that signature. Flushes, never commits.

The link is the key: 256 random bits, of which only the hash is kept. What it opens is signed once. Every gate is asked
when the desk prepares it, and asked again at the moment of signing: what waits for a signature holds nothing back.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import timedelta
from uuid import UUID

from sqlalchemy import ColumnElement, func, select

from tracker.agreements import service as agreements
from tracker.agreements.models import Agreement, AgreementVersion
from tracker.agreements.rules import Means as SignedBy
from tracker.agreements.rules import Relation, Signing
from tracker.audit.kinds import EventKind
from tracker.audit.service import record
from tracker.db import add, db, locked_row, row_of
from tracker.inventory import service as inventory
from tracker.loans import links_rules, reservations, rules, service
from tracker.loans.links_rules import Document, Line, LinkState, Purpose
from tracker.loans.models import Loan, LoanItem, SigningRequest
from tracker.loans.rules import Means
from tracker.loans.service import Lent, LoanDetails, Signed
from tracker.people import service as people
from tracker.people.models import Person
from tracker.people.rules import PersonKind
from tracker.values import Actor, Blocker, Conflict, Denied, one_line, utc_now

PAGE = 50  # rows of a list


@dataclass(frozen=True)
class Receiver:
    """Who signs, and where the mail goes: the person, or a parent of a pupil."""

    name: str
    address: str


@dataclass(frozen=True)
class Asked:
    """A request with the token of its newest link, which is known at this moment only."""

    request: SigningRequest
    token: str


@dataclass(frozen=True)
class Row:
    """A request in a list."""

    request: SigningRequest
    person: str
    state: LinkState


@dataclass(frozen=True)
class Shown:
    """What somebody who may sign reads before."""

    person: Person
    document: Document
    text: AgreementVersion | None  # None: a return, or nothing is in force any more
    title: str
    parent: bool  # a parent or carer signs


def receiver_of(person: Person) -> Receiver:
    """Who is asked first: the person, or for a pupil the parent whom the school knows."""
    if service.needs_parent(person):
        return Receiver(person.parent_name, person.parent_email)
    return Receiver(person.name, person.email)


def get_request(school_id: UUID, request_id: UUID) -> SigningRequest:
    """The request. Raises NotFound, also for another school's."""
    return row_of(SigningRequest, school_id, request_id)


def of_token(token: str) -> SigningRequest | None:
    """What a link opens, of whatever school: the one look-up that needs no sign-in. None for a link that is none."""
    if len(token) != links_rules.TOKEN_LENGTH:
        return None
    query = select(SigningRequest).where(SigningRequest.token_sha256 == links_rules.token_hash(token))
    return db.session.scalar(query)


def state_of(request: SigningRequest) -> LinkState:
    """Where it stands now."""
    return links_rules.state_of(
        signed=request.signed_at is not None,
        revoked=request.revoked_at is not None,
        expires_at=request.expires_at,
        now=utc_now(),
    )


def ask_for_loan(
    actor: Actor, person_id: UUID, items: Sequence[Lent], details: LoanDetails, to: Receiver, days: int
) -> Asked:
    """Prepare a loan that is signed by a link within so many days. Nothing goes out before.

    Raises NotFound, and Denied with every reason why it could not be lent now.
    """
    person = people.get_person(actor.school_id, person_id)
    assets = [inventory.get_asset(actor.school_id, one.asset_id) for one in items]
    facts = [service.item_facts(one) for one in assets]
    decision = rules.may_lend(details, service.borrower_facts(person), facts, actor.role, service.today())
    ids = [one.id for one in assets]
    found = [*decision.blockers, *reservations.keeps(actor, person.id, ids, details.due_on, details.over)]
    if service.terms(actor.school_id) is None:
        found.append(Blocker("no_terms", "There are no terms of loans in force yet."))
    for item in items:
        found += rules.line_blockers(item.accessories, "accessories")
        found += rules.line_blockers(item.condition, "condition")
    lines = [
        Line(asset.id, inventory.label_of(asset)[:300], one_line(item.accessories), one_line(item.condition))
        for asset, item in zip(assets, items, strict=True)
    ]
    tidy = replace(details, purpose=one_line(details.purpose), place=one_line(details.place))
    return _ask(actor, Purpose.LOAN_OUT, person, Document(tuple(lines), tidy, actor.role), to, days, found=found)


def ask_for_return(actor: Actor, loan_id: UUID, to: Receiver, days: int) -> Asked:
    """Ask for the signature under what came back and nobody signed in. Raises NotFound, Denied."""
    loan = service.get_loan(actor.school_id, loan_id)
    person = people.get_person(actor.school_id, loan.person_id)
    lines = [
        Line(one.id, one.label, one.accessories, _came_back(one))
        for one in service.items_of(actor.school_id, loan_id)
        if one.returned_at is not None and not one.returned_by
    ]
    found = [] if lines else [Blocker("no_items", "Nothing of this loan came back without a signature.")]
    return _ask(actor, Purpose.LOAN_IN, person, Document(tuple(lines)), to, days, found=found, loan_id=loan.id)


def ask_for_agreement(actor: Actor, agreement_id: UUID, person_id: UUID, to: Receiver, days: int) -> Asked:
    """Ask for the signature under an agreement that is in force. Raises NotFound, Denied."""
    agreement = agreements.get_agreement(actor.school_id, agreement_id)
    person = people.get_person(actor.school_id, person_id)
    found = []
    if agreement.retired_at is not None or agreements.version_in_force(actor.school_id, agreement.id) is None:
        found.append(Blocker("no_version", "No version of this agreement is in force."))
    if PersonKind(person.kind) not in agreements.audience_of(agreement):
        found.append(Blocker("audience", f"This agreement is not for {PersonKind(person.kind).label.lower()}s."))
    if person.left_on is not None and person.left_on < service.today():
        found.append(Blocker("left", "This person has left the school."))
    return _ask(actor, Purpose.AGREEMENT, person, Document(), to, days, found=found, agreement_id=agreement.id)


def renew(actor: Actor, request_id: UUID, to: Receiver, days: int, *, version: int) -> Asked:
    """Another link in place of the one before, which opens nothing any more. Raises NotFound, Conflict, Denied."""
    request = _locked(actor, request_id, version)
    found = [*links_rules.may_renew(state_of(request)).blockers]
    found += links_rules.may_ask(to.name, to.address, actor.role).blockers
    if found:
        raise Denied(tuple(found))
    token = links_rules.new_token()
    request.token_sha256, request.expires_at = links_rules.token_hash(token), utc_now() + timedelta(days=days)
    request.name, request.address, request.mailed_at, request.problem = one_line(to.name), to.address, None, ""
    db.session.flush()
    _note(actor, EventKind.SIGNING_ASKED, request, {"again": True, "address": to.address})
    return Asked(request, token)


def revoke(actor: Actor, request_id: UUID, *, version: int) -> None:
    """The link opens nothing any more. Raises NotFound, Conflict, Denied."""
    request = _locked(actor, request_id, version)
    found = [*links_rules.may_renew(state_of(request)).blockers]
    if actor.role not in rules.LENDERS:
        found.append(Blocker("role", "Only the technician or the bursar can do this."))
    if found:
        raise Denied(tuple(found))
    request.revoked_at = utc_now()
    db.session.flush()
    _note(actor, EventKind.SIGNING_REVOKED, request, {"revoked": True})


def note_mailed(actor: Actor, request_id: UUID, token: str, problem: str) -> None:
    """What became of the mail with this link; `problem` empty: the mail server took it. Nothing for an older link."""
    request = locked_row(SigningRequest, actor.school_id, request_id)
    if request.token_sha256 != links_rules.token_hash(token):
        return
    request.mailed_at, request.problem = (None, problem[:500]) if problem else (utc_now(), "")
    db.session.flush()
    _note(actor, EventKind.SIGNING_MAILED, request, {"mailed": not problem, "problem": problem[:500]})


def shown(request: SigningRequest) -> Shown:
    """What stands on the page to sign: the text that is in force now, and the things."""
    person = people.get_person(request.school_id, request.person_id)
    document = links_rules.document_of(request.document)
    text, title = None, ""
    if request.purpose == Purpose.LOAN_OUT:
        text, title = service.terms(request.school_id), "Sign the loan"
    elif request.purpose == Purpose.LOAN_IN:
        title = "Sign what you brought back"
    else:
        agreement = _agreement(request)
        title = agreement.title
        if agreement.retired_at is None:
            text = agreements.version_in_force(request.school_id, agreement.id)
    return Shown(person, document, text, title, service.needs_parent(person))


def blockers(request: SigningRequest) -> tuple[Blocker, ...]:
    """What keeps it from being signed at this moment, the signature itself apart."""
    found = shown(request)
    if found.text is None and request.purpose != Purpose.LOAN_IN:
        return (Blocker("no_version", "The text that was to be signed is not in force any more."),)
    if request.purpose != Purpose.LOAN_OUT or found.document.details is None:
        return ()
    assets = [inventory.get_asset(request.school_id, one.id) for one in found.document.lines]
    facts = [service.item_facts(one) for one in assets]
    borrower, details, desk = (
        service.borrower_facts(found.person),
        found.document.details,
        _desk(request, found.document),
    )
    decision = rules.may_lend(details, borrower, facts, desk.role, service.today())
    ids = [one.id for one in assets]
    return (*decision.blockers, *reservations.keeps(desk, found.person.id, ids, details.due_on, details.over))


def sign(
    school_id: UUID, request_id: UUID, signed: Signed, relation: Relation, actor: Actor, *, token: str = ""
) -> SigningRequest:
    """Take the signature, once. With a token: who holds the link; else the actor at the desk.

    Raises NotFound, Conflict where it is signed, revoked, expired, or the link was replaced meanwhile, and Denied with
    every reason why not: all gates are asked again, at this moment.
    """
    request = locked_row(SigningRequest, school_id, request_id)
    state = state_of(request)
    if token and (state is not LinkState.WAITING or request.token_sha256 != links_rules.token_hash(token)):
        raise Conflict("This link opens nothing any more.")
    if not links_rules.may_renew(state).allowed:
        raise Denied(links_rules.may_renew(state).blockers)
    if not token and actor.role not in rules.LENDERS:
        raise Denied((Blocker("role", "Only the technician or the bursar can do this."),))
    document = links_rules.document_of(request.document)
    if request.purpose == Purpose.LOAN_OUT:
        request.loan_id = _sign_loan(request, document, signed, actor).id
    elif request.purpose == Purpose.LOAN_IN and request.loan_id is not None:
        service.sign_in(actor, request.loan_id, [one.id for one in document.lines], signed)
    else:
        _sign_agreement(request, signed, relation, actor)
    request.signed_at = utc_now()
    db.session.flush()
    told = {"signatory": one_line(signed.signatory), "means": signed.means.value}
    _note(actor, EventKind.SIGNING_DONE, request, told)
    return request


def listed(school_id: UUID, *, waiting: bool, page: int) -> tuple[list[Row], int]:
    """One page of requests, the newest first, and how many there are. `waiting`: those not signed or taken back."""
    where: list[ColumnElement[bool]] = [SigningRequest.school_id == school_id]
    if waiting:
        where += [SigningRequest.signed_at.is_(None), SigningRequest.revoked_at.is_(None)]
    total = db.session.scalar(select(func.count()).select_from(SigningRequest).where(*where)) or 0
    query = (
        select(SigningRequest, Person.name)
        .join(Person, (Person.school_id == SigningRequest.school_id) & (Person.id == SigningRequest.person_id))
        .where(*where)
        .order_by(SigningRequest.asked_at.desc(), SigningRequest.id.desc())
        .limit(PAGE)
        .offset((page - 1) * PAGE)
    )
    return [Row(request, name, state_of(request)) for request, name in db.session.execute(query)], total


def by_link(request: SigningRequest, signatory: str, origin: str) -> Actor:
    """Who acts where somebody signs by a link: no account, no role."""
    name = one_line(signatory)[:150] or request.name
    return Actor(request.school_id, None, f"{name} (by a mailed link)", None, origin)


def _ask(
    actor: Actor,
    purpose: Purpose,
    person: Person,
    document: Document,
    to: Receiver,
    days: int,
    *,
    found: Sequence[Blocker],
    loan_id: UUID | None = None,
    agreement_id: UUID | None = None,
) -> Asked:
    blockers = (*found, *links_rules.may_ask(to.name, to.address, actor.role).blockers)
    if blockers:
        raise Denied(tuple(dict.fromkeys(blockers)))
    token, now = links_rules.new_token(), utc_now()
    request = SigningRequest(
        school_id=actor.school_id,
        purpose=purpose.value,
        person_id=person.id,
        loan_id=loan_id,
        agreement_id=agreement_id,
        document=document.kept(),
        name=one_line(to.name),
        address=to.address,
        token_sha256=links_rules.token_hash(token),
        expires_at=now + timedelta(days=days),
        asked_at=now,
        asked_by=actor.name,
        mailed_at=None,
        problem="",
        signed_at=None,
        revoked_at=None,
    )
    add(request)
    told = {"purpose": purpose.value, "items": [one.label for one in document.lines], "address": to.address}
    _note(actor, EventKind.SIGNING_ASKED, request, told)
    return Asked(request, token)


def _sign_loan(request: SigningRequest, document: Document, signed: Signed, actor: Actor) -> Loan:
    if document.details is None:
        raise RuntimeError("a loan was prepared without its details")
    items = [Lent(one.id, one.accessories, one.condition) for one in document.lines]
    desk = _desk(request, document) if signed.means is Means.LINK else None
    return service.lend(actor, request.person_id, items, document.details, signed, desk=desk)


def _desk(request: SigningRequest, document: Document) -> Actor:
    """Who prepared it, with what they might do then."""
    return Actor(request.school_id, None, request.asked_by, document.role, "prepared")


def _sign_agreement(request: SigningRequest, signed: Signed, relation: Relation, actor: Actor) -> None:
    version = agreements.version_in_force(request.school_id, _agreement(request).id)
    if version is None:
        raise Denied((Blocker("no_version", "No version of this agreement is in force any more."),))
    by = SignedBy.PAPER if signed.means is Means.PAPER else SignedBy.SCREEN
    told = Signing(
        by, signed.signatory, relation, service.today(), signed.text_sha256, signed.reference, drawn=signed.drawn
    )
    agreements.sign(actor, version.id, request.person_id, told)


def _agreement(request: SigningRequest) -> Agreement:
    if request.agreement_id is None:
        raise RuntimeError("an agreement was asked for without saying which")
    return agreements.get_agreement(request.school_id, request.agreement_id)


def _came_back(item: LoanItem) -> str:
    label = rules.Condition(item.condition_in).label
    return f"{label}: {item.note_in}" if item.note_in else label


def _locked(actor: Actor, request_id: UUID, version: int) -> SigningRequest:
    request = locked_row(SigningRequest, actor.school_id, request_id)
    if request.version != version:
        person = people.get_person(actor.school_id, request.person_id)
        raise Conflict(people.changed_meanwhile(actor.school_id, "person", person.id, person.name))
    return request


def _note(actor: Actor, kind: EventKind, request: SigningRequest, after: Mapping[str, object]) -> None:
    person = people.get_person(request.school_id, request.person_id)
    record(actor, kind, people.subject_of(person), after={"request": str(request.id), **after})
