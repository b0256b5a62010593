"""What somebody has, and states about it. Flushes, never commits."""

from dataclasses import dataclass
from datetime import date, datetime
from uuid import UUID

from sqlalchemy import func, select

from tracker.audit.kinds import EventKind
from tracker.audit.service import record
from tracker.db import add, db
from tracker.inventory.checks_rules import Standing
from tracker.inventory.facts import latest_of_many, worth
from tracker.inventory.kinds import kinds
from tracker.inventory.models import Asset
from tracker.inventory.rules import CheckKind
from tracker.inventory.settings import settings_of
from tracker.loans.models import Attestation, Loan, LoanItem
from tracker.loans.rules import AttestationKind
from tracker.people import links
from tracker.people import service as people
from tracker.values import Actor, NotFound, utc_now

CHECKS = (CheckKind.UPDATES, CheckKind.ANTI_VIRUS, CheckKind.ENCRYPTION)  # what a borrower keeps up


@dataclass(frozen=True)
class Checked:
    """Where a thing stands with one kind of check (clause LN3). `done_on`: of the latest one; None: never."""

    kind: CheckKind
    standing: Standing
    done_on: date | None


@dataclass(frozen=True)
class Held:
    """A thing that somebody has on loan. `confirmed_at`: when they last said that they still have it."""

    item: LoanItem
    loan: Loan
    tag: str
    overdue: bool
    confirmed_at: datetime | None
    checks: list[Checked]


def held(school_id: UUID, person_id: UUID, today: date) -> list[Held]:
    """What somebody has on loan, what is due first at the top: four queries."""
    query = (
        select(LoanItem, Loan, Asset)
        .join(Loan, (Loan.school_id == LoanItem.school_id) & (Loan.id == LoanItem.loan_id))
        .join(Asset, (Asset.school_id == LoanItem.school_id) & (Asset.id == LoanItem.asset_id))
        .where(Loan.school_id == school_id, Loan.person_id == person_id, LoanItem.returned_at.is_(None))
        .order_by(Loan.due_on, LoanItem.id)
    )
    found = db.session.execute(query).all()
    confirmed = last_confirmed(school_id, [item.id for item, _, _ in found])
    checks = _checks(school_id, [asset for _, _, asset in found], today)
    return [
        Held(item, loan, asset.tag, loan.due_on < today, confirmed.get(item.id), checks[asset.id])
        for item, loan, asset in found
    ]


def _checks(school_id: UUID, assets: list[Asset], today: date) -> dict[UUID, list[Checked]]:
    """The checks of what can hold data, by thing: updates, virus protection, encryption."""
    days, latest = settings_of(school_id).check_days, latest_of_many(school_id, [one.id for one in assets])
    bearing = {one.id for one in kinds(school_id) if one.data_bearing}
    found: dict[UUID, list[Checked]] = {}
    for asset in assets:
        known = latest.get(asset.id, {})
        wanted = CHECKS if asset.kind_id in bearing else tuple(kind for kind in CHECKS if kind in known)
        found[asset.id] = [
            Checked(kind, worth(asset, known.get(kind), today, days), known[kind].done_on if kind in known else None)
            for kind in wanted
        ]
    return found


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
