"""Read evidence again, with the key of the station that sent it. Only reads."""

import base64
import json

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from sqlalchemy import Text, Uuid, column, select, table

from tracker.certificates import paper, rules
from tracker.db import db
from tracker.media.evidence import evidence_of
from tracker.media.models import Evidence, Medium
from tracker.media.rules import EvidenceState
from wipe import record
from wipe.errors import BadRecord
from wipe.vocabulary import Medium as MediumKind

# The feature above owns this table; here only its keys and names are read.
STATIONS = table(
    "stations", column("school_id", Uuid), column("id", Uuid), column("name", Text), column("public_key", Text)
)


def station_of(evidence: Evidence) -> tuple[str, Ed25519PublicKey]:
    """Name and key of the station that sent it. A key that was registered stays known, also of a revoked station."""
    query = select(STATIONS.c.name, STATIONS.c.public_key).where(
        STATIONS.c.school_id == evidence.school_id, STATIONS.c.id == evidence.station_id
    )
    name, jwk = db.session.execute(query).one()
    raw = base64.urlsafe_b64decode(json.loads(jwk)["x"] + "=")
    return name, Ed25519PublicKey.from_public_bytes(raw)


def proved(evidence: Evidence) -> record.Verified | None:
    """The record, if its signature holds under its station's key now; never what was thought of it at receipt."""
    _, key = station_of(evidence)
    try:
        return record.verify(evidence.signed, {record.key_id(key): key})
    except BadRecord:
        return None


def later_run(evidence: Evidence, verified: record.Verified) -> bool:
    """Whether another run on this medium ended after this one. What cannot be read counts by its time of receipt."""
    if evidence.medium_id is None:
        return False
    for other in evidence_of(evidence.school_id, evidence.medium_id):
        if other.id == evidence.id:
            continue
        read = proved(other) if other.state == EvidenceState.ACCEPTED.value else None
        if read is None and other.received_at > evidence.received_at:
            return True
        if read is not None and read.record.ended > verified.record.ended:
            return True
    return False


def registered(medium: Medium) -> paper.Registered:
    """The medium as the register has it."""
    return paper.Registered(
        MediumKind(medium.kind), medium.make, medium.model, medium.serial, medium.wwn, medium.capacity_bytes
    )


def facts(
    evidence: Evidence, verified: record.Verified, medium: Medium, *, current: str | None, superseding: str | None
) -> rules.Facts:
    """What rules.may_issue asks for."""
    return paper.facts_of(
        verified,
        registered(medium),
        accepted=evidence.state == EvidenceState.ACCEPTED.value,
        key_known=True,  # `proved` would not have given the record otherwise
        later_run=later_run(evidence, verified),
        current=current,
        superseding=superseding,
    )
