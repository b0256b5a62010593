"""The sweep when somebody leaves: all that they have, answer for and can open, in one list. Flushes, never commits."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from uuid import UUID

from sqlalchemy import select

from tracker.accounts.service import lock_school, school_of
from tracker.audit.kinds import EventKind
from tracker.audit.service import record
from tracker.db import add, db
from tracker.inventory import service as inventory
from tracker.inventory.models import Asset
from tracker.inventory.rules import ENDED
from tracker.loans import leaving_rules, own, rules
from tracker.loans.models import LeavingList, LeavingMark, LeavingSignOff, Loan, LoanItem
from tracker.loans.own import Held
from tracker.people import links
from tracker.people import service as people
from tracker.people.models import Person
from tracker.people.service import changed_meanwhile
from tracker.values import Actor, Blocker, Conflict, Denied, Subject, iso_utc, one_line, utc_now

BACK_DAYS = 365  # what came back within so many days stands in the list, with who took it


@dataclass(frozen=True)
class Line:
    """One line of the school's list, and who last said what of it; None: nobody yet."""

    text: str
    mark: LeavingMark | None

    @property
    def done(self) -> bool:
        """Whether it is settled."""
        return self.mark is not None and self.mark.done


@dataclass(frozen=True)
class Left:
    """What has to be settled when somebody leaves, and what is settled already."""

    loans: list[Held]
    assets: list[Asset]  # that they answer for
    account: str  # name of an account that is open; empty: none
    lines: list[Line]
    back: list[LoanItem]

    @property
    def settled(self) -> bool:
        """Whether nothing is left."""
        return not (self.loans or self.assets or self.account) and all(line.done for line in self.lines)


def list_of(school_id: UUID) -> LeavingList | None:
    """The list that a school wrote; None while it uses the usual one."""
    return db.session.scalar(select(LeavingList).where(LeavingList.school_id == school_id))


def lines_of(school_id: UUID) -> list[str]:
    """What a school asks of everybody who leaves, beside what the register knows."""
    found = list_of(school_id)
    return list(found.lines) if found else list(leaving_rules.USUAL)


def set_lines(actor: Actor, text: str, *, version: int) -> None:
    """Ask this from now on; `version` is 0 where the school had no list of its own. Raises Denied, Conflict."""
    lines = leaving_rules.lines_of(text)
    decision = leaving_rules.may_set(lines, actor.role)
    if not decision.allowed:
        raise Denied(decision.blockers)
    lock_school(actor.school_id)
    school = school_of(actor.school_id)
    found = list_of(actor.school_id)
    if (found.version if found else 0) != version:
        raise Conflict(changed_meanwhile(actor.school_id, "school", school.id, "The list"))
    before = lines_of(actor.school_id)
    if found is None:
        add(LeavingList(school_id=actor.school_id, lines=lines))
    else:
        found.lines = lines
        db.session.flush()
    if lines != before:
        subject = Subject("school", school.id, school.name)
        record(actor, EventKind.LEAVING_LIST_CHANGED, subject, before={"lines": before}, after={"lines": lines})


def left_behind(person: Person, today: date) -> Left:
    """What somebody has, answers for, can still open, and what else is asked of them: one list to sign off."""
    account = links.account_of(person.school_id, person.id)
    query = select(Asset).where(
        Asset.school_id == person.school_id,
        Asset.responsible_id == person.id,
        Asset.state.not_in([one.value for one in ENDED]),
    )
    assets = list(db.session.scalars(query.order_by(Asset.tag)))
    return Left(
        own.held(person.school_id, person.id, today),
        assets,
        account.username if account and account.active else "",
        _lines(person),
        _back(person),
    )


def mark(actor: Actor, person_id: UUID, line: str, *, done: bool, note: str = "") -> LeavingMark:
    """Say of a line that it is settled for somebody, or is not after all. Raises NotFound, Denied."""
    person = people.get_person(actor.school_id, person_id)
    decision = leaving_rules.may_mark(line, lines_of(actor.school_id), note, actor.role)
    if not decision.allowed:
        raise Denied(decision.blockers)
    made = LeavingMark(
        school_id=actor.school_id,
        person_id=person.id,
        line=line,
        done=done,
        note=one_line(note),
        marked_by=actor.name,
        marked_at=utc_now(),
    )
    add(made)
    told = {"line": line, "done": done, **({"note": made.note} if made.note else {})}
    record(actor, EventKind.PERSON_LEAVING, people.subject_of(person), after=told)
    return made


def sign_offs(person: Person) -> Sequence[LeavingSignOff]:
    """When somebody's leaving was signed off, the latest first."""
    query = select(LeavingSignOff).where(
        LeavingSignOff.school_id == person.school_id, LeavingSignOff.person_id == person.id
    )
    return db.session.scalars(query.order_by(LeavingSignOff.signed_at.desc())).all()


def sign_off(actor: Actor, person_id: UUID, last_day: date, today: date) -> LeavingSignOff:
    """Somebody leaves and nothing is open any more. Raises NotFound, and Denied that names what is open."""
    person = people.get_person(actor.school_id, person_id)
    left = left_behind(person, today)
    found = _open(left)
    if actor.role not in rules.LENDERS:
        found.insert(0, Blocker("role", "Only the technician or the bursar can do this."))
    if found:
        raise Denied(tuple(found))
    details = people.details_of(person)
    people.edit(actor, person.id, type(details)(**{**vars(details), "left_on": last_day}), version=person.version)
    settled = [
        {"line": one.line, "note": one.note, "by": one.marked_by, "at": iso_utc(one.marked_at)}
        for one in (line.mark for line in left.lines)
        if one is not None
    ]
    made = LeavingSignOff(
        school_id=actor.school_id,
        person_id=person.id,
        last_day=last_day,
        settled=settled,
        signed_by=actor.name,
        signed_at=utc_now(),
    )
    add(made)
    record(actor, EventKind.PERSON_LEFT, people.subject_of(person), after={"last_day": last_day.isoformat()})
    return made


def _open(left: Left) -> list[Blocker]:
    found = [Blocker("loans", f"Still on loan: {one.item.label}.") for one in left.loans]
    found += [Blocker("assets", f"Still responsible for {inventory.label_of(one)}.") for one in left.assets]
    if left.account:
        found.append(Blocker("account", f"The account {left.account} is still open. The head or the bursar closes it."))
    return found + [Blocker("lines", f"Not settled yet: {one.text}.") for one in left.lines if not one.done]


def _lines(person: Person) -> list[Line]:
    query = select(LeavingMark).where(LeavingMark.school_id == person.school_id, LeavingMark.person_id == person.id)
    last = {one.line: one for one in db.session.scalars(query.order_by(LeavingMark.marked_at, LeavingMark.id))}
    return [Line(text, last.get(text)) for text in lines_of(person.school_id)]


def _back(person: Person) -> list[LoanItem]:
    since = utc_now() - timedelta(days=BACK_DAYS)
    query = (
        select(LoanItem)
        .join(Loan, (Loan.school_id == LoanItem.school_id) & (Loan.id == LoanItem.loan_id))
        .where(Loan.school_id == person.school_id, Loan.person_id == person.id, LoanItem.returned_at > since)
    )
    return list(db.session.scalars(query.order_by(LoanItem.returned_at.desc()).limit(200)))
