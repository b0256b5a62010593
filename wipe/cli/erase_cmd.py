"""`wipe erase`: overwrite one drive, read it back, and leave signed evidence."""

import argparse
import json
import os
import shutil
import signal
import sys
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from wipe import codec, journal, keys, plan, record
from wipe.blocks import Ending
from wipe.cli import describe, evidence_file
from wipe.cli.inspect_cmd import add_method, planned
from wipe.drive import bays, discover
from wipe.errors import BadInput, ExitCode, Refusal, Refused, WipeError
from wipe.facts import Drive, Plan, Progress, has_serial
from wipe.session import Context, Order, Session, hold_to
from wipe.vocabulary import Cut, RefusalCode

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
    state = keys.state_folder(options.state)
    drive = bays.named(discover.find(options.device), bays.read(state))
    made = planned(drive, options)
    earlier = journal.cut_off(state, made)
    confirmed = _confirmed_plan(order, earlier, made)
    if order is not None:
        hold_to(order, drive, confirmed)
    since = max((one.noted or one.started for one in earlier), default=None)
    session = Session(drive, confirmed, _reporter(options.json), lambda: bool(cancelled), since=since)
    _confirmed(drive, options.confirm, options.device)
    key = keys.station_key(state)
    why_anew = {one.record_id: _go_on(session, one, earlier, made, state) for one in earlier}
    _may_begin_anew(order, drive, earlier, why_anew)
    context = _context(order, drive, earlier, why_anew)
    before = max((one.number for one in earlier), default=0)
    begun = journal.Intent(session.record_id, session.started, confirmed, context.job_id, number=before + 1)
    done = _run(options, session, state, key, context, begun, cancelled)
    journal.settle(state, earlier)
    with quiet_when_nobody_listens():
        _tell(done.record, options.evidence, as_json=options.json)
    return describe.exit_code(done.record)


def _run(
    options: argparse.Namespace,
    session: Session,
    state: Path,
    key: Ed25519PrivateKey,
    context: Context,
    begun: journal.Intent,
    cancelled: list[int],
) -> record.Verified:
    passes, reached = session.done
    begun = replace(begun, passes=passes, reached=reached)
    with evidence_file.claimed(options.evidence) as write, journal.intent(state, begun) as entry:
        keys.keep_stream(state, session.record_id, session.stream_key)
        if options.json:
            with quiet_when_nobody_listens():
                print(json.dumps({"started": {"record_id": session.record_id}}), flush=True)
        session.erase(entry.note)
        session.verify()
        done = session.finish(key, context)
        signals, spare = len(cancelled), state / "evidence" / session.record_id
        evidence_file.write_somewhere(write, options.evidence, done.signed, spare, lambda: len(cancelled) > signals)
        if session.ending is Ending.GONE:
            entry.keep(Cut.DRIVE_LEFT)
    return done


def _confirmed_plan(order: Order | None, earlier: tuple[journal.Intent, ...], made: Plan) -> Plan:
    """The plan as it was confirmed: of the same job before, where only the drive's name and bay are others now."""
    for one in reversed(earlier):
        same_job = order is None or one.job_id == order.job_id
        if same_job and has_serial(made.identity) and journal.same_but_place(one.plan, made):
            return replace(made, identity=one.plan.identity)
    return made


def _go_on(
    session: Session, one: journal.Intent, earlier: tuple[journal.Intent, ...], made: Plan, state: Path
) -> str | None:
    """Go on from an earlier run if it is the latest; why it is not done, None where it is."""
    if one is not earlier[-1]:
        return "A later run went on from there."
    stream = keys.stream(state, one.record_id)
    if stream is None:
        return "The key of its random pass is not on this station any more."
    return journal.why_not(one, made) or session.go_on_from(stream, one.passes, one.reached) or None


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


def _may_begin_anew(
    order: Order | None, drive: Drive, earlier: tuple[journal.Intent, ...], why_anew: Mapping[str, str | None]
) -> None:
    """Raises Refused where a job would begin anew by itself on a drive that was away, or that holds other things now.

    A person who types the command looked at the drive a moment ago; a job that goes on by itself has only its journal.
    """
    latest = earlier[-1] if earlier else None
    why = why_anew[latest.record_id] if latest is not None else None
    if order is None or latest is None or why is None or latest.job_id != order.job_id:
        return
    if latest.cause is None and latest.reached is None and not latest.passes:
        return  # cut off in its first seconds: there is nothing yet that could be compared
    message = f"The wipe of {drive.identity.device} was cut off and may not go on. {why}"
    advice = "Look at the drive. If it is still to be wiped, order that anew."
    raise Refused([Refusal(RefusalCode.PLAN_CHANGED.value, message, advice)])


def _context(
    order: Order | None, drive: Drive, earlier: tuple[journal.Intent, ...], why_anew: Mapping[str, str | None]
) -> Context:
    interruptions = tuple(_interruption(one, drive, why_anew[one.record_id]) for one in earlier)
    if order is None:
        return Context(interruptions=interruptions)
    return Context(order.job_id, order.asset_tag, order.operator, order.procedure, interruptions)


def _interruption(one: journal.Intent, drive: Drive, why_anew: str | None) -> record.Interruption:
    number, offset = None, None
    if why_anew is None:
        number = one.reached.number if one.reached is not None else len(one.passes)
        offset = one.reached.offset if one.reached is not None else one.plan.capacity_bytes
    return record.Interruption(
        record_id=one.record_id,
        method=one.plan.method,
        started=one.started,
        cause=one.cause or Cut.CUT_OFF,
        ended=one.noted,
        pass_number=number,
        offset=offset,
        why_anew=why_anew or "",
        device=drive.identity.device,
        bay=drive.identity.bay,
    )


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
    if progress.holding:
        text += f"  holding: {'too warm' if progress.temperature_c is None else f'{progress.temperature_c} C'}"
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
        went_on = f"this one began anew. {one.why_anew}"
        if one.pass_number is not None and one.offset is not None:
            went_on = f"this one went on at {describe.size(one.offset)} of pass {one.pass_number}."
        print(f"  An earlier run, begun {one.started:%Y-%m-%d %H:%M} UTC, was cut off; {went_on}")
    for hold in done.holds:
        warm = "too warm" if hold.temperature_c is None else f"at {hold.temperature_c} C"
        times = f"from {hold.started:%H:%M:%S} to {hold.ended:%H:%M:%S} UTC"
        print(f"  The work stood still {times}: the drive was {warm}, and its limit is {hold.limit_c} C.")
    for reason in done.reasons:
        print(f"  {reason}")
