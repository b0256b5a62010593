"""Settings, read once from the environment. A bad value stops the start with a sentence that says what to write."""

import os
import secrets
from collections.abc import Mapping
from dataclasses import dataclass, field
from email.errors import MessageError
from email.headerregistry import Address
from pathlib import Path
from urllib.parse import parse_qs, unquote, urlsplit

from wipe import durable

PREFIX = "CARETAKER_"


class BadSetting(Exception):
    """A setting that cannot be used; the message names it and says what it should look like."""


@dataclass(frozen=True)
class MailServer:
    """The server that takes mail from us. Without `tls` and `starttls` nothing is encrypted: this machine only."""

    host: str
    port: int
    tls: bool  # encrypted from the first byte
    starttls: bool  # encrypted before anything is said, or nothing is said
    user: str  # empty: no sign-in
    password: str = field(repr=False)


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
    mail_server: MailServer | None = None  # None: no mail is sent
    mail_from: str = ""  # the address that mail comes from
    link_days: int = 7  # a mailed link to sign by opens nothing after so many

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
    mail_server, mail_from = _mail(environment)
    return Config(
        instance=instance,
        database_url=_database_url(environment.get(PREFIX + "DATABASE_URL", ""), instance),
        base_url=_base_url(environment.get(PREFIX + "BASE_URL", "http://127.0.0.1:5000")),
        secret_key=environment.get(PREFIX + "SECRET_KEY") or _own_secret(instance),
        idle_minutes=_whole(environment, "IDLE_MINUTES", 15, 1, 480),
        session_hours=_whole(environment, "SESSION_HOURS", 10, 1, 24),
        proxies=_whole(environment, "PROXIES", 0, 0, 3),
        demo=environment.get(PREFIX + "DEMO", "") == "1",
        mail_server=mail_server,
        mail_from=mail_from,
        link_days=_whole(environment, "LINK_DAYS", 7, 1, 30),
    )


_SMTP_URL = (
    f"{PREFIX}SMTP_URL must look like smtps://user:password@mail.school.example or "
    "smtp://user:password@mail.school.example:587?starttls=required, with %40 for an @ inside the password."
)
_LOOPBACK = frozenset({"localhost", "127.0.0.1", "::1"})


def _mail(environment: Mapping[str, str]) -> tuple[MailServer | None, str]:
    """The mail server and the sender, both or none. No message repeats what was given: it holds a password."""
    url, sender = environment.get(PREFIX + "SMTP_URL", ""), environment.get(PREFIX + "MAIL_FROM", "")
    if not url and not sender:
        return None, ""
    if not url or not sender:
        raise BadSetting(f"{PREFIX}SMTP_URL and {PREFIX}MAIL_FROM belong together: give both, or neither.")
    if not usable_address(sender):
        raise BadSetting(f"{PREFIX}MAIL_FROM must be one address, like caretaker@school.example, without a name.")
    return _mail_server(url), sender


def _mail_server(url: str) -> MailServer:
    try:
        parts = urlsplit(url)
        told, port = parse_qs(parts.query, strict_parsing=bool(parts.query)), parts.port
    except ValueError as error:
        raise BadSetting(_SMTP_URL) from error
    host, tls, starttls = parts.hostname or "", parts.scheme == "smtps", told.get("starttls", ["required"])
    known = parts.scheme in ("smtp", "smtps") and starttls in (["required"], ["never"]) and set(told) <= {"starttls"}
    if not known or not host.isascii() or not host or parts.path.strip("/") or parts.fragment or (tls and told):
        raise BadSetting(_SMTP_URL)
    user, password = unquote(parts.username or ""), unquote(parts.password or "")
    if bool(user) is not bool(password) or not f"{user}{password}".isprintable():
        raise BadSetting(_SMTP_URL)
    plain = not tls and starttls == ["never"]
    if plain and host not in _LOOPBACK:  # names and addresses of people would cross the network in the clear
        raise BadSetting(f"{PREFIX}SMTP_URL: starttls=never is for a mail server on this machine only.")
    return MailServer(host, port or (465 if tls else 25 if plain else 587), tls, not tls and not plain, user, password)


def usable_address(text: str) -> bool:
    """Whether this is one address that every mail server takes: ASCII, without a name, a comment or white space."""
    if not text.isascii() or not text.isprintable() or len(text) > 254 or any(c in ' <>()[],;:\\"' for c in text):
        return False
    try:
        found = Address(addr_spec=text)
    except (MessageError, ValueError, IndexError):
        return False
    return found.addr_spec == text and "." in found.domain and len(found.username) <= 64


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
