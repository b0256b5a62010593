"""The `tracker` command as a user runs it, on both databases: its answers, its exit codes, its advice."""

import contextvars
import csv
import hashlib
import io
import json
import os
import re
import signal
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from contextlib import redirect_stderr, redirect_stdout
from pathlib import Path
from typing import TypeAlias
from unittest import mock

import pytest
from flask import has_app_context
from sqlalchemy import create_engine, select, text

from tests.cast import Site
from tests.conftest import Databases
from tests.things import things
from tracker.accounts import service as accounts
from tracker.accounts.models import User
from tracker.audit import keys
from tracker.audit.models import Event
from tracker.cli.errors import EXIT_CODE_MEANING, ExitCode
from tracker.cli.main import main
from tracker.db import Base, db
from tracker.exports import service as exports

ROOT = Path(__file__).resolve().parents[2]
Result = subprocess.CompletedProcess[str]
Served: TypeAlias = "tuple[str, subprocess.Popen[str], str]"


class Command:
    """Runs `tracker` with an instance folder and a database of its own."""

    def __init__(self, instance: Path, url: str) -> None:
        self.instance, self.url = instance, url
        self.environment = {
            **{name: value for name, value in os.environ.items() if not name.startswith("CARETAKER_")},
            "CARETAKER_INSTANCE": str(instance),
            "CARETAKER_DATABASE_URL": url,
        }

    def arguments(self, *arguments: str | Path) -> list[str]:
        return [sys.executable, "-m", "tracker.cli.main", *map(str, arguments)]

    def run(self, *arguments: str | Path, typed: str = "") -> Result:
        """Run it in this process: most of a start is loading libraries. `serve` is run for real below."""
        if has_app_context():  # what the test itself wrote
            db.session.commit()
        out, err = io.StringIO(), io.StringIO()
        with (
            mock.patch.dict(os.environ, self.environment, clear=True),
            mock.patch.object(sys, "stdin", io.StringIO(typed)),
            redirect_stdout(out),
            redirect_stderr(err),
        ):
            try:
                code = contextvars.Context().run(main, [str(one) for one in arguments])
            except SystemExit as ended:  # argparse
                code = int(ended.code or 0)
        return Result(arguments, code, out.getvalue(), err.getvalue())

    def sql(self, *statements: str) -> None:
        """Go around the program, as somebody with the database would."""
        engine = create_engine(self.url)
        with engine.begin() as connection:
            for statement in statements:
                connection.execute(text(statement))
        engine.dispose()

    def drop_guards(self) -> None:
        if self.url.startswith("sqlite"):
            self.sql(*(f"DROP TRIGGER {table}_no_{verb}" for table in ("events", "checkpoints") for verb in _VERBS))
        else:
            self.sql(*(f"ALTER TABLE {table} DISABLE TRIGGER USER" for table in ("events", "checkpoints")))


_VERBS = ("update", "delete")


@pytest.fixture
def empty_command(databases: Databases, tmp_path: Path) -> Command:
    """A database without any table."""
    return Command(tmp_path / "instance", databases.new().render_as_string(hide_password=False))


@pytest.fixture
def command(site: Site) -> Command:
    """A database with the cast's two schools."""
    config = site.app.extensions["caretaker"]
    return Command(config.instance, config.database_url)


@pytest.mark.pure
def test_the_document_and_the_help_list_exactly_the_programs_exit_codes() -> None:
    document = (ROOT / "docs" / "exit-codes.md").read_text(encoding="utf-8").partition("# Exit status of `tracker`")[2]
    rows = [line for line in document.splitlines() if line.startswith("| ") and line[2].isdigit()]
    assert rows == [f"| {code.value} | {meaning} |" for code, meaning in EXIT_CODE_MEANING.items()]
    assert set(EXIT_CODE_MEANING) == set(ExitCode)
    done = subprocess.run(
        [sys.executable, "-m", "tracker.cli.main", "--help"], capture_output=True, text=True, cwd=ROOT
    )
    assert done.returncode == 0
    assert all(meaning in done.stdout for meaning in EXIT_CODE_MEANING.values())


@pytest.mark.parametrize("arguments", [(), ("nonsense",), ("user", "add"), ("serve", "--port", "0"), ("audit",)])
def test_a_wrong_command_line_changes_nothing_and_says_how(empty_command: Command, arguments: tuple[str, ...]) -> None:
    done = empty_command.run(*arguments)
    assert done.returncode == ExitCode.USAGE
    assert "usage: tracker" in done.stderr


@pytest.mark.parametrize(
    "arguments", [("serve",), ("audit", "verify"), ("audit", "checkpoint"), ("export",), ("audit", "key")]
)
def test_nothing_starts_on_a_database_that_is_not_migrated(empty_command: Command, arguments: tuple[str, ...]) -> None:
    done = empty_command.run(*arguments)
    assert done.returncode == ExitCode.NOT_READY
    assert "tracker db upgrade" in done.stderr
    assert "Traceback" not in done.stderr


def test_upgrade_makes_the_tables_once_and_a_new_database_proves_nothing(empty_command: Command) -> None:
    first, second = empty_command.run("db", "upgrade"), empty_command.run("db", "upgrade")
    assert (first.returncode, second.returncode) == (0, 0), first.stderr
    assert "migrated from nothing" in first.stdout
    assert "up to date" in second.stdout
    for arguments in (("audit", "verify"), ("audit", "checkpoint"), ("export",)):
        done = empty_command.run(*arguments)
        assert done.returncode == ExitCode.NOT_READY
        assert "no school" in done.stderr


def test_a_database_of_a_newer_program_is_left_alone(empty_command: Command) -> None:
    empty_command.run("db", "upgrade")
    empty_command.sql("UPDATE alembic_version SET version_num = '9999'")
    for arguments in (("db", "upgrade"), ("serve",)):
        done = empty_command.run(*arguments)
        assert done.returncode == ExitCode.NOT_READY
        assert "newer" in done.stderr


def test_bad_settings_and_a_dead_database_are_told_in_words(site: Site, tmp_path: Path) -> None:
    done = Command(tmp_path / "instance", "mysql://x").run("serve")
    assert done.returncode == ExitCode.BAD_INPUT
    assert "CARETAKER_DATABASE_URL" in done.stderr
    dead = Command(tmp_path / "instance", f"postgresql://nobody@/none?host={tmp_path}").run("audit", "verify")
    assert dead.returncode == ExitCode.NOT_READY
    assert "cannot be reached" in dead.stderr
    assert "Traceback" not in dead.stderr


def test_an_account_is_added_with_a_password_from_the_standard_input(command: Command) -> None:
    add = ("user", "add", "nora", "--name", "Nora New", "--role", "technician", "--school", "st-b")
    done = command.run(*add, typed="four words are good\n")
    assert done.returncode == 0, done.stderr
    db.session.rollback()
    assert accounts.sign_in("nora", "four words are good", school_code="st-b", origin="tests") is not None
    db.session.rollback()
    event = db.session.scalars(select(Event).where(Event.kind == "user:created").order_by(Event.seq.desc())).first()
    assert event is not None
    assert "command line" in (event.detail or "")
    db.session.rollback()
    again = command.run(*add, typed="four words are good\n")
    assert again.returncode == ExitCode.REFUSED
    assert "nora already" in again.stderr


def test_an_account_is_refused_with_every_reason(command: Command) -> None:
    done = command.run("user", "add", "short", "--name", "S", "--role", "auditor", "--school", "st-b", typed="short\n")
    assert done.returncode == ExitCode.REFUSED
    assert "12" in done.stderr
    assert "last day" in done.stderr
    several = command.run("user", "add", "x", "--name", "X", "--role", "staff", typed="four words are good\n")
    assert several.returncode == ExitCode.USAGE
    assert "st-b" in several.stderr
    none = command.run("user", "add", "x", "--name", "X", "--role", "staff", "--school", "no", typed="a\n")
    assert none.returncode == ExitCode.BAD_INPUT
    assert db.session.scalar(select(User.id).where(User.username.in_(["short", "x"]))) is None


def test_a_school_is_added_for_a_trust(command: Command) -> None:
    assert command.run("school", "add", "third", "--name", "Third School").returncode == 0
    done = command.run(
        "user", "add", "head", "--school", "third", "--name", "H", "--role", "head", typed="four words are good\n"
    )
    assert done.returncode == 0, done.stderr
    assert command.run("school", "add", "THIRD", "--name", "Again").returncode == ExitCode.REFUSED


@pytest.fixture
def kept(command: Command, tmp_path: Path) -> Path:
    """Checkpoints of both schools in a file elsewhere; the untampered log is proved with them."""
    path = tmp_path / "kept.jws"
    done = command.run("audit", "checkpoint", "--out", path)
    assert done.returncode == 0, done.stderr
    assert len(path.read_text().split()) == 2
    proved = command.run("audit", "verify", "--checkpoint", path, "--json")
    assert proved.returncode == 0, proved.stdout
    told = json.loads(proved.stdout)
    assert told["proved"]
    assert [one["proved"] for one in told["schools"]] == [True, True]
    return path


def test_an_edited_log_is_broken_and_the_first_event_is_named(command: Command, kept: Path) -> None:
    command.drop_guards()
    command.sql("UPDATE events SET kind = 'user:unlocked' WHERE seq = 3")
    done = command.run("audit", "verify", "--checkpoint", kept)
    assert done.returncode == ExitCode.LOG_BROKEN
    assert "BROKEN at event 3" in done.stdout
    told = json.loads(command.run("audit", "verify", "--json").stdout)
    assert not told["proved"]
    assert told["schools"][0]["broken"]["seq"] == 3
    refused = command.run("audit", "checkpoint")
    assert refused.returncode == ExitCode.LOG_BROKEN
    assert refused.stdout == ""


def test_a_cut_end_shows_against_the_checkpoint_that_was_kept_elsewhere(command: Command, kept: Path) -> None:
    command.drop_guards()
    command.sql(
        "DELETE FROM checkpoints",
        "DELETE FROM events WHERE seq > 2",
        "UPDATE chain_heads SET seq = 2, hash = (SELECT hash FROM events "
        "WHERE events.school_id = chain_heads.school_id AND events.seq = 2)",
    )
    alone = command.run("audit", "verify")
    assert alone.returncode == 0
    assert "No checkpoint from elsewhere" in alone.stdout
    done = command.run("audit", "verify", "--checkpoint", kept)
    assert done.returncode == ExitCode.LOG_CUT
    assert "cut off" in done.stdout


def test_a_school_whose_log_is_gone_is_not_proved(command: Command, kept: Path, databases: Databases) -> None:
    other = Command(command.instance, databases.new().render_as_string(hide_password=False))
    other.run("db", "upgrade")
    other.run("school", "add", "st-b", "--name", "Forged")
    assert other.run("audit", "verify").returncode == 0
    done = other.run("audit", "verify", "--checkpoint", kept)
    assert done.returncode == ExitCode.LOG_CUT
    assert "not in this database" in done.stdout


@pytest.mark.parametrize(
    ("content", "code"),
    [(b"", ExitCode.BAD_INPUT), (b"a.b.c", ExitCode.BAD_RECORD), (b"\xff\xfe", ExitCode.BAD_INPUT)],
)
def test_a_file_that_is_no_checkpoint_proves_nothing(
    command: Command, tmp_path: Path, content: bytes, code: int
) -> None:
    path = tmp_path / "strange.jws"
    path.write_bytes(content)
    done = command.run("audit", "verify", "--checkpoint", path)
    assert done.returncode == code
    assert "Traceback" not in done.stderr


def test_a_checkpoint_of_a_lost_key_needs_that_key(command: Command, kept: Path, tmp_path: Path) -> None:
    public = tmp_path / "old.pem"
    public.write_text(command.run("audit", "key").stdout)
    (command.instance / keys.NAME).unlink()
    strange = command.run("audit", "verify", "--checkpoint", kept)
    assert strange.returncode == ExitCode.BAD_RECORD
    assert "--key" in strange.stderr
    assert command.run("audit", "verify", "--checkpoint", kept, "--key", public).returncode == 0


def test_a_checkpoint_never_overwrites_a_file(command: Command, kept: Path) -> None:
    before = kept.read_text()
    done = command.run("audit", "checkpoint", "--out", kept)
    assert done.returncode == ExitCode.BAD_INPUT
    assert kept.read_text() == before


@pytest.mark.pure
def test_every_table_is_exported_or_left_out_on_purpose() -> None:
    elsewhere = {"events"}  # a file of its own
    passing = {"sign_in_sessions", "pairing_codes", "imports", "import_rows", "saved_views"}
    derived = {"chain_heads", "certificate_series"}
    exported = {table.__tablename__ for table in exports.TABLES}
    assert set(Base.metadata.tables) == exported | elsewhere | passing | derived


def test_an_export_is_whole_and_can_be_checked_with_sha256sum(command: Command, site: Site, tmp_path: Path) -> None:
    told = things(site.actor("tess"), site.app.extensions["caretaker"])
    db.session.commit()
    folder = tmp_path / "out" / "export"
    done = command.run("export", "--out", folder, "--school", "st-b")
    assert done.returncode == 0, done.stderr
    sums = subprocess.run(["sha256sum", "--strict", "--check", "SHA256SUMS"], cwd=folder, capture_output=True)
    assert sums.returncode == 0
    listed = {line.split("  ", 1)[1] for line in (folder / "SHA256SUMS").read_text().splitlines()}
    there = {str(one.relative_to(folder)) for one in folder.rglob("*") if one.is_file()}
    assert there == listed | {"SHA256SUMS"}
    assert f"evidence/{told['evidence_id']}.jws" in there
    assert any(name.startswith("certificates/") for name in there)
    assert (folder / f"attachments/{told['attachment_id']}-lid.jpg").read_bytes()[:3] == b"\xff\xd8\xff"
    assert not list(folder.parent.glob("*.partial"))
    with (folder / "assets.csv").open(newline="") as file:
        assert told["asset_id"] in {row["id"] for row in csv.DictReader(file)}
    for name in ("agreement-" + told["signature_id"], "loan-" + told["loan_id"]):
        assert (folder / f"signatures/{name}.png").read_bytes().startswith(b"\x89PNG")
    events = [json.loads(line) for line in (folder / "events.jsonl").read_text().splitlines()]
    assert events[-1]["kind"] == "register:exported"
    assert [one["seq"] for one in events] == list(range(1, len(events) + 1))
    digest = hashlib.sha256(bytes.fromhex(events[0]["salt"]) + events[0]["detail"].encode()).hexdigest()
    assert digest == events[0]["detail_digest"]
    everything = b"".join(one.read_bytes() for one in folder.rglob("*") if one.is_file())
    assert b"argon2" not in everything
    assert b"Otto" not in everything
    assert folder.stat().st_mode & 0o077 == 0
    again = command.run("export", "--out", folder, "--school", "st-b")
    assert again.returncode == ExitCode.BAD_INPUT
    assert "overwritten" in again.stderr


@pytest.fixture
def served(empty_command: Command) -> Iterator[Served]:
    """The tracker behind waitress, on a free port; its address, process, and the code to found a school."""
    import socket

    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    empty_command.environment["CARETAKER_BASE_URL"] = f"http://127.0.0.1:{port}"
    assert empty_command.run("db", "upgrade").returncode == 0
    process = subprocess.Popen(
        empty_command.arguments("serve", "--port", str(port)),
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env=empty_command.environment,
        cwd=ROOT,
    )
    assert process.stdout is not None
    process.stdout.readline()
    code = process.stdout.readline()
    yield f"http://127.0.0.1:{port}", process, code
    process.kill()
    process.communicate()


def test_serve_answers_prints_the_setup_code_and_stops_when_told(
    served: tuple[str, "subprocess.Popen[str]", str],
) -> None:
    address, process, line = served
    assert re.search(r"/setup and enter the setup code [0-9A-Z]{4}-[0-9A-Z]{4}-[0-9A-Z]{4}$", line)
    deadline = time.monotonic() + 20
    while True:
        try:
            with urllib.request.urlopen(f"{address}/health", timeout=5) as answer:  # noqa: S310 - our own loopback
                assert json.load(answer) == {"status": "ok"}
                assert "waitress" not in (answer.headers["Server"] or "")
            break
        except OSError:
            assert time.monotonic() < deadline
            time.sleep(0.05)
    process.send_signal(signal.SIGTERM)
    assert process.wait(timeout=20) == 0
