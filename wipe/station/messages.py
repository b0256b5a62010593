"""What tracker, agent and supervisor tell each other: an order, the state of a job, and one JSON object a line."""

import json
from dataclasses import dataclass
from enum import StrEnum
from typing import Any
from uuid import UUID

from wipe import codec
from wipe.errors import Refusal
from wipe.facts import Identity, Progress
from wipe.record import Operator
from wipe.vocabulary import Method, VerificationKind

REQUEST_LIMIT = 1 << 16  # bytes of a request to the supervisor; an order has a few thousand
REPLY_LIMIT = 48 << 20  # bytes of an answer; evidence of 32 MiB in base64 fits


class JobState(StrEnum):
    """How far a job is. `ended`, `refused` and `failed` are final."""

    ACCEPTED = "accepted"
    RUNNING = "running"
    HUNG = "hung"  # the drive does not answer, and the eraser cannot be killed
    ENDED = "ended"  # there is evidence, whatever it says
    REFUSED = "refused"  # nothing was written
    FAILED = "failed"  # the eraser died without evidence
    UNKNOWN = "unknown"  # said by the agent alone: the station was asked, and has no memory of the job


@dataclass(frozen=True, slots=True)
class Order:
    """One drive, one plan, one operator, as the tracker orders it."""

    job_id: str
    asset_tag: str | None
    operator: Operator
    procedure: str
    device: str
    identity: Identity
    capacity_bytes: int
    method: Method
    verification: VerificationKind
    attestation: str | None
    plan_digest: str


@dataclass(frozen=True, slots=True)
class Job:
    """What became of an order."""

    job_id: str
    state: JobState
    progress: Progress | None = None
    refusals: tuple[Refusal, ...] = ()
    message: str = ""
    record_id: str | None = None

    @property
    def final(self) -> bool:
        """Whether nothing more will happen."""
        return self.state in (JobState.ENDED, JobState.REFUSED, JobState.FAILED)


def is_id(text: object) -> bool:
    """Whether this is the id of a job or a record: a UUID in its one spelling, so that it can be a file's name."""
    try:
        return isinstance(text, str) and str(UUID(text)) == text
    except ValueError:
        return False


def order_of(value: object) -> Order:
    """An order from its JSON object. Raises codec.Malformed."""
    order = codec.decode(Order, value, "order")
    if not is_id(order.job_id):
        raise codec.Malformed("order.job_id is not a UUID")
    if order.device != order.identity.device or not order.device.startswith("/"):
        raise codec.Malformed("order.device is not the path of the drive")
    for text in (order.device, order.attestation or "", order.identity.serial or ""):
        if "\x00" in text or not text.isprintable():
            raise codec.Malformed("order has a text that cannot be printed")
    return order


def job_of(value: object) -> Job:
    """The state of a job from its JSON object. Raises codec.Malformed."""
    job = codec.decode(Job, value, "job")
    if not is_id(job.job_id) or not (job.record_id is None or is_id(job.record_id)):
        raise codec.Malformed("job has an id that is not a UUID")
    return job


def to_line(value: dict[str, Any]) -> bytes:
    """One JSON object in ASCII, with its line feed."""
    return json.dumps(value, separators=(",", ":")).encode() + b"\n"


def from_line(line: bytes) -> dict[str, Any]:
    """The JSON object of a line. Raises codec.Malformed."""
    try:
        value = json.loads(line)
    except (ValueError, RecursionError):
        raise codec.Malformed("the line is not JSON") from None
    if not isinstance(value, dict):
        raise codec.Malformed("the line is not a JSON object")
    return value
