"""`tracker demo`: a sample school, the tracker, and a station with virtual drives, all on this machine, without root.

The station is the real one, in its own two processes; only its drives are files.
"""

import argparse
import json
import shutil
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from flask import Flask
from waitress import create_server

from tracker.app import create_app
from tracker.config import BadSetting, from_environment
from tracker.db import db
from tracker.demo import sample
from tracker.migrate import upgrade
from tracker.stations import service as stations

HOST = "127.0.0.1"  # a demonstration is for the person in front of it
START_SECONDS = 30.0  # how long a part may take to come up


def add(commands: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    """`tracker demo [--port N] [--folder DIR] [--fresh]`."""
    parser = commands.add_parser(
        "demo",
        help="run a sample school with a station whose drives are files",
        description="Run a sample primary school, the tracker and a station with virtual drives, on this machine only. "
        "Nothing is real: no device is opened. End it with Ctrl-C; what you did is kept for the next time.",
    )
    parser.add_argument("--port", type=int, default=5000, help="the port on 127.0.0.1 (default: %(default)s)")
    parser.add_argument(
        "--folder", type=Path, default=Path("instance/demo"), help="where it keeps everything (default: %(default)s)"
    )
    parser.add_argument("--fresh", action="store_true", help="begin anew: forget what was done in the demonstration")
    parser.set_defaults(command=do)


def do(options: argparse.Namespace) -> int:
    """Run until a signal. Raises BadSetting where it cannot start."""
    folder: Path = options.folder.resolve()
    if options.fresh and (folder / "demo").exists():
        shutil.rmtree(folder)
    app = _application(folder, options.port)
    try:
        server = create_server(app, host=HOST, port=options.port, threads=8, ident=None)
    except OSError as error:
        raise BadSetting(f"Port {options.port} cannot be used: {error.strerror}. Choose another: PORT=5001.") from error
    with app.app_context():
        print("Preparing the sample school ...", flush=True)
        upgrade(db.engine)
        sample.fill()
        db.session.commit()
        _make_drives(folder / "drives")
    threading.Thread(target=server.run, daemon=True).start()
    ended = threading.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda number, frame: ended.set())
    with _station(app, folder, options.port) as parts:
        print(_welcome(options.port), flush=True)
        while not ended.wait(0.5):
            for name, part in parts.items():
                if part.poll() is not None:
                    print(f"The {name} ended by itself (status {part.returncode}).", file=sys.stderr)
                    return 1
    server.close()
    return 0


def _application(folder: Path, port: int) -> Flask:
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    (folder / "demo").touch()  # marks a folder that --fresh may remove
    return create_app(
        from_environment(
            {
                "CARETAKER_INSTANCE": str(folder),
                "CARETAKER_BASE_URL": f"http://{HOST}:{port}",
                "CARETAKER_DEMO": "1",
                "CARETAKER_IDLE_MINUTES": "480",
            }
        )
    )


def _make_drives(folder: Path) -> None:
    """Files that stand for drives, full of text that a wipe must remove; those that are there stay as they are."""
    folder.mkdir(exist_ok=True)
    for one in sample.VIRTUAL_DRIVES:
        path = folder / one.file
        if path.exists():
            continue
        known = {"make": one.make, "model": one.model, "serial": one.serial, "kind": one.kind}
        path.with_name(path.name + ".identity.json").write_text(json.dumps(known), encoding="utf-8")
        line = f"{one.marker}\n".encode()
        block = (line * ((1 << 20) // len(line) + 1))[: 1 << 20]
        with path.open("wb") as file:
            for _ in range(one.capacity_mib):
                file.write(block)


@contextmanager
def _station(app: Flask, folder: Path, port: int) -> Iterator[dict[str, "subprocess.Popen[bytes]"]]:
    """The station's two processes; both end with the demonstration."""
    wipe = str(Path(sys.executable).with_name("wipe"))
    state, agent = folder / "station", folder / "agent"
    socket = folder / "station.sock"
    parts: dict[str, subprocess.Popen[bytes]] = {}
    try:
        if not (state / "bays.toml").exists():
            name_bays = [wipe, "bays", "--write", "--state", str(state), "--virtual-dir", str(folder / "drives")]
            subprocess.run(name_bays, check=True, stdout=subprocess.DEVNULL)  # noqa: S603 - fixed words
        supervise = [wipe, "station", "supervise", "--state", str(state), "--socket", str(socket)]
        parts["supervisor"] = _start([*supervise, "--virtual-dir", str(folder / "drives")])
        _wait_for(socket, parts["supervisor"])
        url = f"http://{HOST}:{port}"
        if not _enrolled(agent, url):
            (agent / "credentials.json").unlink(missing_ok=True)
            enrol = [wipe, "station", "enrol", url, "--state", str(agent), "--socket", str(socket)]
            subprocess.run([*enrol, "--code", _code(app)], check=True, stdout=subprocess.DEVNULL)  # noqa: S603 - fixed
        parts["agent"] = _start([wipe, "station", "run", "--state", str(agent), "--socket", str(socket)])
        yield parts
    finally:
        for part in reversed(parts.values()):
            part.terminate()
        for part in parts.values():
            part.wait()


def _start(command: list[str]) -> "subprocess.Popen[bytes]":
    return subprocess.Popen(command, stdin=subprocess.DEVNULL, start_new_session=True)  # noqa: S603 - fixed words


def _wait_for(socket: Path, supervisor: "subprocess.Popen[bytes]") -> None:
    deadline = time.monotonic() + START_SECONDS
    while not socket.exists():
        if supervisor.poll() is not None or time.monotonic() > deadline:
            raise BadSetting("The station did not start; what it printed above says why.")
        time.sleep(0.05)


def _enrolled(agent: Path, url: str) -> bool:
    try:
        known = json.loads((agent / "credentials.json").read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return False
    return isinstance(known, dict) and known.get("url") == url


def _code(app: Flask) -> str:
    with app.app_context():
        code = stations.issue_code(sample.technician(), name="Demonstration bench", place="IT office")
        db.session.commit()
        return code


def _welcome(port: int) -> str:
    sign_ins = "\n".join(f"  {username:<8} {role}" for username, role in sample.SIGN_INS)
    return f"""
Caretaker is running at  http://{HOST}:{port}

Sign in with one of these names and the password  {sample.PASSWORD}
{sign_ins}

The station's drives are the files in the folder "drives"; move one away and it is "unplugged".
End with Ctrl-C.
"""
