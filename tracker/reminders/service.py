"""Reminders: plan, claim, mark, list. Flushes, never commits; reminders.work says when a claim is committed."""

import hashlib
from dataclasses import dataclass
from datetime import date, datetime
from uuid import UUID

from sqlalchemy import func, select, update
from sqlalchemy.exc import IntegrityError

from tracker.audit.kinds import EventKind
from tracker.audit.service import record
from tracker.config import Config
from tracker.db import add, db
from tracker.people import service as people
from tracker.people.models import Person
from tracker.reminders import facts, rules, words
from tracker.reminders.models import ReminderSent
from tracker.reminders.rules import Digest, Line, Plan, SendState, Topic
from tracker.values import LONDON, Actor, Subject

PAGE = 50  # rows of a list
PROBLEM_MOST = 500  # characters


@dataclass(frozen=True)
class Letterhead:
    """What stands in every mail of a school. `host` is the right side of Message-IDs and of calendar events."""

    school: str
    base_url: str
    host: str


@dataclass(frozen=True)
class Claim:
    """A mail that is ours to send now: nobody else has it. `attempt` is checked again when its end is marked."""

    id: UUID
    person: Subject
    address: str
    lines: tuple[Line, ...]
    message_id: str
    attempt: int


@dataclass(frozen=True)
class Row:
    """A mail in the list."""

    sent: ReminderSent
    name: str
    lines: tuple[str, ...]


def day_of(now: datetime) -> date:
    """The day at the school."""
    return now.astimezone(LONDON).date()


def plan(school_id: UUID, now: datetime) -> Plan:
    """Who gets which digest now, and who cannot be reached. A fixed number of queries."""
    today = day_of(now)
    everybody = facts.people(school_id, today, now)
    return rules.plan(everybody, facts.open_loans(school_id, today), facts.told(school_id, today), today)


def due_dates(school_id: UUID, person_id: UUID, now: datetime) -> list[Line]:
    """The last days of what somebody has, for their calendar; what is overdue is left out."""
    found = facts.open_loans(school_id, day_of(now), person_id)
    return [Line(Topic.HELD, one.id, one.label, one.due_on) for one in found if one.due_on >= day_of(now)]


def message_id(school_id: UUID, person_id: UUID, day: date, host: str) -> str:
    """The Message-ID of the one digest of a person and a day: whoever makes it again makes the same."""
    told = hashlib.sha256(f"{school_id}/{person_id}/{day.isoformat()}".encode()).hexdigest()
    return f"<{day:%Y%m%d}.{told[:24]}@{host}>"


def claim(school_id: UUID, digest: Digest, head: Letterhead, now: datetime) -> Claim | None:
    """Take a digest, before it is sent; None where somebody else has it. The caller commits before sending.

    A mail that certainly did not go is taken again, with what is true now.
    """
    person, day = digest.person, day_of(now)
    told = words.of(person.name, digest.lines, school=head.school, base_url=head.base_url)
    values = {
        "address": person.address,
        "subject": told.subject,
        "lines": [_kept(line) for line in digest.lines],
        "digest_sha256": hashlib.sha256(told.text.encode()).hexdigest(),
        "state": SendState.CLAIMED.value,
        "problem": "",
        "at": now,
    }
    row = _of(school_id, person.id, day)
    if row is not None:
        if row.state != SendState.FAILED.value or (row.refused and row.address == person.address):
            return None
        values |= {"attempts": row.attempts + 1, "refused": False}
        if not _changed(row, **values):
            return None
        return _claimed(school_id, person.id, day, person.name)
    try:
        with db.session.begin_nested():
            new = {"attempts": 1, "repeats": 0, "refused": False}
            ids = {"school_id": school_id, "person_id": person.id, "day": day}
            mail = message_id(school_id, person.id, day, head.host)
            add(ReminderSent(**ids, **values, **new, message_id=mail))
    except IntegrityError:  # another timer was faster
        return None
    return _claimed(school_id, person.id, day, person.name)


def unanswered(school_id: UUID, now: datetime) -> list[UUID]:
    """The mails of today that were begun a while ago and never answered for, and may be begun once more."""
    query = select(ReminderSent).where(
        ReminderSent.school_id == school_id,
        ReminderSent.day == day_of(now),
        ReminderSent.state == SendState.CLAIMED.value,
    )
    rows = db.session.scalars(query.order_by(ReminderSent.id))
    return [row.id for row in rows if rules.may_repeat(row.at, row.repeats, now)]


def claim_again(school_id: UUID, sent_id: UUID, now: datetime) -> Claim | None:
    """Take one of `unanswered`; None where somebody else has it, or the person has left. The caller commits.

    It is sent as it was, to where it was sent, under the same Message-ID.
    """
    row = db.session.get(ReminderSent, (school_id, sent_id), populate_existing=True)
    if row is None or row.state != SendState.CLAIMED.value or not rules.may_repeat(row.at, row.repeats, now):
        return None
    person, day = people.get_person(school_id, row.person_id), row.day
    if person.left_on is not None and person.left_on < day:
        return None
    if not _changed(row, attempts=row.attempts + 1, repeats=row.repeats + 1, at=now):
        return None
    return _claimed(school_id, person.id, day, person.name)


def mark_sent(actor: Actor, taken: Claim, now: datetime) -> None:
    """The server has it."""
    _end(actor, taken, {"state": SendState.SENT.value, "problem": "", "at": now}, EventKind.REMINDER_SENT)


def mark_failed(actor: Actor, taken: Claim, problem: str, now: datetime, *, final: bool) -> None:
    """It certainly did not go. `final`: this address is not tried again for seven days."""
    values = {"state": SendState.FAILED.value, "problem": problem[:PROBLEM_MOST], "refused": final, "at": now}
    _end(actor, taken, values, EventKind.REMINDER_FAILED, why=problem)


def mark_unsure(actor: Actor, taken: Claim, problem: str, now: datetime) -> None:
    """Nobody knows whether it went: it stays claimed, and is begun once more after a quarter of an hour."""
    _end(actor, taken, {"problem": problem[:PROBLEM_MOST], "at": now}, EventKind.REMINDER_FAILED, why=problem)


def listed(school_id: UUID, *, state: str, page: int) -> tuple[list[Row], int]:
    """One page of mails, the newest first, and how many there are. `state`: a SendState, empty for all."""
    where = [ReminderSent.school_id == school_id]
    if state:
        where.append(ReminderSent.state == state)
    total = db.session.scalar(select(func.count()).select_from(ReminderSent).where(*where)) or 0
    query = (
        select(ReminderSent, Person.name)
        .join(Person, (Person.school_id == ReminderSent.school_id) & (Person.id == ReminderSent.person_id))
        .where(*where)
        .order_by(ReminderSent.day.desc(), ReminderSent.id.desc())
    )
    found = db.session.execute(query.limit(PAGE).offset((page - 1) * PAGE))
    rows = [Row(sent, name, tuple(words.sentence(_line(one)) for one in sent.lines)) for sent, name in found]
    return rows, total


def note_test(actor: Actor, subject: Subject, address: str, problem: str) -> None:
    """Somebody sent a test mail to themselves."""
    record(actor, EventKind.MAIL_TESTED, subject, after={"address": address, "sent": not problem}, why=problem)


def _end(actor: Actor, taken: Claim, values: dict[str, object], kind: EventKind, why: str = "") -> None:
    """Write how it ended, unless somebody took the mail over since: then that one's end counts."""
    query = (
        update(ReminderSent)
        .where(
            ReminderSent.school_id == actor.school_id,
            ReminderSent.id == taken.id,
            ReminderSent.state == SendState.CLAIMED.value,
            ReminderSent.attempts == taken.attempt,
        )
        .values(**values)
    )
    db.session.execute(query)
    told = {"address": taken.address, "lines": [words.sentence(line) for line in taken.lines]}
    record(actor, kind, taken.person, after={**told, "message_id": taken.message_id}, why=why)


def _changed(row: ReminderSent, **values: object) -> bool:
    """Write a row unless somebody else did since it was read."""
    query = (
        update(ReminderSent)
        .where(
            ReminderSent.school_id == row.school_id,
            ReminderSent.id == row.id,
            ReminderSent.state == row.state,
            ReminderSent.attempts == row.attempts,
        )
        .values(**values)
        .returning(ReminderSent.id)
        .execution_options(synchronize_session=False)
    )
    return db.session.scalar(query) is not None


def _of(school_id: UUID, person_id: UUID, day: date) -> ReminderSent | None:
    query = select(ReminderSent).where(
        ReminderSent.school_id == school_id, ReminderSent.person_id == person_id, ReminderSent.day == day
    )
    return db.session.scalar(query.execution_options(populate_existing=True))


def _claimed(school_id: UUID, person_id: UUID, day: date, name: str) -> Claim | None:
    row = _of(school_id, person_id, day)
    if row is None:
        return None
    lines = tuple(_line(one) for one in row.lines)
    return Claim(row.id, Subject("person", person_id, name), row.address, lines, row.message_id, row.attempts)


def _kept(line: Line) -> dict[str, str | None]:
    day = line.day.isoformat() if line.day else None
    return {"topic": line.topic.value, "id": str(line.id), "label": line.label, "day": day, "about": line.about}


def _line(kept: dict[str, str | None]) -> Line:
    day = date.fromisoformat(kept["day"]) if kept["day"] else None
    return Line(Topic(kept["topic"] or ""), UUID(kept["id"]), kept["label"] or "", day, kept["about"] or "")


def texts(taken: Claim, head: Letterhead) -> words.Words:
    """The words of a mail that is ours to send."""
    return words.of(taken.person.label, taken.lines, school=head.school, base_url=head.base_url)


def letterhead(school: str, config: Config) -> Letterhead:
    """What stands in every mail of a school."""
    return Letterhead(school, config.base_url, config.mail_from.rpartition("@")[2] or "caretaker.invalid")
