"""Members of a tool's JSON answer, each of which may be missing or of any shape: a drive's firmware fills half."""

import json
from typing import Any

WORDS_LIMIT = 200  # characters of one text


def object_of(stdout: bytes) -> dict[str, Any] | None:
    """The object that a tool printed; None where it printed anything else."""
    try:
        found = json.loads(stdout)
    except (ValueError, RecursionError):
        return None
    return found if isinstance(found, dict) else None


def part(told: dict[str, Any], name: str) -> dict[str, Any]:
    """A member that is an object; an empty one for anything else."""
    value = told.get(name)
    return value if isinstance(value, dict) else {}


def rows(value: object) -> list[dict[str, Any]]:
    """The objects of a list; none for anything else."""
    return [row for row in value if isinstance(row, dict)] if isinstance(value, list) else []


def whole(value: object) -> int | None:
    """A number that counts something, and that a record can hold; None for anything else."""
    return value if isinstance(value, int) and not isinstance(value, bool) and 0 <= value < 2**53 else None


def text(value: object) -> str | None:
    """A text in one line, without padding; None for an empty one and for anything else."""
    if not isinstance(value, str):
        return None
    found = " ".join(value.split())[:WORDS_LIMIT]
    return found if found and found.isprintable() else None
