"""The code that founds a school from another computer: whoever can read the server's folder may, nobody else.

Without it the first visitor from the network could make the tracker his own.
"""

import hmac
import secrets
from pathlib import Path

from labels.code import ALPHABET
from wipe import durable

NAME = "setup_code"


def setup_code(instance: Path) -> str:
    """The code, made at the first call, in the instance folder (mode 0600). Raises OSError."""
    path = instance / NAME
    if not path.exists():
        code = "-".join("".join(secrets.choice(ALPHABET) for _ in range(4)) for _ in range(3))
        durable.write_once(path, code.encode())
    return path.read_text(encoding="ascii").strip()


def forget(instance: Path) -> None:
    """Remove the code, once the school is founded."""
    (instance / NAME).unlink(missing_ok=True)


def fits(instance: Path, typed: str) -> bool:
    """Whether this is the code, in any case, with or without hyphens."""
    plain, wanted = ("".join(c for c in text.upper() if c.isalnum()) for text in (typed, setup_code(instance)))
    return bool(wanted) and hmac.compare_digest(plain.encode(), wanted.encode())
