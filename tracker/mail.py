"""Send one mail to one person by SMTP (RFC 5321), and say for certain what became of it, or that nobody knows.

A mail is gone once the server has answered 250 to its text. Before the text was handed over it is certain that it is
not gone; between the two nobody can know, and that is an answer of its own.
"""

import smtplib
import ssl
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from datetime import datetime
from email.errors import MessageError
from email.headerregistry import Address
from email.message import EmailMessage
from email.policy import SMTP
from email.utils import format_datetime

from tracker.config import MailServer, usable_address
from tracker.values import one_line

SECONDS = 20.0  # that a server may take for one answer
WORDS_MOST = 200  # characters of a name, a subject, or a server's answer


class NotSent(Exception):
    """It is certain that the mail did not go; the message says why.

    `final`: the server said that trying again is no use (5xx). `everybody`: it is no matter of this one mail.
    """

    def __init__(self, message: str, *, final: bool = False, everybody: bool = False) -> None:
        super().__init__(message)
        self.final, self.everybody = final, everybody


class Unsure(Exception):
    """The server had the text and did not answer: nobody knows whether the mail went."""


def compose(
    *,
    sender: tuple[str, str],
    to: tuple[str, str],
    subject: str,
    text: str,
    html: str,
    message_id: str,
    at: datetime,
    calendar: str = "",
) -> EmailMessage:
    """A mail to one person. `sender` and `to` are name and address; `calendar` is an iCalendar file, empty for none.

    Raises ValueError for an address that cannot be used. No name or subject can add a header or a recipient: they are
    one line, and the library quotes and encodes them.
    """
    message = EmailMessage(policy=SMTP)
    message["From"], message["To"] = _address(*sender), _address(*to)
    message["Subject"] = shown(subject)[:WORDS_MOST]
    message["Date"] = format_datetime(at)
    message["Message-ID"] = message_id
    message["Auto-Submitted"] = "auto-generated"  # RFC 3834: no out-of-office answers
    message.set_content(text, cte="quoted-printable")
    message.add_alternative(html, subtype="html", cte="quoted-printable")
    if calendar:
        message.add_attachment(
            calendar,
            subtype="calendar",
            cte="quoted-printable",
            filename="due-dates.ics",
            params={"method": "PUBLISH"},
        )
    return message


def send(server: MailServer, message: EmailMessage, *, seconds: float = SECONDS) -> None:
    """Hand a mail to the server; it is gone once this returns. Raises NotSent, Unsure."""
    sender, receiver = (message[name].addresses[0].addr_spec for name in ("From", "To"))
    with _signed_in(server, seconds) as smtp:
        try:
            _taken(smtp.mail(sender), f"the sender {sender}", everybody=True)
            _taken(smtp.rcpt(receiver), receiver)
        except (OSError, smtplib.SMTPException) as error:
            raise NotSent(f"The connection to the mail server broke: {_why(error)}") from error
        try:
            answer = smtp.data(message.as_bytes())
        except smtplib.SMTPDataError as error:  # it did not want the text at all
            answer = (error.smtp_code, error.smtp_error if isinstance(error.smtp_error, bytes) else b"")
        except (OSError, smtplib.SMTPException) as error:
            raise Unsure(f"The mail server had the mail and gave no answer: {_why(error)}") from error
        if answer[0] < 200:
            raise Unsure(f"The mail server had the mail and answered nothing that makes sense: {_words(answer[1])}")
        _taken(answer, "the mail")


@contextmanager
def _signed_in(server: MailServer, seconds: float) -> Iterator[smtplib.SMTP]:
    """A connection that is encrypted and signed in as the settings want it. Raises NotSent."""
    smtp: smtplib.SMTP | None = None
    trusted = ssl.create_default_context()
    try:
        if server.tls:
            smtp = smtplib.SMTP_SSL(server.host, server.port, timeout=seconds, context=trusted)
        else:
            smtp = smtplib.SMTP(server.host, server.port, timeout=seconds)
        smtp.ehlo_or_helo_if_needed()
        if server.starttls:
            smtp.starttls(context=trusted)
            smtp.ehlo_or_helo_if_needed()
        if server.user:
            smtp.login(server.user, server.password)
    except (OSError, smtplib.SMTPException) as error:
        if smtp is not None:
            smtp.close()
        message = f"The mail server {server.host}, port {server.port}, cannot be used: {_why(error)}"
        raise NotSent(message, everybody=True) from error
    try:
        yield smtp
    finally:
        with suppress(OSError, smtplib.SMTPException):  # what was said before counts
            smtp.quit()
        smtp.close()


def _taken(answer: tuple[int, bytes], what: str, *, everybody: bool = False) -> None:
    """Raise NotSent unless the server said yes (RFC 5321, 4.2.1: the first digit decides)."""
    code, words = answer
    if not 200 <= code < 300:
        message = f"The mail server refused {what}: {code} {_words(words)}"
        raise NotSent(message, final=500 <= code < 600, everybody=everybody)


def _why(error: Exception) -> str:
    """An error in words that help; never what was said at the sign-in."""
    if isinstance(error, smtplib.SMTPAuthenticationError):
        return f"it refused the user name or the password ({error.smtp_code})."
    if isinstance(error, smtplib.SMTPNotSupportedError):
        return "it offers no STARTTLS, or no sign-in that we know."
    if isinstance(error, ssl.SSLCertVerificationError):
        return f"its certificate is not trusted: {error.verify_message}."
    if isinstance(error, TimeoutError) or isinstance(error.__context__, TimeoutError):  # the library hides it
        return "it took too long to answer."
    if isinstance(error, smtplib.SMTPResponseException):
        return f"it said {error.smtp_code} {_words(error.smtp_error)}"
    if isinstance(error, smtplib.SMTPServerDisconnected):
        return "it ended the connection."
    return f"{getattr(error, 'strerror', None) or error}."


def _words(answer: bytes | str) -> str:
    text = answer.decode("utf-8", "replace") if isinstance(answer, bytes) else answer
    return shown(text)[:WORDS_MOST]


def shown(text: str) -> str:
    """A text as one line without anything that cannot be shown, and without what a header would decode (RFC 2047).

    The library decodes `=?utf-8?q?Ann=0ABcc=3A...?=` in a name that it is given, and writes the line end that is in it.
    """
    return one_line("".join(c if c.isprintable() else " " for c in text).replace("=?", "= ?"))


def _address(name: str, address: str) -> Address:
    if not usable_address(address):
        raise ValueError("no address that can be used")
    try:
        return Address(display_name=shown(name)[:WORDS_MOST], addr_spec=address)
    except (MessageError, IndexError) as error:
        raise ValueError("no address that can be used") from error
