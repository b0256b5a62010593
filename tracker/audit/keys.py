"""The key that signs checkpoints: made here once, readable by the tracker's account only, never sent."""

import os
from pathlib import Path

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

from tracker.config import BadSetting
from wipe import durable

NAME = "checkpoint-key.pem"
LIMIT = 4096  # bytes of a key file


def signing_key(instance: Path) -> Ed25519PrivateKey:
    """The key in the instance folder, made at the first call. Raises BadSetting where it cannot be used or trusted.

    Two processes that start at once end up with one key: it is written whole to a name of its own and linked.
    """
    path = instance / NAME
    try:
        if not path.exists():
            _make(path)
        return _load(path)
    except OSError as error:
        raise BadSetting(f"The key of checkpoints {path} cannot be used: {error.strerror}.") from error


def public_pem(key: Ed25519PublicKey) -> bytes:
    """The public half, as third-party tools read it."""
    return key.public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)


def load_public(path: Path) -> Ed25519PublicKey:
    """A public key from a PEM file. Raises BadSetting."""
    try:
        with path.open("rb") as file:
            key = load_pem_public_key(file.read(LIMIT))
    except OSError as error:
        raise BadSetting(f"{path} cannot be read: {error.strerror}.") from error
    except (ValueError, UnsupportedAlgorithm):
        key = None
    if not isinstance(key, Ed25519PublicKey):
        raise BadSetting(f"{path} is no Ed25519 public key (PEM). Print it with `tracker audit key`.")
    return key


def _make(path: Path) -> None:
    pem = Ed25519PrivateKey.generate().private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    durable.write_once(path, pem)  # where another process was first, its key is the tracker's


def _load(path: Path) -> Ed25519PrivateKey:
    with open(os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_CLOEXEC), "rb") as file:
        if os.fstat(file.fileno()).st_mode & 0o077:
            raise BadSetting(f"Others can read the key of checkpoints {path}. Treat it as stolen: move it away.")
        pem = file.read(LIMIT)
    try:
        key = load_pem_private_key(pem, None)
    except (ValueError, TypeError, UnsupportedAlgorithm):
        key = None
    if not isinstance(key, Ed25519PrivateKey):
        raise BadSetting(
            f"{path} is no Ed25519 key. Restore it from a backup, or move it away to begin with a new one."
        )
    return key
