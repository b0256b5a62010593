"""The account of a run for paper and screen: what was written, left out, slow, interrupted, and the drive's health.

Pure. It is made from what stands on a certificate, or from the evidence of a run that has none.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from tracker.certificates import words
from tracker.certificates.paper import Content
from wipe.blocks import Ending
from wipe.facts import Bay, BlockRange, ErrorLimits, Health, Hold, PassResult, Reading, VerifyResult
from wipe.record import Interruption, Record
from wipe.vocabulary import METHOD_PASSES, Cut, Method, TriState, VerificationKind

REASON_LENGTH = 60  # characters of a reason in a table; the evidence has all of it
_ENDING = {
    Ending.CANCELLED: "It was cancelled by a person.",
    Ending.GONE: "The drive left, or stopped answering.",
    Ending.GIVEN_UP: "The drive's errors took longer than the plan allows.",
    Ending.CHANGED: "Another drive answered.",
}
_CUT = {
    Cut.CUT_OFF: "cut off by a power cut or a killed program",
    Cut.DRIVE_LEFT: "cut off when the drive left",
    Cut.CANCELLED: "cancelled",
}
_PASSED = {TriState.YES: "passed", TriState.NO: "failing", TriState.UNKNOWN: "not reported"}


@dataclass(frozen=True, slots=True)
class Run:
    """What was done to one drive, and what the account of it looks at. Sizes in bytes."""

    capacity_bytes: int
    block_size: int
    method: Method
    ending: Ending | None  # None: a certificate of before, which does not say it
    passes: tuple[PassResult, ...]
    verification: VerifyResult | None
    interruptions: tuple[Interruption, ...]
    limits: ErrorLimits | None
    health_before: Health
    health_after: Health
    errors: tuple[str, ...]
    started: datetime
    ended: datetime
    bay: Bay | None
    readings: tuple[Reading, ...]
    holds: tuple[Hold, ...]
    clock_moved_seconds: int


@dataclass(frozen=True, slots=True)
class Place:
    """A run of blocks as a row of a table."""

    where: str  # "Pass 1", "Reading back"
    start_lba: int
    blocks: int
    size: int  # bytes
    reason: str

    @property
    def last_lba(self) -> int:
        """The last block of it."""
        return self.start_lba + self.blocks - 1


def of_content(content: Content) -> Run:
    """The run that a certificate or a report tells of."""
    device = content.device
    return Run(
        device.capacity_bytes,
        max(device.block_size, 1),
        content.method,
        content.ending,
        content.passes,
        content.verification,
        content.interruptions,
        content.error_limits,
        content.health_before,
        content.health_after,
        content.errors,
        content.started,
        content.ended,
        content.bay,
        content.readings,
        content.holds,
        content.clock_moved_seconds,
    )


def of_record(record: Record) -> Run:
    """The run that a signed record tells of."""
    return Run(
        record.geometry.capacity_bytes,
        max(record.geometry.logical_block_size, 1),
        record.plan.method,
        record.ending,
        record.passes,
        record.verification,
        record.interruptions,
        record.plan.limits,
        record.health_before,
        record.health_after,
        record.errors,
        record.started,
        record.ended,
        record.bay,
        record.readings,
        record.holds,
        record.clock_moved_seconds,
    )


# How far it came


def ended_early(run: Run) -> str:
    """Why the run did not come to its end, a finished sentence; empty where it did or nobody says."""
    return _ENDING.get(run.ending, "") if run.ending is not None else ""


def written(run: Run) -> str:
    """How much of the medium the last pass that began has written."""
    planned = len(METHOD_PASSES[run.method])
    if not run.passes:
        return f"Nothing: none of {words.many(planned, 'planned pass', 'planned passes')} was begun"
    last = run.passes[-1]
    of_all = f"{words.short_size(last.bytes_written)} of {words.short_size(run.capacity_bytes)}"
    whole = f"{of_all} ({words.percent(last.bytes_written, run.capacity_bytes)})"
    return whole if planned == 1 else f"{whole} in pass {last.number} of {planned}"


def read_back(run: Run) -> str:
    """What was read back, and whether it held."""
    done = run.verification
    if done is None:
        return "Nothing was read back"
    read = f"{words.short_size(done.bytes_read)} read back"
    lost = sum(one.blocks for one in done.unreadable)
    bad = lost + sum(one.blocks for one in done.mismatched)
    found = f"{words.many(bad, 'block')} wrong or unreadable" if bad else "no difference"
    if done.bytes_read + lost * run.block_size < done.bytes_expected:
        found += ", and it did not come to its end"
    sound = not bad and done.bytes_read == done.bytes_expected
    whole = "Every block" if sound else "In full"
    return f"{whole if done.kind is VerificationKind.FULL else 'By sample'}: {read}, {found}"


# Ranges of blocks


def unwritten(run: Run) -> list[Place]:
    """What was not written, pass by pass, as exact blocks."""
    return [place for one in run.passes for place in _places(run, f"Pass {one.number}", one.unwritten)]


def slow(run: Run) -> list[Place]:
    """What was written far slower than the rest, pass by pass: the sign of a dying drive."""
    return [place for one in run.passes for place in _places(run, f"Pass {one.number}", one.slow)]


def differing(run: Run) -> list[Place]:
    """What does not hold what was written, or could not be read back."""
    done = run.verification
    return [] if done is None else _places(run, "Reading back", (*done.mismatched, *done.unreadable))


def _places(run: Run, where: str, ranges: Iterable[BlockRange]) -> list[Place]:
    return [Place(where, one.start_lba, one.blocks, one.blocks * run.block_size, one.reason) for one in ranges]


def total(places: Sequence[Place]) -> str:
    """`200 ranges, 1,400 blocks, 716.8 kB`; `None` for none."""
    if not places:
        return "None"
    blocks, size = sum(one.blocks for one in places), sum(one.size for one in places)
    return f"{words.many(len(places), 'range')}, {words.many(blocks, 'block')}, {words.short_size(size)}"


def a_place(one: Place) -> str:
    """A run of blocks in one line."""
    to = f" to {one.last_lba:,}" if one.blocks > 1 else ""
    about = f"{words.many(one.blocks, 'block')}, {one.size:,} bytes"
    return f"{one.where}: block {one.start_lba:,}{to} ({about}): {short(one.reason)}"


def short(reason: str) -> str:
    """A reason that fits into a table."""
    return reason if len(reason) <= REASON_LENGTH else f"{reason[: REASON_LENGTH - 1]}…"


# Interruptions


def interruptions(run: Run) -> list[str]:
    """Each run before this one that did not come to its end, and where or why not this one went on."""
    return [_interruption(run, one) for one in run.interruptions]


def in_short(run: Run) -> str:
    """How many there were, and whether this run went on."""
    last = max(run.interruptions, key=lambda one: one.started)
    how = "; this one went on from where the last was" if last.pass_number is not None else "; this one began anew"
    return f"{words.many(len(run.interruptions), 'run')} before this one did not come to an end{how}"


def _interruption(run: Run, one: Interruption) -> str:
    how = _CUT[one.cause] if one.cause is not None else "cut off"
    until = "" if one.ended is None else f"; its last note of how far it was is of {words.utc(one.ended)}"
    began = f"A run begun {words.utc(one.started)} was {how}{until}."
    return " ".join(part for part in (began, _went_on(run, one), _found_at(one)) if part)


def _went_on(run: Run, one: Interruption) -> str:
    if one.pass_number is not None:
        offset = one.offset or 0
        share = words.percent(offset, run.capacity_bytes)
        return f"This run went on with pass {one.pass_number}, from byte {offset:,} ({share} of the medium)."
    if one.cause is None and not one.why_anew:
        return ""  # a record of before version 2 does not say
    return f"This run began anew: {one.why_anew}" if one.why_anew else "This run began anew."


def _found_at(one: Interruption) -> str:
    where = " in ".join(part for part in (one.device, one.bay) if part)
    return f"It found the drive at {where}." if where else ""


# What happened beside the work


def beside(run: Run) -> list[tuple[str, list[str]]]:
    """The bay, holds, identity and clock: a label and its lines for each that the evidence has."""
    clock = run.clock_moved_seconds
    found = [
        ("Bay at the station", [] if run.bay is None else [f"{run.bay.name} ({run.bay.path})"]),
        ("Held while too warm", _holds(run.holds)),
        ("Identity during the run", _readings(run.readings)),
        (
            "Clock of the station",
            [f"It was set {'back' if clock < 0 else 'forward'} by {words.many(abs(clock), 'second')}."]
            if clock
            else [],
        ),
    ]
    return [(label, lines) for label, lines in found if lines]


def _holds(holds: Sequence[Hold]) -> list[str]:
    if not holds:
        return []
    total = sum((one.ended - one.started for one in holds), timedelta())
    first = holds[0].started
    return [
        f"{words.many(len(holds), 'hold')}, {words.duration(first, first + total)} in all",
        *(_hold(one) for one in holds),
    ]


def _hold(one: Hold) -> str:
    warm = "too warm by its own word" if one.temperature_c is None else f"{one.temperature_c} °C"
    cool = "not known" if one.ended_c is None else f"{one.ended_c} °C"
    whose = "the drive's own limit" if one.own_limit else "a common limit, since the drive names none"
    span = f"{words.utc(one.started)} to {words.utc(one.ended)}"
    return f"{span}: {warm} at first, {cool} at the end; {whose} is {one.limit_c} °C"


def _readings(readings: Sequence[Reading]) -> list[str]:
    """How often the drive was asked who it is, and each answer that was not the drive of the plan."""
    if not readings:
        return []
    asked = f"Asked {words.many(len(readings), 'time')}"
    other = [one for one in readings if one.held is not TriState.YES]
    if not other:
        return [f"{asked}: the same drive each time"]
    return [f"{asked}: the same drive {words.many(len(readings) - len(other), 'time')}", *map(_other, other)]


def _other(one: Reading) -> str:
    if one.held is TriState.UNKNOWN:
        return f"{words.utc(one.at)}: no answer that could be compared"
    differs = ", ".join(name.removesuffix("_bytes") for name in one.differing)
    return f"{words.utc(one.at)}: another drive answered (different: {differs or 'not recorded'})"


# Limits and health


def limits(run: Run) -> str:
    """How long errors were worked on before a place was given up."""
    told = run.limits
    if told is None:
        return "Not recorded"
    return (
        f"{words.many(told.block_tries, 'try', 'tries')} for a block, {told.region_seconds:,} s for a faulty region, "
        f"{told.drive_seconds:,} s for all errors of a pass"
    )


def health(run: Run) -> list[tuple[str, str, str, str]]:
    """What the drive said of itself: name, before, after, and the change."""
    before, after = run.health_before, run.health_after
    found = [("Overall", _PASSED[before.passed], _PASSED[after.passed], _changed(before.passed, after.passed))]
    for name, unit, first, last in (
        ("Moved sectors", "", before.reallocated, after.reallocated),
        ("Pending sectors", "", before.pending, after.pending),
        ("Wear", " %", before.wear_percent, after.wear_percent),
        ("Powered on", " h", before.power_on_hours, after.power_on_hours),
        ("Temperature", " °C", before.temperature_c, after.temperature_c),
    ):
        if first is not None or last is not None or name in ("Moved sectors", "Pending sectors"):
            found.append((name, _figure(first, unit), _figure(last, unit), _difference(first, last, unit)))
    return found


def health_lines(run: Run) -> list[str]:
    """The same, a line each."""
    return [f"{name}: {first} before, {last} after ({change})" for name, first, last, change in health(run)]


def _figure(value: int | None, unit: str) -> str:
    return "not reported" if value is None else f"{value:,}{unit}"


def _difference(first: int | None, last: int | None, unit: str) -> str:
    if first is None or last is None:
        return "cannot be compared"
    if first == last:
        return "no change"
    return f"{abs(last - first):,}{unit} {'more' if last > first else 'less'}"


def _changed(first: TriState, last: TriState) -> str:
    if TriState.UNKNOWN in (first, last):
        return "cannot be compared"
    return "no change" if first is last else "changed"


def speed(run: Run) -> list[str]:
    """The writing speed of each pass in words, for those who cannot see the chart."""
    found = []
    for one in run.passes:
        rates = sorted((point.bytes_per_second, point.offset) for point in one.throughput)
        if rates:
            low, fast = rates[0], rates[-1]
            at = words.short_size(low[1])
            usual = rates[len(rates) // 2][0]
            found.append(
                f"Pass {one.number}: {words.rate(usual)} as a rule, at most {words.rate(fast[0])}, "
                f"at least {words.rate(low[0])} near {at}; slow regions: {len(one.slow):,}"
            )
    return found
