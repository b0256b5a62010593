"""What the station shows of its drives, made by a thread of its own so that a hanging drive hangs nobody else."""

import hashlib
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import rfc8785

from wipe import codec, plan
from wipe.drive import bays, discover, guard, health
from wipe.facts import Bay, Drive, DriveReport, Health, Identity, match
from wipe.station.hang import Quarantine
from wipe.vocabulary import Method, RefusalCode, VerificationKind

HEALTH_SECONDS = 60.0  # how long a drive's own words about its health are good
LOOK_SECONDS = 1.0  # how often drives are looked for while somebody asks
IDLE_SECONDS = 5.0  # nobody asked for so long: the drives are left alone


def report(drive: Drive) -> DriveReport:
    """A drive with why it may not be wiped, and every plan that suits it, none of them attested.

    There is no plan where anything but a missing serial stands against it: that alone a person can make good.
    """
    found = guard.refusals(drive, attested=False)
    barred = any(refusal.code != RefusalCode.NO_SERIAL for refusal in found)
    plans = [
        made
        for method in (() if barred else tuple(Method))
        for verification in (VerificationKind.FULL, VerificationKind.SAMPLE)
        if not plan.unsuited(made := plan.make(drive, method, verification, None))
    ]
    return DriveReport(replace(drive, refusals=found), tuple(plans))


class HealthCache:
    """The health of every drive, asked once a minute and for each drive by a thread of its own."""

    def __init__(self, ask: Callable[[Identity], Health] = health.of_block) -> None:
        self._ask = ask
        self._lock = threading.Lock()
        self._known: dict[Identity, tuple[float, Health]] = {}
        self._asking: set[Identity] = set()

    def of(self, who: Identity) -> Health:
        """What is known now; asks the drive in the background when that is nothing or old. Never waits."""
        with self._lock:
            asked, found = self._known.get(who, (-HEALTH_SECONDS, health.unknown("the drive is being asked")))
            if time.monotonic() - asked >= HEALTH_SECONDS and who not in self._asking:
                self._asking.add(who)
                threading.Thread(target=self._fetch, args=(who,), daemon=True).start()
            return found

    def _fetch(self, who: Identity) -> None:
        found = health.unknown("the drive could not be asked")
        try:
            found = self._ask(who)
        finally:
            with self._lock:
                self._known[who] = (time.monotonic(), found)
                self._asking.discard(who)

    def keep(self, present: set[Identity]) -> None:
        """Forget drives that have gone: one that comes back is asked at once."""
        with self._lock:
            self._known = {who: known for who, known in self._known.items() if who in present}


@dataclass(frozen=True, slots=True)
class Shown:
    """All reports as JSON values, with a name that changes when they do."""

    revision: str
    reports: list[Any]
    drives: tuple[Drive, ...] = ()


class Watch:
    """The reports of all drives, renewed while somebody asks for them."""

    def __init__(self, virtual: Path | None, named: tuple[Bay, ...] = (), quarantine: Quarantine | None = None) -> None:
        """`virtual`: show the virtual drives of this folder and no other drive. `named`: the station's bays.

        Drives in a bay in `quarantine` are shown, and not asked for anything.
        """
        self._virtual, self._named = virtual, named
        self._quarantine = quarantine or Quarantine()
        self._health = HealthCache()
        self._shown = Shown("", [])
        self._asked = time.monotonic()
        self._look()

    def run(self, ended: threading.Event) -> None:
        """Renew until `ended`."""
        while not ended.wait(LOOK_SECONDS):
            if time.monotonic() - self._asked < IDLE_SECONDS:
                self._look()

    def shown(self) -> Shown:
        """The newest reports. Never waits."""
        self._asked = time.monotonic()
        return self._shown

    def places_of(self, who: Identity, capacity: int) -> list[str]:
        """Where a drive is plugged in now, by serial number, WWN, firmware and capacity. Never waits."""
        return [
            drive.identity.device
            for drive in self.shown().drives
            if (drive.identity.serial or "").strip() == (who.serial or "").strip()
            and not match(who, capacity, drive.identity, drive.geometry.capacity_bytes)
        ]

    def at(self, device: str) -> Identity | None:
        """The drive of that name; None where there is none. Never waits."""
        return next((one.identity for one in self.shown().drives if one.identity.device == device), None)

    def lists(self, device: str) -> bool:
        """Whether `device` is one of the drives here: no other path is ever given to an eraser."""
        if self._virtual is not None:
            return Path(device) in discover.image_paths(self._virtual)
        return device in [f"/dev/{name}" for name in discover.block_names()]

    def _look(self) -> None:
        try:
            if self._virtual is not None:
                drives = discover.list_virtual_whole(self._virtual)
            else:
                drives = discover.list_drives(ask=self._health_of)
                self._health.keep({drive.identity for drive in drives})
            self._quarantine.renew([drive.identity for drive in drives])
            reports = [codec.encode(report(bays.named(self._barred(drive), self._named))) for drive in drives]
            revision = hashlib.sha256(rfc8785.dumps(reports)).hexdigest()
        except (OSError, ValueError):  # a drive left while it was looked at, or calls itself what no JSON can hold
            return
        self._shown = Shown(revision, reports, tuple(drives))

    def _health_of(self, who: Identity) -> Health:
        hangs = self._quarantine.refusal(who) is not None
        return health.unknown("the drive does not answer") if hangs else self._health.of(who)

    def _barred(self, drive: Drive) -> Drive:
        hung = self._quarantine.refusal(drive.identity)
        return drive if hung is None else replace(drive, refusals=(*drive.refusals, hung))
