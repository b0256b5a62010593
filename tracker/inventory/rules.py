"""The lifecycle of an asset and the gates before it. Pure.

Sources: the school's policy (clauses AD1 to AD5, DS6) and gates G1 and G2 of docs/rules.md.
"""

from enum import StrEnum


class Ownership(StrEnum):
    """Whose it is: school-owned is a filter, not the whole register (clause AD1)."""

    SCHOOL = "school"
    GOVERNORS = "governors"
    LOCAL_AUTHORITY = "local-authority"
    DFE = "dfe"
    LEASED = "leased"
    DONATED = "donated"
    BORROWED = "borrowed"


class LocationLevel(StrEnum):
    """Levels of the tree of places, the largest first."""

    SITE = "site"
    BUILDING = "building"
    ROOM = "room"
    CABINET = "cabinet"
    SLOT = "slot"


class AssetState(StrEnum):
    """Where an asset is in its life. States are never renamed: they stand in the log."""

    INCOMING = "incoming"  # received, but what storage it holds has not been told yet (gate G1)
    IN_STORE = "in_store"
    IN_USE = "in_use"
    ON_LOAN = "on_loan"
    IN_REPAIR = "in_repair"
    MISSING = "missing"
    REDUNDANT = "redundant"
    DISPOSAL_AUTHORISED = "disposal_authorised"
    CLEARED = "cleared"
    AWAITING_COLLECTION = "awaiting_collection"
    RELEASED = "released"
    DISPOSED = "disposed"
    WRITTEN_OFF = "written_off"
