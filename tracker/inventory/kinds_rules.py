"""What may become of a kind of equipment that things belong to already. Pure.

The flags of a kind decide what the gates ask of its things, so that taking a flag away could be a way around them.
"""

from dataclasses import dataclass

from tracker.inventory.details import KindDetails
from tracker.values import Blocker, Decision


@dataclass(frozen=True)
class KindUse:
    """The things of a kind that have not ended their life, by what the flags ask of them."""

    assets: int = 0
    without_statement: int = 0  # nobody stated by name that they hold no storage
    in_use_unlocked: int = 0  # in use at a place that cannot be locked


def may_change_kind(before: KindDetails, after: KindDetails, use: KindUse) -> Decision:
    """May the kind become this, with the things that are of it (clauses AD5, DS3, DS6)."""
    found = []
    if before.data_bearing and not after.data_bearing and use.without_statement:
        message = (
            f"{_things(use.without_statement)} of this kind may hold data. First state by name for each that it holds "
            "no storage, or add a kind of its own for those that never do."
        )
        found.append(Blocker("kind_hides_storage", message))
    if before.server and not after.server and use.assets:
        message = (
            f"{_things(use.assets)} of this kind need a certificate for every disk and a place that can be locked. "
            "Give those that are no servers another kind first."
        )
        found.append(Blocker("server", message))
    if after.server and not before.server and use.in_use_unlocked:
        message = f"{_things(use.in_use_unlocked)} of this kind are in use at places that cannot be locked. Move first."
        found.append(Blocker("server", message))
    return Decision(tuple(found))


def _things(number: int) -> str:
    return f"{number:,} asset{'' if number == 1 else 's'}"
