"""`tracker remind` as a timer runs it, on both databases: killed half-way, twice at once, without a mail server."""

import os
import signal
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.cast import Site
from tests.tracker.reminders.borrowers import Borrowers, borrowers
from tests.tracker.reminders.postoffice import PostOffice, post_office
from tests.tracker.test_cli import ROOT, Command
from tracker.cli.errors import ExitCode
from tracker.db import db

# The row is made to look as if it had been begun a quarter of an hour ago
EARLIER = {
    "sqlite": "UPDATE reminders_sent SET at = datetime(at, '-16 minutes')",
    "postgresql": "UPDATE reminders_sent SET at = at - interval '16 minutes'",
}


@pytest.fixture
def office() -> Iterator[PostOffice]:
    with post_office() as opened:
        yield opened


@pytest.fixture
def made(site: Site) -> Borrowers:
    found = borrowers(site)
    found.lend()
    db.session.commit()
    return found


@pytest.fixture
def command(site: Site, made: Borrowers, office: PostOffice, tmp_path: Path) -> Command:
    found = Command(tmp_path / "instance", db.engine.url.render_as_string(hide_password=False))
    found.environment |= {"CARETAKER_SMTP_URL": office.url, "CARETAKER_MAIL_FROM": "caretaker@school.example"}
    return found


def started(command: Command) -> "subprocess.Popen[str]":
    return subprocess.Popen(
        command.arguments("remind", "--school", "st-b"),
        env=command.environment,
        cwd=ROOT,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )


def states() -> list[tuple[str, int, int]]:
    query = "SELECT state, attempts, repeats FROM reminders_sent ORDER BY id"
    with db.engine.connect().execution_options(read_only=True) as connection:
        return [(one.state, one.attempts, one.repeats) for one in connection.exec_driver_sql(query)]


def test_it_says_what_it_sent_and_sends_it_once(command: Command, office: PostOffice) -> None:
    tried = command.run("remind", "--dry-run")
    assert tried.returncode == ExitCode.DONE
    assert "st-b: would be sent: Ann Example <ann@school.example>: Equipment that you have is due soon" in tried.stdout
    assert not office.mails
    done = command.run("remind")
    assert done.returncode == ExitCode.DONE, done.stderr
    assert "st-b: sent: Ann Example <ann@school.example>: Equipment that you have is due soon" in done.stdout
    assert "other: 0 sent, 0 not." in done.stdout
    assert "st-b: 0 sent, 0 not." in command.run("remind", "--school", "ST-B").stdout
    assert len(office.mails) == 1


def test_a_run_that_is_killed_between_claim_and_mail_is_taken_up_by_the_next(
    command: Command, office: PostOffice
) -> None:
    office.ways = {"mail": "wait"}
    process = started(command)
    assert office.reached.wait(60)
    os.kill(process.pid, signal.SIGKILL)
    process.communicate()
    assert states() == [("claimed", 1, 0)]
    office.ways = {}
    assert "0 sent, 0 not" in command.run("remind", "--school", "st-b").stdout
    assert not office.mails
    command.sql(EARLIER[db.engine.dialect.name])
    done = command.run("remind", "--school", "st-b")
    assert "1 sent, 0 not" in done.stdout, done.stdout
    assert "0 sent, 0 not" in command.run("remind", "--school", "st-b").stdout
    assert len(office.mails) == 1
    assert states() == [("sent", 2, 1)]


def test_a_run_that_is_killed_after_the_mail_went_repeats_it_once_under_its_message_id(
    command: Command, office: PostOffice
) -> None:
    office.ways = {"data": "keep and wait"}
    process = started(command)
    assert office.reached.wait(60)
    while not office.mails:
        assert process.poll() is None
    os.kill(process.pid, signal.SIGKILL)
    process.communicate()
    for _ in range(3):
        command.sql(EARLIER[db.engine.dialect.name])
        office.ways = {}
        command.run("remind", "--school", "st-b")
    assert len(office.mails) == 2
    assert len({one["Message-ID"] for one in office.mails}) == 1


def test_two_timers_at_once_send_one_mail(command: Command, office: PostOffice, made: Borrowers) -> None:
    made.lend(made.mo)
    db.session.commit()
    both = [started(command), started(command)]
    said = [one.communicate(timeout=120)[0] for one in both]
    assert [one.returncode for one in both] == [0, 0], said
    assert sorted(office.readers) == ["ann@school.example", "mo@school.example"]
    assert sum(one.count(": sent: ") for one in said) == 2


def test_two_timers_at_once_take_up_a_lost_mail_once(command: Command, office: PostOffice) -> None:
    office.ways = {"data": "drop"}
    assert command.run("remind").returncode == ExitCode.NOT_MAILED
    office.ways = {}
    command.sql(EARLIER[db.engine.dialect.name])
    both = [started(command), started(command)]
    said = [one.communicate(timeout=120)[0] for one in both]
    assert sum(one.count(": sent: ") for one in said) == 1, said
    assert len(office.mails) == 1
    assert states() == [("sent", 2, 1)]


def test_what_does_not_go_is_said_with_its_reason_and_an_exit_status(command: Command, office: PostOffice) -> None:
    office.ways = {"rcpt": "550 5.1.1 no such mailbox"}
    done = command.run("remind")
    assert done.returncode == ExitCode.NOT_MAILED
    assert "st-b: NOT SENT: Ann Example <ann@school.example>" in done.stdout
    assert "550 5.1.1 no such mailbox" in done.stdout
    assert "st-b: not reached by mail: Ann Example: The mail server refuses ann@school.example" in done.stdout


def test_without_a_mail_server_it_says_what_to_set(command: Command) -> None:
    del command.environment["CARETAKER_SMTP_URL"], command.environment["CARETAKER_MAIL_FROM"]
    done = command.run("remind")
    assert done.returncode == ExitCode.BAD_INPUT
    assert "CARETAKER_SMTP_URL" in done.stderr
    assert command.run("remind", "--dry-run").returncode == ExitCode.DONE
    command.environment["CARETAKER_SMTP_URL"] = "smtp://u:secret@mail.example?starttls=never"
    done = command.run("remind")
    assert done.returncode == ExitCode.BAD_INPUT
    assert "secret" not in done.stderr + done.stdout


def test_its_help_says_what_a_timer_needs_to_know(command: Command) -> None:
    done = command.run("remind", "--help")
    assert done.returncode == 0
    assert "as often as you like" in " ".join(done.stdout.split())
