"""Every kind of event. Kinds are never renamed or reused; a retired one stays as a comment with its meaning."""

from enum import StrEnum


class EventKind(StrEnum):
    """`subject:action`, as it stands in the log for ever."""

    SCHOOL_CREATED = "school:created"
    SCHOOL_CHANGED = "school:changed"

    USER_CREATED = "user:created"
    USER_CHANGED = "user:changed"
    USER_ROLE_CHANGED = "user:role_changed"
    USER_DEACTIVATED = "user:deactivated"
    USER_REACTIVATED = "user:reactivated"
    USER_UNLOCKED = "user:unlocked"
    USER_PASSWORD_CHANGED = "user:password_changed"  # noqa: S105 - the name of an event
    USER_SIGNED_IN = "user:signed_in"
    USER_SIGNED_OUT = "user:signed_out"
    USER_SIGNED_OUT_EVERYWHERE = "user:signed_out_everywhere"
    USER_SIGN_IN_FAILED = "user:sign_in_failed"
    USER_LOCKED = "user:locked"
    USER_REAUTHENTICATED = "user:reauthenticated"
    USER_REAUTHENTICATION_FAILED = "user:reauthentication_failed"

    PERSON_CREATED = "person:created"
    PERSON_CHANGED = "person:changed"
    PERSON_LINKED = "person:linked"

    AGREEMENT_CREATED = "agreement:created"
    AGREEMENT_CHANGED = "agreement:changed"
    AGREEMENT_DRAFTED = "agreement:drafted"
    AGREEMENT_APPROVED = "agreement:approved"
    AGREEMENT_RETIRED = "agreement:retired"
    SIGNATURE_GIVEN = "signature:given"
    SIGNATURE_WITHDRAWN = "signature:withdrawn"

    KIND_CREATED = "kind:created"
    KIND_CHANGED = "kind:changed"
    FIELD_CREATED = "field:created"
    FIELD_CHANGED = "field:changed"
    LOCATION_CREATED = "location:created"
    LOCATION_CHANGED = "location:changed"

    ASSET_CREATED = "asset:created"
    ASSET_CHANGED = "asset:changed"
    ASSET_MOVED = "asset:moved"
    ASSET_STATE_CHANGED = "asset:state_changed"
    ASSET_NO_STORAGE_ASSERTED = "asset:no_storage_asserted"
    ASSET_NO_STORAGE_WITHDRAWN = "asset:no_storage_withdrawn"
    ASSET_CHECKED = "asset:checked"
    ASSET_DECLARED_UNUSED = "asset:declared_unused"
    LABEL_PRINTED = "label:printed"
    LABEL_REPRINTED = "label:reprinted"
    LABEL_RETIRED = "label:retired"
    LABEL_BLANKS_PRINTED = "label:blanks_printed"
    PRINTER_CREATED = "printer:created"
    PRINTER_CHANGED = "printer:changed"
    PRINTER_REMOVED = "printer:removed"

    ATTACHMENT_ADDED = "attachment:added"
    ATTACHMENT_CHANGED = "attachment:changed"
    ATTACHMENT_REMOVED = "attachment:removed"
    ATTACHMENT_ERASED = "attachment:erased"

    MEDIUM_CREATED = "medium:created"
    MEDIUM_CHANGED = "medium:changed"
    MEDIUM_ATTACHED = "medium:attached"
    MEDIUM_DETACHED = "medium:detached"
    MEDIUM_STATE_CHANGED = "medium:state_changed"

    EVIDENCE_RECEIVED = "evidence:received"
    EVIDENCE_QUARANTINED = "evidence:quarantined"

    STATION_PAIRING_CODE_ISSUED = "station:pairing_code_issued"
    STATION_ENROLLED = "station:enrolled"
    STATION_REVOKED = "station:revoked"
    STATION_REFUSED = "station:refused"

    JOB_CREATED = "job:created"
    JOB_STARTED = "job:started"
    JOB_CANCEL_REQUESTED = "job:cancel_requested"
    JOB_FINISHED = "job:finished"
    JOB_REFUSED = "job:refused"
    JOB_HUNG = "job:hung"
    JOB_LOST = "job:lost"

    CERTIFICATE_ISSUED = "certificate:issued"
    CERTIFICATE_DOWNLOADED = "certificate:downloaded"
    CERTIFICATE_SUPERSEDED = "certificate:superseded"
    CERTIFICATE_WITHDRAWN = "certificate:withdrawn"

    IMPORT_UPLOADED = "import:uploaded"
    IMPORT_TRIED = "import:tried"
    IMPORT_APPLIED = "import:applied"
    IMPORT_DISCARDED = "import:discarded"

    LOAN_LENT = "loan:lent"
    LOAN_EXTENDED = "loan:extended"
    LOAN_RETURNED = "loan:returned"
    PERSON_ATTESTED = "person:attested"
    PERSON_LEFT = "person:left"
    PERSON_SUSPENDED = "person:suspended"

    SCHOOL_YEAR_CREATED = "school_year:created"
    SCHOOL_YEAR_CHANGED = "school_year:changed"
    SCHOOL_YEAR_CONFIRMED = "school_year:confirmed"

    PLAN_CREATED = "plan:created"
    PLAN_CHANGED = "plan:changed"
    MAINTENANCE_DONE = "maintenance:done"

    INCIDENT_REPORTED = "incident:reported"
    INCIDENT_ASSESSED = "incident:assessed"
    INCIDENT_TOLD = "incident:told"
    INCIDENT_REFERRED = "incident:referred"
    INCIDENT_DECIDED = "incident:decided"
    INCIDENT_CLOSED = "incident:closed"

    REMINDER_SENT = "reminder:sent"
    REMINDER_FAILED = "reminder:failed"
    MAIL_TESTED = "mail:tested"

    REGISTER_EXPORTED = "register:exported"
    VIEW_SAVED = "view:saved"
    VIEW_REMOVED = "view:removed"
    REGISTER_SETTINGS_CHANGED = "register:settings_changed"
    CHECKPOINT_SIGNED = "checkpoint:signed"
