"""The agent: carries drives, orders and evidence between the tracker and the supervisor, and never touches a drive.

Jobs run in the supervisor whatever becomes of the agent or the network. What the agent knows beyond its files it
learns again after a restart, so that it can be killed at any moment.
"""

import base64
import binascii
import random
import sys
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, replace
from enum import Enum
from importlib.metadata import version
from pathlib import Path
from typing import Any

from wipe import codec
from wipe.errors import BadInput, Refusal, Unreachable
from wipe.station import client, credentials, wire
from wipe.station.messages import Job, JobState, is_id, job_of
from wipe.station.spool import Spool
from wipe.vocabulary import RefusalCode

POLL_SECONDS = (0.2, 30.0)  # the least and the most that a tracker may ask for
BACK_OFF = (1.0, 30.0)  # seconds to wait after the first failure, and at most
GARBLED = "The tracker's answer is not one that this station understands. Look whether something stands between them."
REFUSED_SECONDS = 30.0  # how often a revoked token is tried again: the station may be enrolled anew meanwhile
BOOT_ID = Path("/proc/sys/kernel/random/boot_id")
_ANEW = "Order the wipe anew in the tracker."


class BackOff:
    """How long to wait after failures in a row: doubled each time, with jitter so that stations do not march in step.

    Monotonic time only: a clock that jumps changes nothing.
    """

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._seconds, self._until = 0.0, 0.0

    def failed(self, at_least: float = BACK_OFF[0]) -> None:
        """Wait longer than the last time."""
        self._seconds = min(max(self._seconds * 2, at_least), BACK_OFF[1])
        self._until = self._clock() + self._seconds * random.uniform(0.5, 1.0)  # noqa: S311 - jitter, no secret

    def worked(self, pause: float = 0.0) -> None:
        """Begin anew after `pause` seconds."""
        self._seconds, self._until = 0.0, self._clock() + pause

    def due(self) -> bool:
        """Whether it is time."""
        return self._clock() >= self._until


class Fetched(Enum):
    """What came of fetching evidence from the supervisor."""

    HERE = "here"  # durable in the spool
    LATER = "later"  # it did not answer, or there is no room
    NOWHERE = "nowhere"  # it has none


@dataclass
class _Say:
    """Say a thing once, not every second."""

    last: str = ""

    def __call__(self, text: str) -> None:
        if text != self.last:
            self.last = text
            print(text, file=sys.stderr, flush=True)


class Agent:
    """One enrolled station."""

    def __init__(self, state: Path, socket: Path) -> None:
        """Raises BadInput where the station is not enrolled."""
        self._state, self._spool = state, Spool(state)
        self._ask: Callable[[dict[str, Any]], dict[str, Any]] = lambda request: wire.ask(socket, request)
        self._enrol_with(credentials.load(state))
        self._exchange_at, self._deliver_at = BackOff(), BackOff()
        self._say = {name: _Say() for name in ("exchange", "evidence", "supervisor")}
        self._boot_id = BOOT_ID.read_text(encoding="ascii").strip()
        self._answered_revision: str | None = None  # of the reports that the tracker has
        self._echo: dict[str, Job] = {}  # jobs to speak of that the supervisor does not list
        self._reported: set[str] = set()  # jobs whose end the tracker has heard of
        self._delivered: set[str] = set()  # record ids
        self._tries = -1

    def _enrol_with(self, known: credentials.Credentials) -> None:
        self._known, self._tracker = known, client.login(known)

    def run(self, stopped: threading.Event) -> None:
        """Work until `stopped`."""
        while not stopped.is_set():
            if self._exchange_at.due():
                self._turn()
            if self._deliver_at.due():
                self._deliver()
            stopped.wait(0.05)

    def _turn(self) -> None:
        try:
            jobs = self._jobs()
            shown = self._ask({"ask": "reports", "known": self._answered_revision})
        except Unreachable as error:
            self._say["supervisor"](error.message)
            self._exchange_at.failed()
            return
        self._say["supervisor"]("The supervisor answers.")
        self._secure(jobs)
        listed = {job.job_id for job in jobs}
        self._exchange([*jobs, *(job for job in self._echo.values() if job.job_id not in listed)], shown)

    def _jobs(self) -> list[Job]:
        """The supervisor's jobs. Raises Unreachable."""
        found = self._ask({"ask": "jobs"}).get("jobs")
        try:
            return [job_of(one) for one in found] if isinstance(found, list) else []
        except codec.Malformed as error:
            raise Unreachable(f"The supervisor's answer cannot be read: {error}.", advice=_ANEW) from error

    def _secure(self, jobs: list[Job]) -> None:
        """Bring evidence into the spool, and only then let the supervisor forget the jobs that the tracker knows."""
        for job in jobs:
            record_id = job.record_id
            waits = job.state is JobState.ENDED and record_id and record_id not in self._delivered
            missing = waits and record_id and not self._spool.has(record_id)
            if missing and record_id and self._fetch(job.job_id, record_id) is not Fetched.HERE:
                continue
            if job.final and job.job_id in self._reported:
                self._try({"ask": "forget", "job_id": job.job_id})

    def _fetch(self, job_id: str, record_id: str) -> "Fetched":
        answer = self._try({"ask": "evidence", "job_id": job_id, "record_id": record_id})
        found = answer.get("evidence")
        if not found:
            return Fetched.NOWHERE if _problem(answer) == "no-evidence" else Fetched.LATER
        try:
            self._spool.keep(record_id, base64.b64decode(str(found), validate=True))
        except (OSError, binascii.Error) as error:
            self._say["evidence"](f"Evidence {record_id} stays with the supervisor: {error}.")
            return Fetched.LATER
        return Fetched.HERE

    def _try(self, request: dict[str, Any]) -> dict[str, Any]:
        """Ask, and take silence for an empty answer: the next turn asks again."""
        try:
            return self._ask(request)
        except Unreachable:
            return {}

    def _exchange(self, jobs: list[Job], shown: dict[str, Any]) -> None:
        message = {
            "version": version("caretaker"),
            "boot_id": self._boot_id,
            "reports": shown.get("reports"),
            "jobs": [codec.encode(job) for job in jobs],
        }
        try:
            answer = self._tracker.exchange(message)
        except Unreachable as error:
            self._say["exchange"](f"{error.message} Wipes that run go on, and their evidence is kept.")
            self._exchange_at.failed()
            return
        if answer.status == 401:
            self._turned_away()
        elif answer.status == 200 and _understood(answer.body):
            self._say["exchange"](f"The tracker at {self._known.url} answers.")
            self._answered_revision = str(shown.get("revision"))
            self._reported |= {job.job_id for job in jobs if job.final}
            self._echo = {}
            self._exchange_at.worked(_poll_seconds(answer.body))
            self._obey(answer.body, {job.job_id for job in jobs})
        else:
            self._say["exchange"](GARBLED if answer.status == 200 else answer.complaint)
            self._answered_revision = None  # it may be the reports that it did not like, or a tracker that lost them
            self._exchange_at.failed()

    def _turned_away(self) -> None:
        """401: ask for no more work, keep the evidence, and look whether the station was enrolled anew."""
        waiting = len(self._spool.waiting())
        self._say["exchange"](
            f"The tracker does not know this station any more; {waiting} pieces of evidence are kept here. "
            "Enrol it anew with `wipe station enrol`."
        )
        self._exchange_at.failed(at_least=REFUSED_SECONDS)
        try:
            known = credentials.load(self._state)
        except BadInput:
            return
        if known != self._known:
            self._enrol_with(known)
            self._answered_revision = None
            self._exchange_at.worked()
            self._deliver_at.worked()

    def _obey(self, body: dict[str, Any], told: set[str]) -> None:
        if body.get("want_reports") is True:
            self._answered_revision = None
        orders, cancels = body.get("orders"), body.get("cancel")
        for order in orders if isinstance(orders, list) else []:
            job_id = order.get("job_id") if isinstance(order, dict) else None
            if is_id(job_id) and job_id not in told:
                self._hand_over(str(job_id), order)
        for job_id in cancels if isinstance(cancels, list) else []:
            if is_id(job_id):
                self._try({"ask": "cancel", "job_id": job_id})
        unsure = body.get("unsure")
        for job_id in unsure if isinstance(unsure, list) else []:
            if is_id(job_id) and job_id not in told:
                self._recall(str(job_id))

    def _recall(self, job_id: str) -> None:
        """Say what became of a job that nobody speaks of, and fetch its evidence anew: it may never have arrived."""
        answer = self._try({"ask": "job", "job_id": job_id})
        if _problem(answer) == "unknown-job":
            self._echo[job_id] = Job(job_id, JobState.UNKNOWN, message="The station has no memory of this wipe.")
            return
        try:
            job = job_of(answer.get("job"))
        except codec.Malformed:  # no answer: the tracker asks again
            return
        if job.job_id != job_id:
            return
        self._echo[job_id] = replace(job, progress=None)
        if job.record_id is not None and not self._spool.has(job.record_id):
            self._delivered.discard(job.record_id)
            if self._fetch(job_id, job.record_id) is Fetched.NOWHERE:
                message = "The wipe ended, but its evidence is not on the station any more."
                self._echo[job_id] = Job(job_id, JobState.UNKNOWN, message=message)

    def _hand_over(self, job_id: str, order: dict[str, Any]) -> None:
        """Give an order to the supervisor, who starts it or says what became of it: a job is done once at most."""
        answer = self._try({"ask": "start", "order": order})
        if _problem(answer) in ("bad-request", "too-long"):
            message = f"The station cannot read the order: {answer['error'].get('message')}"
            refusal = Refusal(RefusalCode.PLAN_CHANGED.value, message, _ANEW)
            self._echo[job_id] = Job(job_id, JobState.REFUSED, refusals=(refusal,), message=message)
            return
        try:
            job = job_of(answer.get("job"))
        except codec.Malformed:  # no answer, or a disk that is full: the tracker repeats the order
            return
        if job.job_id == job_id:
            self._echo[job_id] = replace(job, progress=None)
            if (
                job.record_id is not None
                and job.record_id not in self._delivered
                and not self._spool.has(job.record_id)
            ):
                self._fetch(job_id, job.record_id)  # the tracker forgot, or was set back: it gets the evidence again

    def _deliver(self) -> None:
        """Send one piece of evidence: the oldest, or after a failure the next, so that none bars the way."""
        waiting = self._spool.waiting()
        if not waiting:
            self._deliver_at.worked(POLL_SECONDS[0])
            return
        self._tries += 1
        record_id = waiting[self._tries % len(waiting)]
        try:
            answer = self._tracker.deliver(record_id, self._spool.read(record_id))
            if answer.status in (200, 201):
                self._spool.delivered(record_id)
                self._delivered.add(record_id)
                self._say["evidence"](f"Evidence {record_id} is delivered.")
                self._tries = -1
                self._deliver_at.worked()
            elif answer.status in (409, 413):
                self._spool.hold(record_id, answer.complaint)
                self._say["evidence"](f"Evidence {record_id} is held: {answer.complaint}")
                self._deliver_at.worked()
            else:
                self._say["evidence"](f"Evidence {record_id} waits: {answer.complaint}")
                self._deliver_at.failed()
        except (OSError, Unreachable) as error:
            self._say["evidence"](f"Evidence {record_id} waits: {error}")
            self._deliver_at.failed()


def _problem(answer: dict[str, Any]) -> str:
    """The code of what the supervisor says is wrong; empty where nothing is."""
    error = answer.get("error")
    return str(error.get("code")) if isinstance(error, dict) else ""


def _understood(body: dict[str, Any]) -> bool:
    """Whether it is the answer of a tracker: what was told to anything else counts as told to nobody."""
    return isinstance(body.get("orders"), list) and isinstance(body.get("cancel"), list)


def _poll_seconds(body: dict[str, Any]) -> float:
    asked = body.get("poll_seconds")
    if isinstance(asked, bool) or not isinstance(asked, int | float) or asked != asked:
        return 1.0
    return min(max(float(asked), POLL_SECONDS[0]), POLL_SECONDS[1])
