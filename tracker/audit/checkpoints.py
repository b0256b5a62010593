"""Checkpoints: signed statements of how long a school's log was and how it ended, and what they prove later.

A statement is a compact JWS with the algorithm "Ed25519" (RFC 7515, RFC 9864) over canonical JSON (RFC 8785). Its key
is made in the instance folder at the first use. Only a copy that is kept elsewhere shows that a tail was cut off, or
that the whole log was written anew: export them.
"""

import base64
import binascii
import json
import os
import secrets
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from uuid import UUID

import rfc8785
from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    PublicFormat,
    load_pem_private_key,
)
from sqlalchemy import select

from tracker.audit import chain
from tracker.audit.kinds import EventKind
from tracker.audit.models import Checkpoint, Event
from tracker.audit.service import links, record
from tracker.db import add, db
from tracker.values import Actor, Subject, iso_utc, utc_now
from wipe.record import key_id

FORMAT = "caretaker-log-checkpoint"
VERSION = 1
TYPE = "caretaker-log-checkpoint+jws"
KEY_NAME = "checkpoint-key.pem"
SIZE_LIMIT = 64 << 10  # bytes of a statement


class BadCheckpoint(Exception):
    """A statement that proves nothing; the message says why."""


class BadKey(Exception):
    """The key that signs statements cannot be used; the message says what to do."""


@dataclass(frozen=True)
class Statement:
    """What a checkpoint says: at `at`, the school's log had `seq` events, and the last had this hash."""

    school_id: UUID
    seq: int
    hash: str
    at: str
    key_id: str


def signing_key(instance: Path) -> Ed25519PrivateKey:
    """The key in the instance folder, made at the first call. Raises BadKey."""
    path = instance / KEY_NAME
    try:
        if not path.exists():
            _make(path)
        status = path.stat()
        key = load_pem_private_key(path.read_bytes(), None)
    except (OSError, ValueError, TypeError, UnsupportedAlgorithm) as error:
        raise BadKey(f"The key {path} cannot be read. Restore it from the backup of the instance folder.") from error
    if not isinstance(key, Ed25519PrivateKey) or status.st_mode & 0o077:
        raise BadKey(f"The key {path} is none, or others may read it. Restore it, or set its mode to 0600.")
    return key


def _make(path: Path) -> None:
    """Whole or not at all; of two at once, one wins."""
    draft = path.with_name(f"{path.name}.{secrets.token_hex(8)}")
    pem = Ed25519PrivateKey.generate().private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW, 0o600)
    try:
        with os.fdopen(descriptor, "wb") as file:
            file.write(pem)
            file.flush()
            os.fsync(file.fileno())
        try:
            os.link(draft, path)
        except FileExistsError:
            return
    finally:
        draft.unlink()


def public_pem(key: Ed25519PrivateKey) -> str:
    """The public half, for whoever keeps checkpoints."""
    return key.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo).decode()


def sign(actor: Actor, key: Ed25519PrivateKey) -> Checkpoint:
    """Sign how the log of the actor's school stands, before the event that tells of it. Flushes, never commits.

    Raises BadCheckpoint where the log does not hold: a broken one must not get a seal.
    """
    proved = chain.verify(links(actor.school_id))
    if proved.broken is not None:
        raise BadCheckpoint(f"The log is broken at event {proved.broken.seq}: {proved.broken.reason}.")
    if proved.events == 0:
        raise BadCheckpoint("The log is empty.")
    at = utc_now()
    statement = Statement(actor.school_id, proved.events, proved.head, iso_utc(at), key_id(key.public_key()))
    row = Checkpoint(
        school_id=actor.school_id,
        seq=statement.seq,
        hash=statement.hash,
        at=at,
        statement=_signed(statement, key),
    )
    add(row)
    subject = Subject("checkpoint", row.id, f"Checkpoint at event {row.seq}")
    record(actor, EventKind.CHECKPOINT_SIGNED, subject, after={"seq": row.seq, "hash": row.hash})
    return row


def _signed(statement: Statement, key: Ed25519PrivateKey) -> str:
    header = {"alg": "Ed25519", "kid": statement.key_id, "typ": TYPE}
    payload: dict[str, str | int] = {
        "format": FORMAT,
        "version": VERSION,
        "school": str(statement.school_id),
        "seq": statement.seq,
        "hash": statement.hash,
        "at": statement.at,
    }
    signing_input = f"{_b64(rfc8785.dumps(header))}.{_b64(rfc8785.dumps(payload))}"
    return f"{signing_input}.{_b64(key.sign(signing_input.encode()))}"


def read(text: str, key: Ed25519PublicKey) -> Statement:
    """A statement whose signature holds. Raises BadCheckpoint."""
    wrong = BadCheckpoint("This is no checkpoint of this log, or it was changed.")
    parts = text.strip().split(".")
    if len(text) > SIZE_LIMIT or len(parts) != 3:
        raise wrong
    try:
        key.verify(_unb64(parts[2]), f"{parts[0]}.{parts[1]}".encode())
        header, told = json.loads(_unb64(parts[0])), json.loads(_unb64(parts[1]))
        known = header == {"alg": "Ed25519", "kid": key_id(key), "typ": TYPE}
        if not known or told["format"] != FORMAT or told["version"] != VERSION:
            raise wrong
        return Statement(UUID(told["school"]), int(told["seq"]), str(told["hash"]), str(told["at"]), header["kid"])
    except (InvalidSignature, ValueError, KeyError, TypeError, binascii.Error, RecursionError) as error:
        raise wrong from error


@dataclass(frozen=True)
class Proof:
    """What reading a school's whole log, and comparing it with checkpoints, showed."""

    school_id: UUID
    verdict: chain.Verdict
    compared: int  # checkpoints that were looked at
    contradicted: tuple[str, ...]  # finished sentences

    @property
    def holds(self) -> bool:
        """Whether every event agrees, and no checkpoint contradicts."""
        return self.verdict.broken is None and not self.contradicted


def prove(school_id: UUID, statements: Iterable[Statement]) -> Proof:
    """Read the log of a school and compare it with statements that were read (`read`) before."""
    verdict = chain.verify(links(school_id))
    ours = [one for one in statements if one.school_id == school_id]
    return Proof(school_id, verdict, len(ours), tuple(text for one in ours if (text := _against(one, verdict))))


def _against(one: Statement, verdict: chain.Verdict) -> str:
    if one.seq > verdict.events and verdict.broken is None:
        return f"The checkpoint of {one.at} tells of {one.seq} events; {verdict.events} are here: the end was cut off."
    query = select(Event.hash).where(Event.school_id == one.school_id, Event.seq == one.seq)
    kept = db.session.scalars(query).first()
    if kept is not None and kept != one.hash:
        return f"Event {one.seq} is not the one of the checkpoint of {one.at}: the log was written anew."
    return ""


def stored(school_id: UUID) -> list[Checkpoint]:
    """The checkpoints in the database, the newest first."""
    query = select(Checkpoint).where(Checkpoint.school_id == school_id).order_by(Checkpoint.seq.desc(), Checkpoint.id)
    return list(db.session.scalars(query))


def _b64(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


def _unb64(text: str) -> bytes:
    return base64.b64decode(text + "=" * (-len(text) % 4), altchars=b"-_", validate=True)
