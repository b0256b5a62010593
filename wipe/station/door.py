"""The supervisor's unix socket: who may speak, one JSON object a line, and no client that can stop the others.

The only module beside the agent's that uses sockets, and only those of this machine: AF_UNIX has no network.
"""

import grp
import os
import selectors
import socket
import stat
import struct
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from wipe import codec
from wipe.errors import BadInput
from wipe.station.messages import REQUEST_LIMIT, from_line, to_line

CLIENTS = 32  # at once; the agent needs one
BACKLOG = 128  # that knock at the same moment; more are told to try again by the kernel
SILENCE = 30.0  # seconds until a client that neither asks nor reads is shown out
CHUNK = 1 << 16  # bytes
SO_PEERGROUPS = 59  # asm-generic/socket.h; Python has no name for it
GROUPS_BYTES = 1024  # the most that Python asks for: 256 groups; a user of more is not let in

Handle = Callable[[dict[str, Any]], dict[str, Any]]


@dataclass
class _Client:
    socket: socket.socket
    heard: float
    received: bytearray = field(default_factory=bytearray)
    to_send: bytearray = field(default_factory=bytearray)
    leaving: bool = False  # nothing more is read; closed when everything is sent


class Door:
    """Accept, read lines, answer them. `turn` does what can be done without waiting for anybody."""

    def __init__(self, path: Path, group: str | None, handle: Handle) -> None:
        """Raises BadInput where the socket cannot be made."""
        self._handle, self._path = handle, path
        self._group = _group_id(group)
        self._clients: dict[int, _Client] = {}
        self._selector = selectors.DefaultSelector()
        self._listener = _listen(path, self._group)
        self._selector.register(self._listener, selectors.EVENT_READ)

    def turn(self, timeout: float) -> None:
        """Serve whoever can be served, for at most about `timeout` seconds when nobody asks."""
        for key, events in self._selector.select(timeout):
            if key.fileobj is self._listener:
                self._accept()
                continue
            client = self._clients.get(key.fd)
            if client is not None:
                self._serve(client, events)
        now = time.monotonic()
        for client in [one for one in self._clients.values() if now - one.heard > SILENCE]:
            self._close(client)

    def close(self) -> None:
        """Show everybody out and remove the socket."""
        for client in list(self._clients.values()):
            self._close(client)
        self._selector.close()
        self._listener.close()
        self._path.unlink(missing_ok=True)

    def _accept(self) -> None:
        try:
            connection, _ = self._listener.accept()
        except OSError:  # it left before it was let in, or there are no descriptors left
            return
        connection.setblocking(False)
        if not _may_speak(connection, self._group):
            connection.close()
            return
        if len(self._clients) >= CLIENTS:  # the one that has been silent longest makes room
            self._close(min(self._clients.values(), key=lambda one: one.heard))
        self._clients[connection.fileno()] = _Client(connection, time.monotonic())
        self._selector.register(connection, selectors.EVENT_READ)

    def _serve(self, client: _Client, events: int) -> None:
        try:
            if events & selectors.EVENT_READ:
                self._read(client)
            if not client.to_send:
                self._next(client)
            if client.to_send:
                sent = client.socket.send(client.to_send[:CHUNK])
                del client.to_send[:sent]
                client.heard = time.monotonic()
        except BlockingIOError:
            pass
        except OSError:
            self._close(client)
            return
        if client.leaving and not client.to_send:
            self._close(client)
            return
        more = client.to_send or b"\n" in client.received  # one question at a time
        self._selector.modify(client.socket, selectors.EVENT_WRITE if more else selectors.EVENT_READ)

    def _read(self, client: _Client) -> None:
        data = client.socket.recv(CHUNK)
        if not data:
            client.leaving = True
            return
        client.received += data

    def _next(self, client: _Client) -> None:
        line, found, rest = client.received.partition(b"\n")
        if len(line) > REQUEST_LIMIT:
            client.to_send += to_line(problem("too-long", "The request is too long."))
            client.leaving = True
        elif found:
            client.received = rest
            client.heard = time.monotonic()
            client.to_send += self._answer(bytes(line))

    def _answer(self, line: bytes) -> bytes:
        try:
            return to_line(self._handle(from_line(line)))
        except codec.Malformed as error:
            return to_line(problem("bad-request", f"The request cannot be read: {error}."))

    def _close(self, client: _Client) -> None:
        self._clients.pop(client.socket.fileno(), None)
        self._selector.unregister(client.socket)
        client.socket.close()


def problem(
    code: str, message: str, advice: str = "Use the Caretaker of the same version on both sides."
) -> dict[str, Any]:
    """An answer that says what went wrong."""
    return {"error": {"code": code, "message": message, "advice": advice}}


def _may_speak(connection: socket.socket, group: int | None) -> bool:
    """Root, the supervisor's own user, and members of the group; asked of the kernel, not of the client."""
    pid, uid, gid = struct.unpack("3i", connection.getsockopt(socket.SOL_SOCKET, socket.SO_PEERCRED, 12))
    if uid in (0, os.geteuid()):
        return True
    if group is None:
        return False
    try:
        raw = connection.getsockopt(socket.SOL_SOCKET, SO_PEERGROUPS, GROUPS_BYTES)
    except OSError:
        raw = b""
    return group == gid or group in struct.unpack(f"{len(raw) // 4}I", raw[: len(raw) // 4 * 4])


def _group_id(name: str | None) -> int | None:
    if name is None:
        return None
    try:
        return grp.getgrnam(name).gr_gid
    except KeyError:
        raise BadInput(
            f"There is no group {name} on this computer.", advice=f"Make it with `groupadd --system {name}`."
        ) from None


def _listen(path: Path, group: int | None) -> socket.socket:
    listener = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    try:
        if path.exists() and stat.S_ISSOCK(path.lstat().st_mode):
            path.unlink()  # left by a supervisor that was killed; the state folder's lock says that none runs
        before = os.umask(0o177)
        try:
            listener.bind(str(path))
        finally:
            os.umask(before)
        if group is not None:
            os.chown(path, -1, group)
        os.chmod(path, 0o660)
        listener.listen(BACKLOG)
        listener.setblocking(False)
    except OSError as error:
        listener.close()
        raise BadInput(
            f"The supervisor cannot listen at {path}: {error.strerror or error}.",
            advice="Choose another place with --socket, in a folder that exists and that you may write to.",
        ) from error
    return listener
