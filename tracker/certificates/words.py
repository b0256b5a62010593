"""Values of a certificate in words for people. Pure."""

from datetime import datetime

from tracker.values import iso_utc, london
from wipe.facts import HiddenArea, PassResult
from wipe.vocabulary import DataClass, Destination, HiddenAreaKind, Medium, Method, PatternKind, TriState

KIND = {
    Medium.HDD: "Hard drive",
    Medium.SSD: "Solid-state drive",
    Medium.NVME: "NVMe solid-state drive",
    Medium.USB_FLASH: "USB flash drive",
    Medium.SD: "Memory card",
    Medium.EMMC: "Built-in flash (eMMC)",
    Medium.OPTICAL: "Optical disc",
    Medium.TAPE: "Tape",
    Medium.VIRTUAL: "Virtual drive",
    Medium.UNKNOWN: "Kind not known",
}
DATA = {
    DataClass.NOT_PERSONAL: "No personal data",
    DataClass.PERSONAL: "Personal data of pupils or staff",
    DataClass.SPECIAL: "Special category or other sensitive data",
}
GOES = {
    Destination.INTERNAL: "Stays in the school",
    Destination.EXTERNAL: "Leaves the school",
    Destination.FAULTY: "Faulty: to be destroyed",
}
METHOD = {
    Method.ZERO: "Overwriting with zeros",
    Method.RANDOM: "Overwriting with random data",
    Method.NIST_CLEAR: "Overwriting with random data",
    Method.PATTERN_COMPLEMENT: "Overwriting with random data, then with its complement",
    Method.HMG_IS5_BASELINE: "Overwriting with random data",
    Method.HMG_IS5_ENHANCED: "Overwriting with ones, zeros and random data",
    Method.DOD_5220_22_M: "Overwriting with zeros, ones and random data",
}
PATTERN = {
    PatternKind.ZERO: "zeros",
    PatternKind.CONSTANT: "one constant value",
    PatternKind.RANDOM: "random data",
    PatternKind.RANDOM_COMPLEMENT: "the complement of the random data",
}
AREA = {
    HiddenAreaKind.HPA: "Host protected area (HPA)",
    HiddenAreaKind.DCO: "Device configuration overlay (DCO)",
    HiddenAreaKind.AMAX: "Accessible maximum address (AMAX)",
}
_AREA_STATE = {TriState.YES: "hides blocks", TriState.NO: "hides nothing", TriState.UNKNOWN: "could not be told"}


def size(count: int) -> str:
    """`500.1 GB (500,107,862,016 bytes)`."""
    value, unit = float(count), "bytes"
    for name in ("kB", "MB", "GB", "TB", "PB"):
        if value < 1000:
            break
        value, unit = value / 1000, name
    return f"{count:,} bytes" if unit == "bytes" else f"{value:.1f} {unit} ({count:,} bytes)"


def short_size(count: int) -> str:
    """`500.1 GB`."""
    return size(count).split(" (", 1)[0]


def moment(at: datetime) -> str:
    """`24 November 2026, 14:05 (London); 2026-11-24 14:05:09 UTC`."""
    return f"{london(at)} (London); {utc(at)}"


def utc(at: datetime) -> str:
    """`2026-11-24 14:05:09 UTC`."""
    return f"{iso_utc(at)[:19].replace('T', ' ')} UTC"


def duration(start: datetime, end: datetime) -> str:
    """`3 h 07 min 12 s`."""
    seconds = max(0, round((end - start).total_seconds()))
    hours, minutes = seconds // 3600, seconds % 3600 // 60
    parts = [f"{hours:,} h"] if hours else []
    if hours or minutes:
        parts.append(f"{minutes:02} min" if hours else f"{minutes} min")
    return " ".join((*parts, f"{seconds % 60:02} s" if parts else f"{seconds} s"))


def grouped(tag: str) -> str:
    """An asset tag as on its label, `ABCD-EFGH`."""
    return f"{tag[:4]}-{tag[4:]}"


def a_pass(one: PassResult) -> str:
    """What one pass did."""
    took = duration(one.started, one.ended)
    return f"Pass {one.number}: {PATTERN[one.pattern]}, {one.bytes_written:,} of {one.bytes_expected:,} bytes in {took}"


def many(count: int, one: str, more: str = "") -> str:
    """`1 block`, `1,200 blocks`."""
    return f"{count:,} {one if count == 1 else more or f'{one}s'}"


def percent(part: int, whole: int) -> str:
    """`32.4 %`. Never 100 % where something is missing, and never 0 % where something is there."""
    if whole <= 0 or part == whole:
        return "100 %"
    shown = min(max(part / whole * 100, 0.1 if part else 0.0), 99.9)
    return f"{shown:.1f} %"


def rate(bytes_per_second: int) -> str:
    """`148 MB/s`."""
    value = bytes_per_second / 1e6
    return f"{value:,.0f} MB/s" if value >= 10 else f"{value:,.1f} MB/s"


def an_area(one: HiddenArea) -> str:
    """What is known of one kind of hidden area."""
    hidden = f" ({many(one.sectors, 'block')})" if one.sectors else ""
    return f"{AREA[one.kind]}: {_AREA_STATE[one.state]}{hidden}"
