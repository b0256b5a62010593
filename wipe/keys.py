"""The station's evidence key: made here, readable by its owner only, never sent. Only the public half travels."""

import base64
import json
import os
import stat
from pathlib import Path
from uuid import UUID

from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    PublicFormat,
    load_pem_private_key,
    load_pem_public_key,
)

from wipe import durable, record
from wipe.errors import BadInput

NAME = "evidence-key.pem"
LIMIT = 4096  # bytes of a key file


def state_folder(chosen: str | None = None) -> Path:
    """Where the station keeps its key: `--state`, WIPE_STATE, /var/lib for root, else below the home folder."""
    if chosen or os.environ.get("WIPE_STATE"):
        return Path(chosen or os.environ["WIPE_STATE"])
    if os.geteuid() == 0:
        return Path("/var/lib/caretaker-station")
    base = os.environ.get("XDG_STATE_HOME")
    return (Path(base) if base else Path.home() / ".local" / "state") / "caretaker-station"


def station_key(folder: Path) -> Ed25519PrivateKey:
    """The key in `folder`, made at the first call. Raises BadInput where it cannot be made, read or trusted.

    Two processes that start at once end up with one key: it is written whole to a name of its own and linked.
    """
    path = folder / NAME
    try:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        if not path.exists():
            _make(path)
        return _load(path)
    except OSError as error:
        raise BadInput(
            f"The station's evidence key {path} cannot be used: {error.strerror}.",
            advice="Run as root, or choose another folder with --state.",
        ) from error


def _make(path: Path) -> None:
    pem = Ed25519PrivateKey.generate().private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    durable.write_once(path, pem)  # where another process was first, its key is the station's


def _load(path: Path) -> Ed25519PrivateKey:
    descriptor = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_CLOEXEC)
    with os.fdopen(descriptor, "rb") as file:
        status = os.fstat(file.fileno())
        private = stat.S_ISREG(status.st_mode) and not status.st_mode & 0o077 and status.st_uid == os.geteuid()
        pem = file.read(LIMIT)
    if not private:
        raise BadInput(
            f"Others may read the station's evidence key {path}: what it signs would prove nothing.",
            advice="Treat the key as stolen: move it away, start again, and enrol the station anew.",
        )
    try:
        key = load_pem_private_key(pem, None)
    except (ValueError, TypeError, UnsupportedAlgorithm):
        key = None
    if not isinstance(key, Ed25519PrivateKey):
        raise BadInput(f"{path} is no Ed25519 key.", advice="Restore it, or move it away and enrol the station anew.")
    return key


def public_pem(key: Ed25519PublicKey) -> bytes:
    """The public half, as third-party tools read it."""
    return key.public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)


def public_jwk(key: Ed25519PublicKey) -> dict[str, str]:
    """The public half as a JWK (RFC 8037)."""
    raw = key.public_bytes(Encoding.Raw, PublicFormat.Raw)
    return {"crv": "Ed25519", "kty": "OKP", "x": base64.urlsafe_b64encode(raw).rstrip(b"=").decode()}


def load_public(path: Path) -> Ed25519PublicKey:
    """A public key from a PEM or a JWK file. Raises BadInput."""
    try:
        with path.open("rb") as file:
            data = file.read(LIMIT)
    except OSError as error:
        raise BadInput(f"{path} cannot be read: {error.strerror}.", advice=_PUBLIC) from error
    try:
        key = _from_jwk(data) if data.lstrip().startswith(b"{") else load_pem_public_key(data)
    except (ValueError, UnsupportedAlgorithm, RecursionError):
        key = None
    if not isinstance(key, Ed25519PublicKey):
        raise BadInput(f"{path} is no Ed25519 public key.", advice=_PUBLIC)
    return key


def _from_jwk(data: bytes) -> Ed25519PublicKey | None:
    """Raises ValueError."""
    jwk = json.loads(data)
    return record.key_from_jwk(jwk) if isinstance(jwk, dict) else None


_PUBLIC = "Print it on the station with `wipe station key --public`."


def keep_stream(folder: Path, record_id: str, key: bytes) -> None:
    """Keep a run's stream key, so that `wipe verify` can make its bytes again. Raises OSError."""
    place = folder / "streams"
    place.mkdir(mode=0o700, exist_ok=True)
    durable.write(place / record_id, key)


def stream(folder: Path, record_id: str) -> bytes | None:
    """The stream key of a run on this station; None where it is not here or not whole. `record_id` is a UUID."""
    try:
        key = (folder / "streams" / str(UUID(record_id))).read_bytes()
    except (OSError, ValueError):
        return None
    return key if len(key) == 32 else None
