"""A loans desk: terms that the head approved, laptops that may go home, and somebody who borrows."""

from dataclasses import dataclass, replace
from uuid import UUID, uuid4

from tracker.agreements import service as agreements
from tracker.agreements.models import AgreementVersion
from tracker.agreements.rules import AgreementDetails, AgreementKind
from tracker.inventory import checks, kinds
from tracker.inventory import service as inventory
from tracker.inventory.checks_rules import CheckDetails
from tracker.inventory.details import AssetDetails
from tracker.inventory.models import Asset
from tracker.inventory.rules import CheckKind
from tracker.loans import service
from tracker.loans.models import LoanItem
from tracker.loans.rules import LoanDetails
from tracker.loans.service import Lent, Signed
from tracker.media import service as media
from tracker.media.service import MediumDetails
from tracker.people import service as people
from tracker.people.models import Person
from tracker.people.rules import PersonDetails, PersonKind
from tracker.values import Actor, Role
from wipe.vocabulary import Medium as MediumKind

TERMS = "I use it for school work, keep it encrypted, and bring it back."
HOME = (CheckKind.IDENTIFICATION, CheckKind.ENCRYPTION, CheckKind.ANTI_VIRUS)


@dataclass
class Desk:
    """What a test lends from."""

    actor: Actor
    terms: AgreementVersion
    ann: Person

    def laptop(self, *ready: CheckKind) -> Asset:
        """A laptop in store with a drive; `ready` says which checks it passed."""
        kind = next(one.id for one in kinds.kinds(self.actor.school_id) if one.name == "Laptop")
        details = AssetDetails(kind, make="Dell", model="Latitude", serial=f"D{uuid4().hex[:8]}")
        asset = inventory.register(self.actor, details)
        drive = MediumDetails(MediumKind.NVME, serial=f"N{uuid4().hex[:10]}", asset_id=asset.id)
        media.add_medium(self.actor, drive)
        for one in ready:
            self.checked(asset, one)
        return asset

    def checked(self, asset: Asset, kind: CheckKind) -> None:
        """One check that passed today."""
        told = CheckDetails(kind, passed=True, done_on=checks.today(), done_by="Tess", method="As the policy has it")
        checks.record_checks(self.actor, [asset.id], told)

    def signed(self, name: str = "Ann Example") -> Signed:
        """A typed signature under the terms."""
        return Signed(name, self.terms.text_sha256)

    def lent(self, person: Person) -> LoanItem:
        """A laptop that this person took home today."""
        details = LoanDetails(service.today(), off_site=True, purpose="Planning")
        loan = service.lend(self.actor, person.id, [Lent(self.laptop(*HOME).id)], details, self.signed())
        return service.items_of(self.actor.school_id, loan.id)[0]


def desk(actor: Actor) -> Desk:
    """Open the desk. The caller commits."""
    inventory.create_defaults(actor)
    head = replace(actor, id=None, name="Hana Head", role=Role.HEAD)
    everybody = frozenset(PersonKind)
    made = agreements.add_agreement(
        actor, AgreementDetails("Terms of loans", AgreementKind.LOAN_TERMS, everybody, "Bursar")
    )
    agreements.write_draft(actor, made.id, TERMS, version=made.version)
    terms = agreements.approve(
        head, made.id, version=made.version, minute_ref="", in_force_on=agreements.today(), sign_again=True
    )
    return Desk(actor, terms, people.add_person(actor, PersonDetails("Ann Example")))


def form(borrower: UUID, *assets: Asset, due: str, **change: str) -> dict[str, str]:
    """What the first page sends on."""
    told = {
        "items": "\n".join(one.tag for one in assets),
        "person": str(borrower),
        "due_on": due,
        "purpose": "Planning",
    }
    return {**told, "off_site": "y", "place": "At home", **change}
