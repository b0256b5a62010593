"""Lists of certificates: search, filter, sort, turn pages. A fixed number of queries, whatever the size."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from enum import StrEnum
from typing import Any
from urllib.parse import urlencode
from uuid import UUID

from sqlalchemy import ColumnElement, Select, and_, func, or_, select
from sqlalchemy.orm import aliased

from labels import code
from tracker.certificates import paper
from tracker.certificates.models import Certificate, Withdrawal
from tracker.db import db
from tracker.inventory.rules import serial_key
from tracker.media.models import Evidence, Medium
from tracker.paging import page_number
from tracker.values import LONDON
from wipe.vocabulary import Outcome

PAGE = 50  # rows of a list
FIRST_YEAR = 2026  # no certificate of ours is older
OUTCOMES = {
    Outcome.SANITISED_PURGE: "Erased (Purge)",
    Outcome.SANITISED_CLEAR: "Erased (Clear)",
    Outcome.CLEARED_WITH_EXCEPTIONS: "Erased with exceptions",
    Outcome.FAILED: "Failed (report)",
    Outcome.INTERRUPTED: "Interrupted (report)",
    Outcome.INDETERMINATE: "Not proved (report)",
}


class Standing(StrEnum):
    """Whether a certificate is in force."""

    IN_FORCE = "in-force"
    REPLACED = "replaced"
    WITHDRAWN = "withdrawn"

    @property
    def label(self) -> str:
        """The words on the screen."""
        return self.value.replace("-", " ").capitalize()

    @property
    def tone(self) -> str:
        """How it is drawn, beside the words."""
        return {"in-force": "good", "replaced": "warn", "withdrawn": "bad"}[self.value]


@dataclass(frozen=True)
class Filters:
    """Which certificates, in which order. None and empty texts leave a filter out."""

    text: str = ""
    year: int | None = None  # of issue, in London
    standing: Standing | None = None
    outcome: Outcome | None = None
    oldest_first: bool = False


@dataclass(frozen=True)
class Row:
    """A certificate as a list shows it."""

    id: UUID
    number: str
    issued_at: datetime
    issued_by: str
    standing: Standing
    successor: str
    medium_id: UUID
    content: paper.Content | None  # None: the stored text was damaged


def filters_from(told: Mapping[str, str]) -> tuple[Filters, int]:
    """The filters and the page's number of a query string; what cannot be read is left out."""
    year = told.get("year", "")
    last = datetime.now(UTC).year + 1
    filters = Filters(
        text=told.get("q", "").strip()[:200],
        year=int(year)
        if year.isascii() and year.isdigit() and len(year) == 4 and FIRST_YEAR <= int(year) <= last
        else None,
        standing=next((one for one in Standing if one.value == told.get("status")), None),
        outcome=next((one for one in OUTCOMES if one.value == told.get("outcome")), None),
        oldest_first=told.get("order") == "up",
    )
    return filters, page_number(told)


def links(filters: Filters, number: int) -> dict[str, str]:
    """Query strings: `self` without the page, `previous`, `next`, and `turned` with the other order."""
    told = {
        "q": filters.text,
        "year": str(filters.year or ""),
        "status": filters.standing.value if filters.standing else "",
        "outcome": filters.outcome.value if filters.outcome else "",
        "order": "up" if filters.oldest_first else "",
    }
    kept = {name: value for name, value in told.items() if value}
    other = {**kept, "order": "" if filters.oldest_first else "up"}
    return {
        "self": urlencode(kept),
        "previous": urlencode({**kept, "page": number - 1}),
        "next": urlencode({**kept, "page": number + 1}),
        "turned": urlencode({name: value for name, value in other.items() if value}),
    }


def count(school_id: UUID, filters: Filters) -> int:
    """How many certificates the filters leave."""
    return db.session.scalar(select(func.count()).select_from(_rows(school_id, filters).subquery())) or 0


def page(school_id: UUID, filters: Filters, number: int) -> list[Row]:
    """One page of the list, `number` from 1."""
    query = _ordered(school_id, filters).limit(PAGE).offset((number - 1) * PAGE)
    return [_row(found) for found in db.session.execute(query)]


def everything(school_id: UUID, filters: Filters) -> Iterator[Row]:
    """All that the filters leave, in slices."""
    query = _ordered(school_id, filters).execution_options(yield_per=200)
    return (_row(found) for found in db.session.execute(query))


_LATER = aliased(Certificate)


def _rows(school_id: UUID, filters: Filters) -> Select[*tuple[Any, ...]]:
    """The columns of a list, never the PDF."""
    return (
        select(
            Certificate.id,
            Certificate.number,
            Certificate.issued_at,
            Certificate.issued_by,
            Certificate.medium_id,
            Certificate.content,
            _LATER.number.label("successor"),
            Withdrawal.at.label("withdrawn_at"),
        )
        .join(Medium, and_(Medium.school_id == Certificate.school_id, Medium.id == Certificate.medium_id))
        .join(Evidence, and_(Evidence.school_id == Certificate.school_id, Evidence.id == Certificate.evidence_id))
        .outerjoin(_LATER, and_(_LATER.school_id == Certificate.school_id, _LATER.supersedes_id == Certificate.id))
        .outerjoin(Withdrawal, and_(Withdrawal.school_id == Certificate.school_id, Withdrawal.id == Certificate.id))
        .where(Certificate.school_id == school_id, *_where(filters))
    )


def _ordered(school_id: UUID, filters: Filters) -> Select[*tuple[Any, ...]]:
    at, last = Certificate.issued_at, Certificate.id
    order = (at.asc(), last.asc()) if filters.oldest_first else (at.desc(), last.desc())
    return _rows(school_id, filters).order_by(*order)


def _where(filters: Filters) -> Iterator[ColumnElement[bool]]:
    if filters.text:
        yield _has(filters.text)
    if filters.year is not None:
        yield Certificate.issued_at >= datetime(filters.year, 1, 1, tzinfo=LONDON)
        yield Certificate.issued_at < datetime(filters.year + 1, 1, 1, tzinfo=LONDON)
    if filters.outcome is not None:
        yield Evidence.outcome == filters.outcome.value
    if filters.standing is Standing.WITHDRAWN:
        yield Withdrawal.at.is_not(None)
    elif filters.standing is Standing.REPLACED:
        yield and_(Withdrawal.at.is_(None), _LATER.id.is_not(None))
    elif filters.standing is Standing.IN_FORCE:
        yield and_(Withdrawal.at.is_(None), _LATER.id.is_(None))


def _has(text: str) -> ColumnElement[bool]:
    """Part of the number, part of the medium's serial number, or the tag that is printed on it."""
    plain = "".join(c for c in text if c.isprintable())
    found = [Certificate.number.contains(plain.upper(), autoescape=True)]
    serial, tag = serial_key(plain), code.normalise(plain)
    if serial:
        found.append(Medium.serial_key.contains(serial, autoescape=True))
    if tag:
        found.append(Certificate.content.contains(f'"tag":"{tag}"', autoescape=True))  # canonical JSON: one spelling
    return or_(*found)


def _row(found: Any) -> Row:
    standing = Standing.REPLACED if found.successor else Standing.IN_FORCE
    return Row(
        id=found.id,
        number=found.number,
        issued_at=found.issued_at,
        issued_by=found.issued_by,
        standing=Standing.WITHDRAWN if found.withdrawn_at else standing,
        successor=found.successor or "",
        medium_id=found.medium_id,
        content=_content(found.content),
    )


def _content(text: str) -> paper.Content | None:
    try:
        return paper.parse(text.encode())
    except ValueError:
        return None
