"""Ask a drive who it is and how warm it is while it is worked on, and compare that with what it said first.

The kernel remembers a drive from when it was plugged in, and a bridge or a dock can hide that another one is in it by
now. So the drive itself is asked, too: its own words are compared with its own words, never with the bridge's.
"""

from dataclasses import dataclass
from pathlib import Path

from wipe.drive import health, identity
from wipe.errors import BadInput
from wipe.facts import Drive, Geometry, Identity, has_serial, match
from wipe.vocabulary import Transport, TriState


@dataclass(frozen=True, slots=True)
class Answer:
    """Whether the drive is still the one of the plan, and how warm. Unknown: nothing that could be compared came."""

    held: TriState
    differing: tuple[str, ...]
    temperature_c: int | None
    too_warm: bool


NOTHING = Answer(TriState.UNKNOWN, (), None, False)


class Asker:
    """Asks one drive again and again, one question at a time."""

    def __init__(self, drive: Drive) -> None:
        self._drive = drive
        self._first: health.Words | None = None

    def ask(self) -> Answer:
        """Ask it. Takes as long as the drive and its time-outs do; raises nothing for what a drive does."""
        before, capacity = self._drive.identity, self._drive.geometry.capacity_bytes
        found = self._looked_up()
        if found is None:
            return NOTHING
        who, geometry = found
        differing = match(before, capacity, who, geometry.capacity_bytes)
        silent = has_serial(before) and not has_serial(who)  # udev looks anew just now: no answer, and no other drive
        differing = tuple(name for name in differing if not (silent and name == "serial"))
        words = self._own_words()
        differing = tuple(dict.fromkeys((*differing, *self._changed(words))))
        held = TriState.NO if differing else TriState.UNKNOWN if silent else TriState.YES
        if words is None:
            return Answer(held, differing, None, False)
        return Answer(held, differing, words.health.temperature_c, words.health.too_warm)

    def _looked_up(self) -> tuple[Identity, Geometry] | None:
        """What the kernel, or the file beside a virtual drive, says of it; None where nothing is there."""
        device = Path(self._drive.identity.device)
        try:
            if self._drive.identity.transport is Transport.FILE:
                found = identity.of_file(device)
            else:
                found = identity.of_block(device.name)
        except (BadInput, OSError):
            return None
        return found if found[1].capacity_bytes > 0 else None

    def _own_words(self) -> health.Words | None:
        """None where the drive did not answer when it was looked at first: asking on would only take time."""
        asked = self._drive.health.smartctl_exit_bits
        if asked is None or asked & health.NO_ANSWER:
            return None
        words = health.words(self._drive.identity, self._drive.health.device_type)
        if words is not None and self._first is None:
            self._first = words
        return words

    def _changed(self, words: health.Words | None) -> tuple[str, ...]:
        if words is None or self._first is None:
            return ()
        return tuple(
            name
            for name in ("model", "serial", "wwn", "firmware", "capacity_bytes")
            if None not in (getattr(words, name), getattr(self._first, name))
            and getattr(words, name) != getattr(self._first, name)
        )
