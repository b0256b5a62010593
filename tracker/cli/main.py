"""The `tracker` command: parse, run one command, turn every expected failure into its exit status and advice."""

import argparse
import importlib
import importlib.util
import sys
from collections.abc import Sequence

from tracker.cli import attachments, audit, database, export, remind, retention, school, serve, spreadsheet, user
from tracker.cli.errors import EXIT_CODE_MEANING, CommandError, ExitCode
from tracker.config import BadSetting
from tracker.values import Denied
from wipe.errors import WipeError

# Commands of the features, each a module with `add(commands)`, and those of the command line itself.
FEATURES = ("tracker.certificates.cli", "tracker.demo.run")


def parser() -> argparse.ArgumentParser:
    """The whole command line."""
    table = "\n".join(f"  {code.value:<3} {meaning}" for code, meaning in EXIT_CODE_MEANING.items())
    top = argparse.ArgumentParser(
        prog="tracker",
        description="Run and look after Caretaker, the school's register. Settings come from the environment "
        "(CARETAKER_*, see docs/deployment.md).",
        epilog=f"exit status:\n{table}",
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    commands = top.add_subparsers(required=True, metavar="COMMAND")
    for own in (serve, database, school, user, audit, attachments, export, remind, retention, spreadsheet):
        own.add(commands)
    for name in FEATURES:
        if importlib.util.find_spec(name) is None:
            continue
        importlib.import_module(name).add(commands)
    return top


def main(argv: Sequence[str] | None = None) -> int:
    """Run one command; the exit status. An unexpected error keeps its traceback: it is a bug, not an answer."""
    options = parser().parse_args(argv)
    try:
        return int(options.command(options))
    except CommandError as error:
        return _failed(error.code, [str(error)], error.advice)
    except BadSetting as error:
        return _failed(ExitCode.BAD_INPUT, [str(error)], "Correct the setting and start again.")
    except Denied as error:
        return _failed(ExitCode.REFUSED, [one.message for one in error.blockers], "Nothing was changed.")
    except WipeError as error:
        return _failed(int(error.exit_code), [error.message], error.advice)
    except BrokenPipeError:
        return int(ExitCode.BUG)
    except KeyboardInterrupt:
        return int(ExitCode.BUG)


def _failed(code: int, messages: list[str], advice: str) -> int:
    for message in messages:
        print(f"tracker: {message}", file=sys.stderr)
    print(f"What to do: {advice}", file=sys.stderr)
    return int(code)


if __name__ == "__main__":
    sys.exit(main())
