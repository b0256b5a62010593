"""What a run may claim, computed from its evidence alone. Nobody chooses an outcome, and there is no default.

Sources: NIST SP 800-88r2 section 4.5 (verification, and validation as an accept or reject of its own), IEEE 2883-2022
for what an overwrite can reach.
"""

from dataclasses import dataclass

from wipe.blocks import Ending
from wipe.facts import Health, HiddenArea, Identity, PassResult, VerifyResult
from wipe.vocabulary import Level, Medium, Outcome, TriState, VerificationKind


@dataclass(frozen=True, slots=True)
class Facts:
    """All that an outcome may depend on."""

    identity: Identity
    capacity_bytes: int
    planned_passes: int
    planned_verification: VerificationKind
    passes: tuple[PassResult, ...]
    verification: VerifyResult | None
    ending: Ending
    identity_held: bool  # the same drive answered before and after
    hidden_areas: tuple[HiddenArea, ...]
    health_before: Health
    health_after: Health


@dataclass(frozen=True, slots=True)
class Verdict:
    """The outcome, the level it may claim, and every reason why it is not better. Reasons are finished sentences."""

    outcome: Outcome
    level: Level
    reasons: tuple[str, ...]


def judge(facts: Facts) -> Verdict:
    """Compute outcome and level: interrupted, then failed, then not proved, then exceptions, and only then clean."""
    if facts.ending is not Ending.COMPLETE:
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


def _failures(facts: Facts) -> tuple[str, ...]:
    found = [f"Pass {one.number} could not write every block." for one in facts.passes if one.unwritten]
    verification = facts.verification
    if verification is not None and verification.mismatched:
        found.append("Blocks were found that do not hold what was written.")
    if verification is not None and verification.unreadable:
        found.append("Blocks could not be read back.")
    if not facts.identity_held:
        found.append("Another drive answered after the run than before it.")
    return tuple(found)


def _doubts(facts: Facts) -> tuple[str, ...]:
    found = []
    numbers = [one.number for one in facts.passes]
    if facts.capacity_bytes <= 0 or not numbers or numbers != list(range(1, facts.planned_passes + 1)):
        found.append("Not every planned pass was made.")
    if any(one.bytes_written != facts.capacity_bytes for one in facts.passes):
        found.append("A pass does not account for the whole drive.")
    verification = facts.verification
    if verification is None:
        found.append("The drive was not read back.")
    elif not _proves(facts, verification):
        found.append("What was read back does not prove the last pass.")
    return tuple(found)


def _proves(facts: Facts, verification: VerifyResult) -> bool:
    """Whether the reading covers what its kind promises, of the very pattern that was written last."""
    if not facts.passes or verification.pattern_digest != facts.passes[-1].pattern_digest:
        return False
    if verification.bytes_read != verification.bytes_expected or verification.bytes_read <= 0:
        return False
    if verification.kind is VerificationKind.FULL:
        return verification.bytes_expected == facts.capacity_bytes
    share = facts.capacity_bytes // 10 - (1 << 20)  # a tenth, less the edges of the subsections
    wanted = facts.planned_verification is VerificationKind.SAMPLE and verification.sample is not None
    return verification.kind is VerificationKind.SAMPLE and wanted and verification.bytes_read >= share


def _exceptions(facts: Facts) -> tuple[str, ...]:
    found = []
    if any((health.reallocated or 0) > 0 for health in (facts.health_before, facts.health_after)):
        found.append("The drive has moved sectors aside, and an overwrite does not reach the old ones.")
    hiding = [area for area in facts.hidden_areas if area.state is not TriState.NO]
    if hiding:
        names = ", ".join(area.kind.value.upper() for area in hiding)
        found.append(f"Areas that the host does not see were not shown to be empty ({names}).")
    flash = facts.identity.kind in (Medium.USB_FLASH, Medium.SD)
    if flash and facts.planned_passes < 2:
        found.append("A flash stick or card needs two passes, a pattern and its complement.")
    if facts.identity.kind is Medium.UNKNOWN:
        found.append("What kind of medium this is could not be told, so what an overwrite reaches is not known.")
    return tuple(found)
