"""Loans: hand out, extend, take back, suspend. Flushes, never commits."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from uuid import UUID

from sqlalchemy import select

from labels import code
from tracker.accounts.service import next_number
from tracker.agreements import drawing
from tracker.agreements import service as agreements
from tracker.agreements.models import AgreementVersion
from tracker.agreements.rules import AgreementKind, Standing
from tracker.audit.kinds import EventKind
from tracker.audit.service import record
from tracker.db import add, db, locked_row, row_of
from tracker.inventory import kinds, lifecycle
from tracker.inventory import service as inventory
from tracker.inventory.facts import facts_of
from tracker.inventory.locking import lock_asset
from tracker.inventory.models import Asset
from tracker.loans import reservations, rules
from tracker.loans.models import Loan, LoanItem, Suspension
from tracker.loans.rules import BorrowerFacts, Condition, ItemFacts, Means
from tracker.loans.rules import LoanDetails as LoanDetails
from tracker.people import service as people
from tracker.people.models import Person
from tracker.people.rules import PersonKind
from tracker.values import Actor, Blocker, Conflict, Denied, Subject, one_line, utc_now
from tracker.values import today as today


@dataclass(frozen=True)
class Lent:
    """One thing as it goes out."""

    asset_id: UUID
    accessories: str = ""
    condition: str = ""


@dataclass(frozen=True)
class Signed:
    """A signature. `text_sha256` is of the terms that were shown, `drawn` a PNG, `reference` where the paper lies."""

    signatory: str
    text_sha256: str = ""
    drawn: bytes = b""
    means: Means = Means.DESK
    reference: str = ""


@dataclass(frozen=True)
class Back:
    """One thing as it comes back."""

    asset_id: UUID
    condition: Condition = Condition.AS_LENT
    note: str = ""


def label_of(loan: Loan) -> str:
    """How people know it: `Loan 12`."""
    return f"Loan {loan.number}"


def subject_of(loan: Loan) -> Subject:
    """The loan as the log knows it."""
    return Subject("loan", loan.id, label_of(loan))


def get_loan(school_id: UUID, loan_id: UUID) -> Loan:
    """The loan. Raises NotFound, also for another school's."""
    return row_of(Loan, school_id, loan_id)


def items_of(school_id: UUID, loan_id: UUID) -> list[LoanItem]:
    """The things of a loan, in the order in which they were scanned."""
    query = select(LoanItem).where(LoanItem.school_id == school_id, LoanItem.loan_id == loan_id)
    return list(db.session.scalars(query.order_by(LoanItem.id)))


def terms(school_id: UUID) -> AgreementVersion | None:
    """The terms of loans that are in force; None where the school has none yet."""
    for one in agreements.agreements(school_id):
        if one.kind == AgreementKind.LOAN_TERMS.value:
            found = agreements.version_in_force(school_id, one.id)
            if found is not None:
                return found
    return None


def borrower_facts(person: Person) -> BorrowerFacts:
    """What the gate looks at in a person."""
    standing = agreements.standing_of(person, AgreementKind.ACCEPTABLE_USE)
    suspended = suspension_of(person)
    return BorrowerFacts(
        id=person.id,
        left=person.left_on is not None and person.left_on < today(),
        suspended=suspended.reason if suspended else "",
        unsigned=tuple(one.agreement.title for one in standing if one.standing is not Standing.CURRENT),
    )


def item_facts(asset: Asset) -> ItemFacts:
    """What the gate looks at in a thing."""
    kind = kinds.get_kind(asset.school_id, asset.kind_id)
    return ItemFacts(facts_of(asset), code.shown(asset.tag), day_loan=kind.day_loan)


def lend(
    actor: Actor,
    person_id: UUID,
    items: Sequence[Lent],
    details: LoanDetails,
    signed: Signed | None,
    *,
    desk: Actor | None = None,
) -> Loan:
    """Hand things out (gate G3). All of them or none. `signed` None: a loan for the day of what may go without.

    Raises NotFound for a person or thing of another school, and Denied with every reason why not. Two desks that lend
    the same thing at once: the second is told that it is on loan. `desk`: who prepared it, where the actor signs by a
    link; what the desk might do is asked, and its name stands on the loan.
    """
    desk = desk or actor
    person = people.get_person(actor.school_id, person_id)
    assets = {one: lock_asset(actor.school_id, one) for one in sorted({item.asset_id for item in items})}
    facts = [item_facts(assets[item.asset_id]) for item in items]
    version = terms(actor.school_id)
    found = [*rules.may_lend(details, borrower_facts(person), facts, desk.role, today()).blockers]
    found += reservations.keeps(desk, person.id, list(assets), details.due_on, details.over, lock=True)
    found += _signature(signed, version)
    if signed is None:
        found += rules.may_lend_for_the_day(details, facts, today()).blockers
    for item in items:
        found += [
            *rules.line_blockers(item.accessories, "accessories"),
            *rules.line_blockers(item.condition, "condition"),
        ]
    if found or version is None:
        raise Denied(tuple(found))
    loan = _new(actor, person, details, version, signed or Signed("", means=Means.NONE), desk.name)
    loan.open_items = len(items)
    add(loan)
    for item in items:
        _add_item(loan, assets[item.asset_id], item)
        lifecycle.hand_out(actor, item.asset_id, why=f"{label_of(loan)} to {person.name}")
    told = {
        "borrower": person.name,
        "signatory": loan.signatory,
        "due_on": loan.due_on.isoformat(),
        "off_site": loan.off_site,
        "purpose": loan.purpose,
        "items": [code.shown(assets[item.asset_id].tag) for item in items],
        "text_sha256": loan.text_sha256,
        "means": loan.means,
    }
    record(actor, EventKind.LOAN_LENT, subject_of(loan), after=told)
    reservations.collected(actor, loan, list(assets), details.over)
    return loan


def extend(actor: Actor, loan_id: UUID, until: date, *, version: int) -> Loan:
    """Move the due date. Raises NotFound, Conflict where the loan was changed since, and Denied."""
    loan = locked_row(Loan, actor.school_id, loan_id)
    if loan.version != version:
        raise Conflict(people.changed_meanwhile(actor.school_id, "loan", loan.id, label_of(loan)))
    decision = rules.may_extend(loan.due_on, until, actor.role, today(), closed=loan.open_items == 0)
    out = [one.asset_id for one in items_of(actor.school_id, loan_id) if one.returned_at is None]
    found = (*decision.blockers, *reservations.keeps(actor, loan.person_id, out, until, lock=True))
    if found:
        raise Denied(found)
    before = {"due_on": loan.due_on.isoformat()}
    loan.due_on = until
    db.session.flush()
    record(actor, EventKind.LOAN_EXTENDED, subject_of(loan), before=before, after={"due_on": until.isoformat()})
    return loan


def take_back(actor: Actor, things: Sequence[Back], signed: Signed) -> list[LoanItem]:
    """Take things back, of one loan or of several. All of them or none; each thing once.

    Raises NotFound, and Denied that names every thing which is not on loan or lacks a note.
    """
    wanted = {one.asset_id: one for one in things}
    assets = {one: lock_asset(actor.school_id, one) for one in sorted(wanted)}
    open_items = open_of(actor.school_id, list(wanted))
    found = [*rules.line_blockers(signed.signatory, "name"), *_paper(signed)]
    if not wanted:
        found.append(Blocker("no_items", "Scan or type at least one thing that comes back."))
    for asset_id, one in wanted.items():
        shown = code.shown(assets[asset_id].tag)
        out = asset_id in open_items
        found += rules.may_return(one.condition, one.note, actor.role, out=out, shown=shown).blockers
    if found:
        raise Denied(tuple(found))
    drawn, now = drawing.checked(signed.drawn) if signed.drawn else None, utc_now()
    loans = {
        one: locked_row(Loan, actor.school_id, one) for one in sorted({item.loan_id for item in open_items.values()})
    }
    for asset_id, one in wanted.items():
        item = open_items[asset_id]
        item.returned_at, item.received_by = now, actor.name
        item.condition_in, item.note_in = one.condition.value, one.note.strip()
        if signed.signatory.strip():
            _signed_in(item, signed, drawn, now)
        loan = loans[item.loan_id]
        loan.open_items -= 1
        db.session.flush()
        lifecycle.give_back(actor, asset_id, loan.person_id, why=f"Back from {label_of(loan).lower()}")
        told = {"item": code.shown(assets[asset_id].tag), "condition": one.condition.value, "note": item.note_in}
        record(actor, EventKind.LOAN_RETURNED, subject_of(loan), after={**told, "returned_by": item.returned_by})
    return [open_items[one] for one in wanted]


def sign_in(actor: Actor, loan_id: UUID, item_ids: Sequence[UUID], signed: Signed) -> Loan:
    """Sign for things that are back and that nobody signed in yet. All of them or none.

    Raises NotFound, and Denied with every reason why not.
    """
    loan = locked_row(Loan, actor.school_id, loan_id)
    items = [one for one in items_of(actor.school_id, loan_id) if one.id in set(item_ids)]
    found = [*rules.line_blockers(signed.signatory, "name"), *_paper(signed)]
    if not signed.signatory.strip():
        found.append(Blocker("no_signatory", "Enter the name of the person who signs."))
    if not items or len(items) < len(set(item_ids)):
        found.append(Blocker("no_items", "There is nothing to sign for."))
    found += [Blocker("out", f"It is not back yet: {one.label}.") for one in items if one.returned_at is None]
    found += [Blocker("signed", f"It is signed for already: {one.label}.") for one in items if one.returned_by]
    if found:
        raise Denied(tuple(found))
    drawn, now = drawing.checked(signed.drawn) if signed.drawn else None, utc_now()
    for one in items:
        _signed_in(one, signed, drawn, now)
    db.session.flush()
    told = {"items": [one.label for one in items], "returned_by": one_line(signed.signatory)}
    record(actor, EventKind.LOAN_SIGNED_IN, subject_of(loan), after={**told, "means": signed.means.value})
    return loan


def suspend(actor: Actor, person_id: UUID, reason: str) -> None:
    """Somebody may not borrow for now. Raises NotFound, Denied."""
    person, reason = people.get_person(actor.school_id, person_id), one_line(reason)
    found = rules.line_blockers(reason, "reason")
    if not reason:
        found.append(Blocker("reason", "Give the reason."))
    if suspension_of(person) is not None:
        found.append(Blocker("suspended", "This person may not borrow already."))
    if found:
        raise Denied(tuple(found))
    now = utc_now()
    add(
        Suspension(
            school_id=actor.school_id,
            person_id=person.id,
            reason=reason,
            suspended_by=actor.name,
            suspended_at=now,
            lifted_at=None,
        )
    )
    record(actor, EventKind.PERSON_SUSPENDED, people.subject_of(person), after={"may_borrow": False}, why=reason)


def lift(actor: Actor, person_id: UUID) -> None:
    """Somebody may borrow again. Raises NotFound, Denied."""
    person = people.get_person(actor.school_id, person_id)
    found = suspension_of(person)
    if found is None:
        raise Denied((Blocker("suspended", "Nothing keeps this person from borrowing."),))
    found.lifted_at = utc_now()
    db.session.flush()
    record(actor, EventKind.PERSON_SUSPENDED, people.subject_of(person), after={"may_borrow": True})


def suspension_of(person: Person) -> Suspension | None:
    """Why somebody may not borrow, if it stands."""
    query = select(Suspension).where(
        Suspension.school_id == person.school_id, Suspension.person_id == person.id, Suspension.lifted_at.is_(None)
    )
    return db.session.scalar(query.limit(1))


def open_of(school_id: UUID, asset_ids: list[UUID]) -> Mapping[UUID, LoanItem]:
    """The open loan of each of these things that is out, by thing."""
    query = select(LoanItem).where(
        LoanItem.school_id == school_id, LoanItem.asset_id.in_(asset_ids), LoanItem.returned_at.is_(None)
    )
    return {one.asset_id: one for one in db.session.scalars(query)}


def needs_parent(person: Person) -> bool:
    """Whether somebody else signs for them (clause AG4)."""
    return person.kind == PersonKind.PUPIL.value


def _new(
    actor: Actor, person: Person, details: LoanDetails, version: AgreementVersion, signed: Signed, lent_by: str
) -> Loan:
    return Loan(
        school_id=actor.school_id,
        number=next_number(actor.school_id, Loan.number),
        person_id=person.id,
        agreement_version_id=version.id,
        due_on=details.due_on,
        off_site=details.off_site,
        purpose=one_line(details.purpose),
        place=one_line(details.place),
        lent_at=utc_now(),
        lent_by=lent_by,
        signatory=one_line(signed.signatory),
        means=signed.means.value,
        reference=one_line(signed.reference),
        text_sha256=signed.text_sha256,
        drawn=drawing.checked(signed.drawn) if signed.drawn else None,
    )


def _signed_in(item: LoanItem, signed: Signed, drawn: bytes | None, now: datetime) -> None:
    """One time for all things of one signature, by which the paper of the loan puts them together."""
    item.returned_by, item.drawn_in = one_line(signed.signatory), drawn
    item.means_in, item.reference_in, item.signed_in_at = signed.means.value, one_line(signed.reference), now


def _paper(signed: Signed) -> list[Blocker]:
    found = rules.line_blockers(signed.reference, "reference")
    if signed.means is Means.PAPER and not signed.reference.strip():
        found.append(Blocker("reference", "Say where the signed paper is kept, or attach a scan and name it here."))
    return found


def _signature(signed: Signed | None, version: AgreementVersion | None) -> list[Blocker]:
    if version is None:
        message = (
            "There are no terms of loans in force yet. Write them under Agreements, and let the head approve them."
        )
        return [Blocker("no_terms", message)]
    if signed is None:
        return []
    found = [*rules.line_blockers(signed.signatory, "name"), *_paper(signed)]
    if not signed.signatory.strip():
        found.append(Blocker("no_signatory", "Enter the name of the person who signs."))
    if signed.text_sha256 != version.text_sha256:
        found.append(Blocker("text_changed", "The terms were replaced while this page was open. Read the new ones."))
    return found


def _add_item(loan: Loan, asset: Asset, item: Lent) -> None:
    add(
        LoanItem(
            school_id=loan.school_id,
            loan_id=loan.id,
            asset_id=asset.id,
            label=inventory.label_of(asset)[:300],
            accessories=one_line(item.accessories),
            condition_out=one_line(item.condition),
            returned_at=None,
            received_by="",
            returned_by="",
            means_in="",
            reference_in="",
            signed_in_at=None,
            condition_in="",
            note_in="",
            drawn_in=None,
        )
    )
