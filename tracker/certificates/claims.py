"""The sentences that a certificate may claim: a table, and nothing else. What is not in it gets no certificate.

Sources: NIST SP 800-88 Rev. 2 (September 2025) sections 3.1 and 4.5, IEEE 2883-2022 for what overwriting reaches on
each kind of medium. The words "certified" and "forensic" claim nothing that anybody could check, so they never appear.
Purge is not in the table: no method of this version reaches it.

A run that did not erase gets a report, whose sentences (NOT_ERASED) claim nothing and say what has to be done.
"""

from collections.abc import Mapping

from wipe.vocabulary import Level, Medium, Method, Outcome, VerificationKind

Key = tuple[Outcome, Level, VerificationKind, Medium]

_CLEAR = (Outcome.SANITISED_CLEAR, Level.CLEAR)
_EXCEPTIONS = (Outcome.CLEARED_WITH_EXCEPTIONS, Level.NONE)

_RESULT = {
    _CLEAR: "This medium was sanitised to the level Clear of NIST SP 800-88 Rev. 2 and IEEE 2883-2022 by overwriting.",
    _EXCEPTIONS: "This medium was overwritten, but the exceptions named on this certificate stand. No level of NIST SP "
    "800-88 Rev. 2 is claimed, and this is not a pass.",
}
_VIRTUAL_RESULT = {
    _CLEAR: "This virtual drive was overwritten and read back the way a real one would be.",
    _EXCEPTIONS: "This virtual drive was overwritten, but the exceptions named on this certificate stand. This is not "
    "a pass.",
}
_WRITTEN = "Every block that a computer can address was overwritten."
_WRITTEN_TWICE = "Every block that a computer can address was overwritten at least twice, with different patterns."
_READ = {
    VerificationKind.FULL: "Afterwards every one of these blocks was read back and held exactly what had been written.",
    VerificationKind.SAMPLE: "Afterwards a random sample of about a tenth of them, spread over the whole medium with "
    "its first and last block, was read back and held exactly what had been written. The rest was not read.",
}
_FLASH = "Flash memory keeps spare blocks that overwriting does not reach."
_BEYOND = {
    Medium.HDD: "Overwriting does not reach sectors that a hard drive has moved aside.",
    Medium.SSD: _FLASH,
    Medium.NVME: _FLASH,
    Medium.USB_FLASH: _FLASH,
    Medium.SD: _FLASH,
    Medium.EMMC: _FLASH,
    Medium.UNKNOWN: "What kind of medium this is could not be told, so what overwriting reaches is not known.",
    Medium.VIRTUAL: "It is a file that stands for a drive. This certificate shows how the system works and is no "
    "evidence about any physical medium.",
}
_TWICE = (Medium.USB_FLASH, Medium.SD)  # only with two passes is the outcome clean (wipe.verdict)


def _sentences(result: tuple[Outcome, Level], read: VerificationKind, kind: Medium) -> tuple[str, ...]:
    first = (_VIRTUAL_RESULT if kind is Medium.VIRTUAL else _RESULT)[result]
    written = _WRITTEN_TWICE if kind in _TWICE and result == _CLEAR else _WRITTEN
    return (first, written, _READ[read], _BEYOND[kind])


_CAN_BE_CLEAR = (Medium.HDD, Medium.SSD, Medium.NVME, Medium.USB_FLASH, Medium.SD, Medium.VIRTUAL)
_CAN_HAVE_EXCEPTIONS = (*_CAN_BE_CLEAR, Medium.EMMC, Medium.UNKNOWN)

CLAIMS: dict[Key, tuple[str, ...]] = {
    (*result, read, kind): _sentences(result, read, kind)
    for result, kinds in ((_CLEAR, _CAN_BE_CLEAR), (_EXCEPTIONS, _CAN_HAVE_EXCEPTIONS))
    for read in (VerificationKind.FULL, VerificationKind.SAMPLE)
    for kind in kinds
}

# Standards that may be printed, by the exact words of a plan. A plan's other words are not repeated on paper.
STANDARDS = frozenset({"NIST SP 800-88 Rev. 2 (September 2025), Clear", "IEEE 2883-2022, Clear"})
LEGACY_LABELS = {
    Method.HMG_IS5_BASELINE: "HMG IS5 Baseline (withdrawn; a label of former times)",
    Method.HMG_IS5_ENHANCED: "HMG IS5 Enhanced (withdrawn; a label of former times)",
    Method.DOD_5220_22_M: "DoD 5220.22-M, three passes (no longer in use; a label of former times)",
}

NO_PROOF = "This report is no proof of erasure, for nobody and to no level of any standard."
NOT_ERASED: Mapping[Outcome, tuple[str, ...]] = {
    Outcome.FAILED: (
        "The erasure of this medium failed. What it held may still be on it.",
        "This medium must be physically destroyed. It must not be used again, sold, given away or sent back before.",
        NO_PROOF,
    ),
    Outcome.INTERRUPTED: (
        "The erasure of this medium was stopped before its end. What it held may still be on it.",
        "Wipe it again, to the end, or have it physically destroyed. Until then it must not leave the school.",
        NO_PROOF,
    ),
    Outcome.INDETERMINATE: (
        "Whether this medium was erased could not be proved. What it held may still be on it.",
        "Wipe it again, to the end, or have it physically destroyed. Until then it must not leave the school.",
        NO_PROOF,
    ),
}
PRETENDED = "It is a file that stands for a drive. This report shows how the system works."


def sentences(
    outcome: Outcome, level: Level, verification: VerificationKind | None, kind: Medium, *, virtual: bool
) -> tuple[str, ...]:
    """What may be claimed; empty where nothing may, and then there is no certificate.

    A virtual drive is judged as one, whatever kind it plays.
    """
    if verification is None:
        return ()
    return CLAIMS.get((outcome, level, verification, Medium.VIRTUAL if virtual else kind), ())


def not_erased(outcome: Outcome, *, virtual: bool) -> tuple[str, ...]:
    """What a report of a run that did not erase says; empty for an outcome that gets none."""
    said = NOT_ERASED.get(outcome, ())
    return (*said, PRETENDED) if said and virtual else said


def standards(outcome: Outcome, method: Method, named: tuple[str, ...], *, virtual: bool) -> tuple[str, ...]:
    """Those of the named standards that may stand on a certificate with this outcome."""
    allowed = set(STANDARDS) if outcome is Outcome.SANITISED_CLEAR and not virtual else set()
    if method in LEGACY_LABELS and outcome is Outcome.SANITISED_CLEAR:
        allowed.add(LEGACY_LABELS[method])
    return tuple(one for one in named if one in allowed)
