"""The evidence of one run: what was done to which drive, as canonical bytes signed by the station.

Format: the payload is canonical JSON (RFC 8785), the file a compact JWS (RFC 7515) with the algorithm "Ed25519" (RFC
9864). Reading and keeping a record never changes its bytes.

The law of the format. `version` is looked at before anything else. Within a version members may be added beside the
outermost ones (kept unread, in `unrecognised`), never removed, renamed or given another meaning. Anything else is
the next version, and every version is read for ever. A record with a missing member does not parse, nor does one whose
plan, steps or outcome are not what its own evidence gives.

Version 2 adds, each left out where there is nothing to say: the plan's limits for errors, the slow regions of a pass,
the ending "given-up", and of an interruption what it was and where the run went on (codec.added marks them below).
Version 3 adds: the bay's name, who the drive said that it is during the run, holds while it was too warm, the limit it
names, the ending "changed". By version 3 another drive that answers makes a run failed, not only unproved, and sectors
that were moved aside during the run are a reason of their own; older records are judged as they were written.
"""

import base64
import binascii
import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from datetime import datetime
from typing import Any
from uuid import UUID

import rfc8785
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from wipe import codec, verdict
from wipe.blocks import Ending
from wipe.errors import BadRecord
from wipe.facts import (
    Bay,
    ErrorLimits,
    Geometry,
    Health,
    HiddenArea,
    Hold,
    Identity,
    PassPlan,
    PassResult,
    Plan,
    Reading,
    VerifyResult,
)
from wipe.vocabulary import Cut, Level, Method, Outcome, StepKind, StepState, Technique, TriState, VerificationKind

FORMAT = "caretaker-erasure-record"
VERSION = 3  # that is written
READABLE = (1, 2, 3)
TYPE = "caretaker-erasure-record+jws"
SIZE_LIMIT = 32 << 20  # bytes of a signed record


@dataclass(frozen=True, slots=True)
class Tool:
    """What did it."""

    name: str
    version: str
    kernel: str
    procedure: str  # version of the school's written wiping procedure; empty when none was named


@dataclass(frozen=True, slots=True)
class Operator:
    """Who started it, as the tracker knows the person."""

    id: str
    name: str
    role: str


@dataclass(frozen=True, slots=True)
class PlanSummary:
    """What was meant to happen: with identity, capacity and attestation, the whole plan."""

    digest: str  # SHA-256, hex, of the plan's canonical bytes; computed anew by every reader
    method: Method
    technique: Technique
    standards: tuple[str, ...]
    passes: tuple[PassPlan, ...]
    verification: VerificationKind
    limits: ErrorLimits | None = codec.added(None, since=2)


@dataclass(frozen=True, slots=True)
class Step:
    """One planned step. Steps that were never reached are listed too."""

    kind: StepKind
    state: StepState
    note: str


@dataclass(frozen=True, slots=True)
class Interruption:
    """An earlier run on this drive that did not reach its end, found in the journal."""

    record_id: str  # the one that its evidence has, or would have had
    method: Method
    started: datetime
    cause: Cut | None = codec.added(None, since=2)
    ended: datetime | None = codec.added(None, since=2)  # when it last wrote down how far it was
    pass_number: int | None = codec.added(None, since=2)  # where this run went on; None: it began anew
    offset: int | None = codec.added(None, since=2)  # bytes of that pass that were on the medium by then
    why_anew: str = codec.added("", since=2)  # why this run did not go on from there, a finished sentence
    device: str | None = codec.added(
        None, since=2
    )  # where this run found the drive; `identity` says where it was planned
    bay: str | None = codec.added(None, since=2)


@dataclass(frozen=True, slots=True)
class NotRecorded:
    """A field that certificates of this kind may carry and this record does not, and why."""

    name: str
    why: str


@dataclass(frozen=True, slots=True)
class Record:
    """Fields follow NIST SP 800-88r2 section 4.6; names of people beyond the operator are the tracker's."""

    format: str
    version: int
    record_id: str
    job_id: str | None
    asset_tag: str | None
    key_id: str  # RFC 7638 thumbprint of the key that signs
    tool: Tool
    operator: Operator | None
    attestation: str | None  # how a person knew the drive, where it gives no serial
    identity: Identity
    geometry: Geometry
    plan: PlanSummary
    steps: tuple[Step, ...]
    passes: tuple[PassResult, ...]
    verification: VerifyResult | None
    ending: Ending
    identity_held: TriState
    interruptions: tuple[Interruption, ...]
    hidden_areas: tuple[HiddenArea, ...]
    health_before: Health
    health_after: Health
    errors: tuple[str, ...]
    started: datetime
    ended: datetime
    outcome: Outcome
    level: Level
    reasons: tuple[str, ...]
    limits: str
    not_recorded: tuple[NotRecorded, ...]
    bay: Bay | None = codec.added(None, since=3)
    readings: tuple[Reading, ...] = codec.added((), since=3)
    holds: tuple[Hold, ...] = codec.added((), since=3)
    clock_moved_seconds: int = codec.added(0, since=3)  # how far the station's clock was set; all times are by another


@dataclass(frozen=True, slots=True)
class Verified:
    """A record whose signature, form and inner logic were all checked, with the bytes it came in."""

    record: Record
    signed: bytes
    unrecognised: Mapping[str, Any] = field(default_factory=dict)


def judged(record: Record) -> verdict.Verdict:
    """Outcome and level as they follow from the record's own evidence."""
    return verdict.judge(
        verdict.Facts(
            plan=planned(record),
            passes=record.passes,
            verification=record.verification,
            ending=record.ending,
            identity_held=record.identity_held,
            hidden_areas=record.hidden_areas,
            health_before=record.health_before,
            health_after=record.health_after,
            errors=record.errors,
            readings=record.readings,
            version=record.version,
        )
    )


def planned(record: Record) -> Plan:
    """The plan that the record tells of."""
    told = record.plan
    return Plan(
        identity=record.identity,
        capacity_bytes=record.geometry.capacity_bytes,
        method=told.method,
        technique=told.technique,
        standards=told.standards,
        passes=told.passes,
        verification=told.verification,
        attestation=record.attestation,
        limits=told.limits,
    )


def steps_of(
    plan: Plan,
    passes: tuple[PassResult, ...],
    verification: VerifyResult | None,
    ending: Ending,
    identity_held: TriState,
) -> tuple[Step, ...]:
    """Every planned step and whether it took place, also those that were never reached."""
    steps = [Step(StepKind.IDENTIFY, StepState.DONE, "")]
    made = {one.number: one for one in passes}
    for one in plan.passes:
        done = one.number in made and not made[one.number].unwritten
        state = StepState.DONE if done else StepState.FAILED if one.number in made else StepState.NOT_RUN
        steps.append(Step(StepKind.OVERWRITE, state, f"pass {one.number}: {one.kind.value}"))
    state = StepState.NOT_RUN
    if verification is not None:
        sound = ending is Ending.COMPLETE and not verification.mismatched and not verification.unreadable
        state = StepState.DONE if sound else StepState.FAILED
    steps.append(Step(StepKind.VERIFY, state, plan.verification.value))
    state = StepState.DONE if identity_held is TriState.YES else StepState.FAILED
    return (*steps, Step(StepKind.RE_IDENTIFY, state, ""))


def contradiction(record: Record) -> str | None:
    """Why the record cannot be believed, whoever signed it; None when it agrees with itself."""
    if record.version < {Ending.GIVEN_UP: 2, Ending.CHANGED: 3}.get(record.ending, 1):
        return "its version does not know how it ended"
    try:
        if str(UUID(record.record_id)) != record.record_id:
            return "its number is not a UUID"
    except ValueError:
        return "its number is not a UUID"
    if codec.digest(planned(record)) != record.plan.digest:
        return "its plan is not the one that the digest names"
    steps = steps_of(
        planned(record), record.passes, record.verification, record.ending, record.identity_held
    )  # the note is for people and may be worded otherwise
    if [(one.kind, one.state) for one in record.steps] != [(one.kind, one.state) for one in steps]:
        return "its steps are not those that its evidence shows"
    found = judged(record)
    if (record.outcome, record.level, record.reasons) != (found.outcome, found.level, found.reasons):
        return "its outcome does not follow from its own evidence"
    return None


def key_id(key: Ed25519PublicKey) -> str:
    """RFC 7638 thumbprint of the key as an OKP JWK (RFC 8037), base64url of SHA-256."""
    jwk = {"crv": "Ed25519", "kty": "OKP", "x": _b64(key.public_bytes(Encoding.Raw, PublicFormat.Raw))}
    return _b64(hashlib.sha256(rfc8785.dumps(jwk)).digest())


def key_from_jwk(jwk: Mapping[str, object]) -> Ed25519PublicKey | None:
    """The Ed25519 public key of a JWK (RFC 8037); None where it is none, or where a private half came along.

    Members beside the three that make the key (kid, use, alg) are not looked at.
    """
    text = jwk.get("x")
    if (jwk.get("kty"), jwk.get("crv")) != ("OKP", "Ed25519") or not isinstance(text, str) or "d" in jwk:
        return None
    try:
        return Ed25519PublicKey.from_public_bytes(_unb64(text.encode()))
    except (ValueError, BadRecord):
        return None


def payload(record: Record) -> bytes:
    """The canonical bytes of a record."""
    return rfc8785.dumps(codec.encode(record))


def sign(record: Record, key: Ed25519PrivateKey) -> bytes:
    """The signed record, a compact JWS. Raises RuntimeError for a record that contradicts itself or names another key.

    Those are programming errors: evidence that would not be believed must never be made.
    """
    problem = contradiction(record)
    if problem is not None:
        raise RuntimeError(f"the record contradicts itself: {problem}")
    if record.key_id != key_id(key.public_key()):
        raise RuntimeError("the record names another key")
    signing_input = f"{_b64(_header(record.key_id))}.{_b64(payload(record))}".encode()
    return signing_input + b"." + _b64(key.sign(signing_input)).encode()


def verify(signed: bytes, keys: Mapping[str, Ed25519PublicKey]) -> Verified:
    """Check a signed record against the keys one trusts, by key id. Raises BadRecord with what is wrong.

    Nothing inside is read before the signature holds, and there is no other algorithm to choose.
    """
    if len(signed) > SIZE_LIMIT:
        raise BadRecord("The record is larger than any real one.")
    parts = signed.split(b".")
    if len(parts) != 3:
        raise BadRecord("This is not a signed record.")
    header, body, signature = (_unb64(part) for part in parts)
    kid = next((one for one in keys if header == _header(one)), None)
    if kid is None:
        raise BadRecord("The record is signed by a key that is not known here, or in another way.")
    try:
        keys[kid].verify(signature, parts[0] + b"." + parts[1])
    except InvalidSignature:
        raise BadRecord("The signature does not fit: the record was changed, or signed by another key.") from None
    record, unrecognised = _parse(body)
    if record.key_id != kid:
        raise BadRecord("The record names another key than the one that signed it.")
    return Verified(record, signed, unrecognised)


def _parse(body: bytes) -> tuple[Record, dict[str, Any]]:
    try:
        value = json.loads(body, object_pairs_hook=_no_doubles)
        if not isinstance(value, dict) or value.get("format") != FORMAT:
            raise BadRecord("This is not an erasure record.")
        version = value.get("version")
        if version not in READABLE or isinstance(version, bool):
            raise BadRecord(f"This is no erasure record up to version {VERSION}.", advice="Use a newer Caretaker.")
        if rfc8785.dumps(value) != body:
            raise BadRecord("The record's bytes are not in canonical form.")
        record = codec.decode(Record, value, "record", extra=None, version=version)
    except (ValueError, RecursionError, rfc8785.CanonicalizationError) as error:
        raise BadRecord(f"The record cannot be read: {error}.") from error
    problem = contradiction(record)
    if problem is not None:
        raise BadRecord(f"The record contradicts itself: {problem}.")
    names = {one.name for one in fields(Record) if one.metadata.get("since", 1) <= version}
    return record, {name: item for name, item in value.items() if name not in names}


def _header(kid: str) -> bytes:
    return rfc8785.dumps({"alg": "Ed25519", "kid": kid, "typ": TYPE})


def _no_doubles(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) != len(pairs):
        raise ValueError("a member stands twice")
    return found


def _b64(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


def _unb64(text: bytes) -> bytes:
    """Strict: one spelling for each value. Raises BadRecord."""
    try:
        data = base64.b64decode(text + b"=" * (-len(text) % 4), altchars=b"-_", validate=True)
    except (binascii.Error, ValueError):
        raise BadRecord("This is not a signed record.") from None
    if _b64(data).encode() != text:
        raise BadRecord("This is not a signed record.")
    return data
