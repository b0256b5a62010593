"""The life of a storage medium: only evidence moves it towards release. Pure.

Sources: the school's policy (clauses AD5, AD6, DS3), NIST SP 800-88 Rev. 2 section 4.5.2 (an error, or an area that was
not reached, is a reason to reject), and gate G7 of docs/rules.md.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from enum import StrEnum

from tracker.inventory.rules import serial_key
from tracker.values import Blocker, Decision, Role
from wipe.vocabulary import Medium as MediumKind
from wipe.vocabulary import Outcome


class MediumState(StrEnum):
    """Where a medium is in its life. States are never renamed: they stand in the log."""

    IN_SERVICE = "in_service"
    HELD = "held"
    WIPING = "wiping"
    WIPED_UNVERIFIED = "wiped_unverified"
    SANITISED = "sanitised"
    WIPE_FAILED = "wipe_failed"
    HELD_FOR_DESTRUCTION = "held_for_destruction"
    DESTROYED = "destroyed"
    HANDED_OVER_GUARANTEED = "handed_over_guaranteed"
    DESTROYED_CONFIRMED = "destroyed_confirmed"
    MISSING = "missing"

    @property
    def label(self) -> str:
        """The words on the screen."""
        return _LABELS[self]

    @property
    def tone(self) -> str:
        """How it is drawn, beside the words: good, warn, bad, busy or plain."""
        return _TONES.get(self, "plain")


_LABELS = {
    MediumState.IN_SERVICE: "In service",
    MediumState.HELD: "Held, not wiped",
    MediumState.WIPING: "Being wiped",
    MediumState.WIPED_UNVERIFIED: "Wiped with exceptions",
    MediumState.SANITISED: "Sanitised",
    MediumState.WIPE_FAILED: "Wipe failed",
    MediumState.HELD_FOR_DESTRUCTION: "Held for destruction",
    MediumState.DESTROYED: "Destroyed",
    MediumState.HANDED_OVER_GUARANTEED: "Handed over under guarantee",
    MediumState.DESTROYED_CONFIRMED: "Destruction confirmed",
    MediumState.MISSING: "Missing",
}
_TONES = {
    MediumState.HELD: "warn",
    MediumState.WIPING: "busy",
    MediumState.WIPED_UNVERIFIED: "warn",
    MediumState.SANITISED: "good",
    MediumState.WIPE_FAILED: "bad",
    MediumState.HELD_FOR_DESTRUCTION: "warn",
    MediumState.DESTROYED: "good",
    MediumState.HANDED_OVER_GUARANTEED: "warn",
    MediumState.DESTROYED_CONFIRMED: "good",
    MediumState.MISSING: "bad",
}


class EvidenceState(StrEnum):
    """What the tracker made of a record it received. Decided once, at receipt."""

    ACCEPTED = "accepted"
    QUARANTINED = "quarantined"


# What a person may do. A failed medium goes to destruction and nowhere else (AD6); destruction itself, and handing
# over, belong to the disposal chain.
BY_HAND: Mapping[MediumState, frozenset[MediumState]] = {
    MediumState.IN_SERVICE: frozenset({MediumState.HELD, MediumState.MISSING}),
    MediumState.HELD: frozenset({MediumState.IN_SERVICE, MediumState.HELD_FOR_DESTRUCTION, MediumState.MISSING}),
    MediumState.WIPED_UNVERIFIED: frozenset({MediumState.HELD_FOR_DESTRUCTION, MediumState.MISSING}),
    MediumState.SANITISED: frozenset(
        {MediumState.IN_SERVICE, MediumState.HELD_FOR_DESTRUCTION, MediumState.MISSING},
    ),
    MediumState.WIPE_FAILED: frozenset({MediumState.HELD_FOR_DESTRUCTION, MediumState.MISSING}),
    MediumState.HELD_FOR_DESTRUCTION: frozenset({MediumState.MISSING}),
    MediumState.MISSING: frozenset({MediumState.HELD, MediumState.HELD_FOR_DESTRUCTION}),
}
# A medium that was here once goes to destruction and nowhere else, however it was lost and found since (AD6)
CONDEMNED = frozenset({MediumState.WIPE_FAILED, MediumState.HELD_FOR_DESTRUCTION})
# Whoever moves it, people, evidence or the disposal to come: nothing but these comes after that
FROM_CONDEMNED = CONDEMNED | {
    MediumState.MISSING,
    MediumState.DESTROYED,
    MediumState.HANDED_OVER_GUARANTEED,
    MediumState.DESTROYED_CONFIRMED,
}
# From where a wipe may begin. A failed one cannot be tried again (AD6); a missing one must be found first.
WIPEABLE = frozenset({MediumState.IN_SERVICE, MediumState.HELD, MediumState.WIPED_UNVERIFIED, MediumState.SANITISED})
# What evidence says of the medium afterwards. There is no default: an outcome that is not here cannot be received.
AFTER: Mapping[Outcome, MediumState] = {
    Outcome.SANITISED_PURGE: MediumState.SANITISED,
    Outcome.SANITISED_CLEAR: MediumState.SANITISED,
    Outcome.CLEARED_WITH_EXCEPTIONS: MediumState.WIPED_UNVERIFIED,
    Outcome.FAILED: MediumState.WIPE_FAILED,
    Outcome.INTERRUPTED: MediumState.HELD,
    Outcome.INDETERMINATE: MediumState.HELD,
}
# Late evidence does not bring back what failed, is lost or is gone; it is kept and changes nothing.
_MOVED_BY_EVIDENCE = WIPEABLE | {MediumState.WIPING}
CONDEMNED_ONLY = "A medium whose wipe failed, or that was held for destruction, can only be destroyed."


# Nothing is on it that could be read; whatever else a medium is, it may hold data (clause AD5)
EMPTY = frozenset({MediumState.SANITISED, MediumState.DESTROYED, MediumState.DESTROYED_CONFIRMED})


def may_hold_data(at: MediumState) -> bool:
    """Whether a medium in this state may hold data."""
    return at not in EMPTY


def may_change_state(at: MediumState, to: MediumState, role: Role | None, reason: str, *, condemned: bool) -> Decision:
    """May a person move a medium from `at` to `to`. `condemned`: a wipe of it failed, or it was to be destroyed."""
    found = []
    if role not in (Role.TECHNICIAN, Role.HEAD, None):
        found.append(Blocker("role", "Only a technician or the head teacher can change the state of a medium."))
    if to not in BY_HAND.get(at, frozenset()):
        found.append(Blocker("transition", _refusal(at, to)))
    elif condemned and to not in (MediumState.HELD_FOR_DESTRUCTION, MediumState.MISSING):
        found.append(Blocker("condemned", CONDEMNED_ONLY))
    if len(reason.strip()) < 3:
        found.append(Blocker("reason", "Say why, so that the history can tell."))
    return Decision(tuple(found))


def _refusal(at: MediumState, to: MediumState) -> str:
    if to is MediumState.SANITISED:
        return "Nobody declares a medium sanitised: only the evidence of a wipe does."
    if at is MediumState.WIPE_FAILED:
        return "A medium whose wipe failed can only be destroyed."
    if at is MediumState.WIPING:
        return "It is being wiped. Wait for the end, or cancel the job."
    return f"A medium that is “{at.label}” cannot become “{to.label}” here."


def may_wipe(at: MediumState, *, condemned: bool) -> Decision:
    """May a wipe of a medium in this state begin. `condemned`: as for `may_change_state`."""
    if condemned and at in WIPEABLE:
        return Decision((Blocker("condemned", CONDEMNED_ONLY),))
    if at in WIPEABLE:
        return Decision(())
    if at is MediumState.WIPING:
        return Decision((Blocker("wiping", "It is being wiped already."),))
    if at in (MediumState.WIPE_FAILED, MediumState.HELD_FOR_DESTRUCTION):
        return Decision(
            (Blocker("failed", "A medium whose wipe failed, or that is held for it, can only be destroyed."),)
        )
    return Decision((Blocker("state", f"A medium that is “{at.label}” cannot be wiped."),))


def may_enter(*, condemned: bool) -> Decision:
    """May a medium be put into an asset: what can only be destroyed goes into nothing, it only comes out (AD6)."""
    if condemned:
        message = f"{CONDEMNED_ONLY} It goes into no asset; take it out, and keep it apart until then."
        return Decision((Blocker("condemned", message),))
    return Decision(())


def may_rename(changed: Iterable[str], *, condemned: bool) -> Decision:
    """May these fields of a medium be changed: what tells it from another one stays, once it can only be destroyed.

    Else the drive could be registered again under its own serial number, as if nothing had been (AD6).
    """
    names = [_NAMES[name] for name in changed if name in _NAMES]
    if condemned and names:
        message = (
            f"{CONDEMNED_ONLY} So its {', '.join(names)} can no longer be changed; write what is wrong into the notes."
        )
        return Decision((Blocker("condemned", message),))
    return Decision(())


_NAMES = {"kind": "kind", "serial": "serial number", "wwn": "WWN", "capacity_bytes": "capacity"}


def after_evidence(at: MediumState, outcome: Outcome, *, current: bool) -> MediumState:
    """The state of a medium after accepted evidence. Raises KeyError for an outcome that no run ends with.

    `current`: no later wipe of it was ordered, and it was not in service since this one was. Other evidence proves
    nothing of what the medium holds now; that a wipe of it failed counts in any case (AD6).
    """
    to = AFTER[outcome]
    if at not in _MOVED_BY_EVIDENCE or not (current or to is MediumState.WIPE_FAILED):
        return at
    return to


@dataclass(frozen=True, slots=True)
class Known:
    """What tells one medium from another, from either side. Empty or None: not known."""

    kind: MediumKind
    serial: str
    wwn: str
    capacity_bytes: int | None


def differing(register: Known, device: Known, *, attested: bool) -> tuple[str, ...]:
    """What the register and the device say differently, in words for people.

    Serial numbers are compared whole, never as parts, and one that only one side has is a difference: a refused wipe
    can be put right. Only where the device gives none and a person attested which one it is, the attestation stands
    for it.
    """
    found = []
    if serial_key(register.serial) != serial_key(device.serial) and (serial_key(device.serial) or not attested):
        found.append("serial number")
    if register.wwn and device.wwn and serial_key(register.wwn) != serial_key(device.wwn):
        found.append("WWN")
    sizes = {register.capacity_bytes, device.capacity_bytes} - {None}
    if len(sizes) > 1:
        found.append("capacity")
    if len({register.kind, device.kind} - {MediumKind.UNKNOWN}) > 1:
        found.append("kind of medium")
    return tuple(found)
