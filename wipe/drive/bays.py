"""The station's own names of its bays, by physical path, so that "bay 3" stays bay 3 whatever the kernel calls a drive.

They stand in `bays.toml` in the station's state folder, a table `[[bays]]` for each bay: `path` (udev's ID_PATH; for a
virtual drive the path of its file), `name`, and, if wanted, `hint`: what to look for, such as a label or a light.
"""

import tomllib
from collections.abc import Iterable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from wipe.errors import BadInput
from wipe.facts import Bay, Drive, Identity

FILE = "bays.toml"
SIZE_LIMIT = 1 << 16  # bytes
MOST = 256  # bays of one station
LIMITS = {"path": 512, "name": 40, "hint": 120}  # characters
ADVICE = "Mend the file, or take it away: bays then go by their physical paths. `wipe bays` shows those."


def read(state: Path) -> tuple[Bay, ...]:
    """The bays that the station names; none where there is no file. Raises BadInput, which names what is wrong."""
    path = state / FILE
    try:
        with path.open("rb") as file:
            raw = file.read(SIZE_LIMIT + 1)
    except FileNotFoundError:
        return ()
    except OSError as error:
        raise BadInput(f"{path} cannot be read: {error.strerror}.", advice=ADVICE) from error
    if len(raw) > SIZE_LIMIT:
        raise BadInput(f"{path} is longer than {SIZE_LIMIT} bytes.", advice=ADVICE)
    try:
        return parse(raw.decode("utf-8"))
    except ValueError as error:  # no UTF-8, no TOML, or not what the bays are written as
        raise BadInput(f"{path} does not name bays: {error}.", advice=ADVICE) from error


def parse(text: str) -> tuple[Bay, ...]:
    """The bays of a file's text. Raises ValueError, which names the bay and what is wrong with it."""
    told = tomllib.loads(text)
    rows = told.get("bays", [])
    if told.keys() - {"bays"} or not isinstance(rows, list):
        raise ValueError("it may hold tables [[bays]] and nothing else")
    if len(rows) > MOST:
        raise ValueError(f"it names more than {MOST} bays")
    found = tuple(_bay(row, number) for number, row in enumerate(rows, start=1))
    for what in ("path", "name"):
        values = [getattr(bay, what) for bay in found]
        twice = next((value for value in values if values.count(value) > 1), None)
        if twice is not None:
            raise ValueError(f"two bays have the {what} {twice!r}")
    return found


def _bay(row: Any, number: int) -> Bay:
    if not isinstance(row, dict):
        raise ValueError(f"bay number {number} is not a table")
    strange = sorted(row.keys() - LIMITS.keys())
    if strange:
        raise ValueError(f"bay number {number} has {strange[0]!r}, which no bay has; it has path, name and hint")
    words = {}
    for what, limit in LIMITS.items():
        value = row.get(what, "")
        if not isinstance(value, str) or not value.isprintable() or len(value) > limit:
            raise ValueError(f"the {what} of bay number {number} is not a text of at most {limit} characters")
        words[what] = value.strip()
        if not words[what] and what != "hint":
            raise ValueError(f"bay number {number} has no {what}")
    return Bay(**words)


def path_of(who: Identity) -> str | None:
    """Where a drive is plugged in: its physical path, or a virtual drive's file; None where udev does not say."""
    return who.bay or (who.device if who.virtual else None)


def named(drive: Drive, known: Iterable[Bay]) -> Drive:
    """The drive with its bay, where the station has a name for that."""
    place = path_of(drive.identity)
    return replace(drive, bay=next((bay for bay in known if bay.path == place), None))


def template(drives: Sequence[Drive]) -> str:
    """A file that names every place in which a drive is plugged in now, to be changed by hand."""
    lines = ["# The bays of this station. `wipe bays` shows the paths of what is plugged in.", ""]
    places = dict.fromkeys(place for drive in drives if (place := path_of(drive.identity)) is not None)
    for number, place in enumerate(places, start=1):
        devices = [drive.identity.device for drive in drives if path_of(drive.identity) == place]
        held = ", ".join(device for device in devices if device != place)
        lines += ["[[bays]]", f"path = {_quoted(place)}" + (f"  # now {held}" if held else "")]
        lines += [f'name = "bay {number}"', 'hint = ""', ""]
    return "\n".join(lines)


def _quoted(text: str) -> str:
    escaped = text.replace("\\", "\\\\").replace('"', '\\"')
    return f'"{escaped}"'
