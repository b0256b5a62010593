"""What may be claimed: first all that may not, then the sentences themselves."""

import re
from itertools import product

import pytest

from tracker.certificates import claims
from wipe import plan
from wipe.vocabulary import Level, Medium, Method, Outcome, VerificationKind

pytestmark = pytest.mark.pure

READINGS = (VerificationKind.FULL, VerificationKind.SAMPLE)
OVERWRITABLE = (Medium.HDD, Medium.SSD, Medium.NVME, Medium.USB_FLASH, Medium.SD, Medium.VIRTUAL)
CLEAN = {(Outcome.SANITISED_CLEAR, Level.CLEAR, read, kind) for read in READINGS for kind in OVERWRITABLE}
EXCEPTIONS = {
    (Outcome.CLEARED_WITH_EXCEPTIONS, Level.NONE, read, kind)
    for read in READINGS
    for kind in (*OVERWRITABLE, Medium.EMMC, Medium.UNKNOWN)
}


def test_of_all_combinations_only_those_written_here_claim_anything() -> None:
    every = set(product(Outcome, Level, VerificationKind, Medium))
    claiming = {key for key in every if claims.sentences(*key, virtual=False)}
    assert claiming == CLEAN | EXCEPTIONS


@pytest.mark.parametrize("outcome", sorted(set(Outcome) - {Outcome.SANITISED_CLEAR, Outcome.CLEARED_WITH_EXCEPTIONS}))
@pytest.mark.parametrize("virtual", [False, True])
def test_no_other_outcome_claims_anything(outcome: Outcome, virtual: bool) -> None:
    for level, read, kind in product(Level, VerificationKind, Medium):
        assert claims.sentences(outcome, level, read, kind, virtual=virtual) == ()


def test_nothing_is_claimed_without_reading_back() -> None:
    for outcome, level, kind in product(Outcome, Level, Medium):
        assert claims.sentences(outcome, level, None, kind, virtual=False) == ()
        assert claims.sentences(outcome, level, VerificationKind.NONE, kind, virtual=False) == ()


@pytest.mark.parametrize("kind", [Medium.OPTICAL, Medium.TAPE])
def test_media_that_overwriting_cannot_sanitise_claim_nothing(kind: Medium) -> None:
    for outcome, level, read in product(Outcome, Level, VerificationKind):
        assert claims.sentences(outcome, level, read, kind, virtual=False) == ()


def test_a_virtual_drive_never_claims_a_standard_whatever_kind_it_plays() -> None:
    for key in CLEAN | EXCEPTIONS:
        said = " ".join(claims.sentences(*key, virtual=True))
        assert "virtual" in said
        assert "no evidence about any physical medium" in said
        assert not re.search("NIST|IEEE|Clear", said)
    named = (*plan.STANDARDS, plan.LEGACY[Method.HMG_IS5_BASELINE])
    assert claims.standards(Outcome.SANITISED_CLEAR, Method.NIST_CLEAR, named, virtual=True) == ()


def test_exceptions_never_claim_a_level_or_a_standard() -> None:
    for key in EXCEPTIONS:
        said = " ".join(claims.sentences(*key, virtual=False))
        assert "not a pass" in said
        assert "sanitised" not in said
    assert claims.standards(Outcome.CLEARED_WITH_EXCEPTIONS, Method.NIST_CLEAR, plan.STANDARDS, virtual=False) == ()


def test_no_sentence_uses_a_word_that_nobody_can_check() -> None:
    for sentences in claims.CLAIMS.values():
        for sentence in sentences:
            assert sentence.endswith(".")
            assert not re.search(
                r"forensic|certif(y|ied)\b|guarantee|military|unrecoverable|Purge", sentence, re.IGNORECASE
            )


def test_what_was_read_and_what_was_not_is_said() -> None:
    key = (Outcome.SANITISED_CLEAR, Level.CLEAR)
    full = claims.sentences(*key, VerificationKind.FULL, Medium.HDD, virtual=False)
    sample = claims.sentences(*key, VerificationKind.SAMPLE, Medium.HDD, virtual=False)
    assert "every one of these blocks was read back" in full[2]
    assert "The rest was not read." in sample[2]
    assert "every one" not in " ".join(sample)


@pytest.mark.parametrize("kind", [Medium.SSD, Medium.NVME, Medium.USB_FLASH, Medium.SD])
def test_flash_always_says_that_spare_blocks_are_not_reached(kind: Medium) -> None:
    for key in CLEAN | EXCEPTIONS:
        if key[3] is kind:
            assert "spare blocks that overwriting does not reach" in " ".join(claims.sentences(*key, virtual=False))


def test_standards_are_those_that_plans_name_and_nothing_that_a_station_invents() -> None:
    assert set(plan.STANDARDS) == claims.STANDARDS
    assert claims.LEGACY_LABELS == plan.LEGACY
    outcome = Outcome.SANITISED_CLEAR
    named = (*plan.STANDARDS, "DoD certified, forensic grade", plan.LEGACY[Method.DOD_5220_22_M])
    assert claims.standards(outcome, Method.NIST_CLEAR, named, virtual=False) == plan.STANDARDS
    assert claims.standards(outcome, Method.DOD_5220_22_M, named, virtual=False) == (*plan.STANDARDS, named[-1])
