"""Kits: what may be put together. Pure."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from tracker.values import Blocker, Decision, Role, text_blockers

KEEPERS = frozenset({Role.TECHNICIAN, Role.BURSAR})
NAME_LIMIT, LINE_LIMIT = 80, 200  # characters
ITEMS_MOST = 100  # as many as one loan holds


@dataclass(frozen=True)
class KitDetails:
    """What is known of a kit beyond its things."""

    name: str
    accessories: str = ""


def may_keep(
    details: KitDetails, things: Sequence[str], elsewhere: Mapping[str, str], role: Role | None, *, taken: bool
) -> Decision:
    """May a kit be as it is told. `things`: their tags; `elsewhere`: the kit that a tag is in; `taken`: its name is."""
    found = [] if role in KEEPERS else [Blocker("role", "Only the technician or the bursar can do this.")]
    found += text_blockers(details.name, "name", "name", NAME_LIMIT, least=1)
    found += text_blockers(details.accessories, "accessories", "accessories", LINE_LIMIT)
    if taken:
        found.append(Blocker("name", f"There is a kit called {details.name} already."))
    if not 1 <= len(things) <= ITEMS_MOST:
        found.append(Blocker("items", f"A kit has from 1 to {ITEMS_MOST} things."))
    if len(set(things)) < len(things):
        found.append(Blocker("items", "A thing stands in the list twice."))
    found += [
        Blocker("items", f"{tag}: it is in the kit {kit} already. A thing is in one kit at most.")
        for tag, kit in elsewhere.items()
    ]
    return Decision(tuple(found))
