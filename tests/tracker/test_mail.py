"""Mail by a real SMTP server: what is certain, what nobody knows, and names that try to be headers."""

from collections.abc import Iterator
from datetime import UTC, datetime
from email import message_from_bytes
from email.message import EmailMessage
from email.policy import default
from pathlib import Path

import pytest

from tests.browser import free_port
from tests.tracker.reminders.postoffice import PASSWORD, USER, PostOffice, certificate, post_office
from tracker.config import BadSetting, MailServer, from_environment, usable_address
from tracker.mail import NotSent, Unsure, compose, send

pytestmark = pytest.mark.pure
NOW = datetime(2026, 11, 24, 9, tzinfo=UTC)
HOSTILE = [
    "Ann\r\nBcc: all@school.example",
    "Ann\nX-Other: yes\n\nA body",
    'Ann" <boss@school.example>, "Bob',
    "Ann <boss@school.example>",
    "Ann, Bob; (Cat)",
    "Zoë\r\nBcc: a@b.example Ångström, the “third” <x@y.example>",
    "\u202enna\u202c\x00\x07\ud800",
    "=?utf-8?q?Ann=0ABcc=3A_all=40school=2Eexample?=",
    "A" * 5000,
    "Ł" * 400,
    "",
    "‏עברית‏",
    "\u2028Bcc: all@school.example\u0085X: y",
]


@pytest.fixture
def office() -> Iterator[PostOffice]:
    with post_office() as opened:
        yield opened


def message(
    to: str = "ann@school.example", name: str = "Ann", subject: str = "Due soon", calendar: str = ""
) -> EmailMessage:
    return compose(
        sender=("Saint Brigid's", "caretaker@school.example"),
        to=(name, to),
        subject=subject,
        text="Dear Zoë,\n\n.\n.. a line that begins with a dot\n" + "long " * 400 + "\n",
        html="<p>Dear Zoë</p>",
        message_id="<1@school.example>",
        at=NOW,
        calendar=calendar,
    )


def test_a_mail_arrives_whole(office: PostOffice) -> None:
    send(office.server(), message(calendar="BEGIN:VCALENDAR\r\nEND:VCALENDAR\r\n"))
    (mail,) = office.mails
    assert mail["Date"] == "Tue, 24 Nov 2026 09:00:00 +0000"
    assert (mail["Message-ID"], mail["Auto-Submitted"]) == ("<1@school.example>", "auto-generated")
    plain, html, calendar = [part for part in mail.walk() if not part.is_multipart()]
    assert (
        plain.get_content().replace("\r\n", "\n").startswith("Dear Zoë,\n\n.\n.. a line that begins with a dot\nlong ")
    )
    assert "<p>Dear Zoë</p>" in html.get_content()
    assert (calendar.get_content_type(), calendar.get_filename()) == ("text/calendar", "due-dates.ics")
    assert calendar["Content-Type"].params["method"] == "PUBLISH"
    assert all(len(line) <= 998 and line.isascii() for line in office.envelopes[0].content.splitlines())  # type: ignore[union-attr]


@pytest.mark.parametrize("hostile", HOSTILE)
def test_no_name_or_subject_adds_a_header_or_a_reader(hostile: str) -> None:
    made = message(name=hostile, subject=hostile)
    read = message_from_bytes(made.as_bytes(), policy=default)
    assert read.keys() == message().keys()
    assert [one.addr_spec for one in read["To"].addresses] == ["ann@school.example"]
    assert len(read["To"].addresses) == 1
    assert not read["To"].defects
    assert len(str(read["Subject"])) <= 200
    assert read.get_body(("plain",)).get_content().startswith("Dear Zoë")  # type: ignore[union-attr]


def test_a_hostile_name_reaches_one_reader(office: PostOffice) -> None:
    for name in HOSTILE:
        send(office.server(), message(name=name, subject=name))
    assert office.readers == ["ann@school.example"] * len(HOSTILE)


@pytest.mark.parametrize(
    "address",
    ["", "ann", "a@b", "a b@c.example", "a@b.example\nBcc: x@y.example", "a@b.example, c@d.example", "<a@b.example>"]
    + ["Ann <a@b.example>", '"a b"@c.example', "ä@c.example", "a@ä.example", "a@[10.0.0.1]", f"{'a' * 65}@b.example"],
)
def test_what_is_no_address_is_refused(address: str) -> None:
    assert not usable_address(address)
    with pytest.raises(ValueError, match="no address"):
        message(to=address)


@pytest.mark.parametrize("step", ["mail", "rcpt", "data"])
@pytest.mark.parametrize(("answer", "final"), [("451 4.3.0 try later", False), ("550 5.7.1 never", True)])
def test_a_refusal_is_certain_and_says_whether_to_try_again(
    office: PostOffice, step: str, answer: str, final: bool
) -> None:
    office.ways[step] = answer
    with pytest.raises(NotSent, match=answer[10:]) as caught:
        send(office.server(), message())
    assert (caught.value.final, caught.value.everybody) == (final, step == "mail")


@pytest.mark.parametrize("step", ["mail", "rcpt"])
def test_a_connection_that_ends_before_the_text_is_certain(office: PostOffice, step: str) -> None:
    office.ways[step] = "drop"
    with pytest.raises(NotSent, match="ended the connection") as caught:
        send(office.server(), message())
    assert not caught.value.final


@pytest.mark.parametrize("way", ["drop", "keep and drop"])
def test_a_connection_that_ends_after_the_text_leaves_it_open(office: PostOffice, way: str) -> None:
    office.ways["data"] = way
    with pytest.raises(Unsure, match="gave no answer"):
        send(office.server(), message())


def test_a_server_that_is_too_slow_leaves_it_open_only_once_it_has_the_text(office: PostOffice) -> None:
    office.ways["data"] = "wait"
    with pytest.raises(Unsure, match="took too long"):
        send(office.server(), message(), seconds=0.3)
    office.ways = {"mail": "wait"}
    with pytest.raises(NotSent, match="took too long"):
        send(office.server(), message(), seconds=0.3)


def test_a_server_that_is_down_is_everybodys_matter() -> None:
    server = MailServer("127.0.0.1", free_port(), tls=False, starttls=False, user="", password="")
    with pytest.raises(NotSent, match="Connection refused") as caught:
        send(server, message())
    assert caught.value.everybody
    assert not caught.value.final


def test_what_a_server_says_is_kept_short_and_printable(office: PostOffice) -> None:
    office.ways["rcpt"] = "550 \x1b[31m<script>" + "x" * 400
    with pytest.raises(NotSent) as caught:
        send(office.server(), message())
    assert "\x1b" not in str(caught.value)
    assert len(str(caught.value)) < 300


@pytest.mark.parametrize("kind", ["starttls", "tls"])
def test_an_encrypted_connection_needs_a_trusted_certificate_and_signs_in(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, kind: str
) -> None:
    context, trusted = certificate(tmp_path)
    with post_office(**{kind: context}) as office:
        server = office.server(**{kind: True}, user=USER, password=PASSWORD)
        with pytest.raises(NotSent, match="certificate is not trusted") as caught:
            send(server, message())
        assert caught.value.everybody
        monkeypatch.setenv("SSL_CERT_FILE", str(trusted))
        send(server, message())
        with pytest.raises(NotSent, match="user name or the password") as caught:
            send(office.server(**{kind: True}, user=USER, password="another"), message())
        assert caught.value.everybody
        assert "another" not in str(caught.value)
        assert len(office.mails) == 1


def test_nothing_is_said_to_a_server_that_does_not_encrypt(office: PostOffice) -> None:
    with pytest.raises(NotSent, match="no STARTTLS"):
        send(office.server(starttls=True, user=USER, password=PASSWORD), message())
    assert not office.reached.is_set()


GOOD = {
    "smtps://u:p%40ss@mail.school.example": ("mail.school.example", 465, True, False, "u", "p@ss"),
    "smtp://u:p@mail.school.example": ("mail.school.example", 587, False, True, "u", "p"),
    "smtp://mail.school.example:2525?starttls=required": ("mail.school.example", 2525, False, True, "", ""),
    "smtp://localhost?starttls=never": ("localhost", 25, False, False, "", ""),
    "smtp://[::1]:26?starttls=never": ("::1", 26, False, False, "", ""),
}


@pytest.mark.parametrize("url", GOOD)
def test_the_settings_say_where_mail_goes(tmp_path: Path, url: str) -> None:
    settings = from_environment(environment(tmp_path, url))
    assert settings.mail_server == MailServer(*GOOD[url])
    assert settings.mail_from == "caretaker@school.example"
    assert "p@ss" not in repr(settings)


BAD = ["mail.school.example", "http://mail.school.example", "smtp://", "smtp:///x", "smtp://u@mail.example"]
BAD += ["smtp://:secret@mail.example", "smtp://u:secret@mail.example:99999", "smtp://u:secret@mail.example/inbox"]
BAD += ["smtp://u:secret@mail.example?starttls=maybe", "smtp://u:secret@mail.example?tls=1", "smtp://mäil.example"]
BAD += [
    "smtp://u:secret@mail.example?starttls=never",
    "smtps://u:secret@mail.example?starttls=never",
    "smtp://u:s%0Ax@h.example",
]
BAD += [
    "smtp://u:secret@mail.example?starttls=required&starttls=never",
    "smtp://[::1",
    "smtp://u:secret@mail.example#x",
]


@pytest.mark.parametrize("url", BAD)
def test_a_bad_mail_server_stops_the_start_and_keeps_the_password_to_itself(tmp_path: Path, url: str) -> None:
    with pytest.raises(BadSetting, match="CARETAKER_SMTP_URL") as caught:
        from_environment(environment(tmp_path, url))
    assert "secret" not in str(caught.value)


@pytest.mark.parametrize(
    "sender", ["", "caretaker", "Caretaker <c@school.example>", "c@school.example\nBcc: x@y.example"]
)
def test_a_bad_sender_stops_the_start(tmp_path: Path, sender: str) -> None:
    with pytest.raises(BadSetting, match="CARETAKER_MAIL_FROM"):
        from_environment({**environment(tmp_path, "smtps://mail.example"), "CARETAKER_MAIL_FROM": sender})
    with pytest.raises(BadSetting, match="both, or neither"):
        from_environment({**environment(tmp_path, ""), "CARETAKER_MAIL_FROM": "c@school.example"})


def environment(folder: Path, url: str) -> dict[str, str]:
    return {
        "CARETAKER_INSTANCE": str(folder),
        "CARETAKER_SMTP_URL": url,
        "CARETAKER_MAIL_FROM": "caretaker@school.example",
    }
