"""`wipe selftest`: let a drive test itself, and say what it found."""

import argparse
import json
import signal
import threading

from wipe.drive import discover, selftest
from wipe.errors import BadInput, ExitCode, HardwareFault, Interrupted, NotVerified
from wipe.facts import Drive
from wipe.vocabulary import TriState

LOOK_SECONDS = 5.0
SILENT_MOST = 12  # looks without an answer until the drive is given up
WAIT_MOST = 6  # looks for a test that was accepted to show up


def add(commands: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    """`wipe selftest DEVICE [--long] [--json]`."""
    parser = commands.add_parser(
        "selftest",
        help="let a drive test itself, and say what it found",
        description="Let a drive test itself, and say what it found. Nothing on it is changed. The short test takes "
        "minutes; the long one reads the whole drive and takes hours. Ctrl-C ends it. Exit status 0: the drive found "
        "nothing; 5: it found a fault; 6: the test did not take place, or says nothing.",
    )
    parser.add_argument("device", metavar="DEVICE", help="a whole drive (/dev/sdb)")
    parser.add_argument("--long", action="store_true", help="the test that reads the whole drive")
    parser.add_argument("--json", action="store_true", help="print progress and result as one JSON object a line")
    parser.set_defaults(command=do)


def do(options: argparse.Namespace) -> ExitCode:
    """Run it. Raises HardwareFault for what the drive found, NotVerified where it found out nothing."""
    stopped = threading.Event()
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, lambda number, frame: stopped.set())
    drive = discover.find(options.device)
    if drive.identity.virtual:
        raise BadInput(f"{options.device} is a virtual drive, and has no self-test.", advice="Name a real drive.")
    kind = selftest.Kind.LONG if options.long else selftest.Kind.SHORT
    found = _run(drive, kind, stopped, as_json=options.json)
    told = f"{drive.identity.device}: {found.kind}: {found.words}"
    if options.json:
        result = {"kind": found.kind, "passed": found.passed.value, "words": found.words, "hours": found.hours}
        print(json.dumps({"result": result}), flush=True)
    if found.passed is TriState.NO:
        raise HardwareFault(f"{told}. The drive found a fault in itself.")
    if found.passed is TriState.UNKNOWN:
        raise NotVerified(f"{told}. The test says nothing about the drive.", advice="Start it once more.")
    if not options.json:
        print(told)
    return ExitCode.PROVED


def _run(drive: Drive, kind: selftest.Kind, stopped: threading.Event, *, as_json: bool) -> selftest.Result:
    """Start a test, or follow the one that runs; its result."""
    who, device_type = drive.identity, drive.health.device_type
    before = selftest.look(who, device_type)
    if not before.running:
        problem = before.problem or selftest.start(who, device_type, kind)
        if problem:
            raise _none(who.device, problem)
    began, waited, silent = before.running, 0, 0
    while not stopped.is_set():
        now = selftest.look(who, device_type)
        silent = silent + 1 if now.problem else 0
        if silent >= SILENT_MOST:
            raise HardwareFault(f"{who.device} does not answer any more: {now.problem}.")
        if now.running:
            began = True
            _tell(now.percent, as_json=as_json)
        elif not now.problem and now.results and (began or now.results != before.results):
            return now.results[0]
        elif not now.problem and (waited := waited + 1) >= WAIT_MOST:
            raise _none(who.device, "the drive accepted the test, and did not begin it")
        stopped.wait(LOOK_SECONDS)
    selftest.abort(who, device_type)
    raise Interrupted(f"The self-test of {who.device} was stopped.", advice="Start it anew when there is time.")


def _none(device: str, why: str) -> NotVerified:
    advice = "Judge the drive by its health in `wipe list`, or test it at another port or with another smartctl."
    return NotVerified(f"{device} was not tested: {why.rstrip('.')}.", advice=advice)


def _tell(percent: int | None, *, as_json: bool) -> None:
    if as_json:
        print(json.dumps({"progress": {"percent": percent}}), flush=True)
    else:
        print("The drive tests itself" + (f": {percent} % done" if percent is not None else ""), flush=True)
