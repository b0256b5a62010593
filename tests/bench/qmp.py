"""The machine's own monitor: drives are plugged in and pulled out over it."""

import json
import socket
import time
from pathlib import Path
from typing import Any

SECONDS = 30.0


class Monitor:
    """QEMU's monitor protocol over its socket, one command at a time."""

    def __init__(self, path: Path) -> None:
        self._socket = socket.socket(socket.AF_UNIX)
        self._socket.settimeout(SECONDS)
        self._socket.connect(str(path))
        self._file = self._socket.makefile("r", encoding="utf-8")
        self._events: list[dict[str, Any]] = []
        self._read()  # the greeting
        self("qmp_capabilities")

    def __call__(self, command: str, **arguments: Any) -> Any:
        """Run one command. Raises RuntimeError with QEMU's own words where it refuses."""
        words = {name.replace("_", "-"): value for name, value in arguments.items()}
        self._socket.sendall(json.dumps({"execute": command, "arguments": words}).encode() + b"\n")
        while True:
            said = self._read()
            if "return" in said:
                return said["return"]
            if "error" in said:
                raise RuntimeError(f"{command}: {said['error']['desc']}")
            self._events.append(said)

    def wait_deleted(self, device: str) -> None:
        """Wait until the guest has let go of a device. Raises TimeoutError."""
        until = time.monotonic() + SECONDS
        while not any(self._is_deleted(one, device) for one in self._events):
            if time.monotonic() > until:
                raise TimeoutError(f"the guest does not let go of {device}")
            self._events.append(self._read())

    @staticmethod
    def _is_deleted(event: dict[str, Any], device: str) -> bool:
        return event.get("event") == "DEVICE_DELETED" and event.get("data", {}).get("device") == device

    def _read(self) -> dict[str, Any]:
        line = self._file.readline()
        if not line:
            raise EOFError("the machine's monitor is gone")
        found: dict[str, Any] = json.loads(line)
        return found

    def close(self) -> None:
        """Hang up."""
        self._file.close()
        self._socket.close()
