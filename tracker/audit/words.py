"""Events in words for people. Pure. A kind without words shows its own name, so that nothing is ever hidden."""

from collections.abc import Mapping

from tracker.audit.kinds import EventKind
from tracker.values import Role, pounds

SENTENCES: Mapping[EventKind, str] = {
    EventKind.SCHOOL_CREATED: "The school was founded here",
    EventKind.SCHOOL_CHANGED: "The school's data were changed",
    EventKind.USER_CREATED: "The account was added",
    EventKind.USER_CHANGED: "The account was changed",
    EventKind.USER_ROLE_CHANGED: "The role was changed",
    EventKind.USER_DEACTIVATED: "The account was closed",
    EventKind.USER_REACTIVATED: "The account was reopened",
    EventKind.USER_UNLOCKED: "The account was unlocked",
    EventKind.USER_PASSWORD_CHANGED: "The password was changed",
    EventKind.USER_SIGNED_IN: "Signed in",
    EventKind.USER_SIGNED_OUT: "Signed out",
    EventKind.USER_SIGNED_OUT_EVERYWHERE: "Signed out everywhere",
    EventKind.USER_SIGN_IN_FAILED: "A sign-in failed",
    EventKind.USER_LOCKED: "The account was locked after too many wrong passwords",
    EventKind.USER_REAUTHENTICATED: "Gave the password again",
    EventKind.USER_REAUTHENTICATION_FAILED: "Gave a wrong password when asked again",
    EventKind.PERSON_CREATED: "Was added",
    EventKind.PERSON_CHANGED: "Was changed",
    EventKind.PERSON_LINKED: "An account was said to be theirs",
    EventKind.PERSON_FORGOTTEN: "A pseudonym took the place of the name",
    EventKind.AGREEMENT_CREATED: "Was added",
    EventKind.AGREEMENT_CHANGED: "Was changed",
    EventKind.AGREEMENT_DRAFTED: "A draft was written",
    EventKind.AGREEMENT_APPROVED: "A version was approved",
    EventKind.AGREEMENT_RETIRED: "Was retired, or is asked for again",
    EventKind.SIGNATURE_GIVEN: "Signed",
    EventKind.SIGNATURE_WITHDRAWN: "A signature was taken back",
    EventKind.KIND_CREATED: "The kind was added",
    EventKind.KIND_CHANGED: "The kind was changed",
    EventKind.FIELD_CREATED: "The field was added",
    EventKind.FIELD_CHANGED: "The field was changed",
    EventKind.LOCATION_CREATED: "The place was added",
    EventKind.LOCATION_CHANGED: "The place was changed",
    EventKind.ASSET_CREATED: "Was registered",
    EventKind.ASSET_CHANGED: "Was changed",
    EventKind.ASSET_MOVED: "Was moved",
    EventKind.ASSET_STATE_CHANGED: "Changed its state",
    EventKind.ASSET_NO_STORAGE_ASSERTED: "Somebody stated that it holds no storage",
    EventKind.ASSET_NO_STORAGE_WITHDRAWN: "The statement that it holds no storage was taken back",
    EventKind.ASSET_CHECKED: "A check was recorded",
    EventKind.ASSET_DECLARED_UNUSED: "Somebody stated that nobody used it",
    EventKind.LABEL_PRINTED: "A label was printed",
    EventKind.LABEL_REPRINTED: "A label was printed again",
    EventKind.LABEL_RETIRED: "The label was retired and a new tag given",
    EventKind.LABEL_BLANKS_PRINTED: "Blank labels were printed",
    EventKind.PRINTER_CREATED: "The printer was added",
    EventKind.PRINTER_CHANGED: "The printer was changed",
    EventKind.PRINTER_REMOVED: "The printer was removed",
    EventKind.ATTACHMENT_ADDED: "A photo or document was added",
    EventKind.ATTACHMENT_CHANGED: "The caption of a photo or document was changed",
    EventKind.ATTACHMENT_REMOVED: "A photo or document was removed",
    EventKind.ATTACHMENT_ERASED: "The file of a removed photo or document was erased",
    EventKind.MEDIUM_CREATED: "Was registered",
    EventKind.MEDIUM_CHANGED: "Was changed",
    EventKind.MEDIUM_ATTACHED: "Was put into an asset",
    EventKind.MEDIUM_DETACHED: "Was taken out of an asset",
    EventKind.MEDIUM_STATE_CHANGED: "Changed its state",
    EventKind.EVIDENCE_RECEIVED: "Evidence was received and accepted",
    EventKind.EVIDENCE_QUARANTINED: "Evidence was received and put into quarantine",
    EventKind.STATION_PAIRING_CODE_ISSUED: "A pairing code was made",
    EventKind.STATION_ENROLLED: "The station was paired",
    EventKind.STATION_REVOKED: "The station was shut out",
    EventKind.STATION_REFUSED: "A station was refused",
    EventKind.JOB_CREATED: "The wipe was ordered",
    EventKind.JOB_STARTED: "The station took the wipe",
    EventKind.JOB_CANCEL_REQUESTED: "The wipe was told to stop",
    EventKind.JOB_FINISHED: "The wipe was over",
    EventKind.JOB_REFUSED: "The station refused the wipe",
    EventKind.JOB_HUNG: "The drive hung in the middle of the wipe",
    EventKind.JOB_LOST: "The wipe was lost: its station knows nothing of it",
    EventKind.CERTIFICATE_ISSUED: "The certificate was issued",
    EventKind.CERTIFICATE_DOWNLOADED: "The certificate was downloaded",
    EventKind.CERTIFICATE_SUPERSEDED: "The certificate was replaced",
    EventKind.CERTIFICATE_WITHDRAWN: "The certificate was withdrawn",
    EventKind.IMPORT_UPLOADED: "A spreadsheet was uploaded",
    EventKind.IMPORT_TRIED: "The columns were matched, for a dry run",
    EventKind.IMPORT_APPLIED: "The spreadsheet went into the register",
    EventKind.IMPORT_DISCARDED: "The spreadsheet was thrown away",
    EventKind.LOAN_LENT: "Was handed out",
    EventKind.LOAN_EXTENDED: "Was extended",
    EventKind.LOAN_RETURNED: "Something came back",
    EventKind.LOAN_SIGNED_IN: "What came back was signed for",
    EventKind.LOAN_PAPER_ISSUED: "Its agreement was frozen as a PDF",
    EventKind.SIGNING_ASKED: "Was asked to sign by a link in a mail",
    EventKind.SIGNING_MAILED: "A link to sign by was mailed, or could not be",
    EventKind.SIGNING_REVOKED: "A link to sign by was taken back",
    EventKind.SIGNING_DONE: "Signed what was asked for by a link",
    EventKind.PERSON_ATTESTED: "Stated something about what they hold",
    EventKind.PERSON_LEFT: "Their leaving was signed off",
    EventKind.PERSON_LEAVING: "Something was settled before they leave, or is not after all",
    EventKind.LEAVING_LIST_CHANGED: "What is asked of leavers was changed",
    EventKind.PERSON_SUSPENDED: "Whether they may borrow was changed",
    EventKind.PLAN_CREATED: "Was planned",
    EventKind.PLAN_CHANGED: "Was changed",
    EventKind.MAINTENANCE_DONE: "Maintenance was written down",
    EventKind.MAINTENANCE_CORRECTED: "A wrong result of maintenance was replaced",
    EventKind.INCIDENT_REPORTED: "Was reported",
    EventKind.INCIDENT_ASSESSED: "What is at risk was written down",
    EventKind.INCIDENT_TOLD: "Somebody was told",
    EventKind.INCIDENT_REFERRED: "References were entered",
    EventKind.INCIDENT_DECIDED: "It was decided whether the ICO is told",
    EventKind.INCIDENT_CLOSED: "Was closed",
    EventKind.KIT_CREATED: "The kit was put together",
    EventKind.KIT_CHANGED: "The kit was changed",
    EventKind.RESERVATION_MADE: "It was reserved",
    EventKind.RESERVATION_CANCELLED: "The reservation was cancelled",
    EventKind.RESERVATION_COLLECTED: "What was reserved was handed out",
    EventKind.RESERVATION_OVERRIDDEN: "What was reserved was lent to somebody else",
    EventKind.SCHOOL_YEAR_CREATED: "The school year was added to the calendar",
    EventKind.SCHOOL_YEAR_CHANGED: "Dates of the school year were changed",
    EventKind.SCHOOL_YEAR_CONFIRMED: "Somebody checked the dates of the school year",
    EventKind.FOUND_REPORTED: "Somebody outside told by a label that they found it",
    EventKind.FOUND_LINKED: "What was found was added to an incident",
    EventKind.FOUND_SETTLED: "What was found was settled",
    EventKind.REMINDER_SENT: "A reminder was mailed",
    EventKind.REMINDER_FAILED: "A reminder could not be mailed, or nobody knows whether it went",
    EventKind.MAIL_TESTED: "A test mail was sent",
    EventKind.REGISTER_EXPORTED: "Data were exported",
    EventKind.VIEW_SAVED: "The list was saved",
    EventKind.VIEW_REMOVED: "The saved list was removed",
    EventKind.REGISTER_SETTINGS_CHANGED: "The register's settings were changed",
    EventKind.LOG_REDACTED: "A pseudonym took the place of a name in the log",
    EventKind.RETENTION_CHANGED: "How long names are kept was changed",
    EventKind.CHECKPOINT_SIGNED: "A checkpoint of the log was signed",
}


def sentence(kind: str) -> str:
    """What happened, in words."""
    try:
        return SENTENCES[EventKind(kind)]
    except (ValueError, KeyError):
        return kind


# Values that are words of ours, such as states: they are shown without their underscores.
_CODED = frozenset({"state", "ownership", "kind", "level", "outcome", "method", "verification"})


def shown(value: object, name: str = "") -> str:
    """A value from before or after, for people; `name` says what it is the value of."""
    if name.endswith("_pence") and isinstance(value, int):
        return pounds(value)
    if name == "role" and isinstance(value, str) and value in set(Role):
        return Role(value).label
    if name.endswith("_bytes") and isinstance(value, int):
        return f"{value:,} bytes"
    if name in _CODED and isinstance(value, str) and value:
        return _word(value) if value.islower() else value
    if value is None or value == "":
        return "nothing"
    if isinstance(value, bool):
        return "yes" if value else "no"
    if name == "digests" and isinstance(value, list):
        return f"{len(value)} digests"  # for the proof of the log, not for people
    if isinstance(value, list | tuple):
        return ", ".join(str(one) for one in value) or "nothing"
    return str(value)


def _word(code: str) -> str:
    """`in_use` as In use, `hdd` as HDD, `usb-flash` as USB flash."""
    first, _, rest = code.replace("-", " ").replace("_", " ").partition(" ")
    shown_first = first.upper() if first in ("hdd", "ssd", "nvme", "usb", "sd", "lto") else first.capitalize()
    return f"{shown_first} {rest}".strip()


def changes(before: Mapping[str, object], after: Mapping[str, object]) -> list[tuple[str, str | None, str | None]]:
    """(what, from, to) for each value that an event tells of; None on a side that it does not."""
    names = dict.fromkeys([*before, *after])
    return [
        (
            _heading(name),
            shown(before[name], name) if name in before else None,
            shown(after[name], name) if name in after else None,
        )
        for name in names
    ]


def _heading(name: str) -> str:
    """`cost_pence` as Cost; the name of a school's own field as it stands: MAC address."""
    words = name.removesuffix("_pence").removesuffix("_bytes").replace("_", " ")
    return words[:1].upper() + words[1:]
