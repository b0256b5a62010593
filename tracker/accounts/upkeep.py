"""What people in charge do to accounts and to the school's own data. Flushes, never commits."""

import io
import secrets
from dataclasses import dataclass
from datetime import date, datetime
from uuid import UUID

from PIL import Image, UnidentifiedImageError
from sqlalchemy import select

from tracker.accounts import rules
from tracker.accounts import service as accounts
from tracker.accounts.models import School, SignInSession, User
from tracker.audit.kinds import EventKind
from tracker.audit.service import record
from tracker.db import db
from tracker.values import Actor, Blocker, Denied, Role, Subject, one_line, unprintable, utc_now

CREST_BYTES = 512 << 10  # of the uploaded file
CREST_SIDE = 600  # pixels; twice what 25 mm at 300 dpi need
# Letters that are not mixed up when read out over the telephone
_LETTERS = "abcdefghjkmnpqrstuvwxyz23456789"


def users(school_id: UUID) -> list[User]:
    """The school's accounts by name, closed ones last."""
    query = select(User).where(User.school_id == school_id).order_by(User.active.desc(), User.name, User.id)
    return list(db.session.scalars(query))


def add_user(actor: Actor, *, username: str, name: str, role: Role, passphrase: str, expires_on: date | None) -> User:
    """Add an account whose passphrase opens one page, on which its owner chooses a password. Raises Denied."""
    found = rules.may_give_role(actor.role, Role.STAFF, role, own=False)
    if not found.allowed:
        raise Denied(found.blockers)
    return accounts.create_user(
        actor,
        username=username,
        name=one_line(name),
        role=role,
        password=passphrase,
        expires_on=expires_on,
        must_change=True,
    )


def change_password(actor: Actor, token: str, *, old: str, new: str) -> bool:
    """Choose a new password for oneself; every other session of one's own ends. False where `old` is wrong.

    The caller commits in either case. Raises Denied where the new one cannot be accepted.
    """
    if not accounts.reauthenticate(actor, old):
        return False
    user = accounts.get_user(actor.school_id, _id(actor))
    found = rules.password(new, username=user.username, name=user.name)
    if not found.allowed or new == old:
        raise Denied(found.blockers or (Blocker("same", "This is the password you have. Choose a new one."),))
    user.password_hash, user.must_change = accounts.HASHER.hash(new), False
    accounts.end_sessions(user, but=token)
    record(actor, EventKind.USER_PASSWORD_CHANGED, accounts.subject_of(user))
    return True


def reset_password(actor: Actor, user_id: UUID) -> str:
    """Give somebody a passphrase that opens one page, on which they choose their own. It is shown once.

    Their sessions end and a lock is lifted. Raises NotFound, and Denied for one's own account.
    """
    user = accounts.get_user(actor.school_id, user_id)
    if user.id == actor.id:
        raise Denied((Blocker("own_account", "Change your own password on the page of your account."),))
    allowed = rules.may_touch(actor.role, Role(user.role))
    if not allowed.allowed:
        raise Denied(allowed.blockers)
    passphrase = passphrase_for_once()
    user.password_hash, user.must_change = accounts.HASHER.hash(passphrase), True
    user.failures, user.locked_until = 0, None
    accounts.end_sessions(user)
    record(actor, EventKind.USER_PASSWORD_CHANGED, accounts.subject_of(user), why="Reset by somebody in charge.")
    return passphrase


def passphrase_for_once() -> str:
    """Sixteen letters in groups, 79 bits."""
    return "-".join("".join(secrets.choice(_LETTERS) for _ in range(4)) for _ in range(4))


def unlock(actor: Actor, user_id: UUID) -> None:
    """Let somebody try again at once after too many wrong passwords. Raises NotFound."""
    user = accounts.get_user(actor.school_id, user_id)
    if user.locked_until is None and not user.failures:
        return
    user.failures, user.locked_until = 0, None
    record(actor, EventKind.USER_UNLOCKED, accounts.subject_of(user))


def change_user(actor: Actor, user_id: UUID, *, role: Role, expires_on: date | None) -> None:
    """Give an account another role or last day. Raises NotFound, and Denied with every reason why not."""
    user = accounts.get_user(actor.school_id, user_id)
    was, until = Role(user.role), user.expires_on
    found = list(rules.may_give_role(actor.role, was, role, own=user.id == actor.id and role is not was).blockers)
    if expires_on != until:
        found += rules.may_touch(actor.role, was).blockers
        if user.id == actor.id:
            found.append(Blocker("own_account", "You cannot change the last day of your own account."))
    if role is Role.AUDITOR and expires_on is None:
        found.append(Blocker("no_expiry", "An auditor's account needs a last day."))
    if found:
        raise Denied(tuple(found))
    user.role, user.expires_on = role.value, expires_on
    if role is not was:
        accounts.end_sessions(user)  # what a page of the old role still shows must not be acted on
        record(
            actor,
            EventKind.USER_ROLE_CHANGED,
            accounts.subject_of(user),
            before={"role": was.value},
            after={"role": role.value},
        )
    if expires_on != until:
        record(
            actor,
            EventKind.USER_CHANGED,
            accounts.subject_of(user),
            before={"expires_on": until.isoformat() if until else None},
            after={"expires_on": expires_on.isoformat() if expires_on else None},
        )


@dataclass(frozen=True)
class OpenSession:
    """One place where somebody is signed in."""

    origin: str
    created_at: datetime
    used_at: datetime


def open_sessions(actor: Actor, *, idle_minutes: int, hours: int) -> list[OpenSession]:
    """Where one is signed in now, the latest used first."""
    query = (
        select(SignInSession)
        .where(
            SignInSession.school_id == actor.school_id,
            SignInSession.user_id == actor.id,
            SignInSession.ended_at.is_(None),
        )
        .order_by(SignInSession.used_at.desc())
        .limit(20)
    )
    now = utc_now()
    return [
        OpenSession(one.origin, one.created_at, one.used_at)
        for one in db.session.scalars(query)
        if rules.session_alive(
            created=one.created_at, used=one.used_at, ended=None, now=now, idle_minutes=idle_minutes, hours=hours
        )
    ]


def change_school(actor: Actor, changed: dict[str, str], *, crest: bytes | None, remove_crest: bool) -> School:
    """Change what the school is called on paper. Raises Denied with every reason why not."""
    school = accounts.school_of(actor.school_id)
    tidy = {name: text.strip() if name == "address" else one_line(text) for name, text in changed.items()}
    if not tidy.get("name") or any(unprintable(text) for text in tidy.values()):
        raise Denied((Blocker("empty", "A school needs a name, and its data plain text."),))
    picture = _crest(crest) if crest else None
    before = {name: getattr(school, name) for name in tidy if getattr(school, name) != tidy[name]}
    after: dict[str, object] = {name: tidy[name] for name in before}
    for name in before:
        setattr(school, name, tidy[name])
    if picture is not None or (remove_crest and school.crest is not None):
        before["crest"], after["crest"] = school.crest is not None, picture is not None
        school.crest = picture
    if after:
        subject = Subject("school", school.id, school.name)
        record(actor, EventKind.SCHOOL_CHANGED, subject, before=before, after=after)
    return school


def _crest(data: bytes) -> bytes:
    """The picture written anew as PNG, so that nothing but pixels is kept. Raises Denied."""
    wrong = Denied((Blocker("crest", "The crest must be a PNG or JPEG picture of at most 512 KiB."),))
    if len(data) > CREST_BYTES:
        raise wrong
    try:
        with Image.open(io.BytesIO(data), formats=("PNG", "JPEG")) as opened:
            if opened.width * opened.height > 16_000_000:
                raise wrong
            picture = opened.convert("RGBA")
    except (UnidentifiedImageError, OSError, ValueError, SyntaxError, Image.DecompressionBombError) as error:
        raise wrong from error
    picture.thumbnail((CREST_SIDE, CREST_SIDE))
    kept = io.BytesIO()
    picture.save(kept, "PNG", optimize=True)
    return kept.getvalue()


def _id(actor: Actor) -> UUID:
    if actor.id is None:
        raise Denied((Blocker("nobody", "This needs somebody who is signed in."),))
    return actor.id
