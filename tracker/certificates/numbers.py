"""Numbers and verification codes of certificates: a series without gaps, and codes that nobody guesses."""

import secrets
from uuid import UUID

from sqlalchemy import insert, select
from sqlalchemy.exc import IntegrityError

from labels import code as crockford
from tracker.certificates.models import CertificateSeries
from tracker.db import db

ERASURE, REPORT = "erasure", "report"  # a report tells of a run that did not erase
LETTER = {ERASURE: "E", REPORT: "R"}  # in the number; a letter is never used for another kind
CODE_LENGTH = 16  # characters of 5 bits: 80 bits
_READ_AS = str.maketrans({"O": "0", "I": "1", "L": "1", "-": None, " ": None})


def locked_series(school_id: UUID, kind: str) -> CertificateSeries:
    """The series, locked until the transaction ends: writers wait here, so numbers have neither gaps nor doubles.

    SQLite has no row locks; there the whole transaction holds the write lock from its start (tracker/db.py).
    """
    query = (
        select(CertificateSeries)
        .where(CertificateSeries.school_id == school_id, CertificateSeries.kind == kind)
        .with_for_update()
        .execution_options(populate_existing=True)
    )
    series = db.session.scalar(query)
    if series is None:
        try:
            with db.session.begin_nested():
                db.session.execute(insert(CertificateSeries).values(school_id=school_id, kind=kind, last=0))
        except IntegrityError:  # another writer made it first; its lock is waited for below
            pass
        series = db.session.scalars(query).one()
    return series


def take(series: CertificateSeries, school_code: str) -> str:
    """The next number, `ST-B-E-000042`. It is used up only if the transaction is committed.

    The running part alone is unique in a school for ever; the code in front is for people with papers of many schools.
    """
    series.last += 1
    db.session.flush()
    return f"{school_code.upper()[:24]}-{LETTER[series.kind]}-{series.last:06}"


def new_code() -> str:
    """A verification code, 80 random bits."""
    return "".join(secrets.choice(crockford.ALPHABET) for _ in range(CODE_LENGTH))


def read_code(text: str) -> str | None:
    """The code that somebody typed, in any case, with or without hyphens and spaces; None for what cannot be one."""
    if len(text) > 80 or not text.isascii():
        return None
    plain = text.upper().translate(_READ_AS)
    return plain if len(plain) == CODE_LENGTH and set(plain) <= set(crockford.ALPHABET) else None
