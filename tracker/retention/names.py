"""Find a name in texts and put a pseudonym in its place. Pure.

In the middle of a text only names of two words or more are found, and addresses: a Bill is a name, and an invoice, too.
A text that is nothing but the name is found in any case.
"""

import json
import re
from collections.abc import Iterable, Mapping
from functools import cached_property
from typing import Any

from tracker.values import folded

REMOVED = "removed"  # in the place of what is no name: a job, an address


class Names:
    """Old names and addresses, and what takes their place. Case, and runs of white space, do not matter."""

    def __init__(self, told: Mapping[str, str]) -> None:
        self.told = {" ".join(old.split()): new for old, new in told.items() if old.strip()}
        self._whole = {folded(old): new for old, new in self.told.items()}

    def __bool__(self) -> bool:
        return bool(self.told)

    @cached_property
    def patterns(self) -> list[str]:
        """What LIKE finds every text with that may hold one, with `/` to escape; also in JSON, and in an address."""
        found = set()
        for old in {*self.told, *self._whole}:
            for text in (old, json.dumps(old)[1:-1]):
                words = [re.sub(r"([%_/])", r"/\1", word) for word in text.split(" ")]
                found.add(f"%{'%'.join(words)}%")
        return sorted(found)

    @cached_property
    def _inside(self) -> re.Pattern[str] | None:
        parts = sorted((old for old in self.told if " " in old or "@" in old), key=len, reverse=True)
        if not parts:
            return None
        # folded spellings stand in columns for searching, plus signs and %20 in saved addresses
        spelled = [one for part in parts for one in dict.fromkeys((part, folded(part)))]
        texts = (r"(?:\s|\+|%20)+".join(re.escape(word) for word in one.split(" ")) for one in spelled)
        return re.compile(rf"(?<!\w)(?:{'|'.join(texts)})(?!\w)", re.IGNORECASE)

    def text(self, text: str) -> str:
        """A text with pseudonyms in it."""
        whole = self._whole.get(folded(text))
        if whole is not None:
            return whole
        return self._inside.sub(self._new, text) if self._inside is not None else text

    def _new(self, found: re.Match[str]) -> str:
        plain = re.sub(r"\+|%20", " ", found[0])
        return self._whole.get(folded(plain), REMOVED)

    def value(self, value: Any) -> Any:
        """A JSON value with pseudonyms in all its texts."""
        if isinstance(value, str):
            return self.text(value)
        if isinstance(value, list):
            return [self.value(one) for one in value]
        if isinstance(value, dict):
            return {name: self.value(one) for name, one in value.items()}
        return value


def of(names: Iterable[str], new: str, others: Iterable[str]) -> tuple[Names, Names, list[str]]:
    """The names as they are replaced where it is clear who is meant, and elsewhere; and those that others bear, too."""
    told = {name: new for name in names if name.strip()}
    taken = {folded(one) for one in others}
    shared = sorted({name for name in told if folded(name) in taken})
    return Names(told), Names({name: new for name in told if name not in shared}), shared
