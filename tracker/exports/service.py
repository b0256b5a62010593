"""The whole of a school's data as plain files, so that it can be read without this program.

Tables as CSV, the log as JSON lines exactly as it is chained, evidence and certificates byte for byte, what each column
means, and the SHA-256 of every file.
"""

import csv
import hashlib
import json
import os
import secrets
from collections.abc import Iterable, Iterator
from itertools import chain as chain_of
from pathlib import Path
from uuid import UUID

from sqlalchemy import inspect, select

from tracker.accounts.models import School, User
from tracker.accounts.service import school_of
from tracker.agreements.models import Agreement, AgreementVersion, Signature, SignatureWithdrawal
from tracker.attachments import service as attachments
from tracker.attachments.models import Attachment
from tracker.audit.kinds import EventKind
from tracker.audit.models import Checkpoint
from tracker.audit.service import links, record
from tracker.certificates.models import Certificate, Withdrawal
from tracker.db import Base, db
from tracker.incidents.models import FoundReport, Incident, IncidentNotice
from tracker.inventory.export import safe
from tracker.inventory.models import (
    Asset,
    AssetCheck,
    AssetKind,
    CustomField,
    Location,
    NoStorageAssertion,
    Printer,
    RegisterSettings,
    Repair,
    RetiredLabel,
)
from tracker.loans.kits_models import Kit, KitItem
from tracker.loans.models import (
    Attestation,
    LeavingList,
    LeavingMark,
    LeavingSignOff,
    Loan,
    LoanItem,
    LoanPaper,
    SigningRequest,
    Suspension,
)
from tracker.loans.reservations_models import Reservation, ReservationItem
from tracker.maintenance.models import MaintenancePlan, MaintenanceResult
from tracker.media.models import Evidence, Medium
from tracker.people.models import Person, PersonAccount
from tracker.reminders.models import ReminderSent
from tracker.retention.models import RetentionSettings
from tracker.stations.models import Job, Station
from tracker.terms.models import CalendarDate, SchoolYear
from tracker.values import Actor, Subject, iso_utc

TABLES: tuple[type[Base], ...] = (
    School,
    User,
    Person,
    PersonAccount,
    SchoolYear,
    CalendarDate,
    Agreement,
    AgreementVersion,
    Signature,
    SignatureWithdrawal,
    AssetKind,
    CustomField,
    Location,
    Asset,
    NoStorageAssertion,
    AssetCheck,
    Repair,
    RetiredLabel,
    Printer,
    RegisterSettings,
    RetentionSettings,
    MaintenancePlan,
    MaintenanceResult,
    Loan,
    LoanItem,
    LoanPaper,
    SigningRequest,
    Suspension,
    Attestation,
    Kit,
    KitItem,
    Reservation,
    ReservationItem,
    LeavingList,
    LeavingMark,
    LeavingSignOff,
    Incident,
    IncidentNotice,
    FoundReport,
    ReminderSent,
    Medium,
    Station,
    Job,
    Evidence,
    Certificate,
    Withdrawal,
    Attachment,
    Checkpoint,
)
# What opens something, or stands in a file of its own, is not in the tables.
LEFT_OUT = frozenset(
    {
        "password_hash",
        "token_hash",
        "token_sha256",
        "crest",
        "signed",
        "pdf",
        "drawn",
        "drawn_in",
        "search",
        "serial_key",
    }
)
SUMS = "SHA256SUMS"
README = """What a school had in Caretaker, as plain files.

*.csv           the tables, UTF-8; columns.csv says what each column means. Times are UTC, money is in pence, an empty
                cell is nothing. A cell that a spreadsheet would run begins with an apostrophe that is not part of it.
events.jsonl    the log, one event a line, with all that its hash chain covers (format 1: tracker/audit/chain.py)
signatures/     drawn signatures, PNG, by the number of the signature, the loan or the returned thing
attachments/    photos and documents, byte for byte, by number and name; attachments.csv says to what each belongs
evidence/       the stations' signed records, byte for byte; stations.csv has the keys that check them
certificates/   the certificates, byte for byte as they were issued
papers/         the signed agreements of loans, byte for byte, by the number in loan_papers.csv
SHA256SUMS      check that nothing changed: sha256sum -c SHA256SUMS
"""


def note(actor: Actor) -> None:
    """Say in the log that everything is being taken out. Before the files, so that they tell of it too."""
    school = school_of(actor.school_id)
    subject = Subject("school", school.id, school.name)
    record(actor, EventKind.REGISTER_EXPORTED, subject, after={"what": "everything", "form": "files"})


def export(school_id: UUID, folder: Path, *, instance: Path) -> list[str]:
    """Write everything into a new folder, all as of one moment; the names of the files.

    Raises OSError, and attachments.storage.Lost where a photo or document is missing or altered on the disk.

    The folder has its name only once it is whole; what a failure leaves behind is called *.partial.
    """
    if folder.exists():
        raise FileExistsError(17, os.strerror(17), str(folder))
    draft = folder.with_name(f"{folder.name}.{secrets.token_hex(4)}.partial")
    draft.mkdir(mode=0o700, parents=True)
    _one_moment()
    for table in TABLES:
        _table(draft / f"{table.__tablename__}.csv", table, school_id)
    _columns(draft / "columns.csv")
    _events(draft / "events.jsonl", school_id)
    for name, data in chain_of(_files(school_id), _drawings(school_id), _attachments(school_id, instance)):
        path = draft / name
        path.parent.mkdir(mode=0o700, exist_ok=True)
        with path.open("xb") as file:
            file.write(data)
    (draft / "README.txt").write_text(README, encoding="utf-8")
    names = sorted(str(one.relative_to(draft)) for one in draft.rglob("*") if one.is_file())
    (draft / SUMS).write_text("".join(f"{_sha256(draft / name)}  {name}\n" for name in names), encoding="utf-8")
    draft.rename(folder)
    return [*names, SUMS]


def _one_moment() -> None:
    """Begin a transaction that sees one state of the database, whatever others write meanwhile."""
    db.session.rollback()
    snapshot = {"read_only": True} if db.engine.dialect.name == "sqlite" else {"isolation_level": "REPEATABLE READ"}
    db.session.connection(execution_options=snapshot)


def _sha256(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _told(table: type[Base]) -> list[tuple[str, str]]:
    """Name and meaning of each column that is told."""
    columns = table.__table__.columns
    return [(column.name, getattr(column, "comment", "") or "") for column in columns if column.name not in LEFT_OUT]


def _table(path: Path, table: type[Base], school_id: UUID) -> None:
    names = [name for name, _ in _told(table)]
    key = table.__table__.columns["id" if table is School else "school_id"]
    query = select(table).where(key == school_id).order_by(*inspect(table).primary_key)
    rows = db.session.scalars(query.execution_options(yield_per=500))
    _write(path, names, ([getattr(row, name) for name in names] for row in rows))


def _columns(path: Path) -> None:
    rows = ((table.__tablename__, *told) for table in TABLES for told in _told(table))
    _write(path, ["table", "column", "meaning"], rows)


def _write(path: Path, header: list[str], rows: Iterable[Iterable[object]]) -> None:
    with path.open("x", encoding="utf-8", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(header)
        for row in rows:
            writer.writerow([safe(value) for value in row])


def _events(path: Path, school_id: UUID) -> None:
    with path.open("x", encoding="utf-8") as file:
        for link in links(school_id):
            told = {name: getattr(link, name) for name in type(link).__dataclass_fields__}
            told |= {"at": iso_utc(link.at), "salt": link.salt.hex() if link.salt else None}
            file.write(json.dumps(told, default=str, ensure_ascii=False) + "\n")


def _files(school_id: UUID) -> Iterator[tuple[str, bytes]]:
    crest = school_of(school_id).crest
    if crest:
        yield "crest.png", crest
    records = select(Evidence).where(Evidence.school_id == school_id).order_by(Evidence.id)
    for evidence in db.session.scalars(records.execution_options(yield_per=50)):
        yield f"evidence/{evidence.id}.jws", evidence.signed
    papers = select(Certificate).where(Certificate.school_id == school_id).order_by(Certificate.id)
    for certificate in db.session.scalars(papers.execution_options(yield_per=50)):
        yield f"certificates/{certificate.number.replace('/', '-')}.pdf", certificate.pdf
    signed = select(LoanPaper).where(LoanPaper.school_id == school_id).order_by(LoanPaper.id)
    for paper in db.session.scalars(signed.execution_options(yield_per=50)):
        yield f"papers/{paper.id}.pdf", paper.pdf


def _drawings(school_id: UUID) -> Iterator[tuple[str, bytes]]:
    """Signatures that were drawn, by the number of what they stand under."""
    for column, folder in ((Signature.drawn, "agreement"), (Loan.drawn, "loan"), (LoanItem.drawn_in, "return")):
        table = column.class_
        query = select(table.id, column).where(table.school_id == school_id, column.is_not(None)).order_by(table.id)
        for row_id, drawn in db.session.execute(query):
            yield f"signatures/{folder}-{row_id}.png", drawn


def _attachments(school_id: UUID, instance: Path) -> Iterator[tuple[str, bytes]]:
    query = select(Attachment).where(Attachment.school_id == school_id, Attachment.erased_at.is_(None))
    # closed in any case: a file that is lost ends the export half-way
    with db.session.execute(query.order_by(Attachment.id).execution_options(yield_per=50)) as result:
        for one in result.scalars():
            yield f"attachments/{one.id}-{one.name}", attachments.open_(one, instance=instance).read()
