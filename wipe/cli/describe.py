"""Drives and results in words and as JSON, for every command alike."""

from typing import Any

from wipe import codec
from wipe.blocks import Ending
from wipe.drive import guard
from wipe.drive.holders import draw
from wipe.errors import ExitCode
from wipe.facts import Bay, Drive
from wipe.record import Record
from wipe.vocabulary import Outcome

EXIT_OF: dict[Outcome, ExitCode] = {
    Outcome.SANITISED_PURGE: ExitCode.PROVED,
    Outcome.SANITISED_CLEAR: ExitCode.PROVED,
    Outcome.CLEARED_WITH_EXCEPTIONS: ExitCode.EXCEPTIONS,
    Outcome.INTERRUPTED: ExitCode.INTERRUPTED,
    Outcome.INDETERMINATE: ExitCode.NOT_VERIFIED,
}


def exit_code(record: Record) -> ExitCode:
    """The exit status of a run: 0 only for a proved result."""
    if record.outcome is Outcome.FAILED and record.ending is Ending.CHANGED:
        return ExitCode.NOT_VERIFIED
    if record.outcome is Outcome.FAILED:
        read = record.verification
        faulty = any(one.unwritten for one in record.passes) or (read is not None and bool(read.unreadable))
        return ExitCode.HARDWARE_FAULT if faulty else ExitCode.NOT_VERIFIED
    return EXIT_OF[record.outcome]


def size(count: int) -> str:
    """Bytes as the label on a drive has them: powers of ten."""
    amount, unit = float(count), "bytes"
    for larger in ("kB", "MB", "GB", "TB", "PB"):
        if amount < 1000:
            break
        amount, unit = amount / 1000, larger
    return f"{count} bytes" if unit == "bytes" else f"{amount:.1f} {unit}"


def as_json(drive: Drive) -> dict[str, Any]:
    """A drive for programs, with why it may not be wiped. A missing serial alone can be attested."""
    found = codec.encode(drive)
    found["refusals"] = [codec.encode(refusal) for refusal in guard.refusals(drive, attested=False)]
    return dict(found)


def lines(drive: Drive) -> list[str]:
    """A drive for people."""
    who = drive.identity
    name = " ".join(part for part in (who.make, who.model) if part) or "no model"
    head = f"{who.device}  {name}  serial {who.serial or 'none'}  {size(drive.geometry.capacity_bytes)}"
    kind = f"  {who.kind.value} on {who.transport.value}, health {_health(drive)}"
    refusals = guard.refusals(drive, attested=False)
    told = [f"  cannot be wiped: {refusal.message}" for refusal in refusals] or ["  may be wiped"]
    path = [f"  at {who.bay}"] if who.bay else []
    where = [f"  in {place(drive.bay)}"] if drive.bay is not None else path
    return [head, *where, kind, *told, *(f"    {line}" for line in draw(drive.holders))]


def place(bay: Bay) -> str:
    """A bay for people: its name, and what to look for."""
    return f"{bay.name} ({bay.hint})" if bay.hint else bay.name


def _health(drive: Drive) -> str:
    word = {"yes": "good", "no": "FAILING"}.get(drive.health.passed.value, "not known")
    return word if not drive.health.messages else f"{word} ({drive.health.messages[0]})"
