"""Evidence that waits for the tracker, on the agent's own disk: whole, durable, and removed only when delivered.

spool/<record id>.jws         waits
spool/held/<record id>.jws    the tracker will not take it; beside it a .txt that says why
"""

import os
from pathlib import Path

from wipe import durable
from wipe.station.messages import is_id

HELD = "held"


class Spool:
    """The spool of one agent. Every method raises OSError where the disk fails; nothing is lost then."""

    def __init__(self, state: Path) -> None:
        self._folder = state / "spool"

    def _ready(self) -> None:
        (self._folder / HELD).mkdir(mode=0o700, parents=True, exist_ok=True)

    def keep(self, record_id: str, data: bytes) -> None:
        """Keep evidence. When this returns it is durable, and the supervisor may forget it."""
        self._ready()
        if not self.has(record_id):
            durable.write(self._folder / f"{record_id}.jws", data)

    def has(self, record_id: str) -> bool:
        """Whether it waits here, or is held."""
        return any((folder / f"{record_id}.jws").exists() for folder in (self._folder, self._folder / HELD))

    def waiting(self) -> list[str]:
        """The record ids that wait, oldest first (ids are UUIDs of version 7, which rise with time)."""
        return _ids(self._folder)

    def held(self) -> dict[str, str]:
        """The record ids that the tracker will not take, each with why."""
        folder = self._folder / HELD
        found = {}
        for record_id in _ids(folder):
            try:
                found[record_id] = (folder / f"{record_id}.txt").read_text(encoding="utf-8").strip()
            except (OSError, ValueError):
                found[record_id] = "The tracker did not take it."
        return found

    def read(self, record_id: str) -> bytes:
        """The bytes of evidence that waits."""
        return (self._folder / f"{record_id}.jws").read_bytes()

    def delivered(self, record_id: str) -> None:
        """The tracker has it."""
        (self._folder / f"{record_id}.jws").unlink(missing_ok=True)
        durable.sync_folder(self._folder)

    def hold(self, record_id: str, why: str) -> None:
        """Keep it, and do not send it again."""
        self._ready()
        durable.write(self._folder / HELD / f"{record_id}.txt", why.encode())
        os.rename(self._folder / f"{record_id}.jws", self._folder / HELD / f"{record_id}.jws")
        durable.sync_folder(self._folder / HELD)
        durable.sync_folder(self._folder)


def _ids(folder: Path) -> list[str]:
    try:
        names = sorted(path.stem for path in folder.iterdir() if path.suffix == ".jws")
    except OSError:
        return []
    return [name for name in names if is_id(name)]
