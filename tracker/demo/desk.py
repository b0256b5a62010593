"""What the sample school has agreed, lent, planned and reported: made through the services, as people would."""

from dataclasses import replace
from datetime import timedelta
from uuid import UUID

from sqlalchemy import select

from tracker.agreements import service as agreements
from tracker.agreements.rules import AgreementDetails, AgreementKind
from tracker.db import db
from tracker.demo import planned
from tracker.incidents import service as incidents
from tracker.incidents.rules import DataAtRisk, IncidentDetails, IncidentKind
from tracker.inventory import checks, kinds, labelling
from tracker.inventory.checks_rules import CheckDetails
from tracker.inventory.models import Asset
from tracker.inventory.rules import CheckKind
from tracker.loans import links, links_mail
from tracker.loans import service as loans
from tracker.loans.rules import LoanDetails
from tracker.loans.service import Lent, Signed
from tracker.maintenance import service as maintenance
from tracker.maintenance.rules import PlanDetails, ResultDetails
from tracker.people import service as people
from tracker.people.rules import PersonKind
from tracker.values import Actor, Role, utc_now

LOAN_NAME = "Desk laptop"  # how the laptops of the loans desk are called, see equipment.py
TERMS = """I use the equipment for the school's work. Nobody else uses it.

I keep it encrypted, let its updates and virus protection run, and never leave it in a car.

I tell the school office at once when it is lost, stolen or damaged, and bring it back when I am asked or leave."""
POLICY = """We keep children and staff safe online.

Equipment belongs to the school and is recorded. Data are kept on it only as long as they are needed.

Nothing leaves the school for good before its storage was wiped or destroyed, with a certificate."""
_ADULTS = frozenset({PersonKind.STAFF, PersonKind.GOVERNOR, PersonKind.EXTERNAL})
_PLANS = (
    ("Projector", "Clean the filter", 12),
    ("Projector", "Portable appliance test", 24),
    ("Laptop", "Charger check", 24),
)


def fill(technician: Actor, holders: list[UUID]) -> None:
    """Terms and a policy, four laptops at home, maintenance of projectors."""
    head = replace(technician, id=None, name="Hana Head", role=Role.HEAD)
    _agree(
        technician,
        head,
        AgreementDetails("Online safety policy", AgreementKind.POLICY, _ADULTS, "Head teacher"),
        POLICY,
    )
    loan_terms = AgreementDetails("Terms of loans", AgreementKind.LOAN_TERMS, _ADULTS, "School business manager")
    _agree(technician, head, loan_terms, TERMS)
    _lend(technician, holders)
    _maintain(technician)
    planned.fill(technician, holders, LOAN_NAME)


def report_missing(technician: Actor, asset: Asset, reason: str) -> None:
    """A thing that was not found, with its incident (gate G12)."""
    told = IncidentDetails(IncidentKind.LOST, reason, "Library", utc_now() - timedelta(hours=20), DataAtRisk.UNKNOWN)
    incidents.report(technician, told, incidents.About(asset_id=asset.id))


def _agree(technician: Actor, head: Actor, details: AgreementDetails, text: str) -> None:
    made = agreements.add_agreement(technician, details)
    agreements.write_draft(technician, made.id, text, version=made.version)
    agreements.approve(
        head, made.id, version=made.version, minute_ref="", in_force_on=agreements.today(), sign_again=True
    )


def _lend(technician: Actor, holders: list[UUID]) -> None:
    """Four of the desk's laptops go home, two at once; the others wait, one without a check of its protection."""
    query = select(Asset).where(Asset.school_id == technician.school_id, Asset.name.startswith(LOAN_NAME))
    laptops = list(db.session.scalars(query.order_by(Asset.name)))
    if len(laptops) < 4:  # a smaller sample, as a test makes
        return
    wanted = [labelling.Wanted(one.id, one.tag, one.name, before=False) for one in laptops]
    labelling.printed(technician, wanted, stock="L6009", copies=1, reason=None)
    for kind, how, some in (
        (CheckKind.ENCRYPTION, "BitLocker XTS-AES 256", laptops),
        (CheckKind.ANTI_VIRUS, "Defender, definitions of today", laptops[:-1]),
        (CheckKind.UPDATES, "Windows Update, nothing waiting", laptops[:-1]),
    ):
        told = CheckDetails(kind, True, checks.today(), technician.name, how)
        checks.record_checks(technician, [one.id for one in some], told)
    version = loans.terms(technician.school_id)
    shares = (laptops[:1], laptops[1:2], laptops[2:4])
    for number, (person_id, share) in enumerate(zip(holders[-3:], shares, strict=True)):
        until = LoanDetails(
            loans.today() + timedelta(days=14 * number), True, "Planning and reports at home", "At home"
        )
        signed = Signed(people.get_person(technician.school_id, person_id).name, version.text_sha256 if version else "")
        loans.lend(technician, person_id, [Lent(one.id, "Charger and bag") for one in share], until, signed)
    if len(laptops) > 5:  # one waits for a signature; the demonstration mails nothing
        person = people.get_person(technician.school_id, holders[-1])
        to = links.Receiver(person.name, person.email or "borrower@school.example")
        until = LoanDetails(loans.today() + timedelta(days=21), True, "Reports at home", "At home")
        asked = links.ask_for_loan(technician, person.id, [Lent(laptops[4].id, "Charger")], until, to, 7)
        links.note_mailed(technician, asked.request.id, asked.token, links_mail.NO_SERVER)


def _maintain(technician: Actor) -> None:
    """Plans for projectors and chargers; some were done, one failed."""
    named = {one.name: one.id for one in kinds.kinds(technician.school_id)}
    made = [maintenance.add_plan(technician, named[kind], PlanDetails(name, months)) for kind, name, months in _PLANS]
    filters = maintenance.everything(made[0], only_due=False)
    if len(filters) < 5:
        return
    day, done_by = maintenance.today(), "Wojciech Zając"
    for days_ago, some in ((400, filters[:4]), (100, filters[4:])):
        told = ResultDetails(True, day - timedelta(days=days_ago), done_by)
        maintenance.record_results(technician, made[0].id, [row.asset_id for row in some], told)
    failed = ResultDetails(False, day - timedelta(days=3), "Severn Test Ltd", "The mains cable is cut at the plug.")
    maintenance.record_results(technician, made[1].id, [filters[0].asset_id], failed)
