"""The `wipe` command: parse, run one command, turn every expected failure into its exit status and advice."""

import argparse
import sys
from collections.abc import Sequence

from wipe.cli import bays_cmd, erase_cmd, evidence_cmd, inspect_cmd, selftest_cmd, station_cmd
from wipe.errors import EXIT_CODE_MEANING, ExitCode, Refused, WipeError


def parser() -> argparse.ArgumentParser:
    """The whole command line."""
    table = "\n".join(f"  {code.value}  {meaning}" for code, meaning in EXIT_CODE_MEANING.items())
    top = argparse.ArgumentParser(
        prog="wipe",
        description="Wipe drives, and leave evidence that a third party can check.",
        epilog=f"exit status:\n{table}",
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    commands = top.add_subparsers(required=True, metavar="COMMAND")
    inspect_cmd.add_list(commands)
    inspect_cmd.add_plan(commands)
    bays_cmd.add(commands)
    selftest_cmd.add(commands)
    erase_cmd.add(commands)
    evidence_cmd.add_verify(commands)
    evidence_cmd.add_record(commands)
    station_cmd.add(commands)
    return top


def main(argv: Sequence[str] | None = None) -> int:
    """Run one command; the exit status. An unexpected error keeps its traceback: it is a bug, not a verdict."""
    options = parser().parse_args(argv)
    try:
        return int(options.command(options))
    except WipeError as error:
        messages = [refusal.message for refusal in error.refusals] if isinstance(error, Refused) else [error.message]
        for message in messages:
            print(f"wipe: {message}", file=sys.stderr)
        print(f"What to do: {error.advice}", file=sys.stderr)
        return int(error.exit_code)
    except BrokenPipeError:
        return int(ExitCode.BUG)


if __name__ == "__main__":
    sys.exit(main())
