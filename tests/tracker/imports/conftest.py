"""A school with a register, and a desk at which somebody brings spreadsheets in."""

import csv
import io
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from typing import Any

import openpyxl
import pytest
from flask import current_app
from sqlalchemy import Engine, select

from tests.tracker.inventory.conftest import Register  # a fixture
from tests.tracker.inventory.conftest import other as other
from tracker.audit import chain
from tracker.audit.service import links
from tracker.db import db
from tracker.imports import service, worker
from tracker.imports.models import Import, ImportRow
from tracker.imports.rules import Counts, Verdict
from tracker.inventory.models import Asset
from tracker.values import Actor

HEADINGS = ("Type", "Make", "Model", "Serial No", "Room", "Purchased", "Cost (£)", "Hard drive serial")


def csv_of(rows: Iterable[Sequence[object]], headings: Sequence[str] = HEADINGS) -> bytes:
    """A CSV file as Excel writes it."""
    text = io.StringIO()
    writer = csv.writer(text)
    writer.writerow(headings)
    writer.writerows(rows)
    return text.getvalue().encode("utf-8-sig")


def xlsx_of(rows: Iterable[Sequence[Any]], title: str = "Sheet1") -> bytes:
    """A workbook with one sheet."""
    book = openpyxl.Workbook()
    sheet = book.active
    assert sheet is not None
    sheet.title = title
    for row in rows:
        sheet.append(list(row))
    file = io.BytesIO()
    book.save(file)
    return file.getvalue()


def laptop(number: int, **told: str) -> list[str]:
    """One row for HEADINGS."""
    row = {
        "Type": "Laptop",
        "Make": "Dell",
        "Model": "Latitude 5420",
        "Serial No": f"5CG{number:05}",
        "Room": "Year 4",
        "Purchased": "01/09/2023",
        "Cost (£)": "£649.00",
        "Hard drive serial": f"S5Y{number:05}",
    }
    return list({**row, **told}.values())


class Desk:
    """Where somebody brings a spreadsheet in; each step is committed, as a request does it."""

    def __init__(self, register: Register) -> None:
        self.register, self.actor = register, register.actor
        db.session.commit()

    def upload(self, data: bytes, name: str = "ICT inventory.csv", actor: Actor | None = None) -> Import:
        found = service.upload(actor or self.actor, name, data)
        db.session.commit()
        return found

    def ask(
        self, found: Import, mapping: dict[str, str] | None = None, actor: Actor | None = None, **chosen: Any
    ) -> None:
        """Match the columns by their names, or as told (heading: target, empty for none), and ask for the dry run."""
        known = {int(column): word for column, word in found.mapping.items()}
        for heading, word in (mapping or {}).items():
            column = found.headings.index(heading)
            known.pop(column, None)
            if word:
                known[column] = word
        choices = replace(service.choices_of(found), **chosen) if chosen else service.choices_of(found)
        service.match(actor or self.actor, found.id, known, choices, version=found.version)
        db.session.commit()

    def tried(self, data: bytes, mapping: dict[str, str] | None = None, **chosen: Any) -> Import:
        """Upload, match, and let the dry run go through."""
        found = self.upload(data)
        self.ask(found, mapping, **chosen)
        self.work()
        return found

    def work(self) -> int:
        """Do all that waits; how many imports were worked at."""
        db.session.commit()
        done = worker.drain(current_app._get_current_object())  # type: ignore[attr-defined]
        db.session.rollback()
        return done

    def apply(self, found: Import, actor: Actor | None = None) -> Import:
        """Ask for it, and let it go through."""
        db.session.refresh(found)
        service.apply(actor or self.actor, found.id, found.digest)
        db.session.commit()
        self.work()
        db.session.refresh(found)
        return found

    def imported(self, data: bytes, mapping: dict[str, str] | None = None, **chosen: Any) -> Import:
        """From the file into the register."""
        found = self.apply(self.tried(data, mapping, **chosen))
        assert found.state == "applied", (found.message, self.faults(found))
        return found

    def counts(self, found: Import) -> Counts:
        db.session.refresh(found)
        return service.counts_of(found)

    def rows(self, found: Import, verdict: Verdict | None = None) -> list[ImportRow]:
        return service.rows(found, verdict, 0, limit=1000)

    def faults(self, found: Import) -> list[tuple[int, str, str]]:
        """Row, heading and reason of everything that is wrong."""
        return [(row.number, *fault) for row in self.rows(found, Verdict.FAULTY) for fault in row.faults]  # type: ignore[misc] # pairs

    def assets(self) -> list[Asset]:
        query = select(Asset).where(Asset.school_id == self.register.school_id).order_by(Asset.id)
        return list(db.session.scalars(query.execution_options(populate_existing=True)))


@pytest.fixture
def register(database: Engine) -> Iterator[Register]:
    found = Register()
    yield found
    db.session.rollback()
    assert chain.verify(links(found.school_id)).broken is None


@pytest.fixture
def desk(register: Register) -> Desk:
    return Desk(register)
