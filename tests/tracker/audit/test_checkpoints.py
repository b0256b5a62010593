"""Checkpoints on both databases: the untampered log is proved first, then each way of tampering is found."""

from collections.abc import Callable
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from sqlalchemy import Engine, delete, insert, select, text, update

from tracker.accounts import service as accounts
from tracker.audit import chain, checkpoints, keys, statement
from tracker.audit.kinds import EventKind
from tracker.audit.models import ChainHead, Checkpoint, Event
from tracker.audit.service import record
from tracker.config import BadSetting
from tracker.db import db
from tracker.values import Actor, Subject
from wipe.record import key_id

KEY = Ed25519PrivateKey.from_private_bytes(bytes(range(32)))
TRUSTED = {key_id(KEY.public_key()): KEY.public_key()}


@pytest.fixture
def actor(database: Engine) -> Actor:
    """A school whose log has nine events, the triggers dropped as an attacker with the database would."""
    school = accounts.create_school(accounts.SchoolDetails("st-b", "Saint Brigid's"), origin="tests")
    found = Actor(school.id, None, "Caretaker", None, "tests")
    for number in range(8):
        note(found, f"{number}")
    db.session.commit()
    if database.dialect.name == "sqlite":
        names = ("events_no_update", "events_no_delete", "checkpoints_no_update", "checkpoints_no_delete")
        for name in names:
            db.session.execute(text(f"DROP TRIGGER {name}"))
    else:
        for table in ("events", "checkpoints"):
            db.session.execute(text(f"ALTER TABLE {table} DISABLE TRIGGER USER"))
    return found


def note(actor: Actor, why: str) -> None:
    record(actor, EventKind.SCHOOL_CHANGED, Subject("school", actor.school_id, "Saint Brigid's"), why=why)


def prove(actor: Actor, *exported: statement.Statement) -> checkpoints.Proof:
    db.session.flush()
    db.session.expire_all()
    return checkpoints.prove(actor.school_id, exported, TRUSTED)


def export(actor: Actor) -> statement.Statement:
    """A checkpoint as it lies in a safe."""
    return statement.read(checkpoints.sign(actor, KEY).statement, TRUSTED)


def cut(actor: Actor, after: int) -> None:
    """Remove the end of the log, the kept end and the stored checkpoints with it: a thorough attacker."""
    school = actor.school_id
    db.session.execute(delete(Checkpoint).where(Checkpoint.school_id == school, Checkpoint.seq > after))
    db.session.execute(delete(Event).where(Event.school_id == school, Event.seq > after))
    last = db.session.scalars(select(Event.hash).where(Event.school_id == school, Event.seq == after)).one()
    db.session.execute(update(ChainHead).where(ChainHead.school_id == school).values(seq=after, hash=last))


def test_an_untampered_log_is_proved_and_its_checkpoint_covers_its_own_event(actor: Actor) -> None:
    kept = export(actor)
    assert kept.seq == 10
    proof = prove(actor, kept)
    assert proof.proved
    assert (proof.events, proof.compared, proof.contradictions) == (10, 3, ())
    note(actor, "later")
    assert prove(actor, kept).proved


def _edit(actor: Actor) -> None:
    _events(actor, update(Event).values(kind="asset:moved"), 4)


def _edit_detail(actor: Actor) -> None:
    _events(actor, update(Event).values(detail='{"why":"nothing"}'), 4)


def _delete(actor: Actor) -> None:
    _events(actor, delete(Event), 4)


def _reorder(actor: Actor) -> None:
    for was, will in ((4, 40), (5, 4), (40, 5)):
        _events(actor, update(Event).values(seq=will), was)


def _insert(actor: Actor) -> None:
    for was in range(10, 3, -1):
        _events(actor, update(Event).values(seq=was + 1), was)
    copied = db.session.execute(select(*Event.__table__.c).where(Event.seq == 3)).mappings().one()
    db.session.execute(insert(Event).values({**copied, "id": actor.school_id, "seq": 4}))


def _events(actor: Actor, statement: object, seq: int) -> None:
    narrowed = statement.where(Event.school_id == actor.school_id, Event.seq == seq)  # type: ignore[attr-defined]
    db.session.execute(narrowed)


@pytest.mark.parametrize("tamper", [_edit, _edit_detail, _delete, _reorder, _insert])
def test_tampering_inside_is_found_and_named(actor: Actor, tamper: Callable[[Actor], None]) -> None:
    kept = export(actor)
    assert prove(actor, kept).proved
    tamper(actor)
    proof = prove(actor, kept)
    assert not proof.proved
    assert proof.broken is not None
    assert proof.broken.seq == 4
    with pytest.raises(checkpoints.BadLog, match="event 4"):
        checkpoints.sign(actor, KEY)


def test_a_cut_end_is_found_by_the_exported_checkpoint(actor: Actor) -> None:
    kept = export(actor)
    cut(actor, 6)
    assert prove(actor).proved  # why a checkpoint is kept elsewhere
    proof = prove(actor, kept)
    assert not proof.proved
    assert proof.broken is None
    assert "cut off" in proof.contradictions[0]


def test_a_cut_end_is_found_by_the_kept_end_alone(actor: Actor) -> None:
    db.session.execute(delete(Event).where(Event.seq > 6))
    proof = prove(actor)
    assert not proof.proved
    assert "says that it had 9" in proof.contradictions[0]


def test_a_stored_checkpoint_finds_a_cut_end(actor: Actor) -> None:
    export(actor)
    db.session.execute(delete(Event).where(Event.seq > 6))
    last = db.session.scalars(select(Event.hash).where(Event.seq == 6)).one()
    db.session.execute(update(ChainHead).values(seq=6, hash=last))
    assert "a stored checkpoint says that it had 10" in prove(actor).contradictions[0]


def test_a_log_written_anew_is_found(actor: Actor) -> None:
    kept = export(actor)
    cut(actor, 6)
    for number in range(10):
        note(actor, f"forged {number}")
    proof = prove(actor, kept)
    assert not proof.proved
    assert proof.contradictions == (
        "Event 10 is not the one that the checkpoint that was given names: the log was written anew.",
    )


def test_a_log_without_any_event_is_never_proved(actor: Actor) -> None:
    db.session.execute(delete(Event))
    db.session.execute(delete(ChainHead))
    proof = prove(actor)
    assert not proof.proved
    assert proof.broken is None
    assert proof.contradictions


def test_an_end_that_is_behind_the_log_is_found(actor: Actor) -> None:
    first = db.session.scalars(select(Event.hash).where(Event.seq == 3)).one()
    db.session.execute(update(ChainHead).values(seq=3, hash=first))
    assert not prove(actor).proved


@pytest.mark.parametrize("changed", [{"seq": 3}, {"hash": "f" * 64}, {"statement": "a.b.c"}])
def test_a_changed_stored_checkpoint_is_found(actor: Actor, changed: dict[str, object]) -> None:
    export(actor)
    db.session.execute(update(Checkpoint).values(**changed))
    assert not prove(actor).proved


def test_a_redacted_detail_leaves_the_checkpoint_whole(actor: Actor) -> None:
    """The hash covers the detail's digest only: the chain names the redaction, but every later hash stays."""
    kept = export(actor)
    db.session.execute(update(Event).where(Event.seq == 4).values(detail=None, salt=None))
    hashes = {seq: found for seq, found in db.session.execute(select(Event.seq, Event.hash))}
    assert chain.contradictions(10, hashes, [chain.Claim("it", kept.seq, kept.hash)]) == []


def test_the_key_is_made_once_and_others_may_not_read_it(tmp_path: Path) -> None:
    first, second = keys.signing_key(tmp_path), keys.signing_key(tmp_path)
    assert key_id(first.public_key()) == key_id(second.public_key())
    path = tmp_path / keys.NAME
    assert path.stat().st_mode & 0o777 == 0o600
    assert [one.name for one in tmp_path.iterdir()] == [keys.NAME]
    path.chmod(0o644)
    with pytest.raises(BadSetting, match="stolen"):
        keys.signing_key(tmp_path)
    path.chmod(0o600)
    path.write_text("nonsense")
    with pytest.raises(BadSetting, match="Ed25519"):
        keys.signing_key(tmp_path)
