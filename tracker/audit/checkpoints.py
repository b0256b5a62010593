"""Sign how long a school's chain is, and prove chains against what was signed. Flushes, never commits.

Only a checkpoint that is kept elsewhere shows for sure that an end was cut off, or that the whole log was written anew.
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from uuid import UUID

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from sqlalchemy import select
from uuid_utils.compat import uuid7

from tracker.audit import chain, statement
from tracker.audit.kinds import EventKind
from tracker.audit.models import ChainHead, Checkpoint
from tracker.audit.service import links, record
from tracker.db import add, db, row_of
from tracker.values import Actor, Subject, utc_now
from wipe.record import key_id

SHOWN = 50  # newest checkpoints on the page


class BadLog(Exception):
    """The log does not hold; the message says where."""


@dataclass(frozen=True)
class Proof:
    """What reading a school's chain showed. Proved only where nothing is broken and nothing contradicts it."""

    school_id: UUID
    events: int
    head: str
    broken: chain.Break | None
    contradictions: tuple[str, ...]  # finished sentences: a cut end, or a chain written anew
    compared: int  # claims that the chain was held against

    @property
    def proved(self) -> bool:
        """Whether every event was read and agreed, and every claim with it."""
        return self.events > 0 and self.broken is None and not self.contradictions


def sign(actor: Actor, key: Ed25519PrivateKey) -> Checkpoint:
    """Read the whole log of the actor's school, and sign and keep how it stands; its own event is covered too.

    Raises BadLog where the log does not hold: a broken one must not get a seal.
    """
    public = key.public_key()
    proof = prove(actor.school_id, (), {key_id(public): public})
    if not proof.proved:
        broken = f"event {proof.broken.seq}: {proof.broken.reason}." if proof.broken else ""
        raise BadLog(" ".join(("The log does not hold, so nothing was signed.", broken, *proof.contradictions)))
    number = uuid7()
    subject = Subject("checkpoint", number, f"Checkpoint after {proof.events} events")
    event = record(actor, EventKind.CHECKPOINT_SIGNED, subject, after={"key_id": key_id(public)})
    told = statement.Statement(actor.school_id, event.seq, event.hash, utc_now())
    row = Checkpoint(
        school_id=actor.school_id,
        id=number,
        seq=told.seq,
        hash=told.hash,
        at=told.at,
        statement=statement.sign(told, key),
    )
    add(row)
    return row


def get_checkpoint(school_id: UUID, checkpoint_id: UUID) -> Checkpoint:
    """One of the school's checkpoints. Raises NotFound."""
    return row_of(Checkpoint, school_id, checkpoint_id)


def newest(school_id: UUID, limit: int = SHOWN) -> list[Checkpoint]:
    """The school's checkpoints, the newest first."""
    query = select(Checkpoint).where(Checkpoint.school_id == school_id)
    return list(db.session.scalars(query.order_by(Checkpoint.seq.desc(), Checkpoint.id.desc()).limit(limit)))


def prove(school_id: UUID, exported: Iterable[statement.Statement], keys: Mapping[str, Ed25519PublicKey]) -> Proof:
    """Read the whole chain and hold it against the stored checkpoints, the exported ones and the kept end.

    Finds what the chain alone cannot show: an end that was cut off, and a chain written anew.
    """
    wrong: list[str] = []
    claims = [chain.Claim("the checkpoint that was given", one.seq, one.hash) for one in exported]
    claims += _stored(school_id, keys, wrong)
    head = db.session.get(ChainHead, school_id)
    claims.append(chain.Claim("the kept end of the log", head.seq if head else 1, head.hash if head else ""))
    wanted = {claim.seq for claim in claims}
    hashes: dict[int, str] = {0: chain.GENESIS}
    verdict = chain.verify(_noting(links(school_id), wanted, hashes))
    if verdict.broken is None:
        wrong += chain.contradictions(verdict.events, hashes, claims)
    if verdict.broken is None and head is not None and head.seq < verdict.events:
        wrong.append(f"The log has {verdict.events} events, but its kept end says {head.seq}.")
    return Proof(school_id, verdict.events, verdict.head, verdict.broken, tuple(wrong), len(claims))


def _stored(school_id: UUID, keys: Mapping[str, Ed25519PublicKey], wrong: list[str]) -> list[chain.Claim]:
    """The stored checkpoints; one that is not what was signed goes into `wrong`."""
    found = []
    for row in db.session.scalars(
        select(Checkpoint).where(Checkpoint.school_id == school_id).order_by(Checkpoint.seq, Checkpoint.id)
    ):
        try:
            told = statement.read(row.statement, keys)
        except statement.BadStatement as error:
            wrong.append(f"The stored checkpoint of event {row.seq} cannot be believed. {error}")
            continue
        if (told.school_id, told.seq, told.hash) != (school_id, row.seq, row.hash):
            wrong.append(f"The stored checkpoint of event {row.seq} says something else than was signed.")
        found.append(chain.Claim("a stored checkpoint", told.seq, told.hash))
    return found


def _noting(rows: Iterator[chain.Link], wanted: set[int], hashes: dict[int, str]) -> Iterator[chain.Link]:
    for link in rows:
        if link.seq in wanted:
            hashes[link.seq] = link.hash
        yield link
