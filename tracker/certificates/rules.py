"""May a certificate of data erasure, or a report of a run that did not erase, be issued? Pure: facts in, reasons out.

Only evidence decides (NIST SP 800-88 Rev. 2 section 4.5; policy clauses AD5, AD6 and DS3): accepted, verified with a
known key, about this very medium, and with an outcome that the table of claims knows.
"""

from dataclasses import dataclass

from tracker.certificates import claims
from tracker.media.rules import Known as Known
from tracker.media.rules import differing as differing
from tracker.values import Blocker, Decision
from wipe.vocabulary import Level, Medium, Outcome, VerificationKind

TITLE = {
    Outcome.SANITISED_PURGE: "Certificate of data erasure",
    Outcome.SANITISED_CLEAR: "Certificate of data erasure",
    Outcome.CLEARED_WITH_EXCEPTIONS: "Erased with exceptions",
}
REPORT_TITLE = {
    Outcome.FAILED: "Report of a failed erasure",
    Outcome.INTERRUPTED: "Report of an unfinished erasure",
    Outcome.INDETERMINATE: "Report of an unproved erasure",
}


@dataclass(frozen=True, slots=True)
class Facts:
    """All that the decision may depend on."""

    evidence_accepted: bool  # the tracker took the record in; it is not in quarantine
    key_known: bool  # its signature holds under a station key that the school has registered
    outcome: Outcome
    level: Level
    verification: VerificationKind | None
    kind: Medium  # as read from the device
    virtual: bool
    operator_named: bool
    differing: tuple[str, ...]  # names of what differs between register and record, see `differing`
    identified: bool  # by the drive's own serial number, or by a person's attestation
    later_run: bool  # another run on this medium ended after this one
    current: str | None  # number of the certificate in force about this medium
    superseding: str | None  # number of the certificate that this one is meant to replace


def may_issue(facts: Facts) -> Decision:
    """Whether a certificate may be issued from this evidence, with every reason why not."""
    return Decision((*_evidence(facts), *_medium(facts), *_series(facts)))


def may_report(facts: Facts) -> Decision:
    """Whether a report of a run that did not erase may be issued, with every reason why not.

    It tells of that run and claims nothing, so later runs do not stand against it.
    """
    found = [*_proved(facts), *_differing(facts)]
    if facts.outcome not in REPORT_TITLE:
        found.append(Blocker("erased", f"The run ended as {_words(facts.outcome)}: there is no failure to report."))
    if not facts.operator_named:
        found.append(Blocker("no_operator", "The evidence does not say who ran it, so nobody can answer for it."))
    return Decision((*found, *_series(facts)))


def _proved(facts: Facts) -> list[Blocker]:
    found = []
    if not facts.evidence_accepted:
        found.append(Blocker("quarantined", "The evidence is in quarantine. Look at its reasons, then wipe again."))
    if not facts.key_known:
        found.append(
            Blocker("key_unknown", "The evidence is not signed by a station of this school. Wipe at a paired station.")
        )
    return found


def _evidence(facts: Facts) -> list[Blocker]:
    found = _proved(facts)
    claimed = claims.sentences(facts.outcome, facts.level, facts.verification, facts.kind, virtual=facts.virtual)
    if facts.outcome not in TITLE:
        found.append(
            Blocker("not_erased", f"The run ended as {_words(facts.outcome)}. Wipe the medium again or destroy it.")
        )
    elif not claimed:
        found.append(
            Blocker("nothing_to_claim", "Nothing may be claimed for this result on this kind of medium. Destroy it.")
        )
    if not facts.operator_named:
        found.append(Blocker("no_operator", "The evidence does not say who wiped it. Wipe again with an operator."))
    return found


def _differing(facts: Facts) -> list[Blocker]:
    if not facts.differing:
        return []
    names = ", ".join(facts.differing)
    message = f"Register and evidence do not name the same medium ({names}). Correct the register."
    return [Blocker("identity", message)]


def _medium(facts: Facts) -> list[Blocker]:
    found = _differing(facts)
    if not facts.identified:
        found.append(
            Blocker("unidentified", "The drive gave no serial number and nobody attested which it was. Destroy it.")
        )
    if facts.later_run:
        found.append(
            Blocker("later_run", "A later run on this medium is on record. Issue the certificate for that one.")
        )
    return found


def _series(facts: Facts) -> list[Blocker]:
    if facts.current == facts.superseding:
        return []
    if facts.superseding is None:
        return [
            Blocker("already_issued", f"{facts.current} is in force already. Replace it if it has to be corrected.")
        ]
    return [Blocker("not_current", f"{facts.superseding} is not in force, so it cannot be replaced.")]


def _words(outcome: Outcome) -> str:
    return outcome.value.replace("_", " ").lower()
