"""What will be done to a drive, decided before anything is opened for writing. Pure and printable."""

import hashlib
from dataclasses import dataclass

import rfc8785

from wipe import codec
from wipe.errors import Refusal
from wipe.facts import Drive, Identity
from wipe.pattern import ConstantPattern, Pattern, RandomPattern
from wipe.vocabulary import Medium, Method, PatternKind, RefusalCode, Technique, VerificationKind

STANDARDS = ("NIST SP 800-88 Rev. 2 (September 2025), Clear", "IEEE 2883-2022, Clear")
_PASSES: dict[Method, tuple[tuple[PatternKind, int], ...]] = {
    Method.ZERO: ((PatternKind.ZERO, 0),),
    Method.RANDOM: ((PatternKind.RANDOM, 0),),
    Method.NIST_CLEAR: ((PatternKind.RANDOM, 0),),
    Method.PATTERN_COMPLEMENT: ((PatternKind.RANDOM, 0), (PatternKind.RANDOM_COMPLEMENT, 0)),
    Method.HMG_IS5_BASELINE: ((PatternKind.RANDOM, 0),),
    Method.HMG_IS5_ENHANCED: ((PatternKind.CONSTANT, 0xFF), (PatternKind.ZERO, 0), (PatternKind.RANDOM, 0)),
    Method.DOD_5220_22_M: ((PatternKind.ZERO, 0), (PatternKind.CONSTANT, 0xFF), (PatternKind.RANDOM, 0)),
}
LEGACY = {
    Method.HMG_IS5_BASELINE: "HMG IS5 Baseline (withdrawn; a label of former times)",
    Method.HMG_IS5_ENHANCED: "HMG IS5 Enhanced (withdrawn; a label of former times)",
    Method.DOD_5220_22_M: "DoD 5220.22-M, three passes (no longer in use; a label of former times)",
}


@dataclass(frozen=True, slots=True)
class PassPlan:
    """One pass: which bytes. `value` is the byte of a constant pattern, else 0."""

    number: int
    kind: PatternKind
    value: int


@dataclass(frozen=True, slots=True)
class Plan:
    """All that will be done. The digest names it, so that what was confirmed is what is done."""

    identity: Identity
    capacity_bytes: int
    method: Method
    technique: Technique
    standards: tuple[str, ...]
    passes: tuple[PassPlan, ...]
    verification: VerificationKind
    attestation: str | None

    @property
    def digest(self) -> str:
        """SHA-256, hex, over the plan's canonical bytes."""
        return hashlib.sha256(rfc8785.dumps(codec.encode(self))).hexdigest()


def make(drive: Drive, method: Method, verification: VerificationKind, attestation: str | None) -> Plan:
    """The plan for a drive. `unsuited` says whether method and medium fit."""
    legacy = LEGACY.get(method)
    return Plan(
        identity=drive.identity,
        capacity_bytes=drive.geometry.capacity_bytes,
        method=method,
        technique=Technique.CLEAR,
        standards=STANDARDS if legacy is None else (*STANDARDS, legacy),
        passes=tuple(PassPlan(number, kind, value) for number, (kind, value) in enumerate(_PASSES[method], start=1)),
        verification=verification,
        attestation=attestation,
    )


def unsuited(plan: Plan) -> tuple[Refusal, ...]:
    """Every reason why this method does not fit this medium (sanitisation by overwriting is Clear at most)."""
    found = []
    if plan.method in LEGACY and plan.identity.kind not in (Medium.HDD, Medium.VIRTUAL):
        found.append(
            Refusal(
                RefusalCode.METHOD_UNSUITED.value,
                f"{plan.method.value} is a label for magnetic hard drives; this is {plan.identity.kind.value}.",
                "Choose nist-clear.",
            )
        )
    if plan.identity.kind in (Medium.OPTICAL, Medium.TAPE):
        found.append(
            Refusal(
                RefusalCode.NEEDS_DESTRUCTION.value,
                f"A drive of kind {plan.identity.kind.value} is not sanitised by overwriting here.",
                "Send it for physical destruction.",
            )
        )
    return tuple(found)


def pattern_of(one: PassPlan, key: bytes) -> Pattern:
    """The bytes of a pass. `key` is the run's own, 32 bytes; constants ignore it."""
    if one.kind in (PatternKind.ZERO, PatternKind.CONSTANT):
        return ConstantPattern(one.value)
    return RandomPattern(key, complement=one.kind is PatternKind.RANDOM_COMPLEMENT)


def confirmation(who: Identity) -> str:
    """What the operator types: the last four characters of the serial, or the device's name where there is none."""
    if who.serial and who.serial.strip():
        return who.serial.strip()[-4:]
    return who.device.rpartition("/")[2]
