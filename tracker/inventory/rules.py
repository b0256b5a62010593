"""The words of the register, the lifecycle of an asset, and the gates before it. Pure.

Sources: the school's policy (clauses AD1 to AD5, DS6, HS4) and gates G1, G2 and G14 of docs/rules.md; G4, before a
repair, is in repairs_rules.py.
"""

import re
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum
from uuid import UUID

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


# Whose it is does not tell who that is: the name is needed, since nothing goes to anybody without the owner's consent
NAMED_OWNERS = frozenset({Ownership.LEASED, Ownership.DONATED, Ownership.BORROWED})
IN_HANDS = frozenset({AssetState.IN_USE, AssetState.ON_LOAN})  # somebody works with it
ENDED = frozenset({AssetState.RELEASED, AssetState.DISPOSED, AssetState.WRITTEN_OFF})
DISPOSAL = frozenset({AssetState.DISPOSAL_AUTHORISED, AssetState.CLEARED, AssetState.AWAITING_COLLECTION}) | ENDED
# Gate AD6: what could not be wiped does not go back into hands with the thing that it is in
CONDEMNED_INSIDE = "A drive in it could not be wiped, or waits to be destroyed. Take that drive out of it first."
REASON_LEAST = 10  # characters of a reason: "n/a" and "ok" are none
REASON_MOST = 2000

_TECHNICIAN = frozenset({Role.TECHNICIAN})
_KEEPERS = frozenset({Role.TECHNICIAN, Role.BURSAR})


@dataclass(frozen=True)
class Transition:
    """One allowed step: who may take it, what it is called, and whether it needs a reason and a second look."""

    roles: frozenset[Role]
    action: str
    harmful: bool = False  # asks for a reason and for confirmation
    asks: str = ""  # what the reason has to tell, where a step that harms nothing needs one

    @property
    def needs_reason(self) -> bool:
        """Whether it cannot be taken without words."""
        return self.harmful or bool(self.asks)


def _steps(to: AssetState, step: Transition, *sources: AssetState) -> dict[tuple[AssetState, AssetState], Transition]:
    return {(source, to): step for source in sources}


_S = AssetState
_OUTCOME = "What was done"
TRANSITIONS: dict[tuple[AssetState, AssetState], Transition] = {
    **_steps(_S.IN_STORE, Transition(_KEEPERS, "Take into store"), _S.INCOMING),
    **_steps(_S.IN_STORE, Transition(_TECHNICIAN, "Return to store"), _S.IN_USE),
    **_steps(_S.IN_STORE, Transition(_TECHNICIAN, "Back from repair, to store", asks=_OUTCOME), _S.IN_REPAIR),
    **_steps(_S.IN_STORE, Transition(_KEEPERS, "Found: return to store", harmful=True), _S.MISSING),
    **_steps(_S.IN_STORE, Transition(_KEEPERS, "Keep it after all", harmful=True), _S.REDUNDANT),
    **_steps(_S.IN_USE, Transition(_TECHNICIAN, "Put into use"), _S.IN_STORE),
    **_steps(_S.IN_USE, Transition(_TECHNICIAN, "Back from repair, into use", asks=_OUTCOME), _S.IN_REPAIR),
    **_steps(_S.IN_REPAIR, Transition(_TECHNICIAN, "Send to repair", harmful=True), _S.IN_STORE, _S.IN_USE),
    **_steps(
        _S.REDUNDANT,
        Transition(_KEEPERS, "Declare redundant", harmful=True),
        _S.IN_STORE,
        _S.IN_USE,
        _S.IN_REPAIR,
    ),
}


@dataclass(frozen=True)
class AssetFacts:
    """What the gates look at. Nothing has a default: whoever asks a gate has looked (inventory.facts builds them)."""

    state: AssetState
    tag: str
    kind: str  # its name; empty: none
    data_bearing: bool
    portable: bool
    fixed: bool
    server: bool
    serial: str
    serial_reason: str
    ownership: Ownership | None
    source: str  # who sold, gave or lent it; empty: the school does not know
    media_count: int
    media_holding: int  # of these, those that may still hold data
    media_condemned: int  # of these, those that can only be destroyed (AD6)
    no_storage: bool  # an assertion stands
    labelled: bool  # a label was printed, or somebody states that it carries an older mark
    location: str  # its path; empty: none
    lockable: bool  # that location
    responsible: UUID | None
    dbs: bool  # the responsible person's current DBS check is confirmed
    installed: bool  # the latest record of its installation says that it is in order
    use_ended: bool  # it was in use, and neither wiped nor declared unused since
    used_by: UUID | None  # who answered for it then
    reset_since: bool  # a reset that succeeded is recorded since
    unsafe: str  # why it may not be used: it failed its maintenance; empty where it did not
    encrypted: bool  # the latest check says so, and is neither too old nor older than what was put into it
    protected: bool  # the same of its virus protection

    @property
    def storage_told(self) -> bool:
        """Whether it is known what storage it holds: media listed, "no storage" asserted, or a kind that has none."""
        return not self.data_bearing or self.media_count > 0 or self.no_storage

    @property
    def may_hold_data(self) -> bool:
        """Whether data may be on it: a medium in it that was not sanitised, or nobody told (clause AD5)."""
        return self.media_holding > 0 or not self.storage_told


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
    if step.needs_reason or reason.strip():
        found += reason_blockers(reason)
    return Decision((*found, *gates(facts, to)))


def gates(facts: AssetFacts, to: AssetState) -> tuple[Blocker, ...]:
    """What is missing before the asset may be in that state: G1 for the store, G2 and G14 for use."""
    if to is AssetState.IN_STORE:
        return tuple(_registered(facts))
    if to is AssetState.IN_USE:
        return (*_registered(facts), *_deployed(facts), *_reissued(facts))
    return ()


def broken(before: AssetFacts, after: AssetFacts) -> tuple[Blocker, ...]:
    """What a change of its data would break: a gate of its state that held before, or a hand-over past gate G14."""
    known = {blocker.code for blocker in gates(before, before.state)} | {"storage_not_told"}  # shown on its page
    found = [blocker for blocker in gates(after, before.state) if blocker.code not in known]
    handed_over = before.responsible is not None and before.responsible != after.responsible
    if before.state is AssetState.IN_USE and before.portable and handed_over and after.may_hold_data:
        message = "It is in somebody's hands. Return it to store, record a reset or a wipe, then give it to another."
        found.append(Blocker("not_reset", message))
    return tuple(found)


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
    if to is AssetState.MISSING:
        message = "Report it as lost or stolen on its page: that opens the incident, with its clock, in the same act."
        return Blocker("incidents", message)
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
    elif facts.ownership in NAMED_OWNERS and not facts.source:
        yield Blocker("no_source", f"It is {facts.ownership.label.lower()}: name the owner, or who gave it.")
    if not facts.storage_told:
        yield Blocker("storage_not_told", "List the storage media in it, or state by name that it holds no storage.")


def _deployed(facts: AssetFacts) -> Iterator[Blocker]:
    """Gate G2 (clauses DS6, HS4): in use means known by a label, somewhere, installed, and a server behind a lock."""
    if facts.unsafe:
        yield Blocker("unsafe", f"It may not be used before it passes again: {facts.unsafe}")
    if facts.media_condemned:
        yield Blocker("condemned", CONDEMNED_INSIDE)
    if not facts.labelled:
        message = "Print its label, or record the label or mark that it carries already (“Record a check”)."
        yield Blocker("no_label", message)
    if not facts.location:
        yield Blocker("no_location", "Say where it will be used.")
    elif facts.server and not facts.lockable:
        yield Blocker("not_lockable", f"A server needs a place that can be locked. {facts.location} cannot.")
    if facts.server and not facts.dbs:
        message = "A server needs a responsible person whose current DBS check is confirmed. Confirm it at the person."
        yield Blocker("no_dbs", message)
    if facts.fixed and not facts.installed:
        yield Blocker("not_installed", "Record who installed and checked it, and when (“Record a check”).")


def _reissued(facts: AssetFacts) -> Iterator[Blocker]:
    """Gate G14 (NCSC: on reallocation too): what one person left on it must not come to another."""
    other = facts.responsible != facts.used_by
    if facts.use_ended and other and facts.may_hold_data and not facts.reset_since:
        message = "Somebody else used it before. Record a reset, or wipe its media, before another person gets it."
        yield Blocker("not_reset", message)


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


def may_declare_unused(facts: AssetFacts, role: Role | None, reason: str) -> Decision:
    """May somebody state that nobody used it after all: it was put into use by mistake, or for the wrong person."""
    found = []
    if role is not Role.TECHNICIAN:
        found.append(Blocker("role", "Only a technician, who knows what became of it, can state this."))
    if facts.state is AssetState.IN_USE:
        found.append(Blocker("in_use", "It is in use. Return it to store first."))
    elif not facts.use_ended:
        found.append(Blocker("unused", "Nothing says that somebody used it."))
    found += [*may_edit(facts.state).blockers, *reason_blockers(reason)]
    return Decision(tuple(found))


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
