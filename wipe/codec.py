"""Frozen dataclasses to JSON values and back, strictly: no missing member, no wrong type, no silent conversion.

A field that a later version of a format added says so with `added`: it has a default, is left out where it has that
value, so that older values keep their bytes, and is not known to a reader of an earlier version.
"""

import hashlib
import types
import typing
from dataclasses import field, fields, is_dataclass
from datetime import UTC, datetime
from enum import Enum
from typing import Any, TypeVar

import rfc8785

T = TypeVar("T")
TEXT_LIMIT = 4096  # characters
LIST_LIMIT = 200_000  # entries; a drive with more faulty ranges has nothing left to record
LATEST = 3  # of every format that is kept
_TIME = "%Y-%m-%dT%H:%M:%S.%fZ"


def added(default: T, *, since: int) -> T:
    """A field of a dataclass that version `since` of its format added."""
    found: T = field(default=default, metadata={"since": since})
    return found


class Malformed(ValueError):
    """A value does not have the shape it must have. The message names the place, never the whole value."""


def encode(value: object) -> Any:
    """To JSON values: enums as their words, times as RFC 3339 UTC with six decimals, tuples as arrays.

    Raises ValueError for a time without a zone and TypeError for what a record cannot hold.
    """
    if isinstance(value, Enum):
        return value.value
    if value is None or isinstance(value, str | bool | int):
        return value
    if isinstance(value, datetime):
        if value.tzinfo is None:
            raise ValueError("a time needs its zone")
        return value.astimezone(UTC).strftime(_TIME)
    if isinstance(value, tuple):
        return [encode(item) for item in value]
    if is_dataclass(value) and not isinstance(value, type):
        told = ((one, getattr(value, one.name)) for one in fields(value))
        return {one.name: encode(item) for one, item in told if "since" not in one.metadata or item != one.default}
    raise TypeError(f"a record cannot hold {type(value).__name__}")


def digest(value: object) -> str:
    """SHA-256, hex, over the canonical bytes (RFC 8785) of a dataclass."""
    return hashlib.sha256(rfc8785.dumps(encode(value))).hexdigest()


def decode(
    kind: type[T],
    value: object,
    place: str,
    *,
    extra: frozenset[str] | None = frozenset(),
    version: int = LATEST,
) -> T:
    """A dataclass from a JSON object with exactly its members, as `version` of its format has them. Raises Malformed.

    `extra` are members that may stand beside them and are left to the caller; None allows any.
    """
    if not isinstance(value, dict):
        raise Malformed(f"{place} is not an object")
    hints, later = _hints(kind, version)
    missing = hints.keys() - later - value.keys()
    if missing:
        raise Malformed(f"{place} lacks {', '.join(sorted(missing))}")
    if extra is not None and value.keys() - hints.keys() - extra:
        raise Malformed(f"{place} has members that it cannot have")
    found = {name: hint for name, hint in hints.items() if name in value}
    return kind(**{name: _value(hint, value[name], f"{place}.{name}", version) for name, hint in found.items()})


def _hints(kind: type[Any], version: int) -> tuple[dict[str, Any], set[str]]:
    """The members that a version has, and those of them that may be missing."""
    hints = typing.get_type_hints(kind)
    known = [one for one in fields(kind) if one.metadata.get("since", 1) <= version]
    return {one.name: hints[one.name] for one in known}, {one.name for one in known if "since" in one.metadata}


def _value(hint: Any, value: object, place: str, version: int) -> Any:
    origin = typing.get_origin(hint)
    if origin in (types.UnionType, typing.Union):
        if value is None:
            return None
        (hint,) = (one for one in typing.get_args(hint) if one is not type(None))
        return _value(hint, value, place, version)
    if origin is tuple:
        return _items(typing.get_args(hint)[0], value, place, version)
    if isinstance(hint, type) and is_dataclass(hint):
        return decode(hint, value, place, version=version)
    if isinstance(hint, type) and issubclass(hint, Enum):
        try:
            return hint(value)
        except ValueError:
            raise Malformed(f"{place} is not a known word") from None
    return _plain(hint, value, place)


def _items(hint: Any, value: object, place: str, version: int) -> tuple[Any, ...]:
    if not isinstance(value, list) or len(value) > LIST_LIMIT:
        raise Malformed(f"{place} is not a list, or too long a one")
    return tuple(_value(hint, item, f"{place}[{index}]", version) for index, item in enumerate(value))


def _plain(hint: Any, value: object, place: str) -> Any:
    if hint is datetime:
        return _time(value, place)
    if type(value) is not hint:  # exactly: a bool is an int in Python, and 1.0 is not 1
        raise Malformed(f"{place} is not of type {hint.__name__}")
    if isinstance(value, str) and len(value) > TEXT_LIMIT:
        raise Malformed(f"{place} is too long")
    if isinstance(value, int) and not isinstance(value, bool) and not -(2**53) < value < 2**53:
        raise Malformed(f"{place} is outside what JSON numbers hold exactly")
    return value


def _time(value: object, place: str) -> datetime:
    if isinstance(value, str):
        try:
            moment = datetime.strptime(value, _TIME).replace(tzinfo=UTC)
        except ValueError:
            moment = None
        if moment is not None and moment.strftime(_TIME) == value:
            return moment
    raise Malformed(f"{place} is not a time in UTC with six decimals")
