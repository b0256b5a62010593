"""`wipe station key --public`: the public half of the station's evidence key."""

import argparse
import json

from wipe import keys, record
from wipe.errors import ExitCode


def add(commands: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    """`wipe station key --public [--json]`."""
    parser = commands.add_parser("station", help="this station's key", description="Work with this station.")
    key = parser.add_subparsers(required=True, metavar="COMMAND").add_parser(
        "key",
        help="print the public evidence key, making the key at the first call",
        description="Print the public half of the evidence key. The private half is made here and never leaves.",
    )
    key.add_argument("--public", action="store_true", required=True, help="the only half that can be printed")
    key.add_argument("--json", action="store_true", help="print it as a JWK with its thumbprint as kid")
    key.add_argument("--state", metavar="DIR", help="where the station's key is kept")
    key.set_defaults(command=do)


def do(options: argparse.Namespace) -> ExitCode:
    """Print it."""
    public = keys.station_key(keys.state_folder(options.state)).public_key()
    if options.json:
        print(json.dumps({"kid": record.key_id(public), **keys.public_jwk(public)}))
    else:
        print(keys.public_pem(public).decode(), end="")
    return ExitCode.PROVED
