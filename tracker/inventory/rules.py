"""The words of the register, the lifecycle of an asset, and the gates before it. Pure.

Sources: the school's policy (clauses AD1 to AD5, DS6) and gates G1 and G2 of docs/rules.md.
"""

import re
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum

from tracker.values import Blocker, Decision, Role, unprintable


class Ownership(StrEnum):
    """Whose it is: school-owned is a filter, not the whole register (clause AD1)."""

    SCHOOL = "school"
    GOVERNORS = "governors"
    LOCAL_AUTHORITY = "local-authority"
    DFE = "dfe"
    LEASED = "leased"
    DONATED = "donated"
    BORROWED = "borrowed"

    @property
    def label(self) -> str:
        """The words on the screen."""
        return {"dfe": "DfE", "local-authority": "Local authority"}.get(self.value, self.value.capitalize())


class LocationLevel(StrEnum):
    """Levels of the tree of places, the largest first."""

    SITE = "site"
    BUILDING = "building"
    ROOM = "room"
    CABINET = "cabinet"
    SLOT = "slot"

    @property
    def label(self) -> str:
        """The word on the screen."""
        return self.value.capitalize()

    @property
    def depth(self) -> int:
        """0 for a site, 4 for a slot."""
        return list(LocationLevel).index(self)


class CustomType(StrEnum):
    """What kind of value a custom field holds."""

    TEXT = "text"
    NUMBER = "number"
    DATE = "date"
    YES_NO = "yes_no"
    CHOICE = "choice"
    MONEY = "money"

    @property
    def label(self) -> str:
        """The words on the screen."""
        return {"yes_no": "Yes or no", "choice": "One of a list", "money": "Amount in pounds"}.get(
            self.value, self.value.capitalize()
        )


class CheckKind(StrEnum):
    """What was looked at or done. Never renamed: they stand in the log."""

    ENCRYPTION = "encryption"
    ANTI_VIRUS = "anti_virus"
    UPDATES = "updates"
    RESET = "reset"
    INSTALLATION = "installation"
    IDENTIFICATION = "identification"  # an older label or mark by which it is known

    @property
    def label(self) -> str:
        """The words on the screen."""
        return self.value.replace("_", "-").capitalize()


class AssetState(StrEnum):
    """Where an asset is in its life. States are never renamed: they stand in the log."""

    INCOMING = "incoming"  # received, but what storage it holds has not been told yet (gate G1)
    IN_STORE = "in_store"
    IN_USE = "in_use"
    ON_LOAN = "on_loan"
    IN_REPAIR = "in_repair"
    MISSING = "missing"
    REDUNDANT = "redundant"
    DISPOSAL_AUTHORISED = "disposal_authorised"
    CLEARED = "cleared"
    AWAITING_COLLECTION = "awaiting_collection"
    RELEASED = "released"
    DISPOSED = "disposed"
    WRITTEN_OFF = "written_off"

    @property
    def label(self) -> str:
        """The words on the screen."""
        return self.value.replace("_", " ").capitalize()


ENDED = frozenset({AssetState.RELEASED, AssetState.DISPOSED, AssetState.WRITTEN_OFF})
DISPOSAL = frozenset({AssetState.DISPOSAL_AUTHORISED, AssetState.CLEARED, AssetState.AWAITING_COLLECTION}) | ENDED
REASON_LEAST = 10  # characters of a reason: "n/a" and "ok" are none
REASON_MOST = 2000

_TECHNICIAN = frozenset({Role.TECHNICIAN})
_KEEPERS = frozenset({Role.TECHNICIAN, Role.BURSAR})
_REPORTERS = _KEEPERS | {Role.HEAD}


@dataclass(frozen=True)
class Transition:
    """One allowed step: who may take it, what it is called, and whether it needs a reason and a second look."""

    roles: frozenset[Role]
    action: str
    harmful: bool = False  # asks for a reason and for confirmation


def _steps(to: AssetState, step: Transition, *sources: AssetState) -> dict[tuple[AssetState, AssetState], Transition]:
    return {(source, to): step for source in sources}


_S = AssetState
TRANSITIONS: dict[tuple[AssetState, AssetState], Transition] = {
    **_steps(_S.IN_STORE, Transition(_KEEPERS, "Take into store"), _S.INCOMING),
    **_steps(_S.IN_STORE, Transition(_TECHNICIAN, "Return to store"), _S.IN_USE, _S.IN_REPAIR),
    **_steps(_S.IN_STORE, Transition(_KEEPERS, "Found: return to store", harmful=True), _S.MISSING),
    **_steps(_S.IN_STORE, Transition(_KEEPERS, "Keep it after all", harmful=True), _S.REDUNDANT),
    **_steps(_S.IN_USE, Transition(_TECHNICIAN, "Put into use"), _S.IN_STORE, _S.IN_REPAIR),
    **_steps(_S.IN_REPAIR, Transition(_TECHNICIAN, "Send to repair", harmful=True), _S.IN_STORE, _S.IN_USE),
    **_steps(
        _S.REDUNDANT,
        Transition(_KEEPERS, "Declare redundant", harmful=True),
        _S.IN_STORE,
        _S.IN_USE,
        _S.IN_REPAIR,
    ),
    **_steps(
        _S.MISSING,
        Transition(_REPORTERS, "Report missing", harmful=True),
        _S.INCOMING,
        _S.IN_STORE,
        _S.IN_USE,
        _S.IN_REPAIR,
        _S.REDUNDANT,
    ),
}


@dataclass(frozen=True)
class AssetFacts:
    """What the gates look at."""

    state: AssetState
    tag: str
    kind: str  # its name; empty: none
    data_bearing: bool
    server: bool
    serial: str
    serial_reason: str
    ownership: Ownership | None
    media_count: int
    no_storage: bool  # an assertion stands
    location: str  # its path; empty: none
    lockable: bool  # that location

    @property
    def storage_told(self) -> bool:
        """Whether it is known what storage it holds: media listed, "no storage" asserted, or a kind that has none."""
        return not self.data_bearing or self.media_count > 0 or self.no_storage


def may_change_state(facts: AssetFacts, to: AssetState, role: Role | None, reason: str) -> Decision:
    """May this person move the asset on to that state, with all that is known of it."""
    impossible = _impossible(facts.state, to)
    if impossible is not None:
        return Decision((impossible,))
    step = TRANSITIONS[facts.state, to]
    found = []
    if role not in step.roles:
        who = " or the ".join(sorted(one.label.lower() for one in step.roles))
        found.append(Blocker("role", f"Only the {who} can do this."))
    if step.harmful or reason.strip():
        found += reason_blockers(reason)
    return Decision((*found, *gates(facts, to)))


def gates(facts: AssetFacts, to: AssetState) -> tuple[Blocker, ...]:
    """What is missing before the asset may be in that state: G1 for the store, G2 for use."""
    if to is AssetState.IN_STORE:
        return tuple(_registered(facts))
    if to is AssetState.IN_USE:
        return (*_registered(facts), *_deployed(facts))
    return ()


def steps_from(state: AssetState) -> Iterator[tuple[AssetState, Transition]]:
    """The states that people can move an asset to from here, in the order of the table."""
    return ((to, step) for (source, to), step in TRANSITIONS.items() if source is state)


def _impossible(state: AssetState, to: AssetState) -> Blocker | None:
    """Why no step leads there, whoever asks; None where one does."""
    if (state, to) in TRANSITIONS:
        return None
    if state is to:
        return Blocker("same_state", f"It is {state.label.lower()} already.")
    if state in ENDED:
        message = f"It is {state.label.lower()}, and nothing comes back from there. A mistake needs a correction."
        return Blocker("ended", message)
    if to in DISPOSAL or state in DISPOSAL:
        return Blocker("disposal", "Only the disposal procedure, with its authority and evidence, decides this.")
    if AssetState.ON_LOAN in (state, to):
        return Blocker("loans", "Only the loans desk, with a signed agreement, decides this.")
    message = f"An asset that is {state.label.lower()} cannot become {to.label.lower()} in one step."
    return Blocker("no_step", message)


def _registered(facts: AssetFacts) -> Iterator[Blocker]:
    """Gate G1 (clause AD1): nothing is in the register without these."""
    if not facts.tag:
        yield Blocker("no_tag", "It has no tag. Give it one.")
    if not facts.kind:
        yield Blocker("no_kind", "Say what kind of equipment it is.")
    if not facts.serial and not facts.serial_reason:
        yield Blocker("no_serial", "Enter its serial number, or say why it has none.")
    if facts.ownership is None:
        yield Blocker("no_ownership", "Say whose it is.")
    if not facts.storage_told:
        yield Blocker("storage_not_told", "List the storage media in it, or state by name that it holds no storage.")


def _deployed(facts: AssetFacts) -> Iterator[Blocker]:
    """Gate G2 (clause DS6): in use means somewhere, and a server stands behind a lock."""
    if not facts.location:
        yield Blocker("no_location", "Say where it will be used.")
    elif facts.server and not facts.lockable:
        yield Blocker("not_lockable", f"A server needs a place that can be locked. {facts.location} cannot.")


def may_edit(state: AssetState) -> Decision:
    """May the asset's own data be changed: not once its disposal is authorised, since papers then quote them."""
    if state in DISPOSAL:
        message = f"It is {state.label.lower()}: what is written about it can no longer be changed."
        return Decision((Blocker("disposal", message),))
    return Decision(())


def may_change_kind(facts: AssetFacts, *, data_bearing: bool) -> Decision:
    """May it become another kind: a kind without storage would else be a way around clause AD5."""
    if facts.data_bearing and not data_bearing and not facts.no_storage:
        message = "This kind holds no data. First state by name that the asset holds no storage."
        return Decision((Blocker("kind_hides_storage", message),))
    return Decision(())


def may_assert_no_storage(facts: AssetFacts, role: Role | None, reason: str) -> Decision:
    """May somebody state that the asset holds no storage (clause AD5: "may have held" means yes until then)."""
    found = []
    if role is not Role.TECHNICIAN:
        found.append(Blocker("role", "Only a technician, who looked, can state this."))
    if facts.media_count > 0:
        message = "Storage media are listed in it. Take them out of it first, each to where it really went."
        found.append(Blocker("media", message))
    if facts.no_storage:
        found.append(Blocker("asserted", "This has been stated already."))
    found += [*may_edit(facts.state).blockers, *reason_blockers(reason)]
    return Decision(tuple(found))


def reason_blockers(reason: str) -> tuple[Blocker, ...]:
    """What is wrong with a reason that must be given."""
    if len(reason.strip()) < REASON_LEAST:
        return (Blocker("reason", f"Give the reason, in {REASON_LEAST} characters or more."),)
    if len(reason) > REASON_MOST:
        return (Blocker("reason_long", f"Give the reason in at most {REASON_MOST:,} characters."),)
    if unprintable(reason):
        return (Blocker("unprintable", "The reason holds characters that cannot be shown. Type it again."),)
    return ()


def may_lie_in(level: LocationLevel, parent: LocationLevel | None) -> Decision:
    """May a place of this level lie in one of that level: each lies in a larger one, only a site lies in none."""
    if parent is None and level is not LocationLevel.SITE:
        return Decision((Blocker("no_parent", f"A {level.value} lies in a larger place. Choose which."),))
    if parent is not None and parent.depth >= level.depth:
        return Decision((Blocker("level", f"A {level.value} cannot lie in a {parent.value}."),))
    return Decision(())


_NO_KEY = re.compile(r"[^0-9A-Z]")


def serial_key(serial: str) -> str:
    """A serial number to find it by: capitals and digits only, so that spaces, dashes and case do not matter."""
    return _NO_KEY.sub("", unicodedata.normalize("NFKC", serial).upper())[:120]  # the column; composing can lengthen
