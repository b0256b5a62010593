"""What will be done to a drive, decided before anything is opened for writing. Pure and printable."""

from wipe.blocks import LIMITS
from wipe.errors import Refusal
from wipe.facts import Drive, Identity, PassPlan, Plan
from wipe.pattern import ConstantPattern, Pattern, RandomPattern
from wipe.vocabulary import (
    LEGACY_METHODS,
    METHOD_PASSES,
    Medium,
    Method,
    PatternKind,
    RefusalCode,
    Technique,
    VerificationKind,
)

STANDARDS = ("NIST SP 800-88 Rev. 2 (September 2025), Clear", "IEEE 2883-2022, Clear")
LEGACY = {
    Method.HMG_IS5_BASELINE: "HMG IS5 Baseline (withdrawn; a label of former times)",
    Method.HMG_IS5_ENHANCED: "HMG IS5 Enhanced (withdrawn; a label of former times)",
    Method.DOD_5220_22_M: "DoD 5220.22-M, three passes (no longer in use; a label of former times)",
}
TWO_PASS_MEDIA = (Medium.USB_FLASH, Medium.SD)  # NIST SP 800-88r1 table A-8: a pattern, then its complement


def method_for(kind: Medium) -> Method:
    """The method of the decision table for a kind of medium, as far as overwriting goes."""
    return Method.PATTERN_COMPLEMENT if kind in TWO_PASS_MEDIA else Method.NIST_CLEAR


def make(drive: Drive, method: Method, verification: VerificationKind, attestation: str | None) -> Plan:
    """The plan for a drive. `unsuited` says whether method and medium fit."""
    legacy = LEGACY.get(method)
    return Plan(
        identity=drive.identity,
        capacity_bytes=drive.geometry.capacity_bytes,
        method=method,
        technique=Technique.CLEAR,
        standards=STANDARDS if legacy is None else (*STANDARDS, legacy),
        passes=tuple(
            PassPlan(number, kind, value) for number, (kind, value) in enumerate(METHOD_PASSES[method], start=1)
        ),
        verification=verification,
        attestation=attestation,
        limits=LIMITS,
    )


def unsuited(plan: Plan) -> tuple[Refusal, ...]:
    """Every reason why this method does not fit this medium (sanitisation by overwriting is Clear at most)."""
    found = []
    if plan.method in LEGACY_METHODS and plan.identity.kind not in (Medium.HDD, Medium.VIRTUAL):
        found.append(
            Refusal(
                RefusalCode.METHOD_UNSUITED.value,
                f"{plan.method.value} is a label for magnetic hard drives; this is {plan.identity.kind.value}.",
                "Choose nist-clear.",
            )
        )
    if plan.method in LEGACY_METHODS and plan.verification is not VerificationKind.FULL:
        found.append(
            Refusal(
                RefusalCode.VERIFICATION_UNSUITED.value,
                f"{plan.method.value} includes reading the whole drive back.",
                "Choose --verify full.",
            )
        )
    if plan.identity.kind in TWO_PASS_MEDIA and len(plan.passes) < 2:
        found.append(
            Refusal(
                RefusalCode.METHOD_UNSUITED.value,
                f"One pass is not enough for {plan.identity.kind.value}: it takes a pattern and its complement.",
                "Choose --method pattern-complement, or leave --method out.",
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
