"""Plain values that every feature shares: decisions, actors, roles, times, texts. Standard library only."""

import unicodedata
from dataclasses import dataclass
from datetime import UTC, date, datetime
from enum import StrEnum
from uuid import UUID
from zoneinfo import ZoneInfo

LONDON = ZoneInfo("Europe/London")  # screen and paper; storage is UTC
NIL_UUID = UUID(int=0)  # the chain of events that belong to no school


class Role(StrEnum):
    """What a person may do; the split of rights follows the school's policy, see docs/rules.md."""

    TECHNICIAN = "technician"
    BURSAR = "bursar"
    HEAD = "head"
    GOVERNOR = "governor"
    AUDITOR = "auditor"
    STAFF = "staff"

    @property
    def label(self) -> str:
        """The word on the screen."""
        return {"head": "Head teacher"}.get(self.value, self.value.capitalize())


@dataclass(frozen=True)
class Blocker:
    """One reason why not: a stable code for programs, a finished sentence for people."""

    code: str
    message: str


@dataclass(frozen=True)
class Decision:
    """The answer of a rule. Allowed only if a rule looked and found no blocker; there is no default."""

    blockers: tuple[Blocker, ...]

    @property
    def allowed(self) -> bool:
        """True when nothing blocks."""
        return not self.blockers


class Denied(Exception):
    """A rule said no. Carries every reason, in words made to be shown."""

    def __init__(self, blockers: tuple[Blocker, ...]) -> None:
        super().__init__(" ".join(blocker.message for blocker in blockers))
        self.blockers = blockers


class NotFound(Exception):
    """No such thing in this person's school; says nothing of other schools."""


class Conflict(Exception):
    """Somebody else changed the thing first; the message says what to do next."""


@dataclass(frozen=True)
class Actor:
    """Who does something, as a plain value, so that the log outlives the row.

    `id` is the user's or the station's; `None` is the system itself (start-up, timers, the command line).
    `origin` is where from: an IP address, `command line`, `demo`.
    """

    school_id: UUID
    id: UUID | None
    name: str
    role: Role | None
    origin: str
    request_id: UUID | None = None


@dataclass(frozen=True)
class Subject:
    """The thing an event is about. `label` is how people knew it at the time."""

    type: str
    id: UUID
    label: str


def utc_now() -> datetime:
    """Now, aware, in UTC. The one clock of the tracker; rules get it as a parameter."""
    return datetime.now(UTC)


def today() -> date:
    """The day at the school, by its own clock."""
    return utc_now().astimezone(LONDON).date()


def iso_utc(moment: datetime) -> str:
    """RFC 3339 in UTC with exactly six decimals, as signed and hashed bytes need it.

    Raises ValueError for a time without a zone.
    """
    if moment.tzinfo is None:
        raise ValueError("a time needs its zone")
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ")


def london(moment: datetime | None) -> str:
    """A time for people: `24 November 2026, 14:05`, in the school's zone; a dash for none."""
    if moment is None:
        return "–"
    local = moment.astimezone(LONDON)
    return f"{local.day} {local:%B %Y, %H:%M}"


def months_later(day: date, months: int) -> date:
    """The same day so many months later, or earlier for a negative number; the last day of a month without that day."""
    year, month = divmod(day.year * 12 + day.month - 1 + months, 12)
    for number in range(day.day, 27, -1):
        try:
            return date(year, month + 1, number)
        except ValueError:
            continue
    return date(year, month + 1, min(day.day, 28))


def pounds(pence: int | None) -> str:
    """Integer pence as `£1,234.50`; a dash for none."""
    if pence is None:
        return "–"
    sign = "-" if pence < 0 else ""
    return f"{sign}£{abs(pence) // 100:,}.{abs(pence) % 100:02}"


# Marks that turn the direction of what follows: a name could read as another one on the screen and on paper
_DIRECTION = frozenset("\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069")


def one_line(text: str) -> str:
    """A text as it is kept: composed letters (NFC), every run of white space one space, none at the ends."""
    return " ".join(unicodedata.normalize("NFC", text).split())


def unprintable(text: str) -> bool:
    """Whether a text holds what no keyboard types: control characters other than line ends and tabs, halves of pairs,
    direction marks.
    """
    return any(c in _DIRECTION or (unicodedata.category(c) in ("Cc", "Cs") and c not in "\n\r\t") for c in text)


def text_blockers(text: str, code: str, what: str, limit: int, *, least: int = 0, lines: bool = False) -> list[Blocker]:
    """What is wrong with a text that somebody typed: too short, too long, or not to be shown. Lengths in characters.

    `lines`: it may have more than one. The blockers carry `code`, so that a form can show them at the text's field.
    """
    if len(text.strip()) < least:
        short = f"Enter the {what}." if least == 1 else f"Write down the {what}, in {least} characters or more."
        return [Blocker(code, short)]
    if len(text) > limit:
        return [Blocker(code, f"The {what} is longer than {limit:,} characters. Shorten it.")]
    if unprintable(text) or (not lines and "\n" in text):
        return [Blocker(code, f"The {what} holds characters that cannot be shown. Type it again.")]
    return []


def folded(text: str) -> str:
    """A text for searching: without case, accents and runs of white space, the same on both databases."""
    plain = "".join(c for c in unicodedata.normalize("NFKD", text) if not unicodedata.combining(c))
    return " ".join(unicodedata.normalize("NFKC", plain.casefold()).split())


def search_words(text: str) -> list[str]:
    """The words of a search, folded, at most eight, without what cannot be shown (PostgreSQL takes no NUL)."""
    return folded("".join(c if c.isprintable() else " " for c in text[:500])).split()[:8]
