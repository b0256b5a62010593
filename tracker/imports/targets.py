"""What a column of a spreadsheet can mean: how headings are compared, and how meanings are guessed. Pure.

A target is a word such as `serial`. Targets are never renamed: mappings that schools made are remembered. What a list
of things and a list of people can tell stands in asset_targets.py and people_targets.py.
"""

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property

from tracker.values import folded

_BRACKETS = re.compile(r"\([^)]*\)|\[[^\]]*\]")
# The meaning of a heading, given some values below it and what other columns mean already; None: not known
Meaning = Callable[[str, Sequence[str], set[str]], str | None]


@dataclass(frozen=True)
class Target:
    """One thing that a column can mean: the word, what people call it, its group in the list, and a hint."""

    word: str
    label: str
    group: str
    hint: str = ""
    example: str = ""


@dataclass(frozen=True)
class Field:
    """A field that the school added: its target and its name."""

    word: str
    name: str


def heading_key(heading: str) -> str:
    """A heading to compare: without case, accents, punctuation and what stands in brackets."""
    plain = _BRACKETS.sub(" ", folded(heading))
    return " ".join("".join(c if c.isalnum() else " " for c in plain).split())


def by_heading(targets: Iterable[Target], synonyms: Mapping[str, str]) -> dict[str, str]:
    """The word of each heading that is known; `synonyms` are headings with semicolons between them, by word."""
    labels = {heading_key(target.label): target.word for target in targets}
    told = {heading_key(heading): word for word, headings in synonyms.items() for heading in headings.split(";")}
    return {**labels, **told}


@dataclass(frozen=True)
class Vocabulary:
    """What the columns of one kind of list can mean. `repeated`: words that several columns may have."""

    targets: tuple[Target, ...]
    meaning: Meaning
    repeated: frozenset[str] = frozenset()

    @cached_property
    def by_word(self) -> Mapping[str, Target]:
        """Each target by its word."""
        return {target.word: target for target in self.targets}

    @property
    def groups(self) -> dict[str, list[Target]]:
        """The targets as a list to choose from shows them."""
        found: dict[str, list[Target]] = {}
        for target in self.targets:
            found.setdefault(target.group, []).append(target)
        return found

    def guess(
        self, headings: Sequence[str], samples: Sequence[Sequence[str]], fields: Iterable[Field] = ()
    ) -> dict[int, str]:
        """What each column means, by its heading; `samples` are some values of each column. Left out: not known.

        Every target is given once, to the first column that fits, but for those that may be repeated.
        """
        own = {heading_key(field.name): field.word for field in fields}
        found: dict[int, str] = {}
        used: set[str] = set()
        for column, heading in enumerate(headings):
            if not heading_key(heading) and not folded(heading):
                continue
            below = samples[column] if column < len(samples) else ()
            word = own.get(heading_key(heading)) or self.meaning(heading, below, used)
            if word is None or (word in used and word not in self.repeated):
                continue
            found[column] = word
            used.add(word)
        return found

    def score(self, headings: Sequence[str]) -> int:
        """How many of these texts are headings that are known: the row with the most is the heading row."""
        used: set[str] = set()
        for heading in headings:
            word = self.meaning(heading, (), used) if heading else None
            if word is not None:
                used.add(word)
        return len(used)
