"""`tracker serve`: run the tracker behind waitress, a server made for it; never Flask's own."""

import argparse
import signal
import sys
from types import FrameType

from waitress import create_server

from tracker.accounts import service as accounts
from tracker.cli import context
from tracker.cli.errors import CommandError, ExitCode
from tracker.config import Config
from tracker.db import db
from tracker.imports import worker
from tracker.setup.code import setup_code

BODY_LIMIT = 33 << 20  # bytes; the largest request there is carries one evidence record of 32 MiB
CHANNELS = 200  # open connections; a school's browsers and stations are fewer


def add(commands: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    """`tracker serve [--host HOST] [--port PORT] [--threads N]`."""
    parser = commands.add_parser(
        "serve",
        help="run the tracker",
        description="Run the tracker until it is stopped with Ctrl-C or SIGTERM. It does not start on a database that "
        "is not migrated. Put a server that speaks HTTPS in front of it, and set CARETAKER_PROXIES=1.",
    )
    parser.add_argument("--host", default="127.0.0.1", help="address to listen on (default: %(default)s)")
    parser.add_argument("--port", type=_port, default=5000, help="TCP port (default: %(default)s)")
    parser.add_argument("--threads", type=_threads, default=8, help="requests at the same time (default: %(default)s)")
    parser.set_defaults(command=do)


def do(options: argparse.Namespace) -> ExitCode:
    """Serve until a signal. Raises BadSetting, CommandError."""
    with context.database() as app:
        config: Config = app.extensions["caretaker"]
        code = None if accounts.any_school() else setup_code(config.instance)
        db.session.remove()
    try:
        server = create_server(
            app,
            host=options.host,
            port=options.port,
            threads=options.threads,
            ident=None,
            connection_limit=CHANNELS,
            max_request_body_size=BODY_LIMIT,
            clear_untrusted_proxy_headers=False,  # tracker.app believes as many proxies as the settings say
        )
    except OSError as error:
        message = f"Cannot listen on {options.host}, port {options.port}: {error.strerror}."
        raise CommandError(ExitCode.BAD_INPUT, message, advice="Choose another --host or --port.") from error
    signal.signal(signal.SIGTERM, _stop)
    print(f"Caretaker listens on {options.host}, port {options.port}; its address is {config.base_url}", flush=True)
    if code is not None:
        print(f"No school is founded yet. Open {config.base_url}/setup and enter the setup code {code}", flush=True)
    worker.wake(app)  # what a server before this one did not end
    server.run()
    return ExitCode.DONE


def _stop(number: int, frame: FrameType | None) -> None:
    sys.exit(0)  # waitress catches it, finishes the requests it has, and returns


def _port(text: str) -> int:
    return _whole(text, 1, 65535)


def _threads(text: str) -> int:
    return _whole(text, 1, 64)


def _whole(text: str, least: int, most: int) -> int:
    if not text.isdecimal() or not least <= int(text) <= most:
        raise argparse.ArgumentTypeError(f"must be a whole number from {least} to {most}")
    return int(text)
