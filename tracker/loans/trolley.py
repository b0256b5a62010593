"""A trolley comes back: what each scan means for the return, and all of them taken back in order. Flushes only."""

from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID

from sqlalchemy import select

from tracker.db import db
from tracker.inventory import scanning
from tracker.inventory import service as inventory
from tracker.loans import service
from tracker.loans.models import Loan, LoanItem
from tracker.loans.service import Back, Signed
from tracker.people.models import Person
from tracker.values import Actor, Blocker, Denied

SHOWN = 60  # characters of a code that is shown


@dataclass(frozen=True)
class Scanned:
    """One scan as the list shows it. `outcome` is its sound (static/tones.js), `tone` its shape; never colour alone."""

    key: str  # the same for two scans of one thing, so that repeats are counted
    outcome: str
    word: str
    tone: str
    title: str
    message: str
    asset_id: UUID | None = None  # of what comes back

    @property
    def said(self) -> str:
        """One line for a screen reader."""
        return f"{self.word}: {self.title}. {self.message}"


@dataclass(frozen=True)
class Returned:
    """What a trolley came to: the things that are back, and a sentence for every scan that was left out."""

    items: list[LoanItem]
    left_out: list[str]


def look(school_id: UUID, texts: Sequence[str], only: UUID | None = None) -> list[Scanned]:
    """What each scan means, in their order; the same queries however many. `only`: the loan that comes back."""
    findings = scanning.find_many(school_id, texts)
    out = _out(school_id, {one.id for finding in findings for one in finding.assets})
    rows = []
    for text, finding in zip(texts, findings, strict=True):
        shown = text.strip()[:SHOWN]
        if len(finding.assets) != 1:
            message = "Several things fit." if finding.hits > 1 else "It leads to nothing of the register."
            rows.append(Scanned(shown, "unknown", "Left out", "bad", shown, f"{message} Scan it again, or undo."))
            continue
        (asset,) = finding.assets
        key = str(asset.id)
        if asset.id not in out:
            message = "It is not on loan: never lent, or back already. Nothing is changed for it."
            rows.append(Scanned(key, "unknown", "Left out", "bad", inventory.label_of(asset), message))
            continue
        item, loan, name = out[asset.id]
        whose = f"{service.label_of(loan)}, {name}"
        if only is not None and item.loan_id != only:
            message = f"It belongs to another loan: {whose}. Take that back by itself."
            rows.append(Scanned(key, "warning", "Left out", "warn", item.label, message))
            continue
        message = whose + (f". Look for: {item.accessories}" if item.accessories else "")
        rows.append(Scanned(key, "found", "Comes back", "good", item.label, message, asset.id))
    return rows


def _out(school_id: UUID, asset_ids: set[UUID]) -> dict[UUID, tuple[LoanItem, Loan, str]]:
    """The open loan of each thing that is out, and who has it: one query."""
    query = (
        select(LoanItem, Loan, Person.name)
        .join(Loan, (Loan.school_id == LoanItem.school_id) & (Loan.id == LoanItem.loan_id))
        .join(Person, (Person.school_id == Loan.school_id) & (Person.id == Loan.person_id))
        .where(LoanItem.school_id == school_id, LoanItem.asset_id.in_(asset_ids), LoanItem.returned_at.is_(None))
    )
    return {item.asset_id: (item, loan, name) for item, loan, name in db.session.execute(query)}


def take_back(actor: Actor, texts: Sequence[str], only: UUID | None = None) -> Returned:
    """Take back all that these scans mean, each in order and with all its accessories; nobody signs.

    What is left out is told. Raises Denied where nothing would come back, and as `service.take_back`.
    """
    if len(texts) > scanning.LIST_MOST:
        raise Denied((Blocker("items", f"A list holds at most {scanning.LIST_MOST:,} scans."),))
    rows = {one.key: one for one in look(actor.school_id, texts, only)}
    left_out = [f"{one.title}: {one.message}" for one in rows.values() if one.asset_id is None]
    back = [Back(one.asset_id) for one in rows.values() if one.asset_id is not None]
    if not back:
        raise Denied((Blocker("no_items", " ".join(["Nothing comes back.", *left_out])),))
    return Returned(service.take_back(actor, back, Signed("")), left_out)
