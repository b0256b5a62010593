"""The pages that tell of the run: passes, what was left out or slow, interruptions, health, reading back."""

from collections.abc import Iterator, Sequence

from reportlab.lib.units import mm
from reportlab.platypus import CondPageBreak, Flowable, Paragraph, Spacer

from tracker.certificates import account, chart, layout, words
from tracker.certificates.account import Place, Run
from tracker.certificates.layout import Row, listed, rows, text
from tracker.certificates.paper import Content
from wipe.facts import VerifyResult
from wipe.vocabulary import VerificationKind

RANGES = 100  # rows of a table of ranges; the rest is in the evidence
CHARTS = 7  # no method has more passes


def done(content: Content) -> Iterator[Flowable]:
    """What was done, and everything that went wrong on the way."""
    run = account.of_content(content)
    yield from section("What was done", _done(content, run))
    yield from _health(content, run)
    yield from _speed(run)
    yield from _ranges("Blocks that were not written", account.unwritten(run))
    yield from _ranges("Slow regions", account.slow(run))


def verified(content: Content) -> Iterator[Flowable]:
    """How it was read back."""
    run = account.of_content(content)
    yield from section("How it was verified", _verified(content, content.verification))
    yield from _ranges("Blocks that differ or could not be read", account.differing(run))


def section(title: str, entries: Sequence[Row]) -> Iterator[Flowable]:
    """A heading with its rows."""
    yield CondPageBreak(30 * mm)
    yield Paragraph(title, layout.SECTION)
    yield Spacer(0, 1.5 * mm)
    yield rows(entries)


def _done(content: Content, run: Run) -> list[Row]:
    early, technique = account.ended_early(run), content.technique.value.capitalize()
    return [
        ("Outcome", text(content.outcome.value, layout.CODE)),
        *([("Ended early", text(early))] if early else []),
        ("Method", text(f"{words.METHOD[content.method]} ({content.method.value}), of the class {technique}")),
        ("Standards", listed(content.standards, "None is claimed")),
        ("Passes", listed([words.a_pass(one) for one in content.passes], "None")),
        *([("Written", text(account.written(run)))] if content.report else []),
        ("Blocks not written", text(account.total(account.unwritten(run)))),
        ("Slow regions", text(account.total(account.slow(run)))),
        ("Limits for errors", text(account.limits(run))),
        ("Hidden areas", listed([words.an_area(one) for one in content.hidden_areas], "None was asked about")),
        ("Not reached", listed(content.unreachable, "Nothing that was reported; see the limits below")),
        ("Started", text(words.moment(content.started))),
        ("Ended", text(f"{words.moment(content.ended)}, after {words.duration(content.started, content.ended)}")),
        ("Errors", listed(content.errors, "None")),
        ("Interruptions", listed(account.interruptions(run), "None")),
        *((label, listed(lines, "None")) for label, lines in account.beside(run)),
    ]


def _health(content: Content, run: Run) -> Iterator[Flowable]:
    yield CondPageBreak(40 * mm)
    yield from _heading("Health of the drive, as the drive itself tells it")
    yield layout.grid(("", "Before", "After", "Change"), account.health(run), (0.26, 0.24, 0.24, 0.26), ())
    before, after = content.health_before.messages, content.health_after.messages
    if before or after:
        yield rows([("Messages before", listed(before, "None")), ("Messages after", listed(after, "None"))])


def _speed(run: Run) -> Iterator[Flowable]:
    told = [one for one in run.passes if len(one.throughput) > 1][:CHARTS]
    for one in told:
        yield CondPageBreak(chart.HEIGHT + chart.LEGEND + 12 * mm)
        yield from _heading(f"Writing speed of pass {one.number}")
        yield chart.Chart(
            chart.Data(
                tuple((point.offset, point.bytes_per_second) for point in one.throughput),
                run.capacity_bytes,
                _bytes(run, account.slow(run), one.number),
                _bytes(run, account.unwritten(run), one.number),
            )
        )


def _bytes(run: Run, places: Sequence[Place], number: int) -> tuple[tuple[int, int], ...]:
    mine = (one for one in places if one.where == f"Pass {number}")
    return tuple((one.start_lba * run.block_size, one.size) for one in mine)


def _ranges(title: str, places: Sequence[Place]) -> Iterator[Flowable]:
    """A table of exact blocks, over as many pages as it takes, cut after RANGES rows."""
    if not places:
        return
    yield CondPageBreak(30 * mm)
    yield from _heading(f"{title}: {account.total(places)}")
    lines = [
        (
            one.where,
            f"{one.start_lba:,}",
            f"{one.last_lba:,}",
            f"{one.blocks:,}",
            f"{one.size:,}",
            account.short(one.reason),
        )
        for one in places[:RANGES]
    ]
    head = ("When", "First block", "Last block", "Blocks", "Bytes", "Reason")
    yield layout.grid(head, lines, (0.13, 0.17, 0.17, 0.12, 0.17, 0.24), (1, 2, 3, 4))
    if len(places) > RANGES:
        yield Spacer(0, 1 * mm)
        yield from text(f"and {words.many(len(places) - RANGES, 'more', 'more')}, in the evidence")


def _heading(title: str) -> list[Flowable]:
    return [Paragraph(title, layout.SUBHEAD), Spacer(0, 1 * mm)]


def _verified(content: Content, reading: VerifyResult | None) -> list[Row]:
    if reading is None:
        return [("Kind", text("Nothing was read back: the run did not come so far"))]
    whole = reading.kind is VerificationKind.FULL
    bad = account.total(account.differing(account.of_content(content)))
    entries: list[Row] = [
        ("Kind", text("Every block was read back" if whole else "A random sample was read back")),
        ("Read back", text(f"{reading.bytes_read:,} of {reading.bytes_expected:,} bytes")),
        ("Blocks that differ", text(bad)),
        ("Compared with", text(f"{words.PATTERN[reading.pattern]}, pattern {reading.pattern_digest}", layout.CODE)),
        ("Time", text(f"{words.moment(reading.started)}, {words.duration(reading.started, reading.ended)}")),
        ("Verified by", text(f"{content.tool} {content.tool_version}, reading past all caches; not by a person")),
    ]
    if reading.sample is not None:
        sample = reading.sample
        places = f"{sample.samples:,} places in {sample.sections:,} sections of equal size, seed {sample.seed}"
        entries += [
            ("Sample", text(places, layout.CODE)),
            ("List of places", text(f"SHA-256 {sample.list_sha256}", layout.CODE)),
        ]
    if reading.sha256:
        entries.append(("Bytes read", text(f"SHA-256 {reading.sha256}", layout.CODE)))
    return entries
