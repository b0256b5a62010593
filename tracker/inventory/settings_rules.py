"""What must be in the register and what is capital, as a school's financial procedures have it. Pure.

Local rules differ in their figures, and agree that what is portable or may hold data is listed whatever it cost.
"""

from dataclasses import dataclass

from tracker.values import Blocker, Decision, Role

PENCE_MOST = 100_000_000  # a million pounds: more is a slip of the keyboard
DAYS_LEAST, DAYS_MOST = 1, 1827  # five years


@dataclass(frozen=True)
class Thresholds:
    """The figures. Amounts are pence without VAT, `check_days` is how long a check counts, in days."""

    min_cost_pence: int = 0
    always_portable: bool = True
    always_it: bool = True
    capitalise_from_pence: int = 100_000
    check_days: int = 365


def must_be_listed(cost_pence: int | None, *, portable: bool, data_bearing: bool, thresholds: Thresholds) -> bool:
    """Must such a thing be in the register: by its price, as portable, or as IT; in doubt (no price) yes."""
    if cost_pence is None or cost_pence >= thresholds.min_cost_pence:
        return True
    return (portable and thresholds.always_portable) or (data_bearing and thresholds.always_it)


def is_capital(cost_pence: int | None, thresholds: Thresholds) -> bool:
    """Is it a capital asset by its price; what has no price on record is not."""
    return cost_pence is not None and cost_pence >= thresholds.capitalise_from_pence


def may_change(thresholds: Thresholds, role: Role | None) -> Decision:
    """May this person set these figures."""
    found = []
    if role not in (Role.HEAD, Role.BURSAR, None):
        found.append(Blocker("role", "Only the head teacher or the bursar can change this."))
    for name, what in (("min_cost_pence", "least cost"), ("capitalise_from_pence", "cost of capital assets")):
        if not 0 <= getattr(thresholds, name) <= PENCE_MOST:
            found.append(Blocker(name, f"The {what} must be from £0 to £{PENCE_MOST // 100:,}."))
    if not DAYS_LEAST <= thresholds.check_days <= DAYS_MOST:
        found.append(Blocker("check_days", f"A check can count for {DAYS_LEAST} to {DAYS_MOST:,} days."))
    return Decision(tuple(found))
