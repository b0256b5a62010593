"""`wipe erase`: overwrite one drive, read it back, and leave signed evidence."""

import argparse
import json
import os
import signal
import sys
from collections.abc import Callable
from pathlib import Path

from wipe import keys, plan, record
from wipe.cli import describe, evidence_file
from wipe.cli.inspect_cmd import add_method
from wipe.drive import discover
from wipe.errors import ExitCode, Refusal, Refused
from wipe.facts import Drive, Progress
from wipe.session import Context, Session
from wipe.vocabulary import Method, RefusalCode, VerificationKind


def add(commands: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    """`wipe erase DEVICE --method M --verify V --confirm TEXT [--attest REASON] --evidence FILE`."""
    parser = commands.add_parser(
        "erase",
        help="overwrite one drive, read it back, and write signed evidence",
        description="Overwrite one drive, read it back, and write signed evidence. Everything on it is lost. "
        "Exit status 0 means that the whole drive was overwritten and the reading proved it; see `wipe --help`.",
    )
    add_method(parser)
    parser.add_argument(
        "--confirm",
        required=True,
        metavar="TEXT",
        help="the last four characters of the serial number; where there is none, the device's name, with --attest",
    )
    parser.add_argument("--evidence", required=True, type=Path, metavar="FILE", help="a new file for the evidence")
    parser.add_argument("--state", metavar="DIR", help="where the station's key is kept")
    parser.add_argument("--json", action="store_true", help="print progress and result as one JSON object a line")
    parser.set_defaults(command=do)


def do(options: argparse.Namespace) -> ExitCode:
    """Run it. Raises Refused before anything is written; afterwards there is always evidence."""
    drive = discover.find(options.device)
    attestation = (options.attest or "").strip() or None
    made = plan.make(drive, Method(options.method), VerificationKind(options.verify), attestation)
    cancelled: list[int] = []
    session = Session(drive, made, _reporter(options.json), lambda: bool(cancelled))
    _confirmed(drive, options.confirm, options.device)
    state = keys.state_folder(options.state)
    key = keys.station_key(state)
    with evidence_file.claimed(options.evidence) as write:
        for number in (signal.SIGINT, signal.SIGTERM):
            signal.signal(number, lambda number, frame: cancelled.append(number))
        session.erase()
        session.verify()
        done = session.finish(key, Context())
        write(done.signed)
        keys.keep_stream(state, done.record.record_id, session.stream_key)
    _tell(done.record, options.evidence, as_json=options.json)
    return describe.exit_code(done.record)


def _confirmed(drive: Drive, typed: str, path: str) -> None:
    wanted = plan.confirmation(drive.identity)
    named_by_path = not (drive.identity.serial or "").strip() and typed == path
    if typed != wanted and not named_by_path:
        what = "the last four characters of its serial number" if drive.identity.serial else "its name"
        message = f"{typed!r} does not confirm {drive.identity.device}: that takes {what}."
        raise Refused([Refusal(RefusalCode.NOT_CONFIRMED.value, message, "Look at the drive and type what it says.")])


def _reporter(as_json: bool) -> Callable[[Progress], None]:
    if as_json:
        return _line
    return _bar if sys.stderr.isatty() else lambda progress: None  # where nobody watches, nothing is told


def _line(progress: Progress) -> None:
    told = {name: getattr(progress, name) for name in Progress.__dataclass_fields__}
    print(json.dumps({"progress": told}), flush=True)


def _bar(progress: Progress) -> None:
    share = progress.bytes_done * 100 // max(progress.bytes_total, 1)
    left = (progress.bytes_total - progress.bytes_done) // max(progress.rate_bytes_per_s, 1)
    text = f"{progress.phase.value} {progress.pass_number}/{progress.passes}  {share} %"
    text += f"  {describe.size(progress.rate_bytes_per_s)}/s  {left} s left  {progress.errors} errors"
    width = os.get_terminal_size(sys.stderr.fileno()).columns - 1
    print(f"\r{text[:width]:<{width}}", end="\n" if share == 100 else "", file=sys.stderr, flush=True)


def _tell(done: record.Record, path: Path, *, as_json: bool) -> None:
    if as_json:
        told = {"record_id": done.record_id, "outcome": done.outcome.value, "level": done.level.value}
        print(json.dumps({"result": {**told, "reasons": done.reasons, "evidence": str(path)}}), flush=True)
        return
    print(f"{done.outcome.value} (level {done.level.value}), evidence in {path}")
    for reason in done.reasons:
        print(f"  {reason}")
