"""The mail with a link to sign by: its words, and handing it to the server."""

from dataclasses import dataclass
from email.message import EmailMessage

from markupsafe import Markup

from tracker import mail
from tracker.config import Config
from tracker.loans import links_rules
from tracker.loans.links_rules import Purpose
from tracker.loans.models import SigningRequest
from tracker.values import london, utc_now

SECONDS = 10.0  # that a mail server may take for one answer, while somebody at the desk waits
NO_SERVER = "No mail server is set up (CARETAKER_SMTP_URL). Take the signature at the desk."
SUBJECTS = {
    Purpose.LOAN_OUT: "Please sign for what you borrow",
    Purpose.LOAN_IN: "Please sign for what you brought back",
    Purpose.AGREEMENT: "Please read and sign",
}
_LEDES = {
    Purpose.LOAN_OUT: "The school has prepared a loan. Please read the terms and sign, before you take the things.",
    Purpose.LOAN_IN: "The school took back what was on loan. Please sign that it is so.",
    Purpose.AGREEMENT: "The school asks for your signature under an agreement. Please read it, and sign.",
}
_LAST = (
    "The link is for you alone, works once, and until {}. You need no account. "
    "If you did not expect this mail, do nothing."
)


@dataclass(frozen=True)
class Letter:
    """A mail that is ready to go, or a sentence that says why there is none."""

    message: EmailMessage | None
    problem: str = ""


def letter(config: Config, request: SigningRequest, token: str, school: str) -> Letter:
    """The mail with a link. It is made inside the transaction, and goes after it: no database waits for a server."""
    refused = links_rules.may_mail(config.base_url)
    if refused or config.mail_server is None:
        return Letter(None, refused or NO_SERVER)
    text, html = words(request, f"{config.base_url}/sign/{token}", school)
    host = config.mail_from.rpartition("@")[2]
    try:
        message = mail.compose(
            sender=(school, config.mail_from),
            to=(request.name, request.address),
            subject=SUBJECTS[Purpose(request.purpose)],
            text=text,
            html=html,
            message_id=f"<sign.{request.id.hex}.{request.version}@{host}>",
            at=utc_now(),
        )
    except ValueError as error:
        return Letter(None, f"The mail could not be written: {error}.")
    return Letter(message)


def deliver(config: Config, made: Letter) -> str:
    """Hand it to the mail server. Returns why it did not go, or is not known to have, as a sentence; empty: it went."""
    if made.message is None or config.mail_server is None:
        return made.problem or NO_SERVER
    try:
        mail.send(config.mail_server, made.message, seconds=SECONDS)
    except (mail.NotSent, mail.Unsure) as error:
        return str(error)
    return ""


def words(request: SigningRequest, address: str, school: str) -> tuple[str, str]:
    """The mail as text and as HTML. No thing and no other person is named in it: mail is read by others, too."""
    lede, last = _LEDES[Purpose(request.purpose)], _LAST.format(london(request.expires_at))
    text = "\n".join([f"Dear {request.name},", "", lede, "", address, "", last, "", school, ""])
    html = Markup(
        '<!doctype html>\n<html lang="en-GB"><head><title>{}</title></head><body>\n<p>Dear {},</p><p>{}</p>'
        '<p><a href="{}">Read and sign</a></p><p>{}</p><p>{}</p>\n</body></html>\n'
    ).format(SUBJECTS[Purpose(request.purpose)], request.name, lede, address, last, school)
    return text, str(html)
