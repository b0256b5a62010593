"""May this person sign in, and how long does a session last. Pure; `now` is a parameter."""

from dataclasses import dataclass
from datetime import date, datetime, timedelta

from tracker.values import LONDON, Blocker, Decision, Role

LOCK_AFTER = 5  # wrong passwords in a row
LOCK_FOR = timedelta(minutes=15)
PASSWORD_LEAST = 12  # characters; NCSC: length over forced complexity, and no forced change
PASSWORD_MOST = 256  # characters; hashing an endless one would be an attack on the server
COMMON = frozenset({"password", "letmein", "qwerty", "welcome", "school"})  # also with digits around them


@dataclass(frozen=True)
class Account:
    """What the rules need to know of a user."""

    active: bool
    role: Role
    expires_on: date | None
    failures: int
    locked_until: datetime | None


def locked(account: Account, now: datetime) -> bool:
    """Whether the account is locked after too many wrong passwords."""
    return account.locked_until is not None and now < account.locked_until


def may_use(account: Account, now: datetime) -> Decision:
    """May this account be used at all (policy clauses AC3 and AC4). The last day of a guest account is a whole day."""
    found = []
    if not account.active:
        found.append(Blocker("closed", "This account is closed."))
    if account.expires_on is not None and now.astimezone(LONDON).date() > account.expires_on:
        found.append(Blocker("expired", "This account has expired."))
    if account.role is Role.AUDITOR and account.expires_on is None:
        found.append(Blocker("no_expiry", "An auditor's account needs a last day."))
    return Decision(tuple(found))


def after_failure(account: Account, now: datetime) -> tuple[int, datetime | None]:
    """Failures and lock after one more wrong password. Every further one locks again: waiting does not reset it."""
    failures = account.failures + 1
    return failures, now + LOCK_FOR if failures >= LOCK_AFTER else account.locked_until


def session_alive(
    *, created: datetime, used: datetime, ended: datetime | None, now: datetime, idle_minutes: int, hours: int
) -> bool:
    """Whether a session still holds: not ended, not idle too long, not older than a working day (clause AC6)."""
    if ended is not None:
        return False
    return now < used + timedelta(minutes=idle_minutes) and now < created + timedelta(hours=hours)


def may_give_role(by: Role | None, of: Role, to: Role, *, own: bool) -> Decision:
    """May somebody turn an account's role from `of` into `to` (clauses AC4 and AC7). The command line (None) may.

    Nobody changes the own role, and only a head makes or unmakes a head, who is the school's risk owner.
    """
    found = []
    if own:
        found.append(Blocker("own_role", "You cannot change your own role."))
    if Role.HEAD in (of, to) and of is not to and by not in (Role.HEAD, None):
        found.append(Blocker("head_only", "Only a head teacher can make somebody head teacher, or end it."))
    return Decision(tuple(found))


def may_touch(by: Role | None, of: Role) -> Decision:
    """May somebody close, expire or reset an account of that role: a head teacher's only another head may."""
    if of is Role.HEAD and by not in (Role.HEAD, None):
        return Decision((Blocker("head_only", "Only a head teacher can do this to a head teacher's account."),))
    return Decision(())


def password(text: str, *, username: str, name: str) -> Decision:
    """Is this a password to accept. Length counts; words that everybody tries first, or one's own name, do not."""
    found = []
    if not PASSWORD_LEAST <= len(text) <= PASSWORD_MOST:
        message = f"A password has {PASSWORD_LEAST} to {PASSWORD_MOST} characters; three random words are a good one."
        found.append(Blocker("length", message))
    bare = "".join(letter for letter in text.casefold() if letter.isalpha())
    if bare in COMMON | {username.casefold(), name.casefold().replace(" ", "")} or len(set(text)) < 5:
        found.append(Blocker("guessable", "This password is easily guessed. Choose another."))
    return Decision(tuple(found))
