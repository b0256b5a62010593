"""What certificates and reports tell of runs that did not go well: the words, and that all of it stands on the page."""

import re
import subprocess
from dataclasses import replace
from itertools import combinations
from pathlib import Path
from xml.etree import ElementTree

import pytest

from tests.labels.raster import codes, pages
from tests.tracker.certificates.cast import CAPACITY, HEALTH, REGISTER, content, make, verified
from tests.tracker.certificates.samples import (
    SAMPLES,
    bad_sectors,
    cancelled,
    many_ranges,
    resumed,
    resumed_with_a_hold,
    slow_regions,
)
from tests.tracker.certificates.verapdf import broken
from tracker.certificates import account, details, words
from tracker.certificates.archive import archived
from tracker.certificates.chart import POINTS_MOST, Chart, Data
from tracker.certificates.render import BAND, MARK, render
from tracker.certificates.rules import REPORT_TITLE
from wipe.blocks import Ending
from wipe.facts import BlockRange, ThroughputPoint
from wipe.record import Interruption, Record
from wipe.vocabulary import Method, Outcome, TriState

pytestmark = pytest.mark.pure
SPACE = "{http://www.w3.org/1999/xhtml}"
MARGIN = 20 / 25.4 * 72  # points


def drawn(record: Record) -> bytes:
    return render(content(record), None)


def text_of(record: Record) -> str:
    told = subprocess.run(["pdftotext", "-layout", "-", "-"], input=drawn(record), capture_output=True, check=True)
    return " ".join(told.stdout.decode().split())


def screen(record: Record, *, public: bool = False) -> str:
    """The same on the pages in the browser."""
    sections = (details.public if public else details.sections)(content(record))
    return " ".join(value for section in sections for _, values in section.lines for value in values)


# What it says


def test_a_drive_with_bad_sectors_is_failed_and_has_to_be_destroyed() -> None:
    text = text_of(bad_sectors())
    for wanted in (
        "FAILED – not erased – destroy this medium",
        "Report of a failed erasure",
        "Report number",
        "This medium must be physically destroyed.",
        "This report is no proof of erasure",
        "Pass 1 could not write every block.",
        "3 ranges, 2,065 blocks, 1.1 MB",
        "Pass 1 1,953,125 1,953,125 1 512 EIO",
        "Pass 1 1,953,200 1,953,215 16 8,192 EIO",
        "Reading back 1,953,200 1,953,215 16 8,192 EIO when read",
        "In full: 500.1 GB read back, 17 blocks wrong or unreadable",
        "Moved sectors 4 21 17 more",
        "Pending sectors 9 2,065 2,056 more",
        "Overall passed failing changed",
        "Messages after Reallocated: 21",
        "not written, black on the axis",
        "Run by",
        "3 tries for a block, 60 s for a faulty region, 3,600 s for all errors of a pass",
    ):
        assert wanted in text
    for never in ("Certificate of data erasure", "Erased by", "sanitised to the level", "NIST SP 800-88 Rev. 2 (Sept"):
        assert never not in text


def test_a_cancelled_run_says_who_stopped_it_and_how_far_it_was() -> None:
    text = text_of(cancelled())
    for wanted in (
        "INTERRUPTED – not erased",
        "Report of an unfinished erasure",
        "It was cancelled by a person.",
        "125.0 GB of 500.1 GB (25.0 %)",
        "1 range, 732,579,880 blocks, 375.1 GB",
        "Pass 1 244,193,288 976,773,167 732,579,880 375,080,898,560 not attempted: cancelled",
        "Nothing was read back",
        "Wipe it again, to the end, or have it physically destroyed.",
        "This report is no proof of erasure",
    ):
        assert wanted in text


def test_a_resumed_run_says_when_why_and_from_where_it_went_on() -> None:
    for text in (text_of(resumed()), screen(resumed()), screen(resumed(), public=True)):
        for wanted in (
            "A run begun 2026-11-20 08:02:11 UTC was cut off when the drive left; its last note of how far it was is "
            "of 2026-11-20 09:02:11 UTC. This run began anew: The drive does not hold any more what that run wrote.",
            "A run begun 2026-11-20 10:02:11 UTC was cut off by a power cut or a killed program; its last note of how "
            "far it was is of 2026-11-20 10:51:11 UTC. This run went on with pass 1, from byte 162,529,280,000 (32.5 % "
            "of the medium). It found the drive at /dev/sdd in pci-0000:00:1f.2-ata-4.",
        ):
            assert wanted in text
    assert "2 runs before this one did not come to an end; this one went on from where the last was" in text_of(
        resumed()
    )
    assert "Certificate of data erasure" in text_of(resumed())


def test_a_run_tells_of_its_bay_holds_identity_and_clock() -> None:
    for text in (text_of(resumed_with_a_hold()), screen(resumed_with_a_hold())):
        for wanted in (
            "bay 3 (pci-0000:00:1f.2-ata-4)",
            "1 hold, 4 min",
            "2026-11-20 13:12:11 UTC to 2026-11-20 13:16:11 UTC: 61 °C at first, 50 °C at the end; the drive's own "
            "limit is 60 °C",
            "Asked 2 times: the same drive each time",
            "It was set back by 90 seconds.",
        ):
            assert wanted in text
    public = screen(resumed_with_a_hold(), public=True)
    assert "bay 3" not in public  # people gave it that name
    assert "Asked 2 times: the same drive each time" in public


def test_a_drive_that_gave_no_answer_or_another_is_never_called_the_same() -> None:
    record = resumed_with_a_hold()
    first, second = record.readings
    told = replace(
        account.of_record(record),
        readings=(
            first,
            replace(first, held=TriState.UNKNOWN),
            replace(second, held=TriState.NO, differing=("serial", "capacity_bytes")),
        ),
    )
    assert dict(account.beside(told))["Identity during the run"] == [
        "Asked 3 times: the same drive 1 time",
        "2026-11-20 13:22:11 UTC: no answer that could be compared",
        "2026-11-20 13:32:11 UTC: another drive answered (different: serial, capacity)",
    ]
    assert account.ended_early(replace(told, ending=Ending.CHANGED)) == "Another drive answered."


def test_an_interruption_of_a_record_that_knows_no_more_claims_no_more() -> None:
    old = Interruption("x", Method.ZERO, make().started)
    (line,) = account.interruptions(account.of_content(content(make(interruptions=(old,)))))
    assert line == "A run begun 2026-11-20 13:02:11 UTC was cut off."


def test_slow_regions_are_listed_and_marked_and_the_medium_is_erased_all_the_same() -> None:
    text = text_of(slow_regions())
    for wanted in (
        "Certificate of data erasure",
        "3 ranges, 786,432 blocks, 402.7 MB",
        "Pass 1 900,000,000 900,262,143 262,144 134,217,728 slow",
        "slow regions, hatched",
        "Writing speed of pass 1",
        "Speed, MB/s",
        "Place on the medium, from its first block",
        "500.1 GB",
    ):
        assert wanted in text
    assert "slow regions: 3" in screen(slow_regions())


def test_two_hundred_ranges_are_counted_and_the_first_hundred_listed() -> None:
    text = text_of(many_ranges())
    assert "Blocks that were not written: 200 ranges, 4,800 blocks, 2.5 MB" in text
    assert len(re.findall(r"\bEIO\b", text)) == 100
    assert "and 100 more, in the evidence" in text
    assert text.count("When First block Last block Blocks Bytes Reason") == 2  # repeated on the second page
    on_screen = screen(many_ranges())
    assert "200 ranges, 4,800 blocks, 2.5 MB" in on_screen
    assert "and 180 more, in the evidence" in on_screen


def test_a_clean_run_says_that_there_was_nothing() -> None:
    run = account.of_content(content())
    assert (account.total(account.unwritten(run)), account.total(account.slow(run))) == ("None", "None")
    assert account.interruptions(run) == []
    assert account.ended_early(run) == ""
    assert account.read_back(run) == "Every block: 500.1 GB read back, no difference"
    assert "hatched" not in text_of(make())


def test_a_certificate_and_the_evidence_of_its_run_tell_the_same() -> None:
    for made in SAMPLES.values():
        record = made()
        assert account.of_record(record) == account.of_content(content(record))
        assert details.told_of(account.of_record(record)) == details.run(record)[0].lines


def test_health_that_a_drive_does_not_tell_is_never_read_as_good() -> None:
    silent = replace(HEALTH, passed=TriState.UNKNOWN, reallocated=None, pending=None, temperature_c=None)
    lines = account.health_lines(account.of_content(content(make(health_after=silent))))
    assert "Overall: passed before, not reported after (cannot be compared)" in lines
    assert "Moved sectors: 0 before, not reported after (cannot be compared)" in lines
    assert "Pending sectors: 0 before, not reported after (cannot be compared)" in lines


def test_every_outcome_that_is_no_pass_is_unmistakable_on_every_page() -> None:
    assert set(BAND) == set(MARK) == {*REPORT_TITLE, Outcome.CLEARED_WITH_EXCEPTIONS}
    for name, made in SAMPLES.items():
        record = made()
        raw = subprocess.run(["pdftotext", "-", "-"], input=drawn(record), capture_output=True, check=True)
        for number, page in enumerate(raw.stdout.decode().split("\f")[:-1]):
            told = " ".join(page.split())
            mark = (BAND if number == 0 else MARK).get(record.outcome)
            assert mark in told if mark else not re.search("FAILED|EXCEPTIONS|NOT ERASED", told), (name, number)
    assert BAND[Outcome.CLEARED_WITH_EXCEPTIONS].startswith("CLEARED WITH EXCEPTIONS")
    assert BAND[Outcome.FAILED].startswith("FAILED")


def test_shares_are_never_rounded_to_all_or_nothing() -> None:
    assert [words.percent(part, 10**12) for part in (0, 1, 10**12 - 1, 10**12)] == ["0.0 %", "0.1 %", "99.9 %", "100 %"]


# How it looks


@pytest.mark.parametrize("name", SAMPLES)
def test_nothing_overlaps_or_leaves_the_page(name: str) -> None:
    pdf = drawn(SAMPLES[name]())
    told = subprocess.run(["pdftotext", "-bbox", "-", "-"], input=pdf, capture_output=True, check=True).stdout
    for page in ElementTree.fromstring(told).iter(f"{SPACE}page"):  # noqa: S314 - out of our own file
        width, height = float(page.get("width", "")), float(page.get("height", ""))
        found = [box for word in page.iter(f"{SPACE}word") if (box := _box(word)) is not None]
        assert len(found) > 20
        for left, top, right, bottom, word in found:
            assert MARGIN - 1 < left < right < width - MARGIN + 1, word
            assert 20 < top < bottom < height - 20, word
        for one, other in combinations(found, 2):
            across = min(one[2], other[2]) - max(one[0], other[0])
            down = min(one[3], other[3]) - max(one[1], other[1])
            assert across < 1 or down < 4, (one, other)


def _box(word: ElementTree.Element) -> tuple[float, float, float, float, str] | None:
    """The place of a word in points; None for the pale mark behind the text, in parts, and for what is turned."""
    left, top, right, bottom = (float(word.get(name, "")) for name in ("xMin", "yMin", "xMax", "yMax"))
    told = word.text or ""
    turned = right - left < bottom - top and len(told) > 3
    return None if turned or (bottom - top > 30 and len(told) <= 3) else (left, top, right, bottom, told)


def test_each_of_them_can_be_kept_and_its_code_be_read(tmp_path: Path) -> None:
    paths = []
    for name, made in SAMPLES.items():
        record = made()
        pdf = archived(render(content(record), None), content(record), verified(record).signed)
        assert [code for page in pages(pdf, 100) for code in codes(page)] == [REGISTER.verify_url], name
        paths.append(tmp_path / f"{name}.pdf")
        paths[-1].write_bytes(pdf)
    assert broken(*paths) == [[] for _ in paths]


def test_the_signatures_stay_on_the_first_page() -> None:
    for made in SAMPLES.values():
        told = subprocess.run(
            ["pdftotext", "-layout", "-l", "1", "-", "-"], input=drawn(made()), capture_output=True, check=True
        )
        assert b"Signature and date" in told.stdout


def test_a_chart_bears_any_points() -> None:
    many = tuple(ThroughputPoint(n * 7, n % 1000) for n in range(200_000))
    odd = (ThroughputPoint(CAPACITY * 9, 0), ThroughputPoint(-5, -3))
    far = (BlockRange(CAPACITY, CAPACITY, "EIO"), BlockRange(0, 0, "EIO"))
    for points in (many, odd, many[:2]):
        one = replace(make().passes[0], throughput=points, slow=far, unwritten=far)
        base = content(bad_sectors())
        assert render(replace(base, passes=(one,)), None)
    chart = Chart(Data(tuple((point.offset, point.bytes_per_second) for point in many), 1, (), ()))
    assert len(chart._points) <= POINTS_MOST
