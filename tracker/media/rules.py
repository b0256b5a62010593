"""The life of a storage medium: only evidence moves it towards release. Pure."""

from enum import StrEnum


class MediumState(StrEnum):
    """Where a medium is in its life. States are never renamed: they stand in the log."""

    IN_SERVICE = "in_service"
    HELD = "held"
    WIPING = "wiping"
    WIPED_UNVERIFIED = "wiped_unverified"
    SANITISED = "sanitised"
    WIPE_FAILED = "wipe_failed"
    HELD_FOR_DESTRUCTION = "held_for_destruction"
    DESTROYED = "destroyed"
    HANDED_OVER_GUARANTEED = "handed_over_guaranteed"
    DESTROYED_CONFIRMED = "destroyed_confirmed"
    MISSING = "missing"


class EvidenceState(StrEnum):
    """What the tracker made of a record it received. Decided once, at receipt."""

    ACCEPTED = "accepted"
    QUARANTINED = "quarantined"
