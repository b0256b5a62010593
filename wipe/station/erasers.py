"""Erasers: one root process for each job, started once, followed through its files, found again after a restart.

Nothing here waits for an eraser: it may hang in the kernel with its drive for as long as it likes.
"""

import fcntl
import json
import os
import signal
import sys
import time
from collections.abc import Iterator, Mapping
from contextlib import suppress
from pathlib import Path
from typing import Any

import rfc8785
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

from wipe import codec, journal, plan, record, session
from wipe.errors import Refusal, WipeError
from wipe.facts import Identity, Progress, has_serial
from wipe.run import Started, run, start
from wipe.station import hang
from wipe.station.hang import Patience, Step
from wipe.station.messages import Job, JobState, Order
from wipe.station.store import Place, Store, tail
from wipe.vocabulary import RefusalCode

CANCEL_WAIT = 10.0  # seconds an eraser has to say that it began before a cancel ends it all the same
ATTEMPTS = 20  # times that a job goes on after it was cut off; a drive that falls off so often is done with
OVER = (RefusalCode.PLAN_CHANGED.value, RefusalCode.IDENTITY_CHANGED.value)  # trying again would change nothing
RETRY_SECONDS = 5.0  # between two of them
LEAST_ROOM = 1 << 20  # bytes; with less, evidence and progress may find no room
FULL = (
    "The station's disk is full. The wipe goes on and keeps its evidence until there is room; what is shown of its "
    "progress may be old. Make room on the station."
)
HANGS = "The drive does not answer, and the program that wipes it cannot be stopped."
HUNG = (
    "The drive hung in the middle of the wipe, and the program that wiped it could not be stopped. "
    "Treat the drive as holding data. Send it for destruction, or order its wipe anew in another bay."
)
ADVICE = "Treat the drive as holding data, and order its wipe anew."


def without_network() -> tuple[str, ...]:
    """What to put before a command to cut it off the network; nothing where this process may not do that."""
    prefix = ("unshare", "--net", "--")
    done = run([*prefix, "true"], timeout=5) if os.geteuid() == 0 else None
    return prefix if done is not None and done.exit_status == 0 else ()


class Eraser:
    """One job from its order to its end."""

    def __init__(
        self,
        order: Order | None,
        job_id: str,
        place: Place,
        keys: Mapping[str, Ed25519PublicKey],
        state: Path | None = None,
        silent_seconds: float = hang.SILENT_SECONDS,
    ) -> None:
        """`state` is where the journal lies; without it a job that was cut off is over.

        `silent_seconds` is how long its drive may take for one answer.
        """
        self.job_id, self.device = job_id, order.device if order is not None else None
        self._state = state
        self.waits_for: journal.Intent | None = None  # cut off, and to be gone on with
        self._next_try = 0.0
        self._order, self._place, self._keys = order, place, keys
        self._started: Started | None = None
        self._job = Job(job_id, JobState.ACCEPTED)
        self._record_id: str | None = None
        self._cancelled: float | None = None
        self._asked_to_end = False
        self._silent_seconds = silent_seconds
        self._patience = Patience(silent_seconds)
        self._hung, self._pids = place.hung, list[int]()

    def begin(self, state: Path, prefix: tuple[str, ...]) -> None:
        """Start the process. Whatever prevents that is the job's end, and its message says so."""
        try:
            self._start(state, prefix, self._place.evidence)
        except (OSError, ValueError) as error:
            self._job = Job(self.job_id, JobState.FAILED, message=f"The eraser could not be started: {error}. {ADVICE}")

    def go_on(self, devices: list[str], state: Path, prefix: tuple[str, ...]) -> None:
        """Start anew after a cut, on the drive's new name. It waits unless exactly one of `devices` is this drive."""
        if self.waits_for is None or self._order is None or time.monotonic() < self._next_try:
            return
        if len(devices) != 1:
            twins = f"Two drives have its serial number: {', '.join(devices)}. Unplug all but the one that is meant."
            self._wait(twins if devices else "It is not here. Plug it in again, in any bay, or cancel the job.")
            return
        self._next_try = time.monotonic() + RETRY_SECONDS
        (self.device,), self.waits_for = devices, None
        try:
            evidence = self._place.next_attempt()
            self._place.output.write_bytes(b"")
            self._start(state, prefix, evidence)
        except (OSError, ValueError) as error:
            self._wait(f"The eraser could not be started: {error}.")

    def _wait(self, why: str) -> None:
        """The job goes on when it can; until then it says what it waits for."""
        message = f"The wipe of this drive was cut off, and will go on by itself. {why}"
        self._job = Job(self.job_id, JobState.RUNNING, progress=self._job.progress, message=message)

    def refuse(self, why: Refusal) -> None:
        """End the job before it begins."""
        told = {"message": why.message, "advice": why.advice, "refusals": [codec.encode(why)]}
        self._job = Job(self.job_id, JobState.REFUSED, refusals=(why,), message=why.message)
        with suppress(OSError):  # a full disk: the tracker hears of it from here
            self._place.output.write_text(json.dumps({"refused": told}) + "\n", encoding="utf-8")

    def _start(self, state: Path, prefix: tuple[str, ...], evidence: Path) -> None:
        order = self._order
        if order is None:
            raise ValueError("its order cannot be read")
        meant = session.Order(
            order.job_id,
            order.asset_tag,
            order.operator,
            order.procedure,
            order.plan_digest,
            order.identity,
            order.capacity_bytes,
        )
        self._place.eraser_order.write_bytes(rfc8785.dumps(codec.encode(meant)))
        flags = os.O_RDWR | os.O_CREAT | os.O_APPEND | os.O_NOFOLLOW | os.O_CLOEXEC
        opened = [os.open(path, flags, 0o600) for path in (self._place.output, self._place.errors, self._place.lock)]
        try:
            fcntl.flock(opened[2], fcntl.LOCK_EX | fcntl.LOCK_NB)  # the eraser inherits it, and keeps it while it lives
            command = [*prefix, *_command(order, self.device or order.device, state, self._place, evidence)]
            self._started = start(command, output=opened[0], errors=opened[1], inherited=[opened[2]])
            self._pids, self._patience = [self._started.pid], Patience(self._silent_seconds)
        finally:
            for descriptor in opened:
                os.close(descriptor)

    def cancel(self) -> None:
        """Ask the eraser to end and to leave evidence. Asking again changes nothing."""
        if self._cancelled is None:
            self._cancelled = time.monotonic()

    def end(self) -> None:
        """SIGTERM, now."""
        if self._started is not None:
            self._started.end()
            return
        hang.kill(self._place.processes(), signal.SIGTERM)

    def look(self) -> Job:
        """The state of the job now. A final state stays as it is."""
        if self._job.final:
            return self._job
        status = self._started.status() if self._started is not None else None
        running = self._place.held() or (self._started is not None and status is None)
        told = _told(self._place)
        self._record_id = told.get("started") or self._record_id
        if not running:
            before, self.waits_for = self.waits_for, self._cut_off(told)
            if self.waits_for is None:
                self._job = self._ended(told, status)
            elif before is None:
                self._started, self._next_try = None, time.monotonic() + RETRY_SECONDS
                self._wait(_refused(told) or "Its drive is being looked for.")
        elif told.get("progress") or self._record_id:
            message = FULL if self._place.room < LEAST_ROOM else ""
            progress = told.get("progress") or self._job.progress
            self._job = Job(self.job_id, JobState.RUNNING, progress=progress, message=message)
        if running and self._cancelled is not None:
            self._pass_on_cancel(self._job.state is JobState.RUNNING)
        if running:
            self._see_whether_it_hangs()
        return self._job

    @property
    def planned_on(self) -> Identity | None:
        """The drive as it was ordered; None where the order cannot be read."""
        return self._order.identity if self._order is not None else None

    def _see_whether_it_hangs(self) -> None:
        """Kill an eraser whose drive does not answer, and say so where that has no effect: nothing else can be done."""
        if not self._hung:
            self._pids = self._pids or self._place.processes()  # found again after a restart
            signs = hang.signs_of(self._pids, self._place.output)
            step = self._patience.look(signs, asleep=hang.asleep(self._pids))
            if step is Step.KILL:
                hang.kill(self._pids, signal.SIGKILL)
            if step is not Step.HUNG:
                return
            self._hung = True
            with suppress(OSError):
                self._place.mark_hung()
        self._job = Job(self.job_id, JobState.HUNG, progress=self._job.progress, message=HANGS)

    def _cut_off(self, told: dict[str, Any]) -> journal.Intent | None:
        """The run to go on with: one that was cut off, of a job that nobody cancelled, and not for ever."""
        if self._state is None or self._order is None or self._cancelled is not None or self._hung:
            return None
        if any(refusal.code in OVER for refusal in told.get("refused", ())):
            return None
        begun = journal.of_job(self._state, self.job_id)
        if begun is None or not has_serial(begun.plan.identity) or self._place.attempts >= ATTEMPTS:
            return None
        if begun.cause is None and self._evidence_of(begun.record_id):
            return None  # it was over, and was cut off before it could forget the entry
        return begun

    def _evidence_of(self, record_id: str) -> bool:
        return any(found is not None and found.record_id == record_id for found, _ in self._found())

    def _found(self) -> Iterator[tuple[record.Record | None, str]]:
        """The evidence that lies there, the latest first, or what is wrong with it."""
        for path in self.evidence_paths():
            try:
                yield record.verify(path.read_bytes(), self._keys).record, ""
            except OSError:
                continue
            except WipeError as error:
                yield None, error.message

    def _pass_on_cancel(self, began: bool) -> None:
        """A signal while Python still starts would end the eraser without evidence, so that waits for a first word."""
        waited = self._cancelled is not None and time.monotonic() - self._cancelled > CANCEL_WAIT
        if not self._asked_to_end and (began or waited):
            self._asked_to_end = True
            self.end()

    def _ended(self, told: dict[str, Any], status: int | None) -> Job:
        problem = ""
        for found, wrong in self._found():
            problem = f" What it left is no evidence: {wrong}" if wrong else problem
            if found is not None and found.job_id == self.job_id:
                return Job(self.job_id, JobState.ENDED, record_id=found.record_id, message=self._how_soon())
        if self._hung:
            return Job(self.job_id, JobState.FAILED, message=HUNG)
        refusals = told.get("refused")
        if isinstance(refusals, tuple):
            if self._place.attempts:  # something was written before it was cut off
                message = f"The wipe was cut off and could not go on. {_refused(told)} {ADVICE}"
                return Job(self.job_id, JobState.FAILED, message=message)
            return Job(self.job_id, JobState.REFUSED, refusals=refusals, message=_refused(told))
        return Job(self.job_id, JobState.FAILED, message=_last_words(told, self._place, status) + problem)

    def _how_soon(self) -> str:
        """How long a stop took, to the end of the eraser: its evidence is written by then."""
        if self._cancelled is None or not self._asked_to_end:
            return ""
        seconds = time.monotonic() - self._cancelled
        return f"The wipe was over {seconds:.1f} seconds after the station was told to stop it."

    def evidence_paths(self) -> list[Path]:
        """Where the evidence can lie, the latest first: its places, or the spare one."""
        spare = self._place.evidence.with_name(self._record_id) if self._record_id else None
        places = [self._place.evidence_of(number) for number in range(ATTEMPTS, -1, -1)]
        return [*places, *([spare] if spare is not None else [])]


def _command(order: Order, device: str, state: Path, place: Place, evidence: Path) -> list[str]:
    attested = [] if order.attestation is None else [f"--attest={order.attestation}"]
    return [
        *(sys.executable, "-P", "-m", "wipe.main", "erase", device),
        *(f"--method={order.method.value}", f"--verify={order.verification.value}"),
        *(f"--confirm={plan.confirmation(order.identity)}", *attested),
        *(f"--order={place.eraser_order}", "--json"),
        *(f"--evidence={evidence}", f"--state={state}"),
    ]


def _told(place: Place) -> dict[str, Any]:
    """The last of each kind of line that the eraser printed. Anything else is passed over: it may be half a line."""
    found: dict[str, object] = {}
    for line in place.printed():
        try:
            said = json.loads(line)
            if "progress" in said:
                found["progress"] = codec.decode(Progress, said["progress"], "progress")
            elif "started" in said:
                found["started"] = str(said["started"]["record_id"])
            elif "refused" in said:
                found["refused"] = tuple(codec.decode(Refusal, one, "refusal") for one in said["refused"]["refusals"])
            elif "failed" in said:
                found["failed"] = f"{said['failed']['message']} {said['failed']['advice']}"
        except (ValueError, TypeError, KeyError, RecursionError):
            continue
    return found


def _refused(told: dict[str, Any]) -> str:
    """Why the eraser refused, in sentences; empty where it did not."""
    return " ".join(refusal.message for refusal in told.get("refused", ()))


def _last_words(told: dict[str, object], place: Place, status: int | None) -> str:
    said = told.get("failed")
    if isinstance(said, str):
        return said
    if status is not None and status < 0:
        return f"The eraser was ended by signal {-status} and left no evidence. {ADVICE}"
    last = tail(place.errors).decode("utf-8", "replace").strip().splitlines()
    why = f" It last said: {last[-1][:200]}" if last else ""
    return f"The eraser ended without evidence.{why} {ADVICE}"


def found_again(
    store: Store, keys: Mapping[str, Ed25519PublicKey], state: Path, silent_seconds: float
) -> dict[str, Eraser]:
    """The jobs that an earlier supervisor left: running, ended, or cut off. Only what was cut off ever goes on."""
    return {
        job_id: Eraser(order, job_id, store.place(job_id), keys, state, silent_seconds)
        for job_id, order in store.orders().items()
    }
