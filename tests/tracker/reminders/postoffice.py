"""A real SMTP server on a loopback port (aiosmtpd), which can also refuse, be slow, or hang up half-way."""

import asyncio
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from email import message_from_bytes
from email.message import EmailMessage
from email.policy import default
from ipaddress import ip_address
from pathlib import Path
from ssl import PROTOCOL_TLS_SERVER, SSLContext
from typing import Any

from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP, AuthResult, Envelope, LoginPassword, Session
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from tests.browser import free_port
from tracker.config import MailServer

CLOCK_SKEW = timedelta(days=1)
USER, PASSWORD = "caretaker", "p@ss word"


class PostOffice:
    """Takes mail, or does what `ways` says at a step: an SMTP answer, `wait`, `drop`, or `keep and drop`."""

    def __init__(self) -> None:
        self.port = free_port()
        self.ways: dict[str, str] = {}
        self.envelopes: list[Envelope] = []
        self.reached, self.open = threading.Event(), threading.Event()

    @property
    def mails(self) -> list[EmailMessage]:
        return [message_from_bytes(one.content or b"", policy=default) for one in self.envelopes]  # type: ignore[arg-type, misc, return-value]

    @property
    def readers(self) -> list[str]:
        return [address for one in self.envelopes for address in one.rcpt_tos]

    def server(self, **change: Any) -> MailServer:
        told = {"host": "127.0.0.1", "port": self.port, "tls": False, "starttls": False, "user": "", "password": ""}
        return MailServer(**{**told, **change})

    @property
    def url(self) -> str:
        return f"smtp://127.0.0.1:{self.port}?starttls=never"

    async def _step(self, name: str, server: SMTP) -> str:
        way = self.ways.get(name, "250 OK")
        self.reached.set()
        if way.endswith("wait"):
            while not self.open.is_set():
                await asyncio.sleep(0.02)
            return "250 OK"
        if way.endswith("drop"):
            assert server.transport is not None
            server.transport.close()
            return "250 never heard"
        return way

    async def handle_MAIL(
        self, server: SMTP, session: Session, envelope: Envelope, address: str, options: list[str]
    ) -> str:
        envelope.mail_from = address
        return await self._step("mail", server)

    async def handle_RCPT(
        self, server: SMTP, session: Session, envelope: Envelope, address: str, options: list[str]
    ) -> str:
        answer = await self._step("rcpt", server)
        if answer.startswith("250") and not (address.startswith("gone") and "gone" in self.ways):
            envelope.rcpt_tos.append(address)
            return answer
        return answer if not answer.startswith("250") else "550 5.1.1 no such mailbox"

    async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> str:
        way = self.ways.get("data", "")
        if way == "" or way.startswith("keep"):
            self.envelopes.append(envelope)
        return await self._step("data", server)


def _known(server: SMTP, session: Session, envelope: Envelope, mechanism: str, data: object) -> AuthResult:
    good = isinstance(data, LoginPassword) and (data.login, data.password) == (USER.encode(), PASSWORD.encode())
    return AuthResult(success=good, handled=False)


@contextmanager
def post_office(*, starttls: SSLContext | None = None, tls: SSLContext | None = None) -> Iterator[PostOffice]:
    """Open one; with a certificate it asks for a sign-in, too."""
    office = PostOffice()
    more: dict[str, Any] = (
        {"ssl_context": tls} if tls else {"tls_context": starttls, "require_starttls": True} if starttls else {}
    )
    if starttls:
        more |= {"authenticator": _known, "auth_required": True}
    if tls:  # it does not know that the socket around it is encrypted
        more |= {"authenticator": _known, "auth_require_tls": False}
    controller = Controller(office, hostname="127.0.0.1", port=office.port, **more)
    controller.start()
    try:
        yield office
    finally:
        office.open.set()
        controller.stop()


def certificate(folder: Path) -> tuple[SSLContext, Path]:
    """A server's context with a certificate of its own for 127.0.0.1, and the file of whom to trust."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "post office")])
    now = datetime.now(UTC)
    made = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - CLOCK_SKEW)
        .not_valid_after(now + CLOCK_SKEW)
        .add_extension(x509.SubjectAlternativeName([x509.IPAddress(ip_address("127.0.0.1"))]), critical=False)
        .sign(key, hashes.SHA256())
    )
    path, private = folder / "post-office.pem", folder / "post-office.key"
    path.write_bytes(made.public_bytes(serialization.Encoding.PEM))
    private.write_bytes(
        key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    )
    context = SSLContext(PROTOCOL_TLS_SERVER)
    context.load_cert_chain(path, private)
    return context, path
