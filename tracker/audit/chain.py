"""The hash chain as pure functions: what an event's hash covers, and what a chain of rows proves.

The law of the format: `FORMAT` 1 hashes exactly the members listed in `event_bytes`. Members are never added,
removed or reordered under the same number; a new layout is a new number, and old events keep theirs.
"""

import hashlib
import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

import rfc8785

from tracker.values import iso_utc

FORMAT = 1
GENESIS = "0" * 64  # the hash before the first event
REDACTED = "log:redacted"  # the kind of event that vouches for what stands in the place of redacted details


@dataclass(frozen=True)
class Link:
    """One event as the chain sees it: the stored values, nothing derived."""

    school_id: UUID
    id: UUID
    seq: int
    at: datetime
    kind: str
    actor_id: UUID | None
    subject_type: str
    subject_id: UUID
    detail: str | None
    salt: bytes | None
    detail_digest: str
    previous: str
    hash: str


@dataclass(frozen=True)
class Break:
    """Where the chain is broken first, and how we know."""

    seq: int
    reason: str


@dataclass(frozen=True)
class Verdict:
    """What reading a whole chain showed. `broken` is None only when every event was read and agreed."""

    events: int
    head: str  # hash of the last event that holds; GENESIS when there is none
    broken: Break | None


@dataclass(frozen=True)
class Claim:
    """What somebody else says of the chain: after so many events it had this hash."""

    source: str  # in words, such as "a stored checkpoint"
    seq: int
    hash: str


def detail_bytes(detail: Mapping[str, object]) -> bytes:
    """Canonical JSON (RFC 8785) of an event's detail. Raises rfc8785.CanonicalizationError for other types."""
    return rfc8785.dumps(dict(detail))  # type: ignore[arg-type] # its alias asks for a closed union; it checks itself


def digest_of_detail(salt: bytes, detail: bytes) -> str:
    """SHA-256, in hex, of the salt followed by the detail's canonical bytes."""
    return hashlib.sha256(salt + detail).hexdigest()


def event_bytes(link: Link) -> bytes:
    """The bytes that the event's hash covers: canonical JSON of everything but the detail's text and salt."""
    return rfc8785.dumps(
        {
            "format": FORMAT,
            "school": str(link.school_id),
            "id": str(link.id),
            "seq": link.seq,
            "at": iso_utc(link.at),
            "kind": link.kind,
            "actor": None if link.actor_id is None else str(link.actor_id),
            "subject_type": link.subject_type,
            "subject": str(link.subject_id),
            "detail": link.detail_digest,
            "previous": link.previous,
        }
    )


def hash_of(link: Link) -> str:
    """SHA-256 of the event's bytes, in hex."""
    return hashlib.sha256(event_bytes(link)).hexdigest()


def verify(links: Iterable[Link]) -> Verdict:
    """Read a school's chain in order of `seq` and say where it breaks first.

    Finds an edit (hash or digest), a deletion or insertion (gap or double in `seq`), a reordering (`previous`), and a
    detail without its salt for which no event of redaction vouches as it stands.
    It cannot see a tail that was cut off, nor a chain that was hashed anew from some point on: compare an exported
    checkpoint for those.
    """
    expected, previous = 1, GENESIS
    bare: dict[int, tuple[str, str]] = {}  # details without salt for which nobody vouched yet, and the hash before
    for link in links:
        reason = _fault(link, expected, previous)
        if reason is not None:
            return Verdict(expected - 1, previous, Break(min(link.seq, expected), reason))
        if link.salt is None:
            bare[link.seq] = (digest_of_redacted(link.detail), previous)
        for seq, digest in _vouched(link):
            if seq in bare and bare[seq][0] == digest:
                del bare[seq]
        expected, previous = expected + 1, link.hash
    if bare:
        first = min(bare)
        return Verdict(first - 1, bare[first][1], Break(first, _BARE))
    return Verdict(expected - 1, previous, None)


_BARE = "its detail is missing, and no event of redaction says that it should be as it is"


def digest_of_redacted(detail: str | None) -> str:
    """SHA-256, in hex, of what stands in the place of a redacted detail; of nothing, where nothing does."""
    return hashlib.sha256((detail or "").encode()).hexdigest()


def _vouched(link: Link) -> list[tuple[int, str]]:
    """Which details an event of redaction vouches for: position and digest."""
    if link.kind != REDACTED or link.detail is None:
        return []
    after = json.loads(link.detail).get("after") or {}
    return list(zip(after.get("events", ()), after.get("digests", ()), strict=False))


def contradictions(events: int, hashes: Mapping[int, str], claims: Iterable[Claim]) -> list[str]:
    """Where an unbroken chain of `events` events does not fit what is claimed of it, as finished sentences.

    `hashes` has the hash of every event that a claim names.
    """
    found = []
    for claim in claims:
        if claim.seq > events:
            found.append(
                f"The log ends at event {events}, but {claim.source} says that it had {claim.seq}: its end was cut off."
            )
        elif hashes.get(claim.seq) != claim.hash:
            found.append(f"Event {claim.seq} is not the one that {claim.source} names: the log was written anew.")
    return found


def _fault(link: Link, expected: int, previous: str) -> str | None:
    if link.seq > expected:
        return f"event {expected} is missing"
    if link.seq < expected:
        return f"event {link.seq} appears twice or out of order"
    if link.previous != previous:
        return "it does not follow from the event before it"
    if hash_of(link) != link.hash:
        return "its content was changed after it was written"
    if link.salt is None:
        return None  # redacted, if a later event says so
    if link.detail is None:
        return "its detail is missing"
    if digest_of_detail(link.salt, link.detail.encode()) != link.detail_digest:
        return "its detail was changed after it was written"
    return None
