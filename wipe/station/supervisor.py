"""The supervisor: started as root, without a network, it alone starts erasers, and does so for the agent's orders.

It keeps every order durably before acting on it, never acts twice on one, and never waits for a drive.
"""

import base64
import fcntl
import os
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from wipe import codec, keys, record
from wipe.drive import bays
from wipe.errors import BadInput, Refusal, WipeError
from wipe.station import erasers
from wipe.station.door import Door, problem
from wipe.station.erasers import Eraser
from wipe.station.hang import SILENT_SECONDS, Quarantine
from wipe.station.messages import Job, JobState, Order, is_id, order_of
from wipe.station.reports import Watch
from wipe.station.store import Store
from wipe.vocabulary import RefusalCode

TURN_SECONDS = 0.2
ROOM = 8 << 20  # bytes without which no wipe begins: its journal, its evidence, and what it prints
NO_ROOM = "The station's disk is full: it could not keep the evidence of a wipe."
ROOM_ADVICE = "Make room on the station, then order the wipe anew; nothing was wiped."
LAST_SECONDS = 5.0  # how long erasers have to leave evidence when the supervisor is told to end


class Supervisor:
    """The jobs of this station, and what may be asked about them."""

    def __init__(self, state: Path, virtual: Path | None, silent_seconds: float = SILENT_SECONDS) -> None:
        """`silent_seconds`: how long a drive may take for one answer.

        Raises BadInput where the state folder or the key cannot be used.
        """
        key = keys.station_key(state).public_key()
        self._key, self._key_id = keys.public_jwk(key), record.key_id(key)
        self._keys = {self._key_id: key}
        self._state, self._prefix = state.absolute(), erasers.without_network()
        try:
            self._store = Store(state)
        except OSError as error:
            raise BadInput(
                f"The state folder {state} cannot be used: {error.strerror}.", advice="Choose another with --state."
            ) from error
        self._quarantine, self._silent_seconds = Quarantine(), silent_seconds
        self._watch = Watch(virtual, bays.read(state), self._quarantine)
        self._erasers = erasers.found_again(self._store, self._keys, self._state, silent_seconds)
        self._asks: dict[str, Callable[[dict[str, Any]], dict[str, Any]]] = {
            "reports": self._reports,
            "start": self._start,
            "cancel": self._cancel,
            "job": self._told,
            "jobs": self._jobs,
            "evidence": self._evidence,
            "forget": self._forget,
            "key": lambda request: {"key": self._key, "key_id": self._key_id},
        }

    def handle(self, request: dict[str, Any]) -> dict[str, Any]:
        """Answer one request. A fault in one answer is told and stops nothing else. Raises codec.Malformed."""
        ask = self._asks.get(str(request.get("ask")))
        if ask is None:
            return problem("unknown", "The supervisor does not know this request.")
        try:
            return ask(request)
        except OSError as error:
            return problem(
                "disk", f"The station's disk failed: {error.strerror or error}.", "Look at the state folder."
            )
        except WipeError as error:
            return problem("failed", error.message, error.advice)

    def _reports(self, request: dict[str, Any]) -> dict[str, Any]:
        shown = self._watch.shown()
        known = request.get("known") == shown.revision
        return {"revision": shown.revision, "reports": None if known else shown.reports}

    def _start(self, request: dict[str, Any]) -> dict[str, Any]:
        order = order_of(request.get("order"))
        if order.job_id not in self._erasers and not self._store.known(order.job_id):
            why_not = self._why_not(order)
            try:
                place = self._store.remember(order)
            except OSError as error:  # nothing was kept, so nothing begins; the tracker hears why
                return {"job": codec.encode(_without_room(order.job_id, error.strerror or str(error)))}
            eraser = Eraser(order, order.job_id, place, self._keys, self._state, self._silent_seconds)
            self._erasers[order.job_id] = eraser
            if why_not is not None:
                eraser.refuse(why_not)
            else:
                eraser.begin(self._state, self._prefix)
        return {"job": codec.encode(self._job(order.job_id))}

    def _why_not(self, order: Order) -> Refusal | None:
        """Why no eraser may be started for an order; the eraser itself has more to say about the drive."""
        if any(one.device == order.device and not one.look().final for one in self._erasers.values()):
            message = f"Another job is wiping {order.device}."
            return Refusal(RefusalCode.IN_USE.value, message, "Wait for its end, or cancel it.")
        if not self._watch.lists(order.device):
            message = f"{order.device} is not one of the drives of this station."
            return Refusal(RefusalCode.NOT_A_DRIVE.value, message, "Plug the drive in, and choose it from the list.")
        if self._store.place(order.job_id).room < ROOM:
            return Refusal(RefusalCode.NO_ROOM.value, NO_ROOM, ROOM_ADVICE)
        return self._quarantine.refusal(self._watch.at(order.device) or order.identity)

    def _go_on(self, eraser: Eraser) -> None:
        """Let a job that was cut off go on when its drive is here, and nobody else is at it."""
        begun = eraser.waits_for
        if begun is None:
            return
        found = self._watch.places_of(begun.plan.identity, begun.plan.capacity_bytes)
        places = [device for device in found if not self._hangs_at(device)]
        others = [one for one in self._erasers.values() if one is not eraser and one.device in places]
        if all(one.look().final for one in others):
            eraser.go_on(places, self._state, self._prefix)

    def _hangs_at(self, device: str) -> bool:
        who = self._watch.at(device)
        return who is not None and self._quarantine.refusal(who) is not None

    def _note_hung(self, eraser: Eraser) -> None:
        """Let nothing more begin in the bay of a drive that hangs."""
        who = self._watch.at(eraser.device or "") or eraser.planned_on
        if who is not None:
            self._quarantine.put(eraser.job_id, who)

    def _told(self, request: dict[str, Any]) -> dict[str, Any]:
        """What is known of one job, done or not: the tracker asks about those that nobody speaks of."""
        job_id = _id(request, "job_id")
        if job_id not in self._erasers and not self._store.known(job_id):
            return problem("unknown-job", "There is no such job here.", "Look at `wipe station status`.")
        return {"job": codec.encode(self._job(job_id))}

    def _job(self, job_id: str) -> Job:
        eraser = self._erasers.get(job_id)
        found = eraser.look() if eraser is not None else self._store.done(job_id)
        message = "What became of this job cannot be read any more. Treat the drive as holding data."
        return found if found is not None else Job(job_id, JobState.FAILED, message=message)

    def _cancel(self, request: dict[str, Any]) -> dict[str, Any]:
        eraser = self._erasers.get(_id(request, "job_id"))
        if eraser is None:
            return problem("unknown-job", "There is no such job here.", "Look at `wipe station status`.")
        eraser.cancel()
        return {"job": codec.encode(eraser.look())}

    def _jobs(self, request: dict[str, Any]) -> dict[str, Any]:
        return {"jobs": [codec.encode(eraser.look()) for eraser in self._erasers.values()]}

    def _evidence(self, request: dict[str, Any]) -> dict[str, Any]:
        wanted, job_id = _id(request, "record_id"), _id(request, "job_id")
        eraser = self._erasers.get(job_id) or Eraser(None, job_id, self._store.place(job_id), self._keys)
        for path in [*eraser.evidence_paths(), self._store.spare_evidence(wanted)]:
            try:
                found = record.verify(path.read_bytes(), self._keys)
            except (OSError, WipeError):
                continue
            if (found.record.record_id, found.record.job_id) == (wanted, job_id):
                return {"evidence": base64.b64encode(found.signed).decode()}
        return problem("no-evidence", "There is no such evidence here.", "Look at `wipe station status`.")

    def _forget(self, request: dict[str, Any]) -> dict[str, Any]:
        job_id = _id(request, "job_id")
        eraser = self._erasers.get(job_id)
        if eraser is not None:
            job = eraser.look()
            if not job.final:
                return problem("running", "This job has not ended.", "Wait for its end.")
            self._store.finish(job)
            del self._erasers[job_id]
        return {}

    def run(self, door: Door, stopped: threading.Event) -> None:
        """Serve until `stopped`, then end what runs and give it a few seconds to leave its evidence."""
        threading.Thread(target=self._watch.run, args=(stopped,), daemon=True).start()
        while not stopped.is_set():
            door.turn(TURN_SECONDS)
            for eraser in self._erasers.values():
                if eraser.look().state is JobState.HUNG:  # looking also reaps it, and passes a cancel on
                    self._note_hung(eraser)
                self._go_on(eraser)
        running = [one for one in self._erasers.values() if not one.look().final and one.waits_for is None]
        for eraser in running:
            eraser.end()
        until = time.monotonic() + LAST_SECONDS
        while time.monotonic() < until and any(not eraser.look().final for eraser in running):
            door.turn(TURN_SECONDS)


def _without_room(job_id: str, why: str) -> Job:
    refusal = Refusal(RefusalCode.NO_ROOM.value, f"The station cannot keep the order on its disk: {why}.", ROOM_ADVICE)
    return Job(job_id, JobState.REFUSED, refusals=(refusal,), message=refusal.message)


def _id(request: dict[str, Any], name: str) -> str:
    found = request.get(name)
    if not isinstance(found, str) or not is_id(found):
        raise codec.Malformed(f"{name} is not a UUID")
    return found


def supervise(
    state: Path,
    path: Path,
    group: str | None,
    virtual: Path | None,
    stopped: threading.Event,
    silent_seconds: float = SILENT_SECONDS,
) -> None:
    """Run until `stopped`. Raises BadInput where it cannot begin."""
    if os.geteuid() != 0 and virtual is None:
        raise BadInput(
            "Without root only virtual drives can be wiped.",
            advice="Run the supervisor as root, or name a folder of virtual drives with --virtual-dir.",
        )
    if virtual is not None and not virtual.is_dir():
        raise BadInput(f"{virtual} is not a folder.", advice="Make it first, then put *.img files into it.")
    lock = _alone(state)
    try:
        supervisor = Supervisor(state, virtual.absolute() if virtual is not None else None, silent_seconds)
        door = Door(path, group, supervisor.handle)
        print(f"The supervisor listens at {path}.", flush=True)
        try:
            supervisor.run(door, stopped)
        finally:
            door.close()
    finally:
        os.close(lock)


def _alone(state: Path) -> int:
    """A lock on the state folder. Raises BadInput where another supervisor holds it."""
    try:
        state.mkdir(mode=0o700, parents=True, exist_ok=True)
        descriptor = os.open(state / "supervisor.lock", os.O_RDWR | os.O_CREAT | os.O_NOFOLLOW | os.O_CLOEXEC, 0o600)
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            os.close(descriptor)
            raise
    except OSError as error:
        raise BadInput(
            f"The state folder {state} cannot be used: {error.strerror}.",
            advice="Is another supervisor running on it? End that one, or choose another folder with --state.",
        ) from error
    return descriptor
