"""People who have something of the school's, for tests of reminders."""

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from uuid import UUID

from tests.cast import Site
from tests.tracker.loans.desk import Desk, desk
from tracker.agreements import service as agreements
from tracker.agreements.rules import Means, Relation, Signing
from tracker.db import db
from tracker.inventory.rules import CheckKind
from tracker.loans import own
from tracker.loans import service as loans
from tracker.loans.models import Loan
from tracker.loans.rules import AttestationKind, LoanDetails
from tracker.loans.service import Lent
from tracker.people import links
from tracker.people import service as people
from tracker.people.models import Person
from tracker.people.rules import PersonDetails, PersonKind
from tracker.reminders.service import Letterhead
from tracker.values import LONDON, Actor

HEAD = Letterhead("Saint Brigid's", "https://assets.school.example", "school.example")
SENDER = "caretaker@school.example"


@dataclass
class Clock:
    """A clock that a test sets."""

    now: datetime

    def __call__(self) -> datetime:
        return self.now

    def at(self, day: date, hour: int = 9) -> "Clock":
        self.now = datetime(day.year, day.month, day.day, hour, tzinfo=LONDON)
        return self


@dataclass
class Borrowers:
    """Ann borrows, Mo manages her, Hana is the head."""

    site: Site
    desk: Desk
    ann: UUID
    mo: UUID
    hana: UUID
    actor: Actor

    def lend(self, person_id: UUID | None = None, *, days: int = 0) -> Loan:
        """A laptop, to be back after so many days."""
        details = LoanDetails(loans.today() + timedelta(days=days), off_site=False)
        things = [Lent(self.desk.laptop(CheckKind.IDENTIFICATION).id)]
        made = loans.lend(self.desk.actor, person_id or self.ann, things, details, self.desk.signed())
        db.session.flush()
        return made


def borrowers(site: Site) -> Borrowers:
    """Make them. The caller commits. Nobody is behind with the yearly statement, since nobody else is linked."""
    head, made = site.actor("hana"), desk(site.actor("tess"))
    mo = people.add_person(made.actor, PersonDetails("Mo Manager", email="mo@school.example"))
    person = people.get_person(made.actor.school_id, made.ann.id)
    change(made.actor, person, email="ann@school.example", line_manager_id=mo.id)
    hana = links.person_for_user(head)
    change(made.actor, hana, email="hana@school.example")
    own.state(head, AttestationKind.HOUSEKEEPING)
    signed_by_all(made, person, mo, hana)
    return Borrowers(
        site, made, person.id, mo.id, hana.id, Actor(made.actor.school_id, None, "Caretaker", None, "tests")
    )


def change(actor: Actor, person: Person, **values: object) -> None:
    """Change what is known of somebody."""
    details = people.details_of(person)
    people.edit(actor, person.id, PersonDetails(**{**vars(details), **values}), version=person.version)


def signed_by_all(made: Desk, *everybody: Person) -> None:
    """Everybody signs the terms, so that nobody is reminded of that."""
    for one in everybody:
        assert one.kind != PersonKind.PUPIL.value
        signing = Signing(Means.SCREEN, one.name, Relation.SELF, agreements.today(), made.terms.text_sha256)
        agreements.sign(made.actor, made.terms.id, one.id, signing)
