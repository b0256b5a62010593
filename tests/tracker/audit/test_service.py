"""Many events at once stand in the chain as if they were written one after the other."""

from uuid import uuid4

import pytest
import rfc8785
from sqlalchemy import Engine, select

from tests.cast import counted
from tracker.audit import chain, service
from tracker.audit.kinds import EventKind
from tracker.audit.models import ChainHead
from tracker.audit.service import Note
from tracker.db import db
from tracker.values import Actor, Role, Subject

ACTOR = Actor(uuid4(), uuid4(), "Tess Taylor", Role.TECHNICIAN, "tests")


def notes(number: int) -> list[Note]:
    return [
        Note(
            EventKind.ASSET_CHANGED,
            Subject("asset", uuid4(), f"Laptop {one}"),
            {"name": ""},
            {"name": f"{one}"},
            "Tidy",
        )
        for one in range(number)
    ]


def test_many_events_continue_the_chain_and_tell_what_one_would(database: Engine) -> None:
    service.record(ACTOR, EventKind.KIND_CREATED, Subject("kind", uuid4(), "Laptop"))
    told = notes(3)
    assert service.record_many(ACTOR, told) == 3
    service.record(ACTOR, EventKind.KIND_CREATED, Subject("kind", uuid4(), "Server"))
    verdict = chain.verify(service.links(ACTOR.school_id))
    assert (verdict.events, verdict.broken) == (5, None)
    assert db.session.scalar(select(ChainHead.seq).where(ChainHead.school_id == ACTOR.school_id)) == 5
    for note in told:
        (entry,) = service.history(ACTOR.school_id, "asset", note.subject.id)
        assert (entry.actor, entry.role, entry.origin, entry.label) == (
            "Tess Taylor",
            "technician",
            "tests",
            note.subject.label,
        )
        assert (entry.before, entry.after, entry.why) == (note.before, note.after, "Tidy")


def test_no_event_writes_nothing(database: Engine) -> None:
    assert service.record_many(ACTOR, []) == 0
    assert chain.verify(service.links(ACTOR.school_id)).events == 0


def test_a_thousand_events_take_as_many_statements_as_ten(database: Engine) -> None:
    service.record_many(ACTOR, notes(1))
    with counted() as few:
        service.record_many(ACTOR, notes(10))
    with counted() as many:
        service.record_many(ACTOR, notes(1000))
    assert len(many) <= len(few) + 4  # a driver may cut an insert of a thousand rows into a few


def test_one_event_that_cannot_be_told_leaves_none(database: Engine) -> None:
    faulty = Note(EventKind.ASSET_CHANGED, Subject("asset", uuid4(), "Laptop"), after={"cost": object()})
    with pytest.raises(rfc8785.CanonicalizationError):
        service.record_many(ACTOR, [*notes(2), faulty])
    assert chain.verify(service.links(ACTOR.school_id)).events == 0
