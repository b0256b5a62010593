"""`wipe record check` and `wipe verify`: what a piece of evidence is worth, alone and against the drive itself."""

import argparse
import json
from pathlib import Path

from wipe import codec, keys, plan, record
from wipe.blocks import Ending
from wipe.cli import describe, evidence_file
from wipe.drive import discover, guard
from wipe.errors import ExitCode, NotVerified, Refusal, Refused
from wipe.facts import PassPlan, has_serial, match
from wipe.pattern import Pattern
from wipe.verify import run_full
from wipe.vocabulary import PatternKind, RefusalCode


def add_record(commands: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    """`wipe record check FILE --key KEY`."""
    parser = commands.add_parser("record", help="check a signed record", description="Work with signed records.")
    check = parser.add_subparsers(required=True, metavar="COMMAND").add_parser(
        "check",
        help="check signature, form and logic of a record, offline",
        description="Check that a record is whole, was signed by KEY, and that its outcome follows from its evidence. "
        "Exit status 0 says that the record is genuine, not that the drive is clean: read the outcome.",
    )
    check.add_argument("file", type=Path, metavar="FILE", help="the evidence file")
    check.add_argument("--key", required=True, type=Path, metavar="KEY", help="the station's public key (PEM or JWK)")
    check.add_argument("--json", action="store_true", help="print the whole record as JSON")
    check.set_defaults(command=do_check)


def do_check(options: argparse.Namespace) -> ExitCode:
    """Check one record. Raises BadRecord."""
    key = keys.load_public(options.key)
    found = record.verify(evidence_file.read(options.file), {record.key_id(key): key})
    if options.json:
        print(json.dumps({**codec.encode(found.record), **found.unrecognised}, indent=2))
    else:
        who = found.record.identity
        print(f"Genuine: signed by the station whose key is {found.record.key_id}")
        print(f"  drive: {who.model or 'no model'}, serial {who.serial or 'none'}")
        print(f"  outcome: {found.record.outcome.value} (level {found.record.level.value})")
    return ExitCode.PROVED


def add_verify(commands: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    """`wipe verify DEVICE --evidence FILE`."""
    parser = commands.add_parser(
        "verify",
        help="read a drive now and compare it with its evidence",
        description="Read the whole drive and compare it with what its evidence says was written last. A random pass "
        "can be compared only on the station that wrote it, where its key is kept.",
    )
    parser.add_argument("device", metavar="DEVICE", help="the drive, or the file of a virtual drive")
    parser.add_argument("--evidence", required=True, type=Path, metavar="FILE", help="the evidence of its wipe")
    parser.add_argument("--key", type=Path, metavar="KEY", help="public key that signed it (default: this station's)")
    parser.add_argument("--state", metavar="DIR", help="where the station's keys are kept")
    parser.set_defaults(command=do_verify)


def do_verify(options: argparse.Namespace) -> ExitCode:
    """Compare. Raises BadRecord, Refused where it is another drive, NotVerified where it does not agree."""
    state = keys.state_folder(options.state)
    key = keys.load_public(options.key) if options.key else keys.station_key(state).public_key()
    evidence = record.verify(evidence_file.read(options.evidence), {record.key_id(key): key}).record
    drive = discover.find(options.device)
    capacity = drive.geometry.capacity_bytes
    differing = match(evidence.identity, evidence.geometry.capacity_bytes, drive.identity, capacity)
    if differing:
        message = f"{options.device} is not the drive of this evidence: {', '.join(differing)} differ."
        raise Refused([Refusal(RefusalCode.IDENTITY_CHANGED.value, message, "Find the drive that the evidence names.")])
    pattern = _pattern(evidence, state)
    with guard.open_fresh(drive) as opened:
        passes = len(evidence.passes)
        done = run_full(
            opened, opened.geometry, pattern, passes=passes, report=lambda progress: None, cancelled=lambda: False
        )
    bad = sum(one.blocks for one in (*done.result.mismatched, *done.result.unreadable))
    if done.ending is not Ending.COMPLETE or bad or done.result.bytes_read != capacity:
        raise NotVerified(f"{bad} blocks of {options.device} do not hold what the evidence says was written.")
    if not has_serial(drive.identity):
        print(f"{options.device} gives no serial number: that it is the drive of this evidence rests on your word.")
    print(f"All {describe.size(capacity)} hold what was written last ({pattern.kind.value}).")
    return ExitCode.PROVED


def _pattern(evidence: record.Record, state: Path) -> Pattern:
    """The pattern of the last pass, found again by its digest. Raises NotVerified."""
    if [one.number for one in evidence.passes] != [one.number for one in evidence.plan.passes]:
        raise NotVerified("This evidence tells of a run that did not make every pass: there is nothing to prove.")
    last = evidence.passes[-1]
    random = last.pattern in (PatternKind.RANDOM, PatternKind.RANDOM_COMPLEMENT)
    stream_key = keys.stream(state, evidence.record_id) if random else bytes(32)
    if stream_key is not None:
        for value in range(256) if not random else (0,):
            found = plan.pattern_of(PassPlan(last.number, last.pattern, value), stream_key)
            if found.digest == last.pattern_digest:
                return found
    raise NotVerified(
        "The key of the random pass is not on this station, so the drive cannot be compared byte by byte.",
        advice="Verify on the station that wiped it, or rely on the verification inside the evidence.",
    )
