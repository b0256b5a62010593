"""All that stands on the paper of a loan, as one frozen value that is stored beside the PDF. Pure.

The law of the format is the record's (wipe/record.py): members may be added with a new `template`, never given another
meaning. Drawn signatures stand in it as base64 of the PNG, so that nothing is looked up when it is drawn.
"""

from dataclasses import dataclass
from datetime import datetime

import rfc8785

from tracker.certificates.paper import School
from wipe import codec

TEMPLATE = "loan-1"  # version of the wording and the layout; a change of either is a new one
TITLE = "Loan agreement"


@dataclass(frozen=True, slots=True)
class Mark:
    """A signature: who, when, how, and the drawing. Without a name: nobody signed."""

    signatory: str
    at: datetime | None
    means: str  # the words on the screen
    reference: str  # where the signed paper is kept; empty if there is none
    drawn: str  # base64 of a PNG; empty: a typed name


@dataclass(frozen=True, slots=True)
class Item:
    """One thing, as it went out and as it came back. `signed_in`: place in `Content.signed_in`; None: nobody signed."""

    tag: str  # as people write it
    label: str
    serial: str
    accessories: str
    condition_out: str
    returned_at: datetime | None
    received_by: str
    condition_in: str
    note_in: str
    signed_in: int | None


@dataclass(frozen=True, slots=True)
class Content:
    """The paper. Everything printed is in here or follows from it."""

    template: str
    number: str
    issued_at: datetime
    issued_by: str
    school: School
    borrower: str
    borrower_kind: str
    due_on: str  # a day, ISO 8601
    off_site: bool
    purpose: str
    place: str
    lent_at: datetime
    lent_by: str
    items: tuple[Item, ...]
    signed_out: Mark
    signed_in: tuple[Mark, ...]
    terms_title: str
    terms_number: int
    terms: str
    terms_sha256: str


def canonical(content: Content) -> bytes:
    """The bytes that are stored and attached: canonical JSON (RFC 8785)."""
    return rfc8785.dumps(codec.encode(content))
