"""`tracker certificate verify`: what a file proves, on a machine without the register."""

import argparse
import json
import sys
from pathlib import Path

from cryptography import x509

from tracker.certificates import offline

GENUINE, UNUSABLE, NOT_PROVED, NOT_GENUINE = 0, 3, 6, 9  # exit status, as in tracker.cli.errors
LIMIT = 64 << 20  # bytes that are read of a file
_MARK = {True: "good", False: "WRONG", None: "not looked at"}


def add(commands: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    """`tracker certificate verify FILE [--ca PEM] [--key PEM] [--json]`."""
    parser = commands.add_parser(
        "certificate", help="check a certificate offline", description="Work with certificates of data erasure."
    )
    verify = parser.add_subparsers(required=True, metavar="COMMAND").add_parser(
        "verify",
        help="check a certificate (PDF) or a record (.jws), without the register",
        description="Check the signature of a certificate, the station's record and the content inside it, and that "
        "they agree. Exit status 0 says that every point was looked at and is good, not that the drive is clean: read "
        "the outcome. Whether the certificate was replaced or withdrawn only the school's own page can tell.",
    )
    verify.add_argument("file", type=Path, metavar="FILE", help="the certificate, or a signed record alone")
    verify.add_argument(
        "--ca", type=Path, action="append", default=[], metavar="PEM", help="the school's authority, from its own page"
    )
    verify.add_argument(
        "--key", type=Path, action="append", default=[], metavar="KEY", help="the station's public key (PEM or JWK)"
    )
    verify.add_argument("--json", action="store_true", help="print the points as JSON")
    verify.set_defaults(command=do_verify)


def do_verify(options: argparse.Namespace) -> int:
    """Check one file; the exit status."""
    try:
        report = _report(options)
    except offline.Unreadable as error:
        print(f"tracker: {error}", file=sys.stderr)
        print("What to do: name a certificate as it was downloaded, and keys as the school gave them.", file=sys.stderr)
        return UNUSABLE
    if options.json:
        print(json.dumps(report.as_json(), indent=2))
    else:
        _show(report)
    return {True: GENUINE, False: NOT_GENUINE, None: NOT_PROVED}[report.genuine]


def _report(options: argparse.Namespace) -> offline.Report:
    data = _read(options.file)
    keys = [offline.load_key(_read(path)) for path in options.key]
    authorities = [_authority(_read(path)) for path in options.ca]
    if data.lstrip().startswith(b"%PDF-"):
        return offline.check_certificate(data, authorities, keys)
    return offline.check_record(data.strip(), keys)


def _read(path: Path) -> bytes:
    try:
        with path.open("rb") as file:
            data = file.read(LIMIT + 1)
    except OSError as error:
        raise offline.Unreadable(f"{path} cannot be read: {error.strerror}.") from error
    if len(data) > LIMIT:
        raise offline.Unreadable(f"{path} is larger than anything that is checked here.")
    return data


def _authority(data: bytes) -> bytes:
    try:
        x509.load_pem_x509_certificate(data)
    except ValueError as error:
        raise offline.Unreadable("The authority is no certificate in PEM.") from error
    return data


def _show(report: offline.Report) -> None:
    verdict = {
        True: "Genuine: every point was looked at and is good.",
        False: "NOT GENUINE: do not rely on it.",
        None: "Not proved: nothing wrong was found, but not every point could be looked at.",
    }
    for point in report.points:
        print(f"{_MARK[point.good]:>13}  {point.says}")
    for name, value in report.about.items():
        print(f"{name:>13}: {_printable(value)}")
    print(verdict[report.genuine])


def _printable(text: str) -> str:
    """Without what could move a terminal's cursor."""
    return "".join(c if c.isprintable() else "?" for c in text)
