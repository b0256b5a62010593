"""Settings, read once from the environment. A bad value stops the start with a sentence that says what to write."""

import os
import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

from wipe import durable

PREFIX = "CARETAKER_"


class BadSetting(Exception):
    """A setting that cannot be used; the message names it and says what it should look like."""


@dataclass(frozen=True)
class Config:
    """All the tracker's settings. Build it with `from_environment`."""

    instance: Path  # folder for the database (SQLite), keys and attachments; private to the tracker
    database_url: str  # SQLAlchemy URL, sqlite:/// or postgresql+psycopg://
    base_url: str  # what people type and labels carry, without a slash at the end
    secret_key: str  # signs the browser's cookies
    idle_minutes: int  # a session unused for so long ends
    session_hours: int  # a session ends after so long whatever happens
    proxies: int  # reverse proxies in front whose X-Forwarded-* headers are believed
    demo: bool  # shows the demo banner and sign-ins

    @property
    def secure(self) -> bool:
        """True behind HTTPS: cookies are then sent over HTTPS only."""
        return self.base_url.startswith("https://")

    @property
    def host(self) -> str:
        """Host and port as in the address."""
        return urlsplit(self.base_url).netloc


def from_environment(environment: Mapping[str, str] = os.environ) -> Config:
    """Read the settings `CARETAKER_*`.

    Raises BadSetting. Makes the instance folder (mode 0700) and, where `CARETAKER_SECRET_KEY` is not given, a
    secret of its own inside it, so that cookies survive a restart.
    """
    instance = Path(environment.get(PREFIX + "INSTANCE", "instance")).resolve()
    try:
        instance.mkdir(mode=0o700, parents=True, exist_ok=True)
    except OSError as error:
        raise BadSetting(f"{PREFIX}INSTANCE: cannot make the folder {instance}: {error.strerror}.") from error
    return Config(
        instance=instance,
        database_url=_database_url(environment.get(PREFIX + "DATABASE_URL", ""), instance),
        base_url=_base_url(environment.get(PREFIX + "BASE_URL", "http://127.0.0.1:5000")),
        secret_key=environment.get(PREFIX + "SECRET_KEY") or _own_secret(instance),
        idle_minutes=_whole(environment, "IDLE_MINUTES", 15, 1, 480),
        session_hours=_whole(environment, "SESSION_HOURS", 10, 1, 24),
        proxies=_whole(environment, "PROXIES", 0, 0, 3),
        demo=environment.get(PREFIX + "DEMO", "") == "1",
    )


def _database_url(url: str, instance: Path) -> str:
    if not url:
        return f"sqlite:///{instance / 'caretaker.db'}"
    if url.startswith("postgresql://"):
        url = url.replace("postgresql://", "postgresql+psycopg://", 1)
    if not url.startswith(("sqlite:///", "postgresql+psycopg://")):
        raise BadSetting(f"{PREFIX}DATABASE_URL must start with sqlite:/// or postgresql://.")
    return url


def _base_url(url: str) -> str:
    parts = urlsplit(url)
    if parts.scheme not in ("http", "https") or not parts.netloc or parts.path.strip("/") or parts.query:
        raise BadSetting(f"{PREFIX}BASE_URL must look like https://assets.school.example, without a path.")
    return f"{parts.scheme}://{parts.netloc}"


def _own_secret(instance: Path) -> str:
    path = instance / "secret_key"
    if not path.exists():
        durable.write_once(path, secrets.token_hex(32).encode())
    secret = path.read_text(encoding="ascii").strip()
    if len(secret) < 32:  # written by hand: a short secret can be guessed
        raise BadSetting(f"{path} holds no usable secret; remove it and start again.")
    return secret


def _whole(environment: Mapping[str, str], name: str, default: int, least: int, most: int) -> int:
    text = environment.get(PREFIX + name, str(default))
    if not text.isdecimal() or not least <= int(text) <= most:
        raise BadSetting(f"{PREFIX}{name} must be a whole number from {least} to {most}, not {text!r}.")
    return int(text)
