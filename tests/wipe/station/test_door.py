"""The supervisor's socket against clients that mean ill, are broken, or have gone to sleep."""

import json
import os
import socket
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest

from tests.station import Bench, bench, wait_until
from wipe.station.messages import REQUEST_LIMIT


@pytest.fixture
def station(tmp_path: Path) -> Iterator[Bench]:
    drives = tmp_path / "drives"
    drives.mkdir()
    with bench(tmp_path, virtual=drives) as made:
        made.supervise()
        yield made


def connected(station: Bench) -> socket.socket:
    """A client of the supervisor."""
    client = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    client.settimeout(20)
    wait_until(lambda: client.connect_ex(str(station.socket)) == 0, "the supervisor lets nobody in")
    return client


def answer(client: socket.socket) -> dict[str, Any]:
    """The next line."""
    received = b""
    while not received.endswith(b"\n"):
        data = client.recv(1 << 16)
        assert data, received
        received += data
    found: dict[str, Any] = json.loads(received)
    return found


def ask(station: Bench, line: bytes) -> dict[str, Any]:
    """One line, one answer."""
    with connected(station) as client:
        client.sendall(line + b"\n")
        return answer(client)


def alive(station: Bench) -> None:
    assert ask(station, b'{"ask": "jobs"}') == {"jobs": []}


@pytest.mark.parametrize(
    "line",
    [
        b"",
        b"x",
        b"[]",
        b"7",
        b"\xff\xfe",
        b"{" * 5000,
        b"[" * 60_000,
        b'{"ask": []}',
        b'{"ask": "open"}',
        b'{"ask": "start"}',
        b'{"ask": "start", "order": {"job_id": 1}}',
        b'{"ask": "cancel", "job_id": "../../etc/passwd"}',
        b'{"ask": "forget", "job_id": null}',
        b'{"ask": "evidence", "job_id": "a", "record_id": "b"}',
        b'{"ask": "evidence", "record_id": 9' + b"9" * 5000 + b"}",
        b'{"ask": "cancel", "job_id": "%s"}' % str(uuid4()).encode(),
    ],
    ids=range(16),
)
def test_a_request_of_another_shape_gets_a_sentence_and_changes_nothing(station: Bench, line: bytes) -> None:
    told = ask(station, line)["error"]
    assert told["message"].endswith(".")
    assert told["advice"].endswith(".")
    alive(station)


def test_a_line_without_end_is_cut_off(station: Bench) -> None:
    with connected(station) as client:
        client.sendall(b"x" * (REQUEST_LIMIT + 1))
        assert answer(client)["error"]["code"] == "too-long"
        assert client.recv(1) == b""
    alive(station)


def test_silent_and_half_spoken_clients_keep_nobody_out(station: Bench) -> None:
    clients = [connected(station) for _ in range(100)]
    for client in clients[::2]:
        try:
            client.sendall(b'{"ask": ')
        except OSError:  # shown out already, to make room
            continue
    alive(station)
    for client in clients:
        client.close()
    alive(station)


def test_a_client_that_leaves_before_its_answer_harms_nobody(station: Bench) -> None:
    for _ in range(50):
        with connected(station) as client:
            client.sendall(b'{"ask": "reports"}\n' * 20)
    alive(station)


def test_many_questions_at_once_are_answered_one_after_the_other(station: Bench) -> None:
    with connected(station) as client:
        client.sendall(b'{"ask": "jobs"}\n' * 50)
        received = b""
        while received.count(b"\n") < 50:
            received += client.recv(1 << 16)
    assert [json.loads(line) for line in received.splitlines()] == [{"jobs": []}] * 50


def test_a_user_outside_the_group_is_not_heard(station: Bench) -> None:
    """Even where the socket's mode would let anybody in: the kernel says who is at the other end."""
    if os.geteuid() != 0:
        pytest.skip("only root can become somebody else to try this")
    for folder in [station.socket, *station.socket.parents][:-1]:
        os.chmod(folder, 0o777 if folder == station.socket else folder.stat().st_mode | 0o055)
    code = (
        "import os, socket, sys; os.setgroups([]); os.setgid(65534); os.setuid(65534)\n"
        "client = socket.socket(socket.AF_UNIX); client.settimeout(20); client.connect(sys.argv[1])\n"
        'try:\n client.sendall(b\'{"ask": "key"}\\n\'); print(client.recv(100))\n'
        "except OSError: print(b'')\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", code, str(station.socket)], capture_output=True, text=True, check=False
    )
    assert done.stdout.strip() == "b''", done.stderr
    alive(station)


def test_the_socket_is_no_strangers(station: Bench) -> None:
    assert station.socket.stat().st_mode & 0o777 == 0o660


def test_a_second_supervisor_on_the_same_folder_is_refused(station: Bench) -> None:
    other = station.socket.with_name("other.sock")
    words = ["--state", str(station.state), "--socket", str(other), *station.virtual]
    done = station.wipe("station", "supervise", *words)
    assert (done.returncode, "another supervisor" in done.stderr) == (3, True)
    alive(station)


def test_a_name_that_no_record_can_hold_is_no_drive_and_stops_nothing(station: Bench) -> None:
    drives = Path(station.virtual[1])
    (drives / os.fsdecode(b"\xff.img")).write_bytes(b"M" * 4096)
    (drives / "good.img").write_bytes(b"M" * 4096)
    reports: list[Any] = []
    while not reports:
        reports = ask(station, b'{"ask": "reports"}')["reports"]
    assert [Path(one["drive"]["identity"]["device"]).name for one in reports] == ["good.img"]
