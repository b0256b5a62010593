"""`wipe list` and `wipe plan`: look, and say what would be done. Nothing here opens a drive for writing."""

import argparse
import json
from pathlib import Path

from wipe import codec, keys, plan
from wipe.cli import describe
from wipe.drive import bays, discover, guard
from wipe.errors import ExitCode, Refused
from wipe.facts import Drive, Plan
from wipe.vocabulary import Method, VerificationKind


def add_list(commands: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    """`wipe list [--json] [--no-health] [--state DIR] [--virtual-dir DIR]`."""
    parser = commands.add_parser(
        "list",
        help="show every drive, and why one may not be wiped",
        description="Show every drive with its identity, capacity and health, and why it may not be wiped. "
        "Dead drives are shown too. Nothing is opened for writing.",
    )
    parser.add_argument("--json", action="store_true", help="print one JSON array for programs")
    parser.add_argument(
        "--virtual-dir", type=Path, metavar="DIR", help="list the virtual drives (*.img) of DIR instead"
    )
    parser.add_argument("--no-health", action="store_true", help="do not ask the drives for their health (faster)")
    parser.add_argument("--state", metavar="DIR", help="where the names of the station's bays are kept")
    parser.set_defaults(command=do_list)


def do_list(options: argparse.Namespace) -> ExitCode:
    """Print the drives. Raises BadInput."""
    known = bays.read(keys.state_folder(options.state))
    if options.virtual_dir is not None:
        drives = discover.list_virtual(options.virtual_dir)
    else:
        drives = discover.list_drives(with_health=not options.no_health)
    drives = [bays.named(drive, known) for drive in drives]
    if options.json:
        print(json.dumps([describe.as_json(drive) for drive in drives], indent=2))
    elif not drives:
        print("No drives found. Plug one in and try again.")
    for drive in drives if not options.json else ():
        print("\n".join(describe.lines(drive)))
    return ExitCode.PROVED


def add_plan(commands: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    """`wipe plan DEVICE [--method M] [--json]`."""
    parser = commands.add_parser(
        "plan",
        help="say what a wipe would do to a drive",
        description="Print the plan for one drive, or every reason why it may not be wiped (exit status 4).",
    )
    add_method(parser)
    parser.add_argument("--json", action="store_true", help="print one JSON object for programs")
    parser.set_defaults(command=do_plan)


def add_method(parser: argparse.ArgumentParser) -> None:
    """The arguments that make a plan, the same for `plan` and `erase`."""
    parser.add_argument(
        "device", metavar="DEVICE", help="a whole drive (/dev/sdb), or a file, which is a virtual drive"
    )
    parser.add_argument(
        "--method",
        choices=["auto", *(method.value for method in Method)],
        default="auto",
        help="how to overwrite; auto (the default) is nist-clear, one random pass, and on sticks and cards "
        "pattern-complement, two passes; legacy labels are for hard drives only",
    )
    parser.add_argument(
        "--verify",
        choices=[kind.value for kind in VerificationKind],
        default=VerificationKind.FULL.value,
        help="how much to read back (default: %(default)s); none can never prove anything",
    )
    parser.add_argument("--attest", metavar="REASON", help="how you know the drive, where it gives no serial number")


def planned(drive: Drive, options: argparse.Namespace) -> Plan:
    """The plan that the arguments of `add_method` ask for."""
    method = plan.method_for(drive.identity.kind) if options.method == "auto" else Method(options.method)
    return plan.make(drive, method, VerificationKind(options.verify), (options.attest or "").strip() or None)


def do_plan(options: argparse.Namespace) -> ExitCode:
    """Print the plan. Raises Refused."""
    drive = discover.find(options.device)
    made = planned(drive, options)
    refusals = (*guard.refusals(drive, attested=made.attestation is not None), *plan.unsuited(made))
    if options.json:
        told = {"plan": codec.encode(made), "digest": codec.digest(made), "confirm": plan.confirmation(drive.identity)}
        print(json.dumps({**told, "refusals": [codec.encode(refusal) for refusal in refusals]}, indent=2))
    if refusals:
        raise Refused(refusals)
    if not options.json:
        print("\n".join(describe.lines(drive)))
        print(f"Method {made.method.value}: {made.technique.value}; follows {'; '.join(made.standards)}")
        for one in made.passes:
            print(f"  pass {one.number}: {one.kind.value}")
        print(f"  read back: {made.verification.value}")
        print(f"To go on, confirm with: --confirm {plan.confirmation(drive.identity)}")
    return ExitCode.PROVED
