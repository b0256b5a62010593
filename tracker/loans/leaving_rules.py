"""What is settled before somebody leaves, beside what the register knows: licences, keys, tokens. Pure.

Sources: clauses AC7 (leavers), AD2 (licences) and DS13 (tokens) of the school's policy.
"""

from tracker.loans.rules import LENDERS
from tracker.values import Blocker, Decision, Role, folded, one_line, text_blockers

LINE_LIMIT, NOTE_LIMIT = 120, 200  # characters
LINES_MOST = 30
# Of a school that wrote none of its own
USUAL = (
    "Licences and accounts of other systems are closed or passed on",
    "Keys and access cards that are not in the register are back",
    "Security tokens and memory sticks that are not in the register are back",
    "The school's data are off their own devices",
)


def lines_of(text: str) -> list[str]:
    """What was typed, one a line, each once."""
    found = {folded(line): one_line(line) for line in text.splitlines() if line.strip()}
    return list(found.values())


def may_set(lines: list[str], role: Role | None) -> Decision:
    """May the list be this from now on."""
    found = _role(role)
    if not 1 <= len(lines) <= LINES_MOST:
        found.append(Blocker("lines", f"Write from 1 to {LINES_MOST} lines."))
    for line in lines:
        found += text_blockers(line, "lines", "line", LINE_LIMIT)
    return Decision(tuple(found))


def may_mark(line: str, lines: list[str], note: str, role: Role | None) -> Decision:
    """May this person say of a line that it is settled, or that it is not after all."""
    found = [*_role(role), *text_blockers(note, "note", "note", NOTE_LIMIT)]
    if line not in lines:
        found.append(Blocker("line", "This line is not in the list any more. Look at the list again."))
    return Decision(tuple(found))


def _role(role: Role | None) -> list[Blocker]:
    return [] if role in LENDERS else [Blocker("role", "Only the technician or the bursar can do this.")]
