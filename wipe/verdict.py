"""What a run may claim, computed from its evidence alone. Nobody chooses an outcome, and there is no default.

Sources: NIST SP 800-88r2 section 4.5 (verification, and validation as an accept or reject of its own), IEEE 2883-2022
for what an overwrite can reach.
"""

from dataclasses import dataclass

from wipe.blocks import Ending
from wipe.codec import LATEST
from wipe.facts import Health, HiddenArea, PassResult, Plan, Reading, VerifyResult, has_serial
from wipe.vocabulary import (
    LEGACY_METHODS,
    METHOD_PASSES,
    HiddenAreaKind,
    Level,
    Medium,
    Outcome,
    Technique,
    Transport,
    TriState,
    VerificationKind,
)


@dataclass(frozen=True, slots=True)
class Facts:
    """All that an outcome may depend on."""

    plan: Plan
    passes: tuple[PassResult, ...]
    verification: VerifyResult | None
    ending: Ending
    identity_held: TriState  # whether the same drive answered afterwards; unknown: none answered
    hidden_areas: tuple[HiddenArea, ...]
    health_before: Health
    health_after: Health
    errors: tuple[str, ...]
    readings: tuple[Reading, ...] = ()  # of the drive's identity during the run
    version: int = LATEST  # of the record: each is judged by its own rules for ever


@dataclass(frozen=True, slots=True)
class Verdict:
    """The outcome, the level it may claim, and every reason why it is not better. Reasons are finished sentences."""

    outcome: Outcome
    level: Level
    reasons: tuple[str, ...]


def judge(facts: Facts) -> Verdict:
    """Compute outcome and level: void, interrupted, failed, not proved, with exceptions, and only then clean."""
    voided = _voided(facts) if facts.version >= 3 else ()
    if voided:
        return Verdict(Outcome.FAILED, Level.NONE, voided)
    if facts.ending not in (Ending.COMPLETE, Ending.GIVEN_UP):
        return Verdict(Outcome.INTERRUPTED, Level.NONE, (f"The run ended before its end: {facts.ending.value}.",))
    failures = _failures(facts)
    if failures:
        return Verdict(Outcome.FAILED, Level.NONE, failures)
    doubts = _doubts(facts)
    if doubts:
        return Verdict(Outcome.INDETERMINATE, Level.NONE, doubts)
    exceptions = _exceptions(facts)
    if exceptions:
        return Verdict(Outcome.CLEARED_WITH_EXCEPTIONS, Level.NONE, exceptions)
    return Verdict(Outcome.SANITISED_CLEAR, Level.CLEAR, ())


def _voided(facts: Facts) -> tuple[str, ...]:
    """Why the run means no drive at all: it was not one and the same from its start to its end."""
    strange = dict.fromkeys(name for one in facts.readings if one.held is TriState.NO for name in one.differing)
    found = []
    if strange or facts.ending is Ending.CHANGED or any(one.held is TriState.NO for one in facts.readings):
        names = ", ".join(strange) or "its identity"
        found.append(f"Another drive answered during the run than before it: {names} changed. The run is void.")
    if facts.identity_held is TriState.NO:
        found.append("Another drive answered after the run than before it. The run is void.")
    return tuple(found)


def _failures(facts: Facts) -> tuple[str, ...]:
    found = [f"Pass {one.number} could not write every block." for one in facts.passes if one.unwritten]
    verification = facts.verification
    if facts.ending is Ending.GIVEN_UP:
        found.append("The drive's errors took longer than the plan allows, and the run gave it up.")
    if verification is not None and verification.mismatched:
        found.append("Blocks were found that do not hold what was written.")
    if verification is not None and verification.unreadable:
        found.append("Blocks could not be read back.")
    return tuple(found)


def _doubts(facts: Facts) -> tuple[str, ...]:
    plan, verification = facts.plan, facts.verification
    found = []
    if not _suited(plan):
        found.append("The passes are not those of the method, or the method does not fit this medium.")
    made = [(one.number, one.pattern) for one in facts.passes]
    if plan.capacity_bytes <= 0 or not made or made != [(one.number, one.kind) for one in plan.passes]:
        found.append("Not every planned pass was made.")
    if any(one.bytes_written != plan.capacity_bytes for one in facts.passes):
        found.append("A pass does not account for the whole drive.")
    if verification is None:
        found.append("The drive was not read back.")
    elif not _proves(facts, verification):
        found.append("What was read back does not prove the last pass.")
    if facts.identity_held is TriState.NO:
        found.append("Another drive answered after the run than before it.")
    elif facts.identity_held is TriState.UNKNOWN:
        found.append("No drive answered after the run.")
    if not has_serial(plan.identity) and not (plan.attestation or "").strip():
        found.append("The drive gives no serial number, and nobody said how it was known.")
    if facts.errors:
        found.append("Errors were noted that nothing here explains.")
    return tuple(found)


def _suited(plan: Plan) -> bool:
    """Whether the plan is what its method's name says, on a medium that an overwrite can sanitise."""
    numbered = [(one.number, one.kind, one.value) for one in plan.passes]
    wanted = [(number, *one) for number, one in enumerate(METHOD_PASSES[plan.method], start=1)]
    kind = plan.identity.kind
    legacy = plan.method in LEGACY_METHODS and kind not in (Medium.HDD, Medium.VIRTUAL)
    reachable = kind not in (Medium.OPTICAL, Medium.TAPE)
    return numbered == wanted and plan.technique is Technique.CLEAR and reachable and not legacy


def _proves(facts: Facts, verification: VerifyResult) -> bool:
    """Whether the reading covers what its kind promises, of the very pattern that was written last."""
    if not facts.passes or verification.pattern_digest != facts.passes[-1].pattern_digest:
        return False
    if verification.bytes_read != verification.bytes_expected or verification.bytes_read <= 0:
        return False
    if verification.kind is VerificationKind.FULL:
        return verification.bytes_expected == facts.plan.capacity_bytes
    share = facts.plan.capacity_bytes // 10 - (1 << 20)  # a tenth, less the edges of the subsections
    wanted = facts.plan.verification is VerificationKind.SAMPLE and verification.sample is not None
    return verification.kind is VerificationKind.SAMPLE and wanted and verification.bytes_read >= share


def _exceptions(facts: Facts) -> tuple[str, ...]:
    found = []
    if any((health.reallocated or 0) > 0 for health in (facts.health_before, facts.health_after)):
        found.append("The drive has moved sectors aside, and an overwrite does not reach the old ones.")
    if facts.version >= 3:
        found += _grown(facts)
    hiding = _not_shown_empty(facts)
    if hiding:
        names = ", ".join(kind.value.upper() for kind in hiding)
        found.append(f"Areas that the host does not see were not shown to be empty ({names}).")
    flash = facts.plan.identity.kind in (Medium.USB_FLASH, Medium.SD)
    if flash and len(facts.plan.passes) < 2:
        found.append("A flash stick or card needs two passes, a pattern and its complement.")
    if facts.plan.identity.kind is Medium.EMMC:
        found.append("The boot areas of an eMMC are not reached by an overwrite.")
    if facts.plan.identity.kind is Medium.UNKNOWN:
        found.append("What kind of medium this is could not be told, so what an overwrite reaches is not known.")
    return tuple(found)


def _grown(facts: Facts) -> list[str]:
    """Sectors that went bad during the run, as the drive counts them before and after."""
    before, after = facts.health_before, facts.health_after
    found = []
    for what, first, last in (
        ("moved {count} more sectors aside", before.reallocated, after.reallocated),
        ("counts {count} more sectors that it cannot read for certain", before.pending, after.pending),
    ):
        if first is not None and last is not None and last > first:
            told = what.format(count=last - first)
            told = told.replace("1 more sectors", "1 more sector") if last - first == 1 else told
            found.append(f"During the run the drive {told} ({first} before, {last} after).")
    return found


def _not_shown_empty(facts: Facts) -> list[HiddenAreaKind]:
    """Hidden areas that may hold data. On what may be an ATA drive, one that nobody asked about is among them."""
    shown = {area.kind for area in facts.hidden_areas if area.state is TriState.NO}
    listed = {area.kind for area in facts.hidden_areas}
    if facts.plan.identity.transport in (Transport.SATA, Transport.USB, Transport.UNKNOWN):
        listed = set(HiddenAreaKind)
    return [kind for kind in HiddenAreaKind if kind in listed - shown]
