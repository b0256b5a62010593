"""The words of the eraser. Every value here stands in signed records: append, never rename, never reuse."""

from enum import StrEnum


class Technique(StrEnum):
    """Class of a sanitisation method, NIST SP 800-88r2 section 3.1."""

    CLEAR = "clear"
    PURGE = "purge"
    DESTROY = "destroy"


class Level(StrEnum):
    """What a finished run may claim. Computed from evidence (wipe.verdict), never chosen."""

    NONE = "none"
    CLEAR = "clear"
    PURGE = "purge"


class Method(StrEnum):
    """How a drive is overwritten. The passes behind each name are METHOD_PASSES."""

    ZERO = "zero"
    RANDOM = "random"
    NIST_CLEAR = "nist-clear"
    PATTERN_COMPLEMENT = "pattern-complement"
    # Legacy labels, magnetic hard drives only: withdrawn by their publishers; SP 800-88r2 calls multi-pass obsolete
    HMG_IS5_BASELINE = "hmg-is5-baseline"
    HMG_IS5_ENHANCED = "hmg-is5-enhanced"
    DOD_5220_22_M = "dod-5220.22-m"


class PatternKind(StrEnum):
    """Which bytes one pass writes."""

    ZERO = "zero"
    CONSTANT = "constant"
    RANDOM = "random"
    RANDOM_COMPLEMENT = "random-complement"


class VerificationKind(StrEnum):
    """How the drive is read back afterwards."""

    FULL = "full"
    SAMPLE = "sample"
    NONE = "none"


class Medium(StrEnum):
    """Kind of storage medium, as far as it can be told from outside."""

    HDD = "hdd"
    SSD = "ssd"
    NVME = "nvme"
    USB_FLASH = "usb-flash"
    SD = "sd"
    EMMC = "emmc"
    OPTICAL = "optical"
    TAPE = "tape"
    VIRTUAL = "virtual"
    UNKNOWN = "unknown"


class Transport(StrEnum):
    """How the drive is attached to the station."""

    SATA = "sata"
    SAS = "sas"
    SCSI = "scsi"
    NVME = "nvme"
    USB = "usb"
    MMC = "mmc"
    LOOP = "loop"
    FILE = "file"
    VIRTIO = "virtio"
    UNKNOWN = "unknown"


class Outcome(StrEnum):
    """How a run ended. There is no default; only the first two can release a drive."""

    SANITISED_PURGE = "SANITISED_PURGE"
    SANITISED_CLEAR = "SANITISED_CLEAR"
    CLEARED_WITH_EXCEPTIONS = "CLEARED_WITH_EXCEPTIONS"
    FAILED = "FAILED"
    INTERRUPTED = "INTERRUPTED"
    INDETERMINATE = "INDETERMINATE"
    REFUSED_FROZEN = "REFUSED_FROZEN"
    REFUSED_UNSUPPORTED = "REFUSED_UNSUPPORTED"
    REFUSED_UNREACHABLE = "REFUSED_UNREACHABLE"
    REFUSED_BUSY = "REFUSED_BUSY"
    REFUSED_IDENTITY = "REFUSED_IDENTITY"
    DESTROYED_ATTESTED = "DESTROYED_ATTESTED"


class Cut(StrEnum):
    """Why a run did not reach its end. From version 2 of the record on."""

    CUT_OFF = "cut-off"  # power cut, killed program: it left no evidence
    DRIVE_LEFT = "drive-left"
    CANCELLED = "cancelled"


class StepState(StrEnum):
    """Whether a planned step took place. A step that never ran is listed as not-run, never left out."""

    DONE = "done"
    FAILED = "failed"
    NOT_RUN = "not-run"


class StepKind(StrEnum):
    """The acts a plan is made of, in the order in which they can occur."""

    IDENTIFY = "identify"
    HEALTH_BEFORE = "health-before"
    OVERWRITE = "overwrite"
    VERIFY = "verify"
    RE_IDENTIFY = "re-identify"
    HEALTH_AFTER = "health-after"


class TriState(StrEnum):
    """An answer that a drive may have refused to give. Unknown is never read as yes or no."""

    YES = "yes"
    NO = "no"
    UNKNOWN = "unknown"


class DataClass(StrEnum):
    """What a drive held (pre-sanitisation confidentiality category, NIST SP 800-88r2 section 4.6)."""

    NOT_PERSONAL = "N"
    PERSONAL = "P"
    SPECIAL = "S"


class Destination(StrEnum):
    """Where the drive goes next: it decides how much proof is needed."""

    INTERNAL = "I"
    EXTERNAL = "X"
    FAULTY = "F"


class HiddenAreaKind(StrEnum):
    """Areas of an ATA drive that the host does not see: ACS-3 HPA and DCO, ACS-4 accessible max address."""

    HPA = "hpa"
    DCO = "dco"
    AMAX = "amax"


class RefusalCode(StrEnum):
    """Why a drive may not be wiped."""

    MOUNTED = "mounted"
    SYSTEM_DISK = "system-disk"
    SWAP = "swap"
    HELD = "held"
    IN_USE = "in-use"
    READ_ONLY = "read-only"
    IDENTITY_CHANGED = "identity-changed"
    NO_SERIAL = "no-serial"
    DUPLICATE_SERIAL = "duplicate-serial"
    PLAN_CHANGED = "plan-changed"
    NOT_CONFIRMED = "not-confirmed"
    NOT_A_DRIVE = "not-a-drive"
    NO_CAPACITY = "no-capacity"
    NOT_PERMITTED = "not-permitted"
    METHOD_UNSUITED = "method-unsuited"
    VERIFICATION_UNSUITED = "verification-unsuited"
    NEEDS_PURGE = "needs-purge"
    NEEDS_DESTRUCTION = "needs-destruction"
    FROZEN = "frozen"
    LOCKED = "locked"
    EVIDENCE_PATH = "evidence-path"
    NO_ROOM = "no-room"
    HUNG = "hung"


class Phase(StrEnum):
    """What an eraser is doing right now."""

    OVERWRITE = "overwrite"
    VERIFY = "verify"


# The passes of each method, in order: which bytes, and the byte of a constant pattern (0 for the others).
METHOD_PASSES: dict[Method, tuple[tuple[PatternKind, int], ...]] = {
    Method.ZERO: ((PatternKind.ZERO, 0),),
    Method.RANDOM: ((PatternKind.RANDOM, 0),),
    Method.NIST_CLEAR: ((PatternKind.RANDOM, 0),),
    Method.PATTERN_COMPLEMENT: ((PatternKind.RANDOM, 0), (PatternKind.RANDOM_COMPLEMENT, 0)),
    Method.HMG_IS5_BASELINE: ((PatternKind.RANDOM, 0),),
    Method.HMG_IS5_ENHANCED: ((PatternKind.CONSTANT, 0xFF), (PatternKind.ZERO, 0), (PatternKind.RANDOM, 0)),
    Method.DOD_5220_22_M: ((PatternKind.ZERO, 0), (PatternKind.CONSTANT, 0xFF), (PatternKind.RANDOM, 0)),
}
LEGACY_METHODS = frozenset({Method.HMG_IS5_BASELINE, Method.HMG_IS5_ENHANCED, Method.DOD_5220_22_M})

# A refusal ends a job with one of the REFUSED_ outcomes.
REFUSAL_OUTCOME: dict[RefusalCode, Outcome] = {
    RefusalCode.MOUNTED: Outcome.REFUSED_BUSY,
    RefusalCode.SYSTEM_DISK: Outcome.REFUSED_BUSY,
    RefusalCode.SWAP: Outcome.REFUSED_BUSY,
    RefusalCode.HELD: Outcome.REFUSED_BUSY,
    RefusalCode.IN_USE: Outcome.REFUSED_BUSY,
    RefusalCode.READ_ONLY: Outcome.REFUSED_UNREACHABLE,
    RefusalCode.IDENTITY_CHANGED: Outcome.REFUSED_IDENTITY,
    RefusalCode.NO_SERIAL: Outcome.REFUSED_IDENTITY,
    RefusalCode.DUPLICATE_SERIAL: Outcome.REFUSED_IDENTITY,
    RefusalCode.PLAN_CHANGED: Outcome.REFUSED_IDENTITY,
    RefusalCode.NOT_CONFIRMED: Outcome.REFUSED_IDENTITY,
    RefusalCode.NOT_A_DRIVE: Outcome.REFUSED_UNREACHABLE,
    RefusalCode.NO_CAPACITY: Outcome.REFUSED_UNREACHABLE,
    RefusalCode.NOT_PERMITTED: Outcome.REFUSED_UNREACHABLE,
    RefusalCode.METHOD_UNSUITED: Outcome.REFUSED_UNSUPPORTED,
    RefusalCode.VERIFICATION_UNSUITED: Outcome.REFUSED_UNSUPPORTED,
    RefusalCode.NEEDS_PURGE: Outcome.REFUSED_UNSUPPORTED,
    RefusalCode.NEEDS_DESTRUCTION: Outcome.REFUSED_UNSUPPORTED,
    RefusalCode.FROZEN: Outcome.REFUSED_FROZEN,
    RefusalCode.LOCKED: Outcome.REFUSED_FROZEN,
    RefusalCode.EVIDENCE_PATH: Outcome.REFUSED_UNREACHABLE,
}
