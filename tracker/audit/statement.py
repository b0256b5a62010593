"""A checkpoint as bytes: a compact JWS (RFC 7515), Ed25519 (RFC 9864), over canonical JSON (RFC 8785).

The law of the format: version 1 has exactly the members of `Statement`; another layout is another version.
"""

import base64
import binascii
import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from uuid import UUID

import rfc8785
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

from tracker.values import iso_utc
from wipe.record import key_id

FORMAT, VERSION = "caretaker-log-checkpoint", 1
TYPE = "caretaker-log-checkpoint+jws"
SIZE_LIMIT = 4096  # bytes of a signed statement


class BadStatement(Exception):
    """This is not a checkpoint that can be believed; the message says why."""


@dataclass(frozen=True)
class Statement:
    """How long a school's chain was at a time, and how it ended."""

    school_id: UUID
    seq: int
    hash: str
    at: datetime


def sign(statement: Statement, key: Ed25519PrivateKey) -> str:
    """The signed statement."""
    body = rfc8785.dumps(
        {
            "format": FORMAT,
            "version": VERSION,
            "school": str(statement.school_id),
            "seq": statement.seq,
            "hash": statement.hash,
            "at": iso_utc(statement.at),
        }
    )
    text = f"{_b64(_header(key_id(key.public_key())))}.{_b64(body)}"
    return f"{text}.{_b64(key.sign(text.encode()))}"


def read(signed: str, keys: Mapping[str, Ed25519PublicKey]) -> Statement:
    """The statement, checked against the keys that one trusts, by key id. Raises BadStatement.

    Nothing inside is read before the signature holds, and there is no other algorithm to choose.
    """
    parts = signed.split(".")
    if len(signed) > SIZE_LIMIT or len(parts) != 3:
        raise BadStatement("This is not a checkpoint.")
    header, body, signature = (_unb64(part) for part in parts)
    kid = next((one for one in keys if header == _header(one)), None)
    if kid is None:
        raise BadStatement("The checkpoint is signed by a key that is not known here.")
    try:
        keys[kid].verify(signature, f"{parts[0]}.{parts[1]}".encode())
    except InvalidSignature:
        raise BadStatement("The signature does not fit: the checkpoint was changed.") from None
    return _parse(body)


def _parse(body: bytes) -> Statement:
    """What a known key signed is ours; a version that is not is still refused."""
    try:
        told = json.loads(body)
        if (told.get("format"), told.get("version")) != (FORMAT, VERSION):
            raise BadStatement(f"This is not version {VERSION} of a checkpoint. Use a newer Caretaker.")
        at = datetime.strptime(told["at"], "%Y-%m-%dT%H:%M:%S.%fZ").replace(tzinfo=UTC)
        found = Statement(UUID(told["school"]), int(told["seq"]), str(told["hash"]), at)
    except (ValueError, KeyError, AttributeError, TypeError) as error:
        raise BadStatement("The checkpoint cannot be read.") from error
    return found


def _header(kid: str) -> bytes:
    return rfc8785.dumps({"alg": "Ed25519", "kid": kid, "typ": TYPE})


def _b64(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


def _unb64(text: str) -> bytes:
    """Strict: one spelling for each value. Raises BadStatement."""
    try:
        data = base64.b64decode(text + "=" * (-len(text) % 4), altchars=b"-_", validate=True)
    except (binascii.Error, ValueError):
        raise BadStatement("This is not a checkpoint.") from None
    if _b64(data) != text:
        raise BadStatement("This is not a checkpoint.")
    return data
