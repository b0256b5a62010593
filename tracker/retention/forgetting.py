"""Put a pseudonym in the place of a name, wherever it was copied to. Flushes, never commits.

What stays, and on which ground, is listed in columns.py; docs/adr/0031 tells why.
"""

import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from sqlalchemy import JSON, Table, and_, func, or_, select, update
from sqlalchemy.sql.schema import Column

from tracker.accounts.models import SignInSession, User
from tracker.accounts.service import lock_school
from tracker.agreements.models import Signature
from tracker.agreements.rules import Relation
from tracker.attachments import service as attachments
from tracker.attachments.models import Attachment
from tracker.audit.kinds import EventKind
from tracker.audit.models import Event
from tracker.audit.redaction import redact
from tracker.audit.service import record
from tracker.db import db
from tracker.imports.models import Import, ImportRow
from tracker.imports.rules import ImportState
from tracker.loans.models import Loan, LoanItem, SigningRequest
from tracker.people.models import Person, PersonAccount
from tracker.people.rules import PersonKind
from tracker.people.service import subject_of
from tracker.retention import columns, names, rules, service
from tracker.retention.names import REMOVED, Names
from tracker.values import Actor, Denied, Subject, folded, utc_now

WHY = "The period for which the name is kept is over"
# What events tell of a person, an account, a signature or a loan, and what only tells who it was
_TOLD = frozenset(
    {"email", "parent", "parent_email", "job", "reference", "username", "account", "signatory", "returned_by", "place",
     "file", "caption"}
)  # fmt: skip


@dataclass(frozen=True)
class Done:
    """What was done for one person; `shared` are names that others bear, too, so that lone copies of them stayed.

    `contents` are the hashes of files that are to be swept after the commit.
    """

    person_id: UUID
    pseudonym: str
    rows: int
    events: int
    shared: tuple[str, ...]
    contents: tuple[str, ...]


@dataclass(frozen=True)
class _Known:
    """Everything by which somebody was known; `addresses` include the school's own numbers for them."""

    names: set[str]
    addresses: set[str]
    parents: set[str]
    users: Sequence[User]


def forget(actor: Actor, ids: Sequence[UUID], *, timer: bool = False) -> list[Done]:
    """Put pseudonyms in the place of these names: all of them, or none. Raises NotFound, Denied with every reason."""
    decision = rules.may_act(actor.role, service.periods_of(actor.school_id), timer=timer)
    if not decision.allowed:
        raise Denied(decision.blockers)
    lock_school(actor.school_id)
    _lock(actor.school_id, ids)
    found = service.chosen(actor.school_id, ids)
    blockers = tuple(blocker for one in found for blocker in one.decision.blockers)
    if blockers:
        raise Denied(blockers)
    return [_forget(actor, one.person) for one in found]


def shared_names(person: Person) -> list[str]:
    """Names of somebody that others bear, too: where only the name was copied, it cannot be told whose it is."""
    return names.of(_known(person).names, "", _others(person))[2]


def _lock(school_id: UUID, ids: Sequence[UUID]) -> None:
    query = select(Person).where(Person.school_id == school_id, Person.id.in_(ids)).order_by(Person.id)
    db.session.execute(query.with_for_update().execution_options(populate_existing=True)).all()


def _forget(actor: Actor, person: Person) -> Done:
    kind, before = PersonKind(person.kind), person.id
    known = _known(person)
    new = rules.pseudonym(kind, _number(person))
    parent, others = rules.parent_of(new), _others(person)
    own, lone, shared = names.of(known.names, new, others)
    of_parent = names.of(known.parents, parent, [*others, *known.names])
    own = Names({**of_parent[0].told, **own.told, **dict.fromkeys(known.addresses, REMOVED)})
    lone = Names({**of_parent[1].told, **lone.told, **dict.fromkeys(known.addresses, REMOVED)})
    contents = _drop_scans(actor, person)
    rows = _own_rows(person, known, new, parent)
    rows += sum(_replace(person.school_id, table, found, lone) for table, found in columns.texts()) if lone else 0
    _drop_files(person.school_id)
    db.session.expire_all()
    events = _redact(actor, before, known, own, lone)
    person = db.session.get_one(Person, (actor.school_id, before))
    told = {"pseudonym": new, "rows": rows, "events": events}
    record(actor, EventKind.PERSON_FORGOTTEN, subject_of(person), after=told, why=WHY)
    return Done(before, new, rows, events, tuple(shared), tuple(contents))


# --- who is meant --------------------------------------------------------------------------------------------------


def _number(person: Person) -> int:
    """The next number of a pseudonym in the group; the school is locked, and none is ever given back."""
    before = select(func.count()).where(
        Person.school_id == person.school_id, Person.kind == person.kind, Person.forgotten_at.is_not(None)
    )
    return (db.session.scalar(before) or 0) + 1


def _known(person: Person) -> _Known:
    """By what somebody was ever known: as they are, and as the log tells of them."""
    query = select(User).join(
        PersonAccount, (PersonAccount.school_id == User.school_id) & (PersonAccount.user_id == User.id)
    )
    users = db.session.scalars(
        query.where(PersonAccount.school_id == person.school_id, PersonAccount.person_id == person.id)
    ).all()
    told = [one for one in _details(person) if one is not None]
    sides = [side for one in told for side in (one.get("before") or {}, one.get("after") or {})]

    def ever(key: str, *now: str) -> set[str]:
        return {str(one) for one in (*now, *(side.get(key) for side in sides)) if one}

    # a bare number, or a short code, stands in too many places for other things
    references = {one for one in ever("reference", person.reference) if len(one) > 3 and not one.isdecimal()}
    labels = {str(one["label"]) for one in told if one.get("label")}
    return _Known(
        ever("name", person.name, *(one.name for one in users)) | labels,
        ever("email", person.email) | ever("parent_email", person.parent_email) | references,
        ever("parent", person.parent_name),
        users,
    )


def _details(person: Person) -> Iterable[dict[str, Any] | None]:
    query = select(Event.detail).where(
        Event.school_id == person.school_id,
        Event.subject_type == "person",
        Event.subject_id == person.id,
        Event.kind.in_([EventKind.PERSON_CREATED.value, EventKind.PERSON_CHANGED.value]),
    )
    return (json.loads(one) if one else None for one in db.session.scalars(query))


def _others(person: Person) -> list[str]:
    """What everybody else of the school is called, parents and accounts included."""
    mine = Person.school_id == person.school_id
    others = db.session.execute(select(Person.name, Person.parent_name).where(mine, Person.id != person.id))
    own = select(PersonAccount.user_id).where(
        PersonAccount.school_id == person.school_id, PersonAccount.person_id == person.id
    )
    users = select(User.name).where(User.school_id == person.school_id, User.id.not_in(own))
    return [one for row in others for one in row if one] + list(db.session.scalars(users))


# --- rows ----------------------------------------------------------------------------------------------------------


def _own_rows(person: Person, known: _Known, new: str, parent: str) -> int:
    """What points to the person is theirs, whatever name stands there."""
    values = dict.fromkeys(("job", "email", "reference", "parent_name", "parent_email"), "")
    gone = dict.fromkeys(("started_on", "dbs_confirmed_on"))
    kept = {**values, **gone, "name": new, "search": folded(new), "forgotten_at": utc_now()}
    for name, value in kept.items():
        setattr(person, name, value)
    for user in known.users:
        user.name, user.username = new, f"former-{user.id.hex[-12:]}"
    db.session.flush()
    users = [user.id for user in known.users]
    school = person.school_id
    mine = (Loan.school_id == school) & (Loan.person_id == person.id)
    loans = select(Loan.id).where(mine)
    signed = (Signature.school_id == school) & (Signature.person_id == person.id)
    pupil = person.kind == PersonKind.PUPIL.value
    items = (LoanItem.school_id == school) & LoanItem.loan_id.in_(loans)
    of_users = (SignInSession.school_id == school) & SignInSession.user_id.in_(users)
    asked = (SigningRequest.school_id == school) & (SigningRequest.person_id == person.id)
    told = (ImportRow.school_id == school) & (ImportRow.person_id == person.id)
    signer = parent if pupil else new
    statements = (
        update(Loan).where(mine, Loan.signatory != "").values(signatory=signer, version=Loan.version),
        update(Loan).where(mine).values(place="", drawn=None, version=Loan.version),
        update(LoanItem).where(items, LoanItem.returned_by != "").values(returned_by=signer),
        update(LoanItem).where(items).values(drawn_in=None),
        update(Signature).where(signed, Signature.relation == Relation.SELF.value).values(signatory=new, drawn=None),
        update(Signature).where(signed, Signature.relation != Relation.SELF.value).values(signatory=parent, drawn=None),
        update(Signature).where(signed).values(reference="", drawn=None),
        update(ImportRow).where(told).values(label=new, plan={}, changes=[], remarks=[], remarked=False),
        update(SignInSession).where(of_users).values(origin=""),
        update(SigningRequest).where(asked).values(name=signer, address=REMOVED, version=SigningRequest.version),
    )
    run = (db.session.execute(one.execution_options(synchronize_session=False)) for one in statements)
    return 1 + len(users) + sum(getattr(one, "rowcount", 0) for one in run)


def _replace(school_id: UUID, table: Table, found: list[Column[object]], lone: Names) -> int:
    """Search the texts of one table; how many rows changed."""
    keys = list(table.primary_key.columns)
    where = (table.c.school_id == school_id) & columns.holding(found, lone)
    rows = db.session.execute(select(*keys, *found).where(where)).all()
    count = 0
    for row in rows:
        before = dict(zip([one.name for one in found], row[len(keys) :], strict=True))
        after = {name: _new(table.c[name], value, lone) for name, value in before.items()}
        changed = {name: value for name, value in after.items() if value != before[name]}
        if changed:
            mine = and_(*(key == value for key, value in zip(keys, row[: len(keys)], strict=True)))
            db.session.execute(update(table).where(mine).values(**changed))
            count += 1
    return count


def _new(column: Column[object], value: Any, lone: Names) -> Any:
    if isinstance(column.type, JSON) or not isinstance(value, str):
        return lone.value(value)
    new = lone.text(value)
    if column.name == "search":
        new = folded(new)
    limit = getattr(column.type, "length", None)
    return new[:limit] if limit else new


# --- files ---------------------------------------------------------------------------------------------------------


def _drop_scans(actor: Actor, person: Person) -> list[str]:
    """Erase the files of the person and of their signatures: a scan shows the name. Photos of things stay."""
    signed = select(Signature.id).where(Signature.school_id == person.school_id, Signature.person_id == person.id)
    theirs = or_(
        and_(Attachment.subject_type == "person", Attachment.subject_id == person.id),
        and_(Attachment.subject_type == "signature", Attachment.subject_id.in_(signed)),
    )
    query = select(Attachment).where(Attachment.school_id == person.school_id, theirs, Attachment.erased_at.is_(None))
    contents: list[str] = []
    for one in db.session.scalars(query).all():
        subject = Subject(one.subject_type, one.subject_id, "A scan")
        if one.removed_at is None:
            one = attachments.remove(actor, subject, one.id, WHY, version=one.version)
        one = attachments.erase(actor, subject, one.id, WHY, version=one.version)
        one.name, one.caption = f"erased{one.name[one.name.rfind('.') :]}", ""
        contents += attachments.contents_of(one)
    db.session.flush()
    return contents


def _drop_files(school_id: UUID) -> None:
    """Drop the spreadsheets of imports that went in: names stand in them, and what they told is in the register."""
    over = (Import.school_id == school_id) & (Import.state == ImportState.APPLIED.value) & Import.data.is_not(None)
    statement = update(Import).where(over).values(data=None, samples=[], version=Import.version)
    db.session.execute(statement.execution_options(synchronize_session=False))


# --- the log -------------------------------------------------------------------------------------------------------


def _redact(actor: Actor, person_id: UUID, known: _Known, own: Names, lone: Names) -> int:
    """Put the pseudonym into the details of events, oldest first; how many."""
    users = {user.id for user in known.users}
    school, theirs = actor.school_id, {person_id, *users}
    for table in (Signature, Loan):
        query = select(table.id).where(table.school_id == school, table.person_id == person_id)
        theirs |= set(db.session.scalars(query))
    patterns = [Event.detail.ilike(pattern, escape="/") for pattern in {*own.patterns, *lone.patterns}]
    told = (Event.seq, Event.detail, Event.actor_id, Event.subject_id)
    where = or_(Event.subject_id.in_(theirs), Event.actor_id.in_(users), *patterns)
    changed = []
    for seq, detail, actor_id, subject_id in db.session.execute(
        select(*told).where(Event.school_id == school, Event.detail.is_not(None), where).order_by(Event.seq)
    ):
        before = json.loads(detail or "{}")
        after = (own if subject_id in theirs or actor_id in users else lone).value(before)
        if subject_id in theirs:
            sides = {side: _stripped(after.get(side), own) for side in ("before", "after")}
            after = {**after, **sides, "label": own.text(after["label"])}
        if after != before:
            changed.append((seq, after))
    return redact(actor, changed, WHY)


def _stripped(side: dict[str, Any] | None, own: Names) -> dict[str, Any] | None:
    """What an event of theirs tells, without what only tells who it was."""
    if side is None:
        return None
    new = {*own.told.values(), REMOVED}
    return {name: REMOVED if name in _TOLD and value and value not in new else value for name, value in side.items()}
