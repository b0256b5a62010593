"""Put a pseudonym into details of the log, so that the chain still proves everything else. Flushes, never commits.

The chain covers the salted digest of each detail (docs/adr/0003). Taking the salt away leaves the digest, which then
proves nothing of what stood there and gives nothing away; an event of its own vouches for what stands there now.
"""

from collections.abc import Sequence

from sqlalchemy import bindparam, update

from tracker.audit import chain
from tracker.audit.kinds import EventKind
from tracker.audit.models import Event
from tracker.audit.service import Note, record_many
from tracker.db import db
from tracker.values import Actor, Subject

TOGETHER = 100  # redacted events that one event of redaction vouches for


def redact(actor: Actor, changed: Sequence[tuple[int, dict[str, object]]], why: str) -> int:
    """Replace the details of events (position, new detail) of the actor's school; how many. Records the redactions."""
    table, notes = Event.__table__, []
    statement = (
        update(table)  # type: ignore[arg-type] # a mapped class's table is a Table
        .where(table.c.school_id == actor.school_id, table.c.seq == bindparam("b_seq"))
        .values(detail=bindparam("b_detail"), salt=None)
    )
    subject = Subject("log", actor.school_id, "The log")
    for start in range(0, len(changed), TOGETHER):
        part = changed[start : start + TOGETHER]
        told = [{"b_seq": seq, "b_detail": chain.detail_bytes(detail).decode()} for seq, detail in part]
        db.session.connection().execute(statement, told)
        digests = [chain.digest_of_redacted(str(one["b_detail"])) for one in told]
        after = {"events": [seq for seq, _ in part], "digests": digests}
        notes.append(Note(EventKind.LOG_REDACTED, subject, after=after, why=why))
    record_many(actor, notes)
    db.session.expire_all()
    return len(changed)
