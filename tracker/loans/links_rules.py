"""Links to sign by: the words and the decisions. Pure.

Sources: the school's policy, clauses LN1, AG2 and AG4 (a parent signs for a pupil), gate G3 of docs/rules.md.
"""

import hashlib
import secrets
from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum
from urllib.parse import urlsplit
from uuid import UUID

from tracker.config import usable_address
from tracker.loans.rules import LENDERS, LoanDetails, line_blockers
from tracker.values import Blocker, Decision, Role

TOKEN_BYTES = 32  # 256 random bits
TOKEN_LENGTH = 43  # characters of one in an address
_LOOPBACK = frozenset({"127.0.0.1", "localhost", "::1"})


class Purpose(StrEnum):
    """What is signed by a link. Never renamed: they stand in the log."""

    LOAN_OUT = "loan_out"
    LOAN_IN = "loan_in"
    AGREEMENT = "agreement"

    @property
    def label(self) -> str:
        """The words on the screen."""
        return {"loan_out": "A loan", "loan_in": "A return", "agreement": "An agreement"}[self.value]


class LinkState(StrEnum):
    """Where a request to sign stands; computed, never stored."""

    WAITING = "waiting"
    SIGNED = "signed"
    REVOKED = "revoked"
    EXPIRED = "expired"

    @property
    def label(self) -> str:
        """The words on the screen."""
        return {"waiting": "Waiting for the signature", "revoked": "Taken back", "expired": "The link has expired"}.get(
            self.value, "Signed"
        )

    @property
    def tone(self) -> str:
        """How it is drawn, beside the words."""
        return {"waiting": "busy", "signed": "good", "expired": "warn"}.get(self.value, "plain")


@dataclass(frozen=True)
class Line:
    """One thing of what is signed. `id`: the asset of a loan, the item of a return."""

    id: UUID
    label: str
    accessories: str = ""
    condition: str = ""


@dataclass(frozen=True)
class Document:
    """What is signed, as the desk prepared it. Without things: an agreement."""

    lines: tuple[Line, ...] = ()
    details: LoanDetails | None = None  # of a loan that goes out
    role: Role | None = None  # of who prepared the loan: what the desk might do then is done when it is signed

    def kept(self) -> dict[str, object]:
        """The same as JSON."""
        lines = [{**vars(one), "id": str(one.id)} for one in self.lines]
        if self.details is None:
            return {"lines": lines}
        details = {**vars(self.details), "due_on": self.details.due_on.isoformat()}
        return {"lines": lines, "details": details, "role": self.role.value if self.role else None}


def document_of(kept: dict[str, object]) -> Document:
    """The document of stored JSON; the reverse of `Document.kept`."""
    told = kept.get("details")
    details = LoanDetails(**{**told, "due_on": date.fromisoformat(told["due_on"])}) if isinstance(told, dict) else None
    found, role = kept["lines"], kept.get("role")
    lines = [Line(UUID(one["id"]), one["label"], one["accessories"], one["condition"]) for one in _rows(found)]
    return Document(tuple(lines), details, Role(str(role)) if role else None)


def _rows(found: object) -> list[dict[str, str]]:
    return found if isinstance(found, list) else []


def new_token() -> str:
    """A token that nobody guesses."""
    return secrets.token_urlsafe(TOKEN_BYTES)


def token_hash(token: str) -> str:
    """What is kept of a token: with the database alone nobody can open a link. Hex."""
    return hashlib.sha256(token.encode()).hexdigest()


def state_of(*, signed: bool, revoked: bool, expires_at: datetime, now: datetime) -> LinkState:
    """Where a request stands."""
    if signed:
        return LinkState.SIGNED
    if revoked:
        return LinkState.REVOKED
    return LinkState.EXPIRED if expires_at <= now else LinkState.WAITING


def may_ask(name: str, address: str, role: Role | None, lenders: frozenset[Role] = LENDERS) -> Decision:
    """May somebody be asked to sign by a mail to this address."""
    found = [] if role in lenders else [Blocker("role", "Only the technician or the bursar can do this.")]
    found += line_blockers(name, "name")
    if not name.strip():
        found.append(Blocker("name", "Enter the name of the person who signs."))
    if not usable_address(address):
        found.append(Blocker("address", "Enter one email address, such as name@school.example."))
    return Decision(tuple(found))


def may_renew(state: LinkState) -> Decision:
    """May another link be mailed, or the signature be taken at the desk."""
    message = {
        LinkState.SIGNED: "It is signed already. Nothing more is needed.",
        LinkState.REVOKED: "It was taken back. Prepare it anew.",
    }.get(state)
    return Decision((Blocker("state", message),) if message else ())


def may_mail(base_url: str) -> str:
    """Why no link to this address may be mailed, as a sentence; empty if it may."""
    parts = urlsplit(base_url)
    if parts.scheme == "https" or parts.hostname in _LOOPBACK:
        return ""
    return (
        "No link is mailed, since the address of this server does not begin with https://. Set CARETAKER_BASE_URL, or "
        "take the signature at the desk."
    )
