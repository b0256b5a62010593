"""`tracker audit verify`, `checkpoint` and `key`: prove the log, and keep a proof elsewhere."""

import argparse
import json
import sys
from pathlib import Path
from uuid import UUID

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

from tracker.accounts.models import School
from tracker.audit import checkpoints, keys
from tracker.audit.statement import BadStatement, Statement, read
from tracker.cli import context
from tracker.cli.errors import CommandError, ExitCode
from tracker.config import Config
from tracker.db import db
from wipe.record import key_id

FILE_LIMIT = 16 << 20  # bytes of a file of checkpoints


def add(commands: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    """`tracker audit verify|checkpoint|key`."""
    parser = commands.add_parser("audit", help="prove the log, sign checkpoints", description="Look after the log.")
    below = parser.add_subparsers(required=True, metavar="COMMAND")
    verify = below.add_parser(
        "verify",
        help="prove that no event was changed, removed, inserted or moved",
        description="Read every event of every school and prove the chain: 0 proved, 12 broken (the first broken event "
        "is named), 13 cut off or written anew. Only a checkpoint that was kept elsewhere shows the last two for sure: "
        "give it with --checkpoint, once for each file.",
    )
    verify.add_argument("--checkpoint", type=Path, action="append", default=[], metavar="FILE", help="kept elsewhere")
    verify.add_argument("--key", type=Path, metavar="PEM", help="a public key to trust beside this tracker's own")
    verify.add_argument("--school", metavar="CODE", help="one school only")
    verify.add_argument("--json", action="store_true", help="print the result as JSON")
    verify.set_defaults(command=do_verify)
    sign = below.add_parser(
        "checkpoint",
        help="sign how long the log is and how it ends",
        description="Sign a checkpoint for each school, keep it in the database, and print it, one line each. Keep it "
        "where the tracker's administrator cannot write: it proves later that the end of the log was not cut off.",
    )
    sign.add_argument("--out", type=Path, metavar="FILE", help="write to a new file instead of the standard output")
    sign.add_argument("--school", metavar="CODE", help="one school only")
    sign.set_defaults(command=do_checkpoint)
    key = below.add_parser("key", help="print the public key of checkpoints (PEM)", description="Print the public key.")
    key.set_defaults(command=do_key)


def do_verify(options: argparse.Namespace) -> ExitCode:
    """Prove each chain. Raises CommandError for a checkpoint that cannot be used."""
    with context.database() as app:
        db.session.connection(execution_options={"read_only": True})
        config: Config = app.extensions["caretaker"]
        trusted = [keys.signing_key(config.instance).public_key()]
        if options.key:
            trusted.append(keys.load_public(options.key))
        known = {key_id(key): key for key in trusted}
        given = [(path, one) for path in options.checkpoint for one in _read(path, known)]
        schools = context.schools(options.school)
        gone = _gone(given, schools, all_schools=options.school is None)
        proofs = [
            (school, checkpoints.prove(school.id, [one for _, one in given if one.school_id == school.id], known))
            for school in schools
        ]
    if options.json:
        print(json.dumps({"proved": _code(proofs, gone) is ExitCode.DONE, "schools": _json(proofs), "gone": gone}))
    else:
        _say(proofs, gone, given=bool(given))
    return _code(proofs, gone)


def _gone(given: list[tuple[Path, Statement]], schools: list[School], *, all_schools: bool) -> list[str]:
    """Schools that a checkpoint names and this database does not hold."""
    here: set[UUID] = {school.id for school in schools}
    return [
        f"{path} is of a school whose log is not in this database ({one.school_id})."
        for path, one in given
        if all_schools and one.school_id not in here
    ]


def _code(proofs: list[tuple[School, checkpoints.Proof]], gone: list[str]) -> ExitCode:
    if any(proof.broken for _, proof in proofs):
        return ExitCode.LOG_BROKEN
    if proofs and not gone and all(proof.proved for _, proof in proofs):
        return ExitCode.DONE
    return ExitCode.LOG_CUT


def _say(proofs: list[tuple[School, checkpoints.Proof]], gone: list[str], *, given: bool) -> None:
    for school, proof in proofs:
        if proof.proved:
            print(f"{school.name}: proved, {proof.events} events, {proof.compared} statements about them agree.")
            print(f"  head {proof.head}")
        if proof.broken:
            print(f"{school.name}: BROKEN at event {proof.broken.seq}: {proof.broken.reason}.")
        for sentence in proof.contradictions:
            print(f"{school.name}: {sentence}")
    for sentence in gone:
        print(sentence)
    if not given:
        print("No checkpoint from elsewhere was given: whoever can write the database could have cut off its end.")


def _json(proofs: list[tuple[School, checkpoints.Proof]]) -> list[dict[str, object]]:
    return [
        {
            "school": school.code,
            "school_id": str(school.id),
            "proved": proof.proved,
            "events": proof.events,
            "head": proof.head,
            "broken": {"seq": proof.broken.seq, "reason": proof.broken.reason} if proof.broken else None,
            "contradictions": list(proof.contradictions),
            "compared": proof.compared,
        }
        for school, proof in proofs
    ]


def _read(path: Path, known: dict[str, Ed25519PublicKey]) -> list[Statement]:
    """The checkpoints of a file, one a line. Raises CommandError."""
    try:
        with path.open("rb") as file:
            lines = file.read(FILE_LIMIT + 1).decode("ascii").split()
    except (OSError, UnicodeDecodeError) as error:
        reason = error.strerror if isinstance(error, OSError) else "it is not text"
        advice = "Give a file that `tracker audit checkpoint` wrote, or one from the page Log, Checkpoints."
        raise CommandError(ExitCode.BAD_INPUT, f"{path} cannot be read: {reason}.", advice=advice) from error
    try:
        found = [read(line, known) for line in lines]
    except BadStatement as error:
        advice = "If it was signed before the key of this tracker was made anew, give its public key with --key."
        raise CommandError(ExitCode.BAD_RECORD, f"{path}: {error}", advice=advice) from error
    if not found:
        raise CommandError(ExitCode.BAD_INPUT, f"{path} holds no checkpoint.", advice="Give another file.")
    return found


def do_checkpoint(options: argparse.Namespace) -> ExitCode:
    """Sign and keep one checkpoint for each school. Raises CommandError where the file exists already."""
    with context.database() as app:
        config: Config = app.extensions["caretaker"]
        key = keys.signing_key(config.instance)
        signed = []
        for school in context.schools(options.school):
            signed.append(_signed(school, key))
        if options.out:
            try:
                with options.out.open("x", encoding="ascii") as file:
                    file.write("".join(f"{one}\n" for one in signed))
            except OSError as error:
                message = f"{options.out} cannot be written: {error.strerror}."
                raise CommandError(ExitCode.BAD_INPUT, message, advice="Choose a new name.") from error
        db.session.commit()
    if options.out:
        print(f"Signed {len(signed)}: {options.out}", file=sys.stderr)
    else:
        print("\n".join(signed))
    return ExitCode.DONE


def _signed(school: School, key: Ed25519PrivateKey) -> str:
    try:
        return checkpoints.sign(context.actor_for(school), key).statement
    except checkpoints.BadLog as error:
        advice = "Run `tracker audit verify` with the newest checkpoint that you keep elsewhere."
        raise CommandError(ExitCode.LOG_BROKEN, f"{school.name}: {error}", advice=advice) from error


def do_key(options: argparse.Namespace) -> ExitCode:
    """Print the public half. Raises BadSetting."""
    with context.database() as app:
        config: Config = app.extensions["caretaker"]
        print(keys.public_pem(keys.signing_key(config.instance).public_key()).decode(), end="")
    return ExitCode.DONE
