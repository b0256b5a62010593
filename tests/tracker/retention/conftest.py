"""Somebody who did everything that leaves a name in the register, and who left long ago."""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import date
from io import BytesIO
from pathlib import Path
from uuid import UUID, uuid4

import pytest
from sqlalchemy import JSON, String, Text, cast, func, select

from tests.cast import PASSWORD, Site
from tests.things import drawing, things
from tests.tracker.attachments import samples
from tests.tracker.imports.conftest import csv_of
from tests.tracker.loans.desk import Desk
from tracker.accounts import service as accounts
from tracker.agreements import service as agreements
from tracker.agreements.models import AgreementVersion
from tracker.agreements.rules import Means, Relation, Signing
from tracker.attachments import service as attachments
from tracker.attachments.storage import Files
from tracker.audit import chain
from tracker.audit.service import links
from tracker.db import Base, db
from tracker.imports import service as imports
from tracker.imports import work
from tracker.imports.rules import ListOf
from tracker.incidents import service as incidents
from tracker.incidents.models import Incident
from tracker.incidents.rules import IncidentDetails, IncidentKind
from tracker.inventory import kinds, saved
from tracker.inventory import service as inventory
from tracker.inventory.details import AssetDetails
from tracker.inventory.rules import CheckKind
from tracker.loans import service as loans
from tracker.people import links as people_links
from tracker.people import service as people
from tracker.people.models import Person
from tracker.people.rules import PersonDetails
from tracker.reminders.models import ReminderSent
from tracker.retention import service
from tracker.retention.rules import Periods
from tracker.values import Actor, Role, utc_now

NAME, EMAIL, WORD = "Ann Whitlow", "ann.whitlow@school.example", "whitlow"
LONG_AGO = date(2015, 7, 20)


@dataclass
class Leaver:
    """The leaver with everything that she touched, and who decides on her name."""

    site: Site
    head: Actor
    ann: Actor
    person_id: UUID
    told: dict[str, str]
    scan: Path

    @property
    def person(self) -> Person:
        return people.get_person(self.head.school_id, self.person_id)

    def edit(self, **change: object) -> None:
        """Change what is known of her."""
        person = self.person
        details = replace(people.details_of(person), **change)  # type: ignore[arg-type]
        people.edit(self.head, person.id, details, version=person.version)
        db.session.commit()

    def leaves(self) -> None:
        """Her account is closed, she left long ago, and the school keeps nothing for longer than it must."""
        accounts.set_active(replace(self.head, role=None), self.ann.id or uuid4(), active=False, why="Left the school")
        self.edit(left_on=LONG_AGO)
        service.change(self.head, Periods(loan_months=0, incident_months=0), version=0)
        db.session.commit()


def everywhere(word: str) -> dict[str, int]:
    """Every column of text of the database that holds a word, with how many rows do."""
    found = {}
    for table in Base.metadata.sorted_tables:
        for column in table.columns:
            if not isinstance(column.type, String | JSON):
                continue
            held = func.lower(cast(column, Text)).contains(word)
            count = db.session.scalar(select(func.count()).select_from(table).where(held)) or 0
            if count:
                found[f"{table.name}.{column.name}"] = count
    db.session.rollback()
    return found


@pytest.fixture
def leaver(site: Site) -> Iterator[Leaver]:
    config, head = site.app.extensions["caretaker"], site.actor("hana")
    system = replace(head, id=None, role=None)
    accounts.create_user(system, username="ann.whitlow", name=NAME, role=Role.TECHNICIAN, password=PASSWORD)
    db.session.commit()
    ann = site.actor("ann.whitlow")
    told = things(ann, config)
    person = people_links.person_for_user(ann)
    details = PersonDetails(NAME, job="ICT technician at Whitlow House", email=EMAIL, reference="WHITLOW1")
    people.edit(ann, person.id, details, version=person.version)
    asset_id = _borrows(ann, person)
    _signs(ann, person, told)
    _is_told_of(ann, person, asset_id)
    scan = attachments.attach(
        ann, people.subject_of(person), BytesIO(samples.jpeg(7)), "whitlow.jpg", instance=config.instance
    )
    person_id, sha256 = person.id, scan.sha256
    _imports(ann)
    db.session.commit()
    yield Leaver(site, head, ann, person_id, told, Files(config.instance, head.school_id).path(sha256))
    db.session.rollback()
    assert chain.verify(links(head.school_id)).broken is None


def _borrows(ann: Actor, person: Person) -> UUID:
    """A loan with a drawn signature, and back again."""
    kind = next(one.id for one in kinds.kinds(ann.school_id) if one.name == "Visualiser")
    thing = inventory.register(ann, AssetDetails(kind, serial="V-7", notes=f"Kept by {NAME}", responsible_id=person.id))
    terms = loans.terms(ann.school_id)
    assert terms is not None
    signed = loans.Signed(NAME, terms.text_sha256, drawn=drawing())
    details = loans.LoanDetails(agreements.today(), off_site=False, place="Whitlow House", purpose=f"For {NAME}")

    Desk(ann, terms, person).checked(thing, CheckKind.IDENTIFICATION)
    loans.lend(ann, person.id, [loans.Lent(thing.id)], details, signed)
    loans.take_back(ann, [loans.Back(thing.id)], replace(signed, text_sha256=""))
    return thing.id


def _signs(ann: Actor, person: Person, told: dict[str, str]) -> None:
    version = agreements.get_version(ann.school_id, UUID(told["agreement_version_id"]))
    assert isinstance(version, AgreementVersion)
    signing = Signing(Means.SCREEN, NAME, Relation.SELF, agreements.today(), version.text_sha256, drawn=drawing())
    agreements.sign(ann, version.id, person.id, signing)


def _is_told_of(ann: Actor, person: Person, asset_id: UUID) -> None:
    """In an incident that is over, a mail, and a list that somebody saved."""
    broken = IncidentDetails(IncidentKind.DAMAGED, f"{NAME} says that the lamp broke.", "Room 3", utc_now())
    found = incidents.report(ann, broken, incidents.About(asset_id=asset_id, person_id=person.id))
    found = db.session.get_one(Incident, (ann.school_id, found.id))
    found.state, found.closed_by, found.closed_at = "closed", NAME, utc_now()
    saved.save(ann, "Ann's things", "q=Ann+Whitlow", opens=False)
    line = {"topic": "due", "id": str(asset_id), "label": f"Lent to {NAME}", "day": None, "about": NAME}
    db.session.add(
        ReminderSent(
            school_id=ann.school_id, person_id=person.id, day=agreements.today(), address=EMAIL,
            subject=f"{NAME}: bring it back", lines=[line], digest_sha256="0" * 64,
            state="sent", attempts=1, repeats=0, refused=False, problem="", message_id="<x>", at=utc_now(),
        )
    )  # fmt: skip
    db.session.flush()


def _imports(ann: Actor) -> None:
    """A list of people that names her, and that went in."""
    rows = csv_of([("WHITLOW1", NAME, "staff", "Trainer")], ("Ref", "Name", "Group", "Job"))
    found = imports.upload(ann, f"{NAME}.csv", rows, ListOf.PEOPLE)
    columns = {int(column): word for column, word in found.mapping.items()}
    imports.match(ann, found.id, columns, imports.choices_of(found), version=found.version)
    import_id = found.id
    db.session.commit()
    work.run_once("tests")
    imports.apply(ann, import_id, imports.get_import(ann.school_id, import_id).digest)
    db.session.commit()
    work.run_once("tests")
