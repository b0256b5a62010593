"""`wipe bays`: where drives are plugged in, and what the station calls those places."""

import argparse
import json
import os
from pathlib import Path

from wipe import codec, keys
from wipe.cli import describe
from wipe.drive import bays, discover
from wipe.errors import BadInput, ExitCode
from wipe.facts import Bay, Drive


def add(commands: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    """`wipe bays [--write] [--json] [--state DIR] [--virtual-dir DIR]`."""
    parser = commands.add_parser(
        "bays",
        help="show the bays of this station, and the physical paths of what is plugged in",
        description="Show the bays that this station names, and the physical path of every drive that is plugged in. "
        f"The names stand in {bays.FILE} in the station's state folder; --write makes that file from what is plugged "
        "in now, to be changed by hand. An existing file is never replaced.",
    )
    parser.add_argument("--write", action="store_true", help="write a file that names every path seen now")
    parser.add_argument("--json", action="store_true", help="print one JSON object for programs")
    parser.add_argument("--state", metavar="DIR", help="where the station's key and the names of its bays are kept")
    parser.add_argument(
        "--virtual-dir", type=Path, metavar="DIR", help="look at the virtual drives (*.img) of DIR instead"
    )
    parser.set_defaults(command=do)


def do(options: argparse.Namespace) -> ExitCode:
    """Print them, or write the file. Raises BadInput."""
    state = keys.state_folder(options.state)
    drives = _drives(options.virtual_dir)
    if options.write:
        _write(state / bays.FILE, bays.template(drives))
        print(f"Wrote {state / bays.FILE}. Change the names there, then start the station's supervisor anew.")
        return ExitCode.PROVED
    known = bays.read(state)
    found = [bays.named(drive, known) for drive in drives]
    if options.json:
        told = [codec.encode(bay) for bay in known]
        seen = [{"path": bays.path_of(one.identity), "device": one.identity.device} for one in found]
        print(json.dumps({"bays": told, "seen": seen}, indent=2))
        return ExitCode.PROVED
    for line in _lines(known, found):
        print(line)
    return ExitCode.PROVED


def _drives(folder: Path | None) -> list[Drive]:
    return discover.list_virtual_whole(folder) if folder is not None else discover.list_drives(with_health=False)


def _lines(known: tuple[Bay, ...], drives: list[Drive]) -> list[str]:
    lines = []
    for bay in known:
        held = ", ".join(_who(one) for one in drives if one.bay == bay) or "empty"
        lines += [describe.place(bay), f"  path {bay.path}", f"  {held}"]
    for one in drives:
        if one.bay is None:
            lines += ["a place without a name", f"  path {bays.path_of(one.identity) or 'not known'}", f"  {_who(one)}"]
    return lines or ["No bay has a name, and no drive is plugged in."]


def _who(drive: Drive) -> str:
    return f"{drive.identity.device}, serial {drive.identity.serial or 'none'}"


def _write(path: Path, text: str) -> None:
    try:
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC, 0o644)
        with os.fdopen(descriptor, "w", encoding="utf-8") as file:
            file.write(text)
    except OSError as error:
        raise BadInput(
            f"{path} cannot be written: {error.strerror}.",
            advice="A file that is there already is never replaced: change it, or take it away first.",
        ) from error
