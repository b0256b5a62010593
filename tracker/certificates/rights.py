"""Who may issue and correct certificates, and what stands against it beside the evidence. Pure.

Whoever wiped a drive cannot replace or withdraw what proves it: the school's split of rights (docs/rules.md).
"""

from dataclasses import dataclass

from tracker.values import Blocker, Decision, Role

ISSUERS = frozenset({Role.TECHNICIAN, Role.BURSAR, Role.HEAD})
CORRECTORS = frozenset({Role.BURSAR, Role.HEAD})
REASON_LEAST, REASON_MOST = 3, 1000  # characters


@dataclass(frozen=True, slots=True)
class Correction:
    """Somebody wants to replace or withdraw a certificate."""

    role: Role | None
    wiped_it: bool  # the same person ran the wipe that the certificate is about
    withdrawn: bool
    superseded_by: str | None  # number
    reason: str


@dataclass(frozen=True, slots=True)
class Asked:
    """Somebody wants to issue a certificate or a report."""

    role: Role | None
    withdrawn: str | None  # number of one from the same evidence that was taken back
    wiping: bool  # a run is under way
    used_since: bool  # the medium was in service again after the run, so that it may hold data
    failed: bool  # a wipe of the medium failed, whenever that was: it can only be destroyed (AD6)


def may_issue(asked: Asked) -> Decision:
    """Whether this person may issue, and whether evidence that the rules accept can still be used."""
    found = []
    if asked.role not in ISSUERS:
        found.append(
            Blocker("role", "Only a technician, the bursar or the head teacher can issue a certificate. Ask one.")
        )
    if asked.withdrawn is not None:
        message = (
            f"{asked.withdrawn} from this evidence was withdrawn, and a run gets no second one. A new run gets its own."
        )
        found.append(Blocker("withdrawn", message))
    if asked.wiping:
        found.append(Blocker("wiping", "The medium is being wiped again. Wait for the end of that job."))
    if asked.used_since:
        found.append(Blocker("used_since", "The medium was in service again after this wipe. Wipe it again."))
    if asked.failed:
        message = "A wipe of this medium failed, so no later one counts. Have it physically destroyed."
        found.append(Blocker("failed", message))
    return Decision(tuple(found))


def may_correct(facts: Correction) -> Decision:
    """Whether a certificate may be replaced or withdrawn by this person, with every reason why not."""
    found = []
    if facts.role not in CORRECTORS:
        found.append(Blocker("role", "Only the bursar or the head teacher can do this. Ask one of them."))
    if facts.wiped_it:
        found.append(Blocker("own_wipe", "You wiped this medium yourself. Somebody else must do this."))
    if facts.withdrawn:
        found.append(Blocker("withdrawn", "This certificate was withdrawn already. There is nothing more to do."))
    if facts.superseded_by is not None:
        found.append(
            Blocker("superseded", f"This certificate was replaced by {facts.superseded_by}. Open that one instead.")
        )
    if not REASON_LEAST <= len(facts.reason.strip()) <= REASON_MOST:
        found.append(Blocker("reason", f"Say why, in {REASON_LEAST} to {REASON_MOST:,} characters. It is kept."))
    return Decision(tuple(found))
