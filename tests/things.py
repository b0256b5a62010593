"""One thing of each type in a school, made through the services: an asset, a wiped drive with its evidence."""

import json
from dataclasses import dataclass, replace
from datetime import timedelta
from io import BytesIO
from typing import Any
from uuid import UUID, uuid4

from PIL import Image, ImageDraw
from sqlalchemy import select

from tests.tracker.attachments import samples
from tests.tracker.certificates import cast
from tests.tracker.loans.desk import desk
from tracker.accounts.models import User
from tracker.agreements import service as agreements
from tracker.agreements.models import Signature
from tracker.agreements.rules import AgreementDetails, AgreementKind, Means, Relation, Signing
from tracker.attachments import service as attachments
from tracker.audit import checkpoints, keys
from tracker.certificates import service as certificates
from tracker.config import Config
from tracker.db import add, db
from tracker.imports import service as imports
from tracker.imports import work
from tracker.incidents import found
from tracker.incidents import service as incidents
from tracker.incidents.found_rules import FoundDetails
from tracker.incidents.models import FoundReport
from tracker.incidents.rules import IncidentDetails, IncidentKind
from tracker.inventory import fields, kinds, places, printers, saved
from tracker.inventory import service as inventory
from tracker.inventory.details import AssetDetails, LocationDetails
from tracker.inventory.fields_rules import FieldDetails
from tracker.inventory.label_rules import PrinterDetails
from tracker.inventory.models import Asset
from tracker.inventory.rules import AssetState, CheckKind, CustomType, LocationLevel
from tracker.loans import links, papers
from tracker.loans import service as loans
from tracker.loans.kits import KitDetails, add_kit
from tracker.loans.models import Loan
from tracker.loans.reservations import Asked, reserve
from tracker.loans.reservations_models import Reservation
from tracker.loans.reservations_rules import span_of
from tracker.maintenance import service as maintenance
from tracker.maintenance.models import MaintenanceResult
from tracker.maintenance.rules import PlanDetails, ResultDetails
from tracker.media import evidence as ingest
from tracker.media import service as media
from tracker.media.models import Evidence, Medium
from tracker.media.service import MediumDetails
from tracker.people import service as people
from tracker.people.rules import PersonDetails, PersonKind
from tracker.stations.models import Job, Station
from tracker.terms import rules as terms_rules
from tracker.terms import service as terms
from tracker.values import Actor, Role, utc_now
from wipe import codec, record
from wipe.vocabulary import Medium as MediumKind


@dataclass
class Bench:
    """A station of a school and what it wiped; the key is the one of the certificates' cast."""

    actor: Actor  # a technician of the school
    station: Station

    @property
    def sender(self) -> ingest.Sender:
        """The station as the register of media knows it."""
        told = Actor(self.actor.school_id, self.station.id, self.station.name, None, "tests")
        return ingest.Sender(told, self.station.id, cast.KEY.public_key(), revoked=False, virtual_allowed=True)

    def asset(self, name: str = "Office computer") -> Asset:
        """Something that holds drives."""
        kind = next(one.id for one in kinds.kinds(self.actor.school_id) if one.name == "Desktop computer")
        return inventory.register(self.actor, AssetDetails(kind, name=name, make="Dell", serial=f"D{uuid4().hex[:8]}"))

    def medium(self, serial: str = "", asset: Asset | None = None) -> Medium:
        """A hard drive as the register has it."""
        details = MediumDetails(
            MediumKind.HDD,
            make="Western Digital",
            model="WD5000AAKX",
            serial=serial or f"WD-{uuid4().hex[:10].upper()}",
            capacity_bytes=cast.CAPACITY,
            asset_id=asset.id if asset else None,
        )
        return media.add_medium(self.actor, details)

    def wiped(self, medium: Medium, **changes: Any) -> Evidence:
        """A job on that medium, run to its end, and its evidence received. `changes` are of the record."""
        medium = media.begin_wipe(self.actor, medium.id)
        job_id, asset = uuid4(), medium.asset_id
        identity = changes.pop("identity", None) or cast.replace(cast.IDENTITY, serial=medium.serial, wwn=None)
        changes.setdefault("operator", record.Operator(str(self.actor.id), self.actor.name, "technician"))
        tag = inventory.get_asset(self.actor.school_id, asset).tag if asset else None
        made = cast.make(identity, record_id=str(uuid4()), job_id=str(job_id), asset_tag=tag, **changes)
        self.job(job_id, medium, made)
        ordered = ingest.Ordered(job_id, medium.id, made.plan.digest, UUID(str(self.actor.id)), utc_now(), latest=True)
        got = ingest.receive(self.sender, UUID(made.record_id), record.sign(made, cast.KEY), lambda _: ordered)
        return got.evidence

    def job(self, job_id: UUID, medium: Medium, made: record.Record) -> Job:
        """The job that the record answers."""
        now = utc_now()
        job = Job(
            school_id=self.actor.school_id,
            id=job_id,
            station_id=self.station.id,
            medium_id=medium.id,
            asset_id=medium.asset_id,
            medium_state="held",
            operator_id=self.actor.id,
            operator=self.actor.name,
            operator_role="technician",
            plan=json.dumps(codec.encode(record.planned(made))),
            plan_digest=made.plan.digest,
            state="ended",
            cancel_requested_at=None,
            progress=None,
            refusals="[]",
            message="",
            record_id=UUID(made.record_id),
            created_at=now,
            accepted_at=now,
            ended_at=now,
        )
        add(job)
        return job


def bench(actor: Actor) -> Bench:
    """A station, and the school's kinds and first site."""
    inventory.create_defaults(actor)
    key = cast.KEY.public_key()
    raw = key.public_bytes(record.Encoding.Raw, record.PublicFormat.Raw)
    station = Station(
        school_id=actor.school_id,
        name="Server room bench",
        place="Server room",
        key_id=record.key_id(key),
        public_key=json.dumps({"crv": "Ed25519", "kty": "OKP", "x": record._b64(raw)}),
        token_hash=uuid4().hex * 2,
        software="0.1.0",
        enrolled_at=utc_now(),
        revoked_at=None,
        seen_at=utc_now(),
        reports=None,
        reported_at=None,
    )
    add(station)
    return Bench(actor, station)


def signature(actor: Actor) -> Signature:
    """A drawn signature under a policy. Not the acceptable use agreement: that would hold every account back."""
    everybody, head = frozenset(PersonKind), replace(actor, id=None, role=Role.HEAD)
    details = AgreementDetails("Online safety", AgreementKind.POLICY, everybody, "Computing lead")
    policy = agreements.add_agreement(actor, details)
    agreements.write_draft(actor, policy.id, "We keep each other safe.", version=policy.version)
    today = agreements.today()
    version = agreements.approve(
        head, policy.id, version=policy.version, minute_ref="", in_force_on=today, sign_again=True
    )
    agreements.write_draft(actor, policy.id, "We keep each other safe, at home, too.", version=policy.version)
    person = people.add_person(actor, PersonDetails("Sam Signer"))
    told = Signing(Means.SCREEN, "Sam Signer", Relation.SELF, today, version.text_sha256, drawn=drawing())
    return agreements.sign(actor, version.id, person.id, told)


def found_report(actor: Actor, asset: Asset) -> FoundReport:
    """What a stranger told by the label of a thing."""
    found.tell(asset.tag, FoundDetails("Bus 44, with the driver", contact="07700 900123"))
    return found.of_asset(actor.school_id, asset.id)[0]


def result(actor: Actor, asset: Asset) -> MaintenanceResult:
    """What was found when a thing was looked at."""
    plan = maintenance.add_plan(actor, asset.kind_id, PlanDetails("Fan", 12))
    told = ResultDetails(passed=True, done_on=maintenance.today(), done_by="Tess")
    maintenance.record_results(actor, plan.id, [asset.id], told)
    return maintenance.results(plan, asset.id)[0]


def loan(actor: Actor) -> Loan:
    """Something without storage, handed out with a drawn signature under the terms of loans."""
    made = desk(actor)
    kind = next(one.id for one in kinds.kinds(actor.school_id) if one.name == "Visualiser")
    thing = inventory.register(actor, AssetDetails(kind, serial=f"V{uuid4().hex[:8]}"))
    made.checked(thing, CheckKind.IDENTIFICATION)
    until = loans.LoanDetails(agreements.today(), off_site=False)
    signed = replace(made.signed(), drawn=drawing())
    return loans.lend(actor, made.ann.id, [loans.Lent(thing.id)], until, signed)


def reservation(actor: Actor) -> Reservation:
    """Something without storage, reserved for tomorrow."""
    kind = next(one.id for one in kinds.kinds(actor.school_id) if one.name == "Visualiser")
    thing = inventory.register(actor, AssetDetails(kind, serial=f"R{uuid4().hex[:8]}"))
    person = people.add_person(actor, PersonDetails("Rae Reserver"))
    tomorrow = agreements.today() + timedelta(days=1)
    span = span_of(tomorrow, None, None, None)
    assert span is not None
    return reserve(actor, person.id, Asked(span, (thing.id,)))


def drawing() -> bytes:
    """A signature as a canvas sends it."""
    image = Image.new("L", (300, 100), "white")
    ImageDraw.Draw(image).line((10, 10, 290, 90), fill="black", width=3)
    image.save(drawn := BytesIO(), "PNG")
    return drawn.getvalue()


def things(actor: Actor, config: Config) -> dict[str, str]:
    """One thing of each type, by the name that it has in addresses. The caller commits."""
    made = bench(actor)
    asset = made.asset()
    place = places.add_location(
        actor, LocationDetails("Server room", LocationLevel.ROOM, places.choices(actor.school_id)[0][0])
    )
    evidence = made.wiped(made.medium(asset=asset))
    certificate = certificates.issue(actor, evidence.id, config)
    subject, lid = inventory.subject_of(asset), BytesIO(samples.jpeg(99))
    photo = attachments.attach(actor, subject, lid, "lid.jpg", instance=config.instance, caption="Lid")
    user = db.session.scalars(select(User).where(User.school_id == actor.school_id, User.id != actor.id)).first()
    broken = IncidentDetails(IncidentKind.DAMAGED, "The screen is broken.", "Room 3", utc_now())
    incident = incidents.report(actor, broken, incidents.About(asset_id=asset.id))
    lent = loan(actor)
    signed = signature(actor)
    signed_version = agreements.get_version(actor.school_id, signed.agreement_version_id)
    sam = links.Receiver("Sam Signer", "sam@school.example")
    paper = papers.issue(actor, lent.id, config)
    asked = links.ask_for_agreement(actor, signed_version.agreement_id, signed.person_id, sam, 7)
    school_year = terms.begin(actor, 2026, terms_rules.typical(2026))
    told = {
        "act": "retire",
        "agreement_id": str(signed_version.agreement_id),
        "agreement_version_id": str(signed_version.id),
        "asset_id": str(asset.id),
        "attachment_id": str(photo.id),
        "certificate_id": str(certificate.id),
        "date_id": str(terms.dates_of(school_year)[0].id),
        "checkpoint_id": str(checkpoints.sign(actor, keys.signing_key(config.instance)).id),
        "code": certificate.code,
        "evidence_id": str(evidence.id),
        "field_id": str(fields.add_field(actor, FieldDetails("MAC address", CustomType.TEXT, asset.kind_id)).id),
        "found_id": str(found_report(actor, asset).id),
        "incident_id": str(incident.id),
        "result_id": str(result(actor, asset).id),
        "job_id": str(evidence.job_id),
        "kind_id": str(asset.kind_id),
        "kit_id": str(add_kit(actor, KitDetails("Office kit", "Cable"), [asset.id]).id),
        "loan_id": str(lent.id),
        "paper_id": str(paper.id),
        "request_id": str(asked.request.id),
        "token": asked.token,
        "plan_id": str(maintenance.add_plan(actor, asset.kind_id, PlanDetails("Portable appliance test", 24)).id),
        "location_id": str(place.id),
        "medium_id": str(evidence.medium_id),
        "person_id": str(people.add_person(actor, PersonDetails("Pat Person")).id),
        "printer_id": str(printers.add_printer(actor, PrinterDetails("Office")).id),
        "record_id": str(evidence.id),
        "reservation_id": str(reservation(actor).id),
        "signature_id": str(signed.id),
        "state": AssetState.REDUNDANT.value,
        "station_id": str(made.station.id),
        "subject_id": str(asset.id),
        "subject_type": "asset",
        "tag": asset.tag,
        "text": asset.tag,
        "user_id": str(user.id if user else actor.id),
        "year_id": str(school_year.id),
        "view_id": str(saved.save(actor, "Laptops", "q=laptop", opens=False).id),
    }
    return {**told, "import_id": str(spreadsheet(actor))}


def spreadsheet(actor: Actor) -> UUID:
    """A file whose dry run found something new, something to remark, and a fault. Commits, as the work does."""
    rows = "Type,Serial No,Room,Status\nLaptop,L-1,Year 4,In use\nLaptop,L-2,Year 4,Scrapped\n"
    found = imports.upload(actor, "inventory.csv", rows.encode())
    columns = {int(column): word for column, word in found.mapping.items()}
    imports.match(actor, found.id, columns, imports.choices_of(found), version=found.version)
    import_id = found.id
    db.session.commit()
    work.run_once("things")
    return import_id
