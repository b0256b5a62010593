"""Gate G4: what must be so before an asset goes to a repairer. Pure.

Sources: UK GDPR articles 28 and 32: who can read the data works under written terms, or cannot read them.
"""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import date

from tracker.inventory.details import text_blockers
from tracker.inventory.rules import CONDEMNED_INSIDE, AssetFacts
from tracker.values import Blocker, Decision, one_line

OWN_STAFF = "Our own staff"
DUE_DAYS_MOST = 731  # two years: what stays away longer is not under repair
_TEXTS = {  # field: (characters, what people call it)
    "repairer": (120, "name of the repairer"),
    "terms": (200, "reference to the terms"),
    "reference": (80, "repairer's number"),
}


@dataclass(frozen=True)
class RepairDetails:
    """Where a repair is done and by whom. `off_site`: it leaves the school. `terms`: those in writing, by reference."""

    off_site: bool
    repairer: str = OWN_STAFF
    terms: str = ""
    reference: str = ""
    due_on: date | None = None


def tidy(details: RepairDetails) -> RepairDetails:
    """The same with its texts as they are kept."""
    texts = {field: one_line(getattr(details, field)) for field in _TEXTS}
    return replace(details, **texts)  # type: ignore[arg-type]


def may_send(facts: AssetFacts, details: RepairDetails, today: date) -> Decision:
    """May the asset go to this repair, its state and the person apart (rules.may_change_state)."""
    found = [
        problem
        for field, (limit, what) in _TEXTS.items()
        for problem in text_blockers(getattr(details, field), limit, what)
    ]
    if not details.repairer:
        found.append(Blocker("no_repairer", "Say who repairs it."))
    if details.due_on is not None and not 0 <= (details.due_on - today).days <= DUE_DAYS_MOST:
        found.append(Blocker("due_on", "It is due back on a day from today on, within two years."))
    if details.off_site:
        found += _off_site(facts, details)
    return Decision(tuple(found))


def _off_site(facts: AssetFacts, details: RepairDetails) -> Iterator[Blocker]:
    if details.repairer.casefold() == OWN_STAFF.casefold():
        yield Blocker("no_repairer", "It leaves the school: name the company or the person who repairs it.")
    if details.due_on is None:
        yield Blocker("due_on", "It leaves the school: say when it is due back.")
    if facts.media_condemned:
        yield Blocker("condemned", CONDEMNED_INSIDE)
    if not facts.may_hold_data:
        return
    if not facts.encrypted:
        message = (
            "It may hold data. Take its storage media out or wipe them, or record a check that they are encrypted; "
            "if it holds none, state that by name."
        )
        yield Blocker("holds_data", message)
    if not details.terms:
        message = "It may hold data: name the contract or the written terms under which the repairer works."
        yield Blocker("no_terms", message)
