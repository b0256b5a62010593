"""What a station says, as strict values: decoded whole or refused. Pure."""

import json
from dataclasses import dataclass
from enum import StrEnum
from typing import TypeVar

from wipe import codec
from wipe.errors import Refusal
from wipe.facts import DriveReport, Progress

T = TypeVar("T")
DRIVES_MOST = 256  # in one message
JOBS_MOST = 1000  # in one message
DEPTH_MOST = 64  # lists and objects inside each other; what holds a drive may be some storeys high


class BadMessage(ValueError):
    """A message that cannot be used; the text says which member."""


class ToldState(StrEnum):
    """What a station may say of a job."""

    ACCEPTED = "accepted"
    RUNNING = "running"
    HUNG = "hung"  # its eraser hangs in the kernel with the drive, and cannot be killed
    ENDED = "ended"
    REFUSED = "refused"
    FAILED = "failed"
    UNKNOWN = "unknown"  # it was asked, and has no memory of the job


@dataclass(frozen=True, slots=True)
class JobReport:
    """One job as the station has it."""

    job_id: str
    state: ToldState
    progress: Progress | None
    refusals: tuple[Refusal, ...]
    message: str
    record_id: str | None


@dataclass(frozen=True, slots=True)
class Exchange:
    """What a station tells every second. `reports` None: the drives are those of last time."""

    version: str
    boot_id: str
    reports: tuple[DriveReport, ...] | None
    jobs: tuple[JobReport, ...]


@dataclass(frozen=True, slots=True)
class PublicKey:
    """An Ed25519 public key as a JWK (RFC 8037)."""

    kty: str
    crv: str
    x: str


@dataclass(frozen=True, slots=True)
class Enrolment:
    """What a station sends to be enrolled."""

    code: str
    key: PublicKey
    version: str


def decoded(kind: type[T], body: bytes) -> T:
    """A message from the bytes of a request. Raises BadMessage."""
    try:
        told = json.loads(body)
        if "\\u0000" in json.dumps(told, ensure_ascii=False).encode().decode():  # nor half a pair, which has no bytes
            raise ValueError("a text holds a NUL character")
        if _deeper(told, DEPTH_MOST):
            raise ValueError("it is nested too deeply")
        message = codec.decode(kind, told, "message")
        if isinstance(message, Exchange) and _too_many(message):
            raise ValueError(f"it tells of more than {DRIVES_MOST} drives or {JOBS_MOST} jobs")
        return message
    except (ValueError, RecursionError) as error:
        raise BadMessage(f"The message cannot be used: {error}.") from error


def _deeper(value: object, most: int) -> bool:
    """Whether lists and objects lie inside each other more than `most` deep; looked at level by level."""
    level = [value]
    for _ in range(most + 1):
        inner: list[object] = []
        for one in level:
            inner += one.values() if isinstance(one, dict) else one if isinstance(one, list) else ()
        if not inner:
            return False
        level = inner
    return True


def _too_many(message: Exchange) -> bool:
    return len(message.reports or ()) > DRIVES_MOST or len(message.jobs) > JOBS_MOST


def reports_of(text: str | None) -> tuple[DriveReport, ...]:
    """The drives as they were kept. What is kept was decoded before, so a fault here is one in the program."""
    if text is None:
        return ()
    return tuple(codec.decode(DriveReport, one, "report") for one in json.loads(text))
