"""Ask the supervisor one thing over its unix socket."""

import socket
import time
from pathlib import Path
from typing import Any

from wipe import codec
from wipe.errors import Unreachable
from wipe.station.messages import REPLY_LIMIT, from_line, to_line

TIMEOUT = 15.0  # seconds for a whole answer
_ADVICE = "Start it with `wipe station supervise`, or name its socket with --socket."


def ask(path: Path, request: dict[str, Any]) -> dict[str, Any]:
    """The supervisor's answer; one with "error" in it is an answer too. Raises Unreachable."""
    try:
        with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as connection:
            connection.settimeout(TIMEOUT)
            connection.connect(str(path))
            connection.sendall(to_line(request))
            return from_line(_line(connection))
    except (OSError, codec.Malformed) as error:
        raise Unreachable(f"The supervisor at {path} does not answer: {error}.", advice=_ADVICE) from error


def _line(connection: socket.socket) -> bytes:
    received = bytearray()
    until = time.monotonic() + TIMEOUT
    while not received.endswith(b"\n"):
        data = connection.recv(1 << 20)
        received += data
        if not data:
            raise OSError("it hung up")
        if len(received) > REPLY_LIMIT or time.monotonic() > until:
            raise OSError("its answer does not end")
    return bytes(received)
