"""How long the name of somebody who left is kept, and when a pseudonym may take its place. Pure.

UK GDPR art 5(1)(e), storage limitation. No statute says how long; the usual periods follow the guidance that schools
use: agreements of staff six years after leaving, of pupils one, loans and incidents six after they ended.
"""

from dataclasses import dataclass, fields
from datetime import date

from tracker.people.rules import PersonKind
from tracker.values import Blocker, Decision, Role, months_later

MONTHS_MOST = 600
SETTERS = frozenset({Role.HEAD, Role.BURSAR})
FORGETTERS = frozenset({Role.HEAD})
TOGETHER = 50  # people in one go
_WORDS = {
    PersonKind.STAFF: "member of staff",
    PersonKind.GOVERNOR: "governor",
    PersonKind.PUPIL: "pupil",
    PersonKind.EXTERNAL: "external person",
}


@dataclass(frozen=True)
class Periods:
    """How long names are kept, in months. `by_itself`: the timer acts; else it only proposes."""

    staff_months: int = 72
    governor_months: int = 72
    pupil_months: int = 12
    external_months: int = 72
    loan_months: int = 72
    incident_months: int = 72
    by_itself: bool = False

    def after_leaving(self, kind: PersonKind) -> int:
        """Months after the last day."""
        return int(getattr(self, f"{kind.value}_months"))


@dataclass(frozen=True)
class Leaver:
    """What decides on a name. Days are those on which the last loan came back and the last incident was closed."""

    name: str
    kind: PersonKind
    left_on: date | None
    loans_out: int = 0
    last_loan_on: date | None = None
    incidents_open: int = 0
    last_incident_on: date | None = None
    account_open: bool = False
    forgotten: bool = False


def may_set(periods: Periods, role: Role | None) -> Decision:
    """May the periods be set so, by somebody of this role."""
    found = []
    if role not in SETTERS:
        found.append(Blocker("role", "Only the head teacher or the bursar sets how long names are kept."))
    for one in fields(periods):
        value = getattr(periods, one.name)
        if one.name != "by_itself" and not 0 <= value <= MONTHS_MOST:
            found.append(Blocker(one.name, f"Enter a number of months from 0 to {MONTHS_MOST}."))
    if periods.by_itself and role is not Role.HEAD:
        found.append(Blocker("by_itself", "Only the head teacher lets names be replaced without being asked."))
    return Decision(tuple(found))


def due_on(leaver: Leaver, periods: Periods) -> date | None:
    """The first day on which the name need not be kept any more; None while somebody is not known to leave."""
    if leaver.left_on is None:
        return None
    days = [months_later(leaver.left_on, periods.after_leaving(leaver.kind))]
    if leaver.last_loan_on is not None:
        days.append(months_later(leaver.last_loan_on, periods.loan_months))
    if leaver.last_incident_on is not None:
        days.append(months_later(leaver.last_incident_on, periods.incident_months))
    return max(days)


def may_forget(leaver: Leaver, periods: Periods, today: date) -> Decision:
    """May a pseudonym take the place of this name today."""
    name, found = leaver.name, []
    if leaver.forgotten:
        return Decision((Blocker("forgotten", f"{name} is a pseudonym already."),))
    if leaver.left_on is None or leaver.left_on >= today:
        found.append(Blocker("here", f"{name} is still at the school. Enter the last day once it is over."))
    if leaver.loans_out:
        things = "1 thing" if leaver.loans_out == 1 else f"{leaver.loans_out} things"
        found.append(Blocker("loan", f"{name} still has {things} on loan. Take them back, or report them lost, first."))
    if leaver.incidents_open:
        number = "an incident" if leaver.incidents_open == 1 else f"{leaver.incidents_open} incidents"
        found.append(Blocker("incident", f"{name} is named in {number} that is not closed. Close it first."))
    if leaver.account_open:
        found.append(Blocker("account", f"{name} still has an account that is open. Close it first."))
    due = due_on(leaver, periods)
    if due is not None and due > today:
        found.append(Blocker("early", f"{name} is kept until {due.day} {due:%B %Y}. Then a pseudonym may take over."))
    return Decision(tuple(found))


def may_act(role: Role | None, periods: Periods, *, timer: bool) -> Decision:
    """Who may let a pseudonym take over: the head, or the timer where the head said so."""
    if timer and not periods.by_itself:
        return Decision((Blocker("by_itself", "The settings say that names are only proposed."),))
    if not timer and role not in FORGETTERS:
        return Decision((Blocker("role", "Only the head teacher lets a pseudonym take the place of a name."),))
    return Decision(())


def pseudonym(kind: PersonKind, number: int) -> str:
    """What stands in the place of a name from now on."""
    return f"Former {_WORDS[kind]} {number}"


def parent_of(name: str) -> str:
    """What stands in the place of the name of a pupil's parent."""
    return f"Parent of {name[:1].lower()}{name[1:]}"
