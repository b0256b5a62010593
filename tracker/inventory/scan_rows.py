"""What is said of a scan: one entry of the list of scans, or the page of a single one. Words only; reads nothing."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from uuid import UUID

from labels import code
from tracker.inventory.rules import ENDED, AssetState
from tracker.inventory.scanning import Finding, Found, Seen
from tracker.values import london

LOOK_AGAIN = ENDED | {AssetState.MISSING}  # states in which nobody should hold the thing in their hands
OFFERS = 3  # serial numbers that are offered to register with
SERIAL = 120  # characters that a serial number has at most
SHOWN = 80  # characters of a code that are shown; a label holds more than anybody reads


class Outcome(StrEnum):
    """What a scan came to. Each has a word, a mark and a tone of its own: never colour alone."""

    FOUND = "found"
    WARNING = "warning"
    UNKNOWN = "unknown"

    @property
    def word(self) -> str:
        """The word on the screen."""
        return {"found": "Found", "warning": "Look again", "unknown": "Not known"}[self.value]

    @property
    def tone(self) -> str:
        """How it is drawn beside the word."""
        return {"found": "good", "warning": "warn", "unknown": "bad"}[self.value]


@dataclass(frozen=True)
class Entry:
    """One scan, explained. `key` is the same for two scans of the same thing, so that repeats are counted."""

    key: str
    outcome: Outcome
    title: str
    text: str  # what was read, shortened
    details: tuple[str, ...] = ()
    messages: tuple[str, ...] = ()
    seen: Seen | None = None  # the one asset
    assets: tuple[Seen, ...] = ()  # where there is a choice
    others: tuple[Found, ...] = ()
    tag: str = ""  # shown; a right tag that nothing has
    serials: tuple[str, ...] = ()  # what it can be registered with

    @property
    def said(self) -> str:
        """One line for a screen reader."""
        return f"{self.outcome.word}: {' '.join((self.title + '.', *self.messages))}"


def explain(finding: Finding, seen: Mapping[UUID, Seen]) -> Entry:
    """What a finding means to the person who scans. `seen` holds its assets."""
    text = finding.scan.text
    short = text if len(text) <= SHOWN else text[: SHOWN - 1] + "…"
    assets = tuple(seen[asset.id] for asset in finding.assets)
    read_as = (f"Read from a longer code: {finding.read_as}.",) if finding.read_as else ()
    if finding.hits > 1:
        title = f"{finding.hits} things fit this code"
        messages = (*read_as, "Choose the right one.")
        return Entry(text, Outcome.WARNING, title, short, messages=messages, assets=assets, others=finding.others)
    if assets:
        return _asset(finding, assets[0], short, read_as)
    if finding.others:
        other = finding.others[0]
        return Entry(str(other.id), Outcome.FOUND, other.label, short, (other.detail,), read_as, others=finding.others)
    return _unknown(finding, short)


def nearly_a_tag(text: str) -> bool:
    """Whether it has the shape of a tag, but a wrong check character: then rather scan again than register."""
    plain = "".join(one for one in text.upper() if one.isalnum())
    return len(plain) == code.LENGTH and set(plain) <= set(code.ALPHABET + "OIL") and code.normalise(plain) is None


def warnings(finding: Finding) -> tuple[str, ...]:
    """What the person has to know of the one asset that a scan leads to, before anything else."""
    asset = finding.assets[0]
    found: list[str] = []
    if (label := finding.retired) is not None:
        why = label.reason.strip().rstrip(".")
        found.append(
            f"This is an old label. It was retired on {london(label.retired_at)}, because: {why}. "
            f"The tag is now {code.shown(asset.tag)}. Put its new label on it."
        )
    state = AssetState(asset.state)
    if state in LOOK_AGAIN:
        found.append(f"The register says: {state.label.lower()}. Open it and put that right.")
    return tuple(found)


def _asset(finding: Finding, seen: Seen, short: str, read_as: Sequence[str]) -> Entry:
    told = warnings(finding)
    asset = seen.asset
    details = (seen.state, seen.place or "No place", seen.person)
    return Entry(
        str(asset.id),
        Outcome.WARNING if told else Outcome.FOUND,
        f"{seen.tag} {seen.label}",
        short,
        tuple(one for one in details if one),
        (*told, *read_as),
        seen=seen,
    )


def _unknown(finding: Finding, short: str) -> Entry:
    """Nothing is known by that: why not, and what to register it with."""
    scan = finding.scan
    if scan.kind is code.ScanKind.INVALID:
        return Entry(scan.text, Outcome.UNKNOWN, "This code cannot be used", short, messages=(scan.problem,))
    if scan.tag is not None:
        shown = code.shown(scan.tag)
        message = f"The tag {shown} is right, but no asset has it yet."
        return Entry(scan.tag, Outcome.UNKNOWN, f"{shown} is a free label", short, messages=(message,), tag=shown)
    serials = _apart(finding.guesses)[: OFFERS - 1]
    if len(scan.text) <= SERIAL:
        serials += (scan.text,)
    messages = []
    if nearly_a_tag(scan.text):
        messages.append("If this is one of our tags, its last character does not fit the others: scan it again.")
    if finding.article:
        messages.append(
            "This looks like an article number (EAN or UPC), which is the same on every piece of its kind. "
            "Scan the serial number, or our own label."
        )
    return Entry(scan.text, Outcome.UNKNOWN, short, short, messages=tuple(messages), serials=serials)


def _apart(guesses: Sequence[str]) -> tuple[str, ...]:
    """The guesses without those that are only an end of a likelier one."""
    return tuple(one for place, one in enumerate(guesses) if not any(one in likelier for likelier in guesses[:place]))
