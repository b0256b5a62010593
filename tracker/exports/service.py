"""The whole of a school's data as plain files, so that it can be read without this program. Only reads.

Tables as CSV, the log as JSON lines exactly as it is chained, evidence and certificates byte for byte, and a manifest
with the SHA-256 of every file.
"""

import csv
import hashlib
import json
from collections.abc import Iterator
from datetime import date, datetime
from enum import Enum
from pathlib import Path
from uuid import UUID

from sqlalchemy import inspect, select

from tracker.accounts.models import School, User
from tracker.audit.models import Checkpoint
from tracker.audit.service import links
from tracker.certificates.models import Certificate, Withdrawal
from tracker.db import Base, db
from tracker.inventory.models import Asset, AssetKind, Location, NoStorageAssertion
from tracker.media.models import Evidence, Medium
from tracker.people.models import Person
from tracker.stations.models import Job, Station
from tracker.values import iso_utc

TABLES: tuple[type[Base], ...] = (
    School,
    User,
    Person,
    AssetKind,
    Location,
    Asset,
    NoStorageAssertion,
    Medium,
    Station,
    Job,
    Evidence,
    Certificate,
    Withdrawal,
    Checkpoint,
)
# What opens something, or stands in a file of its own, is not in the tables.
LEFT_OUT = frozenset({"password_hash", "token_hash", "crest", "signed", "pdf"})
MANIFEST = "manifest.json"


def export(school_id: UUID, folder: Path) -> list[str]:
    """Write everything into a new folder; the names of the files. Raises FileExistsError, OSError."""
    folder.mkdir(mode=0o700, parents=True)
    written: dict[str, str] = {}

    for table in TABLES:
        _table(folder / f"{table.__tablename__}.csv", table, school_id)
    _events(folder / "events.jsonl", school_id)
    for name, data in _files(school_id):
        path = folder / name
        path.parent.mkdir(mode=0o700, exist_ok=True)
        with path.open("xb") as file:
            file.write(data)
    for path in sorted(one for one in folder.rglob("*") if one.is_file()):
        with path.open("rb") as file:
            written[str(path.relative_to(folder))] = hashlib.file_digest(file, "sha256").hexdigest()
    manifest = json.dumps({"school": str(school_id), "sha256": written}, indent=2)
    (folder / MANIFEST).write_text(manifest + "\n", encoding="utf-8")
    return [*written, MANIFEST]


def _table(path: Path, table: type[Base], school_id: UUID) -> None:
    columns = [column.name for column in table.__table__.columns if column.name not in LEFT_OUT]
    key = table.__table__.columns["id" if table is School else "school_id"]
    query = select(table).where(key == school_id).order_by(*inspect(table).primary_key)
    with path.open("x", encoding="utf-8", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(columns)
        for row in db.session.scalars(query.execution_options(yield_per=1000)):
            writer.writerow([_cell(getattr(row, column)) for column in columns])


def _cell(value: object) -> str:
    if value is None:
        return ""
    if isinstance(value, datetime):
        return iso_utc(value)
    if isinstance(value, date):
        return value.isoformat()
    return str(value.value if isinstance(value, Enum) else value)


def _events(path: Path, school_id: UUID) -> None:
    with path.open("x", encoding="utf-8") as file:
        for link in links(school_id):
            told = {name: getattr(link, name) for name in type(link).__dataclass_fields__}
            told |= {"at": iso_utc(link.at), "salt": link.salt.hex() if link.salt else None}
            file.write(json.dumps(told, default=str, ensure_ascii=False) + "\n")


def _files(school_id: UUID) -> Iterator[tuple[str, bytes]]:
    records = select(Evidence).where(Evidence.school_id == school_id).order_by(Evidence.id)
    for evidence in db.session.scalars(records.execution_options(yield_per=100)):
        yield f"evidence/{evidence.id}.jws", evidence.signed
    papers = select(Certificate).where(Certificate.school_id == school_id).order_by(Certificate.id)
    for certificate in db.session.scalars(papers.execution_options(yield_per=100)):
        yield f"certificates/{certificate.number.replace('/', '-')}.pdf", certificate.pdf
