"""What is known about a drive and what was done to it: frozen values without behaviour, shared by every layer.

Sizes are bytes unless the name says blocks; blocks are logical blocks of the drive; times are aware and UTC.
`None` always means "not known", never zero and never "no".
"""

from dataclasses import dataclass
from datetime import datetime

from wipe.codec import added
from wipe.errors import Refusal as Refusal
from wipe.vocabulary import (
    HiddenAreaKind,
    Medium,
    Method,
    PatternKind,
    Phase,
    Technique,
    Transport,
    TriState,
    VerificationKind,
)


@dataclass(frozen=True, slots=True)
class Identity:
    """Who a drive is, as read from the drive itself or, for a virtual drive, from its sidecar file."""

    device: str  # path at the time of reading; not part of the identity, since names move between bays
    kind: Medium
    transport: Transport
    make: str | None
    model: str | None
    serial: str | None
    serial_source: str | None  # where the serial was read: "udev", "smartctl", "sysfs", "sidecar"
    wwn: str | None  # WWN, EUI-64 or NGUID
    firmware: str | None
    bay: str | None  # physical path (udev ID_PATH)
    virtual: bool  # a file or a loop device, not a real drive
    bridge: str | None  # USB bridge between host and drive, which may hide or replace the serial


@dataclass(frozen=True, slots=True)
class Bay:
    """A place for a drive, named by the station: it keeps its name whatever is plugged in there."""

    path: str  # physical path (udev ID_PATH); for a virtual drive the path of its file
    name: str  # "bay 3"
    hint: str  # where to look, such as a label or a light; may be empty


@dataclass(frozen=True, slots=True)
class Geometry:
    """Size and shape, read once before anything is written: a drive that leaves later looks like its own end."""

    capacity_bytes: int
    logical_block_size: int
    physical_block_size: int
    optimal_io_size: int  # 0 when the device names none
    rotational: bool | None
    read_only: bool


@dataclass(frozen=True, slots=True)
class Health:
    """SMART summary. Absent values were not reported by the drive."""

    passed: TriState
    temperature_c: int | None
    reallocated: int | None
    pending: int | None
    power_on_hours: int | None
    wear_percent: int | None  # NVMe "percentage used", may exceed 100
    smartctl_exit_bits: int | None  # exit status bit mask of smartctl(8); None when it did not run
    device_type: str | None  # the smartctl -d type that worked
    messages: tuple[str, ...]
    limit_c: int | None = added(None, since=3)  # the drive's own limit: it is not to be warmer while it works
    too_warm: bool = added(False, since=3)  # the drive says so of itself, by whatever limit


@dataclass(frozen=True, slots=True)
class Capabilities:
    """What the drive's firmware offers. Unknown where it could not be asked, for instance through a bridge."""

    ata_security: TriState = TriState.UNKNOWN
    ata_security_frozen: TriState = TriState.UNKNOWN
    ata_security_locked: TriState = TriState.UNKNOWN
    sanitize_overwrite: TriState = TriState.UNKNOWN
    sanitize_block: TriState = TriState.UNKNOWN
    sanitize_crypto: TriState = TriState.UNKNOWN
    nvme_format: TriState = TriState.UNKNOWN
    trim: TriState = TriState.UNKNOWN


@dataclass(frozen=True, slots=True)
class HiddenArea:
    """One kind of hidden area: `state` says whether it hides anything; `sectors` is how many logical blocks."""

    kind: HiddenAreaKind
    state: TriState
    sectors: int | None


@dataclass(frozen=True, slots=True)
class Holder:
    """Something that uses a drive or a part of it: partition, mount, swap, md, lvm, dm-crypt, zfs, opener."""

    kind: str
    device: str
    description: str
    children: tuple["Holder", ...] = ()


@dataclass(frozen=True, slots=True)
class Drive:
    """One drive as found, dead ones included. `refusals` says why it may not be wiped; empty: it may be planned."""

    identity: Identity
    geometry: Geometry
    health: Health
    capabilities: Capabilities
    hidden_areas: tuple[HiddenArea, ...]
    holders: tuple[Holder, ...]
    refusals: tuple[Refusal, ...]
    bay: Bay | None = added(None, since=3)


@dataclass(frozen=True, slots=True)
class PassPlan:
    """One pass: which bytes. `value` is the byte of a constant pattern, else 0."""

    number: int  # counted from 1
    kind: PatternKind
    value: int


@dataclass(frozen=True, slots=True)
class ErrorLimits:
    """How long a drive that fails is worked on. What is given up is named, and never counts as written."""

    block_tries: int  # how often a single block is tried on its own, at most
    region_seconds: int  # what one faulty region may cost when it is gone through in small pieces
    drive_seconds: int  # what all errors of a pass may cost together


@dataclass(frozen=True, slots=True)
class Plan:
    """All that will be done. Its digest (wipe.codec.digest) names it: what was confirmed is what is done."""

    identity: Identity
    capacity_bytes: int
    method: Method
    technique: Technique
    standards: tuple[str, ...]
    passes: tuple[PassPlan, ...]
    verification: VerificationKind
    attestation: str | None
    limits: ErrorLimits | None = added(None, since=2)


@dataclass(frozen=True, slots=True)
class DriveReport:
    """A drive as a station shows it, with every plan that suits it; none where it may not be wiped at all."""

    drive: Drive
    plans: tuple[Plan, ...]


@dataclass(frozen=True, slots=True)
class BlockRange:
    """A run of logical blocks and why it is listed ("EIO", "mismatch", "not attempted", ...)."""

    start_lba: int
    blocks: int
    reason: str


@dataclass(frozen=True, slots=True)
class ThroughputPoint:
    """Mean rate of the stretch that ends at `offset` (bytes from the start of the drive)."""

    offset: int
    bytes_per_second: int


@dataclass(frozen=True, slots=True)
class PassResult:
    """What one overwriting pass did. Every byte of the drive is either written or inside an unwritten range."""

    number: int  # counted from 1
    pattern: PatternKind
    pattern_digest: str  # SHA-256 hex of the pattern's description and key: identifies the stream, does not reveal it
    bytes_expected: int
    bytes_written: int
    unwritten: tuple[BlockRange, ...]
    started: datetime
    ended: datetime
    throughput: tuple[ThroughputPoint, ...]
    slow: tuple[BlockRange, ...] = added((), since=2)  # written, but many times slower than the rest of the drive


@dataclass(frozen=True, slots=True)
class Reached:
    """How far a pass is, all of it on the medium: what a later run needs to go on with it."""

    number: int  # of the pass, counted from 1
    offset: int  # bytes; everything before it was written or is in one of the lists
    left_out: tuple[BlockRange, ...]  # to be gone through in small pieces
    unwritten: tuple[BlockRange, ...]  # given up
    slow: tuple[BlockRange, ...]
    started: datetime


@dataclass(frozen=True, slots=True)
class Sample:
    """Which places a sampled verification read (NIST SP 800-88r1 section 4.7.2), so that it can be repeated."""

    seed: str  # hex
    sections: int  # equal subsections of the drive
    samples: int  # places read, first and last block included
    list_sha256: str  # over the list of places: "offset length\n" each, in order


@dataclass(frozen=True, slots=True)
class VerifyResult:
    """What reading the drive back found. `bytes_expected` is the capacity (full) or the sum of the sample (sample)."""

    kind: VerificationKind
    pattern: PatternKind
    pattern_digest: str
    bytes_expected: int
    bytes_read: int
    mismatched: tuple[BlockRange, ...]
    unreadable: tuple[BlockRange, ...]
    sample: Sample | None
    sha256: str | None  # hex, of the bytes of a sample in the order read; a full reading is its pattern, byte for byte
    started: datetime
    ended: datetime


@dataclass(frozen=True, slots=True)
class Reading:
    """The drive was asked who it is while it was worked on. Unknown: it gave no answer that could be compared."""

    at: datetime
    phase: Phase
    pass_number: int
    bytes_done: int  # of the phase
    held: TriState
    differing: tuple[str, ...]  # fields in which it is not the drive of the plan
    temperature_c: int | None


@dataclass(frozen=True, slots=True)
class Hold:
    """The work stood still because the drive was too warm, from `started` until it had cooled or the run ended."""

    phase: Phase
    pass_number: int
    bytes_done: int  # of the phase
    started: datetime
    ended: datetime
    temperature_c: int | None  # when it began; None: the drive only said that it is too warm
    ended_c: int | None
    limit_c: int
    own_limit: bool  # the drive names that limit; no: it names none, and a common one is used


@dataclass(frozen=True, slots=True)
class Progress:
    """A moment of a running job. `rate_bytes_per_s` is a moving average; `errors` counts unusable ranges so far."""

    phase: Phase
    pass_number: int
    passes: int
    bytes_done: int
    bytes_total: int
    errors: int
    rate_bytes_per_s: int
    temperature_c: int | None
    holding: bool = added(False, since=3)  # the work stands still until the drive has cooled


# Fields that make a drive that drive. The device path, bay and bridge may change when it is plugged elsewhere.
IDENTITY_FIELDS = ("kind", "make", "model", "serial", "wwn", "firmware", "virtual")


def match(
    expected: Identity, expected_capacity: int | None, found: Identity, found_capacity: int | None
) -> tuple[str, ...]:
    """Names of the fields in which two readings of a drive differ; empty when nothing contradicts.

    A field is compared when both sides have it. Text is compared whole after stripping white space, never as a
    substring. `serial` also differs when only one side has it, since a bridge that swallows the serial could stand
    for any drive. An empty result for two drives without serial proves nothing: that needs a person's attestation.
    """
    differing = [name for name in IDENTITY_FIELDS if _differs(getattr(expected, name), getattr(found, name))]
    if has_serial(expected) != has_serial(found):
        differing.append("serial")
    if _differs(expected_capacity, found_capacity):
        differing.append("capacity_bytes")
    return tuple(differing)


def has_serial(identity: Identity) -> bool:
    """Whether the drive gave a serial number of its own (white space is none)."""
    return bool(identity.serial and identity.serial.strip())


def _differs(one: object, other: object) -> bool:
    if isinstance(one, str) and isinstance(other, str):
        one, other = one.strip() or None, other.strip() or None
    if one is None or other is None or Medium.UNKNOWN in (one, other):
        return False
    return one != other
