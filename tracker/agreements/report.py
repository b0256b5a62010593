"""Who has signed what, as lists. Only reads; a fixed number of queries whatever the size."""

from dataclasses import dataclass
from uuid import UUID

from sqlalchemy import select

from tracker.agreements import service
from tracker.agreements.models import Agreement, AgreementVersion, Signature, SignatureWithdrawal
from tracker.agreements.rules import AgreementKind, Standing
from tracker.db import db
from tracker.people import service as people
from tracker.people.models import Person
from tracker.people.rules import PersonKind


@dataclass(frozen=True)
class Overview:
    """An agreement in a list: what is in force, and how many who should have signed have not."""

    agreement: Agreement
    newest: AgreementVersion | None
    signed: int
    unsigned: int


@dataclass(frozen=True)
class Unsigned:
    """Somebody whose signature is missing or no longer counts."""

    person: Person
    standing: Standing


@dataclass(frozen=True)
class Given:
    """A signature with what it stands under, and whether it was taken back."""

    signature: Signature
    version: AgreementVersion
    agreement: Agreement
    person: Person
    withdrawal: SignatureWithdrawal | None


def here(school_id: UUID) -> list[Person]:
    """Everybody who has not left, by name."""
    query = select(Person).where(Person.school_id == school_id, people.here())
    return list(db.session.scalars(query.order_by(Person.name, Person.id)))


def signers(school_id: UUID, audience: frozenset[PersonKind]) -> list[tuple[UUID, str]]:
    """Who can sign an agreement, to choose from."""
    return [(one.id, one.name) for one in here(school_id) if PersonKind(one.kind) in audience]


def overview(school_id: UUID, *, retired: bool) -> list[Overview]:
    """All agreements with their figures."""
    wanted = service.agreements(school_id, retired=retired)
    versions = service.versions_of(school_id, *(one.id for one in wanted))
    found = service.standings(school_id, {one.id: PersonKind(one.kind) for one in here(school_id)})
    rows = []
    for agreement in wanted:
        mine = [one.standing is Standing.CURRENT for one in found if one.agreement.id == agreement.id]
        newest = next((one for one in versions if one.agreement_id == agreement.id), None)
        rows.append(Overview(agreement, newest, sum(mine), len(mine) - sum(mine)))
    return rows


def unsigned(school_id: UUID, agreement: Agreement) -> list[Unsigned]:
    """Who has not signed what is in force, by name; nobody where nothing is in force."""
    everybody = {one.id: one for one in here(school_id)}
    groups = {one.id: PersonKind(one.kind) for one in everybody.values()}
    found = service.standings(school_id, groups, AgreementKind(agreement.kind))
    return [
        Unsigned(everybody[one.person_id], one.standing)
        for one in found
        if one.agreement.id == agreement.id and one.standing is not Standing.CURRENT
    ]


def given(school_id: UUID, person_id: UUID) -> list[Given]:
    """All that one person ever signed, the newest first."""
    return _given(school_id, Signature.person_id == person_id)


def signature(school_id: UUID, signature_id: UUID) -> Given:
    """One signature. Raises NotFound, also for another school's."""
    service.get_signature(school_id, signature_id)
    return _given(school_id, Signature.id == signature_id)[0]


def _given(school_id: UUID, which: object) -> list[Given]:
    query = (
        select(Signature, AgreementVersion, Agreement, Person, SignatureWithdrawal)
        .join(
            AgreementVersion,
            (AgreementVersion.school_id == Signature.school_id)
            & (AgreementVersion.id == Signature.agreement_version_id),
        )
        .join(
            Agreement,
            (Agreement.school_id == Signature.school_id) & (Agreement.id == AgreementVersion.agreement_id),
        )
        .join(Person, (Person.school_id == Signature.school_id) & (Person.id == Signature.person_id))
        .outerjoin(
            SignatureWithdrawal,
            (SignatureWithdrawal.school_id == Signature.school_id) & (SignatureWithdrawal.id == Signature.id),
        )
        .where(Signature.school_id == school_id, which)  # type: ignore[arg-type] # a comparison of columns
        .order_by(Signature.signed_on.desc(), Signature.id.desc())
    )
    return [Given(*row) for row in db.session.execute(query)]
