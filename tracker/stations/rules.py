"""Stations and jobs: how long a code works, which job may be ordered, what a station may say of one. Pure."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from labels.code import ALPHABET
from tracker.inventory.rules import ENDED, AssetState
from tracker.values import Blocker, Decision, Role

CODE_WORKS = timedelta(minutes=15)
CODE_LETTERS = ALPHABET  # Crockford's base 32: 12 letters are 60 bits
CODE_LENGTH = 12
ALIVE_FOR = timedelta(seconds=15)  # a station that said nothing for so long is away
ATTEST_LEAST = 10  # characters: a reason, not a tick
CONFIRM_LETTERS = 4  # of the serial number


class JobState(StrEnum):
    """Where a job is. Only the station's evidence decides what came of it; states are never renamed."""

    ORDERED = "ordered"
    ACCEPTED = "accepted"
    RUNNING = "running"
    HUNG = "hung"
    ENDED = "ended"
    REFUSED = "refused"
    FAILED = "failed"
    CANCELLED = "cancelled"
    LOST = "lost"

    @property
    def label(self) -> str:
        """The words on the screen."""
        return _LABELS[self][0]

    @property
    def tone(self) -> str:
        """How it is drawn, beside the words."""
        return _LABELS[self][1]


_LABELS = {
    JobState.ORDERED: ("Waiting for the station", "busy"),
    JobState.ACCEPTED: ("Taken by the station", "busy"),
    JobState.RUNNING: ("Running", "busy"),
    JobState.HUNG: ("The drive hangs", "bad"),
    JobState.ENDED: ("Ended", "plain"),
    JobState.REFUSED: ("Refused by the station", "bad"),
    JobState.FAILED: ("Failed without evidence", "bad"),
    JobState.CANCELLED: ("Cancelled before it began", "plain"),
    JobState.LOST: ("Lost: its station knows nothing of it", "bad"),
}
OPEN = frozenset({JobState.ORDERED, JobState.ACCEPTED, JobState.RUNNING, JobState.HUNG})
TAKEN = OPEN - {JobState.ORDERED}  # the station said that it has the job
# States only move forward. Evidence that comes after all may still end a job that was given up as failed, was lost,
# or that the station had begun before it heard that it was cancelled.
_OVER = frozenset({JobState.ENDED, JobState.REFUSED, JobState.FAILED, JobState.LOST})
FORWARD: Mapping[JobState, frozenset[JobState]] = {
    JobState.ORDERED: frozenset(
        {
            JobState.ACCEPTED,
            JobState.RUNNING,
            JobState.HUNG,
            JobState.CANCELLED,
            *_OVER,
        }
    ),
    JobState.ACCEPTED: frozenset({JobState.RUNNING, JobState.HUNG, *_OVER}),
    JobState.RUNNING: frozenset({JobState.HUNG, *_OVER}),
    JobState.HUNG: _OVER - {JobState.REFUSED},  # something was written
    JobState.ENDED: frozenset({JobState.FAILED, JobState.LOST}),  # given up, or lost: the evidence never came
    JobState.FAILED: frozenset({JobState.ENDED}),
    JobState.CANCELLED: frozenset({JobState.ENDED}),
    JobState.LOST: frozenset({JobState.ENDED}),
}
# What is not the school's to wipe at this moment, or has left it
OUT_OF_HAND = frozenset({AssetState.ON_LOAN, AssetState.AWAITING_COLLECTION}) | ENDED


def moves(at: JobState, to: JobState) -> bool:
    """Whether a job may go from `at` to `to`; what a station repeats, or says too late, changes nothing."""
    return to in FORWARD.get(at, frozenset())


def code_key(text: str) -> str:
    """A pairing code as it is compared: capitals, no hyphens or spaces, look-alikes read as Crockford reads them."""
    plain = "".join(character for character in text.upper() if character not in "- ")
    return plain.translate(str.maketrans("OIL", "011"))


def code_works(*, expires: datetime, used: datetime | None, now: datetime) -> bool:
    """Whether a pairing code may still be used: once, and within its time."""
    return used is None and now < expires


def alive(*, seen: datetime | None, revoked: datetime | None, now: datetime) -> bool:
    """Whether a station answers. A clock that was set back makes no station out of one that is away."""
    return revoked is None and seen is not None and abs(now - seen) < ALIVE_FOR


@dataclass(frozen=True)
class OrderFacts:
    """All that decides whether a wipe may be ordered."""

    role: Role | None
    alive: bool
    drive_there: bool
    differing: tuple[str, ...]  # between the drive and the medium in the register
    refusals: tuple[str, ...]  # the station's own, without that of a missing serial where it is attested
    planned: bool  # the station offers this method and verification for the drive
    same_plan: bool  # the digest that was shown is that of the plan now
    serial: str  # of the drive; empty if it gives none
    device: str
    confirmation: str  # as typed
    attestation: str  # as typed; empty where none was asked for
    drive_busy: bool  # another open job names this drive
    asset: AssetState | None  # of the asset that the medium is in; None for a loose one


def may_order(facts: OrderFacts) -> Decision:
    """May this wipe be ordered, with every reason why not."""
    found = []
    if facts.role is not Role.TECHNICIAN:
        found.append(Blocker("role", "Only a technician can start a wipe."))
    if not facts.alive:
        found.append(Blocker("away", "The station does not answer. Look whether it is switched on and connected."))
    if not facts.drive_there:
        found.append(Blocker("no_drive", "The drive is not at the station any more. Plug it in again."))
        return Decision(tuple(found))
    if facts.differing:
        names = ", ".join(facts.differing)
        found.append(Blocker("other_drive", f"This is another drive than the register says: {names} differ."))
    found += [Blocker("refused", message) for message in facts.refusals]
    if not facts.planned:
        found.append(Blocker("no_plan", "The station does not offer this way of wiping for the drive. Choose another."))
    elif not facts.same_plan:
        found.append(
            Blocker("plan_changed", "The drive or its plan changed since you looked. Look again, then confirm.")
        )
    if facts.drive_busy:
        found.append(Blocker("busy", "Another job for this drive is not over yet."))
    if facts.asset is not None and facts.asset in OUT_OF_HAND:
        message = f"Its asset is “{facts.asset.label}”. Take it back, or take the medium out of it in the register."
        found.append(Blocker("asset", message))
    return Decision((*found, *_confirmed(facts)))


def confirmation_for(serial: str, device: str) -> str:
    """What the operator types: the last letters of the serial number, or the device's name where there is none."""
    return serial.strip()[-CONFIRM_LETTERS:] if serial.strip() else device.rpartition("/")[2]


def _confirmed(facts: OrderFacts) -> list[Blocker]:
    found = []
    if facts.confirmation.strip().casefold() != confirmation_for(facts.serial, facts.device).casefold():
        what = "the last four characters of the serial number" if facts.serial.strip() else "the name of the device"
        found.append(Blocker("not_confirmed", f"What you typed is not {what}. Read it off the drive."))
    if not facts.serial.strip() and len(facts.attestation.strip()) < ATTEST_LEAST:
        found.append(Blocker("attest", "The drive gives no serial number. Say how you know that it is the right one."))
    return found
