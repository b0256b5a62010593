"""Answers of smartctl: captured ones, and changes to them."""

import json
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from wipe.facts import Identity
from wipe.run import Transcript
from wipe.vocabulary import Medium, Transport

FOLDER = Path(__file__).parents[1] / "smart"


def captured(name: str) -> dict[str, Any]:
    """One answer."""
    found: dict[str, Any] = json.loads((FOLDER / f"{name}.json").read_text(encoding="utf-8"))
    return found


def printed(told: dict[str, Any], status: int | None = None) -> Transcript:
    """As if smartctl had printed it, with the exit status that stands in it."""
    found = told["smartctl"]["exit_status"] if status is None else status
    return Transcript(("smartctl",), found, json.dumps(told).encode(), b"", "")


def answering(answer: Callable[[Sequence[str]], Transcript], asked: list[list[str]]) -> Callable[..., Transcript]:
    """A stand-in for wipe.run.run which keeps what was asked."""

    def run(argv: Sequence[str], *, timeout: float) -> Transcript:
        assert argv[0] == "smartctl"
        assert timeout <= 20
        asked.append(list(argv[1:]))
        return answer(argv[1:])

    return run


def who(transport: Transport = Transport.SATA, kind: Medium = Medium.HDD, device: str = "/dev/sdz") -> Identity:
    """A drive that is not there."""
    return Identity(device, kind, transport, None, "TEST", "T-1", "udev", None, "1.0", None, False, None)
