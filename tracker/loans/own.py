"""What somebody has, states about it, and leaves behind when they go. Flushes, never commits."""

from dataclasses import dataclass
from datetime import date, datetime
from uuid import UUID

from sqlalchemy import func, select

from tracker.audit.kinds import EventKind
from tracker.audit.service import record
from tracker.db import add, db
from tracker.inventory import service as inventory
from tracker.inventory.models import Asset
from tracker.inventory.rules import ENDED
from tracker.loans import rules
from tracker.loans.models import Attestation, Loan, LoanItem
from tracker.loans.rules import AttestationKind
from tracker.people import links
from tracker.people import service as people
from tracker.people.models import Person
from tracker.values import Actor, Blocker, Denied, NotFound, utc_now


@dataclass(frozen=True)
class Held:
    """A thing that somebody has on loan. `confirmed_at`: when they last said that they still have it."""

    item: LoanItem
    loan: Loan
    tag: str
    overdue: bool
    confirmed_at: datetime | None


@dataclass(frozen=True)
class Left:
    """What has to be settled when somebody leaves."""

    loans: list[Held]
    assets: list[Asset]  # that they answer for
    account: str  # name of an account that is open; empty: none

    @property
    def settled(self) -> bool:
        """Whether nothing is left."""
        return not (self.loans or self.assets or self.account)


def held(school_id: UUID, person_id: UUID, today: date) -> list[Held]:
    """What somebody has on loan, what is due first at the top: two queries."""
    query = (
        select(LoanItem, Loan, Asset.tag)
        .join(Loan, (Loan.school_id == LoanItem.school_id) & (Loan.id == LoanItem.loan_id))
        .join(Asset, (Asset.school_id == LoanItem.school_id) & (Asset.id == LoanItem.asset_id))
        .where(Loan.school_id == school_id, Loan.person_id == person_id, LoanItem.returned_at.is_(None))
        .order_by(Loan.due_on, LoanItem.id)
    )
    found = db.session.execute(query).all()
    confirmed = last_confirmed(school_id, [item.id for item, _, _ in found])
    return [Held(item, loan, tag, loan.due_on < today, confirmed.get(item.id)) for item, loan, tag in found]


def last_confirmed(school_id: UUID, item_ids: list[UUID]) -> dict[UUID, datetime]:
    """When each of these things was last said to be still there."""
    query = (
        select(Attestation.loan_item_id, func.max(Attestation.made_at))
        .where(
            Attestation.school_id == school_id,
            Attestation.kind == AttestationKind.STILL_HAVE.value,
            Attestation.loan_item_id.in_(item_ids),
        )
        .group_by(Attestation.loan_item_id)
    )
    return {item_id: at for item_id, at in db.session.execute(query) if item_id is not None}


def stated(school_id: UUID, person_id: UUID) -> dict[AttestationKind, datetime]:
    """When somebody last stated each kind of thing."""
    query = select(Attestation.kind, func.max(Attestation.made_at)).where(
        Attestation.school_id == school_id, Attestation.person_id == person_id
    )
    found = db.session.execute(query.group_by(Attestation.kind))
    return {AttestationKind(kind): at for kind, at in found}


def state(actor: Actor, kind: AttestationKind, item_id: UUID | None = None) -> Attestation:
    """State something for oneself. Raises NotFound for a thing that one does not have."""
    person = links.person_for_user(actor)
    if (kind is AttestationKind.STILL_HAVE) is (item_id is None):
        raise NotFound
    label = ""
    if item_id is not None:
        item = db.session.get(LoanItem, (actor.school_id, item_id))
        loan = db.session.get(Loan, (actor.school_id, item.loan_id)) if item else None
        if item is None or loan is None or loan.person_id != person.id or item.returned_at is not None:
            raise NotFound
        label = item.label
    made = Attestation(
        school_id=actor.school_id,
        person_id=person.id,
        kind=kind.value,
        loan_item_id=item_id,
        statement=kind.statement,
        made_at=utc_now(),
    )
    add(made)
    after = {"statement": kind.statement, **({"thing": label} if label else {})}
    record(actor, EventKind.PERSON_ATTESTED, people.subject_of(person), after=after)
    return made


def left_behind(person: Person, today: date) -> Left:
    """What somebody has, answers for, and can still open: one list to sign off."""
    account = links.account_of(person.school_id, person.id)
    query = select(Asset).where(
        Asset.school_id == person.school_id,
        Asset.responsible_id == person.id,
        Asset.state.not_in([one.value for one in ENDED]),
    )
    assets = list(db.session.scalars(query.order_by(Asset.tag)))
    return Left(
        held(person.school_id, person.id, today), assets, account.username if account and account.active else ""
    )


def sign_off(actor: Actor, person_id: UUID, last_day: date, today: date) -> None:
    """Somebody leaves and nothing is open any more. Raises NotFound, and Denied that names what is open."""
    person = people.get_person(actor.school_id, person_id)
    left, found = left_behind(person, today), []
    if actor.role not in rules.LENDERS:
        found.append(Blocker("role", "Only the technician or the bursar can do this."))
    found += [Blocker("loans", f"Still on loan: {one.item.label}.") for one in left.loans]
    found += [Blocker("assets", f"Still responsible for {inventory.label_of(one)}.") for one in left.assets]
    if left.account:
        found.append(Blocker("account", f"The account {left.account} is still open. The head or the bursar closes it."))
    if found:
        raise Denied(tuple(found))
    details = people.details_of(person)
    people.edit(actor, person.id, type(details)(**{**vars(details), "left_on": last_day}), version=person.version)
    record(actor, EventKind.PERSON_LEFT, people.subject_of(person), after={"last_day": last_day.isoformat()})
