"""`wipe station`: the two processes of a station, its enrolment, its state and its public key.

The networked half is imported by the command that needs it and not before: `wipe erase` is the same program, and an
eraser never loads the network.
"""

import argparse
import json
import signal
import sys
import threading
from pathlib import Path

from wipe import keys, record
from wipe.errors import ExitCode
from wipe.station import hang

SOCKET = "/run/caretaker/supervisor.sock"


def add(commands: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    """`wipe station enrol|run|supervise|status|key`."""
    parser = commands.add_parser(
        "station",
        help="run this computer as a disposal station",
        description="Run this computer as a disposal station. Two processes work together: `supervise` runs as root, "
        "without a network, and starts the erasers; `run` is the agent, without any right to a drive, and speaks with "
        "the tracker. Enrol the station once with `enrol`.",
    )
    found = parser.add_subparsers(required=True, metavar="COMMAND")
    _add_enrol(found)
    _add_run(found)
    _add_supervise(found)
    _add_status(found)
    _add_key(found)


def _agent_places(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--state", metavar="DIR", help="where the agent keeps its credentials and its spool")
    parser.add_argument(
        "--socket",
        type=Path,
        default=Path(SOCKET),
        metavar="PATH",
        help="the supervisor's socket (default: %(default)s)",
    )


def _add_enrol(commands: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    parser = commands.add_parser(
        "enrol",
        help="make this station known to a tracker",
        description="Make this station known to the tracker at URL. The tracker shows a code under Stations; it works "
        "once and for a quarter of an hour. The supervisor must run, since the station's key is with it. "
        "Exit status 3: the tracker refused the code; 10: tracker or supervisor did not answer.",
    )
    parser.add_argument("url", metavar="URL", help="the tracker, such as https://caretaker.school.example")
    parser.add_argument("--code", help="the code; asked for when left out, so that no process list shows it")
    parser.add_argument("--ca", type=Path, metavar="FILE", help="the authority of the tracker's certificate, PEM")
    _agent_places(parser)
    parser.set_defaults(command=do_enrol)


def do_enrol(options: argparse.Namespace) -> ExitCode:
    """Enrol. Raises BadInput and Unreachable."""
    from wipe.station import credentials, enrolment

    code = options.code if options.code is not None else _asked_for_code()
    folder = credentials.state_folder(options.state)
    known = enrolment.enrol(folder, options.socket, options.url, code, options.ca)
    print(f"This is now the station {known.station} of {known.school}. Start its agent with `wipe station run`.")
    return ExitCode.PROVED


def _asked_for_code() -> str:
    if sys.stdin.isatty():
        print("Code (shown in the tracker under Stations): ", end="", file=sys.stderr, flush=True)
    return sys.stdin.readline(1000).strip()


def _add_run(commands: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    parser = commands.add_parser(
        "run",
        help="run the agent: fetch orders, show drives, deliver evidence",
        description="Run the agent until SIGTERM. It needs no rights but its own folder and the supervisor's socket, "
        "and it must not run as root. Without the tracker it waits; wipes that run go on, and evidence is kept until "
        "the tracker has it.",
    )
    _agent_places(parser)
    parser.set_defaults(command=do_run)


def do_run(options: argparse.Namespace) -> ExitCode:
    """Run the agent. Raises BadInput where the station is not enrolled."""
    from wipe.station import agent, credentials

    stopped = _until_told()
    agent.Agent(credentials.state_folder(options.state), options.socket).run(stopped)
    return ExitCode.PROVED


def _until_told() -> threading.Event:
    stopped = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda number, frame: stopped.set())
    return stopped


def _add_supervise(commands: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    parser = commands.add_parser(
        "supervise",
        help="run the supervisor: start erasers for the agent's orders",
        description="Run the supervisor until SIGTERM; it then ends the erasers that run, and they leave evidence of "
        "the interruption. It needs root, except for virtual drives. Root, its own user and the members of GROUP may "
        "speak with it.",
    )
    parser.add_argument("--state", metavar="DIR", help="where the station's key, jobs and evidence are kept")
    parser.add_argument(
        "--socket", type=Path, default=Path(SOCKET), metavar="PATH", help="where to listen (default: %(default)s)"
    )
    parser.add_argument("--group", help="the group of the agent's user")
    parser.add_argument(
        "--virtual-dir",
        type=Path,
        metavar="DIR",
        help="show the virtual drives (*.img) of DIR, which come and go as files do, and no real drive",
    )
    parser.add_argument(
        "--silent-seconds",
        type=_seconds,
        default=hang.SILENT_SECONDS,
        metavar="SECONDS",
        help="how long a drive may take for one answer before its eraser is killed; where that does not help, the "
        "drive counts as hung, and nothing more begins in its bay (default: %(default)g)",
    )
    parser.set_defaults(command=do_supervise)


def _seconds(text: str) -> float:
    """A time of at least a second and at most a day. Raises ArgumentTypeError."""
    try:
        found = float(text)
    except ValueError:
        found = 0.0
    if not 1.0 <= found <= 86_400.0:
        raise argparse.ArgumentTypeError(f"{text!r} is no number of seconds from 1 to 86400")
    return found


def do_supervise(options: argparse.Namespace) -> ExitCode:
    """Run the supervisor. Raises BadInput where it cannot begin."""
    from wipe.station import supervisor

    state = keys.state_folder(options.state)
    told = options.silent_seconds
    supervisor.supervise(state, options.socket, options.group, options.virtual_dir, _until_told(), told)
    return ExitCode.PROVED


def _add_status(commands: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    parser = commands.add_parser(
        "status",
        help="say where the station is enrolled, what runs, and what waits",
        description="Say where this station is enrolled, whether its supervisor answers, which jobs there are, and "
        "how much evidence waits for the tracker. Exit status 3: not enrolled; 10: the supervisor does not answer.",
    )
    _agent_places(parser)
    parser.add_argument("--json", action="store_true", help="print one JSON object for programs")
    parser.set_defaults(command=do_status)


def do_status(options: argparse.Namespace) -> ExitCode:
    """Print it."""
    from wipe.station import credentials, enrolment

    found = enrolment.status(credentials.state_folder(options.state), options.socket)
    known = found.enrolled
    if options.json:
        names = ("url", "school", "station_id", "station", "key_id")
        told = {name: getattr(known, name) for name in names} if known is not None else None
        supervisor = {"reachable": found.supervisor, "jobs": found.jobs}
        spool = {"waiting": found.waiting, "held": found.held}
        print(
            json.dumps({"enrolled": told, "problem": found.problem, "supervisor": supervisor, "spool": spool}, indent=2)
        )
    else:
        print(f"Enrolled: {known.station} of {known.school}, at {known.url}" if known is not None else found.problem)
        print(f"Supervisor: {'answers' if found.supervisor else f'does not answer at {options.socket}'}")
        for job in found.jobs:
            print(f"  job {job.get('job_id')}: {job.get('state')} {job.get('message') or ''}".rstrip())
        print(f"Evidence that waits for the tracker: {len(found.waiting)}")
        for record_id, why in found.held.items():
            print(f"  held {record_id}: {why}")
    if known is None:
        return ExitCode.BAD_INPUT
    return ExitCode.PROVED if found.supervisor else ExitCode.UNREACHABLE


def _add_key(commands: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    key = commands.add_parser(
        "key",
        help="print the public evidence key, making the key at the first call",
        description="Print the public half of the evidence key. The private half is made here and never leaves.",
    )
    key.add_argument("--public", action="store_true", required=True, help="the only half that can be printed")
    key.add_argument("--json", action="store_true", help="print it as a JWK with its thumbprint as kid")
    key.add_argument("--state", metavar="DIR", help="where the station's key is kept")
    key.set_defaults(command=do)


def do(options: argparse.Namespace) -> ExitCode:
    """Print the key."""
    public = keys.station_key(keys.state_folder(options.state)).public_key()
    if options.json:
        print(json.dumps({"kid": record.key_id(public), **keys.public_jwk(public)}))
    else:
        print(keys.public_pem(public).decode(), end="")
    return ExitCode.PROVED
