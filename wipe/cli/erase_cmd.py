"""`wipe erase`: overwrite one drive, read it back, and leave signed evidence."""

import argparse
import json
import os
import shutil
import signal
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from wipe import codec, journal, keys, plan, record
from wipe.cli import describe, evidence_file
from wipe.cli.inspect_cmd import add_method, planned
from wipe.drive import discover
from wipe.errors import BadInput, ExitCode, Refusal, Refused, WipeError
from wipe.facts import Drive, Progress
from wipe.session import Context, Order, Session, hold_to
from wipe.vocabulary import RefusalCode

ORDER_LIMIT = 1 << 16  # bytes


def add(commands: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    """`wipe erase DEVICE --method M --verify V --confirm TEXT [--attest REASON] [--order FILE] --evidence FILE`."""
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
    parser.add_argument(
        "--order",
        type=Path,
        metavar="FILE",
        help="the tracker's order (JSON); the wipe is refused unless drive and plan are those that it names",
    )
    parser.add_argument("--json", action="store_true", help="print progress and result as one JSON object a line")
    parser.set_defaults(command=do)


def do(options: argparse.Namespace) -> ExitCode:
    """Run it. Raises Refused before anything is written; afterwards there is always evidence."""
    try:
        return _do(options)
    except WipeError as error:
        if options.json:
            reasons = error.refusals if isinstance(error, Refused) else ()
            told = {
                "message": error.message,
                "advice": error.advice,
                "refusals": [codec.encode(one) for one in reasons],
            }
            with quiet_when_nobody_listens():
                print(json.dumps({"refused" if reasons else "failed": told}), flush=True)
        raise


def _do(options: argparse.Namespace) -> ExitCode:
    cancelled: list[int] = []
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):  # a closed terminal is a cancel, too
        signal.signal(number, lambda number, frame: cancelled.append(number))
    order = _order(options.order)
    drive = discover.find(options.device)
    made = planned(drive, options)
    if order is not None:
        hold_to(order, drive, made)
    session = Session(drive, made, _reporter(options.json), lambda: bool(cancelled))
    _confirmed(drive, options.confirm, options.device)
    state = keys.state_folder(options.state)
    key = keys.station_key(state)
    begun = journal.Intent(session.record_id, session.started, made)
    with evidence_file.claimed(options.evidence) as write, journal.intent(state, begun):
        keys.keep_stream(state, session.record_id, session.stream_key)
        earlier = journal.cut_off(state, made)
        if options.json:
            with quiet_when_nobody_listens():
                print(json.dumps({"started": {"record_id": session.record_id}}), flush=True)
        session.erase()
        session.verify()
        done = session.finish(key, _context(order, earlier))
        evidence_file.write_somewhere(write, options.evidence, done.signed, state / "evidence" / session.record_id)
        journal.settle(state, earlier)
    with quiet_when_nobody_listens():
        _tell(done.record, options.evidence, as_json=options.json)
    return describe.exit_code(done.record)


def _order(path: Path | None) -> Order | None:
    """The order in a file. Raises BadInput."""
    if path is None:
        return None
    try:
        with path.open("rb") as file:
            raw = file.read(ORDER_LIMIT + 1)
        if len(raw) > ORDER_LIMIT:
            raise ValueError("it is too long")
        return codec.decode(Order, json.loads(raw), "order")
    except (OSError, ValueError, RecursionError) as error:
        raise BadInput(
            f"{path} is not an order: {error}.", advice="Order the wipe anew in the tracker; nothing was wiped."
        ) from error


def _context(order: Order | None, earlier: tuple[journal.Intent, ...]) -> Context:
    interruptions = tuple(_interruption(one) for one in earlier)
    if order is None:
        return Context(interruptions=interruptions)
    return Context(order.job_id, order.asset_tag, order.operator, order.procedure, interruptions)


def _interruption(one: journal.Intent) -> record.Interruption:
    return record.Interruption(one.record_id, one.plan.method, one.started)


def _confirmed(drive: Drive, typed: str, path: str) -> None:
    wanted = plan.confirmation(drive.identity)
    named_by_path = not (drive.identity.serial or "").strip() and typed == path
    if typed != wanted and not named_by_path:
        what = "the last four characters of its serial number" if drive.identity.serial else "its name"
        message = f"{typed!r} does not confirm {drive.identity.device}: that takes {what}."
        raise Refused([Refusal(RefusalCode.NOT_CONFIRMED.value, message, "Look at the drive and type what it says.")])


@contextmanager
def quiet_when_nobody_listens() -> Iterator[None]:
    """Let no closed pipe, full disk or vanished terminal stop a wipe or hide its result: the exit status tells it."""
    try:
        yield
    except OSError:
        nowhere = os.open(os.devnull, os.O_WRONLY)  # else Python fails once more when it flushes at the end
        for stream in (sys.stdout, sys.stderr):
            os.dup2(nowhere, stream.fileno())
        os.close(nowhere)


def _reporter(as_json: bool) -> Callable[[Progress], None]:
    tell = _line if as_json else _bar if sys.stderr.isatty() else None  # where nobody watches, nothing is told

    def report(progress: Progress) -> None:
        if tell is not None:
            with quiet_when_nobody_listens():
                tell(progress)

    return report


def _line(progress: Progress) -> None:
    print(json.dumps({"progress": codec.encode(progress)}), flush=True)


def _bar(progress: Progress) -> None:
    share = progress.bytes_done * 100 // max(progress.bytes_total, 1)
    left = (progress.bytes_total - progress.bytes_done) // max(progress.rate_bytes_per_s, 1)
    text = f"{progress.phase.value} {progress.pass_number}/{progress.passes}  {share} %"
    text += f"  {describe.size(progress.rate_bytes_per_s)}/s  {left} s left  {progress.errors} errors"
    width = shutil.get_terminal_size().columns - 1  # 80 where a terminal says 0 columns, as serial consoles do
    print(f"\r{text[:width]:<{width}}", end="\n" if share == 100 else "", file=sys.stderr, flush=True)


def _tell(done: record.Record, path: Path, *, as_json: bool) -> None:
    if as_json:
        told = {"record_id": done.record_id, "outcome": done.outcome.value, "level": done.level.value}
        print(json.dumps({"result": {**told, "reasons": done.reasons, "evidence": str(path)}}), flush=True)
        return
    print(f"{done.outcome.value} (level {done.level.value}), evidence in {path}")
    for one in done.interruptions:
        print(f"  An earlier run, begun {one.started:%Y-%m-%d %H:%M} UTC, was cut off; this one began anew.")
    for reason in done.reasons:
        print(f"  {reason}")
