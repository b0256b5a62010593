"""Where the agent is enrolled: the tracker's address and the token, readable by the agent's user only."""

import json
import os
import stat
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

from wipe import codec, durable
from wipe.errors import BadInput
from wipe.station.messages import is_id

NAME = "credentials.json"
LIMIT = 1 << 14  # bytes
_AGAIN = "Enrol this station with `wipe station enrol URL`; the tracker shows the code under Stations."


@dataclass(frozen=True, slots=True)
class Credentials:
    """What the tracker gave this station when it was enrolled."""

    url: str
    token: str
    school: str
    station_id: str
    station: str
    key_id: str
    ca: str | None  # file of the authority that signed the tracker's TLS certificate; None: the system's


def state_folder(chosen: str | None) -> Path:
    """Where the agent keeps its things: `--state`, CARETAKER_AGENT_STATE, /var/lib for root, else below the home."""
    if chosen or os.environ.get("CARETAKER_AGENT_STATE"):
        return Path(chosen or os.environ["CARETAKER_AGENT_STATE"])
    if os.geteuid() == 0:
        return Path("/var/lib/caretaker-agent")
    base = os.environ.get("XDG_STATE_HOME")
    return (Path(base) if base else Path.home() / ".local" / "state") / "caretaker-agent"


def checked_url(url: str) -> str:
    """The tracker's address without a trailing slash. Raises BadInput; plain HTTP goes to this computer only."""
    try:
        parts = urlsplit(url.strip())
        local = parts.hostname in ("localhost", "127.0.0.1", "::1")
        usable = parts.scheme in ("http", "https") and bool(parts.hostname) and (parts.port or 1) > 0
    except ValueError:
        parts, local, usable = urlsplit(""), False, False
    if not usable or parts.username is not None or parts.query or parts.fragment or not url.isprintable():
        raise BadInput(f"{url!r} is not the address of a tracker.", advice="It looks like https://caretaker.example.")
    if parts.scheme == "http" and not local:
        raise BadInput(
            f"{url} would send the station's token over the network for everyone to read.",
            advice="Use the tracker's https:// address; docs/deployment.md says how to give it a certificate.",
        )
    return url.strip().rstrip("/")


def save(folder: Path, known: Credentials) -> None:
    """Keep them. Raises BadInput where that cannot be done."""
    try:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        durable.write(folder / NAME, json.dumps(codec.encode(known), indent=2).encode())
    except OSError as error:
        raise BadInput(
            f"The credentials cannot be kept in {folder}: {error.strerror}.", advice="Choose another with --state."
        ) from error


def load(folder: Path) -> Credentials:
    """The credentials in `folder`. Raises BadInput where there are none, or others may read them."""
    path = folder / NAME
    try:
        descriptor = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_CLOEXEC)
        with os.fdopen(descriptor, "rb") as file:
            status = os.fstat(file.fileno())
            raw = file.read(LIMIT)
    except FileNotFoundError:
        raise BadInput("This station is not enrolled.", advice=_AGAIN) from None
    except OSError as error:
        raise BadInput(f"{path} cannot be read: {error.strerror}.", advice="Run as the agent's user.") from error
    if status.st_mode & 0o077 or not stat.S_ISREG(status.st_mode):
        raise BadInput(
            f"Others may read {path}, and with it could speak for this station.",
            advice="Revoke the station in the tracker, remove the file, and enrol it anew.",
        )
    try:
        known = codec.decode(Credentials, json.loads(raw), "credentials")
    except (ValueError, RecursionError) as error:
        raise BadInput(f"{path} cannot be used: {error}.", advice=_AGAIN) from None
    if not is_id(known.station_id) or not known.token.isascii() or not known.token.isprintable():
        raise BadInput(f"{path} cannot be used: it holds no token.", advice=_AGAIN)
    checked_url(known.url)
    return known
