"""Schools, users, sign-in and sessions. Flushes, never commits; what is refused is in the log too."""

import hashlib
import secrets
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from functools import cache
from uuid import UUID

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError
from sqlalchemy import func, select, update
from sqlalchemy.orm import InstrumentedAttribute

from tracker.accounts import rules
from tracker.accounts.models import School, SignInSession, User
from tracker.audit.kinds import EventKind
from tracker.audit.service import record
from tracker.db import add, db
from tracker.values import Actor, Blocker, Denied, NotFound, Role, Subject, unprintable, utc_now

HASHER = PasswordHasher()  # Argon2id with the library's defaults, RFC 9106's second choice
TOUCH_EVERY = timedelta(minutes=1)  # how exactly a session's last use is kept
WRONG = Blocker("wrong", "This user name and password do not fit together, or the account may not be used now.")


@dataclass(frozen=True)
class SchoolDetails:
    """What a school is called on paper. Empty texts are allowed where a school has nothing to say."""

    code: str
    name: str
    address: str = ""
    postcode: str = ""
    dfe_number: str = ""
    incident_contact: str = ""
    procedure_version: str = ""
    policy_version: str = ""
    crest: bytes | None = None


def create_school(details: SchoolDetails, *, origin: str) -> School:
    """Found a school; its chain of events begins here. Raises Denied where the code is taken or empty."""
    code = details.code.strip().casefold()
    if not code or not details.name.strip():
        raise Denied((Blocker("empty", "A school needs a code and a name."),))
    if db.session.scalar(select(School.id).where(School.code == code)) is not None:
        raise Denied((Blocker("code_taken", f"There is a school with the code {code} already."),))
    school = School(**{**vars(details), "code": code, "created_at": utc_now()})
    add(school)
    actor = Actor(school.id, None, "Caretaker", None, origin)
    record(actor, EventKind.SCHOOL_CREATED, Subject("school", school.id, school.name), after={"code": code})
    return school


def create_user(
    actor: Actor,
    *,
    username: str,
    name: str,
    role: Role,
    password: str,
    expires_on: date | None = None,
    must_change: bool = False,
) -> User:
    """Add a user to the actor's school. Raises Denied with every reason why not.

    `must_change`: somebody else chose the password, so it opens only the page on which a new one is chosen.
    """
    username, name = username.strip().casefold(), name.strip()
    found = list(rules.password(password, username=username, name=name).blockers)
    if not username or not name or len(username) > 64 or len(name) > 200 or unprintable(username + name):
        found.append(Blocker("empty", "A user needs a user name of up to 64 characters and a name of up to 200."))
    if role is Role.AUDITOR and expires_on is None:
        found.append(Blocker("no_expiry", "An auditor's account needs a last day."))
    taken = select(User.id).where(User.school_id == actor.school_id, User.username == username)
    if db.session.scalar(taken) is not None:
        found.append(Blocker("username_taken", f"There is a user {username} already."))
    if found:
        raise Denied(tuple(found))
    user = User(
        school_id=actor.school_id,
        username=username,
        name=name,
        role=role.value,
        password_hash=HASHER.hash(password),
        must_change=must_change,
        active=True,
        expires_on=expires_on,
        failures=0,
        locked_until=None,
        created_at=utc_now(),
    )
    add(user)
    told = {"username": username, "role": role.value, "expires_on": expires_on.isoformat() if expires_on else None}
    record(actor, EventKind.USER_CREATED, subject_of(user), after=told)
    return user


def set_active(actor: Actor, user_id: UUID, *, active: bool, why: str) -> None:
    """Close or reopen an account; closing ends its sessions. Raises NotFound, and Denied for one's own account."""
    user = get_user(actor.school_id, user_id)
    if user.id == actor.id:
        raise Denied((Blocker("own_account", "You cannot close your own account."),))
    allowed = rules.may_touch(actor.role, Role(user.role))
    if not allowed.allowed:
        raise Denied(allowed.blockers)
    if user.active == active:
        return
    user.active = active
    if not active:
        end_sessions(user)
    kind = EventKind.USER_REACTIVATED if active else EventKind.USER_DEACTIVATED
    record(actor, kind, subject_of(user), before={"active": not active}, after={"active": active}, why=why)


def sign_in(username: str, password: str, *, school_code: str, origin: str) -> tuple[User, str] | None:
    """Check a password. The user and the token for the browser's cookie, or None, whatever the reason.

    Says nothing of which accounts exist: an unknown name costs the same hash, and a locked or closed account gives the
    same answer as a wrong password. `school_code` may be empty where there is one school only. The caller commits in
    either case, since the failure is in the log.
    """
    now = utc_now()
    user = _by_name(username.strip().casefold(), school_code.strip().casefold())
    right = matches(user.password_hash if user else _decoy(), password)
    if user is None:
        return None
    account = facts_of(user)
    actor = _actor(user, origin)
    if rules.locked(account, now):
        record(actor, EventKind.USER_SIGN_IN_FAILED, subject_of(user), why="The account is locked.")
        return None
    if not right:
        _note_failure(user, account, actor, now, EventKind.USER_SIGN_IN_FAILED)
        return None
    allowed = rules.may_use(account, now)
    if not allowed.allowed:
        record(actor, EventKind.USER_SIGN_IN_FAILED, subject_of(user), why=str(Denied(allowed.blockers)))
        return None
    user.failures, user.locked_until = 0, None
    if HASHER.check_needs_rehash(user.password_hash):
        user.password_hash = HASHER.hash(password)
    token = secrets.token_urlsafe(32)
    session = SignInSession(
        school_id=user.school_id,
        user_id=user.id,
        token_hash=_hash(token),
        created_at=now,
        used_at=now,
        ended_at=None,
        origin=origin,
    )
    add(session)
    record(actor, EventKind.USER_SIGNED_IN, subject_of(user))
    return user, token


def _note_failure(user: User, account: rules.Account, actor: Actor, now: datetime, kind: EventKind) -> None:
    user.failures, user.locked_until = rules.after_failure(account, now)
    record(actor, kind, subject_of(user), why="The password was wrong.")
    if user.failures == rules.LOCK_AFTER:
        record(actor, EventKind.USER_LOCKED, subject_of(user), after={"failures": user.failures})


def reauthenticate(actor: Actor, password: str) -> bool:
    """Ask a signed-in person for the password again before something dangerous (clause AC2).

    The caller commits in either case. Wrong ones count towards the lock as at sign-in. Raises NotFound.
    """
    if actor.id is None:
        raise NotFound
    user, now = get_user(actor.school_id, actor.id), utc_now()
    account = facts_of(user)
    usable = not rules.locked(account, now) and rules.may_use(account, now).allowed
    if matches(user.password_hash, password) and usable:
        user.failures = 0
        record(actor, EventKind.USER_REAUTHENTICATED, subject_of(user))
        return True
    _note_failure(user, account, actor, now, EventKind.USER_REAUTHENTICATION_FAILED)
    return False


@dataclass(frozen=True)
class Resumed:
    """Somebody who is signed in. `touch`: the last use is older than is kept; `must_change`: a new password first."""

    actor: Actor
    token: str
    touch: bool
    must_change: bool


def resume(school_id: UUID, token: str, *, origin: str, idle_minutes: int, hours: int) -> Resumed | None:
    """Who holds this token, if the session and the account still hold. Only reads."""
    query = (
        select(SignInSession, User)
        .join(User, (User.school_id == SignInSession.school_id) & (User.id == SignInSession.user_id))
        .where(SignInSession.school_id == school_id, SignInSession.token_hash == _hash(token))
    )
    found = db.session.execute(query).one_or_none()
    if found is None:
        return None
    session, user = found
    now = utc_now()
    alive = rules.session_alive(
        created=session.created_at,
        used=session.used_at,
        ended=session.ended_at,
        now=now,
        idle_minutes=idle_minutes,
        hours=hours,
    )
    if not alive or not rules.may_use(facts_of(user), now).allowed:
        return None
    return Resumed(_actor(user, origin), token, now - session.used_at >= TOUCH_EVERY, user.must_change)


def cookie_of(user: User, token: str) -> str:
    """What the browser keeps."""
    return f"{user.school_id.hex}.{token}"


def resume_cookie(cookie: str, *, origin: str, idle_minutes: int, hours: int) -> Resumed | None:
    """As `resume`, from the browser's cookie; anything that is not one of ours is nobody."""
    school, _, token = cookie.partition(".")
    if len(cookie) > 200 or not token:
        return None
    try:
        school_id = UUID(hex=school)
    except ValueError:
        return None
    return resume(school_id, token, origin=origin, idle_minutes=idle_minutes, hours=hours)


def touch(resumed: Resumed) -> None:
    """Keep the session's last use, to the minute."""
    db.session.execute(
        update(SignInSession)
        .where(
            SignInSession.school_id == resumed.actor.school_id,
            SignInSession.token_hash == _hash(resumed.token),
            SignInSession.ended_at.is_(None),
        )
        .values(used_at=utc_now())
    )


def school_of(school_id: UUID) -> School:
    """The school as it stands now. Raises NotFound."""
    school = db.session.get(School, school_id)
    if school is None:
        raise NotFound
    return school


def lock_school(school_id: UUID) -> None:
    """Put those who write what there may be only one of in a school in order, until the transaction ends."""
    db.session.execute(select(School.id).where(School.id == school_id).with_for_update())


def next_number(school_id: UUID, number: InstrumentedAttribute[int]) -> int:
    """The next number of a table that counts from 1 without gaps in a school; two at once get two."""
    lock_school(school_id)
    of_school = number.class_.school_id == school_id
    return (db.session.scalar(select(func.max(number)).where(of_school)) or 0) + 1


def name_for_strangers() -> str:
    """The school's name, for whoever scans a label; empty where several schools share this register."""
    names = list(db.session.scalars(select(School.name).limit(2)))
    return names[0] if len(names) == 1 else ""


def many_schools() -> bool:
    """Whether a user name alone does not say whose it is."""
    return (db.session.scalar(select(func.count()).select_from(School)) or 0) > 1


def any_school() -> bool:
    """Whether a school was founded yet; if not, the first start offers to."""
    return db.session.scalar(select(School.id).limit(1)) is not None


def sign_out(actor: Actor, token: str) -> None:
    """End this browser's session."""
    query = select(SignInSession).where(
        SignInSession.school_id == actor.school_id,
        SignInSession.user_id == actor.id,
        SignInSession.token_hash == _hash(token),
        SignInSession.ended_at.is_(None),
    )
    session = db.session.scalar(query)
    if session is not None and actor.id is not None:
        session.ended_at = utc_now()
        record(actor, EventKind.USER_SIGNED_OUT, Subject("user", actor.id, actor.name))


def sign_out_everywhere(actor: Actor) -> None:
    """End all of one's own sessions, on every machine. Raises NotFound."""
    if actor.id is None:
        raise NotFound
    user = get_user(actor.school_id, actor.id)
    end_sessions(user)
    record(actor, EventKind.USER_SIGNED_OUT_EVERYWHERE, subject_of(user))


def end_sessions(user: User, *, but: str = "") -> None:
    """End the open sessions of a user, all but the one with the token `but`."""
    db.session.execute(
        update(SignInSession)
        .where(
            SignInSession.school_id == user.school_id,
            SignInSession.user_id == user.id,
            SignInSession.ended_at.is_(None),
            SignInSession.token_hash != _hash(but),
        )
        .values(ended_at=utc_now())
    )


def _by_name(username: str, school_code: str) -> User | None:
    """The user of that name; without a code only where it cannot mean another school."""
    query = select(User).join(School, School.id == User.school_id).where(User.username == username)
    if school_code:
        query = query.where(School.code == school_code)
    elif many_schools():
        return None
    return db.session.scalar(query.with_for_update(of=User))


def get_user(school_id: UUID, user_id: UUID) -> User:
    """The user, locked until the transaction ends. Raises NotFound, also for another school's."""
    user = db.session.get(User, (school_id, user_id), with_for_update=True)
    if user is None:
        raise NotFound
    return user


def facts_of(user: User) -> rules.Account:
    """What the rules need to know of a user."""
    return rules.Account(user.active, Role(user.role), user.expires_on, user.failures, user.locked_until)


def _actor(user: User, origin: str) -> Actor:
    return Actor(user.school_id, user.id, user.name, Role(user.role), origin)


def subject_of(user: User) -> Subject:
    """The user as the log knows them."""
    return Subject("user", user.id, user.name)


def matches(encoded: str, password: str) -> bool:
    """Whether a password is the hashed one."""
    if len(password) > rules.PASSWORD_MOST:
        return False
    try:
        return HASHER.verify(encoded, password)
    except (VerificationError, InvalidHashError):
        return False


@cache
def _decoy() -> str:
    """The hash that is checked for a name that does not exist, so that both answers take the same work."""
    return HASHER.hash(secrets.token_urlsafe(16))


def _hash(token: str) -> str:
    return hashlib.sha256(token.encode()).hexdigest()
